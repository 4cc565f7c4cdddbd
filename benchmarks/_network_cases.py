"""Cases for `network_trace`: a river network with four stations, a list of outfalls, and a release from one of them.

The truth runs through the independent solver, with hydraulics that the list of reaches does not tell. What lasts belongs
to the basin, as it does in nature: velocities a fifth off, dispersion up to twice or half of the formula's, and dead zones.
What changes belongs to the day: velocities off by some per cent more, and a flow that swells and falls, which gauges at the
stations follow with their error.
Everything of a basin follows from its name, everything of a case from its seed.
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator
from riverkit.network import NHDPLUS, Location, Network, Reach, estimate_hydraulics, read_vector, repair
from riverkit.placement import Travel, TypicalRelease, place_to_identify, travel
from riverkit.simulation import Release, simulate
from riverkit.tracing import StationSeries
from riverkit.tracing.model import Floats
from riverkit.transport import FlowTime
from scipy import ndimage

STATIONS = 4
LIST_SIZES = (20, 40, 80)
WITHHELD_EVERY = 3
"""In each third case the true outfall is left out of the list."""

SAMPLING_S = 600.0
LOOKBACK_S, AFTER_S = 24 * 3_600.0, 12 * 3_600.0
"""The record begins so long before the event is noticed and ends so long after."""

FURTHEST_S = 14 * 3_600.0
"""A place counts as above the stations if water takes no longer to the first of them at the listed velocity."""

READING_NOISE = 0.1
NOTICED_SD = 4.0
"""An event is noticed where two readings in a row stand so many deviations above the background."""

VELOCITY_FACTORS, DAILY_VELOCITY_LOG_SD = (0.8, 1.2), 0.05
DISPERSION_DECADES = 0.3
STORAGE_SHARE, EXCHANGE_PER_S = (0.07, 0.3), (8e-5, 5e-4)
SWELL, SWELL_PERIOD_S = (0.05, 0.15), (6 * 3_600.0, 18 * 3_600.0)
GAUGE_ERROR, GAUGE_MEAN_OF = 0.05, 5
"""Of every reading of a gauge; so many in a row are averaged, and those of all stations."""

RELEASE_S = (0.5 * 3_600.0, 6 * 3_600.0)
BACKGROUND_MG_L, PEAK_MG_L = (0.3, 0.8), (1.0, 5.0)
SHORTEST_M = 300.0
"""Reaches shorter than this have neither an unlisted place nor a place to take samples at."""
CELL_M = 100.0
"""Clouds are hundreds of metres long: cells of 100 m leave the readings as they are to a few per cent of their noise."""


@dataclass(frozen=True)
class Basin:
    """A network with nominal hydraulics and its stations.

    Attributes:
        above: whether a release in the middle of each reach comes into question at all.
        banks: where a crew may take water: the lower ends of these reaches but short ones.
        velocity_factor, dispersion_factor, storage: what nobody knows beforehand: velocity and dispersion over the
            formulas', and share and exchange rate (1/s) of the dead zones.
    """

    name: str
    network: Network
    stations: tuple[Location, ...]
    above: tuple[bool, ...]
    banks: tuple[Location, ...]
    velocity_factor: float
    dispersion_factor: float
    storage: tuple[float, float]

    @property
    def reaches_above(self) -> Iterator[Reach]:
        """Reaches on which there may be outfalls."""
        return (reach for reach, above in zip(self.network.reaches, self.above, strict=True) if above)


@dataclass(frozen=True)
class Hydraulics:
    """What the river really does on the day."""

    network: Network
    swell: float
    period_s: float
    phase: float

    def flow_factor(self, time_s: Floats) -> Floats:
        """Discharge and velocity over the mean."""
        factor: Floats = 1.0 + self.swell * np.sin(2.0 * math.pi * time_s / self.period_s + self.phase)
        return factor


@dataclass(frozen=True)
class Case:
    """What the tracer is given (list and readings; times from the release) and what it must find.

    Attributes:
        seed: what the case follows from.
        outfalls: the list, by key.
        truth: key of the outfall that discharged; None where it is not on the list.
        gauged: flow over its mean as the gauges tell it, at every time at which a reading is taken.
        noticed: for each station, when it noticed the event; inf if it did not.
        clouds: rise over the background that the release causes, g/m³, at each of the basin's banks and each time of
            `cloud_time_s`.
    """

    basin: Basin
    seed: int
    outfalls: dict[str, Location]
    source: Location
    truth: str | None
    readings: tuple[StationSeries, ...]
    gauged: Floats
    noticed: tuple[float, ...]
    hydraulics: Hydraulics
    release: Release
    cloud_time_s: Floats
    clouds: Floats

    @property
    def noticed_s(self) -> float:
        """When the first station noticed the event."""
        return min(self.noticed)

    @property
    def end_s(self) -> float:
        """When the record ends."""
        return self.noticed_s + AFTER_S

    def affected(self, until_s: float) -> tuple[bool, ...]:
        """For each station, whether it had noticed the event by then."""
        return tuple(at <= until_s for at in self.noticed)

    def read(self, until_s: float) -> list[StationSeries]:
        """The readings up to that time."""
        return [
            replace(
                each, time_s=each.time_s[each.time_s <= until_s], value=each.value[each.time_s <= until_s]
            )
            for each in self.readings
        ]

    def flow(self, until_s: float) -> FlowTime:
        """The flow by the gauges, as known then."""
        time_s = self.readings[0].time_s
        known = time_s <= until_s
        return FlowTime(time_s[known], self.gauged[known])

    def true_flow(self) -> FlowTime:
        """The flow as it was."""
        time_s = self.readings[0].time_s
        return FlowTime(time_s, self.hydraulics.flow_factor(time_s))

    def rise(self, bank: int, time_s: float) -> float:
        """What the release truly adds at one of the banks, g/m³."""
        return float(np.interp(time_s, self.cloud_time_s, self.clouds[bank], left=0.0))


def load(path: Path) -> Basin:
    """Read a network, estimate its hydraulics and place its stations."""
    reaches, _ = repair(read_vector(path, mapping=NHDPLUS).reaches)
    network = Network.build(estimate_hydraulics(reaches))
    middles = [Location(reach.id, 0.5 * reach.length_m) for reach in network.reaches]
    ends = [Location(reach.id, reach.length_m) for reach in network.reaches]
    lengths = np.array([reach.length_m for reach in network.reaches])
    typical = TypicalRelease(mass_kg=50.0, threshold_g_m3=NOTICED_SD * READING_NOISE * BACKGROUND_MG_L[1])
    placed = place_to_identify(network, ends, STATIONS, middles, typical, prior=lengths)
    stations = tuple(ends[number] for number in placed.places)
    first_s = _first_arrival_s(travel(network, stations, middles))
    above = first_s <= FURTHEST_S
    banks = [end for end, possible in zip(ends, above & (lengths >= SHORTEST_M), strict=True) if possible]
    rng = np.random.default_rng(zlib.crc32(path.stem.encode()))
    return Basin(
        path.stem,
        network,
        stations,
        tuple(above.tolist()),
        tuple(banks),
        velocity_factor=float(rng.choice(VELOCITY_FACTORS)),
        dispersion_factor=10.0 ** rng.uniform(-DISPERSION_DECADES, DISPERSION_DECADES),
        storage=(_log_uniform(rng, *STORAGE_SHARE), _log_uniform(rng, *EXCHANGE_PER_S)),
    )


def make_case(basin: Basin, seed: int, list_size: int, withheld: bool) -> Case:
    """The case of that seed; one whose event nobody notices is drawn anew."""
    rng = np.random.default_rng(seed)
    while True:
        places = [_random_place(basin, rng) for _ in range(list_size)]
        case = _attempt(basin, seed, places, withheld, rng)
        if case is not None:
            return case


def _attempt(basin: Basin, seed: int, places: list[Location], withheld: bool, rng: Generator) -> Case | None:
    hydraulics = _draw_hydraulics(basin, rng)
    number = int(rng.integers(len(places)))
    source = places[number]
    ways = travel(hydraulics.network, basin.stations, [source])
    duration_s = _log_uniform(rng, *RELEASE_S)
    until_s = float(_first_arrival_s(ways)[0]) * 1.2 + duration_s + AFTER_S
    unit = simulate(
        hydraulics.network,
        [Release(source, 0.0, duration_s, 1.0)],
        [*basin.stations, *basin.banks],
        duration_s=until_s,
        cell_m=CELL_M,
        flow_factor=hydraulics.flow_factor,
        storage=basin.storage,
    )
    at_stations, at_banks = unit.concentration[:STATIONS], unit.concentration[STATIONS:]
    peaks = at_stations.max(axis=1)
    first = int(np.nanargmin(ways.mean_s[:, 0]))
    mass_kg = _log_uniform(rng, *PEAK_MG_L) / float(peaks[first])
    offset_s = rng.uniform(0.0, SAMPLING_S)
    time_s = np.arange(offset_s - LOOKBACK_S, until_s, SAMPLING_S)
    values, noticed = [], []
    for row in at_stations:
        background = rng.uniform(*BACKGROUND_MG_L)
        level = background + mass_kg * np.interp(time_s, unit.time_s, row, left=0.0)
        value = level * (1.0 + READING_NOISE * rng.standard_normal(len(level)))
        values.append(value)
        noticed.append(_noticed_s(time_s, value, background))
    noticed_s = min(noticed)
    if not 0.0 < noticed_s < min(LOOKBACK_S, until_s - AFTER_S):
        return None
    kept = (time_s >= noticed_s - LOOKBACK_S) & (time_s <= noticed_s + AFTER_S)
    gauged = np.mean(
        hydraulics.flow_factor(time_s) * (1.0 + GAUGE_ERROR * rng.standard_normal((STATIONS, len(time_s)))),
        axis=0,
    )
    gauged = ndimage.uniform_filter1d(gauged, GAUGE_MEAN_OF, mode="nearest")
    return Case(
        basin=basin,
        seed=seed,
        outfalls={f"outfall {n}": place for n, place in enumerate(places) if not (withheld and n == number)},
        source=source,
        truth=None if withheld else f"outfall {number}",
        readings=tuple(
            StationSeries(
                place,
                basin.network.reach(place.reach_id).discharge_m3s or math.nan,
                time_s[kept],
                value[kept],
                name=f"station {n}",
            )
            for n, (place, value) in enumerate(zip(basin.stations, values, strict=True))
        ),
        gauged=gauged[kept],
        noticed=tuple(noticed),
        hydraulics=hydraulics,
        release=Release(source, 0.0, duration_s, mass_kg),
        cloud_time_s=unit.time_s,
        clouds=mass_kg * at_banks,
    )


def _first_arrival_s(ways: Travel) -> Floats:
    """Mean travel time from each source to the first station that its water passes; inf where it passes none."""
    first: Floats = np.min(np.where(ways.share > 0, ways.mean_s, math.inf), axis=0)
    return first


def _random_place(basin: Basin, rng: Generator) -> Location:
    reaches = list(basin.reaches_above)
    lengths = np.array([reach.length_m for reach in reaches])
    reach = reaches[int(rng.choice(len(reaches), p=lengths / lengths.sum()))]
    return Location(reach.id, rng.uniform(0.0, reach.length_m))


def _draw_hydraulics(basin: Basin, rng: Generator) -> Hydraulics:
    """The sections of the streams stay, so that dispersion follows the velocity."""
    factor = basin.velocity_factor * math.exp(DAILY_VELOCITY_LOG_SD * rng.standard_normal())
    reaches = []
    for reach in basin.network.reaches:
        assert reach.velocity_m_s is not None
        assert reach.dispersion_m2s is not None
        reaches.append(
            replace(
                reach,
                velocity_m_s=reach.velocity_m_s * factor,
                dispersion_m2s=reach.dispersion_m2s * factor * basin.dispersion_factor,
            )
        )
    return Hydraulics(
        Network.build(reaches),
        swell=rng.uniform(*SWELL),
        period_s=rng.uniform(*SWELL_PERIOD_S),
        phase=rng.uniform(0.0, 2.0 * math.pi),
    )


def _noticed_s(time_s: Floats, value: Floats, background: float) -> float:
    above = value > background * (1.0 + NOTICED_SD * READING_NOISE)
    twice = np.flatnonzero(above[1:] & above[:-1])
    return float(time_s[twice[0] + 1]) if len(twice) else math.inf


def _log_uniform(rng: Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))
