"""What people do after the write-off: look again, suspect, judge, reopen, archive."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.calendar import Deadline
from riverchief.base.models import Evidence
from riverchief.rectify import attachments
from riverchief.rectify.access import person
from riverchief.rectify.actions.deadlines import deadline_for
from riverchief.rectify.actions.inputs import one_of, text
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.codes import CALL_BACK_RESULTS
from riverchief.rectify.relapse.models import CallBack, Suspicion
from riverchief.rectify.transitions import TRANSITIONS, Transition


@dataclass(kw_only=True)
class CallBackProblem(ProblemAction):
    """Somebody looks again; what does not hold is suspected to be a relapse."""

    transition: ClassVar[Transition] = TRANSITIONS["call_back"]
    name: ClassVar[str] = transition.name
    result: str
    finding: str
    evidence_ids: list[int] = field(default_factory=list)
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """What was found."""
        one_of(self.result, CALL_BACK_RESULTS, "result")
        self.finding = text(self.finding, "finding")
        self.files = attachments.usable(person(self.actor), self.evidence_ids)

    def change(self) -> dict[str, Any]:
        """Keep it; a relapse is for a person to judge."""
        holds = self.result == "holds"
        someone, now = person(self.actor), clock.now()
        CallBack.objects.create(problem=self.problem, holds=holds, finding=self.finding, by=someone, at=now)
        if not holds:
            Suspicion.objects.create(
                problem=self.problem, observation=self.finding, raised_by=someone, raised_at=now
            )
        return {"result": self.result, "finding": self.finding, "evidence": self.attach(self.files)}


@dataclass(kw_only=True)
class SuspectRelapse(ProblemAction):
    """Somebody saw what speaks for a relapse."""

    transition: ClassVar[Transition] = TRANSITIONS["suspect_relapse"]
    name: ClassVar[str] = transition.name
    observation: str
    evidence_ids: list[int] = field(default_factory=list)
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """What was seen."""
        self.observation = text(self.observation, "observation")
        self.files = attachments.usable(person(self.actor), self.evidence_ids)

    def change(self) -> dict[str, Any]:
        """For a person to judge; the state stays."""
        Suspicion.objects.create(
            problem=self.problem,
            observation=self.observation,
            raised_by=person(self.actor),
            raised_at=clock.now(),
        )
        return {"observation": self.observation, "evidence": self.attach(self.files)}


@dataclass(kw_only=True)
class DismissRelapse(ProblemAction):
    """It is no relapse."""

    transition: ClassVar[Transition] = TRANSITIONS["dismiss_relapse"]
    name: ClassVar[str] = transition.name
    reason: str

    def check_input(self) -> None:
        """With a reason."""
        self.reason = text(self.reason, "reason")

    def change(self) -> dict[str, Any]:
        """Keep the judgement."""
        self.problem.suspicions.filter(judgement="").update(
            judgement=Suspicion.Judgement.DISMISSED,
            reason=self.reason,
            judged_by=person(self.actor),
            judged_at=clock.now(),
        )
        return {"reason": self.reason}


@dataclass(kw_only=True)
class ReopenProblem(ProblemAction):
    """A person takes the write-off back; nothing else does."""

    transition: ClassVar[Transition] = TRANSITIONS["reopen"]
    name: ClassVar[str] = transition.name
    reason: str
    due_date: date | None = None
    deadline: Deadline = field(init=False, repr=False)

    def check_input(self) -> None:
        """With a reason, and a deadline that starts today."""
        self.reason = text(self.reason, "reason")
        self.deadline = deadline_for(self.problem.rectification_class, self.due_date)

    def change(self) -> dict[str, Any]:
        """Outstanding again; the log keeps what was reported, verified and written off."""
        problem = self.problem
        problem.suspicions.filter(judgement="").update(
            judgement=Suspicion.Judgement.REOPENED,
            reason=self.reason,
            judged_by=person(self.actor),
            judged_at=clock.now(),
        )
        before = problem.due_at
        self.clear_report()
        problem.written_off_by = problem.written_off_at = None
        problem.due_at, problem.due_provisional = self.deadline.at, self.deadline.provisional
        problem.reopenings += 1
        return {
            "due_before": before.isoformat() if before else None,
            "due_at": self.deadline.at.isoformat(),
            "due_provisional": self.deadline.provisional,
            "reason": self.reason,
        }


@dataclass(kw_only=True)
class ArchiveProblem(ProblemAction):
    """The file is closed."""

    transition: ClassVar[Transition] = TRANSITIONS["archive"]
    name: ClassVar[str] = transition.name
    reason: str

    def check_input(self) -> None:
        """With a remark."""
        self.reason = text(self.reason, "reason")

    def change(self) -> dict[str, Any]:
        """It counts as written off."""
        return {"reason": self.reason}
