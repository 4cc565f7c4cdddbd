"""Readings made ready for the posterior: weights, the background taken out, everything on one time grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, ndimage

from riverkit.errors import TracingError
from riverkit.tracing.model import BackgroundPrior, Floats, Ints, Noise, StationSeries

SECONDS_PER_DAY = 86_400.0
ON_GRID = 1e-6
"""A reading this share of a step away from a grid time is taken as standing on it."""

_LEVEL_WINDOW = 5


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
        weight: precision of each reading, (m³/g)²; less than its error's where neighbours share that error.
        weighted: the precision after integration times (value - prior_background).
        projections: rows p, shape [terms of the background, readings].
        background_columns: columns B times the Cholesky factor of (BᵀWB + Λ⁻¹)⁻¹, shape as `projections`.
        rise: highest value minus lowest, g/m³; the absolute error if they are equal.
        below: positions of readings below their detection limit. `value` is 0 there and `error` the limit over √3, which
            is what the closed forms need; `censored` puts the exact factor in its place.
        limit, limit_error: of these, the limit and the error of a reading near it, g/m³.
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
    below: Ints
    limit: Floats
    limit_error: Floats

    def background(self, signal: Floats) -> Floats:
        """Mean of the background at the reading times, given the event's own concentration there (last
        axis)."""
        residual = self.value - self.prior_background - signal
        mean: Floats = self.prior_background + (residual @ self.projections.T) @ self.background_columns
        return mean


def prepare(station: StationSeries, noise: Noise, background: BackgroundPrior) -> Readings:
    """Order a station's usable readings by time, weigh them, and integrate the background out."""
    usable = np.flatnonzero(np.isfinite(station.value))
    usable = usable[np.argsort(station.time_s[usable], kind="stable")]
    time, value = station.time_s[usable].astype(float), station.value[usable].astype(float)
    below = np.zeros(0, dtype=np.int64) if station.below is None else np.flatnonzero(station.below[usable])
    limit = value[below]
    value[below] = 0.0
    rise = float(value.max() - value.min()) or noise.absolute
    correlation_s = noise.correlation_s if station.correlation_s is None else station.correlation_s
    variance = _variance(station, usable, value, rise, noise)
    limit_error = np.hypot(noise.absolute, noise.relative * limit)
    if station.sigma is not None:
        limit_error = station.sigma[usable][below]
    variance[below] = limit**2 / 3.0
    weight = _representation(time, correlation_s) / variance

    prior_mean = float(np.median(value)) if station.background is None else station.background
    level_sd = background.level_sd
    if level_sd is None:
        level_sd = rise if station.background is None else noise.absolute
    columns = _background_columns(time, weight, level_sd, background.drift_sd_per_day)
    projections = columns * weight
    centred = value - prior_mean
    return Readings(
        time_s=time,
        value=value,
        prior_background=prior_mean,
        error=np.sqrt(variance),
        weight=weight,
        weighted=weight * centred - (projections @ centred) @ projections,
        projections=projections,
        background_columns=columns,
        rise=rise,
        below=below,
        limit=limit,
        limit_error=limit_error,
    )


def _variance(station: StationSeries, usable: Ints, value: Floats, rise: float, noise: Noise) -> Floats:
    # The level is a smooth of the readings, not the model's: else the prediction would not stay linear in
    # mass.
    level = ndimage.median_filter(value, size=min(_LEVEL_WINDOW, len(value)), mode="nearest")
    if station.sigma is None:
        measured = noise.absolute**2 + (noise.relative * level) ** 2
    else:
        measured = station.sigma[usable] ** 2
    variance: Floats = measured + (noise.discrepancy * rise) ** 2
    return variance


def _representation(time: Floats, correlation_s: float) -> Floats:
    """How many independent readings each one counts for: its time step over the correlation time, at most
    1."""
    if correlation_s == 0 or len(time) == 1:
        return np.ones(len(time))
    gaps = np.diff(time)
    stands_for = np.concatenate([gaps[:1], gaps[:-1] + gaps[1:], gaps[-1:]])
    stands_for[1:-1] /= 2
    return np.minimum(stands_for / correlation_s, 1.0)


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
    """All stations' readings on the grid of start times: position n is `first_start_s + n · step_s`.

    A prediction at a reading between two positions is the linear mean of theirs, (1 - f) c[n] + f c[n + 1],
    so a sum over readings of w · c² needs c[n]² (`same`) and c[n] c[n + 1] (`next_`).

    Attributes:
        size: positions up to the last reading.
        weighted: shape [stations, size]: coefficients of Σ weighted · prediction.
        same, next_: shape [stations, size]: coefficients of Σ weight · prediction²; next_ is None if every
            reading stands on the grid.
        projections: shape [terms of the background, stations, size].
        explained, tied: shape [stations, size]: of the readings from each position to the next, the sum of
            ½ weighted²/weight, what they could add to the log evidence at most, and of projection²/weight.
    """

    size: int
    weighted: Floats
    same: Floats
    next_: Floats | None
    projections: Floats
    explained: Floats
    tied: Floats


def on_grid(stations: Sequence[Readings], first_start_s: float, step_s: float) -> GriddedReadings:
    """Spread the stations' readings over the grid; those before the first start carry no release."""
    positions = [(readings.time_s - first_start_s) / step_s for readings in stations]
    last = max(float(position[-1]) for position in positions)
    if last <= 0:
        raise TracingError("Every reading lies before the first start time. Begin the start times earlier.")
    size = int(np.floor(last + ON_GRID)) + 2
    weighted, same, following, explained, tied = (np.zeros((len(stations), size)) for _ in range(5))
    # A station without a background has fewer terms than the others, and zeros in their place.
    projections = np.zeros((max(len(readings.projections) for readings in stations), len(stations), size))
    for row, (readings, position) in enumerate(zip(stations, positions, strict=True)):
        later = position >= 0
        lower = np.floor(position[later] + ON_GRID).astype(int)
        share = np.where(np.abs(position[later] - lower) <= ON_GRID, 0.0, position[later] - lower)
        spread = np.zeros((len(lower), size))
        spread[np.arange(len(lower)), lower] = 1.0 - share
        spread[np.arange(len(lower)), lower + 1] += share
        weight = readings.weight[later]
        weighted[row] = readings.weighted[later] @ spread
        same[row] = weight @ spread**2
        np.add.at(following[row], lower, 2.0 * weight * share * (1.0 - share))
        projections[: len(readings.projections), row] = readings.projections[:, later] @ spread
        counts = later & (readings.weight > 0)
        per_weight = 1.0 / readings.weight[counts]
        held = 0.5 * readings.weighted[counts] ** 2 * per_weight
        np.add.at(explained[row], lower[counts[later]], held)
        np.add.at(
            tied[row], lower[counts[later]], (readings.projections[:, counts] ** 2 * per_weight).sum(axis=0)
        )
    next_ = following if following.any() else None
    return GriddedReadings(size, weighted, same, next_, projections, explained, tied)
