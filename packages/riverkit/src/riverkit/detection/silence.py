"""Stations that do not speak, and readings that come late. Silent is not shut: a silence says nothing of the water."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riverkit.errors import DetectionError

from .measured import Array
from .normal import Rhythm


@dataclass(frozen=True, slots=True)
class Silence:
    """No reading between two moments, in s; `until_s` is None while it lasts."""

    since_s: float
    until_s: float | None
    usual_interval_s: float


def silences(time_s: Sequence[float] | Array, *, intervals: float, now_s: float) -> list[Silence]:
    """Gaps of more than `intervals` usual intervals between readings, and since the last one until `now_s`.

    The usual interval is the median of the ten before; `time_s` are the times of whatever the station sent, not decreasing.
    """
    rhythm = Rhythm()
    found = []
    moments = [float(moment) for moment in time_s]
    for index, moment in enumerate(moments):
        usual_s = rhythm.follow(moment)
        following = moments[index + 1] if index + 1 < len(moments) else None
        until_s = now_s if following is None else following
        if usual_s > 0 and until_s - moment > intervals * usual_s:
            found.append(Silence(moment, following, usual_s))
    return found


def stale(taken_s: Array, received_s: Array, *, minutes: float) -> Array:
    """Minutes (N,) by which readings came later than `minutes` after they were taken; 0 where they were in time.

    Both (N,) in s. A history that a station sends again is stale too: it is data, but no news.
    """
    if taken_s.shape != received_s.shape:
        raise DetectionError("give the time of receipt for each reading")
    late: Array = np.maximum((received_s - taken_s) / 60 - minutes, 0.0)
    return late
