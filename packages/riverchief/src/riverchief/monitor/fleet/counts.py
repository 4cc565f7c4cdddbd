"""What the days of stations brought, and how often each of their parameters usually comes."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from riverchief.base import clock
from riverchief.base.tuples import tuples
from riverchief.monitor.fleet.models import DailyCount
from riverchief.monitor.series import WATCHED_KINDS
from riverchief.registry.models import Station

_DAY_S = timedelta(days=1).total_seconds()


class DayCount(NamedTuple):
    """A day of one parameter, as in `DailyCount`."""

    day: date
    sent: int
    stopped: int
    valid: int
    step_s: float


def counts_of(stations: Iterable[int], first: date, last: date) -> dict[int, list[list[DayCount]]]:
    """By station (primary key): of each parameter the days from `first` to `last` that brought something, in order, in the
    kind of reading of which most were sent."""
    rows = (
        DailyCount.objects.filter(
            station_id__in=list(stations), day__gte=first, day__lte=last, kind__in=WATCHED_KINDS
        )
        .exclude(parameter__endswith="-RS")  # states of equipment come when they change: none is missing
        .order_by("day")
        .values_list("station_id", "parameter", "kind", *DayCount._fields)
    )
    found: defaultdict[int, defaultdict[str, defaultdict[str, list[DayCount]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for station_id, parameter, kind, *day in tuples(rows):
        found[station_id][parameter][kind].append(DayCount(*day))
    return {
        station_id: [
            max(kinds.values(), key=lambda days: sum(day.sent for day in days))
            for kinds in parameters.values()
        ]
        for station_id, parameters in found.items()
    }


def begun_at(
    stations: Sequence[Station], counts: Mapping[int, Sequence[Sequence[DayCount]]], first: date
) -> dict[int, datetime]:
    """From when on stations are expected to send (by primary key), those apart that sent before `first`; one query.

    From the adoption on, or from the day after that of the first reading, whichever was sooner: an imported station is
    not adopted, and nothing tells when on its first day it began. `counts`: of the days from `first` on.
    """
    keys = [station.pk for station in stations]
    before = DailyCount.objects.filter(station_id=OuterRef("pk"), day__lt=first)
    older = set(Station.objects.filter(Exists(before), pk__in=keys).values_list("pk", flat=True))
    found = {}
    for station in stations:
        if station.pk in older:
            continue
        days = [days[0].day for days in counts.get(station.pk, ())]
        moments = [datetime.combine(min(days), time(), clock.SHANGHAI) + timedelta(days=1)] if days else []
        if station.adopted_at is not None:
            moments.append(station.adopted_at)
        if moments:
            found[station.pk] = min(moments)
    return found


def usual_step_s(days: Sequence[DayCount]) -> float:
    """The usual interval of a parameter: the lower median of its days', each weighed by how many it had; where no day had two
    readings, that from day to day. 0 where one reading came in all."""
    steps = sorted((day.step_s, day.sent - 1) for day in days if day.sent > 1)
    if not steps:
        steps = sorted(
            ((later.day - sooner.day).days * _DAY_S, 1) for sooner, later in itertools.pairwise(days)
        )
    total, passed = sum(weight for _, weight in steps), 0
    for step_s, weight in steps:
        passed += weight
        if 2 * passed >= total:
            return step_s
    return 0.0
