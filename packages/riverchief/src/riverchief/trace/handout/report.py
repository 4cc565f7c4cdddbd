"""The report of a trace as PDF."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from riverchief.base.clock import SHANGHAI
from riverchief.base.typesetting import Typesetter
from riverchief.trace.codes import AdjustmentKind
from riverchief.trace.handout import NOTICE, bottles
from riverchief.trace.handout.curves import drawing
from riverchief.trace.handout.naming import in_language, label_of, name_of
from riverchief.trace.handout.tables import alone, changed_by
from riverchief.trace.handout.words import words_in
from riverchief.trace.inputs import TraceInputs

TEMPLATE = Path(__file__).with_name("report.typ")

LISTED, RATIOS_OF = 15, 5
SURE = 0.99
"""A model is never surer than that of a reading's being wrong."""
DASH = "—"

Shown = Mapping[str, Any]


def report_pdf(
    shown: Shown, inputs: TraceInputs, *, event: str, language: str, made_for: str, at: datetime
) -> bytes:
    """The report.

    Args:
        shown: a finished trace as `queries.trace_detail` shows it.
        inputs: what it was computed from.
        event: what happened, in one sentence.
        language: "zh" or "en".
        made_for: whose copy it is; `at` when it was made.

    Raises:
        NoChineseFont: no font with Chinese characters is installed.
    """
    setter = Typesetter()
    data = _Report(shown, inputs, language).content(setter.font, event, f"{made_for} · {_time(at)}")
    return setter.pdf(TEMPLATE, data, at)


