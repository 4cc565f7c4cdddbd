"""Moving stations: every reading sees the water of its own place, and all share one background and one noise."""

import dataclasses

import numpy as np
import pytest
from riverkit.errors import TracingError
from riverkit.network import Location
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    HydraulicPrior,
    Noise,
    StationSeries,
    StrengthPrior,
    Survey,
    trace,
    trace_several,
)
from riverkit.tracing.readings import on_grid, prepare
from riverkit.tracing.singly import SinglePassing
from scipy import special, stats

from tests.riverkit.tracing.forked_river import FLOW, concentration, river

START, DURATION, MASS = 4_500.0, 1_800.0, 12.0
STEP, N_STARTS = 300.0, 80
SETTINGS = {
    "first_start_s": 0.0,
    "start_step_s": STEP,
    "n_starts": N_STARTS,
    "durations_s": [600.0, 1_800.0, 3_600.0],
    "noise": Noise(0.05, 0.0, 0.02),
    "strength": StrengthPrior(0.0, 50.0),
    "background": BackgroundPrior(1.0, 0.3),
}
CANDIDATES = [
    Candidate("west mill", Location("west", 1_000.0)),
    Candidate("east works", Location("east", 5_500.0)),
    Candidate("nothing", None, "nothing", 0.5),
]
DISTANCE_M = {"west mill": 5_000.0, "east works": 2_500.0}
"""From each outfall to the upper end of the stem."""


def boat(seed=1, readings=60, noise=0.05, merged_m=0.0):
    """A boat runs up the stem, against the cloud of the east works, over a background of 0.4 g/m³ that drifts."""
    rng = np.random.default_rng(seed)
    time = np.linspace(9_000.0, 21_000.0, readings)
    chainage = np.linspace(9_500.0, 500.0, readings)
    value = 0.4 + 1e-5 * (time - time.mean())
    value += concentration(DISTANCE_M["east works"] + chainage, time, START, DURATION, MASS)
    value += rng.normal(0.0, noise, readings)
    places = [Location("stem", float(each)) for each in chainage]
    return Survey(places, np.full(readings, FLOW), time, value, name="boat", merged_m=merged_m)


def by_key(posterior):
    return {candidate.key: candidate for candidate in posterior.candidates}


def brute_force_log_evidence(distance_m, survey):
    """Dense normals over all readings of the boat, closed-form kernels, and the strength by the textbook formula."""
    chainage = np.array([place.chainage_m for place in survey.locations])
    rise, days = np.ptp(survey.value), (survey.time_s - survey.time_s.mean()) / 86_400
    n = len(survey.time_s)
    covariance = (0.05**2 + (0.02 * rise) ** 2) * np.eye(n) + 1.0**2 + 0.3**2 * np.outer(days, days)
    precision = np.linalg.inv(covariance)
    log_cells = []
    for duration in SETTINGS["durations_s"]:
        for start in STEP * np.arange(N_STARTS):
            g = concentration(distance_m + chainage, survey.time_s, start, duration, 1.0)
            s_gg = g @ precision @ g
            s_gy = g @ precision @ (survey.value - np.median(survey.value))
            variance = 1 / (s_gg + 1 / 50.0**2)
            mean = s_gy * variance
            log_cells.append(
                0.5 * np.log(variance / 50.0**2)
                + mean**2 / variance / 2
                + stats.norm.logcdf(mean / np.sqrt(variance))
                - np.log(0.5)
            )
    return special.logsumexp(log_cells) - np.log(len(log_cells))


def test_the_posterior_of_a_boat_survey_equals_one_computed_by_brute_force():
    # Between grid times the integral is taken as linear: a boat reads between them, so steps are made fine.
    fine = {**SETTINGS, "start_step_s": STEP / 5, "n_starts": 5 * N_STARTS}
    survey = boat()
    found = by_key(trace(river(), [survey], CANDIDATES, **fine))
    for key, distance_m in DISTANCE_M.items():
        log_cells = []
        for part in range(5):
            shifted = dataclasses.replace(survey, time_s=survey.time_s - part * STEP / 5)
            log_cells.append(brute_force_log_evidence(distance_m, shifted))
        expected = special.logsumexp(log_cells) - np.log(5)
        assert found[key].log_evidence == pytest.approx(expected, abs=0.02), key


def test_a_boat_finds_the_outfall_its_time_and_its_mass():
    best = trace(river(), [boat()], CANDIDATES, **SETTINGS).candidates[0]
    assert best.key == "east works"
    assert best.start_s.low <= START <= best.start_s.high
    assert best.released_kg.low <= MASS <= best.released_kg.high


