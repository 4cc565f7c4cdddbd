"""Traces while the flow rises or falls: they run in flow-time, and answer by the clock."""

import dataclasses
import json

import numpy as np
import pytest
from riverkit.network import Location, Network
from riverkit.simulation import Release, simulate
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    HydraulicPrior,
    Noise,
    Posterior,
    StartPrior,
    StationSeries,
    StrengthPrior,
    Survey,
    trace,
)
from riverkit.transport import FlowTime

from tests.riverkit.tracing.forked_river import FLOW, concentration, river

STEP = 300.0
DURATIONS_S = [600.0, 1_200.0, 2_400.0]
"""In flow-time."""

SETTINGS = {
    "first_start_s": 0.0,
    "start_step_s": STEP,
    "n_starts": 80,
    "durations_s": DURATIONS_S,
    "noise": Noise(0.03, 0.0, 0.0),
    "strength": StrengthPrior(0.0, 50.0),
    "background": BackgroundPrior(1.0),
}
CANDIDATES = [
    Candidate("west mill", Location("west", 1_000.0)),
    Candidate("east works", Location("east", 5_500.0)),
    Candidate("stem farm", Location("stem", 500.0)),
    Candidate("nothing", None, "nothing", 0.5),
]
FROM_WORKS_M = 2_500.0
MASS = 12.0
DAYS = np.arange(0.0, 90_001.0, 600.0)


def swell(time_s):
    """Flow over that of the network."""
    return 1.0 + 0.4 * np.sin(2 * np.pi * time_s / 40_000.0)


SWELLING = FlowTime(DAYS, swell(DAYS))
START, END = SWELLING.clock_s([15_300.0, 15_300.0 + DURATIONS_S[-1]]).tolist()
"""Of the true release, by the clock: 11,975 and 13,740 s."""


def stations(seen, noise=0.03):
    """Two stations on the stem, in noise; `seen` gives the rise at a distance from the works and times of the clock."""
    rng, series = np.random.default_rng(2), []
    for name, chainage in (("bridge", 2_000.0), ("weir", 9_000.0)):
        time = np.arange(0.0, 60_000.0, 900.0)
        value = 0.4 + seen(FROM_WORKS_M + chainage, time) + rng.normal(0.0, noise, len(time))
        series.append(StationSeries(Location("stem", chainage), FLOW, time, value, name=name))
    return series


def carried_by_the_swell(distance_m, time_s):
    """What a release that is constant over the flow shows, by the closed forms."""
    flow_s = np.arange(0.0, 80_000.0, 50.0)
    kernel = concentration(distance_m, flow_s, 0.0, DURATIONS_S[-1], MASS)
    return SWELLING.on_clock(flow_s, kernel, START, time_s)


def steadily(distance_m, time_s):
    return concentration(distance_m, time_s, 4_500.0, 1_200.0, MASS)


def by_key(posterior):
    return {candidate.key: candidate for candidate in posterior.candidates}


def moments_of(result):
    """All times of a candidate's answer."""
    passages = [moment for each in result.predicted for moment in each.passage_s or ()]
    told = [moment for each in result.predicted for moment in each.time_s]
    intervals = [] if result.start_s is None else [*dataclasses.astuple(result.start_s)]
    apart = [each.time_s for each in result.contrasts]
    return np.array([*intervals, *passages, *told, *apart])


@pytest.fixture(scope="module")
def found():
    return trace(
        river(), stations(carried_by_the_swell), CANDIDATES, flow=SWELLING, keep_releases=True, **SETTINGS
    )


def boat():
    time, chainage = np.linspace(9_000.0, 21_000.0, 30), np.linspace(9_500.0, 500.0, 30)
    value = 0.4 + steadily(FROM_WORKS_M + chainage, time)
    return Survey(
        [Location("stem", float(each)) for each in chainage], np.full(30, FLOW), time, value, name="boat"
    )


