"""Is a section a river or a lake? Learned from classes that were published for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riverkit.errors import StandardError

from ._classify import classify
from ._standard import Standard, WaterBody


@dataclass(frozen=True, slots=True)
class LearnedWaterBody:
    """What published classes say of one section.

    ``rows`` had both a published and a computed class; river limits reproduced ``agree_river`` of them, lake limits
    ``agree_lake``; in ``telling`` of them the two differ. A tie is a river: with ``telling`` 0 nothing was learned.
    """

    water_body: WaterBody
    rows: int
    telling: int
    agree_river: int
    agree_lake: int


def learn_water_body(
    sections: Sequence[str] | NDArray[Any],
    published: ArrayLike,
    values: Mapping[str, ArrayLike],
    *,
    by: Standard | None = None,
) -> dict[str, LearnedWaterBody]:
    """Choose river or lake limits for each section by which reproduces more of its published classes.

    One entry per reading: its section, its published class (WaterClass or 1..6; 0 = none) and its values as for
    ``classify``. Learn on earlier dates than those it is judged on: the choice is fitted to what it has seen. Sections
    without a row to compare are left out.
    """
    names = np.asarray(sections, dtype=str)
    known = np.asarray(published, dtype=np.int8)
    if names.shape != known.shape:
        raise StandardError(
            f"{names.size} sections but {known.size} published classes; give one of each per reading"
        )
    river = classify(values, water_body="river", by=by).grade
    lake = classify(values, water_body="lake", by=by).grade
    compared = (known > 0) & (river > 0)
    found, position = np.unique(names[compared], return_inverse=True)

    def count(which: NDArray[np.bool_]) -> list[int]:
        return [int(rows) for rows in np.bincount(position, weights=which[compared], minlength=len(found))]

    return {
        str(section): LearnedWaterBody(
            "lake" if agree_lake > agree_river else "river", rows, telling, agree_river, agree_lake
        )
        for section, rows, telling, agree_river, agree_lake in zip(
            found,
            count(np.ones(len(names), bool)),
            count(river != lake),
            count(river == known),
            count(lake == known),
            strict=True,
        )
    }
