"""The readings that follow from a laboratory's results, and how they are told from what instruments say."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.monitor.backfill import store_history
from riverchief.monitor.models import Kind, LabResult
from riverchief.monitor.readings import MEASURED_FLAG, ReadingRow


def store_results(results: Sequence[LabResult]) -> None:
    """Write results, and of each the reading by which charts and classes know it."""
    share = share_of_limit()
    LabResult.objects.bulk_create(results, batch_size=2_000)
    if results:
        store_history(reading_of(row, share) for row in results)


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
