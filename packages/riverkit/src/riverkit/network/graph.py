"""A validated, immutable, acyclic network of reaches and the questions asked of it."""

import heapq
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, STRtree

from riverkit.errors import NetworkError
from riverkit.network.geometry import metres_per_degree, to_plane
from riverkit.network.model import Location, Reach

_Number = TypeVar("_Number", np.int64, np.float64)

SHARE_TOLERANCE = 1e-6
"""How far the flow shares at one node may sum from 1: six digits survive a table, a wrong share does not."""


@dataclass(frozen=True, slots=True)
class NetworkArrays:
    """The network as columns; row i is `network.reaches[i]`, every reach after all those upstream of it.

    Attributes:
        node_ids: names of the nodes; the node columns hold positions in this tuple.
        up_node, down_node: int64.
        length_m, discharge_m3s, velocity_m_s, dispersion_m2s: float64, NaN where unknown.
        volume_m3: float64, NaN where the reach is no lake.
        flow_share: float64, always known; sums to 1 over the reaches that leave a node.
        kept_share: float64, always known; 1 where nobody takes water out.
    """

    node_ids: tuple[str, ...]
    up_node: NDArray[np.int64]
    down_node: NDArray[np.int64]
    length_m: NDArray[np.float64]
    discharge_m3s: NDArray[np.float64]
    velocity_m_s: NDArray[np.float64]
    dispersion_m2s: NDArray[np.float64]
    volume_m3: NDArray[np.float64]
    flow_share: NDArray[np.float64]
    kept_share: NDArray[np.float64]


