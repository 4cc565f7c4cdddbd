"""The parts of a network that its stations can tell apart, and how much of a load from each reaches each station."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riverkit.network import Location, Network, Regime
from riverkit.transport import LaplaceGrid, arrivals

Floats = NDArray[np.float64]

STEADY = LaplaceGrid(steps=2, dt_s=1.0, damping_per_s=1e-12)
"""Its first node is so near to s = 0 that months of travel change the share by a thousandth of a percent."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a reach without a station inside; its load is taken to enter in its middle."""

    middle: Location
    length_m: float


@dataclass(frozen=True, eq=False)
class Zone:
    """Pieces whose water passes the same stations.

    Where no channel divides, no station can separate them. Where one does, they may show in different proportions; but
    stations are too few to tell so many parts apart, so they are taken together all the same.

    Attributes:
        pieces: numbers of its pieces.
        seen_by: numbers of the stations that its water passes, nearest first; empty for what none sees.
        fed_by: numbers of the stations whose water flows into it first.
    """

    pieces: tuple[int, ...]
    seen_by: tuple[int, ...]
    fed_by: tuple[int, ...]


def cut(network: Network, stations: Sequence[Location]) -> list[Piece]:
    """All reaches, cut at the stations."""
    at: defaultdict[str, set[float]] = defaultdict(set)
    for station in stations:
        at[station.reach_id].add(station.chainage_m)
    pieces = []
    for reach in network.reaches:
        ends = sorted({0.0, *at[reach.id], reach.length_m})
        pieces += [
            Piece(Location(reach.id, 0.5 * (upper + lower)), lower - upper)
            for upper, lower in itertools.pairwise(ends)
        ]
    return pieces


def delivered(
    network: Network, stations: Sequence[Location], sources: Sequence[Location], decay_per_s: float
) -> Floats:
    """Share of a steady load that reaches each station: shape [stations, sources].

    Without decay only the way of the water matters, so velocities and dispersions need not be known, nor the
    flow be free.
    """
    if decay_per_s == 0:
        network = Network.build(
            replace(reach, velocity_m_s=1.0, dispersion_m2s=1.0, volume_m3=None, regime=Regime.FREE)
            for reach in network.reaches
        )
    share = np.zeros((len(stations), len(sources)))
    for number, rows in arrivals(network, stations, sources, STEADY, decay_per_s=decay_per_s):
        share[:, number] = rows[:, 0].real
    return share


def zones(network: Network, stations: Sequence[Location], pieces: Sequence[Piece]) -> list[Zone]:
    """Group the pieces by the stations that see them; those that none sees come last."""
    passing = delivered(network, stations, [piece.middle for piece in pieces], 0.0)
    groups: defaultdict[tuple[bool, ...], list[int]] = defaultdict(list)
    for number, column in enumerate((passing > 0).T.tolist()):
        groups[tuple(column)].append(number)
    below = delivered(network, stations, stations, 0.0) > 0
    # Of two stations at the same place each would lie above the other; the first counts as the upper one.
    below &= ~(below & below.T) | np.tri(len(stations), dtype=bool)
    found = []
    for pattern, members in groups.items():
        seeing = np.flatnonzero(pattern)
        # The nearest station is the one with most others of those that see the zone below it.
        nearest_first = seeing[np.argsort(-below[np.ix_(seeing, seeing)].sum(axis=0), kind="stable")]
        found.append(
            Zone(
                pieces=tuple(members),
                seen_by=tuple(nearest_first.tolist()),
                fed_by=_feeding(below, nearest_first),
            )
        )
    return sorted(found, key=lambda zone: (not zone.seen_by, zone.pieces))


def _feeding(below: NDArray[np.bool_], nearest_first: NDArray[np.int64]) -> tuple[int, ...]:
    """The stations next above the nearest one that sees the zone."""
    if not len(nearest_first):
        return ()
    nearest = int(nearest_first[0])
    above = [row for row in np.flatnonzero(below[nearest]).tolist() if row != nearest]
    return tuple(row for row in above if not any(below[other, row] for other in above if other != row))
