"""What the ledger does when something was announced: open clues, and tell people that something waits for them.

Messages carry numbers and states only. A title may name a place, a clue may name a suspect; a message does neither.
"""

from collections.abc import Iterable
from contextlib import suppress

from riverchief.accounts.models import Membership, Organisation
from riverchief.accounts.policies import users_with
from riverchief.accounts.roles import CAPABILITIES, Capability
from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.base.notifications import notify
from riverchief.rectify.actions import OpenClueFromOverflow, OpenClueFromPower, OpenClueFromTrace
from riverchief.rectify.codes import PROBLEM_STATES, ProblemState
from riverchief.rectify.models import Clue, Problem


def open_clue(event: OutboxEvent) -> None:
    """`trace.finished`: open a clue, or renew the open one; else the trace stays with its event."""
    with suppress(StateRefused):  # it says too little, or people have decided already
        OpenClueFromTrace(actor=SYSTEM, trace_id=event.payload["trace_id"]).run()


def open_dry_weather_clue(event: OutboxEvent) -> None:
    """`monitor.dry_weather_discharge`: open a clue, once."""
    with suppress(StateRefused):  # there is one, or the record was withdrawn meanwhile
        OpenClueFromOverflow(actor=SYSTEM, overflow_id=event.payload["overflow_id"]).run()


def open_power_clue(event: OutboxEvent) -> None:
    """`monitor.idle_treatment`: open a clue, once."""
    with suppress(StateRefused):  # there is one, or what it rested on fell away meanwhile
        OpenClueFromPower(actor=SYSTEM, idle_treatment_id=event.payload["idle_treatment_id"]).run()


def notify_confirmers(event: OutboxEvent) -> None:
    """`rectify.clue_opened`: those who can confirm it."""
    clue = Clue.objects.select_related("area").get(pk=event.payload["clue_id"])
    notify(
        users_with(Capability.CONFIRM_CLUE, clue.area.path),
        kind="clue_opened",
        title_zh=f"新线索 {clue.number} 待核实",
        title_en=f"New clue {clue.number} waits to be confirmed",
        link=f"/clues/{clue.pk}",
        dedupe=f"clue_opened:{clue.pk}",
    )


def notify_assigners(event: OutboxEvent) -> None:
    """`rectify.problem_opened`: those who can assign it, and the chief who answers for it."""
    problem = _problem(event)
    _tell(event, problem, {*users_with(Capability.ASSIGN_PROBLEM, problem.area.path), *_chief(problem)})


def notify_chief(event: OutboxEvent) -> None:
    """`rectify.problem_chief_changed`: the chief who now answers for it."""
    problem = _problem(event)
    _tell(event, problem, _chief(problem))


def notify_assignee(event: OutboxEvent) -> None:
    """`rectify.problem_assigned`: the unit, and the chief where one is named."""
    problem = _problem(event)
    _tell(event, problem, _side_of_unit(problem))


def notify_next(event: OutboxEvent) -> None:
    """`rectify.problem_changed`: whoever has to do something next, or has been waiting for this."""
    problem = _problem(event)
    path = problem.area.path
    state = event.payload["state"]
    if state == ProblemState.REFUSED:
        people = users_with(Capability.ASSIGN_PROBLEM, path)
    elif state == ProblemState.RECTIFIED:
        people = [pk for pk in users_with(Capability.VERIFY_PROBLEM, path) if pk != problem.rectified_by_id]
    elif state == ProblemState.VERIFIED:
        people = [pk for pk in users_with(Capability.WRITE_OFF_PROBLEM, path) if pk != problem.verified_by_id]
    elif state in {ProblemState.SENT_BACK, ProblemState.WRITTEN_OFF}:
        people = _side_of_unit(problem)
    else:
        people = []
    _tell(event, problem, people)


def _problem(event: OutboxEvent) -> Problem:
    return Problem.objects.select_related("area", "unit").get(pk=event.payload["problem_id"])


def _side_of_unit(problem: Problem) -> list[int]:
    members = members_of(problem.unit) if problem.unit else []
    return sorted({*members, *_chief(problem)})


def _chief(problem: Problem) -> list[int]:
    return [problem.chief_id] if problem.chief_id else []


def members_of(unit: Organisation) -> list[int]:
    """The people who can sign for the unit today."""
    roles = [role.value for role, items in CAPABILITIES.items() if Capability.SIGN_PROBLEM in items]
    held = Membership.objects.filter(
        organisation=unit, role__in=roles, user__is_active=True, valid_from__lte=clock.today()
    ).exclude(valid_to__lt=clock.today())
    return list(held.values_list("user_id", flat=True))


def _tell(event: OutboxEvent, problem: Problem, people: Iterable[int]) -> None:
    zh, en = PROBLEM_STATES[event.payload.get("state", ProblemState.REGISTERED)]
    notify(
        people,
        kind=event.name.removeprefix("rectify."),
        title_zh=f"问题 {problem.number}：{zh}",
        title_en=f"Problem {problem.number}: {en}",
        link=f"/problems/{problem.pk}",
        dedupe=f"{event.name}:{event.pk}",
    )
