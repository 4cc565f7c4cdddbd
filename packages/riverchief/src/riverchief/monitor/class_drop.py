"""The slow way in which water gets worse: no reading stands out, but the class of two days is not that of the week before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from riverkit.errors import StandardError
from riverkit.quality import REQUIRED, Verdict, WaterBody, class_of, standard, water_class

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.monitor.actions.events import OpenEvent, Sight
from riverchief.monitor.detection import DetectionRules, Scale
from riverchief.monitor.kinship import kin_event
from riverchief.monitor.models import DailyValue, Event, EventStation, Latest
from riverchief.monitor.series import target_of
from riverchief.monitor.wording import Finding, alarm_messages
from riverchief.registry.models import Station

_RECENT_DAYS = 2


def water_body_of(station: Station) -> WaterBody:
    """The water body whose limits hold at a station."""
    return "lake" if station.water_body == "lake" else "river"


def grade(station: Station, parameter: str, value: float | None) -> int | None:
    """The class (1..6) by one value of one parameter; None where there is none."""
    if value is None:
        return None
    try:
        return int(class_of(parameter, value, water_body_of(station)))
    except StandardError:
        return None  # not limited for this water body


@dataclass(frozen=True)
class _Mean:
    value: float
    n: int


def detect(stations: Iterable[Station], rules: DetectionRules, now: datetime) -> None:
    """Open an event where the class of the last two days has fallen below the target and below the week before.

    A station with an event in the last days is left alone: the class is then low for a known reason.
    """
    by_id = {station.pk: station for station in stations if target_of(station) is not None}
    known = EventStation.objects.filter(station_id__in=by_id, last_at__gte=now - rules.drop_quiet)
    known = known.filter(event__kind__in=Event.OF_LIMITS)  # others say nothing of classes
    for station_id in known.values_list("station_id", flat=True):
        by_id.pop(station_id, None)
    today = clock.day_of(now)
    recent_from = today - timedelta(days=_RECENT_DAYS - 1)
    rows = defaultdict(list)
    for row in DailyValue.objects.filter(
        station_id__in=by_id, day__gte=recent_from - rules.drop_reference, day__lte=today
    ):
        rows[row.station_id].append(row)
    for station_id, days in sorted(rows.items()):
        recent = _means([row for row in days if row.day >= recent_from], rules.drop_least_readings)
        before = _means([row for row in days if row.day < recent_from], rules.drop_least_readings)
        since = clock.start_of(recent_from)
        _judge(by_id[station_id], recent, before, since, rules)


def _means(days: Iterable[DailyValue], least: int) -> dict[str, _Mean]:
    """The mean of each parameter over some days, of the kind with most readings; none that rests on too few."""
    totals: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in days:
        totals[row.parameter][row.kind].append((row.n, row.n * row.mean))
    means = {}
    for parameter, kinds in totals.items():
        n, total = max(tuple(map(sum, zip(*parts, strict=True))) for parts in kinds.values())
        if n >= least:
            means[parameter] = _Mean(total / n, n)
    return means


def _verdict(means: Mapping[str, _Mean], water_body: WaterBody) -> Verdict | None:
    limited = standard().parameters
    values = {key: mean.value for key, mean in means.items() if key in limited}
    return water_class(values, water_body) if set(REQUIRED) <= set(values) else None


def _judge(
    station: Station,
    recent: Mapping[str, _Mean],
    before: Mapping[str, _Mean],
    since: datetime,
    rules: DetectionRules,
) -> None:
    target = target_of(station)
    assert target is not None
    body = water_body_of(station)
    now_class, class_before = _verdict(recent, body), _verdict(before, body)
    if now_class is None or now_class.grade is None or class_before is None or class_before.grade is None:
        return
    if now_class.grade <= max(target, class_before.grade):
        return
    for parameter in now_class.deciding:
        scale = Scale.of(standard(), parameter, body, target)
        if scale is not None and parameter in before and _rose(scale, recent, before, parameter, rules):
            _open(station, parameter, scale, recent, before, since, (class_before, now_class), rules)
            return


def _rose(
    scale: Scale,
    recent: Mapping[str, _Mean],
    before: Mapping[str, _Mean],
    parameter: str,
    rules: DetectionRules,
) -> bool:
    now, then = scale.badness(np.array([recent[parameter].value, before[parameter].value]))
    return bool(now - then >= rules.drop_least_rise * abs(then))


def _open(
    station: Station,
    parameter: str,
    scale: Scale,
    recent: Mapping[str, _Mean],
    before: Mapping[str, _Mean],
    since: datetime,
    verdicts: tuple[Verdict, Verdict],
    rules: DetectionRules,
) -> None:
    latest = Latest.objects.filter(station=station, parameter=parameter).order_by("-period_start").first()
    if latest is None or latest.period_start < since:
        return
    last_at, mean = latest.period_start, recent[parameter]
    if kin_event(station, parameter, since.timestamp(), last_at.timestamp(), rules) is not None:
        return
    target = target_of(station)
    assert target is not None
    limit = scale.value(scale.limit, near=mean.value)
    finding = Finding(
        kind=Event.Kind.CLASS_DROP,
        station=station,
        parameter=parameter,
        at=last_at,
        value=mean.value,
        unit=latest.unit,
        baseline=before[parameter].value,
        limit=limit,
        target_class=target,
        readings=mean.n,
        habit_days=rules.drop_reference.days,
    )
    message_zh, message_en = alarm_messages(finding)
    event = Event(
        station=station,
        area=station.area,
        parameter=parameter,
        kind=Event.Kind.CLASS_DROP,
        opened_at=since,
        last_at=last_at,
        peak_value=mean.value,
        unit=latest.unit,
        baseline=before[parameter].value,
        limit_value=limit,
        class_before=verdicts[0].grade,
        class_now=verdicts[1].grade,
    )
    sight = Sight(
        station=station,
        first_at=since,
        last_at=last_at,
        peak_value=mean.value,
        peak_at=last_at,
        baseline=before[parameter].value,
        threshold=scale.limit,
        checked_to=last_at,
        normal_readings=0,
        settled_at=None,
    )
    OpenEvent(actor=SYSTEM, event=event, sight=sight, message_zh=message_zh, message_en=message_en).run()
