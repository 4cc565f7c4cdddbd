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
    s_gg: Floats, s_gy: Floats, strength: StrengthPrior, depth: float, log_prior: Floats | None = None
) -> tuple[Ints, Floats]:
    """Numbers (in the raveled array) and log Bayes factors of the cells that can be within `depth` of the largest.

    By e^(z²/2) Φ(z) ≤ e^(z²/2) for z > 0 and ≤ 1/2 below, most cells need no special function. A `log_prior` of
    every column is added, -inf for what is excluded.
    """
    prior_precision = strength.sd_kg**-2
    bound = s_gy + strength.mean_kg * prior_precision
    np.maximum(bound, 0.0, out=bound)
    bound *= bound
    bound /= 2.0 * (s_gg + prior_precision)
    if log_prior is not None:
        bound += log_prior
    bound, s_gg, s_gy = bound.ravel(), s_gg.ravel(), s_gy.ravel()

    def weighed(cells: Ints) -> Floats:
        found = log_bayes_factor(s_gg[cells], s_gy[cells], strength)
        return found if log_prior is None else found + log_prior[cells % len(log_prior)]

    top = float(weighed(np.array([np.argmax(bound)]))[0])
    tail = float(special.log_ndtr(strength.mean_kg / strength.sd_kg))
    possible = np.flatnonzero(bound > top - depth + tail)
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
