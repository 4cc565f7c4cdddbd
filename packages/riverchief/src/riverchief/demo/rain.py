"""Rain over the demo basin, of any hour, from the seed alone: some days of it, none around the story.

The story is one of dry weather, in which an outfall that runs has something to explain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from riverchief.monitor.readings import MEASURED_FLAG, ReadingRow
from riverchief.monitor.virtual.analyser import Sample

HOUR = timedelta(hours=1)
DRY_BEFORE, DRY_AFTER = timedelta(days=6), timedelta(days=2)
"""The end of the story."""

_RAIN_STREAM = 92
_SHARE_OF_DAYS = 0.3
_TIMED_REPORT = "32"
_BATTERY_V = 12.6


@dataclass(frozen=True)
class Sky:
    """What falls on the gauges, told apart by their `number`, of a story that ends at `window_end`."""

    seed: int
    window_end: datetime

    def fallen_mm(self, number: int, hour_end: datetime) -> float:
        """Rain of the hour that ends there, in the 0.5 mm that a tipping bucket tells apart."""
        if self.window_end - DRY_BEFORE < hour_end <= self.window_end + DRY_AFTER:
            return 0.0
        day, hour = divmod(int((hour_end - HOUR).timestamp()) // 3600, 24)
        return _of_day(self.seed, day, number)[hour]

    def samples(self, number: int, start: datetime, end: datetime) -> Iterator[Sample]:
        """The hourly reports of a gauge from after `start` to `end`."""
        for at in full_hours(start, end):
            yield Sample(
                at, {"P1": (self.fallen_mm(number, at), None), "VT": (_BATTERY_V, None)}, cn=_TIMED_REPORT
            )

    def history(self, number: int, station_id: int, start: datetime, end: datetime) -> Iterator[ReadingRow]:
        """The same as readings that were stored long ago."""
        for at in full_hours(start, end):
            yield ReadingRow(
                station_id=station_id,
                parameter="rain",
                kind="hour",
                period_start=at - HOUR,
                sampled_at=at - HOUR,
                value=self.fallen_mm(number, at),
                unit="mm",
                flag=MEASURED_FLAG,
                received_at=at,
            )


def full_hours(start: datetime, end: datetime) -> Iterator[datetime]:
    """The full hours after `start` up to `end`."""
    at = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    while at <= end:
        yield at
        at += HOUR


@cache
def _of_day(seed: int, day: int, number: int) -> tuple[float, ...]:
    """The hours of a day at a gauge: the same rain over the basin, somewhat more here and less there."""
    rng = np.random.default_rng([seed, _RAIN_STREAM, day])
    hours = np.zeros(24)
    if rng.random() < _SHARE_OF_DAYS:
        length = int(rng.integers(2, 9))
        begin = int(rng.integers(0, 24 - length))
        hours[begin : begin + length] = rng.gamma(2.0, 5.0) * rng.dirichlet(np.full(length, 2.0))
    here = np.random.default_rng([seed, _RAIN_STREAM, day, number]).uniform(0.7, 1.3)
    return tuple(float(amount) for amount in np.round(2 * hours * here) / 2)
