"""Clues: how they come about, and what a person, and only a person, makes of them."""

from datetime import timedelta

import pytest
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.rectify import actions, subscribers
from riverchief.rectify.models import Clue, Problem
from riverchief.trace.models import Trace

from tests.riverchief.rectify.conftest import make_finished_trace
from tests.riverchief.rectify.office import NOON, PNG, POISON, Office, make_outfall


def call(office: Office, **changes):
    given = {
        "actor": office["county_office"],
        "source": "call_12345",
        "kind": "water_smell",
        "title": "桥下水发臭",
        "description": "",
        "lon": 106.55,
        "lat": 29.5001,
    }
    return actions.RegisterClue(**{**given, **changes})


def upload(office: Office, name: str, content: bytes = PNG) -> int:
    return actions.UploadEvidence(actor=office[name], content=content, file_name="a.png").run().evidence_id


def announced(name: str) -> OutboxEvent:
    return OutboxEvent.objects.filter(name=name).latest("id")


class TestRegistering:
    def test_a_call_belongs_to_the_nearest_reach_and_its_area(self, office: Office) -> None:
        clue = call(office).run()
        assert (clue.reach, clue.area, clue.state) == (office.reach, office.county, "open")
        assert clue.number == "XS-2026-0001"
        assert announced("rectify.clue_opened").restricted

    def test_a_named_reach_holds_where_the_position_lies_near_it(self, office: Office) -> None:
        assert call(office, reach_id=office.reach.pk).run().reach == office.reach
        for far in ({"lon": 10.0, "lat": 10.0}, {"lat": 29.53}):
            with pytest.raises(InvalidInput) as refused:
                call(office, reach_id=office.reach.pk, **far).run()
            assert (refused.value.field, bool(refused.value.cure)) == ("lon", True)
        with pytest.raises(NotFound):
            call(office, reach_id=0).run()

    def test_a_time_before_all_records_is_refused_by_name(self, office: Office, client) -> None:
        client.force_login(office["county_office"], backend="django.contrib.auth.backends.ModelBackend")
        body = {"source": "call_12345", "kind": "water_smell", "title": "x", "lon": 106.55, "lat": 29.5}
        answer = client.post(
            "/api/v1/clues", {**body, "occurred_at": "0001-01-01T00:00:00Z"}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "occurred_at")

    def test_numbers_have_no_gaps(self, office: Office) -> None:
        call(office).run()
        with pytest.raises(InvalidInput):
            call(office, kind="nonsense").run()
        assert call(office).run().number == "XS-2026-0002"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"source": "trace"}, "source"),
            ({"source": "event"}, "source"),
            ({"kind": "nonsense"}, "kind"),
            ({"title": "  "}, "title"),
            ({"title": "长" * 201}, "title"),
            ({"description": "长" * 4_001}, "description"),
            ({"reporter_name": "长" * 61}, "reporter_name"),
            ({"reporter_phone": "13900000000 或 13900000001 王女士（下班后）"}, "reporter_phone"),
            ({"lon": 0.0, "lat": 0.0}, "lon"),
            ({"lon": 29.5, "lat": 106.5}, "lon"),
            ({"lon": 110.0}, "lon"),
            ({"occurred_at": NOON + timedelta(hours=1)}, "occurred_at"),
            ({"evidence_ids": [999]}, "evidence_ids"),
        ],
    )
    def test_bad_input_names_its_field_and_the_cure(self, office: Office, changes, field) -> None:
        with pytest.raises(InvalidInput) as refused:
            call(office, **changes).run()
        assert refused.value.field == field
        assert refused.value.cure
        assert not Clue.objects.exists()

    @pytest.mark.parametrize(
        "name", ["other_county_office", "monitoring", "unit", "administrator", "town_office"]
    )
    def test_who_has_no_such_task_in_that_area_cannot_register(self, office: Office, name: str) -> None:
        with pytest.raises(PermissionRefused):
            call(office, actor=office[name]).run()


