"""The readings that a doubt is about, and what is computed again when a review has changed what counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from riverchief.base import clock, outbox
from riverchief.monitor.models import DailyValue, Latest, Reading
from riverchief.monitor.readings import MEASURED_FLAG, REFUSED_FLAG, REVIEWED
from riverchief.monitor.review.models import Doubt
from riverchief.monitor.rollup import refresh_days
from riverchief.monitor.sources.push import announce_stored
from riverchief.registry.models import Station

_MARK = """
INSERT INTO monitor_unchecked AS u (station_id, since, marks)
SELECT station_id, since, 1 FROM unnest(%s::bigint[], %s::timestamptz[]) AS t (station_id, since)
ON CONFLICT (station_id) DO UPDATE SET since = least(u.since, excluded.since), marks = u.marks + 1
"""


def mark_unchecked(since: Mapping[int, datetime]) -> None:
    """Have the rules look at what stations have, each from a time on; in the order of keys, so that two wait in turn."""
    station_ids = sorted(since)
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [station_ids, [since[station_id] for station_id in station_ids]])


def readings_of(doubt: Doubt) -> "QuerySet[Reading]":
    """The readings of the run, whatever their flag."""
    assert doubt.last_at is not None  # of doubts about values
    return Reading.objects.filter(
        station_id=doubt.station_id,
        parameter=doubt.parameter,
        kind=doubt.kind,
        period_start__gte=doubt.first_at,
        period_start__lte=doubt.last_at,
    )


def flagged_later(station: Station) -> "QuerySet[Reading]":
    """Values that a station first sent as measurements and has flagged otherwise since, of months that are open."""
    rows = Reading.objects.filter(station=station, raw_flag=MEASURED_FLAG, value__isnull=False)
    return rows.exclude(flag__in=[MEASURED_FLAG, REFUSED_FLAG]).order_by("period_start")


def hold_reviews(station_id: int, times: Sequence[datetime]) -> None:
    """Let reviews that found readings to be no measurement hold for such as were written anew."""
    doubts = Doubt.objects.filter(
        station_id=station_id,
        state=Doubt.State.INVALIDATED,
        first_at__lte=max(times),
        last_at__gte=min(times),
    )
    for doubt in doubts:
        anew = readings_of(doubt).filter(
            period_start__in=times, flag=MEASURED_FLAG, value__isnull=False, packet_id__isnull=False
        )
        anew.update(flag=REFUSED_FLAG, reason=REVIEWED)


def readings_changed(doubt: Doubt) -> None:
    """Compute again what rests on the readings of a run: last values, days; and let the rules look at what is left.

    Events that were found with them stay: whoever looks after the alarm decides about those.
    """
    assert doubt.last_at is not None
    station_id = doubt.station_id
    flags = dict(readings_of(doubt).values_list("period_start", "flag"))
    latest = Latest.objects.filter(station_id=station_id, parameter=doubt.parameter, kind=doubt.kind)
    for row in latest.filter(period_start__in=flags):
        row.flag = flags[row.period_start]
        row.save(update_fields=["flag"])
    first_day, last_day = (clock.day_of(at) for at in (doubt.first_at, doubt.last_at))
    # A day that has no measured value left has no row, and the roll-up only writes those that have.
    DailyValue.objects.filter(
        station_id=station_id,
        parameter=doubt.parameter,
        kind=doubt.kind,
        day__gte=first_day,
        day__lte=last_day,
    ).delete()
    refresh_days([(station_id, doubt.first_at)], doubt.last_at + timedelta(days=1))
    mark_unchecked({station_id: doubt.first_at})
    outbox.announce("monitor.readings_stored", {"station_ids": [station_id]})
    announce_stored({station_id: doubt.first_at})
