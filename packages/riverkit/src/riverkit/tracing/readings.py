"""Readings made ready for the posterior: weights, the background taken out, everything on one time grid."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, ndimage

from riverkit.errors import TracingError
from riverkit.tracing.held import Held
from riverkit.tracing.model import BackgroundPrior, Floats, Ints, Noise
from riverkit.tracing.singly import FEW, SingleReadings
from riverkit.tracing.survey import Instrument

SECONDS_PER_DAY = 86_400.0
ON_GRID = 1e-6
"""A reading this share of a step away from a grid time is taken as standing on it."""

_LEVEL_WINDOW = 5

BELOW = 2.0
"""Error of a reading below its detection limit in the closed forms, in limits: wider than what it really tells, so that what the
exact factor leaves is among the cells it is put to."""

LOW, FULL_WIDTH = 0.1, 2.3548
"""The level that a cloud rises from, as a quantile of the readings; full width at half height of a normal, in standard deviations."""

FEWEST_TO_STAND_OUT, STANDS_OUT = 5, 6.0
"""A reading stands alone where it lies off its neighbours by so many times what they tell of such differences."""

ALONE_MISFIT = 0.1
"""So much of its departure a model may be off at most where a reading stands alone."""


@dataclass(frozen=True, eq=False)
class Readings:
    """One station's usable readings with their weights; the background is a linear term that is integrated
    out.

    With W the diagonal of `weight`, B the background's columns and Λ its prior covariance, the precision of
    the readings after integration is `W - W B (BᵀWB + Λ⁻¹)⁻¹ BᵀW` = diag(weight) - Σ outer(p, p) over
    `projections`.

    Attributes:
        time_s, value: usable readings in order of time; value in g/m³.
        prior_background: mean of the background beforehand, g/m³.
        error: standard deviation of each reading around a perfect prediction, the model's misfit included, g/m³.
        weight: precision of each reading, (m³/g)²; less than its error's where neighbours share it.
        weighted: the precision after integration times (value - prior_background).
        projections: rows p, shape [terms of the background, readings].
        background_columns: columns B times the Cholesky factor of (BᵀWB + Λ⁻¹)⁻¹, shape as `projections`.
        rise: highest value minus lowest, g/m³, but for readings that stand alone; the absolute error if they are equal.
        alone: positions of readings that stand alone (`standing_alone`); `departure` of these, how far off, g/m³.
        below: positions of readings below their detection limit. The closed forms take them for readings of the event's own
            concentration: 0 with an error of twice the limit, for `value` is the background's mean beforehand there, and `projections` are 0.
            `censored` puts the exact factor in its place.
        observed: the readings as people read them: half the limit where they were below it.
        limit, limit_error: of these, the limit and the error of a reading near it, g/m³.
        point: for each reading the number of the instrument's place at which it was taken.
        n_points: places of the instrument.
    """

    time_s: Floats
    value: Floats
    prior_background: float
    error: Floats
    weight: Floats
    weighted: Floats
    projections: Floats
    background_columns: Floats
    rise: float
    alone: Ints
    departure: Floats
    observed: Floats
    below: Ints
    limit: Floats
    limit_error: Floats
    point: Ints
    n_points: int

    def background(self, signal: Floats) -> Floats:
        """Mean of the background at the reading times, given the event's own concentration there (last
        axis)."""
        residual = self.value - self.prior_background - signal
        mean: Floats = self.prior_background + (residual @ self.projections.T) @ self.background_columns
        return mean


def prepare(station: Instrument, noise: Noise, background: BackgroundPrior) -> Readings:
    """Order an instrument's usable readings by time, weigh them, and integrate the background out."""
    usable = np.flatnonzero(np.isfinite(station.value))
    usable = usable[np.argsort(station.time_s[usable], kind="stable")]
    time, value = station.time_s[usable].astype(float), station.value[usable].astype(float)
    below = np.zeros(0, dtype=np.int64) if station.below is None else np.flatnonzero(station.below[usable])
    limit = value[below]
    value[below] = 0.5 * limit
    prior_mean = float(np.median(value)) if station.background is None else station.background
    correlation_s = noise.correlation_s if station.correlation_s is None else station.correlation_s
    measured = _measured_variance(station, usable, value, noise)
    alone, departure = np.zeros(0, dtype=np.int64), np.zeros(0)
    if len(station.points.locations) == 1:
        alone, departure = standing_alone(time, value, np.sqrt(measured))
    rise = float(np.ptp(np.delete(value, alone))) or noise.absolute
    misfit = np.full(len(value), (noise.discrepancy * rise) ** 2)
    # Of the shape of a cloud a model gets much wrong; such a reading has no shape.
    misfit[alone] = (min(noise.discrepancy, ALONE_MISFIT) * departure) ** 2
    limit_error = np.hypot(noise.absolute, noise.relative * limit)
    if station.sigma is not None:
        limit_error = station.sigma[usable][below]
    measured[below], misfit[below] = (BELOW * limit) ** 2, 0.0
    own_s = correlation_s if noise.own_correlation_s is None else noise.own_correlation_s
    misfit_s = correlation_s
    if noise.correlation_widths > 0:
        kept = np.delete(np.arange(len(time)), alone)
        misfit_s = max(correlation_s, noise.correlation_widths * cloud_width_s(time[kept], value[kept]))
    weight = 1.0 / (_sharing(time, own_s) * measured + _sharing(time, misfit_s) * misfit)

    level_sd = background.level_sd
    if level_sd is None:
        level_sd = rise if station.background is None else noise.absolute
        if station.background is None and 2 * len(below) > len(value):
            # Most say only that it lies somewhere below the limit, and all of them say the same.
            level_sd = prior_mean / math.sqrt(3.0)
    observed = value.copy()
    value[below] = prior_mean
    # However many lie below the limit, they know no better where: they have no part in the background.
    telling = weight.copy()
    telling[below] = 0.0
    columns = _background_columns(time, telling, level_sd, background.drift_sd_per_day)
    projections = columns * telling
    centred = value - prior_mean
    return Readings(
        time_s=time,
        value=value,
        prior_background=prior_mean,
        error=np.sqrt(measured + misfit),
        weight=weight,
        weighted=weight * centred - (projections @ centred) @ projections,
        projections=projections,
        background_columns=columns,
        rise=rise,
        alone=alone,
        departure=departure,
        observed=observed,
        below=below,
        limit=limit,
        limit_error=limit_error,
        point=station.points.of_reading[usable],
        n_points=len(station.points.locations),
    )


