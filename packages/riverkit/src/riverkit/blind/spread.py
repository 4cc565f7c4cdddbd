"""How the fronts of clouds widen on rivers at large: a law with its scatter, learned from tracer tests."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg, optimize, special, stats
from scipy.stats import qmc

from riverkit.blind.passage import Floats, Passage

REFERENCE_S = 36_000.0
"""Travel time at which the intercept of the spread law stands: ten hours, amid the tests."""

MEMORY = 1.0
"""A river's deviations from the law are alike over a factor of e in travel time. The tests hardly tell: half and four
times as much are within two nats."""

DEGREES_OF_FREEDOM = 3.0
"""Of all tails: those of single curves, of velocity ratios, of recovery. Most deviate little, some by a factor of
three; few tests cannot tell the tail, so that it is set heavy rather than fitted."""

DRAWS = 256
"""Over which the tails of single curves are averaged."""

_PRIOR = (0.25, 0.2, 0.1)
"""Medians beforehand of the scatter between rivers, along a river and of single curves, each within a factor of two
(0.7 in the natural logarithm): weak, but they keep a handful of rivers from claiming that there is none."""

_PRIOR_LOG_SD = 0.7
_ROUNDS = 20


@dataclass(frozen=True)
class SpreadLaw:
    """ln front = intercept + exponent · ln(T / 10 h) + river + along + curve, with T the travel time in seconds.

    `river` is one value for the river, `along` changes slowly along it (alike over a factor of e in T); both are normal.
    `curve` is each curve's own, Student's t with three degrees of freedom: a cloud that a swell of the river pressed
    together, or that another joined, is one odd curve, and does not overrule the others.

    Attributes:
        intercept, exponent: posterior means; `covariance` theirs, row by row.
        river_sd, along_sd: standard deviations.
        curve_scale: of the t.
    """

    intercept: float
    exponent: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    river_sd: float
    along_sd: float
    curve_scale: float

    def log_likelihood(self, front_s: Floats, travel_s: Floats) -> Floats:
        """Log density of the fronts (logarithms) of one cloud on a river not seen before.

        Args:
            front_s: shape [stations].
            travel_s: shape [..., stations], travel times to be compared.
        """
        age = np.log(travel_s / REFERENCE_S)
        stations = len(front_s)
        design = np.stack([np.ones_like(age), age], axis=-1)
        residual = np.log(front_s) - (self.intercept + self.exponent * age)
        # The residuals stand below the covariance as one row more: the last row of the Cholesky factor is then what
        # solving for them would give. Its corner plays no part, but must be large enough for a factor to exist.
        joint = np.full((*age.shape[:-1], stations + 1, stations + 1), 1e200)
        joint[..., :stations, :stations] = (
            _along(age, self.along_sd)
            + self.river_sd**2
            + design @ np.array(self.covariance) @ np.swapaxes(design, -1, -2)
        )
        joint[..., stations, :stations] = joint[..., :stations, stations] = residual
        densities = []
        for variance in self.curve_scale**2 * _tails(stations):
            factor = np.linalg.cholesky(joint + np.diag([*variance, 0.0]))
            standard = factor[..., stations, :stations]
            pivots = np.diagonal(factor, axis1=-2, axis2=-1)[..., :stations]
            densities.append(-0.5 * (standard**2).sum(axis=-1) - np.log(pivots).sum(axis=-1))
        constant = 0.5 * stations * math.log(2.0 * math.pi) + math.log(DRAWS)
        density: Floats = special.logsumexp(densities, axis=0) - constant
        return density


class Track(NamedTuple):
    """All curves of one river.

    Attributes:
        age: ln of travel time over ten hours.
        front: ln of the front, s.
        size: so many of them belong to each of its journeys in turn.
    """

    age: Floats
    front: Floats
    size: tuple[int, ...]

    @classmethod
    def of_journeys(cls, journeys: Sequence[Sequence[Passage]]) -> "Track":
        """The curves of the journeys on one river; times counted from each release."""
        passages = [passage for journey in journeys for passage in journey]
        return cls(
            age=np.log([passage.middle_s / REFERENCE_S for passage in passages]),
            front=np.log([passage.front_s for passage in passages]),
            size=tuple(len(journey) for journey in journeys),
        )


def learn_spread(tracks: Sequence[Track]) -> SpreadLaw:
    """The law by these rivers: its scatter the most probable one under a weak prior, intercept and exponent normal."""

    def loss(log_scatter: Floats) -> float:
        _, _, log_marginal = _solve(tracks, *np.exp(log_scatter))
        surprise = (log_scatter - np.log(_PRIOR)) / _PRIOR_LOG_SD
        return float(0.5 * surprise @ surprise - log_marginal)

    found = optimize.minimize(
        loss, np.log(_PRIOR), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-4}
    )
    river_sd, along_sd, curve_scale = (float(each) for each in np.exp(found.x))
    mean, covariance, _ = _solve(tracks, river_sd, along_sd, curve_scale)
    (a, b), (c, d) = covariance.tolist()
    return SpreadLaw(float(mean[0]), float(mean[1]), ((a, b), (c, d)), river_sd, along_sd, curve_scale)


def _along(age: Floats, along_sd: float) -> Floats:
    """Covariance of what changes along a river, between ages; shape [..., stations, stations]."""
    covariance: Floats = along_sd**2 * np.exp(-np.abs(age[..., :, None] - age[..., None, :]) / MEMORY)
    return covariance


@functools.cache
def _tails(curves: int) -> Floats:
    """Draws of the factors on the variances of so many curves that make a normal Student's t; [draws, curves].

    Sobol's points, so that every curve gets its share of every part of the tail.
    """
    even = qmc.Sobol(curves, scramble=False).random(DRAWS) + 0.5 / DRAWS
    factors: Floats = DEGREES_OF_FREEDOM / stats.chi2.ppf(even, DEGREES_OF_FREEDOM)
    return factors


def _solve(
    tracks: Sequence[Track], river_sd: float, along_sd: float, curve_scale: float
) -> tuple[Floats, Floats, float]:
    """Intercept and exponent, their covariance, and the log marginal likelihood without them.

    Given the tails of all curves, these are generalised least squares. Draws of the tails are averaged river by river,
    each with the weight it has at the most probable intercept and exponent, found in rounds (expectation-maximisation);
    the normal around them is that of the weighted least squares.
    """
    products, log_determinants = [], []
    for track in tracks:
        own = [_along(age, along_sd) for age in np.split(track.age, np.cumsum(track.size)[:-1])]
        shared = linalg.block_diag(*own) + river_sd**2
        scatter = shared + curve_scale**2 * _tails(len(track.age))[:, :, None] * np.eye(len(track.age))
        sides = np.stack([np.ones_like(track.age), track.age, track.front], axis=-1)
        products.append(sides.T @ np.linalg.solve(scatter, sides[None]))
        log_determinants.append(np.linalg.slogdet(scatter).logabsdet)
    product, log_determinant = np.array(products), np.array(log_determinants)
    weights = np.full(log_determinant.shape, 1.0 / DRAWS)
    for _ in range(_ROUNDS):
        total = np.einsum("rd,rdij->ij", weights, product)
        mean = np.linalg.solve(total[:2, :2], total[:2, 2])
        contrast = np.array([-mean[0], -mean[1], 1.0])
        square = np.einsum("i,rdij,j->rd", contrast, product, contrast)
        logs = -0.5 * (square + log_determinant)
        weights = special.softmax(logs, axis=1)
    log_likelihood = float(special.logsumexp(logs, axis=1).sum()) - len(tracks) * math.log(DRAWS)
    log_precision = float(np.linalg.slogdet(total[:2, :2]).logabsdet)
    covariance = np.asarray(np.linalg.inv(total[:2, :2]), dtype=np.float64)
    return np.asarray(mean, dtype=np.float64), covariance, log_likelihood - 0.5 * log_precision
