"""Where whoever checks a clue is told to look, and who is told of which place."""

import pytest
from riverchief.base.actions import SYSTEM
from riverchief.rectify import actions
from riverchief.rectify.models import Clue
from riverchief.registry.models import Outfall
from riverchief.trace.models import Trace, TraceCandidate

from tests.riverchief.rectify.office import POISON_OUTFALL, Office, make_outfall

MAY_CHECK = {
    "city_office",
    "city_office_2",
    "county_office",
    "county_office_2",
    "enforcement",
    "inspector",
    "inspector_2",
}


@pytest.fixture
def traced(office: Office, finished_trace: Trace) -> Clue:
    """A clue from a trace with a second candidate here, a third in the next county, and no cause at all."""
    second = make_outfall(office, "P2", lon=106.53)
    elsewhere = make_outfall(office, "P9", lon=106.58, area=office.other_county)
    for rank, outfall, probability in ((2, second, 0.2), (3, elsewhere, 0.1)):
        TraceCandidate.objects.create(
            trace=finished_trace,
            rank=rank,
            kind="outfall",
            outfall=outfall,
            reach=outfall.reach,
            lon=outfall.lon,
            lat=outfall.lat,
            probability=probability,
        )
    TraceCandidate.objects.create(
        trace=finished_trace,
        rank=4,
        kind="unlisted",
        reach=office.reach,
        lon=106.56,
        lat=29.5,
        probability=0.06,
    )
    TraceCandidate.objects.create(trace=finished_trace, rank=5, kind="nothing", probability=0.04)
    return actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()


def places(office: Office, name: str, clue: Clue, search: str = "") -> dict:
    answer = office.client(name).get(f"/clues/{clue.pk}/places?q={search}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_it_is_for_those_who_may_confirm_the_clue(office: Office, traced: Clue) -> None:
    answered = {
        name
        for name in office.people
        if office.client(name).get(f"/clues/{traced.pk}/places").status_code == 200
    }
    assert answered == MAY_CHECK


def test_the_inspector_gets_the_candidates_by_rank_with_their_places(office: Office, traced: Clue) -> None:
    found = places(office, "inspector", traced)
    assert [(row["rank"], row["kind"], row["lon"]) for row in found["candidates"]] == [
        (1, "outfall", 106.52),
        (2, "outfall", 106.53),
        (4, "unlisted", 106.56),
    ]
    assert found["candidates"][0]["outfall"]["name_zh"] == POISON_OUTFALL
    assert found["candidates"][2]["river_en"] == "Clear Creek"


def test_whoever_is_suspected_in_another_area_is_not_named(office: Office, traced: Clue) -> None:
    found = places(office, "inspector", traced)
    assert "P9" not in str(found)
    assert not found["whole"]
    of_the_city = places(office, "city_office", traced)
    assert [row["rank"] for row in of_the_city["candidates"]] == [1, 2, 3, 4]
    assert of_the_city["whole"]


def test_no_probability_is_told(office: Office, traced: Clue) -> None:
    assert not [
        key for row in places(office, "inspector", traced)["candidates"] for key in row if "prob" in key
    ]


def test_other_outfalls_come_by_their_distance_from_the_clue(office: Office, traced: Clue) -> None:
    Outfall.objects.filter(code="P2").update(name_en="Second")
    for code, lon in (("P3", 106.59), ("P4", 106.525)):
        make_outfall(office, code, lon=lon)
    found = places(office, "inspector", traced)["outfalls"]
    assert [row["code"] for row in found] == ["P4", "P3"]
    assert found[0]["distance_m"] == pytest.approx(484, abs=2)
    assert [row["code"] for row in places(office, "inspector", traced, "p3")["outfalls"]] == ["P3"]


def test_a_call_has_no_candidates_but_the_outfalls_around(office: Office, clue: Clue) -> None:
    found = places(office, "inspector", clue)
    assert (found["candidates"], found["whole"]) == ([], True)
    assert [row["code"] for row in found["outfalls"]] == ["P1"]


def test_the_question_is_required_for_a_clue_from_a_trace_only(
    office: Office, traced: Clue, clue: Clue
) -> None:
    def asked(clue_id: int) -> bool:
        (confirm,) = (
            row
            for row in office.client("inspector").get(f"/clues/{clue_id}").json()["allowed_actions"]
            if row["action"] == "confirm"
        )
        (field,) = (row for row in confirm["fields"] if row["kind"] == "found")
        assert field["name"] == "outfall_id"
        return field["required"]

    assert (asked(traced.pk), asked(clue.pk)) == (True, False)
