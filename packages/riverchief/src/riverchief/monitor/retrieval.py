"""The one way to read readings, wherever they lie: in the database, in the file of a closed month, or late beside it.

Nothing else asks the table of readings, so that no page and no judgement can forget what has been archived.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import reduce
from operator import itemgetter, or_
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet

from riverchief.base import clock
from riverchief.base.tuples import tuples
from riverchief.monitor.archive import parquet
from riverchief.monitor.archive.models import ArchivedMonth
from riverchief.monitor.models import Reading
from riverchief.monitor.readings import MEASURED_FLAG, ReadingRow, merged

Row = tuple[Any, ...]


def retrieve(
    columns: Sequence[str],
    *,
    stations: Iterable[int],
    start: datetime,
    end: datetime,
    parameters: Iterable[str] | None = None,
    kinds: Iterable[str] | None = None,
    measured: bool = False,
    last: int | None = None,
) -> list[Row]:
    """The readings of stations whose period begins from `start` to `end`, both included, in order of time.

    Args:
        columns: names of `ReadingRow`; a row of the answer has their values in this order.
        stations: primary keys.
        parameters: only these; all without.
        kinds: only these; all without.
        measured: only measurements: with flag N and a value.
        last: only so many, the last ones.

    Raises:
        ArchiveUnreadable: a closed month belongs to the time, and its file cannot be read.
    """
    wanted = _Wanted(stations, start, end, parameters, kinds)
    return _steadily(wanted, lambda months: _retrieve(columns, wanted, months, measured, last))


def periods(station: int, kind: str, start: datetime, end: datetime) -> list[datetime]:
    """From `start` to `end`, both included: the periods of which a station sent a reading of a kind, in order of time."""
    wanted = _Wanted([station], start, end, None, [kind])

    def present(months: Sequence[ArchivedMonth]) -> list[datetime]:
        found = set(wanted.in_database().values_list("period_start", flat=True).distinct())
        if months:
            found.update(at for (at,) in wanted.in_files(months, ["period_start"], distinct=True))
        return sorted(found)

    return _steadily(wanted, present)


class _Wanted:
    """Which readings are asked for, by what never changes of a reading: its key."""

    def __init__(
        self,
        stations: Iterable[int],
        start: datetime,
        end: datetime,
        parameters: Iterable[str] | None,
        kinds: Iterable[str] | None,
    ) -> None:
        self.stations = list(stations)
        self.start, self.end = start, end
        self.parameters = None if parameters is None else list(parameters)
        self.kinds = None if kinds is None else list(map(str, kinds))

    @property
    def nothing(self) -> bool:
        """Whether there cannot be any."""
        return not self.stations or self.parameters == [] or self.kinds == [] or self.start > self.end

    def in_database(self) -> "QuerySet[Reading]":
        """What lies in the database."""
        rows = Reading.objects.filter(
            station_id__in=self.stations, period_start__gte=self.start, period_start__lte=self.end
        )
        if self.parameters is not None:
            rows = rows.filter(parameter__in=self.parameters)
        return rows if self.kinds is None else rows.filter(kind__in=self.kinds)

    def in_files(self, months: Iterable[ArchivedMonth], columns: Sequence[str], **options: Any) -> list[Row]:
        """What lies in the files of months."""
        return parquet.select(
            [file_of(month) for month in months],
            columns,
            stations=self.stations,
            start=self.start,
            end=self.end,
            parameters=self.parameters,
            kinds=self.kinds,
            **options,
        )


def file_of(month: ArchivedMonth) -> Path:
    """Where the readings of a closed month lie."""
    return Path(settings.RIVERCHIEF_ARCHIVE_DIR) / month.file


def within(month: ArchivedMonth) -> Q:
    """That a reading is of a month."""
    start, end = month.span
    return Q(period_start__gte=start, period_start__lt=end)


def archived_months(start: datetime, end: datetime) -> list[ArchivedMonth]:
    """The closed months in which some of a time lies, in order."""
    first, last = (clock.day_of(moment) for moment in (start, end))
    return list(ArchivedMonth.objects.filter(month__gte=first.replace(day=1), month__lte=last))


def late_from(month: ArchivedMonth, station_id: int, start: datetime) -> datetime | None:
    """From `start` on: the first reading of a station that came after its month was closed; None without one."""
    late = Reading.objects.filter(within(month), station_id=station_id, period_start__gte=start)
    return late.order_by("period_start").values_list("period_start", flat=True).first()


def hold_still() -> None:
    """Let no month be closed or merged until the end of the transaction: for who counts on one state of both places.

    Emptying a partition is seen by transactions that began before, as if its readings had never been.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE monitor_reading IN ACCESS SHARE MODE")


def _steadily(wanted: _Wanted, read: Callable[[Sequence[ArchivedMonth]], list[Any]]) -> list[Any]:
    """What `read` finds while no month is closed or merged: between two looks a reading could pass the reader by."""
    if wanted.nothing:
        return []
    months = archived_months(wanted.start, wanted.end)
    while True:
        found = read(months)
        before, months = months, archived_months(wanted.start, wanted.end)
        if [row.file for row in before] == [row.file for row in months]:
            return found


def _retrieve(
    columns: Sequence[str],
    wanted: _Wanted,
    months: Sequence[ArchivedMonth],
    measured: bool,
    last: int | None,
) -> list[Row]:
    if not months:
        return _in_database(columns, wanted.in_database(), measured, last)
    closed = reduce(or_, (within(month) for month in months))
    timed = columns if "period_start" in columns else ["period_start", *columns]
    late = [ReadingRow(*row) for row in _in_database(ReadingRow._fields, wanted.in_database().filter(closed))]
    if late:
        archived = wanted.in_files(months, ReadingRow._fields, last=last)
        rows = _projected(merged([*(ReadingRow(*row) for row in archived), *late]), timed, measured)
    else:
        rows = wanted.in_files(months, timed, measured=measured, last=last)
    rows += _in_database(timed, wanted.in_database().exclude(closed), measured, last)
    rows.sort(key=itemgetter(list(timed).index("period_start")))
    if last is not None:
        rows = rows[-last:]
    return rows if timed is columns else [row[1:] for row in rows]


def _in_database(
    columns: Sequence[str], rows: "QuerySet[Reading]", measured: bool = False, last: int | None = None
) -> list[Row]:
    if measured:
        rows = rows.filter(flag=MEASURED_FLAG, value__isnull=False)
    if last is None:
        return tuples(rows.order_by("period_start").values_list(*columns))
    return tuples(rows.order_by("-period_start").values_list(*columns)[:last])[::-1]


def _projected(rows: Iterable[ReadingRow], columns: Sequence[str], measured: bool) -> list[Row]:
    """Columns of whole readings; whether one is a measurement is known only of what stands of it."""
    places = [ReadingRow._fields.index(name) for name in columns]
    return [
        tuple(row[place] for place in places)
        for row in rows
        if not measured or (row.flag == MEASURED_FLAG and row.value is not None)
    ]