class _Report:
    """A trace in the words of its report."""

    def __init__(self, shown: Shown, inputs: TraceInputs, language: str) -> None:
        self.shown, self.inputs, self.language = shown, inputs, language
        self.words = words_in(language)

    def content(self, font: str, event: str, footer: str) -> dict[str, Any]:
        words, shown = self.words, self.shown
        return {
            "language": self.language,
            "font": font,
            "title": words["title"].format(attempt=shown["attempt"]),
            "notice": NOTICE,
            "sentence": event,
            "footer": footer,
            "words": words,
            "facts": self._facts(),
            "candidate_head": [words[key] for key in _CANDIDATE_HEAD],
            "answer_note": self._note(),
            "first_of_all": [text for text in (self._ledger(), self._several()) if text],
            "candidates": [self._candidate(row) for row in shown["candidates"][:LISTED]],
            "candidates_note": words["candidates_note"].format(
                n=min(LISTED, len(shown["candidates"])), total=shown["candidates_total"]
            )
            + self._ruled_out(),
            "parameters": self._parameters(),
            "parameter_head": [
                words[key] for key in ("candidate", "parameter", "released", "needed", "ratio_expected")
            ],
            "parameters_note": words["parameters_note"],
            "curves_note": words["curves_note"].format(name=self._name(shown["candidates"][0])),
            "curves": self._curves(font),
            "set_aside_head": [words[key] for key in ("station", "parameter", "moment", "value", "wrong")],
            "set_aside": [self._set_aside(row) for row in shown["set_aside"]],
            "set_aside_note": words["set_aside_note"],
            "adjustment_head": [words[key] for key in ("change", "candidate", "factor", "reason", "by")],
            "adjustments": [self._adjustment(row) for row in shown["adjustments"] if row["used"]],
            **self._sampling(),
            "station_head": [words[key] for key in ("code", "station", "readings", "discharge", "scatter")],
            "stations": [
                [
                    row.code,
                    self._pick(row.name_zh, row.name_en),
                    str(sum(value is not None for value in row.value)),
                    f"{row.discharge_m3s:.3g}",
                    f"{row.scatter:.2g}",
                ]
                for row in self.inputs.stations
            ],
            "excluded": [
                f"{row.what}: {self._pick(row.reason_zh, row.reason_en)}" for row in self.inputs.excluded
            ],
            "settings": [[name, value] for name, value in _flat(self.inputs.settings)],
            "is_not": [words[key] for key in ("clue", "responsible", "model")],
        }

    def _pick(self, zh: str, en: str) -> str:
        return in_language(self.language, zh, en)

    def _label(self, table: str, key: str) -> str:
        return label_of(self.language, table, key)

    def _name(self, row: Shown) -> str:
        name = name_of(self.language, row)
        return f"{row['outfall']['code']} {name}" if row["outfall"] else name

    def _facts(self) -> list[list[str]]:
        shown, inputs, words = self.shown, self.inputs, self.words
        start = inputs.origin
        facts = {
            "parameter": self._label("parameters", inputs.parameter),
            "basin": f"{inputs.basin_code} (v{inputs.basin_version})",
            "requested": f"{_time(shown['requested_at'])} · {shown['requested_by'] or words['system']}"
            + (f" · {shown['reason']}" if shown["reason"] else ""),
            "finished": _time(shown["finished_at"]),
            "from": _time(start),
            "hypotheses": f"{shown['hypotheses']:,}",
            "versions": " · ".join(f"{name} {value}" for name, value in shown["versions"].items()),
        }
        return [*([words[name], value] for name, value in facts.items()), *self._rain_facts()]

    def _rain_facts(self) -> Iterable[list[str]]:
        """What was known of rain and overflows beside the readings."""
        for spell in self.shown["rain"]:
            span = " – ".join(_time(datetime.fromisoformat(spell[end])) for end in ("begins_at", "ends_at"))
            yield [
                self.words["rain"],
                f"{span}, {spell['amount_mm']:.3g} mm ({', '.join(spell['gauges'])})",
            ]
        name = self.words["on_record"].format(factor=self.shown["on_record_factor"] or 1)
        for row in self.shown["candidates"]:
            for begins_at, ends_at in row["ran"]:
                until = _time(datetime.fromisoformat(ends_at)) if ends_at else ""
                yield [name, f"{self._name(row)}: {_time(datetime.fromisoformat(begins_at))} – {until}"]

    def _candidate(self, row: Shown) -> list[str]:
        started, duration, mass = row["started"], row["duration_s"], row["released_kg"]
        named = "\n".join((self._name(row), *self._beside(row)))
        if self.shown["note"]:  # no finding: what was believed beforehand, and nothing that looks like one
            return [str(row["rank"]), named, *[DASH] * 6]
        return [
            str(row["rank"]),
            named,
            _share(row["probability_by_evidence"]),
            _share(row["probability_by_rule"]),
            _share(row["probability"]),
            _time(started["median"]) if started else DASH,
            _interval(duration and {end: seconds / 3600 for end, seconds in duration.items()}),
            _interval(mass),
        ]

    def _beside(self, row: Shown) -> Iterable[str]:
        """What belongs to the name of a candidate: its prior, who changed that and why, what the ledger has confirmed."""
        if row["ruled_out"]:
            yield self.words["ruled_out"]
        yield self.words["beforehand"].format(share=_share(row["prior"]))
        for change in changed_by(row["key"], self.shown["adjustments"]):
            yield self.words["changed"].format(
                factor=f"{change['factor']:g}",
                by=change["made_by"],
                at=_time(change["made_at"]),
                reason=change["reason"],
            )
        for found in row["confirmed"]:
            yield self._confirmed(found)

    def _confirmed(self, found: Shown) -> str:
        return self.words["confirmed_this" if found["of_this_event"] else "confirmed"].format(
            number=found["number"],
            state=self._pick(found["state_zh"], found["state_en"]),
            at=_time(found["opened_at"])[:10],
        )

    def _ledger(self) -> str:
        """What people have confirmed since of this very event, which says more than any model."""
        return "\n".join(
            f"{self._name(row)}: {self._confirmed(found)}"
            for row in self.shown["candidates"]
            for found in row["confirmed"]
            if found["of_this_event"]
        )

    def _several(self) -> str:
        """That more than one source at a time is likelier than one, where that was asked and is so."""
        asked = self.shown["at_once"]
        if not asked or not asked["probability"] or asked["probability"][0] >= 0.5:
            return ""
        one, *more = asked["probability"]
        pairs = (
            f"{' + '.join(self._at(source['rank']) for source in found['sources'])}: {_share(found['probability'])}"
            for found in asked["combinations"][1]
        )
        return "\n".join([self.words["several"].format(one=_share(one), more=_share(sum(more))), *pairs])

    def _at(self, rank: int) -> str:
        return self._name(next(row for row in self.shown["candidates"] if row["rank"] == rank))

    def _ruled_out(self) -> str:
        """How many places are practically ruled out: by number, for they are no suspects."""
        number, below = self.shown["ruled_out"], self.shown["ruled_out_below"]
        return self.words["ruled_out_note"].format(n=number, below=f"{100 * below:g}") if number else ""

    def _note(self) -> str:
        """That the answer is no finding, where it is none."""
        note = self.shown["note"]
        return f"{self._label('trace_notes', note)}{self.words['no_finding']}" if note else ""

    def _parameters(self) -> list[list[str]]:
        """Where several parameters rose together: what the first candidates would have released of each, and the ratios."""
        if self.shown["note"]:
            return []
        return [
            [
                f"{candidate['rank']} {self._name(candidate)}" if number == 0 else "",
                self._label("parameters", row["parameter"]),
                _interval(row["released_kg"]),
                _interval(row["ratio_needed"]),
                _interval(row["ratio_expected"]),
            ]
            for candidate in self.shown["candidates"][:RATIOS_OF]
            for number, row in enumerate(candidate["parameters"])
        ]

    def _curves(self, font: str) -> list[dict[str, str]]:
        stations = self.shown["stations"]
        times = [at for station in stations for at, *_ in station["observed"]]
        wrong = alone(self.shown)
        return [
            {
                "title": f"{self._pick(station['name_zh'], station['name_en'])}, {station['unit']}",
                "svg": drawing(
                    station["observed"],
                    station["predicted"].get("1", []),
                    wrong[station["station_id"]],
                    min(times),
                    max(times),
                    font,
                ),
            }
            for station in stations
        ]

    def _set_aside(self, row: Shown) -> list[str]:
        return [
            self._pick(row["station_zh"], row["station_en"]),
            self._label("parameters", row["parameter"]),
            _time(row["at"]),
            f"{row['value']:g} {row['unit']}",
            self.words["sure"] if row["probability"] > SURE else f"{100 * row['probability']:.0f} %",
        ]

    def _sampling(self) -> dict[str, Any]:
        words, sampling = self.words, self.shown["sampling"]
        return {
            "suggested_head": [words[key] for key in bottles.SUGGESTED],
            "suggested": bottles.suggested_rows(sampling, words, self._pick) if sampling else [],
            "suggested_none": words["none_suggested" if sampling else "none_asked"],
            "suggested_note": bottles.assumptions(sampling, words) if sampling else "",
            "fetched_head": [words[key] for key in bottles.FETCHED],
            "fetched": bottles.fetched_rows(self.shown["samples"], words, self._pick),
        }

    def _adjustment(self, row: Shown) -> list[str]:
        named = next((given for given in self.shown["candidates"] if given["key"] == row["key"]), None)
        return [
            self._label("adjustment_kinds", row["kind"]),
            row["label"] or _rain(row) or (self._name(named) if named else row["key"]),
            DASH if row["kind"] == AdjustmentKind.RAIN else f"{row['factor']:g}",
            row["reason"],
            f"{row['made_by']} {_time(row['made_at'])}",
        ]


_CANDIDATE_HEAD = (
    "rank", "candidate", "by_evidence", "by_rule", "with_changes", "started", "duration", "released"
)  # fmt: skip


def _interval(found: Shown | None) -> str:
    if not found:
        return DASH
    median, low, high = (_plain(found[end]) for end in ("median", "low", "high"))
    return f"{median} ({low}–{high})"


def _plain(value: float) -> str:
    """Two significant digits, written out: no reader of a report knows 1e+02."""
    return format(Decimal(f"{value:.2g}"), "f")


def _rain(row: Shown) -> str:
    """From when to when it rained, and how much; empty for another change."""
    if row["begins_at"] is None:
        return ""
    amount = "" if row["amount_mm"] is None else f", {row['amount_mm']:g} mm"
    return f"{_time(row['begins_at'])} – {_time(row['ends_at'])}{amount}"


def _share(value: float | None) -> str:
    if value is None:
        return DASH
    return "< 0.1 %" if 0 < value < 0.0005 else f"{100 * value:.1f} %"


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else DASH


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Settings within settings as lines."""
    if isinstance(value, Mapping):
        return [
            line
            for key, inner in value.items()
            for line in _flat(inner, f"{name}.{key}" if name else str(key))
        ]
    return [(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))]
