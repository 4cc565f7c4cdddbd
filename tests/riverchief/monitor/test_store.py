"""What stands of a reading when several packets speak of it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from riverchief.monitor.models import Latest, Reading
from riverchief.monitor.readings import ReadingRow, merged
from riverchief.monitor.store import write

from .conftest import NOW
from .test_examination import row
from .test_readings import RECEIVED, read

pytestmark = pytest.mark.django_db


def store(rows: list[ReadingRow]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        write(cursor, [], rows)


def arrive(station, *areas: str, together: bool) -> Reading:
    """Hourly packets of a station, one after the other; the one reading that they speak of."""
    rows = [
        each._replace(station_id=station.pk, received_at=RECEIVED + timedelta(seconds=second))
        for second, area in enumerate(areas)
        for each in read(f"DataTime=20261120110000;{area}", cn="2061")
    ]
    for batch in [rows] if together else [[each] for each in rows]:
        store(batch)
    return Reading.objects.get()


both_ways = pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])


@both_ways
@pytest.mark.parametrize("order", [1, -1])
def test_parts_of_a_split_message_that_share_a_factor_make_one_whole_reading(stream, together, order):
    parts = ["w21011-Avg=0.05,w21011-Flag=N", "w21011-Max=0.09,w21011-Cou=2"]
    reading = arrive(stream.a, *parts[::order], together=together)
    assert (reading.value, reading.maximum, reading.load, reading.minimum) == (0.05, 0.09, 2, None)
    assert (reading.flag, reading.unit, reading.raw_value) == ("N", "mg/L", None)
    latest = Latest.objects.get()
    assert (latest.value, latest.flag) == (0.05, "N")


@both_ways
@pytest.mark.parametrize("order", [1, -1])
def test_an_impossible_value_never_takes_the_place_of_a_possible_one(stream, together, order):
    said = ["w21003-Avg=2.68,w21003-Flag=N", "w21003-Avg=-9,w21003-Flag=N"]
    reading = arrive(stream.a, *said[::order], together=together)
    assert (reading.value, reading.flag, reading.reason) == (2.68, "N", "")
    assert Latest.objects.get().value == 2.68


@both_ways
def test_nothing_of_an_impossible_reading_fills_a_possible_one(stream, together):
    reading = arrive(
        stream.a,
        "w21003-Avg=-9,w21003-Min=-9,w21003-Flag=N",
        "w21003-Max=3,w21003-Flag=N",
        together=together,
    )
    assert (reading.value, reading.minimum, reading.maximum, reading.reason) == (None, None, 3, "")


@both_ways
def test_a_device_that_says_later_that_it_was_in_maintenance_takes_its_value_out_of_use(stream, together):
    reading = arrive(stream.a, "w21003-Avg=2.68,w21003-Flag=N", "w21003-Flag=M", together=together)
    assert (reading.value, reading.flag) == (2.68, "M")


@both_ways
@pytest.mark.parametrize("flag", ["N", "M"])
def test_the_same_value_sent_again_without_a_flag_changes_nothing(stream, together, flag):
    reading = arrive(stream.a, f"w21003-Avg=2.68,w21003-Flag={flag}", "w21003-Avg=2.68", together=together)
    assert (reading.flag, reading.received_at, Latest.objects.get().flag) == (flag, RECEIVED, flag)
    assert arrive(stream.a, "w21003-Avg=2.7", together=together).flag == "U"


saying = st.builds(
    lambda value, minimum, maximum, flag, reason, sampled: {
        "value": value,
        "minimum": minimum,
        "maximum": maximum,
        "flag": "X" if reason else flag,
        "reason": reason,
        "sampled_at": NOW - timedelta(minutes=sampled),
    },
    *[st.sampled_from([None, 1.0, 2.0])] * 3,
    st.sampled_from("NUD"),
    st.sampled_from(["", "", "below_possible"]),
    st.integers(0, 1),
)


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sayings=st.lists(saying, min_size=1, max_size=6), cut=st.integers(0, 6))
def test_a_batch_says_what_its_rows_say_one_by_one(stream, sayings, cut):
    """However what came is cut into batches, and also as it is merged in memory."""
    rows = [
        row(stream.a, NOW, None)._replace(received_at=NOW + timedelta(seconds=second), **each)
        for second, each in enumerate(sayings)
    ]
    names = [*sayings[0], "raw_value", "raw_flag", "unit"]
    (expected,) = merged(rows)
    for batches in ([rows], [rows[:cut], rows[cut:]], [[each] for each in rows]):
        Reading.objects.all().delete()
        Latest.objects.all().delete()
        for batch in batches:
            store(batch)
        stands = Reading.objects.get()
        assert {name: getattr(stands, name) for name in names} == {
            name: getattr(expected, name) for name in names
        }
        assert list(Latest.objects.values_list("value", "flag")) == (
            [] if expected.reason else [(expected.value, expected.flag)]
        )
