"""Clouds of real dye tests: which of them can stand for another injection on the same river, and their sum."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from riverkit.blind.passage import Passage
from riverkit.blind.tracer_tests import Curve, TracerTest, learn_without
from riverkit.tracing.tables import Row, read_rows

Floats = NDArray[np.float64]

WAY_APART, VELOCITY_APART, FARTHER = 0.25, 0.33, 1.3
"""How unlike ways between the stations and velocities may be, in logarithms; and how much farther a far source is."""

READINGS_PER_SIGMA = 4.0
SLOPE_OF_NORMAL = math.exp(0.5)
QUANTILE_OF_T3 = 1.43
"""Standard deviation of the normal with the 5 and 95 % points of Student's t of three degrees of freedom and unit scale."""


@dataclass(frozen=True)
class Cloud:
    """Curves of one cloud at the upper and the lower station; None where it does not pass."""

    test: TracerTest
    at: tuple[int | None, int]

    @property
    def first(self) -> int:
        """The curve at the first station that it passes."""
        return self.at[1] if self.at[0] is None else self.at[0]

    def passage(self, row: int) -> Passage:
        """Of a curve."""
        return self.test.journey.passages[row]

    @property
    def way_m(self) -> float:
        """From the injection to the first station that it passes."""
        return self.passage(self.first).distance_m


class Collection:
    """The tests with their sections, and what is known of rivers other than one."""

    def __init__(self, tests: Sequence[TracerTest], folder: Path) -> None:
        self.tests = [_with_single_times(test) for test in tests if len(test.curves) > 1]
        self._all = tests
        self._unlike: dict[str, float] = {}
        self._rows = {_name(row): row for row in read_rows(folder / "btc_stations.csv")}

    def row(self, test: TracerTest, curve: int) -> Row:
        """The station's row."""
        return self._rows[test.name, test.curves[curve].station]

    def measured(self, test: TracerTest, curve: int) -> bool:
        """Whether its cross-section was."""
        row = self.row(test, curve)
        return all(row.optional_number(each) for each in ("width_m", "depth_m", "velocity_m_s"))

    def unlike_of(self, code: str) -> float:
        """Standard deviation of ln of the ratio of the velocities of two stretches in a row, as the other rivers have it."""
        if code not in self._unlike:
            self._unlike[code] = QUANTILE_OF_T3 * learn_without(self._all, code).velocity.scale
        return self._unlike[code]

    def widening(self, code: str) -> float:
        """A curve's standard deviation over the one its steepest rise speaks of, the median of other rivers."""
        curves = [curve for test in self.tests if test.code != code for curve in test.curves]
        return float(
            np.median(
                [moments(each.time_s, each.value)[1] / rise_s(each.time_s, each.value) for each in curves]
            )
        )


def farther(collection: Collection, near: Cloud) -> Cloud | None:
    """Two curves of a cloud on the same river, as far apart as the near cloud's and as fast, and farther down."""
    upper, lower = (near.passage(row) for row in (near.first, near.at[1]))
    way, velocity = way_and_velocity(upper, lower)
    best, least = None, math.inf
    for test in collection.tests:
        if test.code != near.test.code:
            continue
        for first in range(len(test.curves)):
            for second in range(first + 1, len(test.curves)):
                a, b = test.journey.passages[first], test.journey.passages[second]
                own_way, own_velocity = way_and_velocity(a, b)
                apart = abs(math.log(own_way / way)), abs(math.log(own_velocity / velocity))
                if (
                    apart[0] > WAY_APART
                    or apart[1] > VELOCITY_APART
                    or a.distance_m < FARTHER * upper.distance_m
                ):
                    continue
                if sum(apart) < least:
                    best, least = Cloud(test, (first, second)), sum(apart)
    return best


def between(collection: Collection, near: Cloud) -> Cloud | None:
    """A curve of the same river, measured so near its injection that this lay between, on a way as fast as the near cloud's."""
    way, velocity = way_and_velocity(near.passage(near.first), near.passage(near.at[1]))
    best, least = None, VELOCITY_APART
    for test in collection.tests:
        if test.code != near.test.code:
            continue
        for row, passage in enumerate(test.journey.passages):
            apart = abs(math.log(passage.distance_m / passage.middle_s / velocity))
            if 0.3 * way < passage.distance_m < 0.8 * way and apart < least:
                best, least = Cloud(test, (None, row)), apart
    return best


def mixed(curves: Sequence[Curve]) -> tuple[Floats, Floats]:
    """Readings of the sum, at the times of all, not closer than a quarter of the narrowest cloud's standard deviation."""
    least = min(moments(each.time_s, each.value)[1] for each in curves) / READINGS_PER_SIGMA
    times: list[float] = []
    for time_s in np.unique(np.concatenate([each.time_s for each in curves])).tolist():
        if not times or time_s - times[-1] >= least:
            times.append(time_s)
    time = np.array(times)
    value: Floats = np.sum([_at(each, time) for each in curves], axis=0)
    return time, value


def _at(curve: Curve, time_s: Floats) -> Floats:
    """The curve between its readings, nothing before them, and behind them the tail that their last slope promises."""
    value = np.interp(time_s, curve.time_s, curve.value, left=0.0).astype(np.float64)
    end, last = float(curve.time_s[-1]), float(curve.value[-1])
    earlier = max(float(curve.value[-4]), last)
    later = time_s > end
    if last > 0 and earlier > last:
        rate = math.log(earlier / last) / (end - float(curve.time_s[-4]))
        value[later] = last * np.exp(-rate * (time_s[later] - end))
    else:
        value[later] = 0.0
    return value


def rise_s(time_s: Floats, value: Floats) -> float:
    """The standard deviation of a normal curve as high and with the same steepest rise."""
    return float(value.max()) / (SLOPE_OF_NORMAL * float(np.gradient(value, time_s).max()))


def moments(time_s: Floats, value: Floats) -> tuple[float, float]:
    mass = np.trapezoid(value, time_s)
    centroid = np.trapezoid(value * time_s, time_s) / mass
    return float(centroid), float(np.sqrt(np.trapezoid(value * (time_s - centroid) ** 2, time_s) / mass))


def way_and_velocity(upper: Passage, lower: Passage) -> tuple[float, float]:
    way = lower.distance_m - upper.distance_m
    return way, way / (lower.middle_s - upper.middle_s)


def _with_single_times(test: TracerTest) -> TracerTest:
    """Readings of the same time averaged."""
    curves = []
    for curve in test.curves:
        time, row = np.unique(curve.time_s, return_inverse=True)
        curves.append(Curve(curve.station, time, np.bincount(row, curve.value) / np.bincount(row)))
    return replace(test, curves=tuple(curves))


def _name(row: Row) -> tuple[str, str]:
    event, injection = row.text("event"), row.text("injection")
    return (event if injection in ("", "-") else f"{event}/{injection}"), row.text("station")
