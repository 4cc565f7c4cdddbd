"""An overflow in its weather: the rain that goes with it, and whether it runs although it has not rained for long."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from riverchief.base import clock
from riverchief.monitor import rain
from riverchief.monitor.overflows.models import OverflowRecord


def measured_mm(row: OverflowRecord, rule: Mapping[str, Any]) -> float | None:
    """The rain that goes with an overflow, as the gauges around measured it: from some hours before it starts (rule
    `monitor.rain`) to its end; None where no gauge was heard."""
    gauges = rain.near(row.outfall.lon, row.outfall.lat, rule)
    before = timedelta(hours=rule["before_overflow_hours"])
    return rain.rain_at(gauges, row.started_at - before, row.stopped_at or clock.now(), rule).mean_mm


def is_dry_weather_discharge(row: OverflowRecord, rule: Mapping[str, Any]) -> bool:
    """Whether it ran, last, after so many dry hours that no rain can be the reason. Unknown weather is not dry."""
    until = row.stopped_at or clock.now()
    return rain.last_days(rain.near(row.outfall.lon, row.outfall.lat, rule), until, rule).dry is True
