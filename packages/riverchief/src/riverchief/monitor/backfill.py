"""Storing readings that did not come over the wire: history of a file, of another system, of the demo."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from django.db import connection, transaction

from riverchief.base import clock
from riverchief.monitor.partitions import ensure
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.rollup import refresh_days
from riverchief.monitor.store import Key, months_of, write, write_unbrought

CHUNK = 5000


_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended('monitor.history', 0))"


def take_turns() -> None:
    """Until the end of the transaction nobody else who asks so writes history: what was looked up of it still holds.

    The gateway does not ask, and never waits here.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TURNS)


def store_history(rows: Iterable[ReadingRow], *, gives_way: str = "") -> set[Key]:
    """Store readings with their daily values and latest ones, and raise no alarm for them.

    History is known to be past: detection starts with what arrives after it.

    Args:
        rows: the readings.
        gives_way: which standing readings they may replace (`store.REFUSED_GIVES_WAY`, …); without it such as were received
            before them.

    Returns:
        The keys that were not written, because something stands that does not give way.
    """
    source = iter(rows)
    beaten: set[Key] = set()
    since: dict[int, datetime] = {}
    while chunk := list(islice(source, CHUNK)):
        ensure(("monitor_reading", month) for month in months_of(chunk, clock.now()))
        for row in chunk:
            since[row.station_id] = min(row.period_start, since.get(row.station_id, row.period_start))
        with transaction.atomic(), connection.cursor() as cursor:
            if gives_way:
                beaten |= {row.key for row in chunk} - write_unbrought(cursor, chunk, gives_way)
            else:
                write(cursor, [], chunk, examine=False)
    with transaction.atomic():
        refresh_days(since.items(), clock.now())
    return beaten
