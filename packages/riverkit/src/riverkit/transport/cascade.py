"""From every source to every station in one pass up the network.

The quantity carried is R, the transform of the mass rate at a station for a unit mass released upstream:
`R(station) = 1` and `R(v) = Σ over reaches leaving v of share · H(s) · R(lower end)`. Mass is conserved, so
dilution needs nothing more: the concentration at the station is R divided by the discharge there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import NetworkError, TransportError
from riverkit.network import Location, Network, Regime
from riverkit.transport.kernel import Complex, Storage, reach_cumulants, reach_transfer
from riverkit.transport.laplace import LaplaceGrid

Factor = float | NDArray[np.float64]
"""One factor for all reaches, or one for each in the order of `Network.reaches`."""

_Number = TypeVar("_Number", np.complex128, np.float64)


class Moments(NamedTuple):
    """Travel from sources to one station; arrays over sources, NaN where the water does not pass the
    station."""

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
    storage: Storage | None = None,
) -> Iterator[tuple[int, Complex]]:
    """Yield every source's number with its responses at all stations, shape [stations, nodes of the grid].

    Sources come in the order in which the pass meets them, so that a caller with thousands of them need not
    hold all responses at once. A station that does not lie downstream of a source has a row of zeros.

    Args:
        network: reaches on the way need a velocity and a dispersion.
        decay_per_s: first-order loss, the same everywhere.
        velocity_factor, dispersion_factor: multiply the network's own values, on all reaches or each.
        storage: dead zones, the same everywhere.

    Raises:
        TransportError: a place lies outside its reach; a reach on the way lacks a velocity or a dispersion,
            or is in backwater, gated or tidal, where a steady-flow kernel is not applicable.
    """
    velocity = network.arrays.velocity_m_s * velocity_factor
    dispersion = network.arrays.dispersion_m2s * dispersion_factor

    def carry(row: int, length_m: float, below: Complex) -> Complex:
        transfer = reach_transfer(
            grid.s, length_m, float(velocity[row]), float(dispersion[row]), decay_per_s, storage
        )
        carried: Complex = below * transfer
        return carried

    return _sweep(network, stations, sources, np.ones(len(grid.s), dtype=np.complex128), carry)


def responses(
    network: Network,
    station: Location,
    sources: Sequence[Location],
    grid: LaplaceGrid,
    *,
    decay_per_s: float = 0.0,
    velocity_factor: Factor = 1.0,
    dispersion_factor: Factor = 1.0,
    storage: Storage | None = None,
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
    storage: Storage | None = None,
) -> Moments:
    """Share of the mass that passes the station, mean and standard deviation of its travel time, without
    decay.

    Where channels divide and meet again, the moments are those of the mixture of ways. Errors as in
    `arrivals`.
    """
    velocity = network.arrays.velocity_m_s * velocity_factor
    dispersion = network.arrays.dispersion_m2s * dispersion_factor

    def carry(row: int, length_m: float, below: NDArray[np.float64]) -> NDArray[np.float64]:
        reach = reach_cumulants(length_m, float(velocity[row]), float(dispersion[row]), storage)
        mass, first, second = below[..., 0], below[..., 1], below[..., 2]
        square = reach.mean_s**2 + reach.variance_s2
        return np.stack(
            [mass, first + reach.mean_s * mass, second + 2.0 * reach.mean_s * first + square * mass], axis=-1
        )

    raw = np.zeros((len(sources), 3))
    for number, rows in _sweep(network, [station], sources, np.array([1.0, 0.0, 0.0]), carry):
        raw[number] = rows[0]
    share = raw[:, 0]
    reached = np.where(share > 0, share, np.nan)
    mean = raw[:, 1] / reached
    variance = raw[:, 2] / reached - mean**2
    # A source at the station itself has variance 0, which rounding can turn slightly negative.
    return Moments(share, mean, np.sqrt(np.maximum(variance, 0.0)))


def _sweep(
    network: Network,
    stations: Sequence[Location],
    sources: Sequence[Location],
    unit: NDArray[_Number],
    carry: Callable[[int, float, NDArray[_Number]], NDArray[_Number]],
) -> Iterator[tuple[int, NDArray[_Number]]]:
    """The upward pass for any linear quantity: `unit` at a station, `carry(row, length, below)` up a
    reach."""
    stations_on = _by_reach(network, stations, "station")
    sources_on = _by_reach(network, sources, "source")
    arrays = network.arrays
    passed = _nodes_below(network, sources_on)
    seen = _nodes_above(network, stations_on)
    waiting = np.bincount(arrays.down_node, minlength=len(arrays.node_ids))
    _refuse_unusable(network, stations_on, sources_on, passed, seen)

    nowhere = np.zeros((len(stations), len(unit)), dtype=unit.dtype)
    at_node: dict[int, NDArray[_Number]] = {}
    for row in reversed(range(len(network))):
        up, down = int(arrays.up_node[row]), int(arrays.down_node[row])
        below = at_node.get(down)
        starts = [(number, place.chainage_m) for number, place in sources_on.get(row, ())]
        if passed[up]:
            starts.append((-1, 0.0))
        for number, chainage in starts:
            rates = nowhere.copy()
            if below is not None:
                rates += carry(row, network.reaches[row].length_m - chainage, below)
            for station, place in stations_on.get(row, ()):
                if place.chainage_m >= chainage:
                    rates[station] += carry(row, place.chainage_m - chainage, unit)
            if number >= 0:
                yield number, rates
            elif below is not None or row in stations_on:
                share = arrays.flow_share[row]
                at_node[up] = at_node[up] + share * rates if up in at_node else share * rates
        waiting[down] -= 1
        if not waiting[down]:
            # Nothing above will ask again: only the moving front of the pass stays in memory.
            at_node.pop(down, None)


def _by_reach(
    network: Network, places: Sequence[Location], what: str
) -> defaultdict[int, list[tuple[int, Location]]]:
    found: defaultdict[int, list[tuple[int, Location]]] = defaultdict(list)
    for number, place in enumerate(places):
        try:
            row = network.index(place.reach_id)
        except NetworkError as error:
            raise TransportError(f"The {what} number {number + 1}: {error}") from error
        length = network.reaches[row].length_m
        if not 0 <= place.chainage_m <= length:
            raise TransportError(
                f"The {what} number {number + 1} lies at {place.chainage_m} m of reach {place.reach_id!r}, "
                f"which is {length} m long. Give a chainage of 0 … {length}."
            )
        found[row].append((number, place))
    return found


def _nodes_below(network: Network, on: defaultdict[int, list[tuple[int, Location]]]) -> NDArray[np.bool_]:
    """Nodes that water from a source passes."""
    arrays = network.arrays
    nodes = np.zeros(len(arrays.node_ids), dtype=bool)
    for row in range(len(network)):
        if row in on or nodes[arrays.up_node[row]]:
            nodes[arrays.down_node[row]] = True
    return nodes


def _nodes_above(network: Network, on: defaultdict[int, list[tuple[int, Location]]]) -> NDArray[np.bool_]:
    """Nodes whose water passes a station."""
    arrays = network.arrays
    nodes = np.zeros(len(arrays.node_ids), dtype=bool)
    for row in reversed(range(len(network))):
        if row in on or nodes[arrays.down_node[row]]:
            nodes[arrays.up_node[row]] = True
    return nodes


def _refuse_unusable(
    network: Network,
    stations_on: defaultdict[int, list[tuple[int, Location]]],
    sources_on: defaultdict[int, list[tuple[int, Location]]],
    passed: NDArray[np.bool_],
    seen: NDArray[np.bool_],
) -> None:
    """Refuse what lies between a source and a station and cannot be computed, all of it at once."""
    arrays = network.arrays
    blind, not_free = [], []
    for row, reach in enumerate(network.reaches):
        from_source = bool(passed[arrays.up_node[row]]) or row in sources_on
        to_station = bool(seen[arrays.down_node[row]]) or row in stations_on
        if not (from_source and to_station):
            continue
        if reach.velocity_m_s is None or reach.dispersion_m2s is None:
            blind.append(reach.id)
        if reach.regime is not Regime.FREE:
            not_free.append(f"{reach.id} ({reach.regime.value})")
    if not_free:
        raise TransportError(
            f"Not applicable: reaches {', '.join(not_free)} lie between a source and a station, and a "
            f"steady-flow kernel does not hold there. Leave out the sources above them or the stations below "
            f"them, or use a numerical solver."
        )
    if blind:
        raise TransportError(
            f"Reaches {', '.join(blind)} lie between a source and a station but have no velocity or no "
            f"dispersion. Give both, or let `riverkit.network.estimate_hydraulics` fill them."
        )
