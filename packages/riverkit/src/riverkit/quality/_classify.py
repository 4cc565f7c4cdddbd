"""The class of water by its worst parameter (单因子评价法), for one sample or for millions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riverkit.errors import StandardError

from ._classes import WaterClass
from ._standard import Parameter, Standard, WaterBody, standard

REQUIRED = ("ph", "do", "codmn", "nh3n")
"""Without one of these a published class is not given; total phosphorus may be absent."""

# Limits such as 0.15 have no exact binary form. Measured values are compared raw, not rounded; the tolerance only undoes
# the binary representation, and gives equality to the better class.
_TOLERANCE = 1e-9
_INFERIOR = WaterClass.INFERIOR_V.value


@dataclass(frozen=True, slots=True)
class Classification:
    """Classes of many samples; every array has one entry per sample.

    ``grade`` 1..6 as WaterClass, 0 where a required parameter is missing. ``assessed`` of ``of`` parameters took part.
    ``deciding_mask`` has bit i set where parameter i of ``keys`` sets the class, none for class I.
    ``per_parameter`` holds the grade by each parameter alone (0 = no value or no limit), also of those that are
    reported apart from the class (total nitrogen of lakes, faecal coliforms).
    """

    grade: NDArray[np.int8]
    deciding_mask: NDArray[np.uint32]
    assessed: NDArray[np.int8]
    of: int
    keys: tuple[str, ...]
    per_parameter: Mapping[str, NDArray[np.int8]]

    def deciding(self, index: int) -> tuple[str, ...]:
        """The keys of the parameters that set the class of one sample."""
        mask = int(self.deciding_mask[index])
        return tuple(key for bit, key in enumerate(self.keys) if mask >> bit & 1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of one sample: ``grade`` None if a required parameter is missing, which ``missing`` then names.

    ``deciding``: the parameters that set the class; empty for class I. Show "assessed ``assessed`` of
    ``of``" beside every class.
    """

    grade: WaterClass | None
    deciding: tuple[str, ...]
    assessed: int
    of: int
    missing: tuple[str, ...]


def classify(
    values: Mapping[str, ArrayLike],
    *,
    water_body: WaterBody | Sequence[str] | NDArray[Any] = "river",
    required: Iterable[str] = REQUIRED,
    by: Standard | None = None,
) -> Classification:
    """Classify samples by their worst parameter (GB 3838-2002; 环办〔2011〕22号).

    ``values``: parameter key to values in the standard's unit (mg/L, pH units), raw and unrounded, NaN where missing; all
    of one length. ``water_body``: "river" or "lake", for all or one per sample. Raises StandardError for an unknown key or
    water body, for lengths that differ, and for impossible values (negative, infinite, pH above 14), naming the first.
    """
    rules = by or standard()
    columns = {
        rules.parameter(key).key: np.atleast_1d(np.asarray(column, float)) for key, column in values.items()
    }
    count = _common_length(columns)
    lake = _is_lake(water_body, count)
    needed = [rules.parameter(key).key for key in required]
    per_parameter = {}
    assessed_keys = rules.assessed
    grade = np.ones(count, np.int8)
    assessed = np.zeros(count, np.int8)
    for key, column in columns.items():
        _refuse_impossible(key, column)
        parameter = rules.parameters[key]
        if parameter.rule == "none":
            continue
        grades = _grades(parameter, column, lake)
        per_parameter[key] = grades
        if parameter.assessed:
            np.maximum(grade, grades, out=grade)
            assessed += grades > 0
    missing = np.zeros(count, bool)
    for key in needed:
        missing |= per_parameter[key] == 0 if key in per_parameter else True
    grade[missing | (assessed == 0)] = 0
    deciding = np.zeros(count, np.uint32)
    for bit, key in enumerate(assessed_keys):
        if key in per_parameter:
            deciding |= np.where(
                (per_parameter[key] == grade) & (grade > 1), np.uint32(1 << bit), np.uint32(0)
            )
    return Classification(grade, deciding, assessed, len(assessed_keys), assessed_keys, per_parameter)


