"""How computed classes agree with published ones, and what may lie behind each difference."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._classes import WaterClass
from ._classify import REQUIRED, Classification, classify
from ._readings_file import Readings
from ._water_body import LearnedWaterBody, learn_water_body

_DISPLAYED_DECIMALS = {"ph": 2, "do": 2, "codmn": 2, "nh3n": 3, "tp": 3}
"""How the national centre displays automatic stations' values."""

_CLUSTER = 3
"""So many differences on one day have probably one cause."""


@dataclass(frozen=True, slots=True)
class Share:
    """``agree`` of ``rows`` classes are those that were published."""

    rows: int
    agree: int

    @property
    def fraction(self) -> float | None:
        return self.agree / self.rows if self.rows else None


@dataclass(frozen=True, slots=True)
class Difference:
    """One reading whose computed class is not the published one; ``index`` into the readings."""

    index: int
    computed: WaterClass
    published: WaterClass
    deciding: tuple[str, ...]
    explanation: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """Readings classified with what was known of each section's water body, and compared with published classes.

    ``river_only`` judges all comparable rows that carry total phosphorus, the parameter whose limits depend on the water
    body, with river limits; ``without_tp`` the comparable rows that lack it. ``learned_before``: water bodies were learned
    on rows before this date; ``applied`` judges the rows with total phosphorus from it on.
    """

    classification: Classification
    lake: NDArray[np.bool_]
    river_only: Share
    without_tp: Share
    learned_before: np.datetime64 | None
    learned: dict[str, LearnedWaterBody]
    applied: Share
    applied_river_only: Share
    unlearned_rows: int
    """Rows judged of sections that had nothing to learn from: river limits were taken."""
    differences: tuple[Difference, ...]


def assess(
    readings: Readings, *, learn_before: np.datetime64 | None = None, required: tuple[str, ...] = REQUIRED
) -> Assessment:
    """Classify the readings; learn water bodies on the dates before ``learn_before`` and judge them from it on.

    ``learn_before`` None takes the middle of the file's dates. Without dates, sections or published classes nothing is
    learned and river limits are used.
    """
    published = readings.published
    river = classify(readings.values, water_body="river", required=required)
    comparable = (published > 0) & (river.grade > 0)
    has_tp = ~np.isnan(readings.values["tp"]) if "tp" in readings.values else np.zeros(len(published), bool)
    split = learn_before if learn_before is not None else _middle(readings.date)
    learned: dict[str, LearnedWaterBody] = {}
    later = np.zeros(len(published), bool)
    if split is not None and "section" in readings.columns and comparable.any():
        earlier = readings.date < split
        later = readings.date >= split
        columns = {key: column[earlier] for key, column in readings.values.items()}
        learned = learn_water_body(readings.section[earlier], published[earlier], columns)
    lakes = [section for section, found in learned.items() if found.water_body == "lake"]
    lake = np.isin(readings.section, lakes)
    result = classify(readings.values, water_body=np.where(lake, "lake", "river"), required=required)
    judged = comparable & (later if learned else True)
    wrong = np.flatnonzero(judged & (result.grade != published))
    explain = _Explainer(readings, result, lake, learned, required, Counter(readings.date[wrong].tolist()))
    return Assessment(
        classification=result,
        lake=lake,
        river_only=_share(river, published, comparable & has_tp),
        without_tp=_share(river, published, comparable & ~has_tp),
        learned_before=split if learned else None,
        learned=learned,
        applied=_share(result, published, judged & later & has_tp),
        applied_river_only=_share(river, published, judged & later & has_tp),
        unlearned_rows=int(np.sum(judged & later & ~np.isin(readings.section, list(learned))))
        if learned
        else 0,
        differences=tuple(explain.difference(int(index)) for index in wrong),
    )


def _share(result: Classification, published: NDArray[np.int8], which: NDArray[np.bool_]) -> Share:
    return Share(int(which.sum()), int((result.grade[which] == published[which]).sum()))


def _middle(dates: NDArray[np.datetime64]) -> np.datetime64 | None:
    known = dates[~np.isnat(dates)]
    if not known.size:
        return None
    first, last = known.min(), known.max()
    middle: np.datetime64 = first + (last - first) // 2
    return middle


@dataclass(frozen=True, slots=True)
class _Explainer:
    """Names the first of a few known causes that would account for a difference; none of them is proven by that."""

    readings: Readings
    result: Classification
    lake: NDArray[np.bool_]
    learned: dict[str, LearnedWaterBody]
    required: tuple[str, ...]
    differences_on: Counter[object]  # date -> how many

    def difference(self, index: int) -> Difference:
        published = WaterClass(int(self.readings.published[index]))
        return Difference(
            index=index,
            computed=WaterClass(int(self.result.grade[index])),
            published=published,
            deciding=self.result.deciding(index),
            explanation=self._explanation(index, published),
        )

    def _explanation(self, index: int, published: WaterClass) -> str:
        same_day = self.differences_on[self.readings.date[index].item()]
        if "date" in self.readings.columns and same_day >= _CLUSTER:
            return f"one of {same_day} differences on that day: class and values may be out of step"
        one = {key: column[index : index + 1] for key, column in self.readings.values.items()}
        here, other = ("lake", "river") if self.lake[index] else ("river", "lake")
        if self._grade(one, other) == published:
            learned = self.learned.get(str(self.readings.section[index]))
            told = learned.telling if learned else 0
            return f"agrees with {other} limits; {told} earlier rows told river from lake here"
        rounded = {key: np.round(column, _DISPLAYED_DECIMALS.get(key, 12)) for key, column in one.items()}
        if self._grade(rounded, here) == published:
            return "agrees if values are rounded as displayed"
        same = self.readings.section == self.readings.section[index]
        same_section = np.flatnonzero(same & (self.result.grade > 0))
        place = int(np.searchsorted(same_section, index))
        for step, word in ((-1, "before"), (1, "after")):
            if (
                0 <= place + step < len(same_section)
                and self.result.grade[same_section[place + step]] == published
            ):
                return f"class of the section's reading {word}: class and values may be out of step"
        return "none known"

    def _grade(self, values: dict[str, NDArray[np.float64]], water_body: str) -> int:
        return int(classify(values, water_body=[water_body], required=self.required).grade[0])
