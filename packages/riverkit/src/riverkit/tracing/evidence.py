"""The evidence of every start and duration of one release place, the strength integrated out in closed form.

For a prediction `q g` with readings y of precision W and the strength q normal(m0, s0²) cut to q ≥ 0, only
S_gg = gᵀWg and S_gy = gᵀWy matter; `correlation` has them for all starts and durations.
"""

import math

import numpy as np
from scipy import special

from riverkit.tracing.model import Floats, Ints, StrengthPrior

_LARGE = 30.0
"""Beyond this argument the normal distribution function is 1 in double precision, and exp(z²/2) still
finite."""


def log_bayes_factor(s_gg: Floats, s_gy: Floats, strength: StrengthPrior) -> Floats:
    """Log evidence of a release of unknown strength against no release, for any shape of S_gg and S_gy."""
    prior_precision = strength.sd_kg**-2
    root = np.sqrt(s_gg + prior_precision)
    z = (s_gy + strength.mean_kg * prior_precision) / root
    # ½z² + ln Φ(z) = ln(½ erfcx(-z/√2)): stable in the lower tail, and one function instead of two.
    tame = np.minimum(z, _LARGE)
    factor = special.erfcx(tame * -math.sqrt(0.5))
    factor /= root
    result: Floats = np.log(factor, out=factor)
    result += 0.5 * (z - tame) * (z + tame)
    prior_tail = float(special.erfcx(-strength.mean_kg / strength.sd_kg * math.sqrt(0.5)))
    result -= math.log(prior_tail * strength.sd_kg)
    return result


def leading_cells(
    s_gg: Floats,
    s_gy: Floats,
    strength: StrengthPrior,
    depth: float,
    log_prior: Floats | None = None,
    known: Floats | float = -math.inf,
) -> tuple[Ints, Floats]:
    """Numbers (in the raveled array) and log Bayes factors of the cells that can be within `depth` of the largest.

    By e^(z²/2) Φ(z) ≤ e^(z²/2) for z > 0 and ≤ 1/2 below, most cells need no special function.

    Args:
        s_gg, s_gy: shape [..., durations, starts]; before the last two axes, tables that do not compete.
        log_prior: added to every start's, -inf for what is excluded; shape [..., starts].
        known: a log Bayes factor that is reached elsewhere, for each table.
    """
    prior_precision = strength.sd_kg**-2
    bound = s_gy + strength.mean_kg * prior_precision
    np.maximum(bound, 0.0, out=bound)
    bound *= bound
    bound /= 2.0 * (s_gg + prior_precision)
    prior = np.zeros(s_gg.shape[-1]) if log_prior is None else log_prior
    bound += prior[..., None, :]
    priors = np.broadcast_to(prior[..., None, :], bound.shape)

    def weighed(cells: Ints) -> Floats:
        at = np.unravel_index(cells, bound.shape)
        return log_bayes_factor(s_gg[at], s_gy[at], strength) + priors[at]

    per_table = bound.shape[-2] * bound.shape[-1]
    tables = bound.reshape(-1, per_table)
    top = weighed(tables.argmax(axis=1) + per_table * np.arange(len(tables)))
    possible = np.flatnonzero(tables > (np.maximum(top, known) - depth + strength.log_positive)[:, None])
    return possible, weighed(possible)


def strength_given(s_gg: Floats, s_gy: Floats, strength: StrengthPrior) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the strength's normal, before the cut at zero."""
    precision = s_gg + strength.sd_kg**-2
    return (s_gy + strength.mean_kg * strength.sd_kg**-2) / precision, precision**-0.5


def strength_at(share: Floats, mean: Floats, sd: Floats) -> Floats:
    """The strength below which `share` of a normal cut at zero lies; exact however far the mean is below
    zero."""
    log_upper = np.log1p(-share) + special.log_ndtr(mean / sd)
    strength: Floats = np.maximum(mean - sd * special.ndtri_exp(log_upper), 0.0)
    return strength
