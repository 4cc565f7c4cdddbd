"""What the river says of a problem, as its page and its case file show it."""

from typing import Any

from riverchief.rectify.models import Problem, RiverWatch
from riverchief.rectify.watch.hours import HOUR

Shown = dict[str, Any]


def river_of(problem: Problem, *, whole: bool) -> Shown | None:
    """The last watch over it; `whole`: with station, levels and what was explained. None where the river is no witness."""
    watch: RiverWatch | None = problem.watches.select_related("station", "inflow").last()
    if watch is None:
        return None
    shown: Shown = {
        "state": watch.state,
        "started_at": watch.started_at,
        "until": watch.until,
        "judged_until": watch.judged_until,
        "ended_at": watch.ended_at,
        "heard_hours": watch.heard_hours,
        "of_hours": round((watch.judged_until - watch.started_at) / HOUR),
        "station": None,
        "distance_m": None,
        "levels": [],
        "explained": [],
    }
    if not whole:
        return shown
    station = watch.station
    return {
        **shown,
        "station": {"id": station.pk, "name_zh": station.name_zh, "name_en": station.name_en}
        if station
        else None,
        "distance_m": watch.distance_m,
        "levels": [
            {"parameter": parameter, "level": told["level"]}
            for parameter, told in sorted(watch.levels.items())
        ],
        "explained": watch.explained,
    }
