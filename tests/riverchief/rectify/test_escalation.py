"""What waits too long goes to the next level by the matrix, once, and never to nobody."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from riverchief.accounts.models import Membership
from riverchief.base import audit
from riverchief.base.models import InboxMessage
from riverchief.rectify.escalation.models import EscalationStep
from riverchief.rectify.escalation.sweep import look_after_ledger
from riverchief.rectify.models import Clue, Problem

from tests.riverchief.rectify.office import Office
from tests.riverchief.rectify.test_transitions import STEPS, bring_to


def told(waits_for: str) -> list[tuple[int, set[str]]]:
    """Level and people, of what was told of one clock."""
    return [
        (step.level, set(step.people.values_list("username", flat=True)))
        for step in EscalationStep.objects.filter(clock=waits_for)
        if step.people.exists()
    ]


def test_reminders_come_before_at_and_after_a_deadline_and_once(
    office: Office, problem: Problem, clock
) -> None:
    bring_to(office, problem, "signed_for")
    unit, county = {"unit", "unit_2"}, {"county_office", "county_office_2", "city_office", "city_office_2"}
    for before in (timedelta(hours=70), timedelta(hours=-1), timedelta(hours=-80)):
        clock.now = problem.due_at - before
        look_after_ledger()
        look_after_ledger()
    assert told("due") == [(0, unit), (2, unit | county), (3, county)]
    messages = InboxMessage.objects.filter(recipient_id=office["unit"].pk, kind="escalated")
    assert [row.title_zh for row in messages] == [
        f"问题 {problem.number}：整改期限，已 1 小时",
        f"问题 {problem.number}：整改期限，还有 70 小时",
    ]
    assert (
        "提醒或上报"
        in office.client("unit").get(f"/problems/{problem.pk}").json()["history"][-1]["sentence_zh"]
    )
    assert not list(audit.broken_links(problem.chain))
    # A deadline that moves starts anew.
    STEPS["ask_extension"](office, problem).run()
    STEPS["extend"](office, problem).run()
    look_after_ledger()
    assert len(told("due")) == 3


def test_what_is_overdue_for_long_is_told_once_at_the_highest_level(
    office: Office, problem: Problem, clock
) -> None:
    bring_to(office, problem, "signed_for")
    clock.now = problem.due_at + timedelta(days=400)
    look_after_ledger()
    assert [level for level, _ in told("due")] == [4]


def test_an_order_for_a_unit_with_nobody_goes_up_at_once(office: Office, problem: Problem, clock) -> None:
    bring_to(office, problem, "assigned")
    Membership.objects.filter(organisation=office.unit).delete()
    look_after_ledger()
    ((level, people),) = told("sign_for")
    assert (level, people) == (0, {"city_office", "city_office_2"})
    step = EscalationStep.objects.get(clock="sign_for")
    assert step.nobody
    clock.forward(hours=25)
    look_after_ledger()
    assert [level for level, _ in told("sign_for")] == [0, 1]


def test_a_clue_that_nobody_looks_at_and_a_paused_deadline(office: Office, clue: Clue, clock) -> None:
    clock.forward(hours=30)
    look_after_ledger()
    assert [level for level, _ in told("clue")] == [1]
    clock.forward(hours=50)
    look_after_ledger()
    assert told("clue")[-1] == (2, {"city_office", "city_office_2"})


def test_a_pause_ends_by_itself_and_moves_the_deadline(office: Office, problem: Problem, clock) -> None:
    bring_to(office, problem, "signed_for")
    due = problem.due_at
    STEPS["suspend"](office, problem).run()
    (pause,) = problem.pauses.all()
    clock.now = pause.until + timedelta(hours=5)
    look_after_ledger()
    problem.refresh_from_db()
    assert problem.paused_until is None
    # By the length of the pause, not until it was noticed; to the end of that day.
    assert timedelta() <= problem.due_at - (due + (pause.until - pause.since)) < timedelta(days=1)
    with pytest.raises(ObjectDoesNotExist):
        problem.pauses.get(ended_at=None)