@pytest.mark.parametrize(
    "prior",
    [None, HydraulicPrior(4, velocity_log_sd=0.1), HydraulicPrior(32, velocity_log_sd=0.1, adaptive=True)],
)
def test_a_flow_that_does_not_change_changes_nothing(prior):
    starts = StartPrior(((3_000.0, 9_000.0),), outside=0.1)
    candidates = [*CANDIDATES, Candidate("next door", Location("east", 5_400.0), starts=starts)]
    settings = {**SETTINGS, "noise": Noise(0.2, 0.0, 0.0), "decay_per_s": 1e-5, "n_starts": 40}
    settings |= {"hydraulics": prior, "keep_releases": True}
    read = [*stations(steadily, 0.2), boat()]
    plain = trace(river(), read, candidates, **settings)
    found = trace(river(), read, candidates, flow=FlowTime([0.0, 1e5], [1.0, 1.0]), **settings)
    for key, each in by_key(plain).items():
        own = by_key(found)[key]
        assert own.log_evidence == each.log_evidence
        assert own.probability == each.probability
        assert own.released_kg == each.released_kg
        np.testing.assert_allclose(moments_of(own), moments_of(each), atol=1e-6)
    assert by_key(found)["east works"].contrasts
    np.testing.assert_allclose(found.releases.start_s, plain.releases.start_s, atol=1e-6)
    np.testing.assert_allclose(found.releases.duration_s, plain.releases.duration_s, atol=1e-6)


def test_where_flow_time_begins_does_not_matter(found):
    late = FlowTime(DAYS - 12_345.0, swell(DAYS - 12_345.0))
    again = trace(river(), stations(carried_by_the_swell), CANDIDATES, flow=late, **SETTINGS)
    for key, each in by_key(found).items():
        # The start times of the search lie elsewhere between those before.
        assert by_key(again)[key].probability == pytest.approx(each.probability, abs=1e-3)
    starts = [by_key(each)["east works"].start_s.median for each in (again, found)]
    assert starts[0] == pytest.approx(starts[1], abs=STEP)


def test_what_a_swelling_river_carried_is_traced_to_its_outfall_and_hour_and_mass(found):
    best = found.candidates[0]
    assert best.key == "east works"
    assert best.probability > 0.95
    assert best.start_s.low <= START <= best.start_s.high
    assert best.start_s.high - best.start_s.low < 2 * STEP
    assert best.released_kg.low <= MASS <= best.released_kg.high
    assert best.duration_s.median == pytest.approx(END - START, rel=0.02)


def test_the_steady_trace_of_a_swelling_river_explains_less_and_errs(found):
    steady = by_key(trace(river(), stations(carried_by_the_swell), CANDIDATES, **SETTINGS))
    assert found.candidates[0].log_evidence > 100.0 + max(steady[key].log_evidence for key in steady)
    assert steady["east works"].probability < 0.5


def test_predictions_passages_and_contrasts_are_by_the_clock():
    rivals = [CANDIDATES[1], Candidate("next door", Location("east", 5_350.0))]
    read = stations(carried_by_the_swell, 0.2)
    settings = {**SETTINGS, "noise": Noise(0.2, 0.0, 0.0)}
    found = by_key(trace(river(), read, rivals, flow=SWELLING, **settings))
    best, other = found["east works"], found["next door"]
    for station, predicted in zip(read, best.predicted, strict=True):
        np.testing.assert_allclose(predicted.time_s, station.time_s, atol=1e-6)
        clean = 0.4 + carried_by_the_swell(FROM_WORKS_M + station.location.chainage_m, station.time_s)
        np.testing.assert_allclose(predicted.mean, clean, atol=0.3)
        high = station.time_s[clean > 0.4 + 0.5 * (clean.max() - 0.4)]
        assert predicted.passage_s[0] <= high[0] + 900.0
        assert predicted.passage_s[1] >= high[-1] - 900.0
    (contrast,) = best.contrasts
    (station,) = (each for each in read if each.name == contrast.station)
    assert np.abs(station.time_s - contrast.time_s).min() < 1e-6
    assert other.contrasts[0].time_s == pytest.approx(contrast.time_s)


@pytest.mark.parametrize(
    ("window", "likely"),
    [((START - 900.0, START + 900.0), True), (tuple(SWELLING.flow_s([START - 900.0, START + 900.0])), False)],
)
def test_windows_in_which_a_release_may_have_begun_are_by_the_clock(window, likely):
    candidates = [dataclasses.replace(each, starts=StartPrior((window,))) for each in CANDIDATES[1:2]]
    best = trace(
        river(), stations(carried_by_the_swell), [*candidates, CANDIDATES[-1]], flow=SWELLING, **SETTINGS
    )
    works = by_key(best)["east works"]
    assert window[0] - STEP <= works.start_s.low <= works.start_s.high <= window[1] + STEP
    assert (works.log_evidence > 3_000.0) is likely


def test_releases_that_are_kept_begin_and_last_by_the_clock(found):
    releases = found.releases
    own = releases.candidate == releases.keys.index("east works")
    begins = np.average(releases.start_s[own], weights=releases.weight[own])
    assert begins == pytest.approx(START, abs=STEP)
    assert np.average(releases.duration_s[own], weights=releases.weight[own]) == pytest.approx(
        END - START, rel=0.05
    )


