"""How often the series of stations usually come: the one answer that both the fleet's page and the doubts go by.

From the last receipts of each, however rarely a station speaks. What was asked for again and came later than the newest is no
news of how the station is. The rates ask another question, how often something came in a month that is over (`fleet.counts`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db import connection
from riverkit.detection import Silence, silences

from riverchief.monitor.series import WATCHED_KINDS

# States of equipment come when they change: they have no rhythm.
_RECENT = """
SELECT l.station_id, l.parameter, l.kind, r.period_start, r.received_at
FROM monitor_latest l
JOIN registry_station s ON s.id = l.station_id AND s.active AND s.kind <> 'manual'
CROSS JOIN LATERAL (
    SELECT period_start, received_at FROM monitor_reading
    WHERE station_id = l.station_id AND parameter = l.parameter AND kind = l.kind
        AND period_start > l.period_start - interval '14 days' AND period_start <= l.period_start
    ORDER BY period_start DESC LIMIT 11
) r
WHERE l.kind = ANY(%s) AND l.period_start > %s AND l.parameter NOT LIKE '%%-RS' AND (%s OR l.station_id = ANY(%s))
ORDER BY l.station_id, l.parameter, l.kind, r.period_start
"""
_HEARD_WITHIN = timedelta(days=60)
"""What has said nothing for so long has been given up: it is offline on the map, and no news."""


@dataclass(frozen=True)
class Recent:
    """The last receipts of a series: at least two times of readings, in order, and when the last was received."""

    times: list[datetime]
    received_at: datetime

    @property
    def usual_interval_s(self) -> float:
        """The usual interval: the median of the last ten."""
        steps = np.diff(np.array([at.timestamp() for at in self.times]))
        return float(np.median(steps))

    def silence(self, intervals: float, now: datetime) -> Silence | None:
        """The silence that lasts now, if one does."""
        time_s = np.array([at.timestamp() for at in self.times])
        found = silences(time_s, intervals=intervals, now_s=now.timestamp())
        return found[-1] if found and found[-1].until_s is None else None


Series = Mapping[tuple[str, str], Recent]
"""Of a station: by parameter and kind."""


def recent_series(now: datetime, stations: Iterable[int] | None = None) -> dict[int, Series]:
    """The series of stations (primary keys; all without) of which more than one reading is known."""
    chosen = None if stations is None else list(stations)
    rows: dict[tuple[int, str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    with connection.cursor() as cursor:
        kinds = [kind.value for kind in WATCHED_KINDS]
        cursor.execute(_RECENT, [kinds, now - _HEARD_WITHIN, chosen is None, chosen or []])
        for station_id, parameter, kind, at, received_at in cursor.fetchall():
            rows[station_id, parameter, kind].append((at, received_at))
    found: defaultdict[int, dict[tuple[str, str], Recent]] = defaultdict(dict)
    for (station_id, parameter, kind), pairs in rows.items():
        if len(pairs) > 1:  # of one reading nobody knows when the next is due
            found[station_id][parameter, kind] = Recent([at for at, _ in pairs], pairs[-1][1])
    return dict(found)


def usual_interval_s(series: Series) -> float | None:
    """How often a station says something: the usual interval of the series that speaks most often; None where nothing tells."""
    known = [recent.usual_interval_s for recent in series.values()]
    return min((step_s for step_s in known if step_s > 0), default=None)
