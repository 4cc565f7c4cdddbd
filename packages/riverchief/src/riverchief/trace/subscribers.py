"""What tracing does when the monitor announces something."""

from riverchief.base.actions import SYSTEM
from riverchief.base.models import OutboxEvent
from riverchief.trace.actions import StartTrace
from riverchief.trace.codes import TraceState
from riverchief.trace.models import Trace


def start_trace(event: OutboxEvent) -> None:
    """`monitor.event_opened`, `event_updated`, `event_settled`: trace the event with what is known by then.

    A trace that still waits will take in the new readings when it starts, so a second one has nothing to add.
    """
    event_id: int = event.payload["event_id"]
    if not Trace.objects.filter(event_id=event_id, state=TraceState.QUEUED).exists():
        StartTrace(actor=SYSTEM, event_id=event_id).run()
