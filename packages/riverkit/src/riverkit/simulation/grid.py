"""All cells of the simulated reaches in one flat array, and how water passes from reach to reach."""

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from riverkit.errors import SimulationError
from riverkit.network import Location, Network, Reach, Regime

DEFAULT_CELL = 2.0
"""Cell length in units of the dispersion length D/u where the caller names none: with a station some 50 such cells
away the peak is right to 0.6 %."""

SMALLEST_DEFAULT_CELL_M = 20.0
"""Lower limit of the cell length where the caller names none: below it steps get short for nothing gained."""

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

Storage = tuple[float, float] | Sequence[tuple[float, float] | None] | None
"""(β, α) for all reaches, or one (or None) for each in the order of `Network.reaches`."""


class Weighted(NamedTuple):
    """Two neighbours (cells or faces) and the parts in which they stand for a place."""

    where: tuple[int, int]
    parts: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of equal length within each reach, upstream to downstream, reaches one after another.

    A lake is one cell, with the velocity at which its volume is exchanged and no dispersion.

    Attributes:
        first, last: per reach, its first and last cell.
        joined: per reach, whether the next one follows it without a confluence or divergence, so that dispersion acts
            both ways through the joint.
        length_m, volume_m3, discharge_m3s, velocity_m_s, dispersion_m2s: per cell.
        storage_ratio, storage_rate_per_s: β and α per cell, 0 where there is no storage.
        routing: per reach (row) the part of the mass leaving each reach (column) that enters it.
        row_of: the row of each reach by id.
        passed: reaches shorter than half a cell, through which mass passes at once.
    """

    first: Rows
    last: Rows
    joined: NDArray[np.bool_]
    length_m: Floats
    volume_m3: Floats
    discharge_m3s: Floats
    velocity_m_s: Floats
    dispersion_m2s: Floats
    storage_ratio: Floats
    storage_rate_per_s: Floats
    routing: sparse.csr_array
    row_of: dict[str, int]
    passed: tuple[str, ...]

    def injection(self, place: Location) -> Weighted:
        """Cells and parts that together stand for a release at a place.

        At the upper end of a reach the mass enters the first cell as a flux through the inlet. Elsewhere it is put
        between the two nearest cell centres so that its mean place is right.
        """
        cells, (_, part) = self.reading(place)
        part = 0.0 if place.chainage_m <= 0 else min(max(part, 0.0), 1.0)
        return Weighted(cells, (1 - part, part))

    def reading(self, place: Location) -> Weighted:
        """Cells and weights that interpolate the concentration at a place."""
        row = self.row_of[place.reach_id]
        first, last = int(self.first[row]), int(self.last[row])
        if first == last:
            return Weighted((first, first), (1.0, 0.0))
        position = place.chainage_m / float(self.length_m[first]) - 0.5
        low = min(max(math.floor(position), 0), last - first - 1)
        part = position - low
        return Weighted((first + low, first + low + 1), (1 - part, part))

    def section(self, place: Location) -> Weighted:
        """Faces and weights that interpolate the mass flow through the section at a place.

        Face i < number of cells is the lower face of cell i; the inlets of the reaches follow.
        """
        row = self.row_of[place.reach_id]
        first, last = int(self.first[row]), int(self.last[row])
        position = min(max(place.chainage_m / float(self.length_m[first]), 0.0), float(last - first + 1))
        upper = min(int(position), last - first)
        inlet = self.length_m.size + row
        part = position - upper
        return Weighted((inlet if upper == 0 else first + upper - 1, first + upper), (1 - part, part))


def build_grid(
    network: Network,
    sources: Sequence[Location],
    stations: Sequence[Location],
    *,
    cell_m: float | None,
    velocity_factor: float,
    dispersion_factor: float,
    storage: Storage,
) -> Grid | None:
    """Cells of the reaches that lie downstream of a source and upstream of a station; None if there are none.

    Raises:
        SimulationError: a place lies outside its reach, a reach lacks hydraulics or its flow is not free, or the
            storage does not fit the network.
    """
    zones = _zones(network, storage)
    for place in (*sources, *stations):
        length = network.reach(place.reach_id).length_m
        if not 0 <= place.chainage_m <= length:
            raise SimulationError(
                f"Chainage {place.chainage_m:g} m lies outside reach {place.reach_id!r} of {length:g} m. "
                "Give a distance from its upper end."
            )
    below = {i for place in sources for i in network.downstream(place.reach_id)}
    above = {i for place in stations for i in network.upstream(place.reach_id)}
    between = below & above
    active = [reach for reach in _in_chains(network) if reach.id in between]
    if not active:
        return None
    _refuse_unsuitable(active)
    kept_whole = {place.reach_id for place in (*sources, *stations)}
    lengths: Floats = np.array([r.length_m for r in active])
    volume = np.array([r.volume_m3 for r in active], dtype=float)
    lake = ~np.isnan(volume)
    exchanged = np.array([r.discharge_m3s for r in active], dtype=float) * lengths / volume
    velocity = np.array([r.velocity_m_s for r in active], dtype=float) * velocity_factor
    velocity = np.where(lake, exchanged, velocity)
    dispersion = np.array([r.dispersion_m2s for r in active], dtype=float) * dispersion_factor
    dispersion = np.where(lake, 0.0, dispersion)
    if cell_m is None:
        target: Floats = np.maximum(DEFAULT_CELL * dispersion / velocity, SMALLEST_DEFAULT_CELL_M)
    else:
        target = np.full(lengths.shape, cell_m)
    target[lake] = lengths[lake]
    whole = np.array([r.id in kept_whole for r in active]) | (lengths >= target / 2)
    simulated = [reach for reach, is_whole in zip(active, whole, strict=True) if is_whole]
    cells = np.maximum(np.ceil((lengths / target)[whole] - 1e-9), 1).astype(np.intp)
    first = np.concatenate(([0], np.cumsum(cells)[:-1]))
    discharge = np.array([r.discharge_m3s for r in simulated], dtype=float)
    cell_length = lengths[whole] / cells
    ratio, rate = np.array([zones[r.id] or (0.0, 0.0) for r in simulated]).T

    def per_cell(values: Floats) -> Floats:
        return np.repeat(values, cells)

    return Grid(
        first=first,
        last=first + cells - 1,
        joined=_joined(network, simulated),
        length_m=per_cell(cell_length),
        volume_m3=per_cell(discharge / velocity[whole] * cell_length),
        discharge_m3s=per_cell(discharge),
        velocity_m_s=per_cell(velocity[whole]),
        dispersion_m2s=per_cell(dispersion[whole]),
        storage_ratio=per_cell(ratio),
        storage_rate_per_s=per_cell(rate),
        routing=_routing([reach for reach in network.reaches if reach.id in between], simulated),
        row_of={reach.id: row for row, reach in enumerate(simulated)},
        passed=tuple(reach.id for reach, is_whole in zip(active, whole, strict=True) if not is_whole),
    )


def _zones(network: Network, storage: Storage) -> dict[str, tuple[float, float] | None]:
    """(β, α) of every reach by id."""
    each: list[tuple[float, float] | None]
    if storage is None or (isinstance(storage, tuple) and isinstance(storage[0], float | int)):
        each = [storage] * len(network)
    else:
        each = list(storage)  # type: ignore[arg-type]  # a sequence of such pairs
    if len(each) != len(network):
        raise SimulationError(
            f"storage holds {len(each)} entries for {len(network)} reaches. Give one (β, α) for all, or one or None for "
            "each in the order of `network.reaches`."
        )
    for zone in each:
        if zone is not None and not all(math.isfinite(value) and value > 0 for value in zone):
            raise SimulationError(f"storage (β, α) is {tuple(zone)!r}. Give two numbers above 0.")
    return {reach.id: zone for reach, zone in zip(network.reaches, each, strict=True)}


def _in_chains(network: Network) -> list[Reach]:
    """The reaches in an order in which one that simply continues another follows it at once."""
    following = _continuations(network)
    ordered, taken = [], set()
    for reach in network.reaches:
        following_reach: Reach | None = reach
        while following_reach is not None and following_reach.id not in taken:
            ordered.append(following_reach)
            taken.add(following_reach.id)
            following_reach = following.get(following_reach.id)
    return ordered


def _joined(network: Network, simulated: Sequence[Reach]) -> NDArray[np.bool_]:
    following = _continuations(network)
    joined = np.zeros(len(simulated), dtype=bool)
    for row, (reach, after) in enumerate(itertools.pairwise(simulated)):
        disperse = bool(reach.dispersion_m2s) and bool(after.dispersion_m2s)
        lake = reach.volume_m3 is not None or after.volume_m3 is not None
        joined[row] = following.get(reach.id) is after and disperse and not lake
    return joined


def _continuations(network: Network) -> dict[str, Reach]:
    """The reach below, by id, where two reaches and no more meet at a node and nobody takes water out."""
    leaving: defaultdict[str, list[Reach]] = defaultdict(list)
    arriving: defaultdict[str, int] = defaultdict(int)
    for reach in network.reaches:
        leaving[reach.up].append(reach)
        arriving[reach.down] += 1
    found = {}
    for reach in network.reaches:
        below = leaving[reach.down]
        if len(below) == 1 and arriving[reach.down] == 1 and below[0].kept_share in (None, 1.0):
            found[reach.id] = below[0]
    return found


def _refuse_unsuitable(reaches: Sequence[Reach]) -> None:
    def needed(reach: Reach) -> tuple[str, ...]:
        lake = reach.volume_m3 is not None
        return ("discharge_m3s",) if lake else ("discharge_m3s", "velocity_m_s", "dispersion_m2s")

    lacking = [r.id for r in reaches if any(getattr(r, field) is None for field in needed(r))]
    if lacking:
        raise SimulationError(
            f"Reaches {_few(lacking)} lack discharge, velocity or dispersion. Give them, or fill them with "
            "`estimate_hydraulics`."
        )
    held = [r.id for r in reaches if r.regime is not Regime.FREE and r.volume_m3 is None]
    if held:
        raise SimulationError(
            f"Reaches {_few(held)} are not free-flowing (backwater, gated or tidal); this solver does not apply."
        )


def _few(ids: Sequence[str]) -> str:
    return ", ".join(repr(i) for i in ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def _routing(active: Sequence[Reach], simulated: Sequence[Reach]) -> sparse.csr_array:
    """Where the mass leaving each simulated reach goes, mixed at nodes, divided by flow shares, passed through."""
    row_of = {reach.id: row for row, reach in enumerate(simulated)}
    at_node: defaultdict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    entries: list[tuple[int, int, float]] = []
    for reach in active:
        share = 1.0 if reach.flow_share is None else reach.flow_share
        share *= 1.0 if reach.kept_share is None else reach.kept_share
        arriving = {source: part * share for source, part in at_node[reach.up].items()}
        row = row_of.get(reach.id)
        if row is not None:
            entries += [(row, source, part) for source, part in arriving.items()]
            arriving = {row: 1.0}
        for source, part in arriving.items():
            at_node[reach.down][source] += part
    rows, columns, parts = zip(*entries, strict=True) if entries else ((), (), ())
    shape = (len(simulated), len(simulated))
    return sparse.csr_array(
        (np.array(parts, dtype=float), (np.array(rows, int), np.array(columns, int))), shape
    )