def test_predictions_of_a_survey_are_by_its_readings_in_order_of_time():
    survey = boat()
    best = trace(river(), [survey], CANDIDATES, **SETTINGS).candidates[0]
    (predicted,) = best.predicted
    assert predicted.station == "boat"
    assert predicted.time_s == tuple(survey.time_s)
    chainage = np.array([place.chainage_m for place in survey.locations])
    signal = concentration(2_500.0 + chainage, survey.time_s, START, DURATION, MASS)
    clean = 0.4 + 1e-5 * (survey.time_s - survey.time_s.mean()) + signal
    assert signal.max() > 1.0
    assert np.array(predicted.mean) == pytest.approx(clean, abs=0.12)


def direct_products(survey, prepared, integral, start, steps, first_start):
    """S_gg and S_gy of one start and duration by interpolation and one dense matrix over all places."""
    precision = np.diag(prepared.weight) - prepared.projections.T @ prepared.projections
    position = (prepared.time_s - first_start) / STEP - start
    grid = np.arange(integral.shape[1])
    g = np.array(
        [
            np.interp(at, grid, integral[point], left=0.0)
            - np.interp(at - steps, grid, integral[point], left=0.0)
            for at, point in zip(position, prepared.point, strict=True)
        ]
    )
    g /= steps
    return g @ precision @ g, g @ precision @ (prepared.value - prepared.prior_background)


@pytest.mark.parametrize("background", [BackgroundPrior(0.0), BackgroundPrior(2.0, 1.5)])
def test_products_equal_direct_sums_and_no_release_explains_more_than_its_bound(background):
    rng = np.random.default_rng(5)
    time = np.sort(rng.uniform(-2_000.0, 20_000.0, 40))
    places = [Location("stem", float(each)) for each in rng.uniform(0.0, 9_000.0, 40)]
    survey = Survey(places, np.full(40, FLOW), time, rng.uniform(0.2, 3.0, 40), merged_m=900.0)
    assert 5 < len(survey.points.locations) < 20
    prepared = prepare(survey, Noise(0.1, 0.1, 0.05), background)
    gridded = on_grid([prepared], -1_000.0, STEP)
    kernel = rng.gamma(2.0, 1.0, (prepared.n_points, gridded.size)) * np.exp(-np.arange(gridded.size) / 6.0)
    kernel[:, :3] = 0.0
    kernel[:, 30:] = 0.0
    integral = np.cumsum(kernel, axis=1)
    integral[2] = 0.0
    steps = np.array([1, 3, 12])
    passing = SinglePassing(gridded.single, integral[None], 60, steps)
    s_gg, s_gy = passing.products(np.array([0]), np.array([7]), 50)
    bounds = np.repeat(passing.bounds(4)[0], 4)[7:57]
    for row, duration in enumerate(steps):
        for start in range(50):
            gg, gy = direct_products(survey, prepared, integral, start + 7, duration, -1_000.0)
            assert s_gg[0, row, start] == pytest.approx(gg, rel=1e-9, abs=1e-9 * s_gg.max())
            assert s_gy[0, row, start] == pytest.approx(gy, rel=1e-9, abs=1e-9 * np.abs(s_gy).max())
            if start < 50 and gg > 1e-9 * s_gg.max() and start < len(bounds):
                assert 0.5 * gy**2 / gg <= bounds[start] * (1 + 1e-9) + 1e-9


def test_a_boat_that_stays_at_one_place_is_a_station():
    rng = np.random.default_rng(2)
    time = np.arange(0.0, 60_000.0, 900.0)
    value = 0.4 + concentration(4_500.0, time, START, DURATION, MASS) + rng.normal(0.0, 0.05, len(time))
    place = Location("stem", 2_000.0)
    station = StationSeries(place, FLOW, time, value)
    still = Survey([place] * len(time), np.full(len(time), FLOW), time, value)
    # Two neighbouring places, so that it is summed reading by reading.
    rocking = [Location("stem", 2_000.0 + 1e-6 * (row % 2)) for row in range(len(time))]
    rocked = Survey(rocking, np.full(len(time), FLOW), time, value, merged_m=0.0)
    expected = by_key(trace(river(), [station], CANDIDATES, **SETTINGS))
    for survey in (still, rocked):
        found = by_key(trace(river(), [survey], CANDIDATES, **SETTINGS))
        for key, each in expected.items():
            assert found[key].log_evidence == pytest.approx(each.log_evidence, abs=1e-5), key
            assert found[key].probability == pytest.approx(each.probability, abs=1e-6)


def test_the_order_of_a_surveys_readings_does_not_matter():
    survey = boat(merged_m=400.0)
    turned = np.random.default_rng(3).permutation(len(survey.time_s))
    shuffled = dataclasses.replace(
        survey,
        locations=[survey.locations[row] for row in turned],
        time_s=survey.time_s[turned],
        value=survey.value[turned],
    )
    expected, found = (trace(river(), [each], CANDIDATES, **SETTINGS) for each in (survey, shuffled))
    assert found.candidates[0].released_kg.median == pytest.approx(expected.candidates[0].released_kg.median)
    for key, each in by_key(expected).items():
        assert by_key(found)[key].log_evidence == pytest.approx(each.log_evidence, abs=1e-8)


