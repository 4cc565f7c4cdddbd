"""Events at a station: readings of one or more parameters that leave their normal and stay away.

Causal: a reading is scored by what came before it alone. Whether it belongs to an event is settled at the latest by the
first reading `Settings.confirm_minutes` or more after it, and never changes afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import DetectionError

from .measured import Array, checked
from .normal import Departure, Normal, Rhythm, Settings

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a parameter is part of an event: its most unusual reading, in the parameter's unit."""

    parameter: str
    time_s: float
    value: float
    expected: float
    usual: float
    """The difference from the expected that is usual at this station."""
    score: float
    """The difference over the usual one, signed: below 0 the value was lower than expected."""


@dataclass(frozen=True, slots=True)
class Event:
    """Readings that belong together: excursions with less than `Settings.quiet_hours` between them."""

    first_s: float
    last_s: float
    score: float
    """The largest score of the station in the event."""
    reasons: tuple[Reason, ...]
    """The parameters that left their normal, the most unusual first."""
    wet: bool
    """Whether it was raining, or had rained, by what the caller said."""
    ongoing: bool
    """Whether the series ends before it was quiet for `Settings.quiet_hours`."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What `detect` found; arrays have one entry for each time."""

    score: Array
    """Of the station: the largest of the parameters' scores, unsigned; NaN where nothing could be judged."""
    in_event: Mask
    departures: Mapping[str, Array]
    """Of each parameter, (N, 3): expected, usual difference, score; NaN where nothing could be judged."""
    events: tuple[Event, ...]


@dataclass(slots=True)
class _Run:
    first_s: float
    readings: list[int] = field(default_factory=list)
    confirmed: bool = False


def detect(
    time_s: Array,
    values: Mapping[str, Array],
    *,
    settings: Settings | None = None,
    wet: Mask | None = None,
    utc_offset_s: float = 0.0,
) -> Detection:
    """Find the events of a station.

    `time_s` (N,) are seconds since 1970, not decreasing; `values` gives each parameter's readings (N,), NaN where there
    is no measurement (`measured` makes it so from flags). Only parameters of water quality belong here: a flow or a
    pump tells of operation, not of water. `wet` (N,) marks readings in or after rain, by the caller's own measure.
    A verdict depends on the 36 days before it and no more (in rain, on the last 180), so that a long history need not be read.
    Raises DetectionError if the series do not fit each other or go back in time.
    """
    settings = settings or Settings()
    series = {name: checked(time_s, column, name)[1] for name, column in values.items()}
    if not series:
        raise DetectionError("there is no parameter to look at; give the readings of at least one")
    time_s = np.asarray(time_s, dtype=np.float64)
    rain = np.zeros(len(time_s), dtype=bool) if wet is None else np.asarray(wet, dtype=bool)
    if rain.shape != time_s.shape:
        raise DetectionError(f"{len(rain)} marks of rain for {len(time_s)} times; give one for each time")
    departures = {
        name: _departures(time_s, column, rain, Normal(settings, utc_offset_s=utc_offset_s))
        for name, column in series.items()
    }
    score = np.fmax.reduce([np.abs(judged[:, 2]) for judged in departures.values()])
    in_event = excursions(time_s, score, settings)
    events = _events(time_s, series, departures, score, in_event, rain, settings)
    return Detection(score, in_event, departures, events)


def _departures(time_s: Array, values: Array, wet: Mask, normal: Normal) -> Array:
    """(N, 3): expected, usual difference and score of each reading."""
    judged = np.full((len(time_s), 3), np.nan)
    times, rain, column = time_s.tolist(), wet.tolist(), values.tolist()
    for index in np.flatnonzero(~np.isnan(values)).tolist():
        departure: Departure | None = normal.judge(times[index], column[index], wet=rain[index])
        if departure is not None:
            judged[index] = departure
    return judged


def excursions(time_s: Array, score: Array, settings: Settings) -> Mask:
    """Which readings belong to runs beyond the threshold that last `confirm_minutes`.

    A reading stands for the interval before it, so that at a station that reports less often than `confirm_minutes` one
    reading is enough. A silence of more than `level_hours` ends a run.
    """
    in_event = np.zeros(len(time_s), dtype=bool)
    rhythm, run = Rhythm(), _Run(0.0)
    longest_silence_s = settings.level_hours * 3600
    judged = np.flatnonzero(~np.isnan(score))
    previous_s = -np.inf
    for index, moment, how_far in zip(
        judged.tolist(), time_s[judged].tolist(), score[judged].tolist(), strict=True
    ):
        interval_s = rhythm.follow(moment)
        broken = moment - previous_s > max(longest_silence_s, 3 * interval_s)
        previous_s = moment
        if how_far <= settings.threshold:
            run = _Run(moment)
            continue
        if broken or not run.readings:
            run = _Run(moment)
        run.readings.append(index)
        run.confirmed = run.confirmed or moment - run.first_s + interval_s >= settings.confirm_minutes * 60
        if run.confirmed:
            in_event[run.readings] = True
            run.readings = [index]
    return in_event


def _events(
    time_s: Array,
    series: Mapping[str, Array],
    departures: Mapping[str, Array],
    score: Array,
    in_event: Mask,
    wet: Mask,
    settings: Settings,
) -> tuple[Event, ...]:
    members = np.flatnonzero(in_event)
    if not len(members):
        return ()
    quiet_s = settings.quiet_hours * 3600
    groups = np.split(members, np.flatnonzero(np.diff(time_s[members]) > quiet_s) + 1)
    return tuple(
        Event(
            first_s=float(time_s[group[0]]),
            last_s=float(time_s[group[-1]]),
            score=float(score[group].max()),
            reasons=_reasons(time_s, series, departures, group, settings),
            wet=bool(wet[group].any()),
            ongoing=bool(time_s[-1] - time_s[group[-1]] <= quiet_s),
        )
        for group in groups
    )


def _reasons(
    time_s: Array,
    series: Mapping[str, Array],
    departures: Mapping[str, Array],
    group: NDArray[np.intp],
    settings: Settings,
) -> tuple[Reason, ...]:
    """The parameters that go beyond the threshold, each at its furthest."""
    found = []
    for name, judged in departures.items():
        scores = judged[group, 2]
        if not (np.abs(scores) > settings.threshold).any():
            continue
        at = group[int(np.nanargmax(np.abs(scores)))]
        expected, usual, how_far = judged[at].tolist()
        found.append(Reason(name, float(time_s[at]), float(series[name][at]), expected, usual, how_far))
    return tuple(sorted(found, key=lambda reason: -abs(reason.score)))
