"""Beginning to watch the river: the next station downstream that told of the problem, and the level that means it is back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from riverkit.errors import NetworkError
from riverkit.network import Location

from riverchief.base import clock
from riverchief.base.errors import StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.models import Kind
from riverchief.monitor.retrieval import retrieve
from riverchief.rectify.models import Clue, Problem, RiverWatch
from riverchief.rectify.watch.codes import WatchState
from riverchief.rectify.watch.hours import Hours, by_hour, level_of
from riverchief.registry.models import Station
from riverchief.registry.queries import (
    Downstream,
    location_of,
    network_of,
    station_upstream,
    stations_downstream,
)

RULE = "rectify.river_watch"
_MOST_STATIONS = 3
_SNAPS_WITHIN_M = 5_000


def start_watch(problem: Problem) -> RiverWatch | None:
    """Watch the river from now on; None for kinds of which the water cannot speak. What ran before has ended."""
    rule = get_rule(RULE)
    if problem.kind not in rule["kinds"]:
        return None
    now = clock.now()
    watch = RiverWatch(
        problem=problem,
        state=WatchState.NO_STATION,
        started_at=now,
        until=now + timedelta(days=rule["days"]),
        judged_until=now,
    )
    found, parameters = _found(problem, rule)
    downstream, watch.inflow = _stations(problem, found, rule)
    for row in downstream:
        levels = _levels(row.station, parameters, found, rule)
        if watch.station is None or levels:
            watch.station, watch.distance_m, watch.levels = row.station, row.distance_m, levels
            watch.state = WatchState.WATCHING if levels else WatchState.CANNOT_TELL
        if levels:
            break
    if watch.state != WatchState.WATCHING:
        watch.ended_at = now
    watch.save()
    return watch


@dataclass(frozen=True)
class _Window:
    """When the problem was found, and the station that saw it, where one did."""

    start: datetime
    end: datetime
    station_id: int | None = None


def clue_of(problem: Problem) -> Clue | None:
    """The clue that a problem rests on; what was split off rests on that of the whole."""
    part: Problem | None = problem
    while part is not None and part.clue is None:
        part = part.split_from
    return part.clue if part else None


def _found(problem: Problem, rule: Mapping[str, Any]) -> tuple[_Window, list[str]]:
    """The time in which it was found, and what to look at: an event's own parameter, else those of the rule."""
    clue = clue_of(problem)
    if clue is not None and clue.event is not None:
        event = clue.event
        return _Window(event.opened_at, event.last_at, event.station_id), [event.parameter]
    at = (clue and (clue.occurred_at or clue.registered_at)) or problem.opened_at
    around = timedelta(hours=rule["found_hours"])
    return _Window(at - around, at + around), list(rule["factors"])


def _stations(
    problem: Problem, found: _Window, rule: Mapping[str, Any]
) -> tuple[list[Downstream], Station | None]:
    """The stations that the water of the place reaches, first that which saw the event; and the next one above it."""
    if problem.reach is None:
        return [], None
    basin, most_m = problem.reach.basin_id, 1000 * rule["most_km"]
    try:
        place = _place(problem)
        rows = stations_downstream(basin, place, most_m)
        above = station_upstream(basin, place, most_m)
    except (
        StateRefused
    ):  # the basin's network is not valid, which its import says: nothing is downstream of anything
        return [], None
    rows.sort(key=lambda row: (row.station.pk != found.station_id, row.distance_m))
    return rows[:_MOST_STATIONS], above


def _place(problem: Problem) -> Location:
    """Where it is on the network; of a reach that is not drawn, its lower end."""
    assert problem.reach is not None
    if problem.outfall is not None and problem.outfall.reach_id == problem.reach_id:
        return location_of(problem.outfall)
    network, reach = network_of(problem.reach.basin_id), str(problem.reach_id)
    try:
        return network.snap(problem.lon, problem.lat, _SNAPS_WITHIN_M, reach_id=reach)
    except NetworkError:
        return Location(reach, problem.reach.length_m)


def _levels(
    station: Station, parameters: list[str], found: _Window, rule: Mapping[str, Any]
) -> dict[str, Any]:
    """By parameter the level that means it is back; only of those by which the station told of the problem."""
    before = found.start - timedelta(days=rule["background_days"])
    levels = {}
    for parameter in parameters:
        hours = hours_of(station.pk, parameter, before, found.end)
        then = [value for hour, value in hours.items() if hour >= found.start - timedelta(hours=1)]
        usual = [value for hour, value in hours.items() if hour < found.start - timedelta(hours=1)]
        if len(then) < rule["least_found_hours"] or len(usual) < rule["least_background_hours"]:
            continue
        level = level_of(then, usual)
        if level is not None:
            levels[parameter] = {"level": level, "found_hours": len(then), "background_hours": len(usual)}
    return levels


def hours_of(station_id: int, parameter: str, start: datetime, end: datetime) -> Hours:
    """Means of the hours of measured readings of a time: those that the station sends as such, else of its finer ones."""
    for kinds in ((Kind.HOUR,), (Kind.MINUTE, Kind.INSTANT)):
        rows = retrieve(
            ("period_start", "value"),
            stations=[station_id],
            start=start,
            end=end,
            parameters=[parameter],
            kinds=kinds,
            measured=True,
        )
        if rows:
            return by_hour((at, value) for at, value in rows)
    return {}
