"""Reads of rain and overflows, within the reader's areas."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, filter_rows
from riverchief.accounts.roles import Capability
from riverchief.base.rules import get_rule
from riverchief.monitor import rain
from riverchief.monitor.overflows.models import OverflowRecord
from riverchief.monitor.overflows.weather import is_dry_weather_discharge, measured_mm
from riverchief.monitor.queries import named
from riverchief.registry.models import Outfall, Station

Reader = User | AnonymousUser
Shown = dict[str, Any]


def overflows(
    user: Reader, *, state: str = "", basin: int | None = None, area: str = "", outfall: int | None = None
) -> "QuerySet[OverflowRecord]":
    """The overflows in the reader's areas, those that run first, then the newest.

    `state`: "running", "ended" or "withdrawn"; without one all that hold.
    """
    rows = filter_rows(OverflowRecord.objects.all(), user, Capability.VIEW_READINGS, "outfall__area__path")
    rows = rows.filter(withdrawn_at__isnull=state != "withdrawn")
    if state in ("running", "ended"):
        rows = rows.filter(stopped_at__isnull=state == "running")
    if basin is not None:
        rows = rows.filter(outfall__reach__basin_id=basin)
    if area:
        rows = rows.filter(outfall__area__path__contains=f"/{area}/")
    if outfall is not None:
        rows = rows.filter(outfall_id=outfall)
    return rows.select_related(
        "outfall__area", "outfall__reach__basin", "receiving_reach__river", "entered_by", "withdrawn_by"
    ).order_by(F("stopped_at").desc(nulls_first=True), "-started_at", "-id")


def ran(since: datetime, until: datetime) -> "QuerySet[OverflowRecord]":
    """The records that hold of outfalls which ran over at any time from `since` to `until`."""
    return OverflowRecord.objects.filter(
        Q(stopped_at__isnull=True) | Q(stopped_at__gte=since),
        started_at__lte=until,
        withdrawn_at__isnull=True,
    )


def shown_overflows(rows: Sequence[OverflowRecord], user: Reader) -> list[Shown]:
    """Overflows as the API shows them, each with its weather."""
    rule = get_rule("monitor.rain")
    return [_overflow(row, user, rule) for row in rows]


def _overflow(row: OverflowRecord, user: Reader, rule: dict[str, Any]) -> Shown:
    path = row.outfall.area.path
    river = row.receiving_reach.river
    # That an outfall runs in dry weather is a clue, and for those who may see clues.
    told = allows(user, Capability.VIEW_CLUE, path) and row.withdrawn_at is None
    return {
        "id": row.pk,
        "outfall": place(row.outfall),
        "source": row.source,
        "known_by": row.known_by,
        "started_at": row.started_at,
        "stopped_at": row.stopped_at,
        "running": row.stopped_at is None and row.withdrawn_at is None,
        "rainfall_mm": row.rainfall_mm,
        "measured_mm": measured_mm(row, rule),
        "volume_m3": row.volume_m3,
        "not_metered": row.not_metered,
        "receiving_reach": {
            "id": row.receiving_reach_id,
            "code": row.receiving_reach.code,
            "river_zh": river.name_zh if river else "",
            "river_en": river.name_en if river else "",
        },
        "area_code": row.outfall.area_id,
        "note": row.note,
        "entered_by": named(row.entered_by) if row.entered_by else None,
        "entered_at": row.entered_at,
        "dry_weather": is_dry_weather_discharge(row, rule) if told else None,
        "withdrawn_by": named(row.withdrawn_by) if row.withdrawn_by else None,
        "withdrawn_at": row.withdrawn_at,
        "withdrawn_reason": row.withdrawn_reason,
        "may_change": allows(user, Capability.RECORD_OVERFLOW, path) and row.withdrawn_at is None,
        "synthetic": row.outfall.reach.basin.synthetic,
    }


def place(row: Station | Outfall) -> Shown:
    """A place by name."""
    return {
        "id": row.pk,
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "lon": row.lon,
        "lat": row.lat,
    }


def gauges(user: Reader, *, basin: int | None = None, area: str = "") -> "QuerySet[Station]":
    """The gauges on the reader's map: of a basin, below an area."""
    rows = rain.gauges(filter_rows(Station.objects.all(), user, Capability.VIEW_READINGS))
    if basin is not None:
        rows = rows.filter(reach__basin_id=basin)
    if area:
        rows = rows.filter(area__path__contains=f"/{area}/")
    return rows.order_by("code")


def shown_rain(stations: Sequence[Station], start: datetime, end: datetime) -> Shown:
    """The rain of a period at gauges as the API shows it, and whether it is dry at its end."""
    rule = get_rule("monitor.rain")
    found = rain.rain_at(stations, start, end, rule)
    return {
        "start": start,
        "end": end,
        "mean_mm": found.mean_mm,
        "most_mm": found.most_mm,
        "hours": found.hours,
        "gauges": [
            {
                **place(gauge.station),
                "total_mm": gauge.total_mm if gauge.coverage else None,
                "coverage": gauge.coverage,
            }
            for gauge in found.gauges
        ],
        "dry": rain.last_days(stations, end, rule).dry,
        "dry_hours": rule["dry_hours"],
        "dry_mm": rule["dry_mm"],
    }
