"""The quiet water of the demo: one series, however it is asked for, with the marks of a real one."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverchief.demo.background import CODES, PER_DAY, Water, history_steps, moment_of, step_of, waters
from riverkit.protocols.hj212 import factor_of

NOON = step_of(datetime(2026, 11, 20, 4, tzinfo=UTC))


@pytest.fixture(scope="module")
def water(demo_basin) -> Water:
    return waters(2026, demo_basin.stations)[demo_basin.stations[0].code]


@given(start=st.integers(-3000, 3000), length=st.integers(1, 300), cut=st.integers(0, 300))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_series_asked_for_in_parts_is_the_series_asked_for_whole(demo_basin, start, length, cut):
    water = waters(2026, demo_basin.stations)[demo_basin.stations[3].code]
    steps = np.arange(NOON + start, NOON + start + length)
    cut = min(cut, length)
    whole = water.values("nh3n", steps)
    parts = [water.values("nh3n", part) for part in (steps[:cut], steps[cut:]) if len(part)]
    assert np.array_equal(np.concatenate(parts), whole)
    missing = [water.masks(part).missing for part in (steps[:cut], steps[cut:]) if len(part)]
    assert np.array_equal(np.concatenate(missing), water.masks(steps).missing)


def test_values_swing_with_the_day_and_stay_near_their_level(water):
    steps = np.arange(NOON, NOON + 14 * PER_DAY)
    habit = water.habits["nh3n"]
    values = water.values("nh3n", steps)
    assert np.median(values) == pytest.approx(habit.level, rel=0.06)
    assert (abs(values / habit.level - 1) < 0.45).all()
    local_hour = (steps % PER_DAY) / 6 + 8
    evening = values[np.isclose(local_hour % 24, habit.peak_hour, atol=1)].mean()
    morning = values[np.isclose(local_hour % 24, habit.peak_hour - 12, atol=1)].mean()
    assert evening > 1.1 * morning


def test_some_readings_never_arrive_and_the_service_comes_once_a_week(water):
    steps = np.arange(NOON, NOON + 28 * PER_DAY)
    masks = water.masks(steps)
    assert 0.002 < masks.missing.mean() < 0.03
    assert masks.serviced.sum() == 4 * 6, "an hour of ten-minute readings each week"


def test_water_is_warm_in_august_and_cold_in_february(water):
    august, february = (step_of(datetime(2026, month, 10, tzinfo=UTC)) for month in (8, 2))
    assert water.values("wt", np.array([august]))[0] > 22
    assert 7 < water.values("wt", np.array([february]))[0] < 14


def test_stations_differ_and_every_parameter_has_a_code_that_the_protocol_knows(demo_basin):
    found = waters(2026, demo_basin.stations)
    levels = {code: water.habits["nh3n"].level for code, water in found.items()}
    assert len(set(levels.values())) == 30
    for key, (code, unit) in CODES.items():
        factor = factor_of(code, "21")
        assert factor is not None
        assert (factor.key, factor.unit) == (key, unit)


def test_history_is_hourly_first_and_fine_at_its_end():
    end = moment_of(NOON)
    steps = history_steps(end - timedelta(days=3), end, timedelta(hours=12))
    fine = steps[steps >= NOON - 72]
    assert np.array_equal(fine, np.arange(NOON - 72, NOON)), "the end itself belongs to what follows"
    coarse = steps[steps < NOON - 72]
    assert (coarse % 6 == 0).all()
    assert len(coarse) == 59, "the start was told before"