class Network:
    """An acyclic river network. Make one with `Network.build`; it never changes afterwards.

    `reaches` stand in topological order (upstream first). The order depends on the reaches alone, not on the
    order in which they were given.
    """

    def __init__(self, ordered: tuple[Reach, ...]) -> None:
        """For `build` only: `ordered` must be validated and in topological order."""
        self.reaches = ordered
        self._index = {reach.id: i for i, reach in enumerate(ordered)}
        self._leaving = _by_node(ordered, "up")
        self._arriving = _by_node(ordered, "down")

    @classmethod
    def build(cls, reaches: Iterable[Reach]) -> "Network":
        """Validate reaches and order them.

        Raises:
            NetworkError: no reach, a duplicate id, an impossible number, flow shares that are missing at a
                divergence or do not sum to 1, a cycle. The message names the reaches and the cure.
        """
        given = list(reaches)
        if not given:
            raise NetworkError("The network has no reach. Give at least one.")
        _refuse_duplicates(given)
        for reach in given:
            for message, cure in impossible_numbers(reach):
                raise NetworkError(f"{message} {cure}")
        ordered = _topological_order(given)
        return cls(tuple(_with_sole_shares(ordered)))

    def __len__(self) -> int:
        return len(self.reaches)

    def __contains__(self, reach_id: object) -> bool:
        return reach_id in self._index

    def index(self, reach_id: str) -> int:
        """Position of a reach in `reaches` and in the rows of `arrays`; NetworkError if there is none."""
        try:
            return self._index[reach_id]
        except KeyError:
            raise NetworkError(
                f"There is no reach {reach_id!r} in this network of {len(self)} reaches. Check the id."
            ) from None

    def reach(self, reach_id: str) -> Reach:
        """The reach of that id; NetworkError if there is none."""
        return self.reaches[self.index(reach_id)]

    @cached_property
    def arrays(self) -> NetworkArrays:
        """The network as numpy columns, read-only."""
        nodes = list(dict.fromkeys(n for r in self.reaches for n in (r.up, r.down)))
        number = {node: i for i, node in enumerate(nodes)}

        def column(field: str, unknown: float = math.nan) -> NDArray[np.float64]:
            values = (getattr(reach, field) for reach in self.reaches)
            return _frozen(np.array([unknown if v is None else v for v in values], dtype=np.float64))

        return NetworkArrays(
            node_ids=tuple(nodes),
            up_node=_frozen(np.array([number[r.up] for r in self.reaches], dtype=np.int64)),
            down_node=_frozen(np.array([number[r.down] for r in self.reaches], dtype=np.int64)),
            length_m=column("length_m"),
            discharge_m3s=column("discharge_m3s"),
            velocity_m_s=column("velocity_m_s"),
            dispersion_m2s=column("dispersion_m2s"),
            volume_m3=column("volume_m3"),
            flow_share=column("flow_share"),
            kept_share=column("kept_share", unknown=1.0),
        )

    def outlets(self) -> list[str]:
        """Ids of the reaches below which nothing follows."""
        return [r.id for r in self.reaches if r.down not in self._leaving]

    def headwaters(self) -> list[str]:
        """Ids of the reaches above which nothing lies."""
        return [r.id for r in self.reaches if r.up not in self._arriving]

    def upstream(self, reach_id: str, max_distance_m: float | None = None) -> list[str]:
        """The reach and all those whose water reaches it, nearest first.

        The distance of a reach is the length of channel between it and `reach_id` (0 for a neighbour), by the
        shortest way; reaches further than `max_distance_m` are left out.
        """
        start = self.reach(reach_id)
        gaps = self._gaps(start.up, self._arriving, "up", max_distance_m)
        return self._nearest_first(start, gaps, self._arriving)

    def downstream(self, reach_id: str, max_distance_m: float | None = None) -> list[str]:
        """The reach and all those that its water reaches, nearest first; see `upstream`."""
        start = self.reach(reach_id)
        gaps = self._gaps(start.down, self._leaving, "down", max_distance_m)
        return self._nearest_first(start, gaps, self._leaving)

    def distance_m(self, a: Location, b: Location) -> float | None:
        """Metres along the flow from `a` down to `b`, the shortest way where channels divide.

        None if `b` is not downstream of `a`.
        """
        reach_a, reach_b = self.reach(a.reach_id), self.reach(b.reach_id)
        if reach_a is reach_b:
            return b.chainage_m - a.chainage_m if b.chainage_m >= a.chainage_m else None
        gap = self._gaps(reach_a.down, self._leaving, "down", None).get(reach_b.up)
        if gap is None:
            return None
        return (reach_a.length_m - a.chainage_m) + gap + b.chainage_m

    def snap(
        self, lon: float, lat: float, max_distance_m: float = 200.0, *, reach_id: str | None = None
    ) -> Location:
        """The place on the network nearest to a point (degrees); on the named reach, if one is named.

        Raises:
            NetworkError: no reach has a line, or none lies within `max_distance_m`; the message tells how far
                the nearest is.
        """
        if reach_id is not None:
            return Network((self.reach(reach_id),)).snap(lon, lat, max_distance_m)
        rows, tree = self._tree
        if not rows:
            raise NetworkError("No reach has a line, so no point can be snapped. Give the reaches geometry.")
        east, north = metres_per_degree(lat)
        half_width, half_height = max_distance_m / east, max_distance_m / north
        box = shapely.box(lon - half_width, lat - half_height, lon + half_width, lat + half_height)
        places = [_place_on(self.reaches[rows[i]], lon, lat) for i in sorted(tree.query(box))]
        best = min(places, key=lambda place: place.offset_m, default=None)
        if best is None or best.offset_m > max_distance_m:
            nearest = _place_on(self.reaches[rows[int(tree.nearest(Point(lon, lat)))]], lon, lat)
            raise NetworkError(
                f"No reach within {max_distance_m:g} m of {lon:.6f}, {lat:.6f}: the nearest, reach "
                f"{nearest.reach_id!r}, is about {nearest.offset_m:.0f} m away. Check the coordinates (longitude "
                "first, not GCJ-02) or allow more."
            )
        return best

    def point(self, location: Location) -> tuple[float, float]:
        """Longitude and latitude of a place on the network; NetworkError if its reach has no line."""
        reach = self.reach(location.reach_id)
        if reach.line is None:
            raise NetworkError(f"Reach {reach.id!r} has no line. Give it geometry to place points on it.")
        lon, lat = reach.line.coords[0][:2]
        plane = LineString(to_plane(shapely.get_coordinates(reach.line), lon, lat))
        found = plane.interpolate(location.chainage_m / reach.length_m, normalized=True)
        east, north = metres_per_degree(lat)
        return lon + found.x / east, lat + found.y / north

    @cached_property
    def _tree(self) -> tuple[list[int], STRtree]:
        rows = [i for i, reach in enumerate(self.reaches) if reach.line is not None]
        return rows, STRtree([self.reaches[i].line for i in rows])

    def _gaps(
        self, start: str, edges: Mapping[str, list[int]], far_end: str, max_distance_m: float | None
    ) -> dict[str, float]:
        """Shortest channel distance from node `start` to every node reachable along `edges` (Dijkstra)."""
        limit = math.inf if max_distance_m is None else max_distance_m
        gaps: dict[str, float] = {}
        queue = [(0.0, start)]
        while queue:
            gap, node = heapq.heappop(queue)
            if node in gaps:
                continue
            gaps[node] = gap
            for row in edges.get(node, ()):
                reach = self.reaches[row]
                further = gap + reach.length_m
                if further <= limit:
                    heapq.heappush(queue, (further, getattr(reach, far_end)))
        return gaps

    def _nearest_first(
        self, start: Reach, gaps: Mapping[str, float], edges: Mapping[str, list[int]]
    ) -> list[str]:
        found = sorted((gap, row) for node, gap in gaps.items() for row in edges.get(node, ()))
        return [start.id, *(self.reaches[row].id for _, row in found)]