class TestFromATrace:
    def test_it_points_at_the_suspect_and_names_it_in_no_text(self, office: Office, finished_trace) -> None:
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        assert (clue.outfall, clue.event, clue.trace) == (office.suspect, office.event, finished_trace)
        assert clue.registered_by is None
        texts = [clue.title, clue.description, *(entry.body for entry in audit.entries(f"clue:{clue.pk}"))]
        texts += [str(event.payload) for event in OutboxEvent.objects.all()]
        assert not [poison for poison in POISON for text in texts if poison in text]

    def test_a_later_trace_renews_the_one_clue_of_the_event(self, office: Office, finished_trace) -> None:
        first = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        later = make_finished_trace(office, attempt=2, probability=0.8)
        second = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=later.pk).run()
        assert (second.pk, second.trace) == (first.pk, later)
        assert Clue.objects.count() == 1

    def test_an_earlier_trace_that_comes_late_changes_nothing(self, office: Office, finished_trace) -> None:
        later = make_finished_trace(office, attempt=2, probability=0.8)
        actions.OpenClueFromTrace(actor=SYSTEM, trace_id=later.pk).run()
        with pytest.raises(StateRefused, match="更晚"):
            actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        assert Clue.objects.get().trace == later

    @pytest.mark.parametrize("decision", ["confirm", "dismiss"])
    def test_what_people_have_decided_no_later_trace_touches(
        self, office: Office, finished_trace, decision: str
    ) -> None:
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        decide = {
            "confirm": actions.ConfirmClue(
                actor=office["inspector"],
                clue_id=clue.pk,
                basis="decision",
                reason="现场属实",
                outfall_id=office.suspect.pk,
            ),
            "dismiss": actions.DismissClue(actor=office["inspector"], clue_id=clue.pk, reason="上游降雨"),
        }
        decide[decision].run()
        before = Clue.objects.values().get(), [entry.pk for entry in audit.entries(f"clue:{clue.pk}")]
        announcements = OutboxEvent.objects.count()
        later = make_finished_trace(office, attempt=2, probability=0.9)
        subscribers.open_clue(OutboxEvent(name="trace.finished", payload={"trace_id": later.pk}))
        assert (
            Clue.objects.values().get(),
            [entry.pk for entry in audit.entries(f"clue:{clue.pk}")],
        ) == before
        assert OutboxEvent.objects.count() == announcements

    @pytest.mark.parametrize(("kind", "probability"), [("nothing", 0.9), ("outfall", 0.29)])
    def test_a_trace_that_says_too_little_opens_none(self, office: Office, kind, probability) -> None:
        trace = make_finished_trace(office, attempt=1, probability=probability, kind=kind)
        with pytest.raises(StateRefused):
            actions.OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()
        subscribers.open_clue(OutboxEvent(name="trace.finished", payload={"trace_id": trace.pk}))
        assert not Clue.objects.exists()

    def test_an_open_clue_follows_the_newest_answer_also_where_that_is_less_sure(
        self, office: Office, finished_trace
    ) -> None:
        actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        later = make_finished_trace(office, attempt=2, probability=0.2, kind="unlisted")
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=later.pk).run()
        assert (clue.trace, clue.outfall) == (later, None)

    @pytest.mark.parametrize(("by_rule", "rival"), [(0.29, 0.1), (0.35, 0.5), (0.0, 0.1)])
    def test_what_leads_by_a_person_s_weight_opens_and_renews_none(
        self, office: Office, by_rule: float, rival: float
    ) -> None:
        trace = make_finished_trace(office, attempt=1, probability=0.79)
        trace.candidates.update(probability_by_rule=by_rule)
        trace.candidates.create(rank=2, kind="nothing", probability=0.21, probability_by_rule=rival)
        subscribers.open_clue(OutboxEvent(name="trace.finished", payload={"trace_id": trace.pk}))
        assert not Clue.objects.exists()
        if rival > by_rule:
            earlier = actions.OpenClueFromTrace(
                actor=SYSTEM, trace_id=make_finished_trace(office, attempt=2, probability=0.5).pk
            ).run()
            again = make_finished_trace(office, attempt=3, probability=0.79, kind="unlisted")
            again.candidates.update(probability_by_rule=by_rule)
            again.candidates.create(rank=2, kind="nothing", probability=0.21, probability_by_rule=rival)
            subscribers.open_clue(OutboxEvent(name="trace.finished", payload={"trace_id": again.pk}))
            assert Clue.objects.get().outfall == earlier.outfall

    def test_a_trace_whose_candidates_are_no_finding_opens_none(self, office: Office, finished_trace) -> None:
        finished_trace.result = {"note": "Nothing rose"}
        finished_trace.save()
        with pytest.raises(StateRefused):
            actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        assert not Clue.objects.exists()

    def test_an_unlisted_place_opens_a_clue_without_a_suspect(self, office: Office) -> None:
        trace = make_finished_trace(office, attempt=1, probability=0.5, kind="unlisted")
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()
        assert (clue.outfall, clue.reach) == (None, office.reach)

    def test_no_person_can_pass_for_the_system(self, office: Office, finished_trace) -> None:
        with pytest.raises(PermissionRefused):
            actions.OpenClueFromTrace(actor=office["city_office"], trace_id=finished_trace.pk).run()

    def test_the_announcement_delivered_twice_opens_one(self, office: Office, finished_trace) -> None:
        event = OutboxEvent(name="trace.finished", payload={"trace_id": finished_trace.pk})
        subscribers.open_clue(event)
        subscribers.open_clue(event)
        assert Clue.objects.count() == 1


