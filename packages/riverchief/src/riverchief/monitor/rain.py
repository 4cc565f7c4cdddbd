"""Rain as gauges measured it: of a period, for an area or around a place; and whether that was dry weather.

A gauge is a station that reads `rain`: millimetres that fell within the period of a reading. What a gauge did not say
is not taken as no rain: dry weather is proven by gauges that were heard, or it is unknown.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from riverchief.monitor.models import Kind, Latest
from riverchief.monitor.rain_totals import Fallen, TotalRules, fallen
from riverchief.monitor.retrieval import retrieve
from riverchief.registry.models import Station

RAIN = "rain"
TOTALS = ("rain_total", "PJ")
"""What a gauge has accumulated (SL 651): for good, or since its day began. Rain by their differences, where it sends no amounts."""
HOUR = timedelta(hours=1)

# Of several kinds of one gauge one counts, or rain would count twice: the finest that says something of every hour.
_KINDS = (Kind.HOUR, Kind.MINUTE, Kind.DAY)
_HOURS_OF = {Kind.HOUR: 1, Kind.MINUTE: 1, Kind.DAY: 24}


@dataclass(frozen=True)
class GaugeRain:
    """What one gauge measured: total in mm, by the hour where it says so, and the share of the time it was heard."""

    station: Station
    total_mm: float
    coverage: float
    by_hour: Mapping[datetime, float]


@dataclass(frozen=True)
class Rain:
    """What gauges measured from `start` to `end`."""

    start: datetime
    end: datetime
    gauges: Sequence[GaugeRain]
    least_coverage: float
    dry_below_mm: float = field(default=0.0)

    @property
    def heard(self) -> list[GaugeRain]:
        """The gauges that were heard for enough of the time to tell its rain."""
        return [gauge for gauge in self.gauges if gauge.coverage >= self.least_coverage]

    @property
    def mean_mm(self) -> float | None:
        """The mean of the gauges that were heard, each counting alike; None without one."""
        totals = [gauge.total_mm for gauge in self.heard]
        return sum(totals) / len(totals) if totals else None

    @property
    def most_mm(self) -> float | None:
        """The most that any gauge measured, however briefly it was heard; None where none was."""
        return max((gauge.total_mm for gauge in self.gauges if gauge.coverage), default=None)

    @property
    def dry(self) -> bool | None:
        """Whether less fell than makes it wet, at every gauge; None where no gauge was heard for long enough."""
        if self.most_mm is not None and self.most_mm >= self.dry_below_mm:
            return False
        return True if self.heard else None

    @property
    def hours(self) -> list[tuple[datetime, float, float]]:
        """Hours of which a gauge said something, in order: their start, the mean and the most of the gauges, mm."""
        found: dict[datetime, list[float]] = defaultdict(list)
        for gauge in self.gauges:
            for hour, amount in gauge.by_hour.items():
                found[hour].append(amount)
        return [(hour, sum(all_) / len(all_), max(all_)) for hour, all_ in sorted(found.items())]

    def spells(self, wet_hour_mm: float) -> list[tuple[datetime, datetime, float]]:
        """When it rained: from the start to the end of hours in a row in which a gauge had `wet_hour_mm` or more, and the
        mean amount of each spell. One hour without rain does not part a spell."""
        found: list[tuple[datetime, datetime, float]] = []
        for hour, mean, most in self.hours:
            if most < wet_hour_mm:
                continue
            if found and hour - found[-1][1] <= HOUR:
                start, _, amount = found[-1]
                found[-1] = (start, hour + HOUR, amount + mean)
            else:
                found.append((hour, hour + HOUR, mean))
        return found


def gauges(stations: "QuerySet[Station] | None" = None) -> "QuerySet[Station]":
    """The gauges in use among `stations` (all): rain gauges, and stations that have ever read rain."""
    rows = Station.objects.all() if stations is None else stations
    measuring = Latest.objects.filter(parameter__in=(RAIN, *TOTALS)).values("station_id")
    return rows.filter(Q(kind=Station.Kind.RAIN_GAUGE) | Q(pk__in=measuring), active=True)


def near(lon: float, lat: float, rule: Mapping[str, Any]) -> list[Station]:
    """The gauges around a place, the nearest first, as many and as far as the rule `monitor.rain` has it."""
    by_distance = sorted(
        (km, row.pk, row)
        for row in gauges()
        if (km := distance_km(lon, lat, row.lon, row.lat)) <= rule["near_km"]
    )
    return [row for _, _, row in by_distance[: rule["most_gauges"]]]


def rain_at(stations: Iterable[Station], start: datetime, end: datetime, rule: Mapping[str, Any]) -> Rain:
    """What gauges measured from `start` to before `end` (rule `monitor.rain`); only measured values (flag N) count."""
    rows = list(stations)
    read = _read([row.pk for row in rows], start, end)
    hours = max((end - start) / HOUR, 1.0)
    # Finer than a day's amount is what a gauge has accumulated meanwhile.
    told = {key for key, kind in read if kind != Kind.DAY}
    accumulated = _accumulated([row.pk for row in rows if row.pk not in told], start, end, rule)
    found = []
    for row in rows:
        if (fell := accumulated.get(row.pk)) is not None:
            share = min(fell.heard_s / 3600 / hours, 1.0)
            found.append(GaugeRain(row, fell.total_mm, share, fell.by_hour))
            continue
        kind = next((kind for kind in _KINDS if (row.pk, kind) in read), None)
        amounts = read[row.pk, kind] if kind else {}
        found.append(
            GaugeRain(
                station=row,
                total_mm=sum(amounts.values()),
                coverage=min(len(amounts) * _HOURS_OF[kind] / hours, 1.0) if kind else 0.0,
                by_hour={} if kind == Kind.DAY else amounts,
            )
        )
    return Rain(start, end, found, rule["least_coverage"], rule["dry_mm"])


def _read(
    keys: Collection[int], start: datetime, end: datetime
) -> dict[tuple[int, Kind], dict[datetime, float]]:
    """Amounts by gauge and kind, summed by the hour."""
    rows = retrieve(
        ("station_id", "kind", "period_start", "value"),
        stations=keys,
        start=start,
        end=end - datetime.resolution,
        parameters=[RAIN],
        kinds=_KINDS,
        measured=True,
    )
    found: dict[tuple[int, Kind], dict[datetime, float]] = defaultdict(dict)
    for station_id, kind, at, amount in rows:
        hour = at.replace(minute=0, second=0, microsecond=0)
        hours = found[station_id, Kind(kind)]
        hours[hour] = hours.get(hour, 0.0) + amount
    return found


def _accumulated(
    keys: Collection[int], start: datetime, end: datetime, rule: Mapping[str, Any]
) -> dict[int, Fallen]:
    """What gauges that tell no amounts have accumulated; of two totals of one gauge the lasting one counts."""
    rows = retrieve(
        ("station_id", "parameter", "period_start", "value"),
        stations=keys,
        start=start - timedelta(hours=rule["total_before_hours"]),
        end=end,
        parameters=TOTALS,
        kinds=[Kind.INSTANT],
        measured=True,
    )
    totals: dict[tuple[int, str], list[tuple[datetime, float]]] = defaultdict(list)
    for station_id, parameter, at, value in rows:
        totals[station_id, parameter].append((at, value))
    rules = TotalRules(rule["total_wrap_mm"], rule["total_most_mm_per_hour"])
    found: dict[int, Fallen] = {}
    for parameter in reversed(TOTALS):
        for key in keys:
            fell = fallen(totals.get((key, parameter), []), start, end, rules)
            if fell.heard_s:
                found[key] = fell
    return found


def last_days(stations: Iterable[Station], until: datetime, rule: Mapping[str, Any]) -> Rain:
    """The rain of the hours before `until` that decide whether it is dry (rule `monitor.rain`)."""
    return rain_at(stations, until - timedelta(hours=rule["dry_hours"]), until, rule)


def distance_km(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """As the crow flies, on a sphere."""
    one, other = math.radians(lat), math.radians(other_lat)
    half = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * (
        math.sin(math.radians(other_lon - lon) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(math.sqrt(half))
