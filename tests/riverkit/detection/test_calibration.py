"""Choosing a setting by labels."""

import numpy as np
import pytest
from riverkit.detection import Labelled, Settings, calibrate, detect, point_f1, verdicts
from riverkit.errors import DetectionError


def example() -> Labelled:
    time_s = np.arange(10 * 96) * 900.0
    values = np.random.default_rng(0).normal(0, 1, len(time_s))
    is_event = np.zeros(len(time_s), dtype=bool)
    is_event[800:804] = True
    values[is_event] += 12
    return Labelled(time_s, {"tp": values}, is_event)


def test_labels_choose_the_threshold_that_finds_the_event_and_little_else() -> None:
    candidates = [Settings(threshold=threshold) for threshold in (0.5, 4.0, 500.0)]
    best, *others = calibrate([example()], candidates)
    assert best.settings.threshold == 4.0
    assert best.figure > max(other.figure for other in others)


def test_verdicts_of_many_settings_are_those_of_each_alone() -> None:
    case = example()
    candidates = [
        Settings(threshold=3.0),
        Settings(threshold=4.0, confirm_minutes=30),
        Settings(level_hours=4),
    ]
    for settings, (found,) in verdicts([case], candidates):
        alone = detect(case.time_s, case.values, settings=settings)
        np.testing.assert_array_equal(found, alone.in_event)


def test_without_examples_nothing_can_be_learned() -> None:
    with pytest.raises(DetectionError, match="at least one"):
        calibrate([], [Settings()])


def test_point_f1_is_one_where_there_is_nothing_to_find_and_nothing_was_found() -> None:
    none = np.zeros(3, dtype=bool)
    assert point_f1(none, none) == 1
    assert point_f1(~none, none) == 0
