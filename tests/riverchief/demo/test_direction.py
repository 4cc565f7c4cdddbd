"""Later starts of the demo: what the analysers would have read meanwhile is there, whole, and nothing twice."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from riverchief.base import clock
from riverchief.base.rules import load_rules
from riverchief.demo import direction
from riverchief.demo.background import STEP_S, moment_of, step_of
from riverchief.demo.direction import Direction
from riverchief.demo.load import load
from riverchief.demo.rain import HOUR, full_hours
from riverchief.demo.stage import StoryFailed
from riverchief.demo.state import Accounts, DemoState, write_accounts, write_state
from riverchief.monitor.models import Reading

WINDOW_END = datetime(2026, 11, 23, 0, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(demo_basin, tmp_path):
    """An installation whose story was played to its end."""
    people = {person.username: f"{person.username}-secret" for person in demo_basin.people if person.signs_in}
    load(demo_basin, people, "123456")
    write_accounts(tmp_path, Accounts(people, "123456"))
    write_state(
        tmp_path, DemoState(2026, "demo", WINDOW_END.isoformat(), history_done=True, facts={}, passed=False)
    )
    return tmp_path


def _start(home, now):
    with clock.use_clock(now):
        started = Direction(home, 2026, "demo")
        started.perform()
    return started


def _assert_whole(world, until):
    steps = np.arange(step_of(WINDOW_END) + 1, step_of(until) + 1, dtype=np.int64)
    for station in world.analysed:
        stored = Reading.objects.filter(station__code=station.code, parameter="nh3n")
        assert sorted(stored.values_list("period_start", flat=True)) == [
            sample.data_time for sample in world.samples(station, steps)
        ]
    for gauge in world.basin.gauges:
        stored = Reading.objects.filter(station__code=gauge.code, parameter="rain")
        assert sorted(stored.values_list("period_start", flat=True)) == [
            at - HOUR for at in full_hours(WINDOW_END, until)
        ]


def test_a_later_start_fills_every_step_up_to_this_one(home):
    now = WINDOW_END + timedelta(minutes=65)
    _assert_whole(_start(home, now).world, now)
    again = now + timedelta(seconds=STEP_S)
    _assert_whole(_start(home, again).world, again)


def test_a_catch_up_that_was_broken_off_leaves_no_gap_behind(home, monkeypatch):
    store = direction.store_history
    stored = []

    def store_three(rows):
        if len(stored) == 3:
            raise KeyboardInterrupt
        stored.append(store(rows))
        return stored[-1]

    with monkeypatch.context() as patch:
        patch.setattr(direction, "store_history", store_three)
        with pytest.raises(KeyboardInterrupt):
            _start(home, WINDOW_END + timedelta(hours=3))
    now = WINDOW_END + timedelta(hours=4)
    _assert_whole(_start(home, now).world, now)


def test_the_pace_begins_with_the_step_after_the_last_that_was_filled(home, monkeypatch):
    asked = []

    async def keep_pace(world, gauges, password, host, port, first_step):
        asked.append((moment_of(first_step), len(gauges)))

    monkeypatch.setattr(direction, "keep_pace", keep_pace)
    started = _start(home, WINDOW_END + timedelta(minutes=65))
    with clock.use_clock(WINDOW_END + timedelta(minutes=95)):  # the catch-up took its time
        started.keep_pace()
    assert asked == [(WINDOW_END + timedelta(minutes=70), 2)]


def test_a_story_that_gets_stuck_says_so_and_leaves_what_there_is_to_look_at(
    demo_basin, tmp_path, monkeypatch, capsys
):
    def stuck(*_):
        raise StoryFailed("Trace 1 opens no clue: its first candidate is no place to look at.")

    load_rules()
    monkeypatch.setattr(direction, "play_discharge", stuck)
    with clock.use_clock(WINDOW_END), monkeypatch.context() as patch:
        patch.setattr(Direction, "_fill", lambda self, back: None)
        assert not Direction(tmp_path, 2026, "demo").perform()
    told = capsys.readouterr().out
    assert "opens no clue" in told
    assert "did not come out right" in told
    assert "sign in as" in told
