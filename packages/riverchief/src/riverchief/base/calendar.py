"""Deadlines on the official working-day calendar (调休 included)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import chinese_calendar

from riverchief.base import clock


@dataclass(frozen=True)
class Deadline:
    """When something is due; `provisional` where the calendar of that year is not announced yet."""

    at: datetime
    provisional: bool


def _is_working_day(day: date) -> tuple[bool, bool]:
    """(working day?, from the announced calendar?): unannounced years fall back to Monday to Friday."""
    try:
        return bool(chinese_calendar.is_workday(day)), True
    except NotImplementedError:
        return day.weekday() < 5, False


def due_date(start: datetime, working_days: int) -> Deadline:
    """The end (24:00, Asia/Shanghai) of the n-th working day after the day of `start`."""
    day = clock.day_of(start)
    left, provisional = working_days, False
    while left > 0:
        day += timedelta(days=1)
        working, announced = _is_working_day(day)
        provisional = provisional or not announced
        left -= working
    return Deadline(clock.end_of(day), provisional)
