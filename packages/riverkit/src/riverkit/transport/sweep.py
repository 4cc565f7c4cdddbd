"""The one pass up the network that serves all sources and all stations, for any linear quantity."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import NetworkError, TransportError
from riverkit.network import Location, Network, Reach, Regime

_Number = TypeVar("_Number", np.complex128, np.float64)
NAMED = 5
"""So many reaches are named in an error."""

_Places = defaultdict[int, list[tuple[int, Location]]]


class Carrier(ABC, Generic[_Number]):
    """What is carried up the network: arrays of shape [stations, …, n], where n may shrink on the way.

    Attributes:
        unit: its value at a station, shape […, n].
        is_lake: of each reach.
    """

    def __init__(self, network: Network, unit: NDArray[_Number]) -> None:
        self.network = network
        self.unit: NDArray[_Number] = unit
        self.is_lake: list[bool] = (~np.isnan(network.arrays.volume_m3)).tolist()
        self._share = (network.arrays.flow_share * network.arrays.kept_share).tolist()

    def nothing(self, n_stations: int, length: int = 1) -> NDArray[_Number]:
        """What comes from no station."""
        return np.zeros((n_stations, *self.unit.shape[:-1], length), dtype=self.unit.dtype)

    @abstractmethod
    def carry(self, row: int, length_m: float, below: NDArray[_Number], from_node: bool) -> NDArray[_Number]:
        """From below a stretch of a reach to above it; `from_node`: from the node at the reach's lower end."""

    def gather(self, node: int, leaving: Sequence[tuple[int, NDArray[_Number]]]) -> NDArray[_Number]:
        """The value at a node from those at the heads of the reaches (row, value) that leave it."""
        return add([self._share[row] * value for row, value in leaving])

    def release(self, row: int, value: NDArray[_Number]) -> NDArray[_Number]:
        """The value for a release inside a reach, given that for water which passes there."""
        return value


def add(values: Sequence[NDArray[_Number]]) -> NDArray[_Number]:
    """The sum of arrays of unlike last length; what is missing counts as 0."""
    if len(values) == 1:
        return values[0]
    total = max(values, key=lambda value: value.shape[-1]).copy()
    total[:] = 0
    for value in values:
        total[..., : value.shape[-1]] += value
    return total


def sweep(
    network: Network, stations: Sequence[Location], sources: Sequence[Location], carrier: Carrier[_Number]
) -> Iterator[tuple[int, NDArray[_Number]]]:
    """Yield every source's number with the quantity carried to it from all stations.

    Raises:
        TransportError: as in `arrivals`.
    """
    stations_on = _by_reach(network, stations, "station")
    sources_on = _by_reach(network, sources, "source")
    arrays = network.arrays
    up_node, down_node = arrays.up_node.tolist(), arrays.down_node.tolist()
    between = _between(network, stations_on, sources_on)
    _refuse_unusable(network, between)
    for row, places in sources_on.items():
        if not between[row]:
            for number, _ in places:
                yield number, carrier.nothing(len(stations))
    rows = [row for row in reversed(range(len(network))) if between[row]]
    wanted = {up_node[row] for row in rows} & {down_node[row] for row in rows}
    waiting: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        waiting[down_node[row]] += 1

    leaving: defaultdict[int, list[tuple[int, NDArray[_Number]]]] = defaultdict(list)
    at_node: dict[int, NDArray[_Number]] = {}
    for row in rows:
        up, down, length = up_node[row], down_node[row], network.reaches[row].length_m
        if down in leaving:
            at_node[down] = carrier.gather(down, leaving.pop(down))

        # Sources on a node are as many as reaches in many a use: the head of a reach is carried to once.
        chainages = {place.chainage_m for _, place in sources_on.get(row, ())} | (
            {0.0} if up in wanted else set()
        )
        own = [(number, place.chainage_m) for number, place in stations_on.get(row, ())]
        values = _on_reach(carrier, row, length, at_node.get(down), own, len(stations), chainages)
        for number, place in sources_on.get(row, ()):
            value = values.get(place.chainage_m)
            if value is None:
                yield number, carrier.nothing(len(stations))
            else:
                yield number, value if place.chainage_m <= 0 else carrier.release(row, value)
        if up in wanted and 0.0 in values:
            leaving[up].append((row, values[0.0]))
        waiting[down] -= 1
        if not waiting[down]:
            # Nothing above will ask again: only the moving front of the pass stays in memory.
            at_node.pop(down, None)


