"""Overflow records that devices open and end: after readings were examined, what they tell is brought into the records.

A record that a person has written, ended or withdrawn stands, whatever the device says. Looking again changes nothing.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Q

from riverchief.base.actions import SYSTEM
from riverchief.base.rules import get_rule
from riverchief.monitor.models import Latest
from riverchief.monitor.overflows.following import FollowDevice
from riverchief.monitor.overflows.models import OverflowRecord
from riverchief.monitor.overflows.signals import FLOW, STATE_SUFFIX, Run, SignalRules, Timed, runs
from riverchief.monitor.series import measured_values, moment
from riverchief.registry.models import Outfall, Station

KnownBy = OverflowRecord.KnownBy


def follow_devices(since: dict[int, datetime], now: datetime) -> None:
    """Bring the records up to date with what stations at overflows have sent from a time on; in the caller's transaction."""
    rules = SignalRules.of(get_rule("monitor.overflow_signals"))
    told = Q(outfall__kind__in=rules.by_outfall_kind) | Q(outfall__isnull=False, code__in=rules.signals)
    for station in Station.objects.select_related("outfall").filter(told, pk__in=since, active=True):
        assert station.outfall is not None  # filtered
        # Two jobs that look at one outfall take turns.
        outfall = (
            Outfall.objects.select_for_update(of=("self",)).select_related("area").get(pk=station.outfall.pk)
        )
        for source, parameters in _signals_of(station, outfall, rules).items():
            _follow(
                outfall, station, source, parameters, max(since[station.pk], now - rules.window), now, rules
            )


def _signals_of(station: Station, outfall: Outfall, rules: SignalRules) -> dict[str, list[str]]:
    """What tells of an overflow at a station, by its source: what the office has named, else by the kind of the outfall."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    named = rules.signals.get(station.code)
    if named is not None:
        for parameter, source in named.items():
            found[source].append(parameter)
        return found
    known = Latest.objects.filter(station=station).filter(
        Q(parameter=FLOW) | Q(parameter__endswith=STATE_SUFFIX)
    )
    found[rules.by_outfall_kind[outfall.kind]] = sorted(set(known.values_list("parameter", flat=True)))
    return found


def _follow(
    outfall: Outfall,
    station: Station,
    source: str,
    parameters: list[str],
    since: datetime,
    now: datetime,
    rules: SignalRules,
) -> None:
    start = since - timedelta(days=1)
    records = list(
        OverflowRecord.objects.filter(outfall=outfall, source=source)
        .filter(Q(stopped_at__isnull=True) | Q(stopped_at__gte=start))
        .order_by("started_at")
    )
    # A run is seen from its beginning, however long it lasts.
    start = min([start, *(row.started_at for row in records if row.known_by == KnownBy.DEVICE)])
    values = measured_values(station.pk, parameters, start, now)
    signals: dict[str, Timed] = {}
    for parameter in values.values:
        column = values.values[parameter]
        signals[parameter] = [
            (at_s, value)
            for at_s, value in zip(values.time_s.tolist(), column.tolist(), strict=True)
            if value == value
        ]
    for run in runs(signals, rules):
        same = [row for row in records if _overlap(row, run)]
        if len(same) > 1 or any(row.known_by != KnownBy.DEVICE or row.withdrawn_at for row in same):
            continue
        follow = FollowDevice(
            actor=SYSTEM,
            outfall=outfall,
            station_id=station.pk,
            source=source,
            row=same[0] if same else None,
            started_at=moment(run.start_s),
            stopped_at=None if run.stop_s is None else moment(run.stop_s),
            volume_m3=run.volume_m3,
        )
        if follow.says_something_new:
            follow.run()


def _overlap(row: OverflowRecord, run: Run) -> bool:
    stops = float("inf") if run.stop_s is None else run.stop_s
    # One that was withdrawn while it ran speaks of what ran until then.
    ended = row.stopped_at or row.withdrawn_at
    return row.started_at.timestamp() <= stops and (ended is None or ended.timestamp() >= run.start_s)
