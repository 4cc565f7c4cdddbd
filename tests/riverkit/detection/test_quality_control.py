"""Quality control: each rule, its numbers, and what it leaves alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverkit.detection import (
    QualityRules,
    against_neighbour,
    change_too_fast,
    check,
    inconsistent,
    measured,
    missing,
    out_of_range,
    oversaturated,
    silences,
    spikes,
    stale,
    stuck,
)
from riverkit.errors import DetectionError

HOURS = np.arange(200) * 3600.0


def test_only_what_is_flagged_normal_is_a_measurement() -> None:
    flags = ["N", "F", "M", "S", "D", "T", "C", "B", None, "U"]
    kept = measured(np.arange(10.0), flags)
    assert kept[0] == 0
    assert np.isnan(kept[1:]).all()


def test_numbers_that_mean_no_value_are_none() -> None:
    kept = measured(np.array([1.0, -9999.0, np.inf]), ["N"] * 3, no_value=[-9999])
    np.testing.assert_array_equal(np.isnan(kept), [False, True, True])


def test_a_run_out_of_range_is_one_finding_with_its_worst_value() -> None:
    values = np.full(200, 7.0)
    values[10:13] = [14.5, 15.2, 14.1]
    (finding,) = out_of_range(values, "ph", least=0, most=14, never_zero=True)
    assert (finding.first, finding.last, finding.value, finding.limit) == (10, 12, 15.2, 14)
    assert "15.2" in finding.reason


def test_a_zero_is_doubted_only_where_the_parameter_never_is_zero() -> None:
    values = np.array([7.0, 0.0, 7.0])
    assert out_of_range(values, "ph", least=0, never_zero=True)[0].first == 1
    assert not out_of_range(values, "nh3n", least=0)


def test_a_rate_is_taken_between_measured_readings_over_the_time_between_them() -> None:
    values = np.array([20.0, np.nan, 26.0, 40.0])
    (finding,) = change_too_fast(np.arange(4) * 3600.0, values, "wt", most_per_hour=5)
    assert finding.first == 3


def test_noise_from_minute_to_minute_is_no_rate_but_a_leap_and_small_steps_that_add_up_are() -> None:
    minutes = np.arange(600) * 60.0
    values = np.random.default_rng(3).normal(15, 0.1, 600)
    values[200:] += 3.0
    values[400:] += np.minimum(np.arange(200) * 0.25, 3.0)
    found = change_too_fast(minutes, values, "wt", most_per_hour=5, least=1)
    assert found[0].first == 200
    assert "in 1 min, at most 5 an hour" in found[0].reason
    assert 2 <= len(found[1:]) <= 3, "3 degrees in 12 minutes: one doubt for each degree or so"
    assert {400 < finding.first <= 413 for finding in found[1:]} == {True}


def test_a_value_without_change_is_stuck_after_the_stated_hours_and_gaps_do_not_hide_it() -> None:
    values = np.random.default_rng(0).normal(8, 0.1, 200)
    values[50:80] = 8.0
    values[60] = np.nan
    (finding,) = stuck(HOURS, values, "ph", hours=24)
    assert (finding.first, finding.last) == (50, 79)
    assert not stuck(HOURS, values, "ph", hours=30)


def test_a_lone_leap_is_a_spike_and_a_step_is_not() -> None:
    values = np.random.default_rng(1).normal(8, 0.02, 200)
    values[100] = 11
    values[150:] += 3
    assert [finding.first for finding in spikes(HOURS, values, "ph", times=8, least=0.3)] == [100]


def test_a_part_above_its_whole_is_doubted() -> None:
    part, whole = np.array([1.0, 2.2, np.nan, 2.04]), np.array([2.0, 2.0, 2.0, 2.0])
    (finding,) = inconsistent(part, whole, "nh3n", "tn", tolerance=0.05)
    assert (finding.first, finding.last, finding.parameter) == (1, 1, "nh3n")
    assert "nh3n is above tn" in finding.reason


def test_oxygen_far_above_saturation_is_doubted_and_a_bloom_is_not() -> None:
    (finding,) = oversaturated(np.array([9.0, 14.0, 19.0]), np.array([20.0, 20.0, 20.0]), most=2.0)
    assert finding.first == 2
    assert "209 %" in finding.reason


def test_a_neighbour_is_compared_only_where_it_was_measured_shortly_before() -> None:
    time_s = np.arange(4) * 3600.0
    found = against_neighbour(
        time_s,
        np.array([20.0, 30.0, 20.0, 30.0]),
        "wt",
        np.array([0.0, 3000.0]),
        np.array([20.0, 21.0]),
        most=5,
        within_minutes=60,
    )
    assert [finding.first for finding in found] == [1]


def test_a_missing_value_is_doubted_only_while_the_station_sends_others() -> None:
    values = {
        "wt": np.array([1.0, np.nan, np.nan, 1.0]),
        "ph": np.array([8.0, 8.0, np.nan, 8.0]),
        "tp": np.full(4, np.nan),
    }
    (finding,) = missing(values)
    assert (finding.parameter, finding.first, finding.last) == ("wt", 1, 1)


def test_a_silence_is_found_while_it_lasts_and_after_it() -> None:
    time_s = np.concatenate((np.arange(12) * 900.0, 40_000 + np.arange(3) * 900.0))
    past, present = silences(time_s, intervals=3, now_s=90_000)
    assert (past.since_s, past.until_s) == (9900, 40_000)
    assert (present.since_s, present.until_s) == (41_800, None)
    assert not silences([0.0], intervals=3, now_s=1e9)


def test_a_reading_sent_again_later_is_stale() -> None:
    late = stale(np.array([0.0, 0.0]), np.array([60.0, 9000.0]), minutes=120)
    np.testing.assert_allclose(late, [0, 30])


def test_the_supplied_rules_carry_their_version_and_find_each_kind_of_doubt() -> None:
    rules = QualityRules.supplied()
    assert rules.version
    assert rules.source
    generator = np.random.default_rng(2)
    values = {
        "ph": generator.normal(8, 0.02, 200),
        "nh3n": generator.normal(1, 0.02, 200),
        "tn": generator.normal(3, 0.02, 200),
    }
    values["ph"][20] = 0
    values["ph"][100:150] = 8
    values["tn"][180:] = 0.5
    assert {finding.rule for finding in check(HOURS, values, rules)} >= {"range", "stuck", "logic"}


def test_rules_that_are_not_understood_are_refused_by_name() -> None:
    with pytest.raises(DetectionError, match="greatest"):
        QualityRules.of({"version": "1", "source": "", "parameters": {"ph": {"greatest": 14}}})
    with pytest.raises(DetectionError, match="parameters"):
        QualityRules.of({"version": "1", "source": ""})


columns = st.lists(
    st.one_of(st.just(float("nan")), st.floats(-1e9, 1e9), st.just(float("inf"))), min_size=1, max_size=60
)


@given(columns, st.randoms(use_true_random=False))
def test_no_series_however_odd_breaks_the_rules(column: list[float], random: object) -> None:
    values = np.array(column)
    time_s = np.cumsum([random.random() * 7200 * (random.random() > 0.2) for _ in column])  # type: ignore[attr-defined]
    series = dict.fromkeys(("ph", "do", "wt", "nh3n", "tn", "codmn", "cod"), values)
    for finding in [*check(time_s, series, QualityRules.supplied()), *missing(series)]:
        assert 0 <= finding.first <= finding.last < len(values)
        assert finding.reason
