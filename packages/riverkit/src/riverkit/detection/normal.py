"""What is normal for one parameter at one station, learned from its own past, reading by reading.

A reading is compared with the level of the last hours, moved by what the level usually misses at this hour of the day;
the difference is measured in this station's own usual differences of the last week. Nothing is known beforehand about
the parameter, its unit or its sampling, so one setting serves all.
"""

from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from riverkit.errors import DetectionError

from .sliding import Sliding

DAY_S = 86400.0
_HOUR_S = 3600.0
_MONDAY_OFFSET_DAYS = 3  # 1970-01-01 was a Thursday
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """How a normal is learned and how far from it an event begins. The defaults are meant for every series alike."""

    threshold: float = 4.0
    """A score beyond this is unusual: so many times the usual difference."""
    usual_share: float = 0.95
    """The usual difference is the one that this share of the readings stay below."""
    level_hours: float = 2.0
    """The level is the median of the last hours; a change that outlasts half of them becomes the new level."""
    memory_days: float = 7.0
    """How far back the usual difference and the hours of the day are remembered: a slow drift is followed."""
    weekday_memory_days: float = 28.0
    """How far back workdays and weekends are remembered, once two weeks of them have been seen."""
    rain_memory_days: float = 180.0
    """How far back the usual difference in wet hours is remembered: rain is rarer than a week."""
    confirm_minutes: float = 5.0
    """An excursion that is over sooner is a spike, not an event; also the delay of a verdict."""
    quiet_hours: float = 12.0
    """Excursions with less between them are one event: what comes and goes within half a day is one matter, one message."""

    def __post_init__(self) -> None:
        if not 0 < self.usual_share < 1:
            raise DetectionError(f"usual_share is {self.usual_share}; it is a share between 0 and 1")
        for name in (
            "threshold",
            "level_hours",
            "memory_days",
            "weekday_memory_days",
            "rain_memory_days",
            "quiet_hours",
        ):
            if not getattr(self, name) > 0:
                raise DetectionError(f"{name} is {getattr(self, name)}; it must be above 0")
        if not self.confirm_minutes >= 0:
            raise DetectionError(f"confirm_minutes is {self.confirm_minutes}; it must not be negative")


# Below these there is no normal to speak of yet. They are about what a statistic needs, not about water.
_LEVEL_READINGS = 3
_HABIT_READINGS = 30
_HOUR_READINGS = 5
_RESOLUTION_SHARE = 0.1
"""Of the changes between readings, this share is below: the step of the instrument or of its transmission."""


class Departure(NamedTuple):
    """How one reading lies to its normal, in the parameter's unit but for `score`."""

    expected: float
    usual: float
    """The difference that is usual here."""
    score: float
    """The difference over the usual one, signed."""


class Normal:
    """The normal of one parameter; `judge` compares a reading with what came before it, then learns it."""

    def __init__(self, settings: Settings, *, utc_offset_s: float = 0.0) -> None:
        """`utc_offset_s` turns reading times into local time, by which people live: 28800 in China."""
        self._settings = settings
        self._utc_offset_s = utc_offset_s
        memory_s = settings.memory_days * DAY_S
        self._level = Sliding(settings.level_hours * _HOUR_S, at_least=_LEVEL_READINGS, longest_s=DAY_S)
        self._hours = [Sliding(memory_s) for _ in range(24)]
        self._weekday_hours = [Sliding(settings.weekday_memory_days * DAY_S) for _ in range(48)]
        self._dry = Sliding(memory_s)
        self._wet = Sliding(settings.rain_memory_days * DAY_S)
        self._steps = Sliding(memory_s)
        self._last: float | None = None
        self._first_s: float | None = None

    def judge(self, time_s: float, value: float, *, wet: bool = False) -> Departure | None:
        """How a measured value lies to the normal of all before it; None while too little is known."""
        if self._first_s is None:
            self._first_s = time_s
        level = self._level
        level.forget(time_s)
        if not len(level):
            self._learn_level(time_s, value)
            return None
        lag = value - level.median()
        hour, weekday_hour = self._habits(time_s)
        usual_lag = _usual_lag(hour, weekday_hour)
        difference = lag - usual_lag
        usual = self._usual(time_s, wet)
        self._learn_level(time_s, value)
        hour.add(time_s, lag)
        weekday_hour.add(time_s, lag)
        (self._wet if wet else self._dry).add(time_s, abs(difference))
        if usual is None or time_s - self._first_s < DAY_S:
            return None
        return Departure(value - difference, usual, difference / usual)

    def _habits(self, time_s: float) -> tuple[Sliding, Sliding]:
        """What the level missed at this hour: on all days of the last week, and on days of this kind for longer."""
        local_s = time_s + self._utc_offset_s
        clock_hour = int(local_s % DAY_S // _HOUR_S)
        weekend = (local_s // DAY_S + _MONDAY_OFFSET_DAYS) % 7 >= _SATURDAY
        hour, weekday_hour = self._hours[clock_hour], self._weekday_hours[clock_hour + 24 * weekend]
        hour.forget(time_s)
        weekday_hour.forget(time_s)
        return hour, weekday_hour

    def _learn_level(self, time_s: float, value: float) -> None:
        self._level.add(time_s, value)
        if self._last is not None and value != self._last:
            self._steps.add(time_s, abs(value - self._last))
        self._last = value

    def _usual(self, time_s: float, wet: bool) -> float | None:
        """The usual difference of dry hours, in wet ones the larger of both; never below the instrument's step.

        None where too little is known, or where nothing ever moved and there is no measure of what is much.
        """
        self._dry.forget(time_s)
        self._wet.forget(time_s)
        self._steps.forget(time_s)
        share = self._settings.usual_share
        known = [self._dry] if len(self._dry) >= _HABIT_READINGS else []
        if wet and len(self._wet) >= _HABIT_READINGS:
            known.append(self._wet)
        if not known:
            return None
        usual = max(sliding.quantile(share) for sliding in known)
        if len(self._steps):
            usual = max(usual, self._steps.quantile(_RESOLUTION_SHARE))
        return usual if usual > 0 else None


def _usual_lag(hour: Sliding, weekday_hour: Sliding) -> float:
    if len(weekday_hour) >= _HOUR_READINGS and weekday_hour.covered_s >= 14 * DAY_S:
        return weekday_hour.median()
    if len(hour) >= _HOUR_READINGS and hour.covered_s >= DAY_S:
        return hour.median()
    return 0.0


class Rhythm:
    """The usual seconds between readings: the median of the last ten intervals."""

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._intervals: deque[float] = deque(maxlen=10)

    def follow(self, time_s: float) -> float:
        """Take the time of a reading; the usual interval up to it, 0 for the first."""
        if self._last_s is not None:
            self._intervals.append(time_s - self._last_s)
        self._last_s = time_s
        return median(self._intervals) if self._intervals else 0.0
