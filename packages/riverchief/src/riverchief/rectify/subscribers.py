"""What the ledger does when something was announced: open clues, and tell people that something waits for them.

Messages carry numbers and states only. A title may name a place, a clue may name a suspect; a message does neither.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress

from riverchief.accounts.policies import users_with
from riverchief.accounts.roles import Capability
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.base.notifications import notify
from riverchief.rectify.actions import OpenClueFromOverflow, OpenClueFromPower, OpenClueFromTrace
from riverchief.rectify.codes import PROBLEM_STATES, ProblemState
from riverchief.rectify.escalation.recipients import assigners, members, verifiers, writers_off
from riverchief.rectify.models import Clue, Problem
from riverchief.rectify.transitions import TRANSITIONS


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
    step = event.payload.get("action", "")
    told = _TOLD.get(step)
    if told is not None:
        _tell(event, problem, told(problem), step if step in TRANSITIONS else "")


def _problem(event: OutboxEvent) -> Problem:
    return Problem.objects.select_related("area", "unit").get(pk=event.payload["problem_id"])


def _side_of_unit(problem: Problem) -> list[int]:
    people = members(problem.unit) if problem.unit else []
    return sorted({*people, *_chief(problem)})


def _chief(problem: Problem) -> list[int]:
    return [problem.chief_id] if problem.chief_id else []


_TOLD: dict[str, Callable[[Problem], list[int]]] = {
    "refuse": assigners,
    "report_rectified": verifiers,
    "verify": writers_off,
    "send_back": _side_of_unit,
    "write_off": _side_of_unit,
    "urge": _side_of_unit,
    "answer_urging": assigners,
    "ask_extension": assigners,
    "extend": _side_of_unit,
    "decline_extension": _side_of_unit,
    "suspend": _side_of_unit,
    "resume": _side_of_unit,
    "transfer_area": assigners,
    "merge": _side_of_unit,
    "suspect_relapse": verifiers,
    "call_back": verifiers,
    "reopen": _side_of_unit,
}
"""Who has to do something next, or has been waiting for this, after which step."""


def _tell(event: OutboxEvent, problem: Problem, people: Iterable[int], step: str = "") -> None:
    """A line in the inbox: the state, or the step where the state stays."""
    zh, en = PROBLEM_STATES[event.payload.get("state", ProblemState.REGISTERED)]
    if step and TRANSITIONS[step].becomes is None:
        zh, en = TRANSITIONS[step].label_zh, TRANSITIONS[step].label_en
    notify(
        people,
        kind=event.name.removeprefix("rectify."),
        title_zh=f"问题 {problem.number}：{zh}",
        title_en=f"Problem {problem.number}: {en}",
        link=f"/problems/{problem.pk}",
        dedupe=f"{event.name}:{event.pk}",
    )