def _frozen(values: NDArray[_Number]) -> NDArray[_Number]:
    values.flags.writeable = False
    return values


def _by_node(reaches: Iterable[Reach], end: str) -> dict[str, list[int]]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, reach in enumerate(reaches):
        rows[getattr(reach, end)].append(row)
    return dict(rows)


def _refuse_duplicates(reaches: Iterable[Reach]) -> None:
    seen: set[str] = set()
    for reach in reaches:
        if reach.id in seen:
            raise NetworkError(f"Reach id {reach.id!r} is given twice. Give every reach its own id.")
        seen.add(reach.id)


def impossible_numbers(reach: Reach) -> list[tuple[str, str]]:
    """What is wrong with the numbers of a reach, and what cures it, field by field."""

    def bad(
        field: str, cure: str, *, least: float = 0.0, most: float = math.inf
    ) -> Iterable[tuple[str, str]]:
        value = getattr(reach, field)
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            yield f"Reach {reach.id!r}: {field} is {value!r}.", cure

    above_0, unknown = math.ulp(0.0), "Give a positive number, or leave it out if unknown."
    return [
        *bad("length_m", "Give a positive number, or remove the reach.", least=above_0),
        *(
            found
            for field in ("discharge_m3s", "velocity_m_s", "width_m", "depth_m", "volume_m3")
            for found in bad(field, unknown, least=above_0)
        ),
        *bad("dispersion_m2s", "Give a number of at least 0."),
        *bad("drainage_km2", "Give a number of at least 0."),
        *bad("flow_share", "Give a share of 0 … 1.", most=1.0),
        *bad("kept_share", "Give a share of 0 … 1.", most=1.0),
    ]


def _topological_order(reaches: list[Reach]) -> list[Reach]:
    """Kahn's algorithm; ties go by name, so that the order does not hang on the order given."""
    leaving: defaultdict[str, list[Reach]] = defaultdict(list)
    waiting_for: defaultdict[str, int] = defaultdict(int)
    for reach in sorted(reaches, key=lambda r: r.id):
        leaving[reach.up].append(reach)
        waiting_for[reach.down] += 1
    ready = [node for node in leaving if not waiting_for[node]]
    heapq.heapify(ready)
    ordered: list[Reach] = []
    while ready:
        for reach in leaving.pop(heapq.heappop(ready), ()):
            ordered.append(reach)
            waiting_for[reach.down] -= 1
            if not waiting_for[reach.down]:
                heapq.heappush(ready, reach.down)
    if len(ordered) < len(reaches):
        names = " → ".join(r.id for r in find_cycle(list(itertools.chain(*leaving.values()))))
        raise NetworkError(
            f"Water would run in a circle through {names}. Turn or remove one of these reaches "
            "(`check` lists all circles)."
        )
    return ordered


def find_cycle(reaches: list[Reach]) -> list[Reach]:
    """Some circle in flow order among reaches of which each has another one upstream.

    Walking upstream must then come round to where it has been. The result does not hang on the order given.
    """
    by_name = sorted(reaches, key=lambda r: r.id)
    arriving = {r.down: r for r in reversed(by_name)}
    current = by_name[0]
    path: list[Reach] = []
    position: dict[str, int] = {}
    while current.id not in position:
        position[current.id] = len(path)
        path.append(current)
        current = arriving[current.up]
    return path[position[current.id] :][::-1]


def _with_sole_shares(ordered: list[Reach]) -> Iterable[Reach]:
    """Fill the share 1 where water does not divide; refuse shares that are missing or do not sum to 1."""
    leaving = _by_node(ordered, "up")
    for node, rows in leaving.items():
        there = [ordered[row] for row in rows]
        names = ", ".join(repr(r.id) for r in there)
        if len(there) > 1 and any(r.flow_share is None for r in there):
            raise NetworkError(
                f"Water divides at node {node!r} into reaches {names}, not all with a flow_share. "
                "Give shares that sum to 1, or let `repair` estimate them."
            )
        total = sum(1.0 if r.flow_share is None else r.flow_share for r in there)
        if abs(total - 1) > SHARE_TOLERANCE:
            raise NetworkError(
                f"The flow shares of {names} at node {node!r} sum to {total:g}. Make them sum to 1."
            )
    return (r if r.flow_share is not None else replace(r, flow_share=1.0) for r in ordered)


def _place_on(reach: Reach, lon: float, lat: float) -> Location:
    """The place on a reach that is nearest to a point; the line is stretched to the reach's own length."""
    line = LineString(to_plane(shapely.get_coordinates(reach.line), lon, lat))
    here = Point(0.0, 0.0)
    return Location(reach.id, line.project(here, normalized=True) * reach.length_m, line.distance(here))
