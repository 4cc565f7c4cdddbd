"""What hours of readings say: was it seen when it was found, and is it back. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, quantiles

HOUR = timedelta(hours=1)
Hours = Mapping[datetime, float]
"""Means by the start of their hour."""


@dataclass(frozen=True)
class Run:
    """Hours in a row at or above a level: from the first hour to the end of the last, with the highest mean."""

    start: datetime
    end: datetime
    most: float


def by_hour(readings: Iterable[tuple[datetime, float]]) -> dict[datetime, float]:
    """Means of the hours of which there are readings."""
    found: dict[datetime, list[float]] = {}
    for at, value in readings:
        found.setdefault(at.replace(minute=0, second=0, microsecond=0), []).append(value)
    return {hour: fmean(values) for hour, values in sorted(found.items())}


def level_of(found: Sequence[float], background: Sequence[float]) -> float | None:
    """The lower quartile of the hours when it was found; None where it does not stand out of 95 % of those before."""
    if len(found) < 2 or len(background) < 2:
        return None
    quartile = quantiles(found, n=4, method="inclusive")[0]
    usual = quantiles(background, n=20, method="inclusive")[-1]
    return quartile if quartile > usual else None


def first_run(hours: Hours, level: float, in_a_row: int) -> Run | None:
    """The first so many hours in a row that reach a level; an hour without readings breaks a row."""
    row: list[datetime] = []
    found: list[datetime] = []
    for hour in [*sorted(hours), None]:
        reaches = hour is not None and hours[hour] >= level
        if hour is not None and reaches and (not row or hour - row[-1] == HOUR):
            row.append(hour)
            continue
        if len(row) >= in_a_row:
            found = row
            break
        row = [hour] if hour is not None and reaches else []
    return Run(found[0], found[-1] + HOUR, max(hours[hour] for hour in found)) if found else None
