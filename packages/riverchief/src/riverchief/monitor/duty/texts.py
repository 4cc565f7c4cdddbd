"""Alarms as text messages to those whom a step of the chain has reached, where the installation says who carries them.

A row is written in the transaction of the step; a job sends it, and tries again until the carrier has taken it. That a carrier
has taken a message is all that is known: whether it was read, the acknowledgement of the alarm tells.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from procrastinate.contrib.django import app

from riverchief.accounts.models import User
from riverchief.accounts.sms.adapters import Adapter, NotSent, adapter
from riverchief.base import clock
from riverchief.monitor.duty.models import AlarmStep, AlarmText
from riverchief.monitor.models import Alarm
from riverchief.monitor.wording import text_message

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 1, 2, 4, 8))
"""How long to wait after each try; after the last one a message is given up."""

logger = structlog.get_logger("riverchief.jobs")


def write_texts(step: AlarmStep, people: Iterable[int]) -> None:
    """Have the people of a step told by text message, if alarms are; in the transaction of the step."""
    try:
        carrier = adapter()
    except NotSent as error:
        # The inbox is told all the same; a file that cannot be read is for the operator, and no reason to tell nobody.
        logger.error("text messages cannot be sent", error=error.as_json("en")["message"])
        return
    if carrier is None or not carrier.carries_alarms:
        return
    now = clock.now()
    known = dict(User.objects.filter(pk__in=people, is_active=True).values_list("pk", "phone"))
    AlarmText.objects.bulk_create(
        AlarmText(step=step, person_id=key, next_at=now)
        if phone
        else AlarmText(step=step, person_id=key, next_at=now, state=AlarmText.State.NO_NUMBER, ended_at=now)
        for key, phone in sorted(known.items())
    )
    send_texts.defer()


def send_due() -> int:
    """Send what waits; returns how many messages the carrier has taken."""
    waiting = AlarmText.objects.filter(state=AlarmText.State.WAITING, next_at__lte=clock.now())
    keys = list(waiting.order_by("next_at", "pk").values_list("pk", flat=True))
    if not keys:
        return 0
    fault = ""
    try:
        carrier = adapter()
    except NotSent as error:
        carrier, fault = None, error.message
    return sum(_send(key, carrier, fault) for key in keys)


def _send(key: int, carrier: Adapter | None, fault: str) -> bool:
    """One try. It is counted before it is made, so that a job that is cut off tries no more often than the pauses say."""
    now = clock.now()
    with transaction.atomic():
        rows = AlarmText.objects.select_for_update(of=("self",)).select_related(
            "person", "step__alarm__event__area"
        )
        row = rows.filter(pk=key, state=AlarmText.State.WAITING, next_at__lte=now).first()
        if row is None:
            return False  # another job has it
        alarm = row.step.alarm
        if alarm.state != Alarm.State.RAISED or alarm.raised_at != row.step.raised_at:
            _end(row, AlarmText.State.NOT_NEEDED, now)
            return False
        row.attempts += 1
        row.next_at = now + PAUSES[min(row.attempts, len(PAUSES)) - 1]
        row.save(update_fields=["attempts", "next_at"])
    try:
        if carrier is None:
            raise NotSent(fault or "短信服务已停用。|Text messages are no longer set up.")
        carrier.tell(row.person.phone, text_message(alarm, row.step.to))
    except NotSent as error:
        row.fault = error.message
        if row.attempts > len(PAUSES):
            _end(row, AlarmText.State.FAILED, clock.now())
        else:
            row.save(update_fields=["fault"])
        return False
    _end(row, AlarmText.State.TAKEN, clock.now())
    return True


def _end(row: AlarmText, state: AlarmText.State, at: datetime) -> None:
    row.state, row.ended_at = state, at
    if state == AlarmText.State.TAKEN:
        row.fault = ""
    row.save(update_fields=["state", "ended_at", "fault"])


@app.task(name="monitor.send_texts", queue="default")
def send_texts() -> None:
    """The job of `send_due`, at once after a step; that of every minute tries again."""
    send_due()
