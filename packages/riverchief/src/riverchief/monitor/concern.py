"""Whom an event concerns: asked by reads and by actions alike."""

from collections.abc import Sequence

from django.db.models import Q

from riverchief.accounts.policies import within
from riverchief.monitor.models import Event, EventStation


def events_concerning(paths: Sequence[str]) -> Q:
    """A condition on events: began in an area below one of `paths`, reached a station there, or is shared with one."""
    reached = EventStation.objects.filter(within(paths, "station__area__path")).values("event_id")
    shared = Event.shared_with.through.objects.filter(within(paths)).values("event_id")
    return within(paths) | Q(pk__in=reached) | Q(pk__in=shared)
