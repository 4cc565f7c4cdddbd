"""The lie of an invented basin: meandering courses that branch as a tree, in a plane of metres.

A course is a sine-generated curve (Langbein & Leopold 1966: the direction of a meandering river swings as a sine of
the distance along it) laid over a slowly turning valley. Branches are tried at random and kept where they come close
to no other course, so that the map reads as valleys with divides between them.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import LineString, STRtree

STEP_M = 80.0
"""Distance between drawn points."""

CLEARANCE_M = 700.0
"""Courses keep at least this far apart: a divide must fit between."""

JUNCTION_M = 900.0
"""Next to its mouth a branch is of course close to its parent."""

TRIES = 40


@dataclass(eq=False)
class Course:
    """A course from head to mouth.

    `points` are metres east and north; `parent` and `mouth_index` tell at which point of which course it ends (None:
    the outlet of the basin); `order` is 0 for the trunk, one more for each branching.
    """

    points: NDArray[np.float64]
    order: int
    parent: "Course | None" = None
    mouth_index: int = -1
    branches: list["Course"] = field(default_factory=list)

    @cached_property
    def line(self) -> LineString:
        """The course as a line."""
        return LineString(self.points)

    @cached_property
    def along_m(self) -> NDArray[np.float64]:
        """Distance of each point from the head, along the course."""
        return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self.points, axis=0).T))])

    @property
    def length_m(self) -> float:
        """The length along the course."""
        return float(self.along_m[-1])


@dataclass(frozen=True)
class BranchPlan:
    """How many branches a course of one order is given, how long, and how far from its ends."""

    count: int
    shortest_m: float
    longest_m: float
    first: float = 0.08
    last: float = 0.93


def draw_course(
    rng: Generator, head: NDArray[np.float64], mouth: NDArray[np.float64], meander_m: float
) -> NDArray[np.float64]:
    """A meandering line from `head` to `mouth`; `meander_m` is the wavelength of its bends."""
    straight = float(np.hypot(*(mouth - head)))
    n = max(6, round(1.25 * straight / STEP_M))
    s = np.linspace(0.0, 1.0, n)
    valley = sum(
        rng.uniform(0.35, 0.6) * np.sin(2 * math.pi * (k * s + rng.random())) / math.sqrt(k)
        for k in (0.7, 1.6, 3.1, 5.3)
    )
    # The phase wanders, so that no two bends are alike.
    phase = 2 * math.pi * 1.25 * straight / meander_m * s + np.cumsum(rng.normal(0, 0.16, n))
    swing = rng.uniform(0.6, 0.9) * (1 + 0.5 * np.sin(2 * math.pi * (1.7 * s + rng.random())))
    direction = valley + swing * np.sin(phase)
    steps = np.column_stack([np.cos(direction), np.sin(direction)])
    walk = np.vstack([[0.0, 0.0], np.cumsum(steps, axis=0)])
    # Turned and stretched so that it ends where it should.
    walked, wanted = complex(*walk[-1]), complex(*(mouth - head))
    turned = (walk[:, 0] + 1j * walk[:, 1]) * (wanted / walked)
    points = head + np.column_stack([turned.real, turned.imag])
    points[-1] = mouth
    return points


def grow(rng: Generator, trunk: Course, plans: list[BranchPlan]) -> list[Course]:
    """All courses of a basin: the trunk, its branches by the first plan, theirs by the next, and so on.

    Higher orders come later, so that the large valleys are cut before the small ones; a course of order k gets
    branches of every plan from k on, as a large river has brooks too.
    """
    courses = [trunk]
    for order, plan in enumerate(plans, start=1):
        for parent in [course for course in courses if course.order < order]:
            _branch(rng, parent, order, plan, courses)
    return courses


def _branch(rng: Generator, parent: Course, order: int, plan: BranchPlan, courses: list[Course]) -> None:
    share = parent.length_m / max(course.length_m for course in courses if course.order == parent.order)
    count = max(1, round(plan.count * share * (1.0 if parent.order == order - 1 else 1.4)))
    places = plan.first + (plan.last - plan.first) * (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count
    side = rng.choice([-1, 1])
    for place in places:
        side = -side
        length = rng.uniform(plan.shortest_m, plan.longest_m)
        for attempt in range(TRIES):
            index = round(float(np.clip(place + rng.normal(0, 0.01), 0.02, 0.98)) * (len(parent.points) - 1))
            reached = length * 0.97**attempt
            candidate = _candidate(
                rng, parent, index, side if attempt < TRIES // 2 else -side, reached, order
            )
            if candidate is not None and _clear(candidate, parent, index, courses):
                parent.branches.append(candidate)
                courses.append(candidate)
                break


def _candidate(
    rng: Generator, parent: Course, index: int, side: int, length_m: float, order: int
) -> Course | None:
    """A branch that comes down to point `index` of the parent, from upstream and to one side."""
    if any(abs(index - other.mouth_index) * STEP_M < 400.0 for other in parent.branches):
        return None
    reach = max(5, round(3000.0 / STEP_M))
    above, below = (
        parent.points[max(0, index - reach)],
        parent.points[min(len(parent.points) - 1, index + reach)],
    )
    upstream = math.atan2(*(above - below)[::-1])
    angle = upstream + side * math.radians(rng.uniform(48, 82))
    mouth = parent.points[index]
    head = mouth + length_m / 1.2 * np.array([math.cos(angle), math.sin(angle)])
    meander = rng.uniform(0.9, 1.5) * (700.0 + 0.03 * length_m)
    return Course(draw_course(rng, head, mouth, meander), order, parent, index)


def _clear(candidate: Course, parent: Course, index: int, courses: list[Course]) -> bool:
    line = candidate.line
    if not line.is_simple:
        return False
    upper = LineString(candidate.points[: -max(2, round(JUNCTION_M / STEP_M))])
    tree = STRtree([course.line for course in courses])
    near = {int(i) for i in tree.query(upper, predicate="dwithin", distance=CLEARANCE_M)}
    crossing = {int(i) for i in tree.query(line, predicate="intersects")}
    if near:
        return False
    # The last stretch may meet the parent at the mouth and nowhere else.
    touched = shapely.intersection(line, parent.line)
    at_mouth = (
        touched.is_empty or shapely.Point(parent.points[index]).distance(touched) < 1e-6 >= touched.length
    )
    return (
        at_mouth
        and touched.geom_type in ("Point", "GeometryCollection")
        and all(courses[i] is parent for i in crossing)
    )


def clusters(rng: Generator, points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Centres that divide points into `count` groups of neighbours (Lloyd's algorithm, from spread-out seeds)."""
    centres = [points[int(rng.integers(len(points)))]]
    while len(centres) < count:
        gap = np.min([np.hypot(*(points - centre).T) for centre in centres], axis=0)
        centres.append(points[int(np.argmax(gap))])
    found = np.array(centres)
    for _ in range(12):
        nearest = nearest_centre(points, found)
        found = np.array(
            [points[nearest == k].mean(axis=0) if (nearest == k).any() else found[k] for k in range(count)]
        )
    return found


def nearest_centre(points: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each point, which centre is nearest."""
    gaps = np.hypot(*(points[:, None, :] - centres[None, :, :]).transpose(2, 0, 1))
    return np.asarray(np.argmin(gaps, axis=1), dtype=np.int64)
