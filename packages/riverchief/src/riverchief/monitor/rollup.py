"""Daily values and counts: computed again from the readings of a day whenever it got new ones, so that a correction counts."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from riverchief.base import clock
from riverchief.monitor.archive.models import ArchivedMonth
from riverchief.monitor.retrieval import archived_months, hold_still, late_from, retrieve

# Daily values are of measurements, daily counts of whatever a device sent: one look at the readings serves both.
_REFRESH = """
WITH r AS MATERIALIZED (
    SELECT station_id, parameter, kind, (period_start AT TIME ZONE 'Asia/Shanghai')::date AS day, period_start, flag, value,
           packet_id
    FROM {}
), stepped AS (
    SELECT r.*, extract(epoch FROM period_start - lag(period_start) OVER w) AS step_s,
           first_value(period_start) OVER w AS first_at
    FROM r
    WHERE kind <> 'instant' OR packet_id IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM monitor_labresult AS l
        WHERE (l.station_id, l.parameter, l.sampled_at) = (r.station_id, r.parameter, r.period_start))
    WINDOW w AS (PARTITION BY station_id, parameter, kind, day ORDER BY period_start)
), counted AS (
    INSERT INTO monitor_dailycount AS d (station_id, parameter, kind, day, sent, stopped, valid, step_s, hours)
    SELECT station_id, parameter, kind, day, count(*), count(*) FILTER (WHERE flag = 'F'),
           count(*) FILTER (WHERE flag = 'N' AND value IS NOT NULL),
           coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY step_s), 0),
           -- Whole hours after the first reading: instants a few seconds to either side of an hour are one in each.
           bit_or(1 << (extract(hour FROM first_at AT TIME ZONE 'Asia/Shanghai')::int
               + round(extract(epoch FROM period_start - first_at) / 3600)::int))
    FROM stepped GROUP BY 1, 2, 3, 4
    ON CONFLICT (station_id, parameter, kind, day) DO UPDATE SET
        sent = excluded.sent, stopped = excluded.stopped, valid = excluded.valid, step_s = excluded.step_s,
        hours = excluded.hours
    WHERE (d.sent, d.stopped, d.valid, d.step_s, d.hours)
        IS DISTINCT FROM (excluded.sent, excluded.stopped, excluded.valid, excluded.step_s, excluded.hours)
)
INSERT INTO monitor_dailyvalue AS d (station_id, parameter, kind, day, n, mean, minimum, maximum)
SELECT station_id, parameter, kind, day, count(*), avg(value), min(value), max(value)
FROM r WHERE flag = 'N' AND value IS NOT NULL
GROUP BY 1, 2, 3, 4
ON CONFLICT (station_id, parameter, kind, day) DO UPDATE SET
    n = excluded.n, mean = excluded.mean, minimum = excluded.minimum, maximum = excluded.maximum
WHERE (d.n, d.mean, d.minimum, d.maximum)
    IS DISTINCT FROM (excluded.n, excluded.mean, excluded.minimum, excluded.maximum)
"""
_REFRESH_OPEN = _REFRESH.format(
    "monitor_reading WHERE station_id = %s AND period_start >= %s AND period_start <= %s"
)
_COLUMNS = ("station_id", "parameter", "kind", "period_start", "flag", "value", "packet_id")
_REFRESH_CLOSED = _REFRESH.format(
    "unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::float8[], %s::bigint[]) "
    f"AS r ({', '.join(_COLUMNS)})"
)


def refresh_days(since: Iterable[tuple[int, datetime]], until: datetime) -> None:
    """Roll up, per station, every day from the one of `since` to that of `until`; of closed months those with late data.

    In the caller's transaction.
    """
    hold_still()
    starts = sorted((station_id, clock.start_of(clock.day_of(start))) for station_id, start in since)
    if not starts:
        return
    closed = archived_months(min(start for _, start in starts), until)
    with connection.cursor() as cursor:
        for station_id, start in starts:
            for low, high in _open_spans(start, until, closed):
                cursor.execute(_REFRESH_OPEN, [station_id, low, high])
            for month in closed:
                if columns := _closed_columns(station_id, start, month):
                    cursor.execute(_REFRESH_CLOSED, columns)


class MonthlyMean(NamedTuple):
    """The measured values of one kind over a month of Asia/Shanghai: count, mean, extremes."""

    station_id: int
    parameter: str
    kind: str
    month: date
    n: int
    mean: float
    minimum: float
    maximum: float


_MONTHLY = """
SELECT station_id, parameter, kind, date_trunc('month', day::timestamp)::date, sum(n), sum(n * mean) / sum(n),
       min(minimum), max(maximum)
FROM monitor_dailyvalue
WHERE station_id = ANY(%s) AND day >= %s AND day <= %s
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def monthly_means(stations: Iterable[int], first: date, last: date) -> list[MonthlyMean]:
    """The means of stations (primary keys) in each month from the days `first` to `last`, both included.

    The mean of all measured values, from daily values, every day weighed by how many it has.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MONTHLY, [list(stations), first, last])
        return [MonthlyMean(*row) for row in cursor.fetchall()]


def _open_spans(
    start: datetime, until: datetime, closed: Iterable[ArchivedMonth]
) -> Iterator[tuple[datetime, datetime]]:
    """What of a time, both ends included, is in no closed month."""
    for month in closed:
        low, high = month.span
        if start < low:
            yield start, low - datetime.resolution
        start = max(start, high)
    if start <= until:
        yield start, until


def _closed_columns(station_id: int, start: datetime, month: ArchivedMonth) -> list[list[object]]:
    """The readings of the days of a closed month from the first that has late data on, column by column."""
    late = late_from(month, station_id, start)
    if late is None:
        return []
    rows = retrieve(
        _COLUMNS,
        stations=[station_id],
        start=clock.start_of(clock.day_of(late)),
        end=month.span[1] - datetime.resolution,
    )
    return [list(column) for column in zip(*rows, strict=True)]
