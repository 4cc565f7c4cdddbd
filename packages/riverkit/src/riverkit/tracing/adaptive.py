"""Hydraulic settings drawn where the readings lead, with weights that keep sums over them those of the prior.

Sharp readings let a setting or two out of dozens drawn from the prior carry all the weight, and what the best of them
gets wrong a further source then mends. So a part of the settings is drawn from the prior, and the others in rounds
around what fitted so far, for every number of sources by itself. Each counts with its prior density over that of the
mixture of all draws: the deterministic mixture of adaptive multiple importance sampling (Cornuet et al. 2012). A round
draws around points that fitted, as a kernel estimate with their mean and covariance (West 1993).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from riverkit.tracing.hydraulics import normals
from riverkit.tracing.model import Floats

FEWEST = 32
"""Fewer settings than this are all drawn from the prior."""

FROM_PRIOR = 0.25
"""Share of the settings that the prior gives: no weight is above its inverse."""

PER_ROUND = 12
"""Settings of a round for every number of sources: what is learned is used soon."""

ON_PEAKS = 0.5
"""Share of the others that is drawn where the caller has climbed to, before any round."""

MOST_ROUNDS = 16
WIDENING = 1.3
"""Variances of a round's draws over those found: wider than what is sought, or weights grow without bound."""

LEVELLED, FLOOR = 0.5, 0.3
"""Of the draws from peaks this share is the same for all; the rest goes by their masses to that power, for these err."""

EFFECTIVE = 2.0
"""A round looks around so many settings for every uncertain quantity; where fewer fit, readings count for less at first."""


@dataclass(frozen=True, eq=False)
class Peak:
    """A normal to draw from, and the logarithm of what lies below it (of the mean likelihood over the prior), by Laplace."""

    mean: Floats
    covariance: Floats
    log_mass: float


Peaks = Callable[[Floats, Floats, int], list[Peak]]
"""(points, scores, number of a size) -> where that size fits best, to begin with."""


@dataclass(frozen=True, eq=False)
class Explored:
    """Points at which settings were tried.

    Attributes:
        points: shape [settings, uncertain quantities], standard normal beforehand.
        log_weight: of each in a mean over the prior; shape [settings].
        scores: what was asked of each, shape [settings, sizes].
    """

    points: Floats
    log_weight: Floats
    scores: Floats


