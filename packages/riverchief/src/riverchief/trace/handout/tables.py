"""The data of a trace as JSON, all of it, and as tables in CSV."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from riverchief.base.clock import SHANGHAI
from riverchief.base.spreadsheets import csv_text
from riverchief.trace.handout import NOTICE, RULED_OUT
from riverchief.trace.handout.naming import name_of
from riverchief.trace.models import SourcesAtOnce, Trace

Shown = Mapping[str, Any]


def data_json(trace: Trace) -> str:
    """Everything an attempt was computed from and came to: enough to compute it again."""
    content = {
        "notice": NOTICE,
        "event_id": trace.event_id,
        "attempt": trace.attempt,
        "requested_at": trace.requested_at.isoformat(),
        "finished_at": trace.finished_at.isoformat() if trace.finished_at else None,
        "versions": trace.versions,
        "inputs": trace.inputs,
        "result": trace.result,
        "at_once": SourcesAtOnce.objects.filter(trace=trace)
        .values("settings", "settings_version", "result")
        .first(),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


CANDIDATES = (
    "status", "rank", "kind", "code", "name_zh", "name_en", "river", "reach", "lon", "lat", "probability", "prior",
    "probability_by_rule", "probability_by_evidence", "started_low", "started_median", "started_high",
    "duration_s_low", "duration_s_median", "duration_s_high", "released_kg_low", "released_kg_median", "released_kg_high",
    "changed_by_people", "confirmed_in_ledger", "trace_note",
)  # fmt: skip


def candidates_csv(shown: Shown) -> str:
    """A line for each candidate of a trace, each with what the reader should know of the whole answer."""
    note = {"trace_note": shown["note"]}
    return csv_text(CANDIDATES, ({**_candidate(row, shown), **note} for row in shown["candidates"]))


def changed_by(key: str, adjustments: Iterable[Shown]) -> Iterator[Shown]:
    """What people changed of one candidate, as far as the attempt used it."""
    return (row for row in adjustments if row["used"] and row["key"] == key)


def _candidate(row: Shown, shown: Shown) -> dict[str, Any]:
    where = row["where"] or {"river_zh": "", "reach_code": ""}
    flat = {
        **row,
        "code": row["outfall"]["code"] if row["outfall"] else "",
        "name_zh": name_of("zh", row),
        "name_en": name_of("en", row),
        "river": where["river_zh"],
        "reach": where["reach_code"],
        "status": RULED_OUT if row["ruled_out"] else NOTICE,
        "changed_by_people": "; ".join(
            f"×{change['factor']:g} {change['made_by']} {change['made_at'].astimezone(SHANGHAI):%Y-%m-%d %H:%M}: {change['reason']}"
            for change in changed_by(row["key"], shown["adjustments"])
        ),
        "confirmed_in_ledger": "; ".join(found["number"] for found in row["confirmed"]),
    }
    for name in ("started", "duration_s", "released_kg"):
        for end, value in (row[name] or {}).items():
            flat[f"{name}_{end}"] = _beijing(value) if name == "started" else value
    return flat


CURVES = (
    "status", "station_zh", "station_en", "unit", "time", "observed", "flag", "rank", "predicted", "low", "high",
    "reading_low", "reading_high", "probability_wrong",
)  # fmt: skip


def curves_csv(shown: Shown) -> str:
    """A line for each reading, and for each with each candidate of which a curve was kept.

    A reading that stands alone has the probability that it is wrong.
    """
    wrong = alone(shown)
    lines = (line for station in shown["stations"] for line in _curves(station, wrong[station["station_id"]]))
    return csv_text(CURVES, lines)


def _curves(station: Shown, wrong: Mapping[datetime, float]) -> Iterable[dict[str, Any]]:
    common = {
        "status": NOTICE,
        "station_zh": station["name_zh"],
        "station_en": station["name_en"],
        "unit": station["unit"],
    }
    predicted: dict[Any, list[tuple[str, Sequence[Any]]]] = {}
    for rank, points in station["predicted"].items():
        for at, *values in points:
            predicted.setdefault(at, []).append((rank, values))
    for at, value, flag in station["observed"]:
        read = {
            **common,
            "time": _beijing(at),
            "observed": value,
            "flag": flag,
            "probability_wrong": wrong.get(at),
        }
        yield read
        for rank, values in predicted.get(at, ()):
            yield {**read, "rank": rank, **dict(zip(CURVES[8:13], values, strict=True))}


def _beijing(at: datetime) -> str:
    """As page and report have it, with the offset, so that nobody takes it for UTC."""
    return at.astimezone(SHANGHAI).isoformat()


def alone(shown: Shown) -> defaultdict[int, dict[datetime, float]]:
    """By station and moment, how probably the readings of the event's own parameter that stand alone are wrong."""
    found: defaultdict[int, dict[datetime, float]] = defaultdict(dict)
    for row in shown["set_aside"]:
        if row["parameter"] == shown["parameter"]:
            found[row["station_id"]][row["at"]] = row["probability"]
    return found
