"""The last days of a station as a strip: of each day what was measured, what was flagged, and what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from riverchief.base import clock
from riverchief.monitor.fleet.counts import DayCount, usual_step_s


@dataclass(frozen=True)
class StripDay:
    """Readings of all parameters of a day. `missing` by each parameter's usual interval of these days; of today only up to now."""

    day: date
    measured: int
    flagged: int
    stopped: int
    missing: int


def strip_of(
    parameters: Iterable[Sequence[DayCount]], days: Sequence[date], begun: datetime | None, now: datetime
) -> list[StripDay]:
    """What every one of `days` brought; before the station had `begun` to send nothing is missing."""
    found = {day: [0, 0, 0, 0] for day in days}
    for counts in parameters:
        step_s = usual_step_s(counts)
        by_day = {count.day: count for count in counts}
        for day, sums in found.items():
            count = by_day.get(day)
            sent = count.sent if count else 0
            if count:
                sums[0] += count.valid
                sums[1] += count.sent - count.stopped - count.valid
                sums[2] += count.stopped
            if step_s:
                sums[3] += max(int(_seconds_of(day, begun, now) / step_s) - sent, 0)
    return [StripDay(day, *sums) for day, sums in found.items()]


def _seconds_of(day: date, begun: datetime | None, now: datetime) -> float:
    start = datetime.combine(day, time(), clock.SHANGHAI)
    end = min(start + timedelta(days=1), now)
    if begun is not None:
        start = max(start, begun)
    return max((end - start).total_seconds(), 0.0)
