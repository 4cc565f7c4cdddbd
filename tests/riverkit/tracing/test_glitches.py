"""Readings that stand alone: an analyser that erred once convicts nobody, and water that passed is not thrown away."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.network import Location, Network, Reach
from riverkit.tracing import Candidate, Noise, Posterior, StationSeries, StrengthPrior, trace
from riverkit.tracing.readings import standing_alone
from riverkit.transport import FlowTime

HOUR_S = 3_600.0
RIVER = Network.build(
    [
        Reach("stem", "a", "b", 20_000.0, velocity_m_s=0.5, dispersion_m2s=8.0, discharge_m3s=2.0),
        Reach("lower", "b", "c", 20_000.0, velocity_m_s=0.5, dispersion_m2s=8.0, discharge_m3s=2.0),
    ]
)
NEAR, FAR = Candidate("near", Location("stem", 19_000.0)), Candidate("far", Location("stem", 4_000.0))
NOTHING = Candidate("nothing", None, "nothing", prior=0.1)
NOISE = Noise(0.05, 0.05, 0.05)


def station(value, every_s=HOUR_S, chainage=1_000.0, name="bridge"):
    value = np.asarray(value, dtype=float)
    return StationSeries(Location("lower", chainage), 2.0, every_s * np.arange(len(value)), value, name=name)


def level(count=48, seed=2):
    return 0.5 + np.random.default_rng(seed).normal(0.0, 0.03, count)


def asked(series, candidates=(NEAR, FAR, NOTHING), **more):
    first, last = -12 * HOUR_S, max(each.time_s.max() for each in series)
    return trace(
        RIVER,
        series,
        list(candidates),
        first_start_s=first,
        start_step_s=600.0,
        n_starts=int((last - first) / 600.0),
        durations_s=[600.0, 1_200.0, HOUR_S, 4 * HOUR_S],
        noise=NOISE,
        strength=StrengthPrior(0.0, 200.0),
        **more,
    )


def by_key(posterior):
    return {found.key: found for found in posterior.candidates}


def released(at_hour, mass_per_m3=6.0, lasting=3, count=48):
    """A broad cloud over several readings."""
    hours = np.arange(count)
    return mass_per_m3 * np.exp(-0.5 * ((hours - at_hour) / lasting) ** 2)


@pytest.mark.parametrize("value", [3.0, 30.0])
def test_one_wrong_reading_convicts_nobody(value):
    readings = level(144)
    readings[30] = value
    found = asked([station(readings, every_s=1_200.0)])
    assert found.note.startswith("Nothing rose")
    (aside,) = found.set_aside
    assert (aside.station, aside.time_s, aside.value) == ("bridge", 10 * HOUR_S, value)
    assert aside.probability > 0.9
    readings[30] = np.nan
    without = by_key(asked([station(readings, every_s=1_200.0)]))
    for key, each in by_key(found).items():
        assert each.probability == pytest.approx(without[key].probability, abs=0.03)


def test_three_wrong_readings_at_one_station_of_two_are_nothing_in_the_river():
    readings = level()
    readings[30:33] = 3.0, 2.8, 3.1
    found = by_key(asked([station(readings), station(level(seed=3), chainage=12_000.0, name="weir")]))
    assert found["nothing"].probability > 0.9


def test_a_wrong_reading_at_another_station_does_not_move_the_suspicion():
    event = [
        station(level() + released(20.0)),
        station(level(seed=3) + released(26.0), chainage=12_000.0, name="weir"),
    ]
    spoilt = event[1].value.copy()
    spoilt[5] = 9.0
    before = by_key(asked(event))
    after = asked([event[0], replace(event[1], value=spoilt)])
    assert after.set_aside[0].probability > 0.99
    for key, found in by_key(after).items():
        assert found.probability == pytest.approx(before[key].probability, abs=0.05)


def test_water_that_passed_between_two_readings_stays_possible():
    """Read every four hours, a release of twenty minutes a kilometre above is a single reading."""
    readings = level(24)
    readings[12] = 2.0
    found = asked([station(readings, every_s=4 * HOUR_S, chainage=0.0)])
    assert 0.05 < found.set_aside[0].probability < 0.999
    assert max(each.probability for each in found.candidates) < 0.8


def test_releases_of_both_cases_are_kept_by_their_weight_and_survive_json():
    readings = level(24)
    readings[12] = 2.0
    found = asked([station(readings, every_s=4 * HOUR_S, chainage=0.0)], keep_releases=True)
    by_release = dict(zip(found.releases.keys, found.releases.probabilities(), strict=True))
    for each in found.candidates:
        assert by_release.get(each.key, 0.0) == pytest.approx(each.probability, abs=1e-6)
    again = Posterior.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.set_aside == found.set_aside
    assert again.candidates == found.candidates


def test_in_flow_time_a_reading_that_stands_alone_keeps_its_time_by_the_clock():
    readings = level()
    readings[30] = 3.0
    flow = FlowTime(np.array([0.0, 48 * HOUR_S]), np.array([1.0, 2.0]))
    found = asked([station(readings)], flow=flow)
    assert found.set_aside[0].time_s == 30 * HOUR_S


@given(st.integers(2, 40), st.floats(0.5, 50.0), st.floats(1.5, 8.0))
@settings(max_examples=50, deadline=None)
def test_the_top_of_a_cloud_that_was_seen_to_rise_and_fall_does_not_stand_alone(at, height, width):
    hours = np.arange(48.0)
    value = 0.5 + height * np.exp(-0.5 * ((hours - at) / width) ** 2)
    found, _ = standing_alone(HOUR_S * hours, value, 0.05 + 0.05 * value)
    assert len(found) == 0


@given(st.integers(0, 47), st.floats(2.0, 1e6), st.booleans())
@settings(max_examples=50, deadline=None)
def test_one_reading_far_off_stands_alone_wherever_it_is(at, height, below):
    value = level()
    value[at] += -height if below else height
    found, departure = standing_alone(HOUR_S * np.arange(48.0), value, np.full(48, 0.05))
    assert found.tolist() == [at]
    assert abs(departure[0]) == pytest.approx(height, abs=0.3)
