"""What the demo's analysers read when nothing happens, for any time, from the seed alone.

History is back-filled at one time and the stream goes on at another, so every value is a function of the seed, the
station, the parameter and the moment: both parts, and a demo resumed after weeks, belong to one series.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from riverchief.demo.model import DemoStation
from riverchief.demo.water import Habit, gaps, maintenance, usual_water

Array = NDArray[np.float64]

STEP_S = 600
"""Analysers of surface water report every ten minutes here."""

PER_DAY = 86_400 // STEP_S

CODES: Mapping[str, tuple[str, str]] = {
    "wt": ("w01010", "°C"),
    "ph": ("w01001", "1"),
    "do": ("w01009", "mg/L"),
    "ec": ("w01014", "µS/cm"),
    "codmn": ("w01019", "mg/L"),
    "nh3n": ("w21003", "mg/L"),
    "tp": ("w21011", "mg/L"),
}
"""Parameter to factor code of HJ 212 and unit. Table B.1 has no code for turbidity, so it is not among them."""

MEASURED, SERVICED = "N", "M"
_MASK_STREAM, _HABIT_STREAM = 90, 91


@dataclass(frozen=True)
class Masks:
    """Which readings never arrive, and which fall into the weekly service."""

    missing: NDArray[np.bool_]
    serviced: NDArray[np.bool_]


@dataclass(frozen=True)
class Water:
    """The quiet water at one station; `number` tells stations of a basin apart."""

    seed: int
    number: int
    habits: Mapping[str, Habit]

    @classmethod
    def at(cls, seed: int, number: int, station: DemoStation) -> "Water":
        """What is usual at a station: cleaner in the trunk, richer in the brooks, clear of the limits of a class.

        Some tributaries and brooks are steadily one class worse in a parameter, as they are in life.
        """
        rng = np.random.default_rng([seed, _HABIT_STREAM, number])
        strict = station.target_class <= 2
        nh3n = rng.uniform(0.19, 0.30) if strict or rng.random() < 0.6 else rng.uniform(0.62, 0.76)
        codmn = rng.uniform(2.5, 3.2) if strict or rng.random() < 0.6 else rng.uniform(4.7, 5.0)
        tp = rng.uniform(0.055, 0.072) if strict or rng.random() < 0.6 else rng.uniform(0.130, 0.155)
        return cls(
            seed,
            number,
            {
                "wt": Habit(1.0, diurnal=0.06, peak_hour=16.0, noise=0.01, drift=0.05),
                "ph": Habit(rng.uniform(7.4, 7.9), diurnal=0.02, peak_hour=16.0, noise=0.004, drift=0.008),
                "do": Habit(rng.uniform(8.4, 9.0), diurnal=0.05, peak_hour=16.0, noise=0.01, drift=0.02),
                "ec": Habit(rng.uniform(300, 460), diurnal=0.03, noise=0.01, drift=0.04),
                "codmn": Habit(float(codmn), diurnal=0.05, noise=0.03, drift=0.04),
                "nh3n": Habit(float(nh3n), diurnal=0.10, noise=0.04, drift=0.04),
                "tp": Habit(float(tp), diurnal=0.06, noise=0.04, drift=0.04),
            },
        )

    def values(self, parameter: str, steps: NDArray[np.int64]) -> Array:
        """Values of a parameter at moments given as numbers of ten-minute steps since 1970, ascending."""
        index = list(CODES).index(parameter)
        habit = self.habits[parameter]
        phase = np.random.default_rng([self.seed, self.number, index]).uniform(0, 2 * math.pi)
        found = np.empty(len(steps))
        for day, where in _by_day(steps):
            rng = np.random.default_rng([self.seed, self.number, index, day])
            moments = seconds(day * PER_DAY + np.arange(PER_DAY))
            # The slow swing must not begin anew with each day, so it is laid on here.
            of_day = usual_water(replace(habit, drift=0.0), moments, rng)
            found[where] = of_day[steps[where] - day * PER_DAY]
        time_s = seconds(steps)
        slow = 1 + habit.drift * np.sin(2 * math.pi * time_s / (6.5 * 86_400) + phase)
        season = _season_c(time_s) if parameter == "wt" else 1.0
        values: Array = found * slow * season
        return values

    def masks(self, steps: NDArray[np.int64]) -> Masks:
        """Gaps and services at the same moments."""
        missing = np.zeros(len(steps), bool)
        for day, where in _by_day(steps):
            rng = np.random.default_rng([self.seed, self.number, _MASK_STREAM, day])
            missing[where] = gaps(PER_DAY, rng)[steps[where] - day * PER_DAY]
        return Masks(missing, maintenance(seconds(steps), weekday=self.number % 5))


def seconds(steps: NDArray[np.int64]) -> Array:
    """Steps as seconds since 1970."""
    return steps.astype(np.float64) * STEP_S


def _by_day(steps: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    days = steps // PER_DAY
    for day in np.unique(days):
        yield int(day), np.flatnonzero(days == day)


def _season_c(time_s: Array) -> Array:
    """Water temperature over the year near Chongqing: coldest, 10 °C, at the end of January."""
    of_year: Array = 18.5 - 8.5 * np.cos(2 * math.pi * (time_s / 86_400 - 27) / 365.2425)
    return of_year


def waters(seed: int, stations: Iterable[DemoStation]) -> dict[str, Water]:
    """The water of every station, by its code."""
    return {station.code: Water.at(seed, number, station) for number, station in enumerate(stations)}


def step_of(moment: datetime) -> int:
    """The last ten-minute step at or before a moment."""
    return int(moment.timestamp()) // STEP_S


def moment_of(step: int) -> datetime:
    """The moment of a step."""
    return datetime.fromtimestamp(step * STEP_S, UTC)


def history_steps(start: datetime, end: datetime, fine: timedelta) -> NDArray[np.int64]:
    """Hourly steps from `start`, ten-minute ones in the last `fine` before `end`; the end is left out."""
    first, last, turn = step_of(start) + 1, step_of(end), step_of(end - fine)
    steps = np.arange(first, last, dtype=np.int64)
    wanted: NDArray[np.bool_] = (steps >= turn) | (steps % (3600 // STEP_S) == 0)
    return steps[wanted]
