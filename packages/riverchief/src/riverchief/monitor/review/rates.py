"""Transmission rate 传输率 and validity rate 有效率 of stations in a month.

Our own definition, for the text that binds an office was not at hand. Each parameter counts by its own usual interval (the
median of the month), in the kind of reading that it sends most of:

* *expected*: intervals in the month, from the adoption of the station on and until now; never fewer than were sent;
* *sent*: readings of any flag; *stopped*: those with flag F, when there was nothing to measure;
* *valid*: flag N with a value, which a review has not found to be no measurement;
* transmission = sent / expected; validity = valid / (sent - stopped).
"""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from riverchief.monitor.archive.models import span_of
from riverchief.monitor.readings import MEASURED_FLAG
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.series import WATCHED_KINDS
from riverchief.registry.models import Station

STOPPED_FLAG = "F"


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


def rates_of(stations: Sequence[Station], month: date, now: datetime) -> list[Rates]:
    """The rates of some stations in the month of a day, in their order."""
    start, end = span_of(month)
    until = min(end, now)
    found = []
    for station in stations:
        since = max(start, station.adopted_at) if station.adopted_at else start
        seconds = max((until - since).total_seconds(), 0.0)
        rows = _counts(station.pk, start, until)
        found.append(
            Rates(
                station,
                expected=sum(max(round(seconds / row.step_s), row.sent) for row in rows if row.step_s),
                sent=sum(row.sent for row in rows if row.step_s),
                stopped=sum(row.stopped for row in rows if row.step_s),
                valid=sum(row.valid for row in rows if row.step_s),
            )
        )
    return found


@dataclass(frozen=True)
class _Counts:
    """Of a parameter in the kind of reading of which most were sent; `step_s` is the usual interval, 0 for a single one."""

    sent: int
    valid: int
    stopped: int
    step_s: float


def _counts(station_id: int, start: datetime, until: datetime) -> list[_Counts]:
    series: defaultdict[tuple[str, str], list[tuple[datetime, str, bool]]] = defaultdict(list)
    last = until - timedelta(microseconds=1)
    columns = ("parameter", "kind", "period_start", "flag", "value")
    rows = retrieve(columns, stations=[station_id], start=start, end=last, kinds=WATCHED_KINDS)
    for parameter, kind, at, flag, value in rows:
        series[parameter, kind].append((at, flag, value is not None))
    most: dict[str, _Counts] = {}
    for (parameter, _), sent in series.items():
        if parameter in most and most[parameter].sent >= len(sent):
            continue
        steps = [(later[0] - sooner[0]).total_seconds() for sooner, later in itertools.pairwise(sent)]
        most[parameter] = _Counts(
            sent=len(sent),
            valid=sum(flag == MEASURED_FLAG and present for _, flag, present in sent),
            stopped=sum(flag == STOPPED_FLAG for _, flag, _ in sent),
            step_s=statistics.median_low(steps) if steps else 0.0,
        )
    return list(most.values())
