"""Transmission rate 传输率 and validity rate 有效率 of stations in a month.

Our own definition, for the text that binds an office was not at hand. Each parameter counts by its own usual interval (the
lower median of those of its days), in the kind of reading that it sends most of:

* *expected*: intervals in the month, from when the parameter had begun (`fleet.counts.begun_at`) and until now, beside those
  heard before;
* *sent*: those of them that were heard (`fleet.counts.heard_of`): more readings than usual make up for no silence;
* *came*: readings of any flag; *stopped*: those with flag F, when there was nothing to measure;
* *valid*: flag N with a value, which a review has not found to be no measurement;
* *announced* and *afterwards*: intervals without a reading of times for which a stoppage was announced, or entered afterwards
  (`monitor.announced`). They are expected all the same, so that nobody's word raises a rate;
* transmission = sent / expected; validity = valid / (came - stopped).

What a laboratory found in a bottle counts for nothing here: no device sent it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from riverchief.base import clock
from riverchief.monitor.announced import entered_within
from riverchief.monitor.archive.models import span_of
from riverchief.monitor.fleet.counts import Counts, begun_at, counts_of, heard_of, usual_step_s
from riverchief.monitor.fleet.models import Stoppage
from riverchief.registry.models import Station


@dataclass(frozen=True)
class Rates:
    """The counts of a station in a month. `expected` is 0 where nothing came that tells how often something should."""

    station: Station
    expected: int
    sent: int
    came: int
    stopped: int
    valid: int
    announced: int = 0
    afterwards: int = 0

    @property
    def transmission(self) -> float | None:
        """The share of the intervals that was heard."""
        return self.sent / self.expected if self.expected else None

    @property
    def validity(self) -> float | None:
        """The share of what came, stoppages apart, that is a measurement."""
        counted = self.came - self.stopped
        return self.valid / counted if counted else None


def rates_of(stations: Sequence[Station], month: date, now: datetime) -> list[Rates]:
    """The rates of some stations in the month of a day, in their order; a few queries however many."""
    first, last = month.replace(day=1), (span_of(month)[1] - datetime.resolution).date()
    counts = counts_of([station.pk for station in stations], first, last)
    since = begun_at(stations, counts, first)
    stoppages = _stoppages(stations, *span_of(month))
    return [
        rates_from(
            station,
            counts.get(station.pk, {}),
            month,
            since.get(station.pk, {}),
            now,
            stoppages.get(station.pk, ()),
        )
        for station in stations
    ]


class _Stop(NamedTuple):
    """A stoppage: from when, from when on announced, until when (None: it lasts)."""

    since: datetime
    announced_from: datetime
    ends_at: datetime | None


def _stoppages(stations: Sequence[Station], start: datetime, end: datetime) -> Mapping[int, Sequence[_Stop]]:
    within = entered_within()
    rows = Stoppage.objects.filter(station__in=stations, since__lt=end).exclude(until__lte=start)
    found: defaultdict[int, list[_Stop]] = defaultdict(list)
    for row in rows.exclude(ended_at__lte=start).select_related("announced_by"):
        stop = _Stop(row.since, row.entry.announced_from(within), row.ends_at)
        found[row.station_id].append(stop)
    return found


def rates_from(
    station: Station,
    parameters: Counts,
    month: date,
    begun: Mapping[str, datetime],
    now: datetime,
    stoppages: Sequence[_Stop] = (),
) -> Rates:
    """The rates of a station in the month of a day, from what the days of that month brought of each parameter.

    `begun`: from when on its parameters are expected, those apart that came before the month.
    """
    start, end = span_of(month)
    until = min(end, now)
    expected = sent = came = stopped = valid = announced = afterwards = 0
    for parameter, days in parameters.items():
        step_s = usual_step_s(days)
        if not step_s:
            continue
        since = max(start, begun.get(parameter, start))
        first = clock.day_of(since)
        before = sum(heard_of(day, step_s, None, until) for day in days if day.day < first)
        heard = sum(heard_of(day, step_s, since, until) for day in days if day.day >= first)
        # Days round up: an interval may be heard a second before it is over.
        due = max(round(max((until - since).total_seconds(), 0.0) / step_s), heard)
        told, later = _stopped_s(stoppages, since, until)
        of_told = min(round(told / step_s), due - heard)
        announced += of_told
        afterwards += min(round(later / step_s), due - heard - of_told)
        expected += before + due
        sent += before + heard
        came += sum(day.sent for day in days)
        stopped += sum(day.stopped for day in days)
        valid += sum(day.valid for day in days)
    return Rates(station, expected, sent, came, stopped, valid, announced, afterwards)


def _stopped_s(stoppages: Sequence[_Stop], since: datetime, until: datetime) -> tuple[float, float]:
    """For how long stoppages were announced, and for how long they were entered afterwards, in seconds of a time."""
    told = later = 0.0
    for row in stoppages:
        end = min(row.ends_at or until, until)
        first = max(row.since, since)
        holds = max(first, row.announced_from)
        told += max((end - holds).total_seconds(), 0.0)
        later += max((min(holds, end) - first).total_seconds(), 0.0)
    return told, later
