"""The one table of transitions: every pair of state and action, in code and in the database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from riverchief.base import audit
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound, StateRefused
from riverchief.rectify import actions
from riverchief.rectify.access import offered
from riverchief.rectify.codes import PROBLEM_STATES, ProblemState
from riverchief.rectify.history import WORDINGS
from riverchief.rectify.models import Problem
from riverchief.rectify.transitions import TRANSITIONS, Party

from tests.riverchief.rectify.office import Office

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
        actor=office["inspector"], problem_id=problem.pk, finding="已无出流"
    ),
    "write_off": lambda office, problem: actions.WriteOffProblem(
        actor=office["city_office"], problem_id=problem.pk, reason="同意销号"
    ),
}

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
    before = len(audit.entries(problem.chain))
    for action, row in TRANSITIONS.items():
        with transaction.atomic():
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
