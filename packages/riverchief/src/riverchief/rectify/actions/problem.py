"""What all actions on a problem have in common: the row locked, permission, state, log, announcement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound
from riverchief.base.models import Evidence
from riverchief.rectify import attachments
from riverchief.rectify.access import permission_refusal, person, raise_if, state_refusal, visible_problems
from riverchief.rectify.models import PAUSABLE, Problem
from riverchief.rectify.transitions import Transition
from riverchief.rectify.watch.codes import WatchState

_EVENTS = {
    "assign": "rectify.problem_assigned",
    "transfer": "rectify.problem_assigned",
    "change_chief": "rectify.problem_chief_changed",
}


@dataclass(kw_only=True)
class ProblemAction(Action[Problem]):
    """A row of the table of transitions, in code. Subclasses check their input and change the problem."""

    transition: ClassVar[Transition]
    problem_id: int
    problem: Problem = field(init=False, repr=False)

    def load(self) -> None:
        """Lock the problem; one that the person may not know of does not exist for them."""
        visible = visible_problems(person(self.actor)).filter(pk=self.problem_id).exists()
        if not visible:
            raise NotFound(f"没有编号为 {self.problem_id} 的问题。|There is no problem {self.problem_id}.")
        self.problem = (
            Problem.objects.select_for_update(of=("self",))
            .select_related("area", "unit")
            .get(pk=self.problem_id)
        )

    def check_permission(self) -> None:
        """Role, area, organisation, and not one's own work."""
        raise_if(permission_refusal(self.actor, self.transition, self.problem))

    def check_state(self) -> None:
        """The state must be one that the table accepts; then the input."""
        raise_if(state_refusal(self.transition, self.problem))
        self.check_input()

    def check_input(self) -> None:
        """Refuse input that cannot be used."""

    def change(self) -> dict[str, Any]:
        """Change the problem's fields and what hangs on it; returns what the log shall say."""
        raise NotImplementedError

    def execute(self) -> Problem:
        """Change, save, log, tell."""
        was = self.problem.state
        said = self.change()
        self.problem.state = self.transition.becomes or was
        if self.problem.state != was:
            self.problem.state_since = clock.now()
        if self.problem.paused_until is not None and self.problem.state not in PAUSABLE:
            self._end_pause()
        self.problem.save()
        self.log(self.problem.chain, **{"from": was, "to": self.problem.state}, **said)
        self.announce(
            _EVENTS.get(self.transition.action, "rectify.problem_changed"),
            area=self.problem.area.path,
            problem_id=self.problem.pk,
            state=self.problem.state,
            action=self.transition.action,
        )
        return self.problem

    def _end_pause(self) -> None:
        """The work was reported, or the problem given elsewhere: the pause is over, and the deadline stays where it is."""
        self.problem.paused_until = None
        self.problem.pauses.filter(ended_at=None).update(ended_at=clock.now(), ended_by=person(self.actor))

    def attach(self, files: Sequence[Evidence]) -> list[str]:
        """Let files belong to this step; returns their hashes, for the log."""
        attachments.attach_to_problem(self.problem, files, self.transition.action)
        return [file.sha256 for file in files]

    def clear_report(self) -> None:
        """Take back what was reported and verified, and end the river's watch: the four states are never mixed, the log keeps what was."""
        self.problem.rectified_by = self.problem.rectified_at = None
        self.problem.verified_by = self.problem.verified_at = None
        self.problem.watches.filter(state=WatchState.WATCHING).update(
            state=WatchState.ENDED, ended_at=clock.now()
        )
