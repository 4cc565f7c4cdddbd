"""The demo's analysers on the wire: the twelve hours of the story at once, then at real pace."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Sequence

import numpy as np
import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection

from riverchief.base import clock
from riverchief.demo.background import moment_of
from riverchief.demo.model import DemoGauge, DemoStation
from riverchief.demo.power_meters import STEP, catch_up
from riverchief.demo.rain import HOUR
from riverchief.demo.world import Steps, World
from riverchief.monitor.virtual.analyser import Analyser, Outcome, Sample
from riverchief.monitor.virtual.hydrological import HydrologicalStation, device_password

LOOK_EVERY_S = 0.2
logger = structlog.get_logger("riverchief.demo")


def _analyser(station: DemoStation, password: str, host: str, port: int) -> Analyser:
    assert station.mn is not None
    return Analyser(station.mn, password, host, port)


def _gauge(gauge: DemoGauge, password: str, host: str, port: int) -> HydrologicalStation:
    return HydrologicalStation(gauge.mn, device_password(password), host, port)


async def stream_window(
    world: World, password: str, host: str, port: int, progress: Callable[[int, int], None]
) -> list[Outcome]:
    """Send the story's twelve hours, every analyser and rain gauge over its own connection; `progress` is told done and total."""
    steps = world.window()
    batches = {station.code: list(world.samples(station, steps)) for station in world.analysed}
    fleet = [(_analyser(station, password, host, port), batches[station.code]) for station in world.analysed]
    fleet += [
        (
            _gauge(gauge, password, host, port),
            list(world.sky.samples(gauge.number, world.window_start, world.window_end)),
        )
        for gauge in world.basin.gauges
    ]
    total = sum(len(samples) for _, samples in fleet)

    async def watch() -> None:
        while True:
            progress(sum(len(analyser.outcome.acknowledged) for analyser, _ in fleet), total)
            await asyncio.sleep(LOOK_EVERY_S)

    watching = asyncio.create_task(watch())
    try:
        outcomes = await asyncio.gather(*(analyser.run(samples) for analyser, samples in fleet))
    finally:
        watching.cancel()
    progress(sum(len(outcome.acknowledged) for outcome in outcomes), total)
    return list(outcomes)


async def keep_pace(
    world: World, gauges: Sequence[DemoGauge], password: str, host: str, port: int, first_step: int
) -> None:
    """Send a reading of every station every ten minutes and the rain of `gauges` every hour, from `first_step` on, and store
    those of the power meters every quarter of an hour, until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    fleet: list[asyncio.Task[Outcome] | asyncio.Task[None]] = [
        asyncio.create_task(
            _analyser(station, password, host, port).run(_at_pace(world, station, first_step))
        )
        for station in world.analysed
    ]
    fleet += [
        asyncio.create_task(_gauge(gauge, password, host, port).run(_rain_at_pace(world, gauge, first_step)))
        for gauge in gauges
    ]
    fleet.append(asyncio.create_task(_power_at_pace(world.basin.seed)))
    await stop.wait()
    for task in fleet:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*fleet, return_exceptions=True)


async def _at_pace(world: World, station: DemoStation, first_step: int) -> AsyncIterator[Sample]:
    step = first_step
    while True:
        pause_s = (moment_of(step) - clock.now()).total_seconds()
        if pause_s > 0:
            await asyncio.sleep(pause_s)
        steps: Steps = np.array([step], dtype=np.int64)
        for sample in world.samples(station, steps):
            yield sample
        step += 1


async def _rain_at_pace(world: World, gauge: DemoGauge, first_step: int) -> AsyncIterator[Sample]:
    told = moment_of(first_step - 1)
    while True:
        for sample in world.sky.samples(gauge.number, told, told + HOUR):
            pause_s = (sample.data_time - clock.now()).total_seconds()
            if pause_s > 0:
                await asyncio.sleep(pause_s)
            yield sample
        told += HOUR


async def _power_at_pace(seed: int) -> None:
    while True:
        try:
            await sync_to_async(_store_power, thread_sensitive=False)(seed)
        except DatabaseError as error:  # away for a moment: the next time stores what is lacking
            logger.warning("the power meters could not be stored", error=str(error))
        await asyncio.sleep(STEP.total_seconds() - clock.now().timestamp() % STEP.total_seconds())


def _store_power(seed: int) -> None:
    try:
        catch_up(seed)
    finally:
        connection.close()
