"""Partitions: made ahead, made when late data need one, and dropped when packets have been kept long enough."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.monitor.store import ENSURE_PARTITION

_DAYS_AHEAD = 3
_MONTHS_AHEAD = 2


def ahead(now: datetime) -> list[tuple[str, datetime]]:
    """The partitions that should be there from now on: table and a moment inside each."""
    return [("monitor_packet", now + timedelta(days=days)) for days in range(_DAYS_AHEAD + 1)] + [
        ("monitor_reading", now + timedelta(days=30 * months)) for months in range(_MONTHS_AHEAD + 1)
    ]


def ensure(partitions: Iterable[tuple[str, datetime]]) -> int:
    """Make the partitions that are missing; returns how many."""
    with connection.cursor() as cursor:
        made = 0
        for table, moment in partitions:
            cursor.execute(ENSURE_PARTITION, [table, moment])
            made += bool(cursor.fetchone()[0])
        return made


def drop_old_packets() -> list[str]:
    """Drop the day partitions of packets older than the rule keeps them; returns their names."""
    kept_days = get_rule("monitor.packets_kept")["days"]
    oldest = (clock.now().astimezone(clock.SHANGHAI) - timedelta(days=kept_days)).strftime("%Y%m%d")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'monitor_packet'::regclass AND c.relname ~ '_[0-9]{8}$'"
        )
        old = sorted(name for (name,) in cursor.fetchall() if name.rpartition("_")[2] < oldest)
        for name in old:
            cursor.execute(f'DROP TABLE "{name}"')
    return old
