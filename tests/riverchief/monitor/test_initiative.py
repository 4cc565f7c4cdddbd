"""What the system asks stations by itself: the first contact, and what is missing of their history."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from riverchief.base.actions import SYSTEM
from riverchief.base.clock import use_clock
from riverchief.base.models import Heartbeat
from riverchief.monitor import partitions, tasks
from riverchief.monitor.actions import AskStation
from riverchief.monitor.dialogue import initiative
from riverchief.monitor.dialogue.initiative import Gap, gaps, split, usual_step
from riverchief.monitor.models import Reading, StationLink, StationRequest
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.store import months_of, write

from .conftest import NOW, gateway, in_thread, make_stream, until
from .virtual_station import VirtualStation

HOUR = timedelta(hours=1)
START = datetime(2026, 11, 14, tzinfo=UTC)


def store(station, starts, kind="hour", flag="N") -> None:
    rows = [
        ReadingRow(
            station_id=station.pk, parameter="nh3n", kind=kind, period_start=at, sampled_at=at,
            value=0.5 if flag == "N" else None, unit="mg/L", flag=flag, received_at=at,
        )
        for at in starts
    ]  # fmt: skip
    partitions.ensure(("monitor_reading", month) for month in months_of(rows, NOW))
    with connection.cursor() as cursor:
        write(cursor, [], rows)


def hours(first: int, last: int) -> list[datetime]:
    return [START + number * HOUR for number in range(first, last + 1)]


def asked(station) -> list[tuple[str, datetime, datetime]]:
    rows = StationRequest.objects.filter(station=station).order_by("id")
    return [(row.cn, row.begin, row.end) for row in rows]


def fill(station, now=NOW) -> list[StationRequest]:
    with use_clock(now):
        return initiative.fill_gaps(station)


def close(state: str, **columns) -> None:
    StationRequest.objects.filter(finished_at=None).update(
        state=state, finished_at=NOW, due_at=None, **columns
    )


# NOW is 148 hours after START; what is younger than two hours is waited for.
LAST = 146


def test_a_hole_in_the_hours_is_asked_for_the_latest_first(stream):
    store(stream.a, hours(0, 40) + hours(44, 100) + hours(102, LAST))
    fill(stream.a)
    assert asked(stream.a) == [
        ("2061", START + 101 * HOUR, START + 101 * HOUR),
        ("2061", START + 41 * HOUR, START + 43 * HOUR),
    ]


def test_a_silence_that_has_just_ended_is_asked_for_up_to_two_hours_ago(stream):
    store(stream.a, hours(0, 100))
    fill(stream.a)
    assert asked(stream.a) == [("2061", START + 101 * HOUR, START + LAST * HOUR)]


def test_a_complete_series_and_one_that_says_that_it_is_stopped_have_no_gap(stream):
    store(stream.a, hours(0, LAST))
    store(stream.b, hours(0, 50))
    store(stream.b, hours(51, LAST), flag="F")
    assert fill(stream.a) == fill(stream.b) == []


def test_a_station_without_the_habit_is_not_asked(stream):
    store(stream.a, hours(0, 5))
    store(stream.b, [START + timedelta(hours=number * number) for number in range(13)])
    assert fill(stream.a) == fill(stream.b) == []


def test_an_analyser_of_every_four_hours_is_asked_for_its_own_hours(stream):
    store(stream.a, [START + number * 4 * HOUR for number in [*range(20), *range(22, 37)]])
    fill(stream.a)
    assert asked(stream.a) == [("2061", START + 80 * HOUR, START + 84 * HOUR)]


def test_minutes_are_asked_for_in_portions_of_a_day(stream):
    ten = timedelta(minutes=10)
    store(stream.a, [START + number * ten for number in [*range(200), *range(500, 881)]], kind="minute")
    fill(stream.a)
    wanted = [(begin, end) for cn, begin, end in asked(stream.a) if cn == "2051"]
    assert wanted[0][1] == START + 499 * ten
    assert wanted[-1][0] == START + 200 * ten
    assert all(end - begin <= timedelta(hours=24) for begin, end in wanted)
    assert len(wanted) == 3


def test_a_station_is_asked_so_much_a_day_and_no_more(stream):
    store(stream.a, [at for number, at in enumerate(hours(0, LAST)) if number % 12 != 5])
    assert len(fill(stream.a)) == 6
    assert fill(stream.a) == []  # these are still under way
    close("done")
    assert fill(stream.a) == []
    assert len(fill(stream.a, NOW + timedelta(hours=25))) > 0


def test_a_gap_that_the_station_does_not_have_is_tried_twice(stream):
    store(stream.a, hours(0, 40) + hours(44, LAST))
    for expected in (1, 1, 0):
        assert len(fill(stream.a)) == expected
        close("failed", execution_result=100)


def test_a_station_that_has_refused_is_left_alone_for_that_command(stream):
    store(stream.a, hours(0, 40) + hours(44, LAST))
    store(stream.a, [at for at in hours(0, LAST) if at != START + 50 * HOUR], kind="minute")
    assert {row.cn for row in fill(stream.a)} == {"2061", "2051"}
    StationRequest.objects.filter(cn="2061").update(state="refused", request_result=2, finished_at=NOW)
    StationRequest.objects.filter(cn="2051").update(state="timed_out", finished_at=NOW)
    assert {row.cn for row in fill(stream.a)} == {"2051"}


def test_only_stations_that_are_connected_are_asked(stream):
    for station in (stream.a, stream.b, stream.c):
        store(station, hours(0, 40) + hours(44, LAST))
    Heartbeat.objects.create(process="gateway:here", at=NOW)
    StationLink.objects.create(station=stream.a, gateway="here", peer="", since=NOW)
    StationLink.objects.create(station=stream.b, gateway="dead", peer="", since=NOW)
    with use_clock(NOW):
        tasks.fill_gaps(0)
    assert [row.station_id for row in StationRequest.objects.all()] == [stream.a.pk]


@given(st.sets(st.integers(0, 200), min_size=13), st.integers(1, 30), st.integers(1, 48), st.integers(0, 59))
def test_present_periods_and_gaps_together_are_all_periods_and_no_portion_is_too_long(
    present, minutes, most, late
):
    step = timedelta(minutes=minutes)
    periods = [START + number * step for number in sorted(present)]
    until_ = START + 201 * step + late * step / 60
    longest = most * step
    missing: list[datetime] = []
    for gap in gaps(periods, step, until_):
        portions = list(split(gap, step, longest))
        assert portions == sorted(portions, key=lambda each: each.begin, reverse=True)
        for portion in portions:
            assert portion.end - portion.begin <= longest
            count = (portion.end - portion.begin) // step + 1
            missing += [portion.begin + number * step for number in range(count)]
    assert sorted(periods + missing) == [
        START + number * step for number in range(min(present), 202)
    ]  # fmt: skip
    assert len(set(missing)) == len(missing)


def test_a_habit_is_what_most_steps_are(stream):
    assert usual_step(hours(0, 20), 12, 0.5) == HOUR
    assert usual_step(hours(0, 10) + hours(90, 100), 12, 0.5) == HOUR
    assert usual_step(hours(0, 5), 12, 0.5) is None
    assert gaps(hours(0, 1), HOUR, START + HOUR) == []
    assert gaps(hours(0, 1), HOUR, START + 2 * HOUR) == [Gap(START + 2 * HOUR, START + 2 * HOUR)]


# -- first contact


def greet(station, now=NOW) -> str | None:
    with use_clock(now):
        row = initiative.greet(station)
    return row.cn if row else None


def test_a_station_is_asked_who_it_is_one_thing_after_the_other_once_a_day(stream):
    told = []
    for _ in range(4):
        told.append(greet(stream.a))
        assert greet(stream.a) is None  # that is still under way
        close("done")
    assert told == ["1011", "1061", "1063", None]
    assert greet(stream.a, NOW + timedelta(hours=25)) == "1011"


def test_a_station_that_does_not_answer_is_asked_no_further_and_one_that_refuses_not_that_again(stream):
    assert greet(stream.a) == greet(stream.b) == "1011"
    StationRequest.objects.filter(station=stream.a).update(state="timed_out")
    StationRequest.objects.filter(station=stream.b).update(state="refused")
    assert (greet(stream.a), greet(stream.b)) == (None, "1061")
    assert greet(stream.a, NOW + timedelta(days=31)) == "1011"


def test_what_people_asked_a_moment_ago_is_not_asked_again(stream):
    with use_clock(NOW):
        AskStation(actor=SYSTEM, station_id=stream.a.pk, cn="1011").run()
    close("done")
    assert greet(stream.a) == "1061"


@pytest.mark.django_db(transaction=True)
def test_a_gap_is_filled_by_the_station_itself(transactional_db):
    stream = make_stream()
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 2 * HOUR
    present = [end - number * HOUR for number in range(40) if number not in (5, 6, 7)]
    store(stream.a, present)

    async def work():
        async with gateway(dialogue_s=0.02) as running:
            station = await VirtualStation(stream.a.mn).call(running.port)
            await until(lambda: bool(initiative.connected()))
            await in_thread(lambda: tasks.greet_stations(0))
            await in_thread(lambda: tasks.fill_gaps(0))
            await until(lambda: not StationRequest.objects.filter(finished_at=None).exists())
            await until(lambda: Reading.objects.filter(kind="hour").count() >= 40)
            await station.hang_up()

    asyncio.run(work())
    filled = StationRequest.objects.filter(cn="2061").order_by("begin")
    assert (filled[0].state, filled[0].uploads) == ("done", 3)
    assert StationRequest.objects.get(cn="1011").state == "done"
    with use_clock(datetime.now(UTC)):
        assert initiative.fill_gaps(stream.a) == []