class TestHandingOver:
    def test_a_person_opens_what_says_too_little_for_a_clue_by_itself_and_no_later_trace_changes_it(
        self, office: Office
    ) -> None:
        trace = make_finished_trace(office, attempt=1, probability=0.2)
        body = {"rank": 1, "reason": "先看前几位"}
        made = office.client("county_office").post(f"/traces/{trace.pk}/hand_over", body)
        assert made.status_code == 200, made.content
        clue = Clue.objects.get()
        assert (clue.trace, clue.outfall, clue.registered_by) == (
            trace,
            office.suspect,
            office["county_office"],
        )
        assert audit.entries(f"clue:{clue.pk}")[-1].data["reason"] == "先看前几位"
        assert announced("rectify.clue_opened").payload == {"clue_id": clue.pk}
        again = office.client("county_office").post(f"/traces/{trace.pk}/hand_over", body)
        assert (again.status_code, clue.number in again.json()["message"]) == (409, True)
        later = make_finished_trace(office, attempt=2, probability=0.9, kind="unlisted")
        subscribers.open_clue(OutboxEvent(name="trace.finished", payload={"trace_id": later.pk}))
        assert Clue.objects.get().trace == trace

    @pytest.mark.parametrize(
        ("kind", "note", "rank", "status"),
        [("nothing", "", 1, 409), ("outfall", "Nothing rose", 1, 409), ("outfall", "", 2, 404)],
    )
    def test_what_nobody_can_look_at_is_not_handed_over(
        self, office: Office, kind: str, note: str, rank: int, status: int
    ) -> None:
        trace = make_finished_trace(office, attempt=1, probability=0.2, kind=kind)
        Trace.objects.filter(pk=trace.pk).update(result={"note": note})
        body = {"rank": rank, "reason": "先看前几位"}
        assert office.client("enforcement").post(f"/traces/{trace.pk}/hand_over", body).status_code == status
        assert not Clue.objects.exists()

    def test_a_candidate_elsewhere_is_handed_over_by_nobody_who_does_not_see_it(self, office: Office) -> None:
        trace = make_finished_trace(office, attempt=1, probability=0.2)
        office.suspect.area = office.other_county
        office.suspect.save()
        body = {"rank": 1, "reason": "先看前几位"}
        assert office.client("county_office").post(f"/traces/{trace.pk}/hand_over", body).status_code == 404


