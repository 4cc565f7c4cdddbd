"""After readings were stored: roll up their days, look for events and overflows, tell that there is something new.

One transaction per sweep, and the mark of a station goes in it: a sweep that is cut off is done again, and a sweep
done twice finds nothing more. Sweeps run one at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db import connection, transaction
from riverkit.quality import standard

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.outbox import announce
from riverchief.base.rules import get_rule
from riverchief.monitor import class_drop
from riverchief.monitor.actions.events import JoinEvent, OpenEvent, ReviseEvent, SettleEvent, Sight
from riverchief.monitor.detection import Course, DetectionRules, Onset, onset
from riverchief.monitor.kinship import kin_alarm, kin_event
from riverchief.monitor.models import Event, EventStation, Unexamined
from riverchief.monitor.overflows.devices import follow_devices
from riverchief.monitor.review.sweep import readings_examined
from riverchief.monitor.rollup import refresh_days
from riverchief.monitor.series import Series, moment, watched_series, with_history
from riverchief.monitor.sources.push import announce_stored
from riverchief.monitor.wording import Finding, alarm_messages, further_messages
from riverchief.registry.models import Station

STATIONS_PER_SWEEP = 200
_FUTURE = timedelta(
    minutes=15
)  # readings of clocks that are a little fast; further ones are refused at the gateway


def examine_all() -> int:
    """Sweep until nothing is unexamined; returns how many stations were looked at."""
    total = 0
    while count := examine_some():
        total += count
    return total


def examine_some() -> int:
    """One sweep over the stations that have waited longest; returns how many."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('monitor.examine', 0))")
        marks = list(Unexamined.objects.order_by("since")[:STATIONS_PER_SWEEP])
        if not marks:
            return 0
        now = clock.now()
        since = {mark.station_id: mark.since for mark in marks}
        refresh_days(since.items(), now + _FUTURE)
        detect(since, now)
        follow_devices(since, now)
        readings_examined(since, now)
        announce("monitor.readings_stored", {"station_ids": sorted(since)})
        announce_stored(since)
        for mark in sorted(marks, key=lambda each: each.station_id):
            Unexamined.objects.filter(station_id=mark.station_id, marks=mark.marks).delete()
    return len(marks)


def detect(since: dict[int, datetime], now: datetime) -> None:
    """Look for events in what stations have received from a time on, and follow those that go on.

    What is older than the rule's window is history: it is kept, and raises no alarm.
    """
    rules = DetectionRules.of(get_rule("monitor.detection"))
    stations = Station.objects.select_related("reach__basin", "area", "section").filter(
        pk__in=since, active=True
    )
    fresh: list[tuple[Series, datetime]] = []
    for station in stations:
        start = max(since[station.pk], now - rules.window)
        fresh += [
            (series, start)
            for series in watched_series(station, start - rules.longest_gap, now + _FUTURE, standard())
        ]
    touched = _follow_open(fresh, rules)
    touched |= _begin(fresh, touched, rules)
    for event in Event.objects.select_related("area").filter(pk__in={event_id for event_id, _ in touched}):
        _bring_up_to_date(event)
    class_drop.detect(stations, rules, now)


Touched = set[tuple[int, int]]
"""Event and station."""


def _follow_open(fresh: list[tuple[Series, datetime]], rules: DetectionRules) -> Touched:
    """Carry on, with the new readings, every sighting of an open event."""
    by_key = {(series.station.pk, series.parameter): series for series, _ in fresh}
    touched: Touched = set()
    sightings = (
        EventStation.objects.select_for_update(of=("self", "event"))
        .select_related("event")
        .filter(event__state=Event.State.OPEN, station_id__in={key[0] for key in by_key})
        .filter(event__kind__in=Event.OF_LIMITS)
        .order_by("id")
    )
    for sighting in sightings:
        series = by_key.get((sighting.station_id, sighting.event.parameter))
        if series is None:
            continue
        course = _course(sighting, series)
        if course.follow(series.time_s, series.badness, rules):
            _sight(series, course, sighting.baseline, sighting.peak_value).save(sighting.event)
        touched.add((sighting.event_id, sighting.station_id))
    return touched


@dataclass(frozen=True)
class _Start:
    series: Series
    onset: Onset
    course: Course


def _begin(fresh: list[tuple[Series, datetime]], following: Touched, rules: DetectionRules) -> Touched:
    """Find runs that begin, and put each, upstream and earlier ones first, into an event."""
    busy = set(
        EventStation.objects.filter(event__in={event_id for event_id, _ in following}).values_list(
            "station_id", "event__parameter"
        )
    )
    starts = [
        start
        for series, since in fresh
        if (series.station.pk, series.parameter) not in busy
        for start in _starts(series, since, rules)
    ]
    touched: Touched = set()
    for start in sorted(starts, key=lambda each: (each.course.first_s, each.series.station.code)):
        event = _place(start, rules)
        touched.add((event.pk, start.series.station.pk))
    return touched


