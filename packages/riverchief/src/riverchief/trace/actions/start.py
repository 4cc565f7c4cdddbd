"""Asking for a trace of an event."""

from dataclasses import dataclass, field
from typing import ClassVar

from procrastinate.contrib.django import app

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound, StateRefused
from riverchief.monitor.models import Event
from riverchief.trace.codes import TraceState
from riverchief.trace.models import Trace


@dataclass(kw_only=True)
class StartTrace(Action[Trace]):
    """Put a further attempt at an event into the queue; earlier attempts stay as they are.

    One attempt is under way at a time. `knowing` is the attempt in view of which this one is asked for: where another
    has been made since, that one has answered already.
    """

    name: ClassVar[str] = "trace.start"
    event_id: int
    reason: str = ""
    knowing: int | None = None
    event: Event = field(init=False, repr=False)
    last_attempt: int = field(init=False, repr=False)

    def load(self) -> None:
        """Lock the event, so that two requests take turns."""
        event = Event.objects.select_for_update(of=("self",)).select_related("area").filter(pk=self.event_id)
        found = event.first()
        if found is None or not allows(self.actor, Capability.VIEW_READINGS, found.area.path):
            raise NotFound(f"没有编号为 {self.event_id} 的事件。|There is no event {self.event_id}.")
        self.event = found

    def check_permission(self) -> None:
        """In the area of the event."""
        require(self.actor, Capability.RUN_TRACE, self.event.area.path)

    def check_state(self) -> None:
        """Nothing may be under way already, and nothing have been made that whoever asks does not know of."""
        last = Trace.objects.filter(event=self.event).only("attempt", "state").order_by("-attempt").first()
        self.last_attempt = last.attempt if last else 0
        if last is not None and last.state in {TraceState.QUEUED, TraceState.RUNNING}:
            raise StateRefused(
                "该事件的溯源正在进行。|A trace of this event is under way already.",
                cure="请等待其完成，再按需重新溯源。|Wait for it to finish, then trace again if that is needed.",
            )
        if self.knowing not in {None, self.last_attempt}:
            raise StateRefused(
                "该事件刚完成另一次溯源。|Another trace of this event has just been made.",
                cure="请先查看其结果。|See its answer first.",
            )

    def execute(self) -> Trace:
        """Queue it: the job is deferred in this transaction, so there is none without its row."""
        trace = Trace.objects.create(
            event=self.event,
            attempt=self.last_attempt + 1,
            reason=self.reason.strip(),
            requested_by=self.actor if isinstance(self.actor, User) else None,
            requested_at=clock.now(),
        )
        # By name, since the task runs the actions of this package.
        job = app.configure_task("trace.run", lock=f"trace.event:{self.event.pk}")
        job.defer(trace_id=trace.pk)
        self.log(trace.chain, event_id=self.event.pk, attempt=trace.attempt, reason=trace.reason)
        self.announce(
            "trace.queued",
            area=self.event.area.path,
            restricted=True,
            trace_id=trace.pk,
            event_id=self.event.pk,
        )
        return trace
