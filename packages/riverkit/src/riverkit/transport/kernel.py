"""The transfer function of one reach: advection, dispersion and first-order decay in steady flow."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import TransportError

Complex = NDArray[np.complex128]


def reach_transfer(
    s: Complex, length_m: float, velocity_m_s: float, dispersion_m2s: float, decay_per_s: float = 0.0
) -> Complex:
    """Laplace transform of what leaves a reach for a unit mass that enters its upper end at time 0.

    The channel is taken as semi-infinite, so that nothing returns from below; two reaches in a row multiply.
    The inverse is the inverse Gaussian density of first passage times `L/sqrt(4πDt³) exp(-(L - ut)²/4Dt)`.

    Everything that happens on the way besides transport enters through the rate `s + decay` alone:
    first-order storage or another memory of the channel replaces that rate by a function of `s` (Bencala &
    Walters 1983).

    Args:
        s: Laplace variable in 1/s.
        length_m: length of the (part of the) reach; 0 gives 1.
        velocity_m_s: mean velocity, above 0.
        dispersion_m2s: longitudinal dispersion; 0 is plug flow.
        decay_per_s: first-order loss.

    Returns:
        H(s), dimensionless, of the shape of `s`.

    Raises:
        TransportError: a parameter lies outside its range.
    """
    _refuse_impossible(length_m, velocity_m_s, dispersion_m2s, decay_per_s)
    rate = s + decay_per_s
    # (uL/2D)(1 - sqrt(1 + z)) with z = 4D·rate/u², written without the difference that cancels for small D.
    root = np.sqrt(1.0 + (4.0 * dispersion_m2s / velocity_m_s**2) * rate)
    transfer: Complex = np.exp((-2.0 * length_m / velocity_m_s) * rate / (1.0 + root))
    return transfer


class Cumulants(NamedTuple):
    """First three cumulants of a travel time: mean (s), variance (s²), third central moment (s³)."""

    mean_s: float
    variance_s2: float
    third_s3: float


def reach_cumulants(length_m: float, velocity_m_s: float, dispersion_m2s: float) -> Cumulants:
    """Cumulants of the travel time through a reach without decay; those of consecutive reaches add."""
    _refuse_impossible(length_m, velocity_m_s, dispersion_m2s, 0.0)
    mean = length_m / velocity_m_s
    spread = dispersion_m2s / velocity_m_s**2
    return Cumulants(mean, 2.0 * mean * spread, 12.0 * mean * spread**2)


def _refuse_impossible(
    length_m: float, velocity_m_s: float, dispersion_m2s: float, decay_per_s: float
) -> None:
    # `not >=` instead of `<`, so that NaN is refused too.
    if not (velocity_m_s > 0 and length_m >= 0 and dispersion_m2s >= 0 and decay_per_s >= 0):
        raise TransportError(
            f"No transport with length {length_m} m, velocity {velocity_m_s} m/s, dispersion "
            f"{dispersion_m2s} m²/s, decay {decay_per_s} 1/s: the velocity must be above 0, the others not "
            f"below 0."
        )
