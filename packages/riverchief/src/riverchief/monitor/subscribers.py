"""What measuring does when something is announced."""

from riverchief.base.models import OutboxEvent
from riverchief.base.notifications import notify
from riverchief.monitor.duty.escalation import escalate
from riverchief.monitor.models import Alarm
from riverchief.monitor.sources.push import make_batches
from riverchief.monitor.wording import subject_of


def notify_duty(event: OutboxEvent) -> None:
    """`monitor.alarm_raised`: the first along the chain is told at once; the clock tells the others."""
    escalate(event.payload["alarm_id"])


def tell_platforms(event: OutboxEvent) -> None:
    """`monitor.readings_to_push`: what platforms are told, as batches; the job of every minute sends them."""
    make_batches(event)


def notify_who_looks_after(event: OutboxEvent) -> None:
    """`monitor.alarm_widened`, `monitor.alarm_returned`: a line for whoever acknowledged the alarm before that."""
    alarm = Alarm.objects.select_related("event__station").get(pk=event.payload["alarm_id"])
    if alarm.acknowledged_by_id is None:
        return
    zh, en = subject_of(alarm)
    notify(
        [alarm.acknowledged_by_id],
        kind="alarm",
        title_zh=f"您确认的报警有新情况：{zh}",
        title_en=f"News of an alarm that you look after: {en}",
        link=f"/duty/alarms/{alarm.pk}",
        dedupe=f"alarm:{alarm.pk}:news:{event.pk}",
    )