def water_class(
    values: Mapping[str, float | None],
    water_body: WaterBody = "river",
    *,
    required: Iterable[str] = REQUIRED,
    by: Standard | None = None,
) -> Verdict:
    """Classify one sample; None or NaN is a missing value. Units, rules and errors as for ``classify``.

    verdict = water_class({"ph": 7.6, "do": 5.4, "codmn": 6.2, "nh3n": 0.8, "tp": 0.19})
    assert verdict.grade is WaterClass.IV
    assert verdict.deciding == ("codmn",)
    assert (verdict.assessed, verdict.of) == (5, 21)
    """
    needed = tuple(required)
    columns = {key: [np.nan if value is None else value] for key, value in values.items()}
    # One sample without any value is still one sample.
    result = classify(columns or {"ph": [np.nan]}, water_body=water_body, required=needed, by=by)
    grade = int(result.grade[0])
    return Verdict(
        grade=WaterClass(grade) if grade else None,
        deciding=result.deciding(0),
        assessed=int(result.assessed[0]),
        of=result.of,
        missing=tuple(
            key for key in needed if key not in result.per_parameter or result.per_parameter[key][0] == 0
        ),
    )


def class_of(
    parameter: str, value: float, water_body: WaterBody = "river", *, by: Standard | None = None
) -> WaterClass:
    """The class by one parameter alone; StandardError if it has no limits for this water body.

    assert class_of("tp", 0.05, "river") is WaterClass.II
    assert class_of("tp", 0.05, "lake") is WaterClass.III
    """
    rules = by or standard()
    item = rules.parameter(parameter)
    if water_body not in item.limits:
        raise StandardError(f"{rules.code} has no limits of {parameter} for the water body {water_body!r}")
    column = np.array([value], float)
    if np.isnan(value):
        raise StandardError(f"{parameter} has no value; leave it out instead of giving NaN")
    _refuse_impossible(parameter, column)
    return WaterClass(int(_grades(item, column, np.array([water_body == "lake"]))[0]))


def _common_length(columns: Mapping[str, NDArray[np.float64]]) -> int:
    shapes = {key: column.shape for key, column in columns.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise StandardError(f"values must be columns of one length, but their shapes are {shapes}")
    return max((column.size for column in columns.values()), default=0)


def _is_lake(water_body: WaterBody | Sequence[str] | NDArray[Any], count: int) -> NDArray[np.bool_]:
    bodies = np.asarray(water_body)
    lake = bodies == "lake"
    unknown = ~(lake | (bodies == "river"))
    if np.any(unknown):
        raise StandardError(f"unknown water body {bodies[unknown][0]!r}; use 'river' or 'lake'")
    if bodies.ndim > 1 or (bodies.ndim == 1 and len(bodies) != count):
        raise StandardError(
            f"{bodies.size} water bodies for {count} samples; give one for all or one for each"
        )
    return np.broadcast_to(lake, (count,))


def _refuse_impossible(key: str, column: NDArray[np.float64]) -> None:
    highest = 14.0 if key == "ph" else np.finfo(float).max
    lowest = -np.inf if key == "wt" else 0.0
    bad = np.flatnonzero((column < lowest) | (column > highest))
    if bad.size:
        raise StandardError(
            f"{key} = {column[bad[0]]:g} in sample {bad[0]} is impossible; set it to NaN if it is to count as missing"
        )


def _grades(parameter: Parameter, column: NDArray[np.float64], lake: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Grades 1..6 by one parameter, 0 for NaN and where the water body has no limits."""
    river_limits, lake_limits = parameter.limits.get("river"), parameter.limits.get("lake")
    if river_limits == lake_limits or not lake.any():
        grades = _grades_in(parameter, column, river_limits)
    elif lake.all():
        grades = _grades_in(parameter, column, lake_limits)
    else:
        grades = np.where(
            lake, _grades_in(parameter, column, lake_limits), _grades_in(parameter, column, river_limits)
        )
    grades[np.isnan(column)] = 0
    return grades


def _grades_in(
    parameter: Parameter, column: NDArray[np.float64], limits: Sequence[Any] | None
) -> NDArray[np.int8]:
    if limits is None:
        return np.zeros(len(column), np.int8)
    bounds = np.array([float(limit) for limit in limits])
    if parameter.rule == "range":
        inside = (column >= bounds[0] - _TOLERANCE) & (column <= bounds[1] + _TOLERANCE)
        return np.where(inside, np.int8(1), np.int8(_INFERIOR))
    if parameter.rule == "at_least":  # mirrored, so that the limits ascend
        bounds, column = -bounds, -column
    # The number of limits that the value exceeds: 0 is class I, 5 is inferior V.
    exceeded = np.searchsorted(bounds + _TOLERANCE, column, side="left")
    return (exceeded + 1).astype(np.int8)