def _starts(series: Series, since: datetime, rules: DetectionRules) -> Iterable[_Start]:
    """The run that begins in a series, if one does."""
    new = series.time_s >= since.timestamp()
    if np.count_nonzero(series.badness > series.scale.limit) < rules.consecutive or not new.any():
        return
    longer = with_history(series, rules.baseline)
    new_from = int(np.searchsorted(longer.time_s, since.timestamp()))
    found = onset(longer.time_s, longer.badness, series.scale.limit, new_from, rules)
    if found is None:
        return
    first_s = float(longer.time_s[found.index])
    peak = float(longer.badness[found.index])
    course = Course(found.threshold, first_s, first_s, peak, first_s, first_s)
    course.follow(longer.time_s, longer.badness, rules)
    yield _Start(longer, found, course)


def _place(start: _Start, rules: DetectionRules) -> Event:
    """Join the event of the same water, or open one."""
    series, course = start.series, start.course
    baseline = (
        None
        if start.onset.baseline is None
        else series.scale.value(start.onset.baseline, near=_peak_value(series, course, float("inf")))
    )
    sight = _sight(series, course, baseline)
    kin = kin_event(series.station, series.parameter, course.first_s, course.last_s, rules)
    if kin is None:
        return _open(series, sight, rules)
    known = kin.sightings.filter(station=series.station).first()
    if known is not None:
        again = _course(known, series)
        again.threshold = min(again.threshold, course.threshold)
        again.follow(series.time_s, series.badness, rules)
        sight = _sight(series, again, known.baseline, known.peak_value)
    return JoinEvent(actor=SYSTEM, event_id=kin.pk, sight=sight).run()


def _open(series: Series, sight: Sight, rules: DetectionRules) -> Event:
    station = series.station
    limit = series.scale.value(series.scale.limit, near=sight.peak_value)
    finding = Finding(
        kind=Event.Kind.THRESHOLD,
        station=station,
        parameter=series.parameter,
        at=sight.peak_at,
        value=sight.peak_value,
        unit=series.unit,
        baseline=sight.baseline,
        limit=limit,
        target_class=series.target_class,
        readings=rules.consecutive,
        habit_days=rules.baseline.days,
    )
    joins = kin_alarm(station, series.parameter, sight.first_at.timestamp(), rules)
    message_zh, message_en = alarm_messages(finding) if joins is None else further_messages(finding)
    event = Event(
        station=station,
        area=station.area,
        parameter=series.parameter,
        kind=Event.Kind.THRESHOLD,
        opened_at=sight.first_at,
        last_at=sight.last_at,
        peak_value=sight.peak_value,
        unit=series.unit,
        baseline=sight.baseline,
        limit_value=limit,
        class_before=class_drop.grade(station, series.parameter, sight.baseline),
        class_now=class_drop.grade(station, series.parameter, sight.peak_value),
    )
    return OpenEvent(
        actor=SYSTEM, event=event, sight=sight, message_zh=message_zh, message_en=message_en, joins=joins
    ).run()


def _bring_up_to_date(event: Event) -> None:
    """Make an event say what its sightings say; settle it when all of them have.

    The peak only grows: what an alarm has told is not taken back by a later look at quieter readings.
    """
    sightings = list(event.sightings.select_related("station__section").order_by("first_at", "id"))
    lower_is_worse = event.limit_value is not None and event.peak_value < event.limit_value
    worst = (min if lower_is_worse else max)(sightings, key=lambda each: each.peak_value)
    revision = ReviseEvent(
        actor=SYSTEM,
        event=event,
        stations=len(sightings),
        opened_at=min(each.first_at for each in sightings),
        last_at=max(each.last_at for each in sightings),
        peak_value=event.peak_value,
        class_now=event.class_now,
    )
    if worst.peak_value < event.peak_value if lower_is_worse else worst.peak_value > event.peak_value:
        revision.peak_value = worst.peak_value
        revision.class_now = class_drop.grade(worst.station, event.parameter, worst.peak_value)
    if revision.says_something_new:
        revision.run()
    settled = [each.settled_at for each in sightings]
    if event.state == Event.State.OPEN and all(settled):
        latest = max(at for at in settled if at is not None)
        SettleEvent(actor=SYSTEM, event=event, settled_at=latest).run()


def _course(sighting: EventStation, series: Series) -> Course:
    return Course(
        threshold=sighting.threshold,
        first_s=sighting.first_at.timestamp(),
        last_s=sighting.last_at.timestamp(),
        peak=float(series.scale.badness(np.array([sighting.peak_value]))[0]),
        peak_s=sighting.peak_at.timestamp(),
        checked_to_s=sighting.checked_to.timestamp(),
        normal_readings=sighting.normal_readings,
        settled_s=sighting.settled_at.timestamp() if sighting.settled_at else None,
    )


def _peak_value(series: Series, course: Course, known: float) -> float:
    """The peak in its own unit; `known` where it lies before the series at hand, or was corrected since it was told."""
    at_peak = np.flatnonzero((series.time_s == course.peak_s) & (series.badness >= course.peak))
    return float(series.value[at_peak[0]]) if at_peak.size else known


def _sight(series: Series, course: Course, baseline: float | None, known_peak: float = float("inf")) -> Sight:
    return Sight(
        station=series.station,
        first_at=moment(course.first_s),
        last_at=moment(course.last_s),
        peak_value=_peak_value(series, course, known_peak),
        peak_at=moment(course.peak_s),
        baseline=baseline,
        threshold=course.threshold,
        checked_to=moment(course.checked_to_s),
        normal_readings=course.normal_readings,
        settled_at=None if course.settled_s is None else moment(course.settled_s),
    )
