"""What is about no value: stations that fell silent, whose data come late, or of which one instrument says nothing.

Such a doubt lasts until it is over, and then passes by itself. Silent is not shut: it says nothing of the water. A station
whose stoppage somebody has announced is none of these.
"""

from datetime import datetime, timedelta

from django.db import transaction

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.monitor.fleet.models import Stoppage
from riverchief.monitor.fleet.states import in_force
from riverchief.monitor.models import Kind
from riverchief.monitor.review import sentences
from riverchief.monitor.review.actions import PassDoubt, RaiseDoubt
from riverchief.monitor.review.control import QualityControl, Suspicion
from riverchief.monitor.review.models import CONDITIONS, Doubt, Rule
from riverchief.monitor.rhythm import Series, recent_series, usual_interval_s
from riverchief.monitor.series import WATCHED_KINDS, moment
from riverchief.registry.models import Station

_PERIOD = {Kind.INSTANT: timedelta(0), Kind.MINUTE: timedelta(0), Kind.HOUR: timedelta(hours=1)}
"""How long after the time of a reading it can be there at all. How long a minute value's period is, nobody says."""

Key = tuple[int, str, str]
"""Station, rule, parameter."""


def look_after_conditions() -> None:
    """Raise what has begun, and let pass what is over."""
    control, now = QualityControl.current(), clock.now()
    holds = _conditions(control, now)
    with transaction.atomic():
        lasting = {
            (doubt.station_id, doubt.rule, doubt.parameter): doubt
            for doubt in Doubt.objects.select_for_update(of=("self",))
            .select_related("station__area")
            .filter(rule__in=CONDITIONS, last_at__isnull=True)
        }
        over = sorted(lasting.keys() - holds.keys())
        rows = Stoppage.objects.filter(
            in_force(now), station_id__in={station_id for station_id, _, _ in over}
        )
        stopped = {row.station_id: sentences.stopped(row) for row in rows.select_related("announced_by")}
        for key in over:
            PassDoubt(actor=SYSTEM, doubt=lasting[key], ended_at=now, because=stopped.get(key[0])).run()
        begun = sorted(holds.keys() - lasting.keys())
        stations = Station.objects.select_related("area").in_bulk({station_id for station_id, _, _ in begun})
        for key in begun:
            RaiseDoubt(
                actor=SYSTEM, station=stations[key[0]], suspicion=holds[key], rules_version=control.version
            ).run()


def _conditions(control: QualityControl, now: datetime) -> dict[Key, Suspicion]:
    stopped = set(Stoppage.objects.filter(in_force(now)).values_list("station_id", flat=True))
    return {
        (station_id, suspicion.rule, suspicion.parameter): suspicion
        for station_id, series in recent_series(now).items()
        if station_id not in stopped
        for suspicion in _of_station(series, control, now)
    }


def _of_station(series: Series, control: QualityControl, now: datetime) -> list[Suspicion]:
    intervals = control.rules.silent_intervals
    quiet = {key: recent.silence(intervals, now) for key, recent in series.items()}
    newest_key, newest = max(series.items(), key=lambda item: item[1].times[-1])
    if all(quiet.values()):
        since, usual = newest.times[-1], timedelta(seconds=usual_interval_s(series) or 0)
        return [_lasting(Rule.SILENT, "", "", since, sentences.silent(since, usual))]
    found = []
    late = newest.received_at - newest.times[-1] - _PERIOD[Kind(newest_key[1])]
    if late > timedelta(minutes=control.rules.stale_minutes):
        at = newest.times[-1]
        found.append(_lasting(Rule.STALE, "", "", at, sentences.stale(at, late)))
    for parameter in sorted({parameter for parameter, _ in series}):
        kinds = [(kind, quiet[parameter, kind]) for kind in WATCHED_KINDS if (parameter, kind) in quiet]
        gaps = [(kind, gap) for kind, gap in kinds if gap is not None]
        if len(gaps) == len(kinds):
            kind, gap = max(gaps, key=lambda item: item[1].since_s)
            since, usual = moment(gap.since_s), timedelta(seconds=gap.usual_interval_s)
            found.append(
                _lasting(Rule.MISSING, parameter, kind, since, sentences.missing(parameter, since, usual))
            )
    return found


def _lasting(rule: Rule, parameter: str, kind: str, since: datetime, said: sentences.Sentences) -> Suspicion:
    return Suspicion(rule, parameter, kind, since, None, 0, None, None, "", said, ended=False)
