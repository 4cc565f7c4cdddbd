"""Where drawn lines meet, nearly meet, or meet the wrong way round."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Point, STRtree

from riverkit.network.geometry import metres_per_degree
from riverkit.network.model import Reach


def reversed_lines(reaches: Sequence[Reach], tolerance_m: float) -> list[Reach]:
    """Reaches whose line fits its neighbours at both nodes only when turned round.

    A neighbour is asked with both ends of its own line, since it may be turned itself.
    """
    ends: defaultdict[str, list[tuple[int, tuple[float, float]]]] = defaultdict(list)
    for row, reach in enumerate(reaches):
        if reach.line is not None:
            for node in {reach.up, reach.down}:
                ends[node] += [(row, point) for point in _line_ends(reach)]

    def gap(row: int, point: tuple[float, float], node: str) -> float | None:
        gaps = [_distance_m(point, other) for other_row, other in ends[node] if other_row != row]
        return min(gaps, default=None)

    def fits(row: int, start: tuple[float, float], end: tuple[float, float]) -> bool:
        known = [gap(row, start, reaches[row].up), gap(row, end, reaches[row].down)]
        gaps = [g for g in known if g is not None]
        return bool(gaps) and max(gaps) <= tolerance_m

    found = []
    for row, reach in enumerate(reaches):
        if reach.line is not None and reach.up != reach.down:
            start, end = _line_ends(reach)
            if fits(row, end, start) and not fits(row, start, end):
                found.append(reach)
    return found


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A loose end of `reach_ids[0]` that nearly meets node `other`, or (None) the middle, of `reach_ids[1]`."""

    node: str
    other: str | None
    reach_ids: tuple[str, str]
    gap_m: float


def near_misses(reaches: Sequence[Reach], tolerance_m: float) -> list[NearMiss]:
    """Loose ends (nodes of one reach) within the tolerance of a line they are not joined to; nearest first."""
    drawn = [r for r in reaches if r.line is not None]
    degree = Counter(node for r in reaches for node in (r.up, r.down))
    tree = STRtree([r.line for r in drawn])
    found: list[NearMiss] = []
    for reach in drawn:
        for node, point in zip((reach.up, reach.down), _line_ends(reach), strict=True):
            if degree[node] > 1:
                continue
            scale = np.array(metres_per_degree(point[1]))
            box = shapely.box(*(point - tolerance_m / scale), *(point + tolerance_m / scale))
            for i in tree.query(box):
                miss = _near_miss(reach, node, point, drawn[i], tolerance_m)
                if miss is not None:
                    found.append(miss)
    return sorted(found, key=lambda m: (m.gap_m, m.node, m.other or "", m.reach_ids))


def _near_miss(
    reach: Reach, node: str, point: tuple[float, float], other: Reach, tolerance_m: float
) -> NearMiss | None:
    if other.id == reach.id or node in (other.up, other.down):
        return None
    pair = (reach.id, other.id)
    gap, near = min(
        (_distance_m(point, end), name)
        for end, name in zip(_line_ends(other), (other.up, other.down), strict=True)
    )
    # A reach whose two ends nearly meet is a loop in the drawing; joining them would make the reach a circle.
    if gap <= tolerance_m:
        return None if near in (reach.up, reach.down) else NearMiss(node, near, pair, gap)
    scale = np.array(metres_per_degree(point[1]))
    line = shapely.transform(other.line, lambda xy: (xy - point) * scale)
    gap = float(line.distance(Point(0.0, 0.0)))
    return NearMiss(node, None, pair, gap) if gap <= tolerance_m else None


def _line_ends(reach: Reach) -> tuple[tuple[float, float], tuple[float, float]]:
    assert reach.line is not None
    (x0, y0), (x1, y1) = reach.line.coords[0][:2], reach.line.coords[-1][:2]
    return (x0, y0), (x1, y1)


def _distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    east, north = metres_per_degree(a[1])
    return math.hypot((b[0] - a[0]) * east, (b[1] - a[1]) * north)
