"""Judging what the river said since: quiet so far, a rise that rain or the inflow explains, or one that nothing does."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor import rain
from riverchief.monitor.models import Event
from riverchief.rectify.models import RiverWatch
from riverchief.rectify.watch.actions import TellRiver
from riverchief.rectify.watch.codes import WatchState
from riverchief.rectify.watch.hours import HOUR, Hours, Run, first_run
from riverchief.rectify.watch.starting import RULE, hours_of
from riverchief.registry.models import Station

_AT_ONCE = 500


@dataclass(frozen=True)
class _Rise:
    """Hours in a row in which a parameter was back."""

    parameter: str
    level: float
    run: Run


def judge_rivers() -> None:
    """Judge the watches that run, those that waited longest first."""
    running = RiverWatch.objects.filter(state=WatchState.WATCHING, judged_until__lte=clock.now() - HOUR)
    for watch in running.select_related("station", "inflow").order_by("judged_until")[:_AT_ONCE]:
        with suppress(StateRefused):  # somebody has ended it meanwhile
            judge(watch)


def judge(watch: RiverWatch) -> None:
    """Judge the whole hours since the last judgement, and end the watch when its time is over."""
    rule = get_rule(RULE)
    end = _floor(min(clock.now(), watch.until))
    hours = _hours(watch, end, rule)
    rises = [
        _Rise(parameter, watch.levels[parameter]["level"], run)
        for parameter, of in hours.items()
        if (run := first_run(of, watch.levels[parameter]["level"], rule["hours_in_a_row"]))
    ]
    rise = min(rises, key=lambda row: row.run.start, default=None)
    judged_to = max(rise.run.end if rise else end, watch.judged_until)
    heard = {hour for of in hours.values() for hour in of if watch.judged_until <= hour < judged_to}
    watch.heard_hours += len(heard)
    watch.judged_until = judged_to
    if rise is not None:
        facts = _facts(watch, rise, rule)
        if facts["cause"] is None:
            TellRiver(actor=SYSTEM, watch_id=watch.pk, state=WatchState.RISEN, facts=facts).run()
            return
        _explain(watch, facts)
    RiverWatch.objects.filter(pk=watch.pk, state=WatchState.WATCHING).update(
        heard_hours=watch.heard_hours, judged_until=watch.judged_until, explained=watch.explained
    )
    if judged_to >= _floor(watch.until):
        enough = watch.heard_hours >= rule["least_heard_share"] * hours_in(watch)
        state = WatchState.QUIET if enough else WatchState.NO_DATA
        TellRiver(actor=SYSTEM, watch_id=watch.pk, state=state).run()


def _hours(watch: RiverWatch, end: datetime, rule: Mapping[str, Any]) -> dict[str, Hours]:
    """The hours to be judged, by parameter: with so many before them as a row needs, but none of a rise that was explained."""
    assert watch.station_id is not None  # it runs
    back = timedelta(hours=rule["hours_in_a_row"] - 1)
    explained = [datetime.fromisoformat(row["end"]) for row in watch.explained]
    start = max(watch.judged_until - back, watch.started_at, *explained)
    start = _floor(start) if start == _floor(start) else _floor(start) + HOUR
    return {
        parameter: hours_of(watch.station_id, parameter, start, end - timedelta.resolution)
        for parameter in watch.levels
    }


def _floor(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def hours_in(watch: RiverWatch) -> float:
    """How many hours the whole watch has."""
    return (watch.until - watch.started_at) / HOUR


def _explain(watch: RiverWatch, facts: dict[str, Any]) -> None:
    """Keep a rise that something explains; one that goes on is the same rise."""
    last = watch.explained[-1] if watch.explained else None
    if last and (last["end"], last["parameter"], last["cause"]) == (
        facts["start"],
        facts["parameter"],
        facts["cause"],
    ):
        watch.explained[-1] = {**last, "end": facts["end"], "most": max(last["most"], facts["most"])}
    else:
        watch.explained.append(facts)


def _facts(watch: RiverWatch, rise: _Rise, rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rise with what stands beside it for whoever judges: the rain before, the inflow, the event and what was heard.

    An event that opens there is traced by itself: where it leads is for those who may see traces.
    """
    station, run = watch.station, rise.run
    assert station is not None  # it runs
    rain_rule = get_rule("monitor.rain")
    fell = rain.last_days(rain.near(station.lon, station.lat, rain_rule), run.end, rain_rule)
    inflow = _inflow(watch, rise, rule)
    events = Event.objects.filter(station=station, parameter=rise.parameter, opened_at__lt=run.end)
    event = events.filter(last_at__gte=run.start).order_by("-opened_at").first()
    cause = "rain" if fell.dry is False else "inflow" if inflow and inflow["most"] >= rise.level else None
    return {
        "parameter": rise.parameter,
        "level": rise.level,
        "most": run.most,
        "start": run.start.isoformat(),
        "end": run.end.isoformat(),
        "station": _named(station),
        "rain_mm": fell.most_mm,
        "rain_hours": rain_rule["dry_hours"],
        "inflow": inflow,
        "heard_hours": watch.heard_hours,
        "of_hours": round((watch.judged_until - watch.started_at) / HOUR),
        "event_id": event.pk if event else None,
        "cause": cause,
    }


def _inflow(watch: RiverWatch, rise: _Rise, rule: Mapping[str, Any]) -> dict[str, Any] | None:
    """The most that came from upstream meanwhile and shortly before; None without a station there or without readings."""
    if watch.inflow is None:
        return None
    start = rise.run.start - timedelta(hours=rule["inflow_hours"])
    hours = hours_of(watch.inflow.pk, rise.parameter, start, rise.run.end)
    return {**_named(watch.inflow), "most": max(hours.values())} if hours else None


def _named(station: Station) -> dict[str, str]:
    return {"code": station.code, "name_zh": station.name_zh, "name_en": station.name_en}
