"""A trace says where the next bottle tells most; a bottle that was fetched moves the suspicion."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverchief.base.clock import use_clock
from riverchief.base.models import OutboxEvent, RuleVersion
from riverchief.monitor.actions import RecordSample
from riverchief.monitor.models import Sample
from riverchief.trace import subscribers, tasks
from riverchief.trace.actions import StartTrace
from riverchief.trace.compute import compute
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace
from riverchief.trace.next_bottles import next_bottles, told_apart
from riverkit.tracing.next_sample import Outcome

from tests.riverchief.rectify.office import Office
from tests.riverchief.trace.river import OUTFALLS, River, at_hour, draw, forget_after, point, run_trace
from tests.riverchief.trace.test_handout import given as given_to_the_type_setter

SOON = 38.5
"""The first station sees the plume rise, and the second has not seen it yet."""


@pytest.fixture
def river(river: River) -> River:
    draw(river)
    return river


@pytest.fixture
def early(river: River) -> Iterator[River]:
    """The river while the plume passes its first station."""
    forget_after(river, SOON)
    with use_clock(at_hour(SOON)):
        yield river


def shown(office: Office, trace: Trace, name: str = "enforcement") -> dict[str, Any]:
    answer = office.client(name).get(f"/traces/{trace.pk}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class TestWhereToSampleNext:
    def test_up_to_three_bottles_that_a_crew_can_reach_in_time(self, early: River, office: Office) -> None:
        sampling = shown(office, run_trace(early))["sampling"]
        assert moment(sampling["asked_at"]) == at_hour(SOON)
        assert 1 <= len(sampling["suggestions"]) <= 3
        ready = at_hour(SOON) + timedelta(minutes=sampling["crew"]["preparation_minutes"])
        for row in sampling["suggestions"]:
            window = row["window"]
            assert ready <= moment(window["begin"]) <= moment(row["at"]) <= moment(window["end"])
            assert 0.05 <= row["bits"] < sampling["open_bits"]
            assert sum(outcome["probability"] for outcome in row["outcomes"]) == pytest.approx(1.0)
            assert 1 <= len(row["outcomes"]) <= 3
            assert not row["passed"]
        taken = sorted(moment(row["at"]) for row in sampling["suggestions"])
        apart = [later - sooner for sooner, later in pairwise(taken)]
        assert all(gap >= timedelta(minutes=sampling["crew"]["handling_minutes"]) for gap in apart)

    def test_an_outcome_names_by_rank_who_would_rise_and_who_would_fall(
        self, early: River, office: Office
    ) -> None:
        found = shown(office, run_trace(early))
        probability = {row["rank"]: row["probability"] for row in found["candidates"]}
        moved = [
            (row, sign)
            for suggestion in found["sampling"]["suggestions"]
            for outcome in suggestion["outcomes"]
            for sign, rows in ((1, outcome["rises"]), (-1, outcome["falls"]))
            for row in rows
        ]
        assert moved
        for row, sign in moved:
            assert row["before"] == pytest.approx(probability[row["rank"]], abs=0.02)
            assert sign * (row["after"] - row["before"]) > 0

    def test_a_place_is_named_by_river_and_station_and_never_by_an_outfall(
        self, early: River, office: Office
    ) -> None:
        sampling = shown(office, run_trace(early))["sampling"]
        assert {row["where"]["station_en"] for row in sampling["suggestions"]} <= {"Station A", "Station B"}
        told = json.dumps([{**row, "outcomes": []} for row in sampling["suggestions"]], ensure_ascii=False)
        for code in OUTFALLS:
            assert code not in told

    def test_beside_a_station_whose_readings_come_in_nobody_fills_a_bottle(self, early: River) -> None:
        rule = RuleVersion.objects.get(name="trace.settings")
        rule.body["max_stations"] = 2
        rule.save()
        trace = run_trace(early)
        places = trace.inputs["sampling"]["places"]
        assert len(trace.inputs["stations"]) < len(early.stations), (
            "the trace does without one that is heard of"
        )
        for code, station in early.stations.items():
            near = [
                place
                for place in places
                if place["reach_id"] == str(station.reach_id)
                and abs(place["chainage_m"] - station.chainage_m) <= 500
            ]
            assert near == [], code

    def test_the_same_inputs_choose_the_same_bottles(self, early: River) -> None:
        trace = run_trace(early)
        assert trace.versions["trace.sampling"] == "1"
        stored = TraceInputs.from_json(json.loads(json.dumps(trace.inputs)))
        again = next_bottles(stored, compute(stored, keep_releases=True))
        assert json.loads(json.dumps(again)) == trace.result["sampling"]

    def test_a_window_that_is_over_by_the_clock_is_shown_as_passed(
        self, early: River, office: Office
    ) -> None:
        trace = run_trace(early)
        with use_clock(at_hour(SOON) + timedelta(days=2)):
            assert all(row["passed"] for row in shown(office, trace)["sampling"]["suggestions"])

    def test_where_nothing_tells_enough_it_says_so_instead_of_sending_somebody(
        self, early: River, office: Office
    ) -> None:
        rule = RuleVersion.objects.get(name="trace.sampling")
        rule.body["least_bits"] = 2.0
        rule.save()
        sampling = shown(office, run_trace(early))["sampling"]
        assert (sampling["suggestions"], sampling["places"] > 0) == ([], True)

    def test_a_crew_of_daylight_is_not_sent_at_night(self, early: River, office: Office) -> None:
        rule = RuleVersion.objects.get(name="trace.sampling")
        rule.body |= {"work_from_hour": 7, "work_to_hour": 18, "least_bits": 0.0}
        rule.save()
        suggestions = shown(office, run_trace(early))["sampling"]["suggestions"]
        assert suggestions
        hours = [(moment(row["at"]) + timedelta(hours=8)).hour for row in suggestions]
        assert all(7 <= hour <= 18 for hour in hours)

    def test_who_does_not_see_the_whole_trace_is_not_told_where_the_office_looks(
        self, early: River, office: Office
    ) -> None:
        early.culprit.area = office.other_county
        early.culprit.save()
        trace = run_trace(early)
        assert shown(office, trace, "city_office")["sampling"]["suggestions"]
        seen = shown(office, trace, "county_office")
        assert (seen["whole"], seen["sampling"]) == (False, None)

    def test_the_report_takes_them_along_with_candidates_by_rank_only(
        self, early: River, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fetch(early, 4.0)
        trace = run_trace(early)
        path = f"/traces/{trace.pk}/report.pdf"
        assert office.client("enforcement").get(path).content.startswith(b"%PDF-")
        data = given_to_the_type_setter(monkeypatch, lambda: office.client("enforcement", "en").get(path))
        assert 1 <= len(data["suggested"]) <= 3
        assert [row[0] for row in data["suggested"]] == list("ABC")[: len(data["suggested"])]
        assert "60 min" in data["suggested_note"]
        (row,) = data["fetched"]
        assert row[2] == "4 mg/L"
        told = json.dumps([data["suggested"], data["fetched"]], ensure_ascii=False)
        assert not any(code in told for code in OUTFALLS)

    def test_looking_back_long_afterwards_sends_nobody(self, river: River) -> None:
        from riverchief.trace.gather import gather

        assert gather(river.event, by_rule_alone=True).sampling is None


@given(
    shares=st.lists(st.lists(st.floats(0.05, 1.0), min_size=3, max_size=3), min_size=1, max_size=8),
    most=st.integers(1, 4),
)
def test_joining_outcomes_keeps_probability_and_order(shares: list[list[float]], most: int) -> None:
    total = sum(map(sum, shares))
    outcomes = [
        Outcome(
            float(number),
            number + 1.0,
            sum(row) / total,
            {key: value / sum(row) for key, value in zip("abc", row, strict=True)},
            (),
            (),
        )
        for number, row in enumerate(shares)
    ]
    ranges = told_apart(outcomes, most)
    assert len(ranges) == min(most, len(outcomes))
    assert (ranges[0].low, ranges[-1].high) == (None, None)
    assert [found.high for found in ranges[:-1]] == [found.low for found in ranges[1:]]
    for key in "abc":
        before = sum(row["abc".index(key)] for row in shares) / total
        assert sum(found.probability * found.candidates[key] for found in ranges) == pytest.approx(before)


def fetch(river: River, value: float, *, reach: str = "S2", share: float = 0.98, hour: float = 37.0, **more: Any) -> Sample:  # fmt: skip
    lon, lat = point(reach, share)
    given: dict[str, Any] = {
        "actor": river.office["enforcement"],
        "event_id": river.event.pk,
        "lon": lon,
        "lat": lat,
        "taken_at": at_hour(hour),
        "taken_by": "王工",
        "value": value,
        "unit": "mg/L",
    }
    return RecordSample(**given | more).run()


def probability_above(trace: Trace, *reaches: str) -> float:
    return sum(row.probability for row in trace.candidates.all() if row.reach and row.reach.code in reaches)


class TestABottle:
    def test_full_of_it_raises_what_lies_above_and_clean_lowers_it(self, early: River) -> None:
        before = probability_above(run_trace(early), "S1", "S2")
        fetch(early, 4.0)
        high = probability_above(run_trace(early), "S1", "S2")
        fetch(early, 0.4, corrects=Sample.objects.get().pk, note="瓶号弄错")
        clean = probability_above(run_trace(early), "S1", "S2")
        assert clean < before < high
        assert high > 0.95

    def test_a_corrected_one_counts_no_more(self, early: River, office: Office) -> None:
        wrong = fetch(early, 4.0)
        right = fetch(early, 0.4, corrects=wrong.pk, note="瓶号弄错")
        trace = run_trace(early)
        assert [row["id"] for row in trace.inputs["samples"]] == [right.pk]
        rows = {row["id"]: row for row in shown(office, trace)["samples"]}
        assert (rows[wrong.pk]["corrected"], rows[wrong.pk]["used"]) == (True, False)
        assert (rows[right.pk]["corrects"], rows[right.pk]["used"]) == (wrong.pk, True)

    def test_below_the_limit_is_as_clean_as_the_limit(self, early: River) -> None:
        before = probability_above(run_trace(early), "S1", "S2")
        fetch(early, 0.3, below_limit=True)
        clean = run_trace(early)
        assert probability_above(clean, "S1", "S2") < before
        assert not shown(early.office, clean)["samples"][0]["unexplained"]

    def test_micrograms_are_converted(self, early: River) -> None:
        fetch(early, 4_000.0, unit="µg/L")
        assert run_trace(early).inputs["samples"][0]["value"] == pytest.approx(4.0)

    def test_it_stands_beside_what_the_candidates_led_to_expect(self, early: River, office: Office) -> None:
        fetch(early, 4.0)
        found = shown(office, run_trace(early))
        (row,) = found["samples"]
        assert row["where"]["station_en"] == "Station A"
        assert {expected["rank"] for expected in row["expected"]} >= {1, 2}
        assert all(expected["low"] < expected["mean"] < expected["high"] for expected in row["expected"])
        fits = [expected["low"] <= 4.0 <= expected["high"] for expected in row["expected"]]
        assert [expected["fits"] for expected in row["expected"]] == fits
        assert row["unexplained"] is not any(fits)
        assert {station["name_en"] for station in found["stations"]} == {
            "Station A",
            "Station B",
            "Station T",
        }

    def test_one_that_fits_no_leading_candidate_is_told_to_whoever_entered_it_and_in_the_report(
        self, early: River, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        early.culprit.area = office.other_county
        early.culprit.save()
        odd = fetch(early, 900.0, reach="T2", share=0.5, actor=office["county_office"])
        trace = run_trace(early)
        (own,) = shown(office, trace, "county_office")["samples"]
        assert (own["id"], own["unexplained"], own["expected"]) == (odd.pk, True, [])
        (whole,) = shown(office, trace, "city_office")["samples"]
        assert whole["unexplained"]
        assert [row["fits"] for row in whole["expected"]] == [False] * len(whole["expected"]) != []
        client = office.client("city_office", "en")
        report = given_to_the_type_setter(monkeypatch, lambda: client.get(f"/traces/{trace.pk}/report.pdf"))
        assert report["fetched"][0][3].startswith("No explanation fits this sample")

    def test_of_water_that_nobody_in_question_could_reach_it_is_left_out_and_said_so(
        self, early: River, office: Office
    ) -> None:
        early.reaches["M2"].regime = "gated"
        early.reaches["M2"].save()
        draw(early)
        sample = fetch(early, 4.0, reach="M3", share=0.5)
        trace = run_trace(early)
        assert [row["used"] for row in trace.inputs["samples"]] == [False]
        assert any("sample taken by hand" in row["reason_en"] for row in trace.inputs["excluded"])
        with use_clock(at_hour(SOON) + timedelta(hours=1)):
            tasks.trace_again(0)
        assert Trace.objects.count() == 1, f"sample {sample.pk} must not be tried for ever"

    def test_the_same_inputs_come_to_the_same_answer(self, early: River) -> None:
        fetch(early, 4.0)
        trace = run_trace(early)
        stored = TraceInputs.from_json(json.loads(json.dumps(trace.inputs)))
        again = {row.key: row.probability for row in compute(stored).candidates}
        assert again == {row["key"]: row["probability"] for row in trace.result["candidates"]}


class TestTracedAgain:
    def recorded(self, river: River) -> OutboxEvent:
        return OutboxEvent.objects.filter(name="monitor.sample_recorded").latest("pk")

    def test_at_once_and_the_history_says_why(self, early: River, office: Office) -> None:
        run_trace(early)
        with use_clock(at_hour(SOON) + timedelta(minutes=1)):
            fetch(early, 4.0)
            subscribers.start_trace(self.recorded(early))
            subscribers.start_trace(self.recorded(early))
            again = Trace.objects.get(attempt=2)
            tasks.run(again.pk)
        again.refresh_from_db()
        assert (again.requested_by, again.reason) == (None, "人工样品 1 份。|1 sample.")
        client = office.client("enforcement", "en")
        history = client.get(f"/traces/{again.pk}").json()["history"]
        assert [row["reason"] for row in history["attempts"]] == ["", "1 sample."]
        assert any(max(row["probabilities"]) > 0 for row in history["places"])

    def test_a_bottle_that_came_while_one_was_under_way_is_found_afterwards(self, early: River) -> None:
        trace = StartTrace(actor=early.office["enforcement"], event_id=early.event.pk).run()
        tasks.run(trace.pk)
        with use_clock(at_hour(SOON) + timedelta(minutes=2)):
            fetch(early, 4.0)
            tasks.trace_again(0)
            assert Trace.objects.get(attempt=2).reason.endswith("1 sample.")
            tasks.run(Trace.objects.get(attempt=2).pk)
            tasks.trace_again(0)
        assert Trace.objects.count() == 2


def test_who_sees_samples(early: River, office: Office) -> None:
    early.culprit.area = office.other_county
    early.culprit.save()
    fetch(early, 4.0)
    mine = fetch(early, 0.5, hour=37.5, actor=office["county_office"])
    trace = run_trace(early)
    assert len(shown(office, trace, "city_office")["samples"]) == 2
    (own,) = shown(office, trace, "county_office")["samples"]
    assert (own["id"], own["expected"]) == (mine.pk, []), (
        "what is expected of it tells of candidates elsewhere"
    )
