"""The last days of a station as a strip: of each day what was measured, what was flagged, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from riverchief.monitor.fleet.counts import Counts, heard_of, seconds_of, usual_step_s


@dataclass(frozen=True)
class StripDay:
    """Readings of all parameters of a day. `missing` by each parameter's usual interval of these days; of today only up to now."""

    day: date
    measured: int
    flagged: int
    stopped: int
    missing: int


def strip_of(
    parameters: Counts, days: Sequence[date], begun: Mapping[str, datetime], now: datetime
) -> list[StripDay]:
    """What every one of `days` brought; before a parameter had `begun` nothing is missing."""
    found = {day: [0, 0, 0, 0] for day in days}
    for parameter, counts in parameters.items():
        since = begun.get(parameter)
        step_s = usual_step_s(counts)
        by_day = {count.day: count for count in counts}
        surplus = 0
        for day, sums in found.items():
            count = by_day.get(day)
            if count:
                sums[0] += count.valid
                sums[1] += count.sent - count.stopped - count.valid
                sums[2] += count.stopped
            if step_s:
                heard = heard_of(count, step_s, since, now) if count else 0
                lacking = int(seconds_of(day, since, now) / step_s) - heard
                sums[3] += max(lacking - surplus, 0)
                surplus = max(-lacking, 0)
    return [StripDay(day, *sums) for day, sums in found.items()]