def test_twice_the_flow_throughout_is_a_river_twice_as_fast_also_for_what_decays():
    decay_per_s = 3e-5
    fast = Network.build(
        dataclasses.replace(
            each,
            velocity_m_s=2 * each.velocity_m_s,
            dispersion_m2s=2 * each.dispersion_m2s,
            discharge_m3s=2 * each.discharge_m3s,
        )
        for each in river().reaches
    )
    read = stations(
        lambda distance_m, time_s: np.exp(-decay_per_s * 6_000.0) * steadily(distance_m, 2 * time_s)
    )
    settings = {**SETTINGS, "decay_per_s": decay_per_s}
    found = by_key(trace(river(), read, CANDIDATES, flow=FlowTime([0.0], [2.0]), **settings))
    steady = {**settings, "start_step_s": 0.5 * STEP, "durations_s": [0.5 * each for each in DURATIONS_S]}
    doubled = [dataclasses.replace(each, discharge_m3s=2 * FLOW) for each in read]
    expected = by_key(trace(fast, doubled, CANDIDATES, **{**steady, "n_starts": 160}))
    assert expected["east works"].probability > 0.9
    for key, each in expected.items():
        assert found[key].log_evidence == pytest.approx(each.log_evidence, abs=1e-6)
        np.testing.assert_allclose(moments_of(found[key]), moments_of(each), atol=1e-3)
        if each.released_kg is not None:
            assert found[key].released_kg.median == pytest.approx(each.released_kg.median, rel=1e-6)
            assert found[key].duration_s.median == pytest.approx(each.duration_s.median)


def test_the_settings_of_the_answer_are_those_that_were_given(found):
    decaying = trace(
        river(), stations(carried_by_the_swell), CANDIDATES, flow=SWELLING, decay_per_s=1e-5, **SETTINGS
    )
    stored = json.loads(json.dumps(decaying.to_dict(), allow_nan=False))
    assert Posterior.from_dict(stored) == decaying
    told = stored["settings"]
    assert (told["first_start_s"], told["n_starts"], told["decay_per_s"]) == (0.0, 80, 1e-5)
    assert told["flow"] == {"time_s": DAYS.tolist(), "factor": swell(DAYS).tolist()}


def test_one_bottle_alone_is_traced_under_the_flow_of_its_moment():
    bottle = StationSeries(
        Location("stem", 2_000.0), FLOW, np.array([24_000.0]), np.array([1.5]), background=0.4
    )
    flow = FlowTime([0.0, 20_000.0, 22_000.0], [1.0, 1.0, 1.5])
    settings = {**SETTINGS, "background": BackgroundPrior(), "decay_per_s": 1e-5}
    found = by_key(trace(river(), [bottle], CANDIDATES, flow=flow, **settings))
    starts = found["east works"].start_s
    assert starts.low < 24_000.0 - 4_500.0 / 0.6 < starts.high
    assert found["east works"].log_evidence > found["nothing"].log_evidence


def test_what_the_independent_solver_carries_down_a_swelling_river_is_traced():
    places = [Location("east", 7_500.0), Location("stem", 2_000.0), Location("stem", 9_000.0)]
    works = Release(Location("east", 5_500.0), START, END - START, MASS)
    solved = simulate(river(), [works], places, duration_s=60_000.0, cell_m=100.0, flow_factor=swell)
    time, rng = np.arange(0.0, 60_000.0, 900.0), np.random.default_rng(3)
    read = [
        StationSeries(
            place,
            river().reach(place.reach_id).discharge_m3s,
            time,
            0.4 + np.interp(time, solved.time_s, curve) + rng.normal(0.0, 0.03, len(time)),
        )
        for place, curve in zip(places, solved.concentration, strict=True)
    ]
    # It lets the release spread upstream too, so that its cloud is off by D/u², 48 s.
    settings = {**SETTINGS, "noise": Noise(0.03, 0.0, 0.05)}
    found = trace(river(), read, CANDIDATES, flow=SWELLING, **settings)
    steady = trace(river(), read, CANDIDATES, **settings)
    best = found.candidates[0]
    assert best.key == "east works"
    assert best.probability > 0.99
    assert best.start_s.median == pytest.approx(START, abs=STEP)
    assert best.released_kg.median == pytest.approx(MASS, rel=0.05)
    assert best.log_evidence > 100.0 + max(each.log_evidence for each in steady.candidates)
