"""A suspect is known only where it lies: a trace over a border shows each side its own, and no more."""

import json

import pytest
from riverchief.base.actions import SYSTEM
from riverchief.monitor.models import Event
from riverchief.rectify import actions
from riverchief.rectify.models import Clue
from riverchief.trace.models import Adjustment, Trace

from tests.riverchief.rectify.office import NOON, POISON, Office
from tests.riverchief.trace.known import make_known_trace

HERE, THERE, ABOVE = "county_office", "other_county_office", "city_office"
FORMS = ("report.pdf", "data.json", "candidates.csv", "curves.csv")


@pytest.fixture
def office(office: Office) -> Office:
    """The suspect lies in the other county, above the border; the station, and the event, in this one."""
    office.suspect.area = office.other_county
    office.suspect.save()
    return office


@pytest.fixture
def trace(office: Office) -> Trace:
    return make_known_trace(office.event, office.suspect)


@pytest.fixture
def clue(office: Office, trace: Trace) -> Clue:
    return actions.OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()


def told(office: Office, name: str, path: str) -> tuple[int, dict]:
    answer = office.client(name).get(path)
    return answer.status_code, answer.json()


class TestWhereTheEventIs:
    @pytest.mark.parametrize("name", [HERE, "enforcement"])
    def test_a_suspect_over_the_border_is_a_share_of_the_probability_and_no_more(
        self, office: Office, trace: Trace, name: str
    ) -> None:
        status, shown = told(office, name, f"/traces/{trace.pk}")
        assert status == 200
        assert [row["kind"] for row in shown["candidates"]] == ["nothing"]
        assert (shown["whole"], shown["candidates_total"]) == (False, 1)
        assert shown["outside_probability"] == pytest.approx(0.7)
        text = json.dumps(shown, ensure_ascii=False)
        for secret in (*POISON, office.suspect.code, f"outfall:{office.suspect.pk}", str(office.suspect.lon)):
            assert secret not in text

    def test_its_own_station_is_shown_with_no_curve_or_distance_that_would_tell(
        self, office: Office, trace: Trace
    ) -> None:
        (station,) = told(office, HERE, f"/traces/{trace.pk}")[1]["stations"]
        assert station["observed"]
        assert (station["predicted"], station["distance_m"]) == ({}, None)

    def test_the_history_and_the_changes_tell_nothing_either(self, office: Office, trace: Trace) -> None:
        Adjustment.objects.create(
            event=office.event, kind="weight", key=f"outfall:{office.suspect.pk}", factor=2.0,
            reason=f"{POISON[0]}有前科", made_by=office["city_office"], made_at=NOON,
        )  # fmt: skip
        shown = told(office, HERE, f"/traces/{trace.pk}")[1]
        assert shown["adjustments"] == []
        assert {place["kind"] for place in shown["history"]["places"]} == {"nothing"}

    def test_what_the_city_wrote_is_for_the_city(self, office: Office, trace: Trace) -> None:
        words = f"{POISON[0]}有前科"
        Trace.objects.filter(pk=trace.pk).update(reason=words, requested_by=office["city_office"])
        Adjustment.objects.create(
            event=office.event, kind="weight", key="nothing", factor=0.5, reason=words,
            made_by=office["city_office"], made_at=NOON,
        )  # fmt: skip
        for path in (f"/traces/{trace.pk}", f"/traces?event={office.event.pk}"):
            assert words not in json.dumps(told(office, HERE, path)[1], ensure_ascii=False)
            assert words in json.dumps(told(office, ABOVE, path)[1], ensure_ascii=False)

    @pytest.mark.parametrize("form", FORMS)
    def test_what_may_not_be_seen_whole_is_not_taken_away(
        self, office: Office, trace: Trace, form: str
    ) -> None:
        assert told(office, HERE, f"/traces/{trace.pk}/{form}")[0] == 403

    def test_the_clue_over_the_border_does_not_exist(self, office: Office, clue: Clue) -> None:
        assert told(office, HERE, f"/clues/{clue.pk}")[0] == 404


class TestWhereTheSuspectIs:
    def test_before_there_is_a_clue_there_is_nothing(self, office: Office, trace: Trace) -> None:
        event = office.event
        for path in (
            f"/events/{event.pk}",
            f"/stations/{event.station_id}",
            f"/traces/{trace.pk}",
            f"/traces?event={event.pk}",
        ):
            assert told(office, THERE, path)[0] == 404

    def test_who_holds_the_clue_sees_the_event_and_the_trace_that_it_links_to(
        self, office: Office, trace: Trace, clue: Clue
    ) -> None:
        shown = told(office, THERE, f"/clues/{clue.pk}")[1]
        assert (shown["event_id"], shown["trace_id"]) == (office.event.pk, trace.pk)
        status, event = told(office, THERE, f"/events/{shown['event_id']}")
        assert status == 200
        station = f"/stations/{event['station']['id']}"
        assert told(office, THERE, station)[0] == 200, "the page of the event shows its station"
        assert told(office, THERE, f"{station}/readings?parameter=nh3n")[0] == 200
        status, traced = told(office, THERE, f"/traces/{shown['trace_id']}")
        assert status == 200
        assert traced["candidates"][0]["outfall"]["code"] == office.suspect.code
        assert (traced["whole"], traced["outside_probability"]) == (True, pytest.approx(0.0))
        assert traced["stations"][0]["predicted"]["1"], "the evidence against it, although measured elsewhere"

    def test_a_renewed_clue_shares_the_event_once(self, office: Office, clue: Clue) -> None:
        later = make_known_trace(office.event, office.suspect, attempt=2)
        actions.OpenClueFromTrace(actor=SYSTEM, trace_id=later.pk).run()
        assert list(office.event.shared_with.all()) == [office.other_county]

    def test_who_sees_no_traces_is_given_no_link_to_one(self, office: Office, clue: Clue) -> None:
        shown = told(office, "other_inspector", f"/clues/{clue.pk}")[1]
        assert (shown["trace_id"], shown["event_id"]) == (None, office.event.pk)
        assert told(office, "other_inspector", f"/events/{office.event.pk}")[0] == 200


class TestTheCity:
    def test_it_sees_everything(self, office: Office, trace: Trace) -> None:
        shown = told(office, ABOVE, f"/traces/{trace.pk}")[1]
        assert (shown["whole"], len(shown["candidates"])) == (True, 2)
        assert office.client(ABOVE).get(f"/traces/{trace.pk}/candidates.csv").status_code == 200


def test_an_event_of_one_area_with_its_suspect_there_is_shared_with_nobody(office: Office) -> None:
    office.suspect.area = office.county
    office.suspect.save()
    trace = make_known_trace(office.event, office.suspect)
    actions.OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()
    assert not Event.objects.get(pk=office.event.pk).shared_with.exists()
    assert told(office, HERE, f"/traces/{trace.pk}")[1]["whole"]
