"""Partitions: made when needed, never in the way, dropped when packets have been kept long enough."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from riverchief.base import clock
from riverchief.monitor import partitions
from riverchief.monitor.backfill import store_history
from riverchief.monitor.models import DailyValue, Event, Latest, Reading, Unexamined
from riverchief.monitor.store import PacketRow, months_of, write

from .conftest import NOW
from .test_examination import row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _standing_clock():
    with clock.use_clock(NOW):
        yield


def where(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {table} ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def test_a_row_without_a_partition_is_kept_and_moves_when_its_partition_is_made(stream):
    at = datetime(2031, 3, 15, tzinfo=UTC)
    with connection.cursor() as cursor:
        write(cursor, [], [row(stream.a, at, 1.0), row(stream.a, at + timedelta(days=40), 1.0)])
    assert where("monitor_reading") == ["monitor_reading_default"] * 2
    assert partitions.ensure([("monitor_reading", at)]) == 1
    assert partitions.ensure([("monitor_reading", at)]) == 0
    assert where("monitor_reading") == ["monitor_reading_203103", "monitor_reading_default"]
    assert Reading.objects.count() == 2


def test_months_begin_at_midnight_in_shanghai(stream):
    edge = datetime(2026, 10, 31, 16, tzinfo=UTC)
    partitions.ensure([("monitor_reading", edge), ("monitor_reading", edge - timedelta(seconds=1))])
    with connection.cursor() as cursor:
        write(cursor, [], [row(stream.a, edge, 1.0), row(stream.a, edge - timedelta(seconds=1), 1.0)])
    assert where("monitor_reading") == ["monitor_reading_202610", "monitor_reading_202611"]


def test_broken_clocks_make_no_partitions(stream):
    rows = [
        row(stream.a, at, 1.0) for at in (NOW, datetime(1999, 5, 1, tzinfo=UTC), NOW + timedelta(days=400))
    ]
    assert months_of(rows, NOW) == {datetime(2026, 10, 31, 16, tzinfo=UTC)}


def test_packets_older_than_the_rule_go_with_their_day(stream):
    days = [NOW - timedelta(days=age) for age in (91, 90, 1)]
    partitions.ensure([("monitor_packet", day) for day in days])
    with connection.cursor() as cursor:
        packets = [PacketRow(number, day, "MN", "", b"x", "rejected") for number, day in enumerate(days)]
        write(cursor, packets, [])
    assert partitions.drop_old_packets() == ["monitor_packet_20260821"]
    assert where("monitor_packet") == ["monitor_packet_20260822", "monitor_packet_20261119"]


def test_history_is_stored_with_its_days_and_latest_values_and_is_not_examined(stream):
    rows = [row(stream.a, NOW - timedelta(hours=hours), 9.0) for hours in range(30)]
    assert store_history(iter(rows)) == store_history(iter(rows)) == set()
    assert Reading.objects.count() == 30
    assert Latest.objects.get().period_start == NOW
    assert sum(DailyValue.objects.values_list("n", flat=True)) == 30
    assert not Unexamined.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"flag": "X"}, "reading_refused_for_a_reason"),
        ({"reason": "future"}, "reading_refused_for_a_reason"),
        ({"flag": "Q"}, "reading_flag_known"),
        ({"kind": "week"}, "reading_kind_known"),
        ({"value": float("nan")}, "reading_is_finite"),
        ({"raw_value": float("inf")}, "reading_is_finite"),
        ({"load": float("-inf")}, "reading_is_finite"),
    ],
)
def test_the_database_itself_refuses_a_reading_that_makes_no_sense(stream, change, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        write(cursor, [], [row(stream.a, NOW, 1.0)._replace(**change)])


def test_the_database_itself_refuses_a_reading_of_no_station(stream):
    with pytest.raises(IntegrityError, match="station"), transaction.atomic(), connection.cursor() as cursor:
        write(cursor, [], [row(stream.a, NOW, 1.0)._replace(station_id=0)])
