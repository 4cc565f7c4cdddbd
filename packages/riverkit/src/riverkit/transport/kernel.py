"""The transfer function of one reach: advection, dispersion and first-order decay in steady flow."""

from typing import NamedTuple

import numpy as np

from riverkit.errors import TransportError
from riverkit.transport.memory import Complex as Complex
from riverkit.transport.memory import Memory, refuse_impossible_memory, slowed


def reach_transfer(
    s: Complex,
    length_m: float,
    velocity_m_s: float,
    dispersion_m2s: float,
    decay_per_s: float = 0.0,
    storage: Memory | None = None,
) -> Complex:
    """Laplace transform of what leaves a reach for a unit mass that enters its upper end at time 0.

    The channel is taken as semi-infinite, so that nothing returns from below; two reaches in a row multiply.
    The inverse is the inverse Gaussian density of first passage times `L/sqrt(4πDt³) exp(-(L - ut)²/4Dt)`.

    Everything that happens on the way besides transport enters through the rate alone. It is r = s + decay;
    with dead zones, where the same decay goes on, r (1 + g(r)): exact, with no further state.

    Args:
        s: Laplace variable in 1/s.
        length_m: length of the (part of the) reach; 0 gives 1.
        velocity_m_s: mean velocity, above 0.
        dispersion_m2s: longitudinal dispersion; 0 is plug flow.
        decay_per_s: first-order loss.
        storage: dead zones along the reach.

    Returns:
        H(s), dimensionless, of the shape of `s`.

    Raises:
        TransportError: a parameter lies outside its range.
    """
    _refuse_impossible(length_m, velocity_m_s, dispersion_m2s, decay_per_s, storage)
    rate = slowed(s + decay_per_s, storage)
    return passage(rate, root(rate, velocity_m_s, dispersion_m2s), length_m / velocity_m_s)


def root(rate: Complex, velocity_m_s: float, dispersion_m2s: float) -> Complex:
    """p = sqrt(1 + 4D·rate/u²), which tells how a reach weighs dispersion against the flow; 1 in plug flow."""
    found: Complex = np.sqrt(1.0 + (4.0 * dispersion_m2s / velocity_m_s**2) * rate)
    return found


def passage(rate: Complex, root: Complex, time_s: float) -> Complex:
    """H for a reach that plain water passes in `time_s`.

    It is exp[(uL/2D)(1 - p)], written without the difference that cancels for small D.
    """
    transfer: Complex = np.exp((-2.0 * time_s) * rate / (1.0 + root))
    return transfer


def lake_transfer(s: Complex, residence_s: float, decay_per_s: float = 0.0) -> Complex:
    """Laplace transform of what leaves a lake, mixed throughout, for a unit mass that enters it at time 0.

    Args:
        s: Laplace variable in 1/s.
        residence_s: its volume over its discharge.
        decay_per_s: first-order loss.

    Raises:
        TransportError: a parameter lies outside its range.
    """
    if not (residence_s >= 0 and decay_per_s >= 0):
        raise TransportError(
            f"No lake with a residence of {residence_s} s and a decay of {decay_per_s} 1/s: give numbers of at least 0."
        )
    transfer: Complex = 1.0 / (1.0 + (s + decay_per_s) * residence_s)
    return transfer


class Cumulants(NamedTuple):
    """First three cumulants of a travel time: mean (s), variance (s²), third central moment (s³)."""

    mean_s: float
    variance_s2: float
    third_s3: float


def reach_cumulants(
    length_m: float, velocity_m_s: float, dispersion_m2s: float, storage: Memory | None = None
) -> Cumulants:
    """Cumulants of the travel time through a reach without decay; those of consecutive reaches add."""
    _refuse_impossible(length_m, velocity_m_s, dispersion_m2s, 0.0, storage)
    time_s = length_m / velocity_m_s
    spread_s = dispersion_m2s / velocity_m_s**2
    if storage is None:
        return Cumulants(time_s, 2.0 * time_s * spread_s, 12.0 * time_s * spread_s**2)
    held, wait, late = storage.retention
    slower = 1.0 + held
    return Cumulants(
        time_s * slower,
        2.0 * time_s * (wait + spread_s * slower**2),
        6.0 * time_s * (late + 2.0 * spread_s * slower * wait + 2.0 * spread_s**2 * slower**3),
    )


def lake_cumulants(residence_s: float) -> Cumulants:
    """Cumulants of the time spent in a mixed lake."""
    return Cumulants(residence_s, residence_s**2, 2.0 * residence_s**3)


def _refuse_impossible(
    length_m: float,
    velocity_m_s: float,
    dispersion_m2s: float,
    decay_per_s: float,
    storage: Memory | None,
) -> None:
    # `not >=` instead of `<`, so that NaN is refused too.
    if not (velocity_m_s > 0 and length_m >= 0 and dispersion_m2s >= 0 and decay_per_s >= 0):
        raise TransportError(
            f"No transport with length {length_m} m, velocity {velocity_m_s} m/s, dispersion "
            f"{dispersion_m2s} m²/s, decay {decay_per_s} 1/s: the velocity must be above 0, the others not "
            f"below 0."
        )
    refuse_impossible_memory(storage)
