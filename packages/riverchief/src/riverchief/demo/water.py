"""The water that the demo's analysers report: pure functions of a seeded generator."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DAY_S = 86_400.0


@dataclass(frozen=True)
class Habit:
    """How a parameter behaves at a station when nothing happens."""

    level: float
    diurnal: float = 0.12
    """Half the swing over a day, as a share of the level."""
    peak_hour: float = 20.0
    """Local hour of the daily maximum."""
    noise: float = 0.04
    """Standard deviation of the noise, as a share of the level."""
    memory: float = 0.7
    """Correlation of the noise from one sample to the next."""
    drift: float = 0.05
    """Half the slow swing over about a week, as a share of the level."""


def usual_water(habit: Habit, time_s: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Values of a quiet river at the times (seconds since 1970, UTC), in the unit of the level; never negative."""
    local_hour = (time_s / 3600.0 + 8.0) % 24.0
    daily = habit.diurnal * np.cos(2 * np.pi * (local_hour - habit.peak_hour) / 24.0)
    weekly = habit.drift * np.sin(2 * np.pi * time_s / (6.5 * _DAY_S) + rng.uniform(0, 2 * np.pi))
    noise = np.empty(len(time_s))
    step = habit.noise * np.sqrt(1 - habit.memory**2)
    previous = rng.normal(0, habit.noise)
    for index, shock in enumerate(rng.normal(0, step, len(time_s))):
        previous = habit.memory * previous + shock
        noise[index] = previous
    return np.maximum(habit.level * (1 + daily + weekly + noise), 0.0)


def gaps(
    count: int, rng: np.random.Generator, *, share: float = 0.01, mean_length: float = 4.0
) -> NDArray[np.bool_]:
    """Which of `count` samples never arrive: runs of geometric length that take up about `share` of the time."""
    missing = np.zeros(count, bool)
    starts = np.flatnonzero(rng.random(count) < share / mean_length)
    for start, length in zip(starts, rng.geometric(1 / mean_length, len(starts)), strict=True):
        missing[start : start + length] = True
    return missing


def maintenance(
    time_s: NDArray[np.float64], *, weekday: int, local_hour: float = 10.0, length_s: float = 3600.0
) -> NDArray[np.bool_]:
    """Which samples fall into the weekly visit of the service (weekday 0 is Monday, hours are local)."""
    local_s = time_s + 8 * 3600.0
    day = np.floor(local_s / _DAY_S).astype(int)
    of_week = (day + 3) % 7  # 1970-01-01 was a Thursday
    into_day = local_s - day * _DAY_S
    begin = local_hour * 3600.0
    visited: NDArray[np.bool_] = (of_week == weekday) & (into_day >= begin) & (into_day < begin + length_s)
    return visited
