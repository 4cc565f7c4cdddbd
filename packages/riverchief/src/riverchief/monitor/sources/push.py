"""Telling other platforms what named stations say: off unless the file of the sources names a platform and its stations.

What was stored is announced in the outbox, made into batches, and a batch is sent, the same bytes under the same key, until
the platform says that it took it. It may get one twice, and knows it by its key.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from riverchief.base import clock, outward
from riverchief.base.models import OutboxEvent
from riverchief.base.outbox import announce
from riverchief.monitor.models import PushBatch, SourceState
from riverchief.monitor.retrieval import Row, retrieve
from riverchief.monitor.sources.configuration import Misconfigured, Push, sources
from riverchief.registry.models import Station

READINGS_PER_BATCH = 500
KEPT = timedelta(days=90)
"""So long what was sent stays readable."""

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_NEVER_TAKEN = frozenset({400, 413, 422})
"""Answers about this batch, which would be no better the next time; all others are about the platform, and may pass."""

_COLUMNS = ("parameter", "kind", "period_start", "sampled_at", "value", "unit", "flag", "reason")
_AHEAD = timedelta(minutes=15)


def announce_stored(since: Mapping[int, datetime]) -> None:
    """Say, in the transaction that ends their examination, which stations have something new from which time on.

    Only where somebody is to be told. A file that cannot be read is no reason to tell nobody: it is read again when batches are made.
    """
    try:
        wanted = bool(sources().pushes)
    except Misconfigured:
        wanted = True
    if wanted:
        told = {str(station): at.isoformat() for station, at in since.items()}
        announce("monitor.readings_to_push", {"since": told}, restricted=True)


def make_batches(event: OutboxEvent) -> None:
    """`monitor.readings_to_push`: what is new of the stations of each platform, as batches that wait to be sent."""
    since = {int(key): datetime.fromisoformat(at) for key, at in event.payload["since"].items()}
    for push in sources().pushes:
        stations = Station.objects.filter(pk__in=since, code__in=push.stations).order_by("code")
        readings = (shown for station in stations for shown in _readings(station, since[station.pk]))
        for number, batch in enumerate(_batches(readings)):
            key = f"{push.name}-{event.pk}-{number}"
            body = json.dumps({"batch": key, "readings": batch}, ensure_ascii=False).encode()
            now = clock.now()
            PushBatch.objects.get_or_create(
                key=key,
                defaults={
                    "target": push.name,
                    "body": body,
                    "readings": len(batch),
                    "made_at": now,
                    "next_at": now,
                },
            )


def send_due(push: Push) -> int:
    """Send what waits, the oldest first, until a try fails; returns how many batches were taken."""
    SourceState.objects.get_or_create(name=push.name)
    waiting = PushBatch.objects.filter(target=push.name, sent_at=None, refused_at=None).order_by("id")
    taken = 0
    while (batch := waiting.first()) is not None and batch.next_at <= clock.now():
        if not _send(push, batch):
            break
        taken += batch.sent_at is not None
    PushBatch.objects.filter(target=push.name, sent_at__lt=clock.now() - KEPT).delete()
    return taken


def _send(push: Push, batch: PushBatch) -> bool:
    """Try once; whether the next batch may be tried."""
    state = SourceState.objects.filter(name=push.name)
    batch.attempts += 1
    state.update(tried_at=clock.now())
    try:
        outward.post(push.url, bytes(batch.body), {"Idempotency-Key": batch.key, **push.headers})
    except outward.Unanswered as error:
        batch.fault = error.message
        goes_on = error.answered in _NEVER_TAKEN
        if goes_on:
            batch.refused_at = clock.now()
        else:
            batch.next_at = clock.now() + min(_FIRST_PAUSE * 2 ** min(batch.attempts - 1, 10), _LONGEST_PAUSE)
        batch.save(update_fields=["attempts", "fault", "refused_at", "next_at"])
        state.update(fault=error.message)
        return goes_on
    batch.sent_at, batch.fault = clock.now(), ""
    batch.save(update_fields=["attempts", "sent_at", "fault"])
    state.update(succeeded_at=batch.sent_at, message_at=batch.sent_at, fault="")
    return True


def _readings(station: Station, since: datetime) -> Iterator[dict[str, Any]]:
    """What a station says from a time on, as a platform is told: each value as it came, with its flag (X: refused, for `reason`)."""
    rows: list[Row] = retrieve(_COLUMNS, stations=[station.pk], start=since, end=clock.now() + _AHEAD)
    for parameter, kind, at, sampled_at, value, unit, flag, reason in rows:
        yield {
            "station": station.code,
            "mn": station.mn or "",
            "parameter": parameter,
            "kind": kind,
            "time": at.isoformat(),
            "sampled_at": sampled_at.isoformat(),
            "value": value,
            "unit": unit,
            "flag": flag,
            "reason": reason,
        }


def _batches(readings: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(readings)
    while batch := list(islice(source, READINGS_PER_BATCH)):
        yield batch
