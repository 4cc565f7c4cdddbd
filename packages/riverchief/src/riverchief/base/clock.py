"""The time, injected: nothing else asks the machine for it, so that tests and the demo can set it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _machine_time() -> datetime:
    return datetime.now(UTC)


_clock: ContextVar[Callable[[], datetime]] = ContextVar("clock", default=_machine_time)


def now() -> datetime:
    """The time now, aware, in UTC."""
    return _clock.get()()


def today() -> date:
    """The date now, where the office is."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The day of a moment, where the office is."""
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """0:00 of a day, where the office is."""
    return datetime.combine(day, time(), SHANGHAI)


def end_of(day: date) -> datetime:
    """24:00 of a day, where the office is."""
    return start_of(day + timedelta(days=1))


@contextmanager
def use_clock(clock: Callable[[], datetime] | datetime) -> Iterator[None]:
    """Run a block by another clock: a function, or a time that stands still."""
    moment = clock
    token = _clock.set(moment if callable(moment) else lambda: moment)
    try:
        yield
    finally:
        _clock.reset(token)
