"""The look, now and then, for outfalls that run although it has not rained for long."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.overflows.actions import AnnounceDryWeatherDischarge
from riverchief.monitor.overflows.models import OverflowRecord
from riverchief.monitor.overflows.weather import is_dry_weather_discharge


def announce_dry_weather_discharges() -> int:
    """Tell of every overflow that runs in dry weather, or did lately, and has not been told of; returns how many."""
    rule = get_rule("monitor.rain")
    lately = clock.now() - timedelta(days=rule["announce_within_days"])
    told = 0
    for row in _untold(lately):
        if is_dry_weather_discharge(row, rule):
            try:
                AnnounceDryWeatherDischarge(actor=SYSTEM, overflow_id=row.pk).run()
            except StateRefused:
                continue  # ended, withdrawn or told in between
            told += 1
    return told


def _untold(lately: datetime) -> Iterable[OverflowRecord]:
    return (
        OverflowRecord.objects.filter(
            Q(stopped_at__isnull=True) | Q(stopped_at__gte=lately),
            withdrawn_at__isnull=True,
            dry_announced_at__isnull=True,
        )
        .select_related("outfall")
        .order_by("pk")
    )
