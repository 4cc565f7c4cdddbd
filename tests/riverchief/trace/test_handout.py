"""A trace to take away: report, data and tables, for those who may see it, and marked as suspected throughout."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from riverchief.base import audit, typesetting
from riverchief.trace.handout import NOTICE, RULED_OUT
from riverchief.trace.handout.curves import drawing, round_hours, round_values, unbroken
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Adjustment, Trace
from riverkit.tracing.notes import NOTHING_ROSE

from tests.riverchief.rectify.office import NOON, PEOPLE, POISON_OUTFALL, Office
from tests.riverchief.trace.known import GAP, STEPS, make_known_trace, set_aside
from tests.riverchief.trace.test_trace import MAY_SEE

FORMS = ("report.pdf", "data.json", "candidates.csv", "curves.csv")


@pytest.fixture
def trace(office: Office) -> Trace:
    return make_known_trace(office.event, office.suspect)


def fetch(office: Office, trace: Trace, form: str, language: str = "zh") -> bytes:
    answer = office.client("enforcement", language).get(f"/traces/{trace.pk}/{form}")
    assert answer.status_code == 200, answer.content
    assert "suspected" in answer["Content-Disposition"]
    return bytes(answer.content)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_only_those_who_may_see_a_trace_may_take_it_away(office: Office, trace: Trace) -> None:
    for form in FORMS[1:]:
        seen = {name: office.client(name).get(f"/traces/{trace.pk}/{form}").status_code for name in PEOPLE}
        expected = {name: 200 if name in MAY_SEE else 403 for name in PEOPLE}
        assert seen == {**expected, "other_county_office": 404}


def test_who_took_it_away_is_in_its_log(office: Office, trace: Trace) -> None:
    fetch(office, trace, "data.json")
    entry = audit.entries(trace.chain)[-1]
    assert (entry.action, entry.actor_label) == ("trace.hand_out", office["enforcement"].label)
    assert json.loads(entry.body) == {"form": "data.json"}


def test_a_trace_without_an_answer_cannot_be_taken_away(office: Office, trace: Trace) -> None:
    waiting = Trace.objects.create(event=office.event, attempt=2, requested_at=NOON)
    assert office.client("enforcement").get(f"/traces/{waiting.pk}/report.pdf").status_code == 409


class TestTheReport:
    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_it_is_a_pdf_in_both_languages(self, office: Office, trace: Trace, language: str) -> None:
        set_aside(trace)
        content = fetch(office, trace, "report.pdf", language)
        assert content.startswith(b"%PDF-")
        assert len(content) > 20_000

    def test_it_says_what_people_changed_and_what_the_readings_alone_say(
        self, office: Office, trace: Trace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change = Adjustment.objects.create(
            event=office.event,
            kind="weight",
            key=f"outfall:{office.suspect.pk}",
            factor=3.0,
            reason="夜间有车出入",
            made_by=office["city_office"],
            made_at=NOON,
        )
        trace.inputs["adjustments"] = [
            {"id": change.pk, "kind": "weight", "key": change.key, "factor": 3.0, "reason": change.reason,
             "made_by": "x", "made_at": NOON.isoformat()}
        ]  # fmt: skip
        trace.save()
        trace.candidates.filter(rank=1).update(probability_by_rule=0.6, released_kg_high=133.0)
        data = given(monkeypatch, lambda: fetch(office, trace, "report.pdf"))
        assert data["notice"] == NOTICE
        first = data["candidates"][0]
        name, beforehand, changed = first[1].split("\n")
        assert name.endswith(POISON_OUTFALL)
        assert beforehand == "先验 90.0 %"
        assert changed.startswith("人工调整 ×3：")
        assert changed.endswith("夜间有车出入")
        assert first[2:5] == ["40.0 %", "60.0 %", "70.0 %"]
        assert first[6] == "1 (0.5–2)"
        assert first[7] == "20 (10–130)"
        assert [row[2:4] for row in data["adjustments"]] == [["3", "夜间有车出入"]]
        assert ["step_s", "300"] in data["settings"]
        assert any(
            f"trace.settings {trace.versions['trace.settings']}" in value for _, value in data["facts"]
        )
        assert data["excluded"] == ["S9: 离线"]
        # What is called 90 % has been measured to hold less.
        assert "91 %" in data["candidates_note"]

    def test_it_tells_the_rain_that_was_measured_and_the_overflows_on_record(
        self, office: Office, trace: Trace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moments = [(NOON - timedelta(hours=hours)).isoformat() for hours in (9, 6)]
        trace.inputs["rain"] = [
            {"begins_at": moments[0], "ends_at": moments[1], "amount_mm": 38.0, "gauges": ["R1"]}
        ]
        suspect = next(
            row for row in trace.inputs["candidates"] if row["key"] == f"outfall:{office.suspect.pk}"
        )
        suspect["ran"] = [[moments[0], None]]
        trace.save()
        facts = dict(given(monkeypatch, lambda: fetch(office, trace, "report.pdf"))["facts"])
        assert facts["实测降雨"] == "2026-11-20 03:00 – 2026-11-20 06:00, 38 mm (R1)"
        assert POISON_OUTFALL in next(text for name, text in facts.items() if name.startswith("有溢流记录"))

    def test_where_nothing_rose_it_has_priors_only_and_says_that_they_are_no_finding(
        self, office: Office, trace: Trace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trace.result["note"] = NOTHING_ROSE
        trace.save()
        data = given(monkeypatch, lambda: fetch(office, trace, "report.pdf", "en"))
        assert NOTHING_ROSE in data["answer_note"]
        assert "points at nobody" in data["answer_note"]
        assert data["candidates"][0][1].endswith("Beforehand 90.0 %")
        assert data["candidates"][0][2:] == ["—"] * 6
        assert {row["trace_note"] for row in table(fetch(office, trace, "candidates.csv"))} == {NOTHING_ROSE}
        shown = office.client("enforcement").get(f"/traces/{trace.pk}").json()
        assert [shown["note"], shown["history"]["attempts"][0]["note"]] == [NOTHING_ROSE] * 2

    def test_it_tells_which_readings_stand_alone(
        self, office: Office, trace: Trace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_aside(trace)
        data = given(monkeypatch, lambda: fetch(office, trace, "report.pdf", "en"))
        (row,) = data["set_aside"]
        assert row[2:] == ["2026-11-20 08:40", "1.23 mg/L", "> 99 %"]
        assert 'stroke-width="0.9"' in data["curves"][0]["svg"]

    def test_names_cannot_become_markup(self, office: Office, trace: Trace) -> None:
        office.suspect.name_zh = '#panic("x") *b* $x$ <svg>'
        office.suspect.save()
        assert fetch(office, trace, "report.pdf").startswith(b"%PDF-")

    def test_without_a_chinese_font_it_says_what_to_install(
        self, office: Office, trace: Trace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(typesetting, "FONTS", ("No Such Font",))
        answer = office.client("enforcement", "en").get(f"/traces/{trace.pk}/report.pdf")
        assert (answer.status_code, answer.json()["code"]) == (503, "no_chinese_font")
        assert "fonts-noto-cjk" in answer.json()["cure"]


def given(monkeypatch: pytest.MonkeyPatch, ask: Any) -> dict[str, Any]:
    """What the type-setter was given."""
    import typst

    seen: dict[str, Any] = {}

    def compile(*_: Any, sys_inputs: dict[str, str], **__: Any) -> bytes:
        seen.update(json.loads(sys_inputs["data"]))
        return b"%PDF-"

    monkeypatch.setattr(typst, "compile", compile)
    ask()
    return seen


class TestTheData:
    def test_the_json_holds_all_that_is_needed_to_compute_it_again(
        self, office: Office, trace: Trace
    ) -> None:
        data = json.loads(fetch(office, trace, "data.json"))
        assert data["notice"] == NOTICE
        assert TraceInputs.from_json(data["inputs"]) == TraceInputs.from_json(trace.inputs)
        assert (data["result"], data["versions"]) == (trace.result, trace.versions)

    def test_every_line_of_the_candidates_says_that_it_is_suspected(
        self, office: Office, trace: Trace
    ) -> None:
        rows = table(fetch(office, trace, "candidates.csv"))
        assert [row["kind"] for row in rows] == ["outfall", "nothing"]
        assert {row["status"] for row in rows} == {NOTICE}
        assert (rows[0]["code"], rows[0]["probability_by_evidence"]) == ("P1", "0.4")
        lasted = [rows[0][f"duration_s_{end}"] for end in ("low", "median", "high")]
        assert lasted == ["1800.0", "3600.0", "7200.0"]
        assert rows[0]["started_median"].endswith("+08:00")
        assert rows[1]["started_median"] == ""

    def test_who_is_practically_ruled_out_is_counted_and_no_suspect(
        self, office: Office, trace: Trace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hopeless = {"probability": 1e-6, "probability_by_rule": 1e-5, "probability_by_evidence": 9e-5}
        trace.candidates.create(rank=3, kind="unlisted", reach=office.reach, **hopeless)
        client = office.client("city_office")
        shown = client.get(f"/traces/{trace.pk}").json()
        assert (shown["ruled_out"], shown["ruled_out_below"], shown["candidates_total"]) == (1, 1e-4, 3)
        assert [row["rank"] for row in shown["candidates"]] == [1, 2]
        assert [row["status"] for row in table(fetch(office, trace, "candidates.csv"))] == [
            NOTICE, NOTICE, RULED_OUT
        ]  # fmt: skip
        data = given(monkeypatch, lambda: fetch(office, trace, "report.pdf", "en"))
        assert len(data["candidates"]) == 2
        assert "1 more, each below 0.01 %" in data["candidates_note"]
        body = {"rank": 3, "reason": "去看看现场"}
        assert client.post(f"/traces/{trace.pk}/hand_over", body).status_code == 409
        # What the readings alone do not rule out, no belief hides.
        trace.candidates.filter(rank=3).update(probability_by_evidence=2e-4)
        assert client.get(f"/traces/{trace.pk}").json()["ruled_out"] == 0

    def test_the_curves_hold_every_reading_and_every_prediction(self, office: Office, trace: Trace) -> None:
        rows = table(fetch(office, trace, "curves.csv"))
        assert sum(row["rank"] == "" for row in rows) == STEPS
        predicted = [row for row in rows if row["rank"] == "1"]
        assert len(predicted) == STEPS - len(GAP)
        assert {row["status"] for row in rows} == {NOTICE}
        assert all(
            float(row["reading_low"]) < float(row["low"]) < float(row["predicted"]) for row in predicted
        )

    def test_the_curves_tell_how_probably_a_reading_that_stands_alone_is_wrong(
        self, office: Office, trace: Trace
    ) -> None:
        set_aside(trace, probability=0.25)
        rows = table(fetch(office, trace, "curves.csv"))
        told = [row["probability_wrong"] for row in rows if row["rank"] == ""]
        assert told == ["0.25" if number == 4 else "" for number in range(STEPS)]

    def test_no_name_becomes_a_formula_in_a_spreadsheet(self, office: Office, trace: Trace) -> None:
        office.suspect.name_zh = "=1+1"
        office.suspect.save()
        assert table(fetch(office, trace, "candidates.csv"))[0]["name_zh"] == "'=1+1"


def test_attempts_from_before_it_was_shown_get_the_duration_s_interval_from_their_result(
    trace: Trace,
) -> None:
    trace.result["candidates"][0]["duration_s"] = {"median": 3600.0, "low": 1800.0, "high": 7200.0}
    trace.save()
    trace.candidates.update(duration_s_low=None, duration_s_high=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("riverchief.trace.migrations.0007_duration_interval").BACKFILL)
    ends = list(trace.candidates.order_by("rank").values_list("duration_s_low", "duration_s_high"))
    assert ends == [(1800.0, 7200.0), (None, None)]


class TestTheDrawing:
    START = datetime(2020, 1, 7, tzinfo=UTC)

    def points(self, *minutes: int) -> list[tuple[Any, ...]]:
        return [(self.START + timedelta(minutes=n), 1.0, 0.9, 1.1, 0.8, 1.2) for n in minutes]

    def test_a_line_is_broken_where_nothing_was_observed(self) -> None:
        points = self.points(0, 10, 20, 90, 100)
        assert [len(run) for run in unbroken(points)] == [3, 2]
        svg = drawing([], points, {}, points[0][0], points[-1][0], "Any")
        assert (svg.count("<polyline"), svg.count("<polygon")) == (2, 4)

    def test_its_axes_have_round_hours_and_values(self) -> None:
        last = self.START + timedelta(hours=25, minutes=7)
        hours = [f"{at:%d %H:%M}" for at in round_hours(self.START + timedelta(minutes=16), last)]
        assert hours == ["07 09:00", "07 12:00", "07 15:00", "07 18:00", "07 21:00", "08 00:00", "08 03:00", "08 06:00", "08 09:00"]  # fmt: skip
        assert [round_values(top) for top in (0.56, 84.0)] == [
            pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5]), [0.0, 20.0, 40.0, 60.0, 80.0]
        ]  # fmt: skip

    @pytest.mark.parametrize(("wrong", "shown"), [(0.9, ">0.5<"), (0.4, ">80<")])
    def test_a_reading_that_is_more_likely_wrong_than_right_does_not_set_the_scale(
        self, wrong: float, shown: str
    ) -> None:
        points = self.points(0, 10, 20)
        at = points[1][0]
        svg = drawing([(at, 80.0, "N")], points, {at: wrong}, points[0][0], points[-1][0], "Any")
        assert "<path" in svg
        assert shown in svg

    @pytest.mark.parametrize("minutes", [(), (5,), (0, 100), (0, 1, 2)])
    def test_even_or_few_points_are_one_run(self, minutes: tuple[int, ...]) -> None:
        assert [len(run) for run in unbroken(self.points(*minutes))] == ([len(minutes)] if minutes else [])
