"""Taking a trace out of the system: who did is in its log."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound, StateRefused
from riverchief.trace.codes import TraceState
from riverchief.trace.models import Trace


@dataclass(kw_only=True)
class HandOutTrace(Action[Trace]):
    """Let somebody take a finished trace away as a file, and keep who did and in which form."""

    name: ClassVar[str] = "trace.hand_out"
    trace_id: int
    form: str
    trace: Trace = field(init=False, repr=False)

    def load(self) -> None:
        """The trace, if the actor may know of it."""
        require(self.actor, Capability.VIEW_TRACE)
        found = Trace.objects.select_related("event__area", "event__station").filter(pk=self.trace_id).first()
        if found is None or not allows(self.actor, Capability.VIEW_TRACE, found.event.area.path):
            raise NotFound(f"没有编号为 {self.trace_id} 的溯源。|There is no trace {self.trace_id}.")
        self.trace = found

    def check_permission(self) -> None:
        """Whoever may see it."""
        require(self.actor, Capability.VIEW_TRACE, self.trace.event.area.path)

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
