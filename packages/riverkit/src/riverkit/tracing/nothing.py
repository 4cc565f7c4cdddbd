"""The evidence that no release in this network explains the readings."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from riverkit.tracing.below_limit import BelowLimit, backgrounds, log_alone, over_strengths
from riverkit.tracing.evidence import log_bayes_factor, strength_given
from riverkit.tracing.model import Floats, Ints, StrengthPrior
from riverkit.tracing.readings import Readings

ALONE, BUMPS, ERRING = 0.4, 0.5, 0.1
"""Shares of the belief: nothing but the background; a bump at every station; one analyser that erred for some readings."""

BUMP_WIDTHS = (1 / 4, 1 / 8, 1 / 16)
"""Standard deviations of the bump as shares of the station's record."""

BUMP_CENTRES = 64

ERRS_FOR, ERRING_REACH = (0.7, 1.2), 4
"""Standard deviations, in readings, of a bump over two and over three of them, which ends so many readings away."""

STANDING = 256
"""Bumps that stand for all where readings below their detection limit are weighed exactly."""


def log_evidence_of_nothing(stations: Sequence[Readings]) -> float:
    """Log evidence against the background alone, averaged over three explanations.

    One is the background alone. Another gives every station a smooth bump of its own, of unknown time,
    width and height, unconnected with the other stations: what something outside this network or this model
    might look like. Without it a poor best candidate would be certain for want of any other explanation. The last is one
    analyser that erred for two or three readings; those that erred for one are settled beforehand (`glitches`).
    """
    bumps = sum(_log_evidence_of_bump(station) for station in stations)
    erring = special.logsumexp([_log_evidence_of_erring(station) for station in stations])
    logs = (0.0, bumps, float(erring) - math.log(len(stations)))
    return float(special.logsumexp(logs, b=(ALONE, BUMPS, ERRING)))


def _log_evidence_of_bump(station: Readings) -> float:
    """Of a bump as long as a good part of the record."""
    first, last = station.time_s[0], station.time_s[-1]
    centres = np.linspace(first, last, BUMP_CENTRES)
    widths = np.array(BUMP_WIDTHS) * max(last - first, 1.0)
    bumps = np.exp(-0.5 * ((station.time_s - centres[:, None]) / widths[:, None, None]) ** 2)
    bumps = bumps.reshape(-1, len(station.time_s))
    return _log_evidence(
        station,
        s_gg=bumps**2 @ station.weight - ((bumps @ station.projections.T) ** 2).sum(axis=-1),
        s_gy=bumps @ station.weighted,
        curves=lambda chosen: bumps[chosen],
    )


def _log_evidence_of_erring(station: Readings) -> float:
    """Of a bump as long as two or three readings, around any of them."""
    count = len(station.time_s)
    # By number, not by time: the readings before and after a gap are neighbours to an analyser.
    near = np.arange(count)[:, None] + np.arange(-ERRING_REACH, ERRING_REACH + 1)
    inside = (near >= 0) & (near < count)
    near = np.clip(near, 0, count - 1)
    widths = np.array(ERRS_FOR)[:, None, None]
    bumps = np.exp(-0.5 * (np.arange(-ERRING_REACH, ERRING_REACH + 1) / widths) ** 2) * inside
    shared = (bumps[..., None] * station.projections.T[near]).sum(axis=-2)

    def curves(chosen: Ints) -> Floats:
        width, centre = np.divmod(chosen, count)
        found = np.zeros((len(chosen), count))
        np.add.at(found, (np.arange(len(chosen))[:, None], near[centre]), bumps[width, centre])
        return found

    return _log_evidence(
        station,
        s_gg=((bumps**2 * station.weight[near]).sum(axis=-1) - (shared**2).sum(axis=-1)).ravel(),
        s_gy=(bumps * station.weighted[near]).sum(axis=-1).ravel(),
        curves=curves,
    )


def _log_evidence(station: Readings, s_gg: Floats, s_gy: Floats, curves: Callable[[Ints], Floats]) -> float:
    """Averaged over bumps with these products and curves, the height no larger than the readings rose."""
    s_gg = np.maximum(s_gg, 0.0)
    height = StrengthPrior(0.0, station.rise)
    each = log_bayes_factor(s_gg, s_gy, height)
    log_evidence = float(special.logsumexp(each))
    if len(station.below):
        cumulated = np.cumsum(np.exp(each - each.max()))
        chosen = np.searchsorted(cumulated, (np.arange(STANDING) + 0.5) / STANDING * cumulated[-1])
        (levels,) = backgrounds([station], STANDING, 0)
        below = BelowLimit.of(0, station, curves(chosen), levels)
        mean, sd = strength_given(s_gg[chosen], s_gy[chosen], height)
        gain, _ = over_strengths(mean[:, None], sd[:, None], [below])
        log_evidence += float(special.logsumexp(gain)) - math.log(STANDING) - log_alone(station)
    return log_evidence - math.log(len(each))
