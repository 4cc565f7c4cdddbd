"""Taking a trace out of the system: who did is in its log."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.models import User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound, PermissionRefused, StateRefused
from riverchief.trace.codes import TraceState
from riverchief.trace.models import Trace
from riverchief.trace.visibility import PLACED, View, visible_traces


@dataclass(kw_only=True)
class HandOutTrace(Action[Trace]):
    """Let somebody take a finished trace away as a file, and keep who did and in which form."""

    name: ClassVar[str] = "trace.hand_out"
    trace_id: int
    form: str
    trace: Trace = field(init=False, repr=False)
    view: View = field(init=False, repr=False)

    def load(self) -> None:
        """The trace, if the actor may know of it."""
        require(self.actor, Capability.VIEW_TRACE)
        person = self.actor if isinstance(self.actor, User) else None
        rows = visible_traces(person) if person else Trace.objects.none()
        found = rows.select_related("event__area", "event__station").filter(pk=self.trace_id).first()
        if found is None or person is None:
            raise NotFound(f"没有编号为 {self.trace_id} 的溯源。|There is no trace {self.trace_id}.")
        self.trace, self.view = found, View.of(person, found.event)

    def check_permission(self) -> None:
        """Whoever may see all of it: a file travels further than a page."""
        if not self.view.sees_all(self.trace.candidates.select_related(*PLACED)):
            raise PermissionRefused(
                "部分候选在您的辖区之外，不能导出。|Some candidates lie outside your area: it cannot be taken away.",
                cure="请由上一级河长办导出。|The office of the level above can.",
            )

    def check_state(self) -> None:
        """Only what is finished can be handed out."""
        if self.trace.state != TraceState.DONE or not self.trace.inputs:
            raise StateRefused(
                "该溯源没有结果可导出。|This trace has no result to take away.",
                cure="请等待其完成，或查看未能完成的原因。|Wait for it to finish, or see why it could not.",
            )

    def execute(self) -> Trace:
        """Nothing changes but the log."""
        self.log(self.trace.chain, form=self.form)
        return self.trace