def test_one_background_for_all_places_tells_more_than_one_for_each():
    # A level step of the boat's sensor is one unknown; taken place by place it would be sixty.
    survey = boat(noise=0.02)
    apart = [
        StationSeries(place, FLOW, survey.time_s[[row]], survey.value[[row]], background=0.4)
        for row, place in enumerate(survey.locations)
    ]
    together = by_key(trace(river(), [survey], CANDIDATES, **SETTINGS))["east works"]
    separate = by_key(trace(river(), apart, CANDIDATES, **{**SETTINGS, "background": BackgroundPrior(1.0)}))[
        "east works"
    ]
    assert together.log_evidence > separate.log_evidence + 20.0


def test_readings_close_together_are_merged_into_one_place_in_their_middle():
    chainages = [100.0, 130.0, 149.0, 151.0, 4_000.0, 120.0]
    places = [*(Location("stem", each) for each in chainages), Location("west", 110.0)]
    flows = np.array([2.0, 2.0, 2.0, 3.0, 2.0, 4.0, 1.0])
    survey = Survey(places, flows, np.arange(7.0), np.ones(7), merged_m=50.0)
    found = survey.points
    assert [(each.reach_id, each.chainage_m) for each in found.locations] == [
        ("stem", 124.5),
        ("stem", 151.0),
        ("stem", 4_000.0),
        ("west", 110.0),
    ]
    assert found.of_reading.tolist() == [0, 0, 0, 1, 2, 0, 3]
    assert found.discharge_m3s.tolist() == [2.5, 3.0, 2.0, 1.0]
    assert len(dataclasses.replace(survey, merged_m=0.0).points.locations) == 7


def test_merging_readings_hardly_changes_the_answer():
    expected = by_key(trace(river(), [boat(readings=120)], CANDIDATES, **SETTINGS))
    found = by_key(trace(river(), [boat(readings=120, merged_m=160.0)], CANDIDATES, **SETTINGS))
    assert len(boat(readings=120, merged_m=160.0).points.locations) <= 60
    for key, each in expected.items():
        assert found[key].log_evidence == pytest.approx(
            each.log_evidence, abs=0.01 * abs(each.log_evidence) + 0.5
        )
        assert found[key].probability == pytest.approx(each.probability, abs=0.01)


def test_a_survey_joins_a_station_hydraulic_settings_and_limits_of_detection():
    time = np.arange(0.0, 60_000.0, 1_800.0)
    value = 0.4 + concentration(11_500.0, time, START, DURATION, MASS)
    weir = StationSeries(Location("stem", 9_000.0), FLOW, time, value, background=0.4)
    survey = boat()
    below = survey.value < 0.38
    assert below.any()
    survey = dataclasses.replace(survey, below=below, value=np.where(below, 0.38, survey.value))
    prior = HydraulicPrior(32, velocity_log_sd=0.02, gain_log_sd=0.1, adaptive=True)
    best = trace(river(), [weir, survey], CANDIDATES, hydraulics=prior, **SETTINGS).candidates[0]
    assert best.key == "east works"
    assert best.probability > 0.9
    assert [each.station for each in best.predicted] == ["stem", "boat"]


def test_several_sources_are_weighed_by_a_survey_as_one_is():
    few = {**SETTINGS, "n_starts": 40, "durations_s": [1_800.0]}
    step, begin = SETTINGS["start_step_s"], SETTINGS["first_start_s"]
    finer = {**few, "first_start_s": begin - step / 2, "start_step_s": step / 8, "n_starts": 320}
    single = by_key(trace(river(), [boat()], CANDIDATES, **finer))
    found = trace_several(river(), [boat()], CANDIDATES[:2], number_prior=(1.0,), **few)
    expected = special.logsumexp([single[key].log_evidence for key in DISTANCE_M]) - np.log(2)
    assert found.log_evidence[0] == pytest.approx(expected, abs=0.1)


def test_the_prior_of_the_mass_is_wide_enough_for_a_boat_too():
    assert StrengthPrior.from_readings([boat()]).sd_kg > MASS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"discharge_m3s": np.full(60, 0.0)}, "above 0"),
        ({"discharge_m3s": np.full(59, 2.0)}, "differ in number"),
        ({"locations": [Location("stem", 1.0)]}, "differ in number"),
        ({"value": np.full(60, np.nan)}, "no usable reading"),
        ({"merged_m": -1.0}, "at least 0"),
    ],
)
def test_unusable_surveys_are_refused_by_name(change, words):
    with pytest.raises(TracingError, match=rf"Survey 'boat'.*{words}"):
        dataclasses.replace(boat(), **change)