class TestDeciding:
    def test_the_system_cannot_turn_a_clue_into_a_problem(self, office: Office, finished_trace) -> None:
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        with pytest.raises(PermissionRefused):
            actions.ConfirmClue(actor=SYSTEM, clue_id=clue.pk, basis="decision", reason="自动").run()
        assert not Problem.objects.exists()

    def test_what_was_seen_on_site_needs_its_photo(self, office: Office, clue: Clue) -> None:
        with pytest.raises(InvalidInput, match="须附文件"):
            actions.ConfirmClue(
                actor=office["inspector"], clue_id=clue.pk, basis="photo", reason="见照片"
            ).run()
        photo = upload(office, "inspector")
        problem = actions.ConfirmClue(
            actor=office["inspector"], clue_id=clue.pk, basis="photo", reason="见照片", evidence_ids=[photo]
        ).run()
        assert [use.step for use in problem.evidence.all()] == ["confirm"]
        assert problem.number == "CQ-2026-0001"
        assert announced("rectify.problem_opened").payload == {"problem_id": problem.pk}

    def test_a_problem_does_not_take_over_what_a_clue_says_of_a_suspect(self, office: Office) -> None:
        clue = call(office, title=f"{POISON[0]}偷排", description=f"是{POISON[2]}干的").run()
        problem = actions.ConfirmClue(
            actor=office["inspector"], clue_id=clue.pk, basis="decision", reason=f"确为{POISON[2]}"
        ).run()
        assert problem.title == "江东区清溪水体异味问题"
        told = problem.title + "".join(entry.body for entry in audit.entries(problem.chain))
        assert not [poison for poison in POISON if poison in told]

    def test_another_outfall_than_the_first_suspect_may_be_found(
        self, office: Office, finished_trace
    ) -> None:
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        found = make_outfall(office, "P2", lon=106.53)
        problem = actions.ConfirmClue(
            actor=office["inspector"],
            clue_id=clue.pk,
            basis="decision",
            reason="该口出流",
            outfall_id=found.pk,
        ).run()
        clue.refresh_from_db()
        assert (problem.outfall, problem.lon, clue.outfall) == (found, 106.53, office.suspect)
        for chain in (f"clue:{clue.pk}", problem.chain):
            assert audit.entries(chain)[-1].data["found"] == {"outfall_id": found.pk, "outfall": "P2"}

    @pytest.mark.parametrize(
        "found", [{}, {"lon": 106.53}, {"outfall_id": 1, "lon": 106.53, "lat": 29.5}], ids=str
    )
    def test_a_clue_from_a_trace_is_not_confirmed_without_saying_which_outfall_was_found(
        self, office: Office, finished_trace, found
    ) -> None:
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        with pytest.raises(InvalidInput) as refused:
            actions.ConfirmClue(
                actor=office["inspector"], clue_id=clue.pk, basis="decision", reason="属实", **found
            ).run()
        assert (refused.value.field, bool(refused.value.cure)) == ("outfall_id", True)
        assert not Problem.objects.exists()

    def test_a_place_on_no_list_may_be_found(self, office: Office, finished_trace) -> None:
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        problem = actions.ConfirmClue(
            actor=office["inspector"],
            clue_id=clue.pk,
            basis="decision",
            reason="草丛中有暗管",
            lon=106.54,
            lat=29.5005,
        ).run()
        assert (problem.outfall, problem.reach, problem.lon, problem.lat) == (
            None,
            office.reach,
            106.54,
            29.5005,
        )
        assert audit.entries(problem.chain)[-1].data["found"] == {"lon": 106.54, "lat": 29.5005}

    def test_a_place_far_from_every_reach_was_not_found(self, office: Office, finished_trace) -> None:
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        with pytest.raises(InvalidInput, match="没有河段"):
            actions.ConfirmClue(
                actor=office["inspector"], clue_id=clue.pk, basis="decision", reason="x", lon=110.0, lat=29.5
            ).run()

    def test_nobody_confirms_an_outfall_outside_their_areas(self, office: Office, finished_trace) -> None:
        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=finished_trace.pk).run()
        elsewhere = make_outfall(office, "P9", lon=106.58, area=office.other_county)
        with pytest.raises(PermissionRefused):
            actions.ConfirmClue(
                actor=office["inspector"],
                clue_id=clue.pk,
                basis="decision",
                reason="属实",
                outfall_id=elsewhere.pk,
            ).run()

    def test_a_call_may_name_no_outfall(self, problem: Problem) -> None:
        assert problem.outfall is None
        assert "found" not in audit.entries(problem.chain)[-1].data

    def test_an_outfall_that_is_not_there_was_not_found(self, office: Office, clue: Clue) -> None:
        with pytest.raises(InvalidInput) as refused:
            actions.ConfirmClue(
                actor=office["inspector"], clue_id=clue.pk, basis="decision", reason="x", outfall_id=999_999
            ).run()
        assert refused.value.field == "outfall_id"

    @pytest.mark.parametrize("decision", ["confirm", "dismiss"])
    def test_a_decided_clue_is_not_decided_again(self, office: Office, clue: Clue, decision: str) -> None:
        actions.DismissClue(actor=office["inspector"], clue_id=clue.pk, reason="不属实").run()
        action = (
            actions.ConfirmClue(actor=office["inspector"], clue_id=clue.pk, basis="decision", reason="改判")
            if decision == "confirm"
            else actions.DismissClue(actor=office["inspector"], clue_id=clue.pk, reason="再次")
        )
        with pytest.raises(StateRefused, match="已排除"):
            action.run()

    def test_no_decision_without_a_reason(self, office: Office, clue: Clue) -> None:
        with pytest.raises(InvalidInput) as refused:
            actions.DismissClue(actor=office["inspector"], clue_id=clue.pk, reason=" ").run()
        assert refused.value.field == "reason"

    @pytest.mark.parametrize("name", ["town_office", "unit", "monitoring", "chief", "other_inspector"])
    def test_for_those_who_see_no_clues_there_it_does_not_exist(
        self, office: Office, clue: Clue, name: str
    ) -> None:
        with pytest.raises(NotFound):
            actions.DismissClue(actor=office[name], clue_id=clue.pk, reason="x").run()

    def test_merging_keeps_both_histories(self, office: Office, clue: Clue) -> None:
        other = call(office, title="同一座桥").run()
        actions.MergeClue(
            actor=office["county_office"], clue_id=other.pk, into_id=clue.pk, reason="同一事项"
        ).run()
        other.refresh_from_db()
        assert (other.state, other.merged_into) == ("merged", clue)
        assert audit.entries(f"clue:{clue.pk}")[-1].data["merged"] == other.number

    def test_a_clue_cannot_be_merged_into_itself(self, office: Office, clue: Clue) -> None:
        with pytest.raises(InvalidInput):
            actions.MergeClue(
                actor=office["county_office"], clue_id=clue.pk, into_id=clue.pk, reason="x"
            ).run()


