"""How slices tell those above them: an event row in the action's own transaction, delivered at least once.

`announce` also defers, in the same transaction, the job that delivers. Subscribers are listed in one table
(`settings.RIVERCHIEF_SUBSCRIBERS`), and each delivery is a transaction of its own with a row that says it was done.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from riverchief.base import clock
from riverchief.base.models import Delivery, OutboxEvent

Subscriber = Callable[[OutboxEvent], None]


def subscribers() -> dict[str, tuple[str, ...]]:
    """The table of subscribers: event name to dotted paths of functions."""
    table: dict[str, tuple[str, ...]] = import_string(settings.RIVERCHIEF_SUBSCRIBERS)
    return table


def announce(name: str, payload: dict[str, Any], *, area: str = "", restricted: bool = False) -> OutboxEvent:
    """Write an event and, where somebody subscribes to it, the jobs that deliver it."""
    event = OutboxEvent.objects.create(
        name=name, payload=payload, area=area, restricted=restricted, created_at=clock.now()
    )
    for path in subscribers().get(name, ()):
        deliver.defer(event_id=event.pk, subscriber=path)
    return event


@app.task(
    name="base.deliver",
    queue="default",
    retry=RetryStrategy(max_attempts=8, exponential_wait=2),
    pass_context=False,
)
def deliver(event_id: int, subscriber: str) -> None:
    """Hand one event to one subscriber, once."""
    handle: Subscriber = import_string(subscriber)
    with transaction.atomic():
        event = OutboxEvent.objects.select_for_update().get(pk=event_id)
        _, new = Delivery.objects.get_or_create(
            event=event, subscriber=subscriber, defaults={"delivered_at": clock.now()}
        )
        if new:
            handle(event)
