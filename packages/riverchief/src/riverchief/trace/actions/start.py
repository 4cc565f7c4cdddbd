"""Asking for a trace of an event."""

from dataclasses import dataclass, field
from typing import ClassVar

from django.db.models import Max
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

    One attempt waits at a time: it will take in whatever has arrived when it starts.
    """

    name: ClassVar[str] = "trace.start"
    event_id: int
    reason: str = ""
    event: Event = field(init=False, repr=False)

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
        """Nothing may be waiting already."""
        if Trace.objects.filter(event=self.event, state=TraceState.QUEUED).exists():
            raise StateRefused(
                "该事件已有一次溯源在排队。|A trace of this event is waiting already.",
                cure="请等待其完成。|Wait for it to finish.",
            )

    def execute(self) -> Trace:
        """Queue it: the job is deferred in this transaction, so there is none without its row."""
        last = Trace.objects.filter(event=self.event).aggregate(last=Max("attempt"))["last"] or 0
        trace = Trace.objects.create(
            event=self.event,
            attempt=last + 1,
            reason=self.reason.strip()[:300],
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
