"""A reading of which its neighbours know nothing convicts nobody, and whoever sees the trace is told of it."""

from typing import Any

import pytest
from riverchief.base.rules import rule_version
from riverchief.monitor.models import Reading
from riverchief.trace.at_once import count_sources
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace

from tests.riverchief.rectify.office import Office
from tests.riverchief.trace.known import make_known_trace, set_aside
from tests.riverchief.trace.river import River, at_hour, run_trace

WILD_AT, WILD = at_hour(40.0), 8.7654321


def with_a_wild_reading(river: River, code: str = "T") -> River:
    """At the station on the arm that the event did not come from."""
    changed = Reading.objects.filter(station=river.stations[code], period_start=WILD_AT)
    assert changed.update(value=WILD) == 1
    return river


def told(office: Office, trace: Trace, name: str = "enforcement") -> dict[str, Any]:
    shown: dict[str, Any] = office.client(name).get(f"/traces/{trace.pk}").json()
    return shown


def test_a_wild_reading_beside_an_event_is_told_and_does_not_hide_the_true_outfall(river: River) -> None:
    trace = run_trace(with_a_wild_reading(river))
    assert trace.candidates.get(outfall=river.culprit).rank <= 3
    assert trace.candidates.get(kind="nothing").probability < 0.01

    (aside,) = told(river.office, trace)["set_aside"]
    assert aside.pop("probability") > 0.95
    assert aside == {
        "station_id": river.stations["T"].pk,
        "station_zh": "T站",
        "station_en": "Station T",
        "parameter": "nh3n",
        "unit": "mg/L",
        "at": WILD_AT.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "value": 8.7654,
    }


def test_what_is_more_likely_wrong_than_right_has_no_part_in_the_number_of_sources(office: Office) -> None:
    trace = make_known_trace(office.event, office.suspect)
    trace.inputs["stations"][0]["value"][4] = WILD
    rule = rule_version("trace.at_once").body | {"n_settings": 4}

    def counted() -> dict[str, Any]:
        return count_sources(TraceInputs.from_json(trace.inputs), trace.result, rule)

    for row in trace.result["candidates"]:
        row |= {"kind": row["key"].partition(":")[0], "probability": 0.5, "log_evidence": 1.0}
    set_aside(trace, probability=0.9)
    wrong = counted()
    set_aside(trace, probability=0.1)
    right = counted()
    trace.inputs["stations"][0]["value"][4] = None
    assert wrong == counted() != right


class TestWhoIsTold:
    @pytest.fixture
    def trace(self, office: Office) -> Trace:
        trace = make_known_trace(office.event, office.suspect)
        set_aside(trace)
        return trace

    def test_an_attempt_from_before_they_were_looked_for_has_none(self, office: Office) -> None:
        assert told(office, make_known_trace(office.event, office.suspect))["set_aside"] == []

    def test_who_sees_the_station_sees_the_reading(self, office: Office, trace: Trace) -> None:
        office.suspect.area = office.other_county
        office.suspect.save()
        assert [row["value"] for row in told(office, trace, "county_office")["set_aside"]] == [1.23]
        office.event.station.area = office.other_county
        office.event.station.save()
        shown = told(office, trace, "county_office")
        assert (shown["stations"], shown["set_aside"]) == ([], [])
        assert len(told(office, trace, "city_office")["set_aside"]) == 1
