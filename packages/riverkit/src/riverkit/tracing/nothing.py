"""The evidence that no release in this network explains the readings."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from riverkit.tracing.evidence import log_bayes_factor
from riverkit.tracing.model import StrengthPrior
from riverkit.tracing.readings import Readings

BUMP_WIDTHS = (1 / 4, 1 / 8, 1 / 16)
"""Standard deviations of the bump as shares of the station's record."""

BUMP_CENTRES = 64


def log_evidence_of_nothing(stations: Sequence[Readings]) -> float:
    """Log evidence against the background alone, half of the belief on each of two explanations.

    One is the background alone. The other gives every station a smooth bump of its own, of unknown time,
    width and height, unconnected with the other stations: what something outside this network or this model
    might look like. Without it a poor best candidate would be certain for want of any other explanation.
    """
    bumps = sum(_log_evidence_of_bump(station) for station in stations)
    return float(np.logaddexp(0.0, bumps)) - math.log(2.0)


def _log_evidence_of_bump(station: Readings) -> float:
    first, last = station.time_s[0], station.time_s[-1]
    centres = np.linspace(first, last, BUMP_CENTRES)
    widths = np.array(BUMP_WIDTHS) * max(last - first, 1.0)
    bumps = np.exp(-0.5 * ((station.time_s - centres[:, None]) / widths[:, None, None]) ** 2)
    s_gy = bumps @ station.weighted
    s_gg = bumps**2 @ station.weight - ((bumps @ station.projections.T) ** 2).sum(axis=-1)
    height = StrengthPrior(0.0, station.rise)
    each = log_bayes_factor(np.maximum(s_gg, 0.0), s_gy, height)
    return float(special.logsumexp(each)) - math.log(each.size)