def _on_reach(
    carrier: Carrier[_Number],
    row: int,
    length_m: float,
    below: NDArray[_Number] | None,
    stations: Sequence[tuple[int, float]],
    n_stations: int,
    chainages: set[float],
) -> dict[float, NDArray[_Number]]:
    """The values at places of a reach from which water passes any station, by chainage.

    They are carried from one place to the next one up, so that hundreds of stations on a reach, as a boat makes, cost
    each place no more than one carry of all of them. In a lake all places are one: each begins at the outlet.
    """
    is_lake = carrier.is_lake[row]
    values: dict[float, NDArray[_Number]] = {}
    ahead = sorted(stations, key=lambda station: station[1])
    carried, at_m, from_node = below, length_m, True
    for chainage in sorted(chainages, reverse=True):
        parts = [] if carried is None else [carrier.carry(row, at_m - chainage, carried, from_node)]
        met = [(number, at - chainage) for number, at in ahead if at >= chainage or is_lake]
        if met:
            parts.append(_begun(carrier, row, met, n_stations))
        if parts:
            values[chainage] = add(parts)
            if not is_lake:
                ahead = ahead[: len(ahead) - len(met)]
                carried, at_m, from_node = values[chainage], chainage, False
    return values


def _begun(
    carrier: Carrier[_Number], row: int, stations: Sequence[tuple[int, float]], n_stations: int
) -> NDArray[_Number]:
    """What is carried up a reach from stations on it (number, distance): each in its own row, the others 0."""
    begun = [
        (number, carrier.carry(row, abs(away), carrier.unit[None], False)[0]) for number, away in stations
    ]
    found = carrier.nothing(n_stations, max(each.shape[-1] for _, each in begun))
    for number, each in begun:
        found[number, ..., : each.shape[-1]] = each
    return found


def _by_reach(network: Network, places: Sequence[Location], what: str) -> _Places:
    found: _Places = defaultdict(list)
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


def _between(network: Network, stations_on: _Places, sources_on: _Places) -> list[bool]:
    """Reaches, or some of each, on a way from a source to a station."""
    up, down = network.arrays.up_node.tolist(), network.arrays.down_node.tolist()
    rows = range(len(network))
    passed = [False] * len(network.arrays.node_ids)
    from_source = [False] * len(network)
    for row in rows:
        from_source[row] = passed[up[row]] or row in sources_on
        if from_source[row]:
            passed[down[row]] = True
    seen = [False] * len(network.arrays.node_ids)
    between = [False] * len(network)
    for row in reversed(rows):
        to_station = seen[down[row]] or row in stations_on
        if to_station:
            seen[up[row]] = True
        between[row] = to_station and from_source[row]
    return between


def _refuse_unusable(network: Network, between: Sequence[bool]) -> None:
    """Refuse what lies between a source and a station and cannot be computed, all of it at once."""
    passed = [reach for row, reach in enumerate(network.reaches) if between[row]]
    still = [reach.id for reach in passed if _is_still(reach)]
    blind = [reach.id for reach in passed if _is_blind(reach)]
    not_free = [f"{reach.id} ({reach.regime.value})" for reach in passed if _is_not_free(reach)]
    if not_free:
        raise TransportError(
            f"Not applicable: reaches {_named(not_free)} lie between a source and a station, and a "
            f"steady-flow kernel does not hold there. Leave out the sources above them or the stations below "
            f"them, or use a numerical solver."
        )
    if blind:
        raise TransportError(
            f"Reaches {_named(blind)} lie between a source and a station but have no velocity or no "
            f"dispersion. Give both, or let `riverkit.network.estimate_hydraulics` fill them (--specific-discharge)."
        )
    if still:
        raise TransportError(
            f"Lakes {_named(still)} lie between a source and a station but have no discharge, so that their "
            f"water's stay is unknown. Give it, or let `riverkit.network.estimate_hydraulics` fill it (--specific-discharge)."
        )


def has_kernel(reach: Reach) -> bool:
    """Whether a steady-flow kernel holds on a reach: it flows freely, and its velocity, dispersion or stay is known."""
    return not (_is_still(reach) or _is_blind(reach) or _is_not_free(reach))


def _is_still(reach: Reach) -> bool:
    return reach.volume_m3 is not None and reach.discharge_m3s is None


def _is_blind(reach: Reach) -> bool:
    return reach.volume_m3 is None and (reach.velocity_m_s is None or reach.dispersion_m2s is None)


def _is_not_free(reach: Reach) -> bool:
    return reach.volume_m3 is None and reach.regime is not Regime.FREE


def _named(reach_ids: Sequence[str]) -> str:
    """The first of them, and how many more: a network without hydraulics has hundreds."""
    more = len(reach_ids) - NAMED
    return ", ".join(reach_ids[:NAMED]) + (f" and {more} more" if more > 0 else "")
