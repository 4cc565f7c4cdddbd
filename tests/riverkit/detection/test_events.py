"""Events: what is found, why, and what must never change a verdict."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.detection import Detection, Settings, detect
from riverkit.errors import DetectionError

QUARTER_S = 900.0


def quiet(days: float, seed: int = 0, interval_s: float = QUARTER_S) -> tuple[Any, Any]:
    """A parameter with a daily course and noise."""
    time_s = 1.7e9 + np.arange(int(days * 86400 / interval_s)) * interval_s
    noise = np.random.default_rng(seed).normal(0, 0.05, len(time_s))
    return time_s, 5 + np.sin(2 * np.pi * time_s / 86400) + noise


def found_in(time_s: Any, values: Any, **options: Any) -> Detection:
    return detect(time_s, {"nh3n": values}, **options)


def test_after_a_week_of_quiet_a_rise_is_an_event_that_says_what_rose_and_by_how_much() -> None:
    time_s, values = quiet(9)
    values[700:706] += 3
    (event,) = found_in(time_s, values).events
    assert event.first_s == time_s[700]
    (reason,) = event.reasons
    assert reason.parameter == "nh3n"
    assert reason.value == pytest.approx(reason.expected + reason.score * reason.usual)
    assert 2 < reason.value - reason.expected < 4
    assert not event.wet
    assert not event.ongoing


def test_a_fall_has_a_score_below_zero() -> None:
    time_s, values = quiet(9)
    values[700:706] -= 3
    assert found_in(time_s, values).events[0].reasons[0].score < 0


def test_an_event_at_the_end_of_the_series_goes_on() -> None:
    time_s, values = quiet(9)
    values[-3:] += 3
    assert found_in(time_s, values).events[-1].ongoing


def test_a_steep_daily_course_is_learned_and_raises_nothing_after_a_week() -> None:
    time_s = np.arange(14 * 96) * QUARTER_S
    hour = time_s % 86400 / 3600
    values = 1 + 3 * np.exp(-(((hour - 9) / 1.5) ** 2))
    values += np.random.default_rng(1).normal(0, 0.02, len(time_s))
    found = found_in(time_s, values)
    assert not found.in_event[7 * 96 :].any()


def test_what_is_usual_on_workdays_only_is_no_event_on_workdays_and_one_on_a_sunday() -> None:
    monday_s = 4 * 86400.0  # 1970-01-05
    time_s = monday_s + np.arange(40 * 96) * QUARTER_S
    day = (time_s - monday_s) // 86400
    works = (time_s % 86400 // 3600 == 9) & (day % 7 < 5)
    values = 1.0 + 3.0 * works + np.random.default_rng(2).normal(0, 0.02, len(time_s))
    sunday = (day == 34) & (time_s % 86400 // 3600 == 9)
    values[sunday] += 3
    found = found_in(time_s, values)
    late = day >= 28
    assert found.in_event[sunday].any()
    assert not found.in_event[late & works].any()


def test_nothing_is_judged_on_the_first_day() -> None:
    time_s, values = quiet(3)
    values[50:60] += 50
    assert np.isnan(found_in(time_s, values).score[:90]).all()


def test_a_lone_outlier_in_minute_data_is_no_event_and_one_that_stays_is() -> None:
    time_s, values = quiet(2.5, interval_s=60.0)
    values[3000] += 5
    values[3300:3312] += 5
    found = found_in(time_s, values)
    assert not found.in_event[2990:3010].any()
    assert found.in_event[3300:3312].all()


def test_a_station_that_reports_every_four_hours_is_judged_after_its_first_week() -> None:
    time_s, values = quiet(20, interval_s=4 * 3600.0)
    values[100] += 8
    assert found_in(time_s, values).in_event[100]


def test_a_change_that_stays_is_one_event_and_then_the_new_level() -> None:
    time_s, values = quiet(12)
    values[800:] += 4
    found = found_in(time_s, values)
    assert found.in_event[800:803].all()
    assert not found.in_event[832:].any()


def test_in_rain_the_usual_is_what_was_usual_in_rain() -> None:
    time_s, values = quiet(30, seed=3)
    wet = np.zeros(len(time_s), dtype=bool)
    for day in range(2, 26, 4):
        storm = slice(day * 96 + 20, day * 96 + 44)
        wet[storm] = True
        values[storm] += np.random.default_rng(day).normal(0, 1.0, 24)
    last = slice(28 * 96, 28 * 96 + 8)
    values[last] += 1.0
    assert found_in(time_s, values, wet=wet).in_event[last].any()
    wet[last] = True
    assert not found_in(time_s, values, wet=wet).in_event[last].any()


def test_an_event_names_every_parameter_that_left_its_normal_and_none_that_did_not() -> None:
    time_s, ammonia = quiet(9, seed=4)
    _, phosphorus = quiet(9, seed=5)
    _, ph = quiet(9, seed=6)
    ammonia[700:704] += 2
    phosphorus[701:704] -= 4
    (event,) = detect(time_s, {"nh3n": ammonia, "tp": phosphorus, "ph": ph}).events
    assert [reason.parameter for reason in event.reasons] == ["tp", "nh3n"]
    assert event.score == -event.reasons[0].score


def test_what_comes_and_goes_within_half_a_day_is_one_event_and_two_days_apart_are_two() -> None:
    time_s, values = quiet(12, seed=7)
    for start in (700, 720, 920):
        values[start : start + 3] += 3
    events = found_in(time_s, values).events
    assert [event.first_s for event in events] == [time_s[700], time_s[920]]


readings = st.lists(
    st.tuples(
        st.floats(0, 20_000),
        st.one_of(st.just(np.nan), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, np.inf])),
    ),
    max_size=200,
)


@given(readings)
def test_no_gaps_nor_ragged_times_nor_holes_nor_ties_break_it(pairs: list[tuple[float, float]]) -> None:
    time_s = np.cumsum([0.0, *(step for step, _ in pairs)])
    values = np.array([1.0, *(value for _, value in pairs)])
    found = found_in(time_s, values)
    assert len(found.score) == len(found.in_event) == len(time_s)
    assert not (np.isnan(found.score) & found.in_event).any()
    assert all(event.first_s <= event.last_s and event.reasons for event in found.events)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    scale=st.sampled_from([0.25, 8.0, 1024.0]),
    shift=st.sampled_from([-64.0, 0.0, 256.0]),
)
def test_the_unit_and_the_zero_of_a_parameter_make_no_difference(
    seed: int, scale: float, shift: float
) -> None:
    time_s, values = quiet(6, seed)
    values = np.round(values * 1024) / 1024  # so that scaling and shifting are exact
    values[450:455] += 2
    found, other = found_in(time_s, values), found_in(time_s, values * scale + shift)
    np.testing.assert_allclose(found.score, other.score, rtol=1e-9)
    np.testing.assert_array_equal(found.in_event, other.in_event)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), cut=st.integers(500, 5000), minutes=st.sampled_from([0.0, 5.0, 30.0]))
def test_later_readings_change_no_verdict_older_than_the_stated_delay(
    seed: int, cut: int, minutes: float
) -> None:
    generator = np.random.default_rng(seed)
    time_s = np.cumsum(generator.choice([60.0, 60.0, 60.0, 600.0, 5000.0], 5200))
    values = generator.normal(0, 1, 5200) + 8 * (generator.random(5200) < 0.2)
    chosen = Settings(confirm_minutes=minutes, threshold=2.0)
    whole, early = (
        found_in(time_s, values, settings=chosen),
        found_in(time_s[:cut], values[:cut], settings=chosen),
    )
    np.testing.assert_array_equal(whole.score[:cut], early.score)
    settled = time_s[:cut] <= time_s[cut - 1] - minutes * 60
    np.testing.assert_array_equal(whole.in_event[:cut][settled], early.in_event[settled])


def test_a_verdict_needs_no_more_than_the_thirty_six_days_before_it() -> None:
    time_s, values = quiet(50, seed=6)
    values[4600:4605] += 2
    whole, late = found_in(time_s, values), found_in(time_s[900:], values[900:])
    tail = slice(-(3 * 96), None)
    np.testing.assert_allclose(whole.score[tail], late.score[tail])


def test_series_that_cannot_be_one_station_are_refused_with_the_cure() -> None:
    time_s, values = quiet(2)
    with pytest.raises(DetectionError, match="sort readings by time"):
        found_in(time_s[::-1], values)
    with pytest.raises(DetectionError, match="one value for each time"):
        found_in(time_s, values[:-1])
    with pytest.raises(DetectionError, match="at least one"):
        detect(time_s, {})
    with pytest.raises(DetectionError, match="give one for each time"):
        found_in(time_s, values, wet=np.zeros(3, dtype=bool))
    with pytest.raises(DetectionError, match="usual_share"):
        Settings(usual_share=1.0)
    with pytest.raises(DetectionError, match="threshold"):
        Settings(threshold=0)
