"""People change what a trace is asked, with a reason; the answer without their opinion stands beside it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused, in_language
from riverchief.base.models import OutboxEvent
from riverchief.rectify.models import Clue, Problem
from riverchief.registry.models import Outfall
from riverchief.trace.actions import AdjustTrace, WithdrawAdjustment
from riverchief.trace.compute import compute, result_of
from riverchief.trace.confirmed import confirmed_of
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Adjustment, Trace, TraceCandidate
from riverchief.trace.objections import NotAcknowledged

from tests.riverchief.rectify.office import NOON
from tests.riverchief.trace.river import River, run_trace

BY_THE_CULPRIT = (106.55, 29.5)


def adjust(river: River, **changes: Any) -> Adjustment:
    return AdjustTrace(
        **{
            "actor": river.office["city_office"],
            "event_id": river.event.pk,
            "kind": "exclude",
            "key": key(river, "S2-a"),
            "reason": "现场核查：已封堵",
        }
        | changes
    ).run()


def key(river: River, code: str) -> str:
    return f"outfall:{river.outfalls[code].pk}"


def place(river: River, **changes: Any) -> Adjustment:
    lon, lat = BY_THE_CULPRIT
    named = {"kind": "place", "key": "", "label": "桥下暗管", "lon": lon, "lat": lat}
    return adjust(river, **named | changes)


def confirm(river: River) -> Problem:
    """People found the culprit discharging, on a call that has nothing to do with the event."""
    here = {"kind": "secret", "title": "河边有人排水", "area": river.office.county, "lon": 106.5, "lat": 29.5}
    decided = {"decided_by": river.office["inspector"], "decided_at": NOON, "decision_reason": "现场出流"}
    clue = Clue.objects.create(
        number="XS-1",
        source="patrol",
        state="confirmed",
        basis="photo",
        registered_at=NOON,
        **here,
        **decided,
    )
    return Problem.objects.create(
        number="CQ-2026-0007",
        clue=clue,
        outfall=river.culprit,
        opened_by=river.office["inspector"],
        opened_at=NOON,
        **here,
    )


@pytest.fixture
def known(river: River) -> Trace:
    """A finished attempt, as good as one that was computed; and a line for the reach of the culprit."""
    reach = river.reaches["S2"]
    reach.geometry = {"type": "LineString", "coordinates": [[106.52, 29.5], [106.58, 29.5]]}
    reach.bounds = (106.52, 29.5, 106.58, 29.5)
    reach.save()
    trace = Trace.objects.create(
        event=river.event,
        attempt=1,
        state="done",
        requested_at=NOON,
        started_at=NOON,
        finished_at=NOON,
        inputs={},
        result={},
    )
    for rank, code in enumerate(("S2-a", "S2-b", "S1-a"), start=1):
        outfall = river.outfalls[code]
        TraceCandidate.objects.create(
            trace=trace, rank=rank, kind="outfall", outfall=outfall, reach=outfall.reach, probability=0.2
        )
    TraceCandidate.objects.create(trace=trace, rank=4, kind="nothing", probability=0.1)
    return trace


@pytest.mark.usefixtures("known")
class TestTheNextAttempt:
    def test_a_candidate_that_was_ruled_out_has_no_probability_and_its_evidence_beside_it(
        self, river: River
    ) -> None:
        plain = run_trace(river)
        adjust(river)
        changed = run_trace(river)
        before, after = (trace.candidates.get(outfall=river.culprit) for trace in (plain, changed))
        assert (after.probability, after.prior) == (0.0, 0.0)
        assert after.probability_by_rule == pytest.approx(before.probability, rel=1e-9)
        assert after.probability_by_evidence == pytest.approx(before.probability_by_evidence, rel=1e-9)
        assert sum(row.probability for row in changed.candidates.all()) == pytest.approx(1.0)
        assert changed.candidates.get(rank=1).outfall != river.culprit

    def test_twice_as_likely_beforehand_is_twice_the_odds_afterwards(self, river: River) -> None:
        plain = run_trace(river)
        adjust(river, kind="weight", factor=2.0)
        changed = run_trace(river)

        def odds(trace: Trace) -> float:
            share = trace.candidates.get(outfall=river.culprit).probability
            return share / (1 - share)

        assert odds(changed) == pytest.approx(2 * odds(plain), rel=1e-6)

    def test_an_added_place_is_weighed_like_a_listed_outfall(self, river: River) -> None:
        change = place(river)
        trace = run_trace(river)
        row = trace.candidates.get(kind="place")
        assert row.adjustment == change
        assert row.probability > 0
        assert row.probability_by_rule == 0
        listed = trace.candidates.filter(kind="outfall").first()
        assert row.prior == pytest.approx(listed.prior)
        shown = river.office.client("enforcement").get(f"/traces/{trace.pk}").json()
        labels = [each["label"] for each in shown["candidates"] if each["kind"] == "place"]
        assert labels == ["桥下暗管"]

    def test_a_place_whose_water_does_not_pass_the_event_is_left_out_and_named(self, river: River) -> None:
        change = place(river)
        Adjustment.objects.filter(pk=change.pk).update(reach=river.reaches["M3"], chainage_m=4_900.0)
        trace = run_trace(river)
        assert not trace.candidates.filter(kind="place").exists()
        assert "桥下暗管" in [row["what"] for row in trace.inputs["excluded"]]

    def test_earlier_attempts_keep_their_answer(self, river: River, known: Trace) -> None:
        before = list(known.candidates.values())
        adjust(river)
        run_trace(river)
        assert list(known.candidates.values()) == before

    def test_what_was_withdrawn_is_not_used(self, river: River) -> None:
        change = adjust(river)
        WithdrawAdjustment(
            actor=river.office["enforcement"], adjustment_id=change.pk, reason="又见排水"
        ).run()
        trace = run_trace(river)
        assert trace.inputs["adjustments"] == []
        assert trace.candidates.get(outfall=river.culprit).probability > 0

    def test_an_attempt_can_be_computed_again_from_what_is_stored_to_the_last_digit(
        self, river: River
    ) -> None:
        adjust(river, kind="weight", factor=3.0)
        place(river, factor=0.5)
        trace = run_trace(river)
        stored = TraceInputs.from_json(trace.inputs)
        assert {row.made_by for row in stored.adjustments} == {river.office["city_office"].label}
        assert {row.reason for row in stored.adjustments} == {"现场核查：已封堵"}
        assert trace.versions["trace.settings"] == "7"
        again = result_of(stored, compute(stored))
        assert again["candidates"] == trace.result["candidates"]
        kept = {row.key: row.probability for row in trace.candidates.all()}
        assert kept == {row["key"]: row["probability"] for row in again["candidates"]}

    def test_the_page_tells_who_changed_what_and_why(self, river: River, known: Trace) -> None:
        change = adjust(river)
        shown = river.office.client("county_office").get(f"/traces/{known.pk}").json()["adjustments"]
        told = [(row["id"], row["kind"], row["reason"], row["made_by"], row["used"]) for row in shown]
        made_by = river.office["city_office"].label
        assert told == [(change.pk, "exclude", "现场核查：已封堵", made_by, False)]


@pytest.mark.usefixtures("known")
class TestChanging:
    def test_it_is_in_the_log_and_announced_to_those_who_may_know(self, river: River) -> None:
        change = adjust(river)
        WithdrawAdjustment(
            actor=river.office["city_office"], adjustment_id=change.pk, reason="登记有误"
        ).run()
        entries = audit.entries(change.chain)
        assert [entry.action for entry in entries] == ["trace.adjust", "trace.withdraw_adjustment"]
        assert "已封堵" in entries[0].body
        assert list(audit.broken_links(change.chain)) == []
        assert all(event.restricted for event in OutboxEvent.objects.filter(name="trace.adjusted"))

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reason": "  "}, "reason"),
            ({"reason": "x…  ……！！"}, "reason"),
            ({"reason": "长" * 301}, "reason"),
            ({"kind": "accuse"}, "kind"),
            ({"key": "outfall:0"}, "key"),
            ({"key": "nothing"}, "key"),
            ({"kind": "weight", "factor": 0.0}, "factor"),
            ({"kind": "weight", "factor": 1e6}, "factor"),
            ({"kind": "place", "lon": 106.55, "lat": 29.5}, "label"),
            ({"kind": "place", "label": "暗管"}, "position"),
            ({"kind": "place", "label": "暗管", "lon": 100.0, "lat": 20.0}, "position"),
        ],
    )
    def test_what_cannot_be_used_is_refused_at_its_field(
        self, river: River, changes: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            adjust(river, **changes)
        assert refused.value.field == field
        assert refused.value.cure
        assert not Adjustment.objects.exists()

    @pytest.mark.parametrize(
        "change", [{}, {"kind": "weight", "factor": 0.5}], ids=["ruled out", "less likely"]
    )
    def test_an_outfall_that_people_confirmed_is_made_less_likely_by_who_knows_that_only(
        self, river: River, known: Trace, change: dict[str, Any]
    ) -> None:
        problem = confirm(river)
        client = river.office.client("enforcement")
        told = [row["confirmed"] for row in client.get(f"/traces/{known.pk}").json()["candidates"][:2]]
        assert [[row["number"] for row in rows] for rows in told] == [[problem.number], []]
        body = {"kind": "exclude", "key": key(river, "S2-a"), "reason": "现场核查：已封堵", **change}
        refused = client.post(f"/events/{river.event.pk}/trace_adjustments", body)
        assert (refused.status_code, refused.json()["field"]) == (409, "acknowledged")
        assert problem.number in refused.json()["message"]
        assert not Adjustment.objects.exists()
        known_to_all = client.post(
            f"/events/{river.event.pk}/trace_adjustments", {**body, "acknowledged": True}
        )
        made = Adjustment.objects.get(pk=known_to_all.json()["id"])
        assert audit.entries(made.chain)[-1].data["acknowledged"] == [{"confirmed": [problem.number]}]

    def test_an_outfall_that_people_confirmed_is_made_likelier_by_anybody(self, river: River) -> None:
        confirm(river)
        assert adjust(river, kind="weight", factor=2.0).factor == 2.0

    def test_what_is_written_off_stands_for_its_own_event_only(self, river: River) -> None:
        confirm(river)
        outfall, office = river.culprit.pk, river.office
        assert list(confirmed_of(river.event.pk, [outfall])) == [outfall]
        steps = ("assigned", "signed_for", "rectified", "verified", "written_off", "due")
        Problem.objects.update(
            state="written_off",
            unit=office.unit,
            rectification_class="at_once",
            rectified_by=office["unit"],
            verified_by=office["inspector"],
            written_off_by=office["county_office"],
            **{f"{step}_at": NOON for step in steps},
        )
        assert not confirmed_of(river.event.pk, [outfall])
        Clue.objects.update(event=river.event)
        assert confirmed_of(river.event.pk, [outfall])[outfall][0].of_this_event

    def test_a_candidate_elsewhere_is_changed_by_nobody_who_does_not_see_it(self, river: River) -> None:
        river.culprit.area = river.office.other_county
        river.culprit.save()
        with pytest.raises(InvalidInput, match="没有候选"):
            adjust(river, actor=river.office["enforcement"])

    def test_a_place_at_an_outfall_is_told_to_be_the_same_with_the_distance(
        self, river: River, known: Trace
    ) -> None:
        Outfall.objects.filter(pk=river.culprit.pk).update(chainage_m=2_530.0)  # 30 m from BY_THE_CULPRIT
        adjust(river)
        with pytest.raises(NotAcknowledged) as refused:
            place(river)
        told = in_language(refused.value.message, "en")
        assert "30 m along the river from outfall S2-a S2-a" in told
        assert f"{river.office['city_office'].label} ruled it out on" in told
        made = place(river, acknowledged=True)
        facts = [{"same_place_as": key(river, "S2-a"), "distance_m": 30}]
        assert audit.entries(made.chain)[-1].data["acknowledged"] == facts
        with pytest.raises(NotAcknowledged, match="桥下暗管"):
            place(river, label="又一处", lon=BY_THE_CULPRIT[0] + 0.0002)

    def test_an_outfall_is_the_same_place_within_the_distance_of_the_rule_and_in_one_s_areas(
        self, river: River
    ) -> None:
        Outfall.objects.filter(pk=river.culprit.pk).update(chainage_m=2_551.0)
        assert place(river, actor=river.office["enforcement"]).kind == "place"
        Outfall.objects.filter(pk=river.culprit.pk).update(chainage_m=2_530.0, area=river.office.other_county)
        Adjustment.objects.all().delete()
        assert place(river, actor=river.office["enforcement"]).kind == "place"

    def test_a_candidate_is_changed_once_until_that_is_withdrawn(self, river: River) -> None:
        change = adjust(river)
        with pytest.raises(StateRefused):
            adjust(river, kind="weight", factor=2.0)
        withdraw = WithdrawAdjustment(
            actor=river.office["city_office"], adjustment_id=change.pk, reason="登记有误"
        )
        withdraw.run()
        with pytest.raises(StateRefused):
            withdraw.run()
        assert adjust(river, kind="weight", factor=2.0).pk != change.pk

    def test_the_system_has_no_opinion(self, river: River) -> None:
        with pytest.raises(PermissionRefused):
            adjust(river, actor=SYSTEM)

    def test_nobody_changes_an_event_that_they_may_not_know_of(self, river: River) -> None:
        with pytest.raises(NotFound):
            adjust(river, actor=river.office["other_county_office"])
        with pytest.raises(NotFound):
            adjust(river, event_id=999_999)

    def test_without_an_attempt_there_is_nothing_to_change(self, river: River, known: Trace) -> None:
        known.candidates.all().delete()
        known.delete()
        with pytest.raises(InvalidInput):
            adjust(river)

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"factor": 1.0}, "trace_adjustment_of_its_kind"),
            ({"reason": ""}, "trace_adjustment_with_a_reason"),
            ({"withdrawn_at": NOON}, "trace_adjustment_withdrawn_by_somebody"),
        ],
    )
    def test_the_database_refuses_impossible_changes(
        self, river: River, change: dict[str, Any], constraint: str
    ) -> None:
        row = adjust(river)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Adjustment.objects.filter(pk=row.pk).update(**change)