def test_clues_within_fifty_metres_are_suggested_for_a_merge_those_of_the_kind_first(
    office: Office, clue: Clue
) -> None:
    def call(kind: str, metres: float) -> Clue:
        return actions.RegisterClue(
            actor=office["county_office"],
            source="public",
            kind=kind,
            title=f"{kind} {metres}",
            description="",
            lon=clue.lon,
            lat=clue.lat + metres / 111_000,
        ).run()

    other, near, far = call("litter", 10), call("water_smell", 40), call("water_smell", 60)
    actions.DismissClue(actor=office["inspector"], clue_id=call("water_smell", 5).pk, reason="重复来电").run()
    found = office.client("inspector").get(f"/clues/{clue.pk}/similar").json()["items"]
    assert [(row["id"], row["same_kind"]) for row in found] == [(near.pk, True), (other.pk, False)]
    # Where the problem was found counts too.
    problem = actions.ConfirmClue(
        actor=office["inspector"],
        clue_id=far.pk,
        basis="decision",
        reason="属实",
        lon=clue.lon,
        lat=clue.lat,
    ).run()
    found = office.client("inspector").get(f"/clues/{clue.pk}/similar").json()["items"]
    assert (found[0]["id"], found[0]["problem"]["id"]) == (far.pk, problem.pk)
