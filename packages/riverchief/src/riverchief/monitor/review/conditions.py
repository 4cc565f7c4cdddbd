"""What is about no value: stations that fell silent, whose data come late, or of which one instrument says nothing.

Such a doubt lasts until it is over, and then passes by itself. Silent is not shut: it says nothing of the water. A station
whose stoppage somebody has announced is none of these.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db import connection, transaction
from riverkit.detection import Silence, silences

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.monitor.fleet.models import Stoppage
from riverchief.monitor.fleet.states import in_force
from riverchief.monitor.models import Kind
from riverchief.monitor.review import sentences
from riverchief.monitor.review.actions import PassDoubt, RaiseDoubt
from riverchief.monitor.review.control import QualityControl, Suspicion
from riverchief.monitor.review.models import CONDITIONS, Doubt, Rule
from riverchief.monitor.series import WATCHED_KINDS, moment
from riverchief.registry.models import Station

_PERIOD = {Kind.INSTANT: timedelta(0), Kind.MINUTE: timedelta(0), Kind.HOUR: timedelta(hours=1)}
"""How long after the time of a reading it can be there at all. How long a minute value's period is, nobody says."""

# States of equipment come when they change: they have no rhythm.
# Of each series the last receipts: enough to know the usual interval, however rarely a station speaks. What was asked for
# again and came later than the newest is no news of how the station is.
_RECENT = """
SELECT l.station_id, l.parameter, l.kind, r.period_start, r.received_at
FROM monitor_latest l
JOIN registry_station s ON s.id = l.station_id AND s.active AND s.kind <> 'manual'
    AND NOT EXISTS (
        SELECT FROM monitor_stoppage p WHERE p.station_id = s.id AND p.ended_at IS NULL AND p.since <= %s
            AND (p.until IS NULL OR p.until > %s)
    )
CROSS JOIN LATERAL (
    SELECT period_start, received_at FROM monitor_reading
    WHERE station_id = l.station_id AND parameter = l.parameter AND kind = l.kind
        AND period_start > l.period_start - interval '14 days' AND period_start <= l.period_start
    ORDER BY period_start DESC LIMIT 11
) r
WHERE l.kind = ANY(%s) AND l.period_start > %s AND l.parameter NOT LIKE '%%-RS'
ORDER BY l.station_id, l.parameter, l.kind, r.period_start
"""
_HEARD_WITHIN = timedelta(days=60)
"""What has said nothing for so long has been given up: it is offline on the map, and no news."""


@dataclass(frozen=True)
class _Recent:
    times: list[datetime]
    received_at: datetime

    def silence(self, intervals: float, now: datetime) -> Silence | None:
        """The one that lasts now, if one does."""
        time_s = np.array([at.timestamp() for at in self.times])
        found = silences(time_s, intervals=intervals, now_s=now.timestamp())
        return found[-1] if found and found[-1].until_s is None else None


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
    by_station: dict[int, dict[tuple[str, str], _Recent]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, [now, now, [kind.value for kind in WATCHED_KINDS], now - _HEARD_WITHIN])
        rows: dict[tuple[int, str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
        for station_id, parameter, kind, at, received_at in cursor.fetchall():
            rows[station_id, parameter, kind].append((at, received_at))
    for (station_id, parameter, kind), pairs in rows.items():
        if len(pairs) > 1:  # of one reading nobody knows when the next is due
            by_station[station_id][parameter, kind] = _Recent([at for at, _ in pairs], pairs[-1][1])
    return {
        (station_id, suspicion.rule, suspicion.parameter): suspicion
        for station_id, series in by_station.items()
        for suspicion in _of_station(series, control, now)
    }


def _of_station(
    series: dict[tuple[str, str], _Recent], control: QualityControl, now: datetime
) -> list[Suspicion]:
    intervals = control.rules.silent_intervals
    quiet = {key: recent.silence(intervals, now) for key, recent in series.items()}
    newest_key, newest = max(series.items(), key=lambda item: item[1].times[-1])
    if all(quiet.values()):
        # The series that speaks most often says best since when.
        silence = min((each for each in quiet.values() if each), key=lambda each: each.usual_interval_s)
        since, usual = newest.times[-1], timedelta(seconds=silence.usual_interval_s)
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
