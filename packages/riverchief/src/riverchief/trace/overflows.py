"""What is known of rain and of overflows around an event: measured rain, and outfalls on record as running over."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from riverchief.base.rules import get_rule
from riverchief.monitor import rain
from riverchief.monitor.overflows.queries import ran
from riverchief.registry.models import Reach, Station
from riverchief.trace.inputs import RainInput
from riverchief.trace.models import Trace

Ran = dict[int, list[tuple[str, str | None]]]


def measured_rain(
    stations: Iterable[Station], reach_ids: Iterable[str], origin: datetime, last: datetime, lag_hours: float
) -> list[RainInput]:
    """The spells of rain that gauges near the stations, or near the reaches in question, measured from `lag_hours` before
    the origin to the last reading."""
    rule = get_rule("monitor.rain")
    reaches = Reach.objects.filter(pk__in=[int(reach_id) for reach_id in reach_ids])
    places = [(station.lon, station.lat) for station in stations]
    for bounds in reaches.values_list("bounds", flat=True):
        if bounds is not None:
            west, south, east, north = bounds
            places.append(((west + east) / 2, (south + north) / 2))
    near = [
        gauge
        for gauge in rain.gauges().order_by("code")
        if any(rain.distance_km(lon, lat, gauge.lon, gauge.lat) <= rule["near_km"] for lon, lat in places)
    ]
    found = rain.rain_at(near, origin - timedelta(hours=lag_hours), last, rule)
    heard = [gauge.station.code for gauge in found.gauges if gauge.coverage]
    return [
        RainInput(begins_at.isoformat(), ends_at.isoformat(), amount, heard)
        for begins_at, ends_at, amount in found.spells(rule["wet_hour_mm"])
    ]


def on_record(outfall_ids: Sequence[int], origin: datetime, last: datetime) -> Ran:
    """From when to when outfalls are on record as running over, of the time from `origin` to `last`."""
    rows = ran(origin, last).filter(outfall_id__in=outfall_ids).order_by("started_at", "pk")
    found: Ran = {}
    for row in rows:
        ends_at = row.stopped_at.isoformat() if row.stopped_at else None
        found.setdefault(row.outfall_id, []).append((row.started_at.isoformat(), ends_at))
    return found


def overflow_known(trace: Trace, key: str) -> bool:
    """Whether a trace was asked knowing that this candidate ran over."""
    candidates: list[Mapping[str, Any]] = (trace.inputs or {}).get("candidates", [])
    return any(row["key"] == key and bool(row.get("ran")) for row in candidates)
