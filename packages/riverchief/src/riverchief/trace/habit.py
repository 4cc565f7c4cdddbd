"""What a station shows when nothing happens, and its readings made ready for a trace: no database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from riverchief.base.clock import SHANGHAI
from riverchief.registry.models import Station
from riverchief.trace.inputs import Excluded, StationInput

KINDS = ("instant", "minute", "hour")
"""Kinds of readings that are fine enough for a trace, the finest first."""

GRAMS_PER_M3: Mapping[str, float] = {"mg/L": 1.0, "g/m3": 1.0, "µg/L": 1e-3, "μg/L": 1e-3}
"""Units of concentration, as what one of them is in g/m³. Of anything else no mass can be traced."""

MEASURED = "N"
_FEWEST_READINGS = 6

Row = tuple[datetime, float | None, str, str]
"""Time, value, flag, unit."""


def station_input(
    station: Station, by_kind: Mapping[str, list[Row]], origin: datetime, affected: bool
) -> StationInput | Excluded:
    """The readings of a station since the origin, from the finest kind that has enough."""
    for kind in KINDS:
        rows = by_kind.get(kind, [])
        now = [row for row in rows if row[0] >= origin]
        if sum(_usable(row) is not None for row in now) >= _FEWEST_READINGS:
            return _filled(station, now, [row for row in rows if row[0] < origin], origin, affected)
    return Excluded(
        station.code,
        f"{station.name_zh}在事件期间可用读数不足",
        f"{station.name_en}: too few usable readings around the event",
    )


def _filled(
    station: Station, now: Sequence[Row], before: Sequence[Row], origin: datetime, affected: bool
) -> StationInput:
    usual, scatter = usual_at([row[0] for row in now], _measured(before) or _measured(now))
    return StationInput(
        station_id=station.pk,
        code=station.code,
        name_zh=station.name_zh,
        name_en=station.name_en,
        reach_id=str(station.reach_id),
        chainage_m=station.chainage_m,
        discharge_m3s=0.0,  # known once the ground is
        affected=affected,
        unit=next((row[3] for row in now if row[3]), ""),
        time_s=[(row[0] - origin).total_seconds() for row in now],
        value=[_usable(row) for row in now],
        flag=[row[2] for row in now],
        usual=[float(level) for level in usual],
        scatter=scatter,
    )


def _usable(row: Row) -> float | None:
    """The value in g/m³; None for what is no measurement (maintenance, fault, refused) or no concentration."""
    _, value, flag, unit = row
    factor = GRAMS_PER_M3.get(unit)
    return value * factor if value is not None and flag == MEASURED and factor is not None else None


def _measured(rows: Sequence[Row]) -> list[tuple[datetime, float]]:
    return [(row[0], value) for row in rows if (value := _usable(row)) is not None]


def usual_at(
    times: Sequence[datetime], before: Sequence[tuple[datetime, float]]
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], float]:
    """What a station shows at given times when nothing happens, and how far readings stray from it (g/m³).

    Waste water follows the day, so the usual level is the median of earlier readings at the same hour, smoothed
    over its neighbours, where two days and most hours are known; else one median. The scatter is 1.48 times the
    median absolute deviation, which for normal errors is their standard deviation; it is never quite 0.
    """
    values = np.array([value for _, value in before])
    level = float(np.median(values))
    profile = np.full(24, level)
    hours = np.array([at.astimezone(SHANGHAI).hour for at, _ in before])
    known = [hour for hour in range(24) if np.count_nonzero(hours == hour) >= 2]
    long_enough = before[-1][0] - before[0][0] >= timedelta(days=2)
    if long_enough and len(known) >= 18:
        by_hour = np.array([np.median(values[hours == hour]) for hour in known])
        filled = np.interp(np.arange(24), known, by_hour, period=24)
        profile = (np.roll(filled, 1) + 2 * filled + np.roll(filled, -1)) / 4

    def at_clock(moments: Iterable[datetime]) -> np.ndarray[Any, np.dtype[np.float64]]:
        local = [moment.astimezone(SHANGHAI) for moment in moments]
        clock = np.array([moment.hour + moment.minute / 60 for moment in local])
        levels: np.ndarray[Any, np.dtype[np.float64]] = np.interp(
            clock, np.arange(24) + 0.5, profile, period=24
        )
        return levels

    strays = np.abs(values - at_clock(at for at, _ in before))
    scatter = max(1.4826 * float(np.median(strays)), 0.01 * abs(level), 1e-6)
    return at_clock(times), scatter
