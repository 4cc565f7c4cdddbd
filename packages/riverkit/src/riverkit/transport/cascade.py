"""From every source to every station in one pass up the network.

The quantity carried is R, the transform of the mass rate at a station for a unit mass released upstream:
`R(station) = 1` and `R(v) = Σ over reaches leaving v of share · H(s) · R(lower end)`. Mass is conserved, so
dilution needs nothing more: the concentration at the station is R divided by the discharge there.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riverkit.network import Location, Network
from riverkit.transport.carriers import (
    BackDispersion,
    Factor,
    Hydraulics,
    Memories,
    RawMoments,
    Transforms,
)
from riverkit.transport.laplace import LaplaceGrid
from riverkit.transport.memory import Complex
from riverkit.transport.sweep import sweep


class Moments(NamedTuple):
    """Travel from sources (last axis) to stations; NaN where the water does not pass the station."""

    share: NDArray[np.float64]
    mean_s: NDArray[np.float64]
    sigma_s: NDArray[np.float64]


def arrivals(
    network: Network,
    stations: Sequence[Location],
    sources: Sequence[Location],
    grid: LaplaceGrid,
    *,
    decay_per_s: float = 0.0,
    velocity_factor: Factor = 1.0,
    dispersion_factor: Factor = 1.0,
    storage: Memories = None,
    back_dispersion: bool = False,
) -> Iterator[tuple[int, Complex]]:
    """Yield every source's number with its responses at all stations, shape [stations, nodes of the grid].

    Sources come in the order in which the pass meets them, so that a caller with thousands of them need not
    hold all responses at once. A station that does not lie downstream of a source has a row of zeros. In a lake
    (a reach with a volume) all places are one.

    Args:
        network: reaches on the way need a velocity and a dispersion, lakes a discharge.
        decay_per_s: first-order loss, the same everywhere.
        velocity_factor, dispersion_factor: multiply the network's own values, on all reaches or each; lakes keep
            their volume and flow.
        storage: dead zones, the same everywhere or for each reach.
        back_dispersion: let dispersion act back across joints and, from a release inside a reach, upstream
            (docs/design/transport.md tells how little that changes). It needs discharges at all joints.

    Raises:
        TransportError: a place lies outside its reach; a reach on the way lacks a velocity or a dispersion,
            or is in backwater, gated or tidal, where a steady-flow kernel is not applicable.
    """
    hydraulics = Hydraulics(network, velocity_factor, dispersion_factor, storage)
    kind = BackDispersion if back_dispersion else Transforms
    carrier = kind(network, [hydraulics], grid.s, decay_per_s)
    for number, found in sweep(network, stations, sources, carrier):
        rates = np.zeros((len(stations), len(grid.s)), dtype=np.complex128)
        rates[:, : found.shape[-1]] = found[:, 0]
        yield number, rates


def arrivals_together(
    network: Network,
    stations: Sequence[Location],
    sources: Sequence[Location],
    grid: LaplaceGrid,
    settings: Sequence[Hydraulics],
    *,
    decay_per_s: float = 0.0,
) -> Iterator[tuple[int, Complex]]:
    """`arrivals` under several hydraulics in one pass: shape [settings, stations, nodes of the grid].

    With few nodes the time is in calls, and one call serves all settings; memory is that of all settings.
    """
    for number, found in sweep(
        network, stations, sources, Transforms(network, settings, grid.s, decay_per_s)
    ):
        rates = np.zeros((len(settings), len(stations), len(grid.s)), dtype=np.complex128)
        rates[..., : found.shape[-1]] = found.swapaxes(0, 1)
        yield number, rates


def responses(
    network: Network,
    station: Location,
    sources: Sequence[Location],
    grid: LaplaceGrid,
    *,
    decay_per_s: float = 0.0,
    velocity_factor: Factor = 1.0,
    dispersion_factor: Factor = 1.0,
    storage: Memories = None,
    back_dispersion: bool = False,
) -> Complex:
    """Mass rate at one station per unit mass released at each source, as transforms: shape [sources, nodes].

    `grid.invert` of a row is the mass rate (1/s) over time; divided by the station's discharge it is the
    concentration of a unit release. See `arrivals` for the arguments and errors.
    """
    result = np.zeros((len(sources), len(grid.s)), dtype=np.complex128)
    for number, rows in arrivals(
        network,
        [station],
        sources,
        grid,
        decay_per_s=decay_per_s,
        velocity_factor=velocity_factor,
        dispersion_factor=dispersion_factor,
        storage=storage,
        back_dispersion=back_dispersion,
    ):
        result[number] = rows[0]
    return result


def moments(
    network: Network,
    station: Location,
    sources: Sequence[Location],
    *,
    velocity_factor: Factor = 1.0,
    dispersion_factor: Factor = 1.0,
    storage: Memories = None,
) -> Moments:
    """Share of the mass that passes the station, mean and standard deviation of its travel time, without
    decay.

    Where channels divide and meet again, the moments are those of the mixture of ways. Errors as in
    `arrivals`.
    """
    found = moments_together(
        network,
        [station],
        sources,
        velocity_factor=velocity_factor,
        dispersion_factor=dispersion_factor,
        storage=storage,
    )
    return Moments(*(each[0] for each in found))


def moments_together(
    network: Network,
    stations: Sequence[Location],
    sources: Sequence[Location],
    *,
    velocity_factor: Factor = 1.0,
    dispersion_factor: Factor = 1.0,
    storage: Memories = None,
) -> Moments:
    """`moments` at several stations in one pass: arrays of shape [stations, sources]."""
    hydraulics = Hydraulics(network, velocity_factor, dispersion_factor, storage)
    raw = np.zeros((3, len(stations), len(sources)))
    for number, rows in sweep(network, stations, sources, RawMoments(network, hydraulics)):
        if rows.shape[-1] == 3:
            raw[:, :, number] = rows.T
    share = raw[0]
    reached = np.where(share > 0, share, np.nan)
    mean = raw[1] / reached
    variance = raw[2] / reached - mean**2
    # A source at the station itself has variance 0, which rounding can turn slightly negative.
    return Moments(share, mean, np.sqrt(np.maximum(variance, 0.0)))
