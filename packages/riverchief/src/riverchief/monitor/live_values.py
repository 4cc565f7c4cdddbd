"""What stations say now: last values, the class they make, and how far they can be trusted to be of now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from riverkit.quality import Verdict, standard, water_class

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.monitor.class_drop import water_body_of
from riverchief.monitor.models import Latest
from riverchief.monitor.readings import MEASURED_FLAG
from riverchief.registry.models import Station


@dataclass(frozen=True)
class LiveStation:
    """A station now. `state`: ok, stale, offline or never; an offline station has no class, for it would not be of now."""

    values: Mapping[str, Latest]
    verdict: Verdict
    state: str
    last_at: datetime | None


def latest_classes(stations: Iterable[Station]) -> dict[int, LiveStation]:
    """The last values and the class of each station, by its key; a few queries however many stations.

    Only measured values (flag N) count in the class, and only those that are not yet too old to be of now.
    """
    by_id = {station.pk: station for station in stations}
    freshness = get_rule("monitor.freshness")
    rows: dict[int, dict[str, Latest]] = defaultdict(dict)
    for row in Latest.objects.filter(station_id__in=by_id).order_by("period_start"):
        rows[row.station_id][row.parameter] = row
    return {key: _live(station, rows.get(key, {}), freshness[station.kind]) for key, station in by_id.items()}


def _live(station: Station, values: Mapping[str, Latest], freshness: Mapping[str, float]) -> LiveStation:
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
