"""Clocks that jump, the gateway's and the stations': by hours and days, to and fro, and over the end of a month.

Short and seeded by default; RIVERCHIEF_SOAK=1 (`make soak`) jumps some two hundred times.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from riverchief.base import clock
from riverchief.base.models import Heartbeat
from riverchief.monitor.models import Packet, Reading
from riverchief.monitor.virtual.analyser import FOR_EVER, Analyser, Sample

from .conftest import PASSWORD, gateway, make_stream, until

SOAK = os.environ.get("RIVERCHIEF_SOAK") == "1"
pytestmark = [pytest.mark.django_db(transaction=True), *([pytest.mark.soak] if SOAK else [])]

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
BEFORE_NEW_YEAR = datetime(2026, 12, 31, 15, 59, 59, 700_000, tzinfo=UTC)
"""A moment before the month ends in Shanghai."""
_chance = random.Random(20261231)
JUMPS = (
    *(0 * HOUR, 6 * HOUR, -5 * HOUR, 3 * HOUR, 9 * DAY, -1 * HOUR, -2 * DAY),
    *(_chance.uniform(-48, 48) * HOUR for _ in range(100 if SOAK else 0)),
    0 * HOUR,
)
"""Against the right time, one after the other."""


@dataclass
class JumpingClock:
    """A clock that goes on from wherever it is set."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, moment: datetime) -> None:
        self.ahead = moment - datetime.now(UTC)


async def what_is_measured(
    station: int, its_clock: JumpingClock, stop: asyncio.Event
) -> AsyncIterator[Sample]:
    """A value every few milliseconds of the clock, of a second that was not told before; no two values are the same."""
    told: set[datetime] = set()
    while not stop.is_set():
        at = its_clock().replace(microsecond=0)
        while at in told:
            at += SECOND
        told.add(at)
        yield Sample(at, {"w21003": (round(0.1 + station + len(told) / 10_000, 4), "N")})
        await asyncio.sleep(0.01)


def test_nothing_acknowledged_is_lost_or_doubled_however_the_clocks_jump(transactional_db, fault_account):
    stream = make_stream()
    stations = (stream.a, stream.b, stream.c, stream.d)
    of_gateway, of_stations = JumpingClock(), JumpingClock()
    sent: dict[int, dict[datetime, float]] = {station.pk: {} for station in stations}

    async def remembered(station, samples):
        async for sample in samples:
            sent[station.pk][sample.data_time] = sample.values["w21003"][0]
            yield sample

    async def scenario():
        of_gateway.set(BEFORE_NEW_YEAR - DAY)
        of_stations.set(BEFORE_NEW_YEAR - DAY)
        stop = asyncio.Event()
        async with gateway() as running:
            analysers = [
                Analyser(each.mn, PASSWORD, "127.0.0.1", running.port, answer_timeout_s=2, resends=FOR_EVER)
                for each in stations
            ]
            runs = [
                asyncio.create_task(
                    each.run(remembered(station, what_is_measured(number, of_stations, stop)))
                )
                for number, (station, each) in enumerate(zip(stations, analysers, strict=True))
            ]

            async def some_more():
                before = sum(len(each.outcome.acknowledged) for each in analysers)
                async with asyncio.timeout(20):
                    while sum(len(each.outcome.acknowledged) for each in analysers) < before + 20:
                        await asyncio.sleep(0.01)

            for mover, other in ((of_gateway, of_stations), (of_stations, of_gateway)):
                other.set(BEFORE_NEW_YEAR - DAY)
                for jump in JUMPS:
                    mover.set(BEFORE_NEW_YEAR - DAY + jump)
                    await some_more()
            of_gateway.set(BEFORE_NEW_YEAR)
            of_stations.set(BEFORE_NEW_YEAR)
            await asyncio.sleep(0.5)  # over the end of the month, both
            await some_more()
            of_gateway.set(BEFORE_NEW_YEAR - HOUR)  # and back, the stations in the new month
            await some_more()
            of_gateway.set(BEFORE_NEW_YEAR + HOUR)
            stop.set()
            outcomes = await asyncio.gather(*runs)
            with_life = clock.now()
            await until(
                lambda: Heartbeat.objects.filter(process__startswith="gateway:", at__gt=with_life).exists()
            )
            return outcomes

    with clock.use_clock(of_gateway):
        outcomes = asyncio.run(scenario())
    lost = doubled = acknowledged = 0
    for station, outcome in zip(stations, outcomes, strict=True):
        assert outcome.unacknowledged == []
        acknowledged += len(outcome.acknowledged)
        rows = list(Reading.objects.filter(station=station).values_list("period_start", "value"))
        doubled += sum(count - 1 for count in Counter(at for at, _ in rows).values())
        stored = dict(rows)
        lost += sum(stored.get(at) != sent[station.pk][at] for at in outcome.acknowledged)
    fault_account(
        "clock jumps",
        f"{2 * len(JUMPS) + 3} times, by hours and days, over a month's end",
        lost=lost,
        doubled=doubled,
        acknowledged=acknowledged,
    )
    assert (lost, doubled) == (0, 0)
    assert Packet.objects.filter(state="stored").count() >= acknowledged
    reasons = Counter(Reading.objects.values_list("reason", flat=True))
    assert reasons["future"] > 0, "no clock was ahead enough"
    assert reasons[""] > reasons["future"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM monitor_reading")
        assert {"monitor_reading_202612", "monitor_reading_202701"} <= {name for (name,) in cursor.fetchall()}
