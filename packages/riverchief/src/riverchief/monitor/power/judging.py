"""When did production run, and treatment not? Pure: meters' readings in, spans out.

A reading holds until the next one, and for `holds_s` at most. A meter of which nothing valid is known says nothing: a span
ends where any meter that it rests on falls silent or is flagged, for silent is not shut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Span = tuple[float, float]
"""From when to when, in seconds since 1970."""


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have some time in common."""
    return one[0] < other[1] and other[0] < one[1]


@dataclass(frozen=True)
class Metered:
    """What a meter said, in order of time; `value` is NaN for a reading that is no measurement.

    Attributes:
        runs_from: what its line draws at least when it runs; of a flow, what counts as flowing.
        holds_s: how long a reading holds where no next one comes.
    """

    time_s: Array
    value: Array
    runs_from: float
    holds_s: float

    def edges(self) -> Array:
        """The times at which what it says may change."""
        return np.concatenate([self.time_s, self.time_s + self.holds_s])

    def at(self, time_s: Array) -> Array:
        """What it says at some times; NaN where it says nothing."""
        if not self.time_s.size:
            return np.full(time_s.shape, np.nan)
        index = np.searchsorted(self.time_s, time_s, side="right") - 1
        last = np.maximum(index, 0)
        holds = (index >= 0) & (time_s < self.time_s[last] + self.holds_s)
        return np.where(holds, self.value[last], np.nan)


def treatment_off(
    production: Sequence[Metered], treatment: Sequence[Metered], stops: Sequence[Span], least_s: float
) -> list[Span]:
    """Spans of `least_s` or more in which a line of production runs and every line of treatment is known not to."""
    return _spans(
        [*production, *treatment],
        lambda time_s: (
            _any([meter.at(time_s) >= meter.runs_from for meter in production])
            & _all([meter.at(time_s) < meter.runs_from for meter in treatment])
        ),
        stops,
        least_s,
    )


def treatment_low(
    flow: Metered,
    treatment: Sequence[Metered],
    normal: float,
    share: float,
    stops: Sequence[Span],
    least_s: float,
) -> list[Span]:
    """Spans in which water flows out and all treatment together draws less than a share of its normal."""

    def low(time_s: Array) -> NDArray[np.bool_]:
        drawn = np.sum([meter.at(time_s) for meter in treatment], axis=0)
        return np.asarray((flow.at(time_s) >= flow.runs_from) & (drawn < share * normal))

    return _spans([flow, *treatment], low, stops, least_s)


def normal_draw(treatment: Sequence[Metered], least_readings: int) -> float | None:
    """What all treatment together draws as a rule while it runs: the sum of the medians; None where too little is known."""
    medians = []
    for meter in treatment:
        running = meter.value[meter.value >= meter.runs_from]
        if running.size < least_readings:
            return None
        medians.append(float(np.median(running)))
    return sum(medians) if medians else None


def mean_draw(meters: Sequence[Metered], span: Span) -> float:
    """What meters drew together within a span, as the mean of their valid readings."""
    total = 0.0
    for meter in meters:
        within = meter.value[(meter.time_s >= span[0]) & (meter.time_s < span[1])]
        valid = within[np.isfinite(within)]
        total += float(valid.mean()) if valid.size else 0.0
    return total


def _any(conditions: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.asarray(np.logical_or.reduce(conditions))


def _all(conditions: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.asarray(np.logical_and.reduce(conditions))


def _spans(
    meters: Sequence[Metered],
    condition: Callable[[Array], NDArray[np.bool_]],
    stops: Sequence[Span],
    least_s: float,
) -> list[Span]:
    edges = np.unique(
        np.concatenate([*(meter.edges() for meter in meters), *(np.array(stop) for stop in stops)])
    )
    if edges.size < 2:
        return []
    starts, ends = edges[:-1], edges[1:]
    holds = condition(starts)
    for first, last in stops:
        holds &= ~((starts >= first) & (starts < last))
    change = np.diff(np.concatenate([[False], holds, [False]]).astype(int))
    found = zip(starts[change[:-1] == 1], ends[change[1:] == -1], strict=True)
    return [(float(first), float(last)) for first, last in found if last - first >= least_s]
