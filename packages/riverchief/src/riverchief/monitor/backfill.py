"""Storing readings that did not come over the wire: history of a file, of another system, of the demo."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from django.db import connection, transaction

from riverchief.base import clock
from riverchief.monitor.partitions import ensure
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.rollup import refresh_days
from riverchief.monitor.store import months_of, write

CHUNK = 5000


def store_history(rows: Iterable[ReadingRow]) -> int:
    """Store readings with their daily values and latest ones, and raise no alarm for them; returns how many came.

    History is known to be past: detection starts with what arrives after it.
    """
    source = iter(rows)
    count = 0
    since: dict[int, datetime] = {}
    while chunk := list(islice(source, CHUNK)):
        ensure(("monitor_reading", month) for month in months_of(chunk, clock.now()))
        for row in chunk:
            since[row.station_id] = min(row.period_start, since.get(row.station_id, row.period_start))
        with transaction.atomic(), connection.cursor() as cursor:
            write(cursor, [], chunk, examine=False)
        count += len(chunk)
    with transaction.atomic():
        refresh_days(since.items(), clock.now())
    return count
