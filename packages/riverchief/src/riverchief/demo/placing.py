"""Where stations, sections and outfalls stand in a demo basin."""

import heapq
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from riverchief.demo.ground import Channel, Ground
from riverchief.demo.model import DemoGauge, DemoOrganisation, DemoOutfall, DemoSection, DemoStation
from riverchief.demo.names import Name
from riverchief.monitor.rain import distance_km

STATION_GAP_M = 900.0
"""Two stations on one channel stand at least this far apart."""

GAUGE_ASIDE_DEG = 0.004
"""A rain gauge stands on open ground, some hundred metres from the river."""

BANK_M = 25.0
"""How far beside the line of the channel an outfall is drawn."""

SHARES_OF_KINDS = {
    "industrial": 0.3,
    "sewage_works": 0.1,
    "overflow": 0.2,
    "storm": 0.22,
    "agricultural": 0.13,
    "other": 0.05,
}
KIND_NAMES: dict[str, Name] = {
    "industrial": ("工业排口", "industrial outfall"),
    "sewage_works": ("污水厂排口", "sewage works outfall"),
    "overflow": ("溢流口", "overflow"),
    "storm": ("雨洪排口", "storm outlet"),
    "agricultural": ("农业排口", "farm outfall"),
    "other": ("其他排口", "other outfall"),
}


@dataclass(frozen=True)
class _Site:
    """A chosen place for a station, why there, and the level of the section it stands for."""

    channel: Channel
    chainage_m: float
    reason: Name
    level: str | None


def place_stations(ground: Ground) -> list[DemoStation]:
    """Stations where an office would put them first, then in the widest gaps.

    First the outlet, the mouths of rivers, the main stem below them, and the lines between counties (hand-over
    sections); then the mouths of the longest brooks; the rest halve the longest stretches of river without one.
    """
    wanted = ground.scale.stations
    sites: list[_Site] = []

    def add(site: _Site) -> None:
        free = all(
            other.channel is not site.channel or abs(other.chainage_m - site.chainage_m) >= STATION_GAP_M
            for other in sites
        )
        if free and len(sites) < wanted and 0 < site.chainage_m < site.channel.course.length_m:
            sites.append(site)

    for site in _obvious(ground):
        add(site)
    brooks = [channel for channel in ground.channels if channel.river.order == ground.brook_order]
    brooks.sort(key=lambda channel: -channel.course.length_m)
    for channel in brooks[: round(wanted * 0.3)]:
        add(_Site(channel, channel.course.length_m - 350.0, ("河口站", "mouth"), None))
    for channel, chainage in _widest_gaps(ground, sites):
        if len(sites) == wanted:
            break
        add(_Site(channel, chainage, ("站", ""), None))
    return _named(ground, sites)


def place_gauges(stations: Sequence[DemoStation]) -> list[DemoGauge]:
    """Two rain gauges: by the station of the outlet, and by the one farthest from it."""
    outlet = stations[0]
    farthest = max(stations, key=lambda each: distance_km(each.lon, each.lat, outlet.lon, outlet.lat))
    return [
        DemoGauge(
            code=f"RG{number:04d}",
            name=(f"{station.name[0].removesuffix('站')}雨量站", f"{station.name[1]}, rain gauge"),
            location=station.location,
            lon=station.lon + GAUGE_ASIDE_DEG,
            lat=station.lat + GAUGE_ASIDE_DEG,
            area_code=station.area_code,
            mn=f"00990000{number:02d}",
            number=number,
        )
        for number, station in enumerate((outlet, farthest), start=1)
    ]


def _obvious(ground: Ground) -> list[_Site]:
    rivers = [channel for channel in ground.channels if channel.river.order < ground.brook_order]
    of = {id(channel.course): channel for channel in rivers}
    trunk = rivers[0]
    sites = [_Site(trunk, trunk.course.length_m - 400.0, ("出境站", "outlet"), "national")]
    for river in rivers[1:]:
        parent = of[id(river.course.parent)]
        mouth = float(parent.along_m[river.course.mouth_index])
        sites.append(_Site(river, river.course.length_m - 500.0, ("河口站", "mouth"), "provincial"))
        sites.append(_Site(parent, mouth + 1_600.0, ("汇口下游站", "below confluence"), "city"))
    for river in rivers:
        chainages = np.arange(500.0, river.course.length_m - 500.0, 400.0)
        counties = [ground.town_of(river.at(chainage)[1])[:6] for chainage in chainages]
        sites += [
            _Site(river, float(chainages[i]), ("交界站", "county line"), "city")
            for i in range(1, len(chainages))
            if counties[i] != counties[i - 1]
        ]
    return sites


def _widest_gaps(ground: Ground, sites: list[_Site]) -> "list[tuple[Channel, float]]":
    """Middles of the widest gaps between stations, widest first; a brook counts as half as wide."""
    gaps: list[tuple[float, int, float, float]] = []
    for number, channel in enumerate(ground.channels):
        weight = 0.5 if channel.river.order == ground.brook_order else 1.0
        taken = sorted(site.chainage_m for site in sites if site.channel is channel)
        ends = [0.0, *taken, channel.course.length_m]
        for start, end in itertools.pairwise(ends):
            heapq.heappush(gaps, (-(end - start) * weight, number, start, end))
    middles = []
    for _ in range(4 * ground.scale.stations):
        width, number, start, end = heapq.heappop(gaps)
        middle = (start + end) / 2
        middles.append((ground.channels[number], middle))
        heapq.heappush(gaps, (width / 2, number, start, middle))
        heapq.heappush(gaps, (width / 2, number, middle, end))
    return middles


