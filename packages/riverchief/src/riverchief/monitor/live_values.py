"""What stations say now: last values, the class they make, and how far they can be trusted to be of now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from riverkit.quality import Verdict, standard, water_class

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.base.tuples import tuples
from riverchief.monitor.class_drop import water_body_of
from riverchief.monitor.models import Latest
from riverchief.monitor.readings import MEASURED_FLAG
from riverchief.registry.models import Station


class LatestValue(NamedTuple):
    """What a station said last of a parameter, whatever its flag."""

    period_start: datetime
    sampled_at: datetime
    value: float | None
    unit: str
    flag: str


@dataclass(frozen=True)
class LiveStation:
    """A station now. `state`: ok, stale, offline or never; an offline station has no class, for it would not be of now."""

    values: Mapping[str, LatestValue]
    verdict: Verdict
    state: str
    last_at: datetime | None


def latest_values(stations: Iterable[int]) -> dict[int, dict[str, LatestValue]]:
    """What stations (primary keys) said last, by station and parameter: of several kinds the one last heard of."""
    rows = (
        Latest.objects.filter(station_id__in=list(stations))
        .order_by("period_start")
        .values_list("station_id", "parameter", *LatestValue._fields)
    )
    found: dict[int, dict[str, LatestValue]] = defaultdict(dict)
    for station_id, parameter, *value in tuples(rows):
        found[station_id][parameter] = LatestValue(*value)
    return found


def latest_classes(stations: Iterable[Station]) -> dict[int, LiveStation]:
    """The last values and the class of each station, by its key; a few queries however many stations.

    Only measured values (flag N) count in the class, and only those that are not yet too old to be of now.
    """
    by_id = {station.pk: station for station in stations}
    freshness = get_rule("monitor.freshness")
    rows = latest_values(by_id)
    return {key: _live(station, rows.get(key, {}), freshness[station.kind]) for key, station in by_id.items()}


def _live(station: Station, values: Mapping[str, LatestValue], freshness: Mapping[str, float]) -> LiveStation:
    now = clock.now()
    stale_from = now - timedelta(hours=freshness["stale_hours"])
    offline_from = now - timedelta(hours=freshness["offline_hours"])
    last_at = max((row.period_start for row in values.values()), default=None)
    limited = standard().parameters
    measured = {
        key: row.value
        for key, row in values.items()
        if key in limited and row.flag == MEASURED_FLAG and row.period_start >= offline_from
    }
    if last_at is None:
        state = "never"
    elif last_at < offline_from:
        state = "offline"
    else:
        state = "stale" if last_at < stale_from else "ok"
    return LiveStation(values, water_class(measured, water_body_of(station)), state, last_at)
