"""The ground of a demo basin: channels cut into reaches, areas, and the way from the plane to the globe."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from riverkit.network import Location, estimate_hydraulics
from riverkit.network import Reach as NetworkReach
from riverkit.network.geometry import line_length_m, metres_per_degree
from shapely import LineString

from riverchief.demo import names
from riverchief.demo.geography import BranchPlan, Course, clusters, draw_course, grow, nearest_centre
from riverchief.demo.model import DemoArea, DemoReach, DemoRiver
from riverchief.demo.names import Name

SPECIFIC_DISCHARGE_M3S_KM2 = 0.02
"""Mean run-off of the hills around Chongqing, about 630 mm a year."""

CITY_CODE = "990000"


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    code: str
    origin: tuple[float, float]
    trunk_m: tuple[float, float]
    plans: list[BranchPlan]
    reaches: int
    counties: int
    towns_per_county: int
    outfalls: int
    stations: int
    automatic_stations: int
    chiefs: int


BROOKS = BranchPlan(9, 4_000, 10_000)
SCALES = {
    "demo": Scale(
        "demo", (107.42, 29.96), (58_000, 26_000), [BranchPlan(2, 24_000, 30_000, 0.3, 0.75), BROOKS],
        reaches=150, counties=6, towns_per_county=2, outfalls=80, stations=30, automatic_stations=30, chiefs=0,
    ),
    # Chongqing under Order No. 1: 4,055 problems at as many mouths, 1,568 points mostly by hand, 17,500 chiefs.
    "city": Scale(
        "demo-city", (107.4, 30.1), (560_000, 90_000),
        [BranchPlan(40, 45_000, 70_000, 0.02, 0.98), BranchPlan(3, 18_000, 30_000, 0.15, 0.85), BROOKS],
        reaches=5_000, counties=39, towns_per_county=26, outfalls=4_055, stations=1_568, automatic_stations=200,
        chiefs=17_500,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Stretch:
    """A reach as a part of a course, in metres along the course from its head."""

    code: str
    start_m: float
    end_m: float


@dataclass(frozen=True)
class Channel:
    """A course with its river and the reaches it is cut into."""

    course: Course
    river: DemoRiver
    stretches: list[Stretch]
    along_m: NDArray[np.float64]

    def at(self, chainage_m: float) -> tuple[Stretch, NDArray[np.float64]]:
        """The reach at a distance from the head, and the place in the plane."""
        stretch = next((s for s in self.stretches if chainage_m <= s.end_m), self.stretches[-1])
        x = np.interp(chainage_m, self.along_m, self.course.points[:, 0])
        y = np.interp(chainage_m, self.along_m, self.course.points[:, 1])
        return stretch, np.array([x, y])


class Ground:
    """The basin while it is being made: channels, reaches, areas, and the way from the plane to the globe."""

    def __init__(self, scale: Scale, rng: Generator) -> None:
        self.scale = scale
        self._east, self._north = metres_per_degree(scale.origin[1])
        half = np.array(scale.trunk_m) / 2 * (-1, 1)
        meander_m = 2_600 if scale.reaches < 1_000 else 9_000
        trunk = Course(draw_course(rng, half, -half, meander_m), 0)
        courses = grow(rng, trunk, scale.plans)
        self.brook_order = len(scale.plans)
        rivers = list(self._rivers(rng, courses))
        self.channels = [
            Channel(course, river, [], course.along_m) for course, river in zip(courses, rivers, strict=True)
        ]
        self._cut()
        every = np.vstack([channel.course.points[::5] for channel in self.channels])
        self.county_centres = clusters(rng, every, scale.counties)
        of_county = nearest_centre(every, self.county_centres)
        self.town_centres = [
            clusters(rng, every[of_county == k], scale.towns_per_county) for k in range(scale.counties)
        ]
        self.areas = list(self._areas(rng))
        self.reaches = self._reaches()
        self.by_code = {item.reach.id: item for item in self.reaches}

    def lonlat(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres to degrees, rounded to a centimetre."""
        degrees: NDArray[np.float64] = np.round(
            np.array(self.scale.origin) + points / (self._east, self._north), 7
        )
        return degrees

    def town_of(self, point: NDArray[np.float64]) -> str:
        """Code of the town whose centre, within the nearest county, is nearest."""
        county = int(nearest_centre(point[None, :], self.county_centres)[0])
        town = int(nearest_centre(point[None, :], self.town_centres[county])[0])
        return f"{_county_code(county)}{town + 1:03d}"

    def place(self, channel: Channel, chainage_m: float) -> tuple[Location, NDArray[np.float64]]:
        """A place on a channel as a place on the network, and in the plane."""
        stretch, point = channel.at(chainage_m)
        length = self.by_code[stretch.code].reach.length_m
        share = min(1.0, max(0.0, (chainage_m - stretch.start_m) / (stretch.end_m - stretch.start_m)))
        return Location(stretch.code, round(share * length, 1)), point

    def _rivers(self, rng: Generator, courses: list[Course]) -> Iterator[DemoRiver]:
        river_names, brook_names = names.places(rng, ("河", " River")), names.places(rng, ("溪", " Brook"))
        for number, course in enumerate(courses, start=1):
            name: Name = names.TRUNK
            if course.order:
                name = next(brook_names if course.order == self.brook_order else river_names)
            yield DemoRiver(f"W{number:04d}", name, course.order)

    def _cut(self) -> None:
        """Cut the courses at confluences, and further to come to the wished-for number of reaches."""

        def pieces(longest_m: float) -> list[list[float]]:
            return [_cuts(channel, longest_m) for channel in self.channels]

        low, high = 200.0, 20_000.0
        for _ in range(40):
            middle = (low + high) / 2
            if sum(len(cuts) - 1 for cuts in pieces(middle)) > self.scale.reaches:
                low = middle
            else:
                high = middle
        number = 0
        for channel, cuts in zip(self.channels, pieces(high), strict=True):
            for start, end in itertools.pairwise(cuts):
                number += 1
                channel.stretches.append(Stretch(f"R{number:04d}", start, end))

    def _areas(self, rng: Generator) -> Iterator[DemoArea]:
        county_names = names.places(rng, ("县", " County"))
        town_names = names.places(rng, ("镇", " Town"))
        yield DemoArea(CITY_CODE, names.CITY, "city", None)
        for county in range(self.scale.counties):
            name = names.COUNTIES[county] if county < len(names.COUNTIES) else next(county_names)
            yield DemoArea(_county_code(county), name, "county", CITY_CODE)
            for town in range(self.scale.towns_per_county):
                code = f"{_county_code(county)}{town + 1:03d}"
                yield DemoArea(code, next(town_names), "town", _county_code(county))

    def _reaches(self) -> list[DemoReach]:
        nodes = _Nodes()
        drained = self._drained()
        found, whose = [], []
        for channel in self.channels:
            for stretch in channel.stretches:
                inside = (channel.along_m > stretch.start_m) & (channel.along_m < stretch.end_m)
                ends = [channel.at(stretch.start_m)[1], channel.at(stretch.end_m)[1]]
                line = LineString(self.lonlat(np.vstack([ends[0], channel.course.points[inside], ends[1]])))
                found.append(
                    NetworkReach(
                        id=stretch.code,
                        up=nodes.name(channel.course, stretch.start_m),
                        down=nodes.name(channel.course, stretch.end_m),
                        length_m=round(line_length_m(line), 1),
                        line=line,
                        drainage_km2=round(drained[stretch.code], 3),
                        name=channel.river.name[0],
                    )
                )
                middle = channel.at((stretch.start_m + stretch.end_m) / 2)[1]
                whose.append((channel.river.code, self.town_of(middle)))
        filled = estimate_hydraulics(found, specific_discharge_m3s_km2=SPECIFIC_DISCHARGE_M3S_KM2)
        return [DemoReach(reach, *owner) for reach, owner in zip(filled, whose, strict=True)]

    def _drained(self) -> dict[str, float]:
        """Catchment at the lower end of each stretch, km²: valleys about 2.2 km wide, more above a head."""
        of = {id(channel.course): channel for channel in self.channels}
        head_km2 = {0: 45.0, self.brook_order: 3.0}
        drained: dict[str, float] = {}

        def drain(channel: Channel) -> float:
            mouths = sorted(
                (float(channel.along_m[branch.mouth_index]), drain(of[id(branch)]))
                for branch in channel.course.branches
            )
            total = head_km2.get(channel.course.order, 20.0)
            for stretch in channel.stretches:
                total += sum(area for mouth, area in mouths if math.isclose(mouth, stretch.start_m))
                total += 2.2 * (stretch.end_m - stretch.start_m) / 1000
                drained[stretch.code] = total
            return total

        drain(self.channels[0])
        return drained


class _Nodes:
    """Names of nodes: a place on a course; the mouth of a branch is a place on its parent."""

    def __init__(self) -> None:
        self._names: dict[tuple[int, int], str] = {}

    def name(self, course: Course, chainage_m: float) -> str:
        if course.parent is not None and math.isclose(chainage_m, course.length_m):
            return self.name(course.parent, float(course.parent.along_m[course.mouth_index]))
        key = id(course), round(chainage_m)
        return self._names.setdefault(key, f"N{len(self._names) + 1:04d}")


def _cuts(channel: Channel, longest_m: float) -> list[float]:
    """Where to cut a course: at its confluences, and evenly between where they lie further apart."""
    total = float(channel.along_m[-1])
    joints = sorted({0.0, total, *(float(channel.along_m[b.mouth_index]) for b in channel.course.branches)})
    cuts = [0.0]
    for start, end in itertools.pairwise(joints):
        parts = max(1, math.ceil((end - start) / longest_m))
        cuts += [start + (end - start) * k / parts for k in range(1, parts + 1)]
    return cuts


def _county_code(index: int) -> str:
    return f"9901{index + 1:02d}"
