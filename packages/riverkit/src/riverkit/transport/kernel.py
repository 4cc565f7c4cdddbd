"""The transfer function of one reach: advection, dispersion and first-order decay in steady flow."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import TransportError

Complex = NDArray[np.complex128]


class Storage(NamedTuple):
    """Dead zones that exchange water with the channel (Bencala & Walters 1983).

    Attributes:
        share: their cross-section over the channel's (β), above 0.
        exchange_per_s: share of the channel's water exchanged in a second (α), above 0.
    """

    share: float
    exchange_per_s: float


def reach_transfer(
    s: Complex,
    length_m: float,
    velocity_m_s: float,
    dispersion_m2s: float,
    decay_per_s: float = 0.0,
    storage: Storage | None = None,
) -> Complex:
    """Laplace transform of what leaves a reach for a unit mass that enters its upper end at time 0.

    The channel is taken as semi-infinite, so that nothing returns from below; two reaches in a row multiply.
    The inverse is the inverse Gaussian density of first passage times `L/sqrt(4πDt³) exp(-(L - ut)²/4Dt)`.

    Everything that happens on the way besides transport enters through the rate alone. It is r = s + decay;
    with dead zones, where the same decay goes on, r + αr / (r + α/β): exact, with no further state.

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
    rate = s + decay_per_s
    if storage is not None:
        rate = rate * (1.0 + storage.exchange_per_s / (rate + storage.exchange_per_s / storage.share))
    # (uL/2D)(1 - sqrt(1 + z)) with z = 4D·rate/u², written without the difference that cancels for small D.
    root = np.sqrt(1.0 + (4.0 * dispersion_m2s / velocity_m_s**2) * rate)
    transfer: Complex = np.exp((-2.0 * length_m / velocity_m_s) * rate / (1.0 + root))
    return transfer


class Cumulants(NamedTuple):
    """First three cumulants of a travel time: mean (s), variance (s²), third central moment (s³)."""

    mean_s: float
    variance_s2: float
    third_s3: float


def reach_cumulants(
    length_m: float, velocity_m_s: float, dispersion_m2s: float, storage: Storage | None = None
) -> Cumulants:
    """Cumulants of the travel time through a reach without decay; those of consecutive reaches add."""
    _refuse_impossible(length_m, velocity_m_s, dispersion_m2s, 0.0, storage)
    mean = length_m / velocity_m_s
    spread = dispersion_m2s / velocity_m_s**2
    if storage is None:
        return Cumulants(mean, 2.0 * mean * spread, 12.0 * mean * spread**2)
    slower, wait = 1.0 + storage.share, storage.share**2 / storage.exchange_per_s
    third = 6.0 * mean * (storage.share * wait / storage.exchange_per_s + 2.0 * spread * slower * wait)
    return Cumulants(
        mean * slower,
        2.0 * mean * (wait + spread * slower**2),
        third + 12.0 * mean * spread**2 * slower**3,
    )


def _refuse_impossible(
    length_m: float,
    velocity_m_s: float,
    dispersion_m2s: float,
    decay_per_s: float,
    storage: Storage | None,
) -> None:
    # `not >=` instead of `<`, so that NaN is refused too.
    if not (velocity_m_s > 0 and length_m >= 0 and dispersion_m2s >= 0 and decay_per_s >= 0):
        raise TransportError(
            f"No transport with length {length_m} m, velocity {velocity_m_s} m/s, dispersion "
            f"{dispersion_m2s} m²/s, decay {decay_per_s} 1/s: the velocity must be above 0, the others not "
            f"below 0."
        )
    if storage is not None and not min(storage) > 0:
        raise TransportError(f"No transport with {storage}: share and exchange must be above 0.")