def cloud_width_s(time: Floats, value: Floats) -> float:
    """Standard deviation, s, of a normal that is as wide at half its height as the highest rise of these readings; 0 without one.

    Args:
        time, value: in order of time.
    """
    level, highest = (float(np.quantile(value, LOW)), float(value.max())) if len(value) else (0.0, 0.0)
    if highest == level:
        return 0.0
    above = value >= 0.5 * (level + highest)
    top = int(value.argmax())
    begin = top - int(np.argmin(above[top::-1])) if not above[: top + 1].all() else 0
    end = top + int(np.argmin(above[top:])) if not above[top:].all() else len(value) - 1
    # From half a step before the first reading above to half a step after the last.
    width: float = 0.5 * float(
        time[end] + time[max(end - 1, 0)] - time[begin] - time[min(begin + 1, len(time) - 1)]
    )
    return max(width, 0.0) / FULL_WIDTH


def standing_alone(time: Floats, value: Floats, error: Floats) -> tuple[Ints, Floats]:
    """Positions of readings of which neither the one before nor the one after knows, and how far off they lie.

    A reading is compared with the straight line between its neighbours (at an end with the one it has), in measures of
    the largest of its error and what the readings on either side differ by. So the top of a cloud that three readings or more saw,
    or the first readings of one that rises, do not stand alone.

    Args:
        time, value, error: in order of time.
    """
    count = len(time)
    if count < FEWEST_TO_STAND_OUT:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    before, after = np.arange(-1, count - 1), np.arange(1, count + 1)
    before[0], after[-1] = 1, count - 2
    between = np.diff(time[np.stack([before, after])], axis=0)[0]
    share = np.divide(time - time[before], between, out=np.zeros(count), where=between != 0)
    departure = value - (value[before] + share * (value[after] - value[before]))
    step = np.abs(np.diff(value))
    # Beyond the neighbours, and from one of them to the other; at an end there is one side only.
    rough = np.abs(value[after] - value[before])
    rough[2:] = np.maximum(rough[2:], step[:-1])
    rough[:-2] = np.maximum(rough[:-2], step[1:])
    found = np.flatnonzero(np.abs(departure) > STANDS_OUT * np.maximum(rough, error))
    return found, departure[found]


