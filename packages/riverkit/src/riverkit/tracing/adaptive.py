"""Hydraulic settings drawn where the readings lead, with weights that keep sums over them those of the prior.

Sharp readings let a setting or two out of dozens drawn from the prior carry all the weight, and what the best of them
gets wrong a further source then mends. So half of the settings are drawn from the prior, and the others in rounds
around what fitted best, for every number of sources by itself. Each counts with its prior density over that of the
mixture of all draws: the deterministic mixture of adaptive multiple importance sampling (Cornuet et al. 2012).
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

ROUNDS = 4
WIDENING = 1.5
"""Variances of a round's draws over those found: wider than what is sought, or weights grow without bound."""

EFFECTIVE = 2.0
"""A round looks around so many settings for every uncertain quantity; where fewer fit, readings count for less at first."""


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


def explore(n_settings: int, dimensions: int, seed: int, score: Callable[[Floats], Floats]) -> Explored:
    """Try so many points, later ones where earlier ones scored.

    Args:
        score: of a point, shape [dimensions], the log likelihoods [sizes] there: one for every number of sources.
    """
    adapts = n_settings >= FEWEST and dimensions > 0
    first = n_settings // 2 if adapts else n_settings
    points = normals(first, dimensions, seed)
    scores = np.array([score(point) for point in points])
    mixture = [_Normal(np.zeros(dimensions), np.eye(dimensions), first)]
    for number in range(ROUNDS if adapts else 0):
        sizes = scores.shape[1]
        log_weight = _log_weight(points, mixture)
        left = n_settings - len(points)
        counts = np.full(sizes, left // (ROUNDS - number) // sizes)
        if number == ROUNDS - 1:
            counts[-1] = left - counts[:-1].sum()
        for size, count in enumerate(counts.tolist()):
            normal = _around(points[: len(log_weight)], log_weight + scores[: len(log_weight), size], count)
            drawn = normal.at(normals(count, dimensions, seed + 1 + number * sizes + size))
            mixture.append(normal)
            points = np.concatenate([points, drawn])
        scores = np.concatenate([scores, [score(point) for point in points[len(scores) :]]])
    return Explored(points, _log_weight(points, mixture), scores)


@dataclass(frozen=True, eq=False)
class _Normal:
    mean: Floats
    covariance: Floats
    count: int

    def at(self, standard: Floats) -> Floats:
        found: Floats = self.mean + standard @ np.linalg.cholesky(self.covariance).T
        return found

    def log_density(self, points: Floats) -> Floats:
        lower = np.linalg.cholesky(self.covariance)
        standard = np.linalg.solve(lower, (points - self.mean).T)
        found: Floats = -0.5 * (standard**2).sum(axis=0) - float(np.log(np.diagonal(lower)).sum())
        return found


def _log_weight(points: Floats, mixture: list[_Normal]) -> Floats:
    """Prior density over that of the mixture, in proportion to the draws of its parts."""
    parts = [each.log_density(points) + math.log(each.count / len(points)) for each in mixture if each.count]
    found: Floats = -0.5 * (points**2).sum(axis=1) - special.logsumexp(parts, axis=0)
    return found


def _around(points: Floats, log_posterior: Floats, count: int) -> _Normal:
    """A normal like the weighted points, of which enough are made to count."""
    usable = np.isfinite(log_posterior)
    points, logs = points[usable], log_posterior[usable] - log_posterior[usable].max()
    logs = flattened(logs, min(EFFECTIVE * points.shape[1], 0.5 * len(points)))
    weights = np.exp(logs - special.logsumexp(logs))
    mean = weights @ points
    apart = points - mean
    covariance = (weights[:, None] * apart).T @ apart
    # A dozen points tell variances, hardly correlations.
    own = 0.5 * covariance + 0.5 * np.diag(np.diagonal(covariance))
    return _Normal(mean, WIDENING * own + 1e-4 * np.eye(len(mean)), count)


def flattened(logs: Floats, effective: float) -> Floats:
    """Log weights, made less unlike by one factor until they count for so many equal ones."""
    if _effective(logs) >= effective or len(logs) <= effective:
        return logs if _effective(logs) >= effective else 0.0 * logs
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _effective(middle * logs) >= effective else (low, middle)
    return low * logs


def _effective(logs: Floats) -> float:
    return float(np.exp(2.0 * special.logsumexp(logs) - special.logsumexp(2.0 * logs)))
