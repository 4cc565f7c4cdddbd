"""All cells of the simulated reaches in one flat array, and how water passes from reach to reach."""

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


class Weighted(NamedTuple):
    """Two neighbours (cells or faces) and the parts in which they stand for a place."""

    where: tuple[int, int]
    parts: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of equal length within each reach, upstream to downstream, reaches one after another.

    Attributes:
        first, last: per reach, its first and last cell.
        length_m, volume_m3, discharge_m3s, velocity_m_s, dispersion_m2s: per cell.
        routing: per reach (row) the part of the mass leaving each reach (column) that enters it.
        row_of: the row of each reach by id.
        passed: reaches shorter than half a cell, through which mass passes at once.
    """

    first: Rows
    last: Rows
    length_m: Floats
    volume_m3: Floats
    discharge_m3s: Floats
    velocity_m_s: Floats
    dispersion_m2s: Floats
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
) -> Grid | None:
    """Cells of the reaches that lie downstream of a source and upstream of a station; None if there are none.

    Raises:
        SimulationError: a place lies outside its reach, a reach lacks hydraulics or its flow is not free.
    """
    for place in (*sources, *stations):
        length = network.reach(place.reach_id).length_m
        if not 0 <= place.chainage_m <= length:
            raise SimulationError(
                f"Chainage {place.chainage_m:g} m lies outside reach {place.reach_id!r} of {length:g} m. "
                "Give a distance from its upper end."
            )
    below = {i for place in sources for i in network.downstream(place.reach_id)}
    above = {i for place in stations for i in network.upstream(place.reach_id)}
    active = [reach for reach in network.reaches if reach.id in below & above]
    if not active:
        return None
    _refuse_unsuitable(active)
    kept_whole = {place.reach_id for place in (*sources, *stations)}
    velocity = np.array([r.velocity_m_s for r in active], dtype=float) * velocity_factor
    dispersion = np.array([r.dispersion_m2s for r in active], dtype=float) * dispersion_factor
    lengths: Floats = np.array([r.length_m for r in active])
    if cell_m is None:
        target: Floats = np.maximum(DEFAULT_CELL * dispersion / velocity, SMALLEST_DEFAULT_CELL_M)
    else:
        target = np.full(lengths.shape, cell_m)
    whole = np.array([r.id in kept_whole for r in active]) | (lengths >= target / 2)
    simulated = [reach for reach, is_whole in zip(active, whole, strict=True) if is_whole]
    cells = np.maximum(np.ceil((lengths / target)[whole] - 1e-9), 1).astype(np.intp)
    first = np.concatenate(([0], np.cumsum(cells)[:-1]))
    discharge = np.array([r.discharge_m3s for r in simulated], dtype=float)
    cell_length = lengths[whole] / cells

    def per_cell(values: Floats) -> Floats:
        return np.repeat(values, cells)

    return Grid(
        first=first,
        last=first + cells - 1,
        length_m=per_cell(cell_length),
        volume_m3=per_cell(discharge / velocity[whole] * cell_length),
        discharge_m3s=per_cell(discharge),
        velocity_m_s=per_cell(velocity[whole]),
        dispersion_m2s=per_cell(dispersion[whole]),
        routing=_routing(active, simulated),
        row_of={reach.id: row for row, reach in enumerate(simulated)},
        passed=tuple(reach.id for reach, is_whole in zip(active, whole, strict=True) if not is_whole),
    )


def _refuse_unsuitable(reaches: Sequence[Reach]) -> None:
    fields = ("discharge_m3s", "velocity_m_s", "dispersion_m2s")
    lacking = [r.id for r in reaches if any(getattr(r, field) is None for field in fields)]
    if lacking:
        raise SimulationError(
            f"Reaches {_few(lacking)} lack discharge, velocity or dispersion. Give them, or fill them with "
            "`estimate_hydraulics`."
        )
    held = [r.id for r in reaches if r.regime is not Regime.FREE]
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
