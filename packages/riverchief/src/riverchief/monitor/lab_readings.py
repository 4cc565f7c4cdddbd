"""The readings that follow from a laboratory's results, and how they are told from what instruments say."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.monitor.backfill import store_history, take_turns
from riverchief.monitor.models import Kind, LabResult
from riverchief.monitor.readings import MEASURED_FLAG, ReadingRow
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.store import UNBROUGHT_GIVES_WAY

Key = tuple[int, str, datetime]
"""Station, parameter, time of sampling."""


def store_results(results: Sequence[LabResult]) -> None:
    """Write results, and of each the reading by which charts and classes know it.

    Where an instrument's reading of that very time stands, or comes meanwhile, it stays as it is: the result is kept as a
    result alone.
    """
    share = share_of_limit()
    take_turns()
    instruments = instrument_readings([key_of(row) for row in results])
    LabResult.objects.bulk_create(results, batch_size=2_000)
    own = (reading_of(row, share) for row in results if key_of(row) not in instruments)
    store_history(own, gives_way=UNBROUGHT_GIVES_WAY)


def key_of(row: LabResult) -> Key:
    """What a result and the reading beside it have in common."""
    return (row.station_id, row.parameter, row.sampled_at)


def instrument_readings(keys: Collection[Key]) -> dict[Key, float | None]:
    """What readings say that stand at these times and follow from no laboratory's result, whatever their flag."""
    wanted, days = set(keys), defaultdict[date, list[Key]](list)
    for key in wanted:
        days[key[2].date()].append(key)
    there: dict[Key, tuple[float | None, int | None]] = {}
    for of_day in days.values():
        stations, parameters, times = map(set, zip(*of_day, strict=True))
        rows = retrieve(
            ("station_id", "parameter", "period_start", "value", "packet_id"),
            stations=stations,
            start=min(times),
            end=max(times),
            parameters=parameters,
            kinds=[Kind.INSTANT],
        )
        there |= {(station, name, at): (value, packet) for station, name, at, value, packet in rows}
    found = LabResult.objects.filter(
        station__in={key[0] for key in wanted}, sampled_at__in={key[2] for key in wanted}
    )
    results = {key_of(row): row for row in found.order_by("version")}  # the last one holds
    return {
        key: value
        for key, (value, packet) in there.items()
        if key in wanted and (packet is not None or not _follows(value, results.get(key)))
    }


def _follows(value: float | None, result: LabResult | None) -> bool:
    if value is None or result is None:
        return False
    return value <= result.value if result.below_limit else value == result.value


def share_of_limit() -> float:
    """What counts for a value below a detection limit, as a share of that (rule `monitor.non_detects`)."""
    return float(get_rule("monitor.non_detects")["share_of_limit"])


def reading_of(row: LabResult, share: float) -> ReadingRow:
    """The reading (instant) of a result; below a limit it is that share of the limit."""
    return ReadingRow(
        station_id=row.station_id,
        parameter=row.parameter,
        kind=Kind.INSTANT,
        period_start=row.sampled_at,
        sampled_at=row.sampled_at,
        value=row.value * share if row.below_limit else row.value,
        unit=row.unit,
        flag=MEASURED_FLAG,
        received_at=clock.now(),
    )


# A reading says not where it came from, but whether a packet brought it, and a station's own series holds both: what no
# packet brought, of a time of which there is a result, is the laboratory's. What the instrument sends of that very instant
# later is the instrument's.


def of_laboratory() -> Q:
    """The condition that a reading follows from a laboratory's result."""
    same = LabResult.objects.filter(
        station=OuterRef("station"), parameter=OuterRef("parameter"), sampled_at=OuterRef("period_start")
    )
    return Q(Exists(same), kind=Kind.INSTANT, packet_id__isnull=True)


def laboratory_times(station_id: int, since: datetime, until: datetime) -> set[tuple[str, datetime]]:
    """The parameters and times of which a laboratory has a result of a station, from one time to another."""
    rows = LabResult.objects.filter(station=station_id, sampled_at__gte=since, sampled_at__lte=until)
    return set(rows.order_by().values_list("parameter", "sampled_at"))
