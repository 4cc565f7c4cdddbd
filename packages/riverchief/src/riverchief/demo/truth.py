"""The secret of the demo: which outfall discharges, when and how much, and what the stations then read.

The release is carried down by riverkit's finite-volume solver with hydraulics that the registry does not know: other
velocity, other dispersion, dead zones, a flow that swells and falls. The tracer uses the registry's, so that finding
the outfall is no tautology.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from riverkit.network import Location, Network
from riverkit.quality import standard
from riverkit.simulation import Release, simulate

from riverchief.demo.background import waters
from riverchief.demo.model import DemoBasin, DemoOutfall, DemoStation

Array = NDArray[np.float64]

PARAMETER = "nh3n"
WINDOW_S = 12 * 3600.0
"""What the story streams: the last twelve hours."""

SIMULATED_S = 2 * WINDOW_S
"""The tail of the cloud goes on after the story."""

FIRST_ARRIVAL_S = (20 * 60.0, 150 * 60.0)
SECOND_ARRIVAL_S = 4.5 * 3600.0
FURTHEST_S = 9 * 3600.0
FURTHEST_M = 40_000.0
FEWEST_SUSPECTS, MOST_SUSPECTS = 3, 6
"""Outfalls, the true one among them, between the first station below and those that see nothing."""

LARGEST_EXCESS = 12.0
"""g/m³ at the first station: above this nobody would need a tracer."""


@dataclass(frozen=True)
class Hydraulics:
    """How the river really runs on the day, against what the registry says."""

    velocity_factor: float
    dispersion_factor: float
    storage: tuple[float, float]
    swell: float
    swell_phase: float

    def flow_factor(self, time_s: Array) -> Array:
        """Discharge and velocity over the mean, rising and falling within nine hours."""
        factor: Array = 1 + self.swell * np.sin(2 * math.pi * time_s / (9 * 3600.0) + self.swell_phase)
        return factor


@dataclass(frozen=True)
class Secret:
    """What really happened. Times are in seconds from the start of the story's window.

    `affected` are the codes of the stations below, nearest first; `excess` what they read on top of the usual, in
    g/m³, at `time_s`.
    """

    outfall: DemoOutfall
    start_s: float
    duration_s: float
    mass_kg: float
    hydraulics: Hydraulics
    affected: tuple[str, ...]
    time_s: Array
    excess: Array

    def at(self, station_code: str, time_s: Array) -> Array:
        """Excess concentration at a station; nothing where the water does not go, nor after the simulated time."""
        if station_code not in self.affected:
            return np.zeros(len(time_s))
        row = self.excess[self.affected.index(station_code)]
        found: Array = np.interp(time_s, self.time_s, row, left=0.0, right=0.0)
        return found


@dataclass(frozen=True)
class _Below:
    """A station below an outfall and the time that water takes at the registry's velocity."""

    station: DemoStation
    travel_s: float


def draw_secret(basin: DemoBasin) -> Secret:
    """Draw the outfall, the release and the day's hydraulics from the basin's seed.

    The outfall has a station within two and a half hours below it and another within four and a half, and the
    release is large enough to show at both, small enough to be missed by an eye. Two to five others share its first
    station where that can be: fewer would be no search, and readings cannot tell a near, late release from a far, early
    one, so that with a long row of them the truth might be any.

    Raises:
        ValueError: no outfall of the basin will do; another seed has one.
    """
    rng = np.random.default_rng([basin.seed, 17])
    by_reach: dict[str, list[DemoStation]] = {}
    for station in sorted(basin.stations, key=lambda station: station.location.chainage_m):
        if station.mn is not None:
            by_reach.setdefault(station.location.reach_id, []).append(station)
    below = {
        outfall.code: _stations_below(basin.network, by_reach, outfall.location) for outfall in basin.outfalls
    }
    above = Counter(found[0].station.code for found in below.values() if found)
    suited = [
        (outfall, found)
        for outfall in basin.outfalls
        if outfall.status == "in_use" and outfall.kind in ("industrial", "overflow", "other")
        if len(found := below[outfall.code]) >= 2
        and FIRST_ARRIVAL_S[0] <= found[0].travel_s <= FIRST_ARRIVAL_S[1]
        and found[1].travel_s <= SECOND_ARRIVAL_S
        and above[found[0].station.code] >= FEWEST_SUSPECTS
    ]
    drawn = [suited[int(index)] for index in rng.permutation(len(suited))]
    # Where analysers are too few to leave so few rivals anywhere, those with the fewest come first.
    for outfall, found in sorted(drawn, key=lambda item: max(above[item[1][0].station.code], MOST_SUSPECTS)):
        secret = _release(basin, outfall, found, rng)
        if secret is not None:
            return secret
    raise ValueError(f"No outfall of the basin with seed {basin.seed} suits the story. Take another seed.")


