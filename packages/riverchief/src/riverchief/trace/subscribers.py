"""What tracing does when the monitor announces something."""

from contextlib import suppress

from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.monitor.models import Event
from riverchief.trace.actions import StartTrace
from riverchief.trace.again import News, news_for
from riverchief.trace.codes import TraceState
from riverchief.trace.models import Trace


def start_trace(event: OutboxEvent) -> None:
    """`monitor.event_opened`, `event_settled`, `sample_recorded`: trace the event with what is known by then.

    Not where an attempt has just been made, by a person or for the other announcement: without new readings or samples it
    would come to the same answer. What one that is under way does not know yet, `trace.again` finds. Water that is unusual and
    passes no limit, or shows signs of algae, is traced when a person asks: a suspicion needs more than that.
    """
    event_id: int = event.payload["event_id"]
    last = Trace.objects.filter(event_id=event_id).order_by("-attempt").first()
    if last is None and not Event.objects.filter(pk=event_id, kind__in=Event.OF_LIMITS).exists():
        return
    news = news_for(last) if last else News()
    if last is None or last.state == TraceState.FAILED or news:
        with suppress(StateRefused):  # one has been asked for meanwhile
            StartTrace(
                actor=SYSTEM,
                event_id=event_id,
                reason=news.reason if news else "",
                knowing=last.attempt if last else 0,
            ).run()
