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

MOST_ROUNDS = 16
WIDENING = 1.3
"""Variances of a round's draws over those found: wider than what is sought, or weights grow without bound."""

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
    density = -0.5 * (points**2).sum(axis=1) + math.log(first)
    mixture: list[_Mixture] = []
    sizes = scores.shape[1]
    rounds = min(MOST_ROUNDS, max(1, (n_settings - first) // (PER_ROUND * sizes)))
    turns = sizes * rounds if adapts else 0
    for turn in range(turns):
        count = (n_settings - len(points)) // (turns - turn)
        if turn < sizes and peaks:
            count = (n_settings - first) // (2 * sizes)
        if not count:
            continue
        log_weight = -0.5 * (points**2).sum(axis=1) - density
        if min(effective_number(log_weight + of_size) for of_size in scores.T) >= enough:
            break
        size = turn % sizes
        found = peaks(points, scores, size) if peaks and turn < sizes else []
        around = _on(found, count) if found else _around(points, log_weight + scores[:, size], count)
        drawn = around.draw(seed + 1 + turn)
        mixture.append(around)
        ahead = [
            -0.5 * (drawn**2).sum(axis=1) + math.log(first),
            *(each.log_density(drawn) for each in mixture),
        ]
        density = np.concatenate(
            [np.logaddexp(density, around.log_density(points)), special.logsumexp(ahead, axis=0)]
        )
        points = np.concatenate([points, drawn])
        scores = np.concatenate([scores, [score(point) for point in drawn]])
    log_weight = -0.5 * (points**2).sum(axis=1) - density + math.log(len(points))
    return Explored(points, log_weight, scores)


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Normals of one covariance around each of these centres, as many draws from each."""

    parts: list[tuple[Floats, Floats]]

    def draw(self, seed: int) -> Floats:
        count, dimensions = sum(len(each) for each, _ in self.parts), self.parts[0][0].shape[1]
        standard = (
            normals(count, dimensions, seed)
            if count > 1
            else np.random.default_rng(seed).normal(size=(1, dimensions))
        )
        found, done = [], 0
        for centres, lower in self.parts:
            found.append(centres + standard[done : done + len(centres)] @ lower.T)
            done += len(centres)
        return np.concatenate(found)

    def log_density(self, points: Floats) -> Floats:
        """Of all draws together: their number times the density of one."""
        found = []
        for centres, lower in self.parts:
            at, of = (np.linalg.solve(lower, each.T).T for each in (points, centres))
            apart = ((at[:, None] - of) ** 2).sum(axis=2)
            found.append(special.logsumexp(-0.5 * apart, axis=1) - float(np.log(np.diagonal(lower)).sum()))
        return np.asarray(special.logsumexp(found, axis=0))


def _on(peaks: list[Peak], count: int) -> _Mixture:
    """The peaks, each with a share of the draws."""
    logs = 0.5 * np.array([each.log_mass for each in peaks])
    share = 0.3 / len(peaks) + 0.7 * np.exp(logs - special.logsumexp(logs))
    order = np.argsort(-share)
    ends = np.round(np.cumsum(share[order]) * count).astype(int)
    parts = []
    for number, begin, end in zip(order.tolist(), [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        if end > begin:
            parts.append(
                (
                    np.repeat(peaks[number].mean[None], end - begin, axis=0),
                    np.linalg.cholesky(WIDENING * peaks[number].covariance),
                )
            )
    return _Mixture(parts)


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


def flattened(logs: Floats, effective: float) -> Floats:
    """Log weights, made less unlike by one factor until they count for so many equal ones."""
    if effective_number(logs) >= effective or len(logs) <= effective:
        return logs if effective_number(logs) >= effective else 0.0 * logs
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective_number(middle * logs) >= effective else (low, middle)
    return low * logs


def effective_number(logs: Floats) -> float:
    """For how many equal weights these count, given their logarithms."""
    weights = np.exp(logs - logs.max())
    return float(weights.sum() ** 2 / (weights**2).sum())
