"""When a series is an event: the pure rules."""

import json
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverchief.monitor.detection import Course, DetectionRules, Scale, onset, same_water
from riverkit.quality import standard

RULES = DetectionRules.of(
    json.loads(files("riverchief.monitor").joinpath("rules", "detection.json").read_text("utf-8"))["body"]
)
STEP_S = 300.0


def quiet(days: float = 8, level: float = 0.4, noise: float = 0.02, seed: int = 1):
    count = int(days * 86_400 / STEP_S)
    rng = np.random.default_rng(seed)
    return np.arange(count) * STEP_S, level + rng.normal(0, noise, count)


def test_two_readings_above_limit_and_habit_are_an_onset_at_the_first_of_them():
    time_s, value = quiet()
    value[-3:] = 2.5
    found = onset(time_s, value, 1.0, len(value) - 3, RULES)
    assert found is not None
    assert found.index == len(value) - 3
    assert found.baseline == pytest.approx(0.4, abs=0.01)
    assert found.threshold == 1.0


def test_one_outlier_is_no_event():
    time_s, value = quiet()
    value[-5] = value[-2] = 9.0
    assert onset(time_s, value, 1.0, len(value) - 6, RULES) is None


def test_a_river_that_always_misses_its_target_raises_no_alarm_for_being_as_usual():
    time_s, value = quiet(level=1.4, noise=0.05)
    assert onset(time_s, value, 1.0, len(value) - 50, RULES) is None


def test_but_it_does_when_it_gets_clearly_worse_than_its_habit():
    time_s, value = quiet(level=1.4, noise=0.05)
    value[-4:] = 2.6
    found = onset(time_s, value, 1.0, len(value) - 4, RULES)
    assert found is not None
    assert found.threshold > 1.6


def test_a_clear_rise_within_the_target_class_is_no_event():
    time_s, value = quiet()
    value[-10:] = 0.95
    assert onset(time_s, value, 1.0, len(value) - 10, RULES) is None


def test_a_station_without_history_is_measured_against_the_limit_alone():
    found = onset(np.arange(3) * STEP_S, np.array([0.4, 2.0, 2.1]), 1.0, 0, RULES)
    assert found is not None
    assert found.baseline is None
    assert found.index == 1


def test_readings_with_a_long_gap_between_them_are_not_in_a_row():
    time_s, value = quiet()
    time_s[-1] += 7 * 3600
    value[-2:] = 3.0
    assert onset(time_s, value, 1.0, len(value) - 2, RULES) is None


def test_a_run_that_began_before_the_new_readings_is_found_with_its_first_reading():
    time_s, value = quiet()
    value[-2:] = 2.0
    found = onset(time_s, value, 1.0, len(value) - 1, RULES)
    assert found is not None
    assert found.index == len(value) - 2


def follow(*levels: float) -> Course:
    course = Course(threshold=1.0, first_s=0, last_s=0, peak=1.5, peak_s=0, checked_to_s=0)
    course.follow(STEP_S * np.arange(1, len(levels) + 1), np.array(levels), RULES)
    return course


def test_an_event_settles_after_three_readings_well_below():
    assert follow(2.0, 0.5, 0.5).settled_s is None
    settled = follow(2.0, 0.5, 0.5, 0.5)
    assert settled.settled_s == 4 * STEP_S
    assert (settled.peak, settled.last_s) == (2.0, STEP_S)


def test_readings_that_hang_about_the_threshold_neither_settle_nor_prolong_it():
    course = follow(0.95, 0.98, 0.92, 0.97, 0.99, 0.95)
    assert course.settled_s is None
    assert course.last_s == 0


def test_a_settled_course_that_rises_again_goes_on():
    course = follow(0.5, 0.5, 0.5, 1.8)
    assert course.settled_s is None
    assert course.last_s == 4 * STEP_S


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(st.floats(0, 3), min_size=1, max_size=40), st.data())
def test_following_in_portions_is_following_at_once(levels, data):
    cut = data.draw(st.integers(0, len(levels)))
    time_s, badness = STEP_S * np.arange(1, len(levels) + 1), np.array(levels)
    at_once = follow(*levels)
    course = Course(threshold=1.0, first_s=0, last_s=0, peak=1.5, peak_s=0, checked_to_s=0)
    course.follow(time_s[:cut], badness[:cut], RULES)
    course.follow(time_s, badness, RULES)
    assert course == at_once


@pytest.mark.parametrize(
    ("parameter", "good", "bad"), [("nh3n", 0.9, 1.1), ("do", 5.5, 4.5), ("ph", 6.5, 5.5), ("ph", 8.5, 9.5)]
)
def test_more_is_worse_on_the_scale_of_every_parameter(parameter, good, bad):
    scale = Scale.of(standard(), parameter, "river", 3)
    assert scale is not None
    badness = scale.badness(np.array([good, bad]))
    assert badness[0] < scale.limit < badness[1]
    assert [
        scale.value(each, near=near) for each, near in zip(badness, (good, bad), strict=True)
    ] == pytest.approx([good, bad])


@pytest.mark.parametrize("parameter", ["tn", "coliform", "ec", "w99999"])
def test_what_the_standard_does_not_limit_in_rivers_has_no_scale(parameter):
    assert Scale.of(standard(), parameter, "river", 3) is None


def test_the_same_water_arrives_within_what_velocities_allow():
    travel = 5 * 3600.0
    assert same_water(0, 3600, travel, travel, RULES)
    assert same_water(0, 3600, 2.5 * travel, travel, RULES)
    assert not same_water(0, 3600, -3 * 3600, travel, RULES)
    assert not same_water(0, 3600, 4 * travel + 3600, travel, RULES)
