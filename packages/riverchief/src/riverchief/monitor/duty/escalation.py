"""What the clock does with alarms: the next along the chain is told, mutes end, quiet alarms resolve themselves.

`look_after_alarms` runs every minute. All it needs is in the database, so a restart loses nothing; each thing it does is
an action that locks the alarm and looks again, so two that run at once do nothing twice.
"""

from contextlib import suppress

from django.db.models import Max

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.monitor.actions.escalation import EndMute, EscalateAlarm, ResolveQuietAlarm
from riverchief.monitor.duty.models import Mute
from riverchief.monitor.duty.standing import duty_rules
from riverchief.monitor.models import Alarm, Event


def escalate(alarm_id: int) -> None:
    """Tell the next along the chain, if it is time."""
    with suppress(StateRefused):
        EscalateAlarm(actor=SYSTEM, alarm_id=alarm_id).run()


def look_after_alarms() -> None:
    """Once over all alarms that wait or are watched."""
    now = clock.now()
    for alarm_id in Mute.objects.filter(ended_at=None, until__lte=now).values_list("alarm_id", flat=True):
        with suppress(StateRefused):
            EndMute(actor=SYSTEM, alarm_id=alarm_id).run()
    since = now - duty_rules().resolve_quiet
    quiet = (
        Alarm.objects.filter(raised_at__lte=since)
        .exclude(state=Alarm.State.RESOLVED)
        .exclude(events__state=Event.State.OPEN)
        .annotate(ended_at=Max("events__closed_at"))
        .filter(ended_at__lte=since)
    )
    for alarm_id in quiet.values_list("pk", flat=True):
        with suppress(StateRefused):
            ResolveQuietAlarm(actor=SYSTEM, alarm_id=alarm_id).run()
    for alarm_id in Alarm.objects.filter(state=Alarm.State.RAISED).values_list("pk", flat=True):
        escalate(alarm_id)
