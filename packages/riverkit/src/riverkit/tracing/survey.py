"""Readings of one instrument that moves: a boat survey (走航), a car along the bank, a drone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import TracingError
from riverkit.network import Location
from riverkit.tracing.model import (
    Floats,
    Points,
    StationSeries,
    refuse_unusable_belief,
    refuse_unusable_series,
)


@dataclass(frozen=True, eq=False)
class Survey:
    """Readings of one parameter by one moving instrument: a time, a place and a value for each.

    All share one background (level and drift) and one instrument's noise; each sees the water of its own place.

    Attributes:
        locations: of every reading, on the network.
        discharge_m3s: flow at the place of every reading, above 0.
        time_s, value, below, sigma: of every reading, as of a `StationSeries`.
        background, correlation_s: of the whole survey, as of a `StationSeries`.
        merged_m: readings on so short a stretch of a reach are taken as made in its middle; 0 for each where it was.
            Cost grows with the number of places.
        name: for people.
    """

    locations: Sequence[Location]
    discharge_m3s: Floats
    time_s: Floats
    value: Floats
    sigma: Floats | None = None
    background: float | None = None
    correlation_s: float | None = None
    name: str = ""
    below: NDArray[np.bool_] | None = None
    merged_m: float = 50.0
    points: Points = field(init=False, repr=False)

    def __post_init__(self) -> None:
        where = f"Survey {self.label!r}"
        refuse_unusable_series(where, self.time_s, self.value, self.sigma, self.below)
        refuse_unusable_belief(where, self.background, self.correlation_s)
        if not len(self.locations) == len(self.discharge_m3s) == len(self.time_s):
            raise TracingError(f"{where}: times, places and flows differ in number. Give each reading all.")
        if not (np.isfinite(self.discharge_m3s) & (self.discharge_m3s > 0)).all():
            raise TracingError(f"{where}: a flow is not above 0 m³/s. Give a flow above 0 at every place.")
        if not self.merged_m >= 0:
            raise TracingError(
                f"{where}: readings merged within {self.merged_m} m. Give a length of at least 0."
            )
        object.__setattr__(self, "points", _merged(self.locations, self.discharge_m3s, self.merged_m))

    @property
    def label(self) -> str:
        """Its name, or that it is one."""
        return self.name or "survey"

    def passing_kg(self) -> float:
        """Mass that would pass if the highest rise lasted as long as the survey: for the order of magnitude."""
        usable = np.isfinite(self.value)
        lasted_s = float(np.ptp(self.time_s[usable]))
        return (
            float(self.discharge_m3s[usable].max()) * float(np.ptp(self.value[usable])) * lasted_s / 1_000.0
        )


Instrument = StationSeries | Survey


def _merged(locations: Sequence[Location], discharge_m3s: Floats, within_m: float) -> Points:
    """One point for all readings on a stretch no longer than `within_m`; along a reach as many as needed, no more."""
    order = sorted(
        range(len(locations)), key=lambda row: (locations[row].reach_id, locations[row].chainage_m)
    )
    stretches: list[list[int]] = []
    for row in order:
        here = locations[row]
        first = locations[stretches[-1][0]] if stretches else None
        near = first is not None and (
            here.reach_id == first.reach_id and here.chainage_m - first.chainage_m <= within_m
        )
        if near:
            stretches[-1].append(row)
        else:
            stretches.append([row])
    middles, of_reading = [], np.zeros(len(locations), dtype=np.int64)
    for number, rows in enumerate(stretches):
        first, last = locations[rows[0]], locations[rows[-1]]
        middles.append(Location(first.reach_id, 0.5 * (first.chainage_m + last.chainage_m)))
        of_reading[rows] = number
    counts = np.bincount(of_reading)
    return Points(tuple(middles), np.bincount(of_reading, discharge_m3s) / counts, of_reading)