def _measured_variance(station: Instrument, usable: Ints, value: Floats, noise: Noise) -> Floats:
    if station.sigma is not None:
        return np.asarray(station.sigma[usable] ** 2, dtype=np.float64)
    # The level is a smooth of the readings, not the model's: else the prediction would not stay linear in
    # mass.
    level = ndimage.median_filter(value, size=min(_LEVEL_WINDOW, len(value)), mode="nearest")
    return np.asarray(noise.absolute**2 + (noise.relative * level) ** 2, dtype=np.float64)


def _sharing(time: Floats, correlation_s: float) -> Floats:
    """By how many readings each one's error is shared: the correlation time over its time step, at least 1.

    n readings with independent errors of variance m and one misfit of variance d in common tell of what they have in common
    as n with independent errors of variance m + n d.
    """
    if correlation_s == 0 or len(time) == 1:
        return np.ones(len(time))
    gaps = np.diff(time)
    stands_for = np.concatenate([gaps[:1], gaps[:-1] + gaps[1:], gaps[-1:]])
    stands_for[1:-1] /= 2
    sharing: Floats = np.maximum(correlation_s / np.maximum(stands_for, correlation_s / len(time)), 1.0)
    return sharing


def _background_columns(time: Floats, weight: Floats, level_sd: float, drift_sd_per_day: float) -> Floats:
    days = (time - time.mean()) / SECONDS_PER_DAY
    terms = [(np.ones(len(time)), level_sd), (days, drift_sd_per_day)]
    # Scaling a column by its prior deviation turns Λ into the identity.
    scaled = np.array([column * sd for column, sd in terms if sd > 0]).reshape(-1, len(time))
    precision = (scaled * weight) @ scaled.T + np.eye(len(scaled))
    lower = linalg.cholesky(precision, lower=True)
    columns: Floats = linalg.solve_triangular(lower, scaled, lower=True)
    return columns


@dataclass(frozen=True, eq=False)
class GriddedReadings:
    """All readings on the grid of start times: position n is `first_start_s + n · step_s`.

    A prediction at a reading between two positions is the linear mean of theirs, (1 - f) c[n] + f c[n + 1],
    so a sum over readings of w · c² needs c[n]² (`same`) and c[n] c[n + 1] (`next_`).

    "Stations" are those with many readings at one place; what others have is `single`.

    Attributes:
        size: positions up to the last reading.
        points: number of every station's place, among those of all instruments.
        weighted: shape [stations, size]: coefficients of Σ weighted · prediction.
        same, next_: shape [stations, size]: coefficients of Σ weight · prediction²; next_ is None if every
            reading stands on the grid.
        projections: shape [terms of the background, stations, size].
        held: shape [stations, size]: what the readings from each position to the next hold.
    """

    size: int
    points: Ints
    single: SingleReadings
    weighted: Floats
    same: Floats
    next_: Floats | None
    projections: Floats
    held: Held


