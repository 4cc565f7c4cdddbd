"""A small river with a secret: two tributaries, eight outfalls, three stations, and what these read.

    T1 ── T2 ──┐
               M1 ── M2 ── M3      stations at the end of T2, M1 and M3
    S1 ── S2 ──┘

The truth comes from riverkit's simulation with other hydraulics than the registry's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
from django.db.models import F
from riverchief.base.actions import SYSTEM
from riverchief.base.models import RuleVersion
from riverchief.monitor.models import Event, EventStation, Reading
from riverchief.registry.models import Basin, Outfall, Reach, Station
from riverchief.trace import tasks
from riverchief.trace.actions import StartTrace
from riverchief.trace.models import Trace
from riverkit.network import Location, Network
from riverkit.network import Reach as NetworkReach
from riverkit.simulation import Release, simulate

from tests.riverchief.rectify.office import NOON, Office

LENGTH_M = 5_000.0
NODES = {
    "T1": ("t0", "t1", 2.0),
    "T2": ("t1", "m0", 2.0),
    "S1": ("s0", "s1", 1.5),
    "S2": ("s1", "m0", 1.5),
    "M1": ("m0", "m1", 4.0),
    "M2": ("m1", "m2", 4.0),
    "M3": ("m2", "m3", 4.0),
}
OUTFALLS = {
    "T1-a": ("T1", 1_000.0),
    "T1-b": ("T1", 4_000.0),
    "T2-a": ("T2", 2_500.0),
    "S1-a": ("S1", 2_000.0),
    "S2-a": ("S2", 500.0),
    "S2-b": ("S2", 3_500.0),
    "M1-a": ("M1", 1_500.0),
    "M2-a": ("M2", 2_000.0),
}
STATIONS = {"T": ("T2", 4_800.0), "A": ("M1", 4_500.0), "B": ("M3", 4_500.0)}
CULPRIT = "S2-a"
STEP_S = 600.0
START_H, DURATION_H, MASS_KG = 34.0, 2.0, 60.0
HOURS = 48


@dataclass
class River:
    """The rows of the river, by code."""

    office: Office
    basin: Basin
    reaches: dict[str, Reach]
    outfalls: dict[str, Outfall]
    stations: dict[str, Station]
    event: Event

    @property
    def culprit(self) -> Outfall:
        return self.outfalls[CULPRIT]


SECRET = (Release(Location(*OUTFALLS[CULPRIT]), START_H * 3600, DURATION_H * 3600, MASS_KG),)
RAIN_H = (33.0, 36.0)
OFF_THE_LAND = tuple(
    Release(Location(code, chainage), RAIN_H[0] * 3600, (RAIN_H[1] - RAIN_H[0]) * 3600, 6.0)
    for code in ("T1", "T2", "S1", "S2", "M1")
    for chainage in np.arange(250.0, LENGTH_M, 500.0).tolist()
)
"""Rain washes it off the banks of all reaches above the first station at once."""


@cache
def truth(releases: tuple[Release, ...] = SECRET) -> dict[str, np.ndarray]:
    """What the releases add at each station, g/m³, every ten minutes; faster and more spread than registered."""
    network = Network.build(
        NetworkReach(code, up, down, LENGTH_M, discharge_m3s=q, velocity_m_s=0.5, dispersion_m2s=20.0)
        for code, (up, down, q) in NODES.items()
    )
    found = simulate(
        network,
        releases,
        [Location(*place) for place in STATIONS.values()],
        duration_s=HOURS * 3600,
        velocity_factor=1.1,
        dispersion_factor=1.5,
    )
    times = np.arange(0, HOURS * 3600, STEP_S)
    return {
        code: np.interp(times, found.time_s, row)
        for code, row in zip(STATIONS, found.concentration, strict=True)
    }


def make_river(
    office: Office, *, regimes: dict[str, str] | None = None, releases: tuple[Release, ...] = SECRET
) -> River:
    _look_less_closely()
    basin = Basin.objects.create(code="y", name_zh="丫河", name_en="Y", source="test", synthetic=True)
    reaches = {
        code: Reach.objects.create(
            basin=basin,
            code=code,
            area=office.county,
            up_node=up,
            down_node=down,
            length_m=LENGTH_M,
            discharge_m3s=q,
            velocity_m_s=0.5,
            dispersion_m2s=20.0,
            regime=(regimes or {}).get(code, "free"),
        )
        for code, (up, down, q) in NODES.items()
    }
    here = {"area": office.county, "lon": 106.5, "lat": 29.5}
    outfalls = {
        code: Outfall.objects.create(
            code=code,
            name_zh=f"{code}口",
            name_en=code,
            reach=reaches[reach],
            chainage_m=chainage,
            kind="other",
            permitted=True,
            **here,
        )
        for code, (reach, chainage) in OUTFALLS.items()
    }
    stations = {
        code: Station.objects.create(
            code=f"Y{code}",
            name_zh=f"{code}站",
            name_en=f"Station {code}",
            reach=reaches[reach],
            chainage_m=chainage,
            kind="automatic",
            **here,
        )
        for code, (reach, chainage) in STATIONS.items()
    }
    rng = np.random.default_rng(7)
    began = NOON - timedelta(hours=HOURS)
    seen: dict[str, list[float]] = {}
    for code, station in stations.items():
        times = [began + timedelta(seconds=STEP_S * n) for n in range(len(truth(releases)[code]))]
        usual = 0.4 * (1 + 0.1 * np.cos(2 * np.pi * np.arange(len(times)) / 144))
        values = usual + truth(releases)[code] + rng.normal(0, 0.015, len(times))
        seen[code] = list(values)
        Reading.objects.bulk_create(
            Reading(
                station=station,
                parameter="nh3n",
                kind="instant",
                period_start=at,
                sampled_at=at,
                value=float(value),
                unit="mg/L",
                # One hour of maintenance shows a wrong value that must not be believed.
                flag="M" if 100 <= n < 106 else "N",
                received_at=at,
            )
            for n, (at, value) in enumerate(zip(times, np.where(_visit(times), 9.0, values), strict=True))
        )
    event = _event(office, stations, seen, began)
    return River(office, basin, reaches, outfalls, stations, event)


def run_trace(river: River, **changes: Any) -> Trace:
    """An attempt at the river's event, from being asked for to its answer."""
    trace = StartTrace(**{"actor": SYSTEM, "event_id": river.event.pk, **changes}).run()
    tasks.run(trace.pk)
    trace.refresh_from_db()
    assert trace.state == "done", trace.error
    return trace


