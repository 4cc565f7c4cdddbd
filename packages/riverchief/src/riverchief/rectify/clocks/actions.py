"""Urging, extensions and pauses. A deadline moves only here, by an entry that says from when to when and why."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.actions import Action, SystemAction
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.rectify.access import person
from riverchief.rectify.actions.deadlines import future_end_of
from riverchief.rectify.actions.inputs import text
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.clocks.models import Extension, Pause, Urging
from riverchief.rectify.models import Problem
from riverchief.rectify.transitions import TRANSITIONS, Transition


@dataclass(kw_only=True)
class UrgeProblem(ProblemAction):
    """The office urges the unit on."""

    transition: ClassVar[Transition] = TRANSITIONS["urge"]
    name: ClassVar[str] = transition.name
    message: str

    def check_input(self) -> None:
        """Something is said."""
        self.message = text(self.message, "message")

    def change(self) -> dict[str, Any]:
        """Keep it until it is answered."""
        Urging.objects.create(
            problem=self.problem, message=self.message, urged_by=person(self.actor), urged_at=clock.now()
        )
        return {"message": self.message}


@dataclass(kw_only=True)
class AnswerUrging(ProblemAction):
    """The unit answers whatever it was urged by."""

    transition: ClassVar[Transition] = TRANSITIONS["answer_urging"]
    name: ClassVar[str] = transition.name
    answer: str

    def check_input(self) -> None:
        """Something is said."""
        self.answer = text(self.answer, "answer")

    def change(self) -> dict[str, Any]:
        """Answer all that waits."""
        answered = self.problem.urgings.filter(answered_at=None).update(
            answer=self.answer, answered_by=person(self.actor), answered_at=clock.now()
        )
        return {"answer": self.answer, "urgings": answered}


@dataclass(kw_only=True)
class AskExtension(ProblemAction):
    """The unit asks for a later deadline."""

    transition: ClassVar[Transition] = TRANSITIONS["ask_extension"]
    name: ClassVar[str] = transition.name
    due_date: date
    reason: str
    until: datetime = field(init=False, repr=False)

    def check_input(self) -> None:
        """A later day, and why."""
        self.reason = text(self.reason, "reason")
        self.until = _later(self.problem, self.due_date)

    def change(self) -> dict[str, Any]:
        """Keep it until it is decided; the deadline stays."""
        assert self.problem.due_at is not None  # whatever is with a unit has a deadline
        Extension.objects.create(
            problem=self.problem,
            due_before=self.problem.due_at,
            asked_until=self.until,
            reason=self.reason,
            asked_by=person(self.actor),
            asked_at=clock.now(),
        )
        return {"due_at": self.until.isoformat(), "reason": self.reason}


@dataclass(kw_only=True)
class _DecideExtension(ProblemAction):
    reason: str
    extension: Extension = field(init=False, repr=False)

    def check_input(self) -> None:
        """With a reason; never by who asked."""
        self.reason = text(self.reason, "reason")
        self.extension = self.problem.extensions.get(granted=None)

    def decide(self, *, granted: bool, due_after: datetime | None) -> None:
        """Write the decision."""
        row = self.extension
        row.granted, row.due_after, row.decision = granted, due_after, self.reason
        row.decided_by, row.decided_at = person(self.actor), clock.now()
        row.save()


@dataclass(kw_only=True)
class ExtendDeadline(_DecideExtension):
    """The office grants more time, as long as was asked for or another day."""

    transition: ClassVar[Transition] = TRANSITIONS["extend"]
    name: ClassVar[str] = transition.name
    due_date: date | None = None
    until: datetime = field(init=False, repr=False)

    def check_input(self) -> None:
        """A later day than now."""
        super().check_input()
        self.until = (
            self.extension.asked_until if self.due_date is None else _later(self.problem, self.due_date)
        )

    def change(self) -> dict[str, Any]:
        """Move the deadline."""
        before, self.problem.due_at = self.problem.due_at, self.until
        self.problem.due_provisional = False
        self.decide(granted=True, due_after=self.until)
        return {
            "due_before": before.isoformat() if before else None,
            "due_at": self.until.isoformat(),
            "reason": self.reason,
        }


@dataclass(kw_only=True)
class DeclineExtension(_DecideExtension):
    """The office grants no more time."""

    transition: ClassVar[Transition] = TRANSITIONS["decline_extension"]
    name: ClassVar[str] = transition.name

    def change(self) -> dict[str, Any]:
        """The deadline stays."""
        self.decide(granted=False, due_after=None)
        return {"reason": self.reason}


def _later(problem: Problem, day: date) -> datetime:
    until = future_end_of(day)
    if problem.due_at is not None and until <= problem.due_at:
        raise InvalidInput(
            "新期限不晚于原期限。|That is not later than the deadline there is.",
            cure="请填写更晚的日期。|Give a later day.",
            field="due_date",
        )
    return until


@dataclass(kw_only=True)
class SuspendProblem(ProblemAction):
    """The deadline stands still until a day, for a reason."""

    transition: ClassVar[Transition] = TRANSITIONS["suspend"]
    name: ClassVar[str] = transition.name
    until_date: date
    reason: str
    until: datetime = field(init=False, repr=False)

    def check_input(self) -> None:
        """An end, and why."""
        self.reason = text(self.reason, "reason")
        self.until = future_end_of(self.until_date, "until_date")

    def change(self) -> dict[str, Any]:
        """Stop the clock."""
        Pause.objects.create(
            problem=self.problem,
            since=clock.now(),
            until=self.until,
            reason=self.reason,
            paused_by=person(self.actor),
        )
        self.problem.paused_until = self.until
        return {"until": self.until.isoformat(), "reason": self.reason}


def run_on(problem: Problem, action: Action[Any], ended_at: datetime) -> dict[str, Any]:
    """End the pause of a problem at a time, and move its deadline by as long as it lasted, to the end of a day."""
    pause = problem.pauses.get(ended_at=None)
    pause.ended_at, pause.ended_by_id = ended_at, action.actor.pk
    pause.save()
    assert problem.due_at is not None  # only a problem with a deadline is paused
    before = problem.due_at
    moved = (before + (ended_at - pause.since)).astimezone(clock.SHANGHAI)
    problem.due_at = clock.end_of((moved - timedelta(seconds=1)).date())
    problem.paused_until = None
    return {"due_before": before.isoformat(), "due_at": problem.due_at.isoformat()}


@dataclass(kw_only=True)
class ResumeProblem(ProblemAction):
    """The deadline runs again before the pause is over."""

    transition: ClassVar[Transition] = TRANSITIONS["resume"]
    name: ClassVar[str] = transition.name
    reason: str

    def check_input(self) -> None:
        """With a reason."""
        self.reason = text(self.reason, "reason")

    def change(self) -> dict[str, Any]:
        """Later by the time of the pause."""
        return {**run_on(self.problem, self, clock.now()), "reason": self.reason}


@dataclass(kw_only=True)
class EndPause(SystemAction[Problem]):
    """A pause has come to its end."""

    name: ClassVar[str] = "problem.pause_ended"
    problem_id: int
    problem: Problem = field(init=False, repr=False)

    def load(self) -> None:
        """The problem, locked."""
        self.problem = (
            Problem.objects.select_for_update(of=("self",)).select_related("area").get(pk=self.problem_id)
        )

    def check_state(self) -> None:
        """Its time has come."""
        if self.problem.paused_until is None or self.problem.paused_until > clock.now():
            raise StateRefused("计时没有暂停，或暂停未到期。|It is not paused, or not over.")

    def execute(self) -> Problem:
        """As if it had been resumed at its end, whenever that is noticed."""
        problem = self.problem
        assert problem.paused_until is not None  # checked
        said = run_on(problem, self, problem.paused_until)
        problem.save()
        self.log(problem.chain, **{"from": problem.state, "to": problem.state}, **said)
        self.announce(
            "rectify.problem_changed",
            area=problem.area.path,
            problem_id=problem.pk,
            state=problem.state,
            action="resume",
        )
        return problem