def _stations_below(
    network: Network, by_reach: Mapping[str, list[DemoStation]], place: Location
) -> list[_Below]:
    """The automatic stations below a place, nearest first; the basin is a tree, so there is one way down."""
    found = []
    elapsed_s, start_m = 0.0, place.chainage_m
    for reach_id in network.downstream(place.reach_id, FURTHEST_M):
        reach = network.reach(reach_id)
        velocity = reach.velocity_m_s or math.nan
        for station in by_reach.get(reach_id, ()):
            chainage = station.location.chainage_m
            if chainage >= start_m:
                found.append(_Below(station, elapsed_s + (chainage - start_m) / velocity))
        elapsed_s += (reach.length_m - start_m) / velocity
        start_m = 0.0
        if elapsed_s > FURTHEST_S:
            break
    return found


def _release(basin: DemoBasin, outfall: DemoOutfall, below: list[_Below], rng: Generator) -> Secret | None:
    """A release of the right size; None where none is: the second station would see too little."""
    faster = rng.random() < 0.5
    hydraulics = Hydraulics(
        velocity_factor=float(rng.uniform(1.15, 1.2) if faster else rng.uniform(0.8, 0.85)),
        dispersion_factor=float(
            10 ** rng.uniform(0.15, 0.3) if rng.random() < 0.5 else 10 ** -rng.uniform(0.15, 0.3)
        ),
        storage=(float(rng.uniform(0.08, 0.16)), float(rng.uniform(1e-4, 4e-4))),
        swell=float(rng.uniform(0.05, 0.1)),
        swell_phase=float(rng.uniform(0, 2 * math.pi)),
    )
    start_s = float(rng.uniform(1.0, 2.0) * 3600)
    duration_s = float(rng.uniform(1.0, 2.0) * 3600)
    result = simulate(
        basin.network,
        [Release(outfall.location, start_s, duration_s, 1.0)],
        [item.station.location for item in below],
        duration_s=SIMULATED_S,
        flow_factor=hydraulics.flow_factor,
        velocity_factor=hydraulics.velocity_factor,
        dispersion_factor=hydraulics.dispersion_factor,
        storage=hydraulics.storage,
    )
    peaks = result.concentration.max(axis=1)
    quiet = waters(basin.seed, basin.stations)
    needed = [
        _worth_an_alarm(quiet[item.station.code].habits[PARAMETER].level, item.station) for item in below[:2]
    ]
    mass_kg = max(3.0 * needed[0] / peaks[0], 2.0 * needed[1] / peaks[1]) * float(rng.uniform(1.0, 1.2))
    if mass_kg * peaks[0] > LARGEST_EXCESS:
        return None
    return Secret(
        outfall=outfall,
        start_s=start_s,
        duration_s=duration_s,
        mass_kg=float(mass_kg),
        hydraulics=hydraulics,
        affected=tuple(item.station.code for item in below),
        time_s=result.time_s,
        excess=mass_kg * result.concentration,
    )


def _worth_an_alarm(usual: float, station: DemoStation) -> float:
    """Excess with which a station stands clearly above its target class and its habit."""
    limit = float(standard().parameters[PARAMETER].limits["river"][station.target_class - 1])
    return max(limit - usual, 0.6 * usual)
