"""What the days of stations brought, how often each of their parameters usually comes, and of how much of a day it was heard."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from riverchief.base import clock
from riverchief.base.tuples import tuples
from riverchief.monitor.fleet.models import DailyCount
from riverchief.monitor.series import WATCHED_KINDS
from riverchief.registry.models import Station

_DAY_S = timedelta(days=1).total_seconds()
_HOUR_S = timedelta(hours=1).total_seconds()


class DayCount(NamedTuple):
    """A day of one parameter, as in `DailyCount`."""

    day: date
    sent: int
    stopped: int
    valid: int
    step_s: float
    hours: int


Counts = Mapping[str, Sequence[DayCount]]
"""Of a station: by parameter the days that brought something, in order."""


def counts_of(stations: Iterable[int], first: date, last: date) -> dict[int, dict[str, list[DayCount]]]:
    """By station (primary key) the days from `first` to `last`, of each parameter in the kind of reading of which most were
    sent."""
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
        station_id: {
            parameter: max(kinds.values(), key=lambda days: sum(day.sent for day in days))
            for parameter, kinds in parameters.items()
        }
        for station_id, parameters in found.items()
    }


# A reading that was refused (of 2020, or of no possible value) does not tell that a device had begun.
_TOLD = Q(valid__gt=0) | Q(stopped__gt=0)
_SENT_BEFORE = """
SELECT asked.station_id, asked.parameter FROM unnest(%s::bigint[], %s::text[]) AS asked (station_id, parameter)
WHERE EXISTS (SELECT 1 FROM monitor_dailycount AS d WHERE d.station_id = asked.station_id
    AND d.parameter = asked.parameter AND d.day < %s AND d.valid + d.stopped > 0)
"""


def begun_at(
    stations: Sequence[Station], counts: Mapping[int, Counts], first: date
) -> dict[int, dict[str, datetime]]:
    """From when on the parameters of stations (primary key) are expected, those apart that came before `first`; two queries.

    A station begins with its adoption, or on the day after that of its first reading, whichever was sooner: an imported
    station is not adopted, and nothing tells when on its first day it began. What came later than that begins on the day
    after its own first: an instrument that was added, or the battery that only live reports tell of. `counts`: of the days
    from `first` on.
    """
    keys = [station.pk for station in stations]
    before = DailyCount.objects.filter(_TOLD, station_id=OuterRef("pk"), day__lt=first)
    older = set(Station.objects.filter(Exists(before), pk__in=keys).values_list("pk", flat=True))
    firsts = {
        key: {
            parameter: next((day.day for day in days if day.valid or day.stopped), days[0].day)
            for parameter, days in counts.get(key, {}).items()
        }
        for key in keys
    }
    asked = [(key, parameter) for key in older for parameter, day in firsts[key].items() if day > first]
    sent_before = _sent_before(asked, first)
    found: dict[int, dict[str, datetime]] = {}
    for station in stations:
        own = firsts[station.pk]
        if not own:
            continue
        soonest = min(own.values())
        begun = clock.end_of(soonest)
        if station.adopted_at is not None:
            begun = min(begun, station.adopted_at)
        if station.pk in older:
            found[station.pk] = {
                parameter: clock.end_of(day)
                for parameter, day in own.items()
                if day > first and (station.pk, parameter) not in sent_before
            }
        else:
            found[station.pk] = {
                parameter: begun if day == soonest else clock.end_of(day) for parameter, day in own.items()
            }
    return found


def _sent_before(asked: Sequence[tuple[int, str]], first: date) -> set[tuple[int, str]]:
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_SENT_BEFORE, [*map(list, zip(*asked, strict=True)), first])
        return set(cursor.fetchall())


def usual_step_s(days: Sequence[DayCount]) -> float:
    """The usual interval of a parameter: the lower median of its days', each weighed by the hours in which it was heard; where
    no day had two readings, that from day to day. 0 where one reading came in all."""
    steps = sorted((day.step_s, day.hours.bit_count()) for day in days if day.sent > 1)
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


def heard_of(day: DayCount, step_s: float, begun: datetime | None, now: datetime) -> int:
    """In how many intervals of `step_s` a day was heard: never more than its readings, nor than there were by `now`, and of
    those only such as lie in an hour with a reading, so that many readings of one hour do not make up for a silent one.

    One more where a reading just before midnight is the first of the next day, which lacks it.
    """
    hours = [hour for hour in range(25) if day.hours >> hour & 1]
    if step_s <= _HOUR_S:
        places = round(len(hours) * _HOUR_S / step_s)
    else:
        spans = (range(int(h * _HOUR_S // step_s), math.ceil((h + 1) * _HOUR_S / step_s)) for h in hours)
        places = len(set(itertools.chain.from_iterable(spans)))
    there_were = math.ceil(seconds_of(day.day, begun, now) / step_s) + (day.hours >> 24 & 1)
    return min(day.sent, places, there_were)


def seconds_of(day: date, begun: datetime | None, now: datetime) -> float:
    """How long a day lasted, from when something had begun and until `now`."""
    start = clock.start_of(day)
    end = min(start + timedelta(days=1), now)
    if begun is not None:
        start = max(start, begun)
    return max((end - start).total_seconds(), 0.0)
