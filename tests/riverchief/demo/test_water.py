"""The water that the demo's analysers report."""

from datetime import UTC, datetime, timedelta

import numpy as np
from riverchief.demo.water import Habit, gaps, maintenance, usual_water

START = datetime(2026, 11, 20, tzinfo=UTC)
TIMES = START.timestamp() + 300.0 * np.arange(14 * 288)


def test_usual_water_follows_its_habit_and_its_seed():
    habit = Habit(level=0.5, diurnal=0.2, peak_hour=20, noise=0.05)
    water = usual_water(habit, TIMES, np.random.default_rng(3))
    assert np.array_equal(water, usual_water(habit, TIMES, np.random.default_rng(3)))
    assert abs(water.mean() - 0.5) < 0.03
    by_hour = [water[((TIMES / 3600 + 8) % 24).astype(int) == hour].mean() for hour in range(24)]
    assert int(np.argmax(by_hour)) in (18, 19, 20, 21)
    assert 0.15 < (max(by_hour) - min(by_hour)) / 0.5 / 2 < 0.25
    assert (usual_water(Habit(level=0.5, noise=3.0), TIMES, np.random.default_rng(3)) >= 0).all()


def test_gaps_come_in_runs_and_take_about_their_share():
    missing = gaps(100_000, np.random.default_rng(5), share=0.02, mean_length=5)
    assert 0.015 < missing.mean() < 0.025
    starts = np.count_nonzero(np.diff(missing.astype(int)) == 1)
    assert missing.sum() / starts > 3


def test_maintenance_is_an_hour_of_its_weekday_by_local_time():
    visited = maintenance(TIMES, weekday=2, local_hour=10.0)
    moments = [datetime.fromtimestamp(at, UTC) + timedelta(hours=8) for at in TIMES[visited]]
    assert len(moments) == 2 * 12
    assert {(moment.weekday(), moment.hour) for moment in moments} == {(2, 10)}