def _named(ground: Ground, sites: list[_Site]) -> list[DemoStation]:
    towns = {area.code: area.name for area in ground.areas}
    used: Counter[str] = Counter()
    stations = []
    for number, site in enumerate(sites, start=1):
        location, point = ground.place(site.channel, site.chainage_m)
        town, river = ground.town_of(point), site.channel.river
        zh = (
            river.name[0] + ("" if site.reason[1] in ("outlet", "mouth") else towns[town][0]) + site.reason[0]
        )
        en = ", ".join(filter(None, (river.name[1], towns[town][1], site.reason[1])))
        used[zh] += 1
        if used[zh] > 1:
            zh, en = f"{zh}（{used[zh]}）", f"{en} ({used[zh]})"
        lon, lat = ground.lonlat(point)
        stations.append(
            DemoStation(
                code=f"ST{number:04d}",
                name=(zh, en),
                location=location,
                lon=float(lon),
                lat=float(lat),
                area_code=town,
                mn=f"{CITY_PREFIX}{number:014d}" if number <= ground.scale.automatic_stations else None,
                river_order=river.order,
                target_class=2 if river.order == 0 else 3,
                section_code=None if site.level is None else f"SE{number:04d}:{site.level}",
            )
        )
    return stations


CITY_PREFIX = "990000DEMO"


def place_sections(
    ground: Ground, stations: list[DemoStation]
) -> tuple[list[DemoSection], list[DemoStation]]:
    """The sections that stations stand at, and the stations with the codes of their sections."""
    sections, placed = [], []
    for station in stations:
        if station.section_code is None:
            placed.append(station)
            continue
        code, level = station.section_code.split(":")
        zh, en = station.name
        sections.append(
            DemoSection(
                code=code,
                name=(zh.replace("站", "断面"), f"{en} section"),
                location=station.location,
                lon=station.lon,
                lat=station.lat,
                area_code=station.area_code,
                level=level,
                target_class=station.target_class,
            )
        )
        placed.append(replace(station, section_code=code))
    return sections, placed


def place_outfalls(
    ground: Ground, rng: Generator, organisations: dict[tuple[str, str], DemoOrganisation]
) -> list[DemoOutfall]:
    """Outfalls, more of them near towns; works and enterprises have an organisation of their town."""
    stretches = [(channel, stretch) for channel in ground.channels for stretch in channel.stretches]
    middles = np.array([channel.at((s.start_m + s.end_m) / 2)[1] for channel, s in stretches])
    towns = np.vstack(ground.town_centres)
    gap_m = np.array([np.min(np.hypot(*(towns - middle).T)) for middle in middles])
    lengths = np.array([s.end_m - s.start_m for _, s in stretches])
    weight = lengths * (0.4 + 4.0 * np.exp(-((gap_m / 3_000.0) ** 2)))
    chosen = rng.choice(len(stretches), size=ground.scale.outfalls, p=weight / weight.sum())
    kinds = _kinds(rng, ground.scale.outfalls)
    enterprises: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for key, organisation in organisations.items():
        if organisation.kind == "enterprise":
            enterprises.setdefault((organisation.area_code, organisation.department), []).append(key)
    area_names = {area.code: area.name for area in ground.areas}
    outfalls = []
    for number, (row, kind) in enumerate(zip(chosen, kinds, strict=True), start=1):
        channel, stretch = stretches[int(row)]
        chainage = rng.uniform(stretch.start_m, stretch.end_m)
        location, point = ground.place(channel, chainage)
        ahead = channel.at(min(chainage + 60.0, channel.course.length_m))[1]
        behind = channel.at(max(chainage - 60.0, 0.0))[1]
        along = (ahead - behind) / np.hypot(*(ahead - behind))
        bank = point + rng.choice([-1, 1]) * BANK_M * np.array([-along[1], along[0]])
        lon, lat = ground.lonlat(bank)
        town = ground.town_of(point)
        owners = enterprises.get((town, kind), [])
        zh, en = KIND_NAMES[kind]
        outfalls.append(
            DemoOutfall(
                code=f"WS{number:05d}",
                name=(f"{area_names[town][0]}{number}号{zh}", f"{area_names[town][1]} {en} {number}"),
                location=location,
                lon=float(lon),
                lat=float(lat),
                area_code=town,
                kind=kind,
                permitted=bool(rng.random() < {"industrial": 0.85, "sewage_works": 1.0}.get(kind, 0.3)),
                status=str(rng.choice(["in_use", "unverified", "closed"], p=[0.9, 0.06, 0.04])),
                organisation=owners[int(rng.integers(len(owners)))] if owners else None,
            )
        )
    return outfalls


def _kinds(rng: Generator, count: int) -> list[str]:
    shares = np.array(list(SHARES_OF_KINDS.values()))
    numbers = np.floor(shares * count).astype(int)
    numbers[0] += count - numbers.sum()
    kinds = np.repeat(list(SHARES_OF_KINDS), numbers)
    return [str(kind) for kind in rng.permutation(kinds)]