def on_grid(instruments: Sequence[Readings], first_start_s: float, step_s: float) -> GriddedReadings:
    """Spread the instruments' readings over the grid; those before the first start carry no release."""
    last = (max(float(readings.time_s[-1]) for readings in instruments) - first_start_s) / step_s
    if last <= 0:
        raise TracingError("Every reading lies before the first start time. Begin the start times earlier.")
    size = int(np.floor(last + ON_GRID)) + 2
    begins = first_points(instruments)
    single = [readings.n_points > 1 or len(readings.time_s) <= FEW for readings in instruments]
    stations = [readings for readings, alone in zip(instruments, single, strict=True) if not alone]
    # An instrument without a background has fewer terms than the others, and zeros in their place.
    terms = max(len(readings.projections) for readings in instruments)
    weighted, same, following = (np.zeros((len(stations), size)) for _ in range(3))
    projections = np.zeros((terms, len(stations), size))
    held = []
    for row, readings in enumerate(stations):
        later, lower, share = _positions(readings, first_start_s, step_s)
        spread = np.zeros((len(lower), size))
        spread[np.arange(len(lower)), lower] = 1.0 - share
        spread[np.arange(len(lower)), lower + 1] += share
        weight = readings.weight[later]
        weighted[row] = readings.weighted[later] @ spread
        same[row] = weight @ spread**2
        np.add.at(following[row], lower, 2.0 * weight * share * (1.0 - share))
        projections[:, row] = projections_of(readings, terms)[:, later] @ spread
        own = Held.of(
            readings.weight[later], readings.weighted[later], projections_of(readings, terms)[:, later]
        )
        held.append(own.at(lower, size))
    return GriddedReadings(
        size=size,
        points=np.array(
            [begin for begin, alone in zip(begins, single, strict=True) if not alone], dtype=np.int64
        ),
        single=_single(instruments, single, begins, first_start_s, step_s, terms),
        weighted=weighted,
        same=same,
        next_=following if following.any() else None,
        projections=projections,
        held=Held.stacked(held, terms, size),
    )


def first_points(instruments: Sequence[Readings]) -> list[int]:
    """Number of each instrument's first place, among the places of all of them."""
    return [0, *itertools.accumulate(readings.n_points for readings in instruments)][:-1]


def projections_of(readings: Readings, terms: int) -> Floats:
    """The projections of an instrument's readings, with zeros for terms of the background that it lacks."""
    return np.pad(readings.projections, [(0, terms - len(readings.projections)), (0, 0)])


def _positions(
    readings: Readings, first_start_s: float, step_s: float
) -> tuple[NDArray[np.bool_], Ints, Floats]:
    """Which readings lie on the grid; of these, the position and the part of a step beyond it."""
    position = (readings.time_s - first_start_s) / step_s
    later = position >= 0
    lower = np.floor(position[later] + ON_GRID).astype(np.int64)
    beyond = position[later] - lower
    return later, lower, np.where(np.abs(beyond) <= ON_GRID, 0.0, beyond)


def _single(
    instruments: Sequence[Readings],
    single: Sequence[bool],
    begins: Sequence[int],
    first_start_s: float,
    step_s: float,
    terms: int,
) -> SingleReadings:
    # An instrument that stays out leaves pieces without readings, so that there is always something to join.
    pieces = []
    for readings, alone, begin in zip(instruments, single, begins, strict=True):
        later, lower, share = _positions(readings, first_start_s, step_s)
        later &= alone
        kept = slice(None) if alone else slice(0)
        pieces.append(
            SingleReadings(
                point=begin + readings.point[later],
                lower=lower[kept],
                share=share[kept],
                weight=readings.weight[later],
                weighted=readings.weighted[later],
                projections=projections_of(readings, terms)[:, later],
                first=np.zeros(1, dtype=np.int64),
            )
        )
    return SingleReadings.joined(pieces)
