"""The exact likelihood of readings below their detection limit, given what the closed forms left of the rest."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from riverkit.tracing.hydraulics import normals
from riverkit.tracing.model import Floats
from riverkit.tracing.readings import Readings
from riverkit.tracing.tally import GOLDEN

LOOKED_AT, NATS = 8, 14.0
"""Where a product lies is looked for at so many values at a time; what is so many nats below the best is left alone."""

FARTHEST, LOOKS = 8.0, 2
"""A strength lies within so many standard deviations of its closed form, and is found in so many looks."""

FARTHEST_LEVEL, LOOKS_FOR_LEVEL = 1_000.0, 5
"""The level of a background that readings above the limit alone would have elsewhere, the same."""

SUMMED = 16
"""Values that the product is then summed at."""

KEPT = 4
"""Values of each product that stand for it afterwards."""

DRIFTS = 32
"""Drifts of a background that stand for all."""


@dataclass(frozen=True, eq=False)
class BelowLimit:
    """A station's readings below their limits, where a mass comes in several manners ("cells").

    Attributes:
        parameter: number of what was read.
        room, slope: of the likelihood Φ(room - mass · slope), shape [cells, readings below].
        counted: as how many independent readings each counts.
        approximate: the closed forms' log likelihood is -mass² times this, shape [cells].
    """

    parameter: int
    room: Floats
    slope: Floats
    counted: Floats
    approximate: Floats

    @classmethod
    def of(cls, parameter: int, readings: Readings, unit: Floats, background: Floats) -> "BelowLimit":
        """For what a unit of mass causes, [cells, readings], and the background of each cell in standard normal coordinates."""
        below = readings.below
        # The mean of the background falls in proportion to what is taken for the event's own.
        level = unit + readings.background(unit) - readings.background(np.zeros_like(unit))
        counted = _counted(readings)
        return cls(
            parameter,
            room=_room(readings, background),
            slope=level[:, below] / readings.limit_error,
            counted=counted,
            approximate=0.5 * (unit[:, below] / readings.error[below]) ** 2 @ counted,
        )

    def log_ratio(self, masses: Floats) -> Floats:
        """Log of the exact likelihood over the closed forms' for masses of shape [masses, cells]."""
        exact = [special.log_ndtr(self.room - mass[:, None] * self.slope) @ self.counted for mass in masses]
        found: Floats = np.stack(exact) + masses**2 * self.approximate
        return found


def _room(readings: Readings, background: Floats) -> Floats:
    """How far the limits lie above backgrounds, in errors of a reading near them; shape [backgrounds, readings below]."""
    mean = readings.background(np.zeros(len(readings.time_s)))[readings.below]
    deviation = background @ readings.background_columns[:, readings.below]
    room: Floats = (readings.limit - mean - deviation) / readings.limit_error
    return room


def _counted(readings: Readings) -> Floats:
    """As how many independent readings each of those below counts."""
    return readings.weight[readings.below] * readings.error[readings.below] ** 2


def backgrounds(readings: Sequence[Readings], count: int, seed: int) -> list[Floats]:
    """For each station so many backgrounds in standard normal coordinates, shape [count, terms]; none knows of another."""
    terms = [len(each.background_columns) for each in readings]
    return np.split(normals(count, sum(terms), seed), np.cumsum(terms)[:-1], axis=1)


def log_alone(readings: Readings) -> float:
    """Log likelihood of a station's readings below their limits where nothing but the background is in the water."""
    if not len(readings.below):
        return 0.0
    counted = _counted(readings)
    terms = len(readings.background_columns)
    if terms == 0:
        return float((special.log_ndtr(_room(readings, np.zeros((1, 0)))) @ counted)[0])
    drifts = normals(DRIFTS, terms - 1, 0) if terms > 1 else np.zeros((1, 0))

    def log_likelihood(level: Floats) -> Floats:
        rows = [_room(readings, np.column_stack([each, drifts])) for each in level]
        return np.stack([special.log_ndtr(row) @ counted for row in rows])

    gains, _ = integrated(log_likelihood, np.full(len(drifts), -np.inf), FARTHEST_LEVEL, LOOKS_FOR_LEVEL)
    return float(special.logsumexp(gains)) - math.log(len(drifts))


def over_strengths(mean: Floats, sd: Floats, stations: Sequence[BelowLimit]) -> tuple[Floats, Floats]:
    """Log mean of the ratio over the strength of each cell, and standardised strengths drawn by it, of shape [cells, kept].

    Args:
        mean, sd: of the strength's normals before the cut at zero, shape [cells, parameters]; in proportion to each other.
    """
    first = stations[0].parameter

    def log_ratio(standardised: Floats) -> Floats:
        found = np.zeros(standardised.shape)
        for each in stations:
            found += each.log_ratio(mean[:, each.parameter] + sd[:, each.parameter] * standardised)
        return found

    return integrated(log_ratio, -mean[:, first] / sd[:, first], FARTHEST, LOOKS)


def integrated(
    log_ratio: Callable[[Floats], Floats], least: Floats, farthest: float, looks: int
) -> tuple[Floats, Floats]:
    """Log mean of a ratio over standard normals cut at `least`, and values drawn by their product, of shape [cells, kept].

    The product has one maximum: the likelihood of readings below a limit is log-concave in whatever raises them.

    Args:
        log_ratio: for values of shape [values, cells].
        least: of each cell, -inf for none.
        farthest: how far from the middle, or from `least` where that lies above it, the product may lie.
        looks: how often it is looked for.
    """
    cells = np.arange(len(least))

    def log_product(low: Floats, high: Floats, count: int) -> tuple[Floats, Floats]:
        at = low + (np.arange(count)[:, None] + 0.5) / count * (high - low)
        return at, log_ratio(at) - 0.5 * at**2

    low, high = np.maximum(least, -farthest), np.maximum(least, 0.0) + farthest
    for _ in range(looks):
        at, logs = log_product(low, high, LOOKED_AT)
        within = logs > logs.max(axis=0) - NATS
        begin, end = within.argmax(axis=0), LOOKED_AT - 1 - within[::-1].argmax(axis=0)
        step = (high - low) / LOOKED_AT
        low, high = np.maximum(low, at[begin, cells] - step), np.minimum(high, at[end, cells] + step)
    _, logs = log_product(low, high, SUMMED)
    top = logs.max(axis=0)
    weights = np.exp(logs - top)
    total = weights.sum(axis=0)
    gain = top + np.log(total * (high - low) / SUMMED)
    gain -= 0.5 * math.log(2.0 * math.pi) + special.log_ndtr(-least)
    cumulated = np.concatenate([np.zeros((1, len(cells))), np.cumsum(weights / total, axis=0)])
    shares = (((cells + 1) * GOLDEN) % 1.0)[:, None] / KEPT + np.arange(KEPT) / KEPT
    steps = np.arange(SUMMED + 1.0)
    at_steps = np.stack(
        [np.interp(share, own, steps) for share, own in zip(shares, cumulated.T, strict=True)]
    )
    return gain, low[:, None] + at_steps / SUMMED * (high - low)[:, None]
