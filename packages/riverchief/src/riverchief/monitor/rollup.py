"""Daily values: computed again from the readings of a day whenever the day got new ones, so that a correction counts."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

_REFRESH = """
INSERT INTO monitor_dailyvalue AS d (station_id, parameter, kind, day, n, mean, minimum, maximum)
SELECT station_id, parameter, kind, (period_start AT TIME ZONE 'Asia/Shanghai')::date AS day,
       count(*), avg(value), min(value), max(value)
FROM monitor_reading
WHERE station_id = %s AND period_start >= date_trunc('day', %s::timestamptz, 'Asia/Shanghai')
    AND period_start <= %s AND flag = 'N' AND value IS NOT NULL
GROUP BY 1, 2, 3, 4
ON CONFLICT (station_id, parameter, kind, day) DO UPDATE SET
    n = excluded.n, mean = excluded.mean, minimum = excluded.minimum, maximum = excluded.maximum
WHERE (d.n, d.mean, d.minimum, d.maximum)
    IS DISTINCT FROM (excluded.n, excluded.mean, excluded.minimum, excluded.maximum)
"""


def refresh_days(since: Iterable[tuple[int, datetime]], until: datetime) -> None:
    """Roll up, per station, every day from the one of `since` to that of `until`."""
    with connection.cursor() as cursor:
        for station_id, start in sorted(since):
            cursor.execute(_REFRESH, [station_id, start, until])
