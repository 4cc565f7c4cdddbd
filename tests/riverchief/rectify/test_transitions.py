"""The one table of transitions: every pair of state and action, in code and in the database."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from riverchief.base import audit
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound, StateRefused
from riverchief.rectify import actions
from riverchief.rectify.access import offered
from riverchief.rectify.clocks import actions as clocks
from riverchief.rectify.codes import PROBLEM_STATES, ProblemState
from riverchief.rectify.history import WORDINGS
from riverchief.rectify.models import Campaign, Problem
from riverchief.rectify.relapse import actions as after
from riverchief.rectify.transitions import TRANSITIONS, Party

from tests.riverchief.rectify.office import NOON, Office, on_site

Step = Callable[[Office, Problem], Any]

STEPS: dict[str, Step] = {
    "assign": lambda office, problem: actions.AssignProblem(
        actor=office["city_office"],
        problem_id=problem.pk,
        organisation_id=office.unit.pk,
        requirement="查明来源并整改",
        rectification_class="by_date",
    ),
    "change_chief": lambda office, problem: actions.ChangeChief(
        actor=office["city_office"], problem_id=problem.pk, chief_id=office["chief"].pk, reason="分工调整"
    ),
    "set_campaign": lambda office, problem: actions.SetCampaign(
        actor=office["city_office"],
        problem_id=problem.pk,
        reason="归口",
        campaign_id=Campaign.objects.get_or_create(
            number="令",
            title="行动",
            issuer="市",
            kind="order",
            area=office.city,
            starts_on=NOON.date(),
            created_by=office["city_office"],
            created_at=NOON,
        )[0].pk,
    ),
    "sign_for": lambda office, problem: actions.SignForProblem(actor=office["unit"], problem_id=problem.pk),
    "refuse": lambda office, problem: actions.RefuseProblem(
        actor=office["unit"], problem_id=problem.pk, reason="不属本单位职责"
    ),
    "plan": lambda office, problem: actions.PlanRectification(
        actor=office["unit"], problem_id=problem.pk, measures="封堵排口"
    ),
    "report_rectified": lambda office, problem: actions.ReportRectified(
        actor=office["unit"], problem_id=problem.pk, summary="已封堵", without_evidence_reason="夜间施工"
    ),
    "send_back": lambda office, problem: actions.SendBackProblem(
        actor=office["inspector"], problem_id=problem.pk, reason="仍有渗漏"
    ),
    "verify": lambda office, problem: actions.VerifyProblem(
        actor=office["inspector"],
        problem_id=problem.pk,
        finding="已无出流",
        **on_site(office, "inspector", problem),
    ),
    "write_off": lambda office, problem: actions.WriteOffProblem(
        actor=office["city_office"], problem_id=problem.pk, reason="同意销号"
    ),
    "urge": lambda office, problem: clocks.UrgeProblem(
        actor=office["county_office"], problem_id=problem.pk, message="进展如何"
    ),
    "answer_urging": lambda office, problem: clocks.AnswerUrging(
        actor=office["unit"], problem_id=problem.pk, answer="本周完成"
    ),
    "ask_extension": lambda office, problem: clocks.AskExtension(
        actor=office["unit"], problem_id=problem.pk, due_date=date(2027, 3, 1), reason="管材未到"
    ),
    "extend": lambda office, problem: clocks.ExtendDeadline(
        actor=office["county_office"], problem_id=problem.pk, reason="同意"
    ),
    "decline_extension": lambda office, problem: clocks.DeclineExtension(
        actor=office["county_office"], problem_id=problem.pk, reason="可另购管材"
    ),
    "suspend": lambda office, problem: clocks.SuspendProblem(
        actor=office["county_office"],
        problem_id=problem.pk,
        until_date=date(2026, 12, 20),
        reason="汛期停工",
    ),
    "resume": lambda office, problem: clocks.ResumeProblem(
        actor=office["county_office"], problem_id=problem.pk, reason="水位已退"
    ),
    "transfer": lambda office, problem: actions.TransferProblem(
        actor=office["city_office"],
        problem_id=problem.pk,
        organisation_id=office.other_unit.pk,
        reason="职责调整",
    ),
    "transfer_area": lambda office, problem: actions.TransferToArea(
        actor=office["city_office"],
        problem_id=problem.pk,
        area_code=office.other_county.pk,
        reason="位于江西区",
    ),
    "merge": lambda office, problem: actions.MergeProblem(
        actor=office["city_office"], problem_id=problem.pk, into_id=another(problem).pk, reason="同一事项"
    ),
    "split": lambda office, problem: actions.SplitProblem(
        actor=office["city_office"], problem_id=problem.pk, title="北岸另一排口", reason="责任单位不同"
    ),
    "call_back": lambda office, problem: after.CallBackProblem(
        actor=office["inspector"], problem_id=problem.pk, result="holds", finding="无出流"
    ),
    "suspect_relapse": lambda office, problem: after.SuspectRelapse(
        actor=office["inspector_2"], problem_id=problem.pk, observation="夜间有水流出"
    ),
    "dismiss_relapse": lambda office, problem: after.DismissRelapse(
        actor=office["inspector_2"], problem_id=problem.pk, reason="雨水"
    ),
    "reopen": lambda office, problem: after.ReopenProblem(
        actor=office["city_office"], problem_id=problem.pk, reason="反弹属实"
    ),
    "archive": lambda office, problem: after.ArchiveProblem(
        actor=office["city_office"], problem_id=problem.pk, reason="归档"
    ),
}

AFTER: dict[str, str] = {
    "answer_urging": "urge",
    "extend": "ask_extension",
    "decline_extension": "ask_extension",
    "resume": "suspend",
    "dismiss_relapse": "suspect_relapse",
}
"""What must have been done before, whatever the state."""


def another(problem: Problem) -> Problem:
    """Some other problem, to merge into."""
    other = Problem.objects.exclude(pk=problem.pk).exclude(state="merged").first()
    return other or Problem.objects.create(
        number=f"other-{problem.pk}",
        title="别的",
        kind=problem.kind,
        area=problem.area,
        split_from=problem,
        lon=problem.lon,
        lat=problem.lat,
        opened_by=problem.opened_by,
        opened_at=problem.opened_at,
    )


ROUTE_TO: dict[str, tuple[str, ...]] = {
    "registered": (),
    "assigned": ("assign",),
    "refused": ("assign", "refuse"),
    "signed_for": ("assign", "sign_for"),
    "planned": ("assign", "sign_for", "plan"),
    "rectified": ("assign", "sign_for", "plan", "report_rectified"),
    "sent_back": ("assign", "sign_for", "report_rectified", "send_back"),
    "verified": ("assign", "sign_for", "report_rectified", "verify"),
    "written_off": ("assign", "sign_for", "report_rectified", "verify", "write_off"),
    "archived": ("assign", "sign_for", "report_rectified", "verify", "write_off", "archive"),
    "reopened": ("assign", "sign_for", "report_rectified", "verify", "write_off", "reopen"),
    "merged": ("assign", "merge"),
}


def bring_to(office: Office, problem: Problem, state: str) -> Problem:
    for step in ROUTE_TO[state]:
        STEPS[step](office, problem).run()
    problem.refresh_from_db()
    assert problem.state == state
    return problem


def test_every_state_has_a_label_and_a_route() -> None:
    assert set(PROBLEM_STATES) == set(ROUTE_TO) == set(ProblemState.values)
    assert set(STEPS) == set(TRANSITIONS)


@pytest.mark.parametrize("state", ROUTE_TO)
def test_an_action_works_in_the_states_of_the_table_and_in_no_other(
    office: Office, problem: Problem, state: str
) -> None:
    bring_to(office, problem, state)
    for action, row in TRANSITIONS.items():
        with transaction.atomic():
            if state in row.accepts and action in AFTER and state in TRANSITIONS[AFTER[action]].accepts:
                with pytest.raises(StateRefused):
                    STEPS[action](office, problem).run()
                STEPS[AFTER[action]](office, problem).run()
            elif action in AFTER and state in row.accepts:
                continue  # it was asked for while another state stood
            before = len(audit.entries(problem.chain))
            if state in row.accepts:
                assert STEPS[action](office, problem).run().state == (row.becomes or state), action
                assert len(audit.entries(problem.chain)) == before + 1
            else:
                # Before it is assigned, the problem does not exist for the unit.
                hidden = state == "registered" and row.party is Party.ASSIGNED
                with pytest.raises(NotFound if hidden else StateRefused):
                    STEPS[action](office, problem).run()
                problem.refresh_from_db()
                assert problem.state == state, action
                assert len(audit.entries(problem.chain)) == before
            transaction.set_rollback(True)


@pytest.mark.parametrize("state", ROUTE_TO)
def test_what_is_offered_is_what_can_be_done(office: Office, problem: Problem, state: str) -> None:
    bring_to(office, problem, state)
    for name, user in office.people.items():
        for row in offered(user, problem):
            assert state in row.accepts, (name, row.action)
            assert (row.party is Party.ASSIGNED) == (name in {"unit", "unit_2"}), (name, row.action)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "gone"}, "problem_state_known"),
        ({"state": "assigned"}, "problem_assigned_with_unit_class_and_date"),
        ({"state": "rectified"}, "problem_"),
        ({"state": "written_off"}, "problem_"),
        ({"lon": 999.0}, "problem_on_earth"),
    ],
)
def test_the_database_refuses_a_state_without_its_facts(
    problem: Problem, change: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Problem.objects.filter(pk=problem.pk).update(**change)


def test_the_database_refuses_a_verification_by_the_one_who_reported(
    office: Office, problem: Problem
) -> None:
    bring_to(office, problem, "rectified")
    with pytest.raises(IntegrityError, match="nobody_verifies_their_own_report"), transaction.atomic():
        Problem.objects.filter(pk=problem.pk).update(
            state="verified", verified_by=problem.rectified_by, verified_at=problem.rectified_at
        )


def test_every_step_that_a_history_shows_has_words() -> None:
    def below(kind: type[Action[Any]]) -> Iterator[type[Action[Any]]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    named = {one.name for one in below(Action) if hasattr(one, "name")}
    assert {name for name in named if name.startswith(("clue.", "problem.", "document."))} == set(WORDINGS)
