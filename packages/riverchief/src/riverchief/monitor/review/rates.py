"""Transmission rate 传输率 and validity rate 有效率 of stations in a month.

Our own definition, for the text that binds an office was not at hand. Each parameter counts by its own usual interval (the
median of the month), in the kind of reading that it sends most of:

* *expected*: intervals in the month, from the adoption of the station on and until now; never fewer than were sent;
* *sent*: readings of any flag; *stopped*: those with flag F, when there was nothing to measure;
* *valid*: flag N with a value, which a review has not found to be no measurement;
* transmission = sent / expected; validity = valid / (sent - stopped).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection

from riverchief.base.clock import SHANGHAI
from riverchief.monitor.series import WATCHED_KINDS
from riverchief.registry.models import Station

_COUNTS = """
SELECT station_id, parameter, kind, count(*),
       count(*) FILTER (WHERE flag = 'N' AND value IS NOT NULL),
       count(*) FILTER (WHERE flag = 'F'),
       extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY step))::float8
FROM (
    SELECT station_id, parameter, kind, flag, value,
           period_start - lag(period_start) OVER (
               PARTITION BY station_id, parameter, kind ORDER BY period_start) AS step
    FROM monitor_reading
    WHERE station_id = ANY(%s) AND kind = ANY(%s) AND period_start >= %s AND period_start < %s
) AS stepped
GROUP BY station_id, parameter, kind
"""


@dataclass(frozen=True)
class Rates:
    """The counts of a station in a month. `expected` is 0 where nothing came that tells how often something should."""

    station: Station
    expected: int
    sent: int
    stopped: int
    valid: int

    @property
    def transmission(self) -> float | None:
        """The share of what was expected that came."""
        return self.sent / self.expected if self.expected else None

    @property
    def validity(self) -> float | None:
        """The share of what came, stoppages apart, that is a measurement."""
        counted = self.sent - self.stopped
        return self.valid / counted if counted else None


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """The first instant of the month of a day, and that of the next one, by the calendar of the place."""
    first = month.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return (
        datetime.combine(first, time(), SHANGHAI),
        datetime.combine(following, time(), SHANGHAI),
    )


def rates_of(stations: Sequence[Station], month: date, now: datetime) -> list[Rates]:
    """The rates of some stations in the month of a day, in their order."""
    start, end = month_bounds(month)
    until = min(end, now)
    counts: dict[int, dict[str, list[tuple[int, int, int, float | None]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    with connection.cursor() as cursor:
        kinds = [kind.value for kind in WATCHED_KINDS]
        cursor.execute(_COUNTS, [[station.pk for station in stations], kinds, start, until])
        for station_id, parameter, _, sent, valid, stopped, step_s in cursor.fetchall():
            counts[station_id][parameter].append((sent, valid, stopped, step_s))
    found = []
    for station in stations:
        since = max(start, station.adopted_at) if station.adopted_at else start
        seconds = max((until - since).total_seconds(), 0.0)
        rows = [max(by_kind, key=lambda row: row[0]) for by_kind in counts[station.pk].values()]
        found.append(
            Rates(
                station,
                expected=sum(max(round(seconds / step), sent) for sent, _, _, step in rows if step),
                sent=sum(sent for sent, _, _, step in rows if step),
                stopped=sum(stopped for _, _, stopped, step in rows if step),
                valid=sum(valid for _, valid, _, step in rows if step),
            )
        )
    return found
