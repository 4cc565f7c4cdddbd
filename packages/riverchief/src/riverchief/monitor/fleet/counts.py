"""What the days of stations brought, and how often each of their parameters usually comes."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from riverchief.base.tuples import tuples
from riverchief.monitor.fleet.models import DailyCount
from riverchief.monitor.series import WATCHED_KINDS

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