def explore(
    n_settings: int,
    dimensions: int,
    seed: int,
    score: Callable[[Floats], Floats],
    peaks: Peaks | None = None,
    enough: float = math.inf,
) -> Explored:
    """Try so many points, later ones where earlier ones scored.

    Args:
        score: of a point, shape [dimensions], the log likelihoods [sizes] there: one for every number of sources.
        peaks: where to look first, for each size in turn; None to learn it from the scores alone.
        enough: no further rounds once so many points count for every size.
    """
    adapts = n_settings >= FEWEST and dimensions > 0
    first = math.ceil(FROM_PRIOR * n_settings) if adapts else n_settings
    points = normals(first, dimensions, seed)
    scores = np.array([score(point) for point in points])
    sizes = scores.shape[1]
    mixture: list[_Mixture] = []
    # Of all draws together, at each point.
    density = _log_prior(points) + math.log(first)

    def turn(around: _Mixture) -> None:
        nonlocal points, scores, density
        drawn = around.draw(seed + 1 + len(mixture))
        mixture.append(around)
        ahead = [_log_prior(drawn) + math.log(first), *(each.log_density(drawn) for each in mixture)]
        density = np.concatenate(
            [np.logaddexp(density, around.log_density(points)), special.logsumexp(ahead, axis=0)]
        )
        points = np.concatenate([points, drawn])
        scores = np.concatenate([scores, [score(point) for point in drawn]])

    if adapts and peaks:
        for size in range(sizes):
            found = peaks(points, scores, size)
            if found:
                turn(_on(found, max(1, round(ON_PEAKS * (n_settings - first) / sizes))))
    left = n_settings - len(points)
    turns = sizes * min(MOST_ROUNDS, max(1, left // (PER_ROUND * sizes))) if adapts else 0
    for number in range(turns):
        log_weight = _log_prior(points) - density
        if min(effective_number(log_weight + of_size) for of_size in scores.T) >= enough:
            break
        count = (n_settings - len(points)) // (turns - number)
        if count:
            turn(_around(points, log_weight + scores[:, number % sizes], count))
    return Explored(points, _log_prior(points) - density + math.log(len(points)), scores)


def _log_prior(points: Floats) -> Floats:
    found: Floats = -0.5 * (points**2).sum(axis=1)
    return found


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Normals around centres, one draw from each: (centres, Cholesky factor of the covariance that they share)."""

    parts: list[tuple[Floats, Floats]]

    def draw(self, seed: int) -> Floats:
        count = sum(len(centres) for centres, _ in self.parts)
        # One point of a sequence would be the centre.
        standard = normals(max(count, 2), self.parts[0][0].shape[1], seed)
        found, done = [], 0
        for centres, lower in self.parts:
            found.append(centres + standard[done : done + len(centres)] @ lower.T)
            done += len(centres)
        return np.concatenate(found)

    def log_density(self, points: Floats) -> Floats:
        """Of all draws together: their number times the density of one, but for a constant."""
        found = []
        for centres, lower in self.parts:
            at, of = (np.linalg.solve(lower, each.T).T for each in (points, centres))
            apart = ((at[:, None] - of) ** 2).sum(axis=2)
            found.append(special.logsumexp(-0.5 * apart, axis=1) - float(np.log(np.diagonal(lower)).sum()))
        total: Floats = special.logsumexp(found, axis=0)
        return total


def _on(peaks: list[Peak], count: int) -> _Mixture:
    """So many draws from the peaks: higher ones more, none few."""
    logs = LEVELLED * np.array([each.log_mass for each in peaks])
    share = FLOOR / len(peaks) + (1.0 - FLOOR) * np.exp(logs - special.logsumexp(logs))
    order = np.argsort(-share)
    ends = np.round(np.cumsum(share[order]) * count).astype(int).tolist()
    return _Mixture(
        [
            (
                np.repeat(peaks[number].mean[None], end - begin, axis=0),
                np.linalg.cholesky(WIDENING * peaks[number].covariance),
            )
            for number, begin, end in zip(order.tolist(), [0, *ends[:-1]], ends, strict=True)
            if end > begin
        ]
    )


def _around(points: Floats, log_posterior: Floats, count: int) -> _Mixture:
    """So many normals which together are like the weighted points, of which enough are made to count."""
    usable = np.isfinite(log_posterior)
    points, logs = points[usable], log_posterior[usable] - log_posterior[usable].max()
    dimensions = points.shape[1]
    logs = flattened(logs, min(EFFECTIVE * dimensions, 0.5 * len(points)))
    weights = np.exp(logs - special.logsumexp(logs))
    held = 1.0 / float((weights**2).sum())
    mean = weights @ points
    apart = points - mean
    covariance = (weights[:, None] * apart).T @ apart
    # A dozen points tell variances, hardly correlations.
    trust = held / (held + dimensions)
    covariance = trust * covariance + (1.0 - trust) * np.diag(np.diagonal(covariance))
    narrow = min(1.0, (4.0 / ((dimensions + 2.0) * held)) ** (1.0 / (dimensions + 4.0)))
    chosen = np.searchsorted(np.cumsum(weights), (np.arange(count) + 0.5) / count * weights.sum())
    centres = mean + math.sqrt(1.0 - narrow**2) * apart[chosen]
    spread = WIDENING * narrow**2 * covariance + 1e-4 * np.eye(dimensions)
    return _Mixture([(centres, np.linalg.cholesky(spread))])


def flattened(logs: Floats, effective: float, fixed: Floats | float = 0.0) -> Floats:
    """Log weights, made less unlike by one factor until they count for so many equal ones; `fixed` ones are added as they are."""
    if effective_number(fixed + logs) >= effective:
        return fixed + logs
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective_number(fixed + middle * logs) >= effective else (low, middle)
    return fixed + low * logs


def effective_number(logs: Floats) -> float:
    """For how many equal weights these count, given their logarithms."""
    weights = np.exp(logs - logs.max())
    return float(weights.sum() ** 2 / (weights**2).sum())
