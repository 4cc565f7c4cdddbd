"""Signs of an algal bloom 水华 in the readings of one station, day by day: chlorophyll, oxygen and pH that algae move.

Water that algae colour makes oxygen by day and uses it up by night, and takes up carbon dioxide, so that pH rises. Each of these
has other causes too; two of them on the same days, from different instruments, seldom do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_DAY_S = 86_400.0
CHLOROPHYLL, OXYGEN, PH = "chla", "do", "ph"
"""The instruments; the names of their parameters."""


@dataclass(frozen=True)
class BloomRules:
    """What a sign is. Concentrations of chlorophyll in µg/L, of oxygen in mg/L.

    `chlorophyll_alone`: a day's median that needs no second sign; `chlorophyll_sign`: one that is a sign. `oxygen_swing`: from the
    day's low to its high; `oxygen_saturation`: the day's high as a share of saturation; each is the sign of the oxygen probe.
    `ph_sign`: the day's high. `least_temperature`: colder water shows a bloom by chlorophyll alone. A day counts with
    `least_readings` over `least_hours`; `days` of them in a row are told.
    """

    chlorophyll_alone: float
    chlorophyll_sign: float
    oxygen_swing: float
    oxygen_saturation: float
    ph_sign: float
    least_temperature: float
    least_signs: int
    least_readings: int
    least_hours: float
    days: int

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "BloomRules":
        """From a table of these names."""
        return cls(**{name: body[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class BloomDay:
    """A day, counted from 1970 in local time, and what it showed; None where it cannot be told. `signs` are instruments."""

    day: int
    chlorophyll: float | None
    oxygen_swing: float | None
    oxygen_saturation: float | None
    ph: float | None
    temperature: float | None
    signs: tuple[str, ...]
    tells: bool
    """Whether it counts: chlorophyll by itself, or enough signs in water that is not too cold."""


def bloom_days(
    time_s: Array, values: Mapping[str, Array], rules: BloomRules, utc_offset_s: float = 0.0
) -> list[BloomDay]:
    """Every day that has readings of one of the instruments, in order.

    Args:
        time_s: (N,) seconds since 1970, increasing.
        values: measurements (N,), NaN where there is none: `chla` in µg/L, `do` in mg/L, `ph`, `wt` in °C.
        rules: what a sign is.
        utc_offset_s: local time less UTC: algae follow the sun.
    """
    numbers = np.floor((time_s + utc_offset_s) / _DAY_S).astype(np.int64)
    found = []
    for number in np.unique(numbers):
        here = numbers == number
        day = {name: _of_day(time_s[here], series[here], rules) for name, series in values.items()}
        if any(day.get(name) is not None for name in (CHLOROPHYLL, OXYGEN, PH)):
            found.append(_judged(int(number), day, _saturation(here, values, rules), rules))
    return found


def told_days(days: Sequence[BloomDay], rules: BloomRules) -> list[list[BloomDay]]:
    """The runs of days in a row that tell of a bloom, long enough to be told, in order."""
    found: list[list[BloomDay]] = []
    for day in days:
        if not day.tells:
            continue
        if found and day.day == found[-1][-1].day + 1:
            found[-1].append(day)
        else:
            found.append([day])
    return [run for run in found if len(run) >= rules.days]


def _of_day(time_s: Array, series: Array, rules: BloomRules) -> Array | None:
    """The measurements of a day, where there are enough of them over enough of it."""
    there = ~np.isnan(series)
    if np.count_nonzero(there) < rules.least_readings:
        return None
    times = time_s[there]
    return series[there] if times[-1] - times[0] >= 3600 * rules.least_hours else None


def _saturation(here: npt.NDArray[np.bool_], values: Mapping[str, Array], rules: BloomRules) -> float | None:
    """The day's high of oxygen as a share of saturation, 468 / (31.6 + T) mg/L in fresh water at sea level."""
    if OXYGEN not in values or "wt" not in values:
        return None
    temperature = np.where(values["wt"][here] > -5, values["wt"][here], np.nan)
    share = values[OXYGEN][here] * (31.6 + temperature) / 468.0
    share = share[~np.isnan(share)]
    return _high(share) if len(share) >= rules.least_readings else None


def _judged(
    number: int, day: Mapping[str, Array | None], saturation: float | None, rules: BloomRules
) -> BloomDay:
    chlorophyll, oxygen, ph, temperature = (day.get(name) for name in (CHLOROPHYLL, OXYGEN, PH, "wt"))
    median = None if chlorophyll is None else float(np.median(chlorophyll))
    swing = None if oxygen is None else _high(oxygen) - float(np.quantile(oxygen, 0.05))
    high_ph = None if ph is None else _high(ph)
    mean_temperature = None if temperature is None else float(np.mean(temperature))
    signs = []
    if median is not None and median >= rules.chlorophyll_sign:
        signs.append(CHLOROPHYLL)
    if _reaches(swing, rules.oxygen_swing) or _reaches(saturation, rules.oxygen_saturation):
        signs.append(OXYGEN)
    if _reaches(high_ph, rules.ph_sign):
        signs.append(PH)
    cold = mean_temperature is not None and mean_temperature < rules.least_temperature
    tells = _reaches(median, rules.chlorophyll_alone) or (len(signs) >= rules.least_signs and not cold)
    return BloomDay(number, median, swing, saturation, high_ph, mean_temperature, tuple(signs), tells)


def _high(series: Array) -> float:
    """The high of a day without its last twentieth: one wrong reading makes no sign."""
    return float(np.quantile(series, 0.95))


def _reaches(value: float | None, limit: float) -> bool:
    return value is not None and value >= limit
