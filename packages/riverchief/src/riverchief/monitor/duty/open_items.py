"""What is open at a duty desk: the alarms that nobody may forget, as rows and as the hand-over log keeps them."""

from typing import Any

from django.db.models import Q, QuerySet

from riverchief.accounts.models import Area
from riverchief.monitor.duty.standing import mute_of
from riverchief.monitor.models import Alarm
from riverchief.monitor.wording import subject_of

OPEN = ~Q(state=Alarm.State.RESOLVED) | Q(acknowledged_at=None, resolved_by=None)
"""A condition on alarms: not resolved, or resolved by itself before any person had seen it."""


def open_alarms(area: Area) -> "QuerySet[Alarm]":
    """The open alarms of an area and of those in it, the oldest first."""
    return (
        Alarm.objects.filter(OPEN, event__area__path__startswith=area.path)
        .select_related("event__station__reach__basin", "event__area", "acknowledged_by", "resolved_by")
        .prefetch_related("steps__people", "steps__texts", "mutes__by", "events__station")
        .order_by("raised_at", "pk")
    )


def open_items(area: Area) -> list[dict[str, Any]]:
    """They as a hand-over keeps them: values, not references."""
    return [_kept(alarm) for alarm in open_alarms(area)]


def _kept(alarm: Alarm) -> dict[str, Any]:
    subject_zh, subject_en = subject_of(alarm)
    mute = mute_of(alarm)
    return {
        "alarm_id": alarm.pk,
        "event_ids": [event.pk for event in alarm.events.all()],
        "subject_zh": subject_zh,
        "subject_en": subject_en,
        "state": alarm.state,
        "raised_at": alarm.raised_at.isoformat(),
        "acknowledged_by": alarm.acknowledged_by.name_zh if alarm.acknowledged_by else None,
        "muted_until": mute.until.isoformat() if mute else None,
    }
