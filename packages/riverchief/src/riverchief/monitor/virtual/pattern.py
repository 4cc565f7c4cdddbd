"""What virtual stations measure: a small daily pattern, a pure function of seed, station and time."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from riverkit.protocols.hj212 import CHINA_STANDARD_TIME

from riverchief.monitor.virtual.analyser import Sample, Values

Standard = Literal["hj212-2017", "hj212-2005", "sl651"]

_STEPS = {"2051": timedelta(minutes=10), "2061": timedelta(hours=1), "2031": timedelta(days=1)}


def seeded(*of: object) -> random.Random:
    """A generator of its own for whatever it is named by."""
    return random.Random(" ".join(map(str, of)))  # noqa: S311 - chance that can be repeated, nothing to hide


@dataclass(frozen=True)
class Quantity:
    """Something measured: how it is sent, and what becomes of it."""

    code: str
    parameter: str
    """Of the reading; `scale` makes its unit of the unit that is sent."""
    level: float
    swing: float
    """Half the difference between day and night, as a share of the level."""
    noise: float
    """Standard deviation from one instant to the next, in the unit that is sent."""
    decimals: int
    scale: float = 1.0
    spread: float = 0.2
    """How far the level of a station may lie from this one, as a share."""

    def at(self, moment: datetime, station: str, seed: int) -> float:
        """The value at a station at an instant; the same whenever it is asked for."""
        chance = seeded(seed, station, self.code, round(moment.timestamp()))
        own = seeded(seed, station, self.code).uniform(1 - self.spread, 1 + self.spread)
        local = moment.astimezone(CHINA_STANDARD_TIME)
        of_day = math.cos(2 * math.pi * (local.hour + local.minute / 60 - 20) / 24)
        value = self.level * (own + self.swing * of_day) + chance.gauss(0, self.noise)
        return round(max(value, 0.0), self.decimals)


# The noise of pH, oxygen and level is what probes of every 15 minutes showed in two rivers (0.004, 0.013 mg/L, 1.3 mm), rounded up
# to the digits that are sent; of what an analyser digests it is 2 %, our assumption.
QUANTITIES: dict[Standard, tuple[Quantity, ...]] = {
    "hj212-2017": (
        Quantity("w01001", "ph", 7.5, 0.02, 0.01, 2, spread=0.05),
        Quantity("w01009", "do", 7.5, 0.12, 0.02, 2),
        Quantity("w01019", "codmn", 3.2, 0.08, 0.06, 2),
        Quantity("w21003", "nh3n", 0.45, 0.15, 0.009, 3),
        Quantity("w21011", "tp", 0.11, 0.1, 0.002, 3),
    ),
    "hj212-2005": (
        Quantity("001", "ph", 7.5, 0.02, 0.01, 2, spread=0.05),
        Quantity("011", "cod", 14.0, 0.1, 0.3, 1),
        Quantity("060", "nh3n", 0.6, 0.15, 0.012, 3),
        Quantity("101", "tp", 0.14, 0.1, 0.003, 3),
    ),
    "sl651": (
        Quantity("Z", "level", 182.0, 0.001, 0.002, 3),
        Quantity("Q", "flow", 21.0, 0.1, 0.4, 3, scale=1000.0),
    ),
}
"""What a station of each standard measures."""

REPORT: dict[Standard, str] = {"hj212-2017": "2011", "hj212-2005": "2011", "sl651": "32"}
"""The command, or function, by which it sends what it measures now."""


def sample_at(standard: Standard, station: str, seed: int, moment: datetime) -> Sample:
    """What a station sends of an instant."""
    values: Values = {
        quantity.code: (quantity.at(moment, station, seed), None if standard == "sl651" else "N")
        for quantity in QUANTITIES[standard]
    }
    return Sample(moment, values, REPORT[standard])


def remembered(
    standard: Standard, station: str, seed: int, cn: str, begin: datetime, end: datetime
) -> Iterator[Sample]:
    """What a station has kept of the periods of a kind (2051, 2061, 2031) from `begin` to `end`."""
    step = _STEPS[cn]
    midnight = begin.astimezone(CHINA_STANDARD_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight + math.ceil((begin - midnight) / step) * step
    while moment <= end:
        yield Sample(moment, sample_at(standard, station, seed, moment).values, cn)
        moment += step