def _look_less_closely() -> None:
    """A small river needs fewer draws of its hydraulics than a basin, and fewer places and moments for a bottle."""
    rule = RuleVersion.objects.get(name="trace.settings")
    rule.body["hydraulics"] |= {"n_settings": 8, "adaptive": False}
    rule.save()
    sampling = RuleVersion.objects.get(name="trace.sampling")
    sampling.body |= {"most_places": 5, "releases_per_candidate": 8, "step_s": 1800}
    sampling.save()
    at_once = RuleVersion.objects.get(name="trace.at_once")
    at_once.body |= {"n_settings": 8, "most_candidates": 6}
    at_once.save()


def _visit(times: list) -> np.ndarray:
    number = np.arange(len(times))
    return (number >= 100) & (number < 106)


def _event(office: Office, stations: dict[str, Station], seen: dict[str, list[float]], began) -> Event:
    """What the monitor would have made of it: both stations on the main river, in order of time."""
    sightings = []
    for code in ("A", "B"):
        above = [n for n, value in enumerate(seen[code]) if value > 0.7]
        first, last = (began + timedelta(seconds=STEP_S * n) for n in (above[0], above[-1]))
        sightings.append((stations[code], first, last, max(seen[code])))
    event = Event.objects.create(
        station=stations["A"],
        area=office.county,
        parameter="nh3n",
        kind="threshold",
        opened_at=sightings[0][1],
        last_at=max(last for _, _, last, _ in sightings),
        detected_at=NOON,
        peak_value=sightings[0][3],
        unit="mg/L",
    )
    for station, first, last, peak in sightings:
        EventStation.objects.create(
            event=event,
            station=station,
            first_at=first,
            last_at=last,
            peak_value=peak,
            peak_at=first,
            threshold=0.7,
            checked_to=NOON,
        )
    return event


POINTS = {
    "t0": (106.50, 29.55), "t1": (106.55, 29.53), "s0": (106.50, 29.45), "s1": (106.55, 29.47), "m0": (106.60, 29.50),
    "m1": (106.65, 29.50), "m2": (106.70, 29.50), "m3": (106.75, 29.50),
}  # fmt: skip


def draw(river: River) -> None:
    """Give the reaches their lines, for what is asked by longitude and latitude."""
    for code, (up, down, _) in NODES.items():
        reach = river.reaches[code]
        ends = [POINTS[up], POINTS[down]]
        reach.geometry = {"type": "LineString", "coordinates": ends}
        lons, lats = zip(*ends, strict=True)
        reach.bounds = (min(lons), min(lats), max(lons), max(lats))
        reach.save()
    Basin.objects.filter(pk=river.basin.pk).update(version=F("version") + 1)


def point(code: str, share: float) -> tuple[float, float]:
    """Longitude and latitude of a place by its share of a reach's length."""
    up, down, _ = NODES[code]
    (lon, lat), (to_lon, to_lat) = POINTS[up], POINTS[down]
    return lon + share * (to_lon - lon), lat + share * (to_lat - lat)


def at_hour(hour: float) -> datetime:
    """A moment of the river's story, as its hours are counted."""
    return NOON + timedelta(hours=hour - HOURS)


def forget_after(river: River, hour: float) -> None:
    """The event as it stood at an hour at which only the first station had seen it."""
    now = at_hour(hour)
    Reading.objects.filter(period_start__gt=now).delete()
    EventStation.objects.filter(event=river.event, station=river.stations["B"]).delete()
    EventStation.objects.filter(event=river.event).update(last_at=now)
    river.event.last_at = now
    river.event.save()


def read_too(river: River, parameter: str, per_ammonia: float, usual: float = 5.0) -> None:
    """Readings of another parameter, as far as the release holds so much of it for each gram of ammonia nitrogen."""
    rng = np.random.default_rng(11)
    began = NOON - timedelta(hours=HOURS)
    for code, station in river.stations.items():
        values = usual + per_ammonia * truth()[code] + rng.normal(0, 0.02 * usual, len(truth()[code]))
        times = [began + timedelta(seconds=STEP_S * n) for n in range(len(values))]
        Reading.objects.bulk_create(
            Reading(
                station=station, parameter=parameter, kind="instant", period_start=at, sampled_at=at, value=float(value),
                unit="mg/L", flag="N", received_at=at,
            )
            for at, value in zip(times, values, strict=True)
        )  # fmt: skip
