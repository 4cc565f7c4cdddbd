"""A real tracer test as a search: the injection is hidden, the stations' curves and sections are given.

Files: `btc_stations.csv` and `btc_series.csv` as digitised from Nordin & Sabol, USGS WRI 20-74 (1974). The
known place, time and mass of the injection enter nothing but `DyeTest.truth`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from riverkit.errors import TracingError
from riverkit.network import Location, Network, Reach
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    Floats,
    HydraulicGroup,
    HydraulicPrior,
    Noise,
    StationSeries,
    StrengthPrior,
)
from riverkit.tracing.posterior import trace
from riverkit.tracing.result import Posterior
from riverkit.tracing.search import Progress
from riverkit.tracing.tables import Row, read_rows
from riverkit.transport.dispersion import Section, zeng_huai

SHEAR_VELOCITY_RATIO = 0.1
"""Shear velocity over mean velocity where slopes are unknown; Zeng & Huai hardly depend on it."""

DISCREPANCY = 0.06
"""Misfit of the best advection-dispersion curve from the true place and time, as a share of the peak: median
of the 66 curves of the collection outside the Chattahoochee (quartiles 0.049 and 0.075)."""

CORRELATION = 1.1
"""Time over which that misfit is alike, in standard deviations of the curve: twice its e-folding time,
0.54."""

GRAMS_PER_M3 = 1e-3
"""One microgram per litre."""

EDGE_SHARE = 0.1
"""Where the outermost place searched is this probable, against the most probable one, the zone is cut off there."""

SOURCE = "Nordin & Sabol (1974), USGS WRI 20-74"

HOUR_S = 3_600.0


@dataclass(frozen=True)
class Truth:
    """The known injection: kilometres below the first station (so below 0), hours, kilograms."""

    km: float
    start_h: float
    mass_kg: float


@dataclass(frozen=True)
class DyeTest:
    """Stations on one river line, downstream in order, and what is kept apart for the comparison.

    Attributes:
        river: name of the river.
        stations: their curves, at `location` on reaches that `river_line` makes.
        distance_m: of each station below the first one.
        sections: width, depth and velocity at each station.
        truth: for the comparison only.
    """

    event: str
    river: str
    stations: tuple[StationSeries, ...]
    distance_m: tuple[float, ...]
    sections: tuple[Section, ...]
    truth: Truth


def read_dye_test(folder: Path, event: str) -> DyeTest:
    """One event from the two files; the injection is the only one, or named as EVENT/INJECTION.

    Every curve in the files opens with a zero at the moment of injection, put there by those who digitised
    it. It is no reading and would give the answer away, so it is dropped; what is left has an arbitrary
    origin of time.
    """
    name, _, injection = event.partition("/")
    rows = [row for row in read_rows(folder / "btc_stations.csv") if row.text("event") == name]
    if not rows:
        raise TracingError(
            f"{folder / 'btc_stations.csv'}: no event {name!r}. Take one of the column 'event'."
        )
    injections = sorted({row.text("injection") for row in rows})
    if not injection and len(injections) > 1:
        raise TracingError(
            f"Event {name} has injections {', '.join(injections)}. Name one, as in {name}/{injections[0]}."
        )
    rows = [row for row in rows if row.text("injection") == (injection or injections[0])]
    if len(rows) < 2:
        raise TracingError(f"Event {event} has {len(rows)} station. A blind search needs at least 2.")
    rows.sort(key=lambda row: row.number("distance_from_injection_m"))
    curves = _curves(folder / "btc_series.csv", rows)
    origin = rows[0].number("distance_from_injection_m")
    return DyeTest(
        event=event,
        river=rows[0].text("river"),
        stations=tuple(_station(row, *curves[row.text("station")]) for row in rows),
        distance_m=tuple(row.number("distance_from_injection_m") - origin for row in rows),
        sections=tuple(_section(row) for row in rows),
        truth=Truth(km=-origin / 1_000.0, start_h=0.0, mass_kg=rows[0].number("tracer_mass_kg")),
    )


def _curves(path: Path, stations: Sequence[Row]) -> dict[str, tuple[Floats, Floats]]:
    points: dict[str, list[tuple[float, float]]] = {row.text("station"): [] for row in stations}
    chosen = stations[0].text("event"), stations[0].text("injection")
    for row in read_rows(path):
        if (row.text("event"), row.text("injection")) == chosen and row.number("time_h") > 0:
            points[row.text("station")].append((row.number("time_h"), row.number("conc_ug_per_l")))
    curves = {}
    for station, pairs in points.items():
        time, value = np.array(sorted(pairs)).reshape(-1, 2).T
        curves[station] = (time * HOUR_S, value * GRAMS_PER_M3)
    return curves


def _station(row: Row, time_s: Floats, value: Floats) -> StationSeries:
    name = row.text("station")
    place = Location(_reach_to(name), 0.0)
    flow = row.number("discharge_m3s")
    return StationSeries(place, flow, time_s, value, background=0.0, name=name)


def _section(row: Row) -> Section:
    velocity = row.number("velocity_m_s")
    return Section(row.number("width_m"), row.number("depth_m"), velocity, SHEAR_VELOCITY_RATIO * velocity)


def _reach_to(station: str) -> str:
    return f"to {station}"


@dataclass(frozen=True)
class DyeSearch:
    """A dye test made ready: the river line and the places searched, km below the first station by key."""

    network: Network
    stations: tuple[StationSeries, ...]
    candidates: tuple[Candidate, ...]
    km: dict[str, float]
    hydraulics: HydraulicPrior
    first_start_s: float
    step_s: float
    n_starts: int


def prepare_search(
    test: DyeTest,
    *,
    every_km: float = 1.0,
    upstream_km: float | None = None,
    n_settings: int = 128,
    seed: int = 0,
) -> DyeSearch:
    """Lay a river line through the stations, and places along it above the first: where it saw dye, none entered below.

    Between stations the velocity follows from the delay of the centroids and is taken as nearly certain.
    Above the first station it is that station's section velocity, give or take a third. Every stretch has its
    own
    dispersion: Zeng & Huai from the section below, within a factor of three or so.

    Args:
        upstream_km: how far above the first station to search; by default half the way from the first to the
            last station.
    """
    reach_of = [_reach_to(station.label) for station in test.stations]
    above_m = (upstream_km or test.distance_m[-1] / 2_000.0) * 1_000.0
    lengths = [above_m, *np.diff(test.distance_m).tolist()]
    centroids = [_moments(station)[0] for station in test.stations]
    velocities = [test.sections[0].velocity_m_s, *(np.diff(test.distance_m) / np.diff(centroids)).tolist()]
    if min(velocities) <= 0:
        raise TracingError(f"Event {test.event}: a cloud reaches a lower station before an upper one.")
    network = Network.build(
        Reach(
            id=name,
            up=f"node {i}",
            down=f"node {i + 1}",
            length_m=lengths[i],
            velocity_m_s=velocities[i],
            dispersion_m2s=zeng_huai(replace(test.sections[i], velocity_m_s=velocities[i])),
            discharge_m3s=test.stations[i].discharge_m3s,
        )
        for i, name in enumerate(reach_of)
    )
    stations = tuple(
        replace(station, location=Location(name, length), correlation_s=CORRELATION * _moments(station)[1])
        for station, name, length in zip(test.stations, reach_of, lengths, strict=True)
    )
    km = _places_km(above_m / 1_000.0, every_km)
    if not km:
        raise TracingError(
            f"No place every {every_km:g} km within {above_m / 1_000.0:g} km above the first station. Take a finer step."
        )
    candidates = [
        Candidate(f"km {place:+.1f}", Location(reach_of[0], above_m + 1_000.0 * place)) for place in km
    ]
    share = 0.05 * len(candidates)
    candidates.append(Candidate("nothing in this river", None, "nothing", share))

    step = min(_moments(station)[1] for station in test.stations) / 5.0
    first_seen = min(float(station.time_s[0]) for station in test.stations)
    first_start = first_seen - 2.0 * above_m / velocities[0]
    n_starts = math.ceil((centroids[0] - first_start) / step)
    groups = [HydraulicGroup([reach_of[0]], velocity_log_sd=0.3, dispersion_log10_sd=0.5)]
    groups.append(HydraulicGroup(reach_of[1:], velocity_log_sd=0.0, dispersion_log10_sd=0.5))
    return DyeSearch(
        network=network,
        stations=stations,
        candidates=tuple(candidates),
        km=dict(zip((candidate.key for candidate in candidates), km, strict=False)),
        hydraulics=HydraulicPrior(n_settings, seed=seed, groups=tuple(groups)),
        first_start_s=first_start,
        step_s=step,
        n_starts=n_starts,
    )


def search(prepared: DyeSearch, progress: Progress | None = None) -> Posterior:
    """Trace the dye, with the model's own error as measured on other rivers."""
    return trace(
        prepared.network,
        prepared.stations,
        prepared.candidates,
        first_start_s=prepared.first_start_s,
        start_step_s=prepared.step_s,
        n_starts=prepared.n_starts,
        durations_s=[prepared.step_s * steps for steps in (1, 2, 4, 8, 16)],
        noise=Noise(0.05 * GRAMS_PER_M3, relative=0.05, discrepancy=DISCREPANCY),
        strength=StrengthPrior.from_readings(prepared.stations),
        background=BackgroundPrior(),
        hydraulics=prepared.hydraulics,
        progress=progress,
    )


def zone_km(posterior: Posterior, km: dict[str, float], level: float = 0.9) -> tuple[float, float]:
    """The stretch from the lowest to the highest place that the central `level` of the probability covers."""
    placed = sorted((km[c.key], c.probability) for c in posterior.candidates if c.key in km)
    cumulated = np.cumsum([probability for _, probability in placed])
    ends = np.searchsorted(cumulated, cumulated[-1] * np.array([(1 - level) / 2, (1 + level) / 2]))
    low, high = (placed[min(int(end), len(placed) - 1)][0] for end in ends)
    return low, high


def open_upstream(posterior: Posterior, km: dict[str, float]) -> bool:
    """Whether the zone is cut off by the upper end of the search rather than by the readings."""
    placed = {km[c.key]: c.probability for c in posterior.candidates if c.key in km}
    return placed[min(placed)] >= EDGE_SHARE * max(placed.values())


def _places_km(above: float, every: float) -> list[float]:
    return [-every * i for i in range(math.floor(above / every + 1e-9), 0, -1)]


def _moments(station: StationSeries) -> tuple[float, float]:
    """Centroid and standard deviation of a curve, s, by trapezoids."""
    mass = float(np.trapezoid(station.value, station.time_s))
    centroid = float(np.trapezoid(station.value * station.time_s, station.time_s)) / mass
    variance = float(np.trapezoid(station.value * (station.time_s - centroid) ** 2, station.time_s)) / mass
    return centroid, math.sqrt(variance)
