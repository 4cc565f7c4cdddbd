import dataclasses
import itertools
import json

import numpy as np
import pytest
from riverkit.errors import TracingError, TransportError
from riverkit.network import Location, Network, Reach, Regime
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    Noise,
    Posterior,
    PowerLawPrior,
    StationSeries,
    StoragePrior,
    StrengthPrior,
    hydraulics,
    trace,
)
from riverkit.tracing.adaptive import FEWEST
from riverkit.tracing.next_sample import Crew, SampleNoise, SamplingPlace, next_samples
from riverkit.tracing.over_settings import ENOUGH
from scipy import special, stats

from tests.riverkit.tracing.forked_river import FLOW, SPEED, concentration, river

STEP = 300.0
SETTINGS = {
    "first_start_s": 0.0,
    "start_step_s": STEP,
    "n_starts": 80,
    "durations_s": [600.0, 1_800.0, 3_600.0],
    "noise": Noise(0.05, 0.0, 0.02),
    "strength": StrengthPrior(0.0, 50.0),
    "background": BackgroundPrior(1.0),
}
CANDIDATES = [
    Candidate("west mill", Location("west", 1_000.0)),
    Candidate("east works", Location("east", 5_500.0)),
    Candidate("stem farm", Location("stem", 500.0)),
    Candidate("somewhere east", Location("east", 0.0), "unlisted", 0.5),
    Candidate("nothing", None, "nothing", 0.5),
]
START, DURATION, MASS = 4_500.0, 1_800.0, 12.0


def stations(seed=1, noise=0.05, spacing=900.0):
    """Two stations on the stem that saw the east works' release over a background of 0.4 g/m³."""
    rng = np.random.default_rng(seed)
    series = []
    for name, chainage in (("bridge", 2_000.0), ("weir", 9_000.0)):
        time = np.arange(0.0, 60_000.0, spacing)
        value = 0.4 + concentration(2_500.0 + chainage, time, START, DURATION, MASS)
        value += rng.normal(0.0, noise, len(time))
        series.append(StationSeries(Location("stem", chainage), FLOW, time, value, name=name))
    return series


@pytest.fixture(scope="module")
def found():
    return trace(river(), stations(), CANDIDATES, **SETTINGS)


def by_key(posterior):
    return {candidate.key: candidate for candidate in posterior.candidates}


def test_the_true_outfall_time_and_mass_are_found(found):
    best = found.candidates[0]
    assert best.key == "east works"
    assert best.probability > 0.85
    assert best.start_s.low <= START <= best.start_s.high
    assert best.start_s.high - best.start_s.low < 1_800.0
    assert best.released_kg.low <= MASS <= best.released_kg.high
    assert best.duration_s.low <= DURATION <= best.duration_s.high
    assert sum(candidate.probability for candidate in found.candidates) == pytest.approx(1.0, abs=1e-12)
    assert found.hypotheses == (3 + 3) * 80 * 3


def brute_force_log_evidence(candidate_distance_m, series):
    """Dense normals, closed-form kernels, and the strength by the textbook formula."""
    log_cells = []
    for duration in SETTINGS["durations_s"]:
        for start in STEP * np.arange(SETTINGS["n_starts"]):
            s_gg = s_gy = 0.0
            for station in series:
                distance = candidate_distance_m + station.location.chainage_m
                g = concentration(distance, station.time_s, start, duration, 1.0)
                rise = np.ptp(station.value)
                n = len(g)
                precision = np.linalg.inv((0.05**2 + (0.02 * rise) ** 2) * np.eye(n) + 1.0**2)
                s_gg += g @ precision @ g
                s_gy += g @ precision @ (station.value - np.median(station.value))
            variance = 1 / (s_gg + 1 / 50.0**2)
            mean = s_gy * variance
            log_cells.append(
                0.5 * np.log(variance / 50.0**2)
                + mean**2 / variance / 2
                + stats.norm.logcdf(mean / np.sqrt(variance))
                - np.log(0.5)
            )
    return special.logsumexp(log_cells) - np.log(len(log_cells))


def test_the_posterior_equals_one_computed_by_brute_force(found):
    results = by_key(found)
    expected = {
        "east works": brute_force_log_evidence(2_500.0, stations()),
        "west mill": brute_force_log_evidence(5_000.0, stations()),
        "stem farm": brute_force_log_evidence(-500.0, stations()),
        "somewhere east": special.logsumexp(
            [brute_force_log_evidence(8_000.0 * (1 - part), stations()) for part in (1 / 6, 1 / 2, 5 / 6)]
        )
        - np.log(3),
    }
    for key, log_evidence in expected.items():
        # The farm's cloud at the bridge has a deviation of 1.8 steps, at which the grid itself errs by 1e-5.
        tolerance = 1e-2 if key == "stem farm" else 1e-6
        assert results[key].log_evidence == pytest.approx(log_evidence, abs=tolerance), key


def test_predicted_bands_follow_the_readings(found):
    for station, predicted in zip(stations(), found.candidates[0].predicted, strict=True):
        assert predicted.station == station.name
        distance = 2_500.0 + station.location.chainage_m
        clean = 0.4 + concentration(distance, station.time_s, START, DURATION, MASS)
        assert np.array(predicted.mean) == pytest.approx(clean, abs=0.08)
        inside = (np.array(predicted.low) <= clean + 0.02) & (clean - 0.02 <= np.array(predicted.high))
        assert inside.mean() > 0.9
        assert (np.array(predicted.low) <= np.array(predicted.high)).all()


def test_the_window_of_passage_holds_the_cloud(found):
    for station, predicted in zip(stations(), found.candidates[0].predicted, strict=True):
        arrival = START + (2_500.0 + station.location.chainage_m) / SPEED
        first, last = predicted.passage_s
        assert first < arrival + DURATION / 2 < last
        assert last - first < 4 * 3_600.0


def test_leading_rivals_are_told_apart_by_the_reading_where_they_differ_most():
    rivals = [
        Candidate("east works", Location("east", 5_500.0)),
        Candidate("next door", Location("east", 5_350.0)),
    ]
    results = by_key(trace(river(), stations(), rivals, **SETTINGS))
    (contrast,) = results["east works"].contrasts
    assert contrast.rival == "next door"
    predicted = {each.station: each for each in results["east works"].predicted}[contrast.station]
    at = predicted.time_s.index(contrast.time_s)
    assert contrast.expected == predicted.mean[at]
    assert contrast.observed == predicted.observed[at]
    other = {each.station: each for each in results["next door"].predicted}[contrast.station]
    assert contrast.rival_expected == other.mean[at]
    assert results["next door"].contrasts[0].errors_apart == pytest.approx(contrast.errors_apart)


def test_what_the_readings_say_alone_stands_beside_the_probability_with_priors(found):
    believed = [dataclasses.replace(c, prior=5.0 if c.key == "west mill" else c.prior) for c in CANDIDATES]
    other = by_key(trace(river(), stations(), believed, **SETTINGS))
    assert other["west mill"].probability > by_key(found)["west mill"].probability
    for key, each in by_key(found).items():
        assert other[key].probability_by_evidence == pytest.approx(each.probability_by_evidence, rel=1e-9)
    total = sum(each.probability_by_evidence for each in found.candidates)
    assert total == pytest.approx(1.0)


def test_json_brings_back_the_same_posterior(found):
    stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert Posterior.from_dict(stored) == found
    assert stored["candidates"] == found.to_dict()["candidates"]


def test_the_same_input_gives_the_same_answer_in_any_order(found):
    again = trace(river(), stations(), CANDIDATES, **SETTINGS)
    assert again.candidates == found.candidates
    turned = trace(river(), stations()[::-1], CANDIDATES[::-1], **SETTINGS)
    for key, candidate in by_key(turned).items():
        assert candidate.probability == pytest.approx(by_key(found)[key].probability, rel=1e-9)


def test_shifting_all_clocks_shifts_only_the_start(found):
    late = [dataclasses.replace(s, time_s=s.time_s + 7e6) for s in stations()]
    shifted = trace(river(), late, CANDIDATES, **{**SETTINGS, "first_start_s": 7e6})
    best = shifted.candidates[0]
    assert best.log_evidence == pytest.approx(found.candidates[0].log_evidence, abs=1e-6)
    assert best.start_s.median - 7e6 == pytest.approx(found.candidates[0].start_s.median, abs=1e-3)


def test_twice_the_flow_at_the_stations_means_twice_the_mass(found):
    diluted = [dataclasses.replace(s, discharge_m3s=2 * FLOW) for s in stations()]
    doubled = trace(river(), diluted, CANDIDATES, **{**SETTINGS, "strength": StrengthPrior(0.0, 100.0)})
    best = doubled.candidates[0]
    assert best.probability == pytest.approx(found.candidates[0].probability, abs=1e-9)
    assert best.released_kg.median == pytest.approx(2 * found.candidates[0].released_kg.median)


def test_hydraulic_settings_are_averaged(found):
    prior = HydraulicPrior(3, velocity_log_sd=0.05, dispersion_log10_sd=0.3, seed=5)
    mixed = by_key(trace(river(), stations(), CANDIDATES, hydraulics=prior, **SETTINGS))
    parts = []
    points = hydraulics.evenly_spread(prior, 0)
    for velocity, dispersion, _ in hydraulics.settings_at(river(), prior, points):
        scaled = Network.build(
            dataclasses.replace(
                r,
                velocity_m_s=r.velocity_m_s * velocity[0],
                dispersion_m2s=r.dispersion_m2s * dispersion[0],
            )
            for r in river().reaches
        )
        parts.append(by_key(trace(scaled, stations(), CANDIDATES, **SETTINGS)))
    for key in ("east works", "west mill", "somewhere east"):
        expected = special.logsumexp([part[key].log_evidence for part in parts]) - np.log(3)
        assert mixed[key].log_evidence == pytest.approx(expected, abs=1e-9)


def test_groups_of_reaches_vary_on_top_of_the_rest_and_draws_are_as_wide_as_asked():
    network = river()
    group = HydraulicGroup(["west"], velocity_log_sd=0.4, dispersion_log10_sd=0.0)
    prior = HydraulicPrior(2_000, velocity_log_sd=0.1, dispersion_log10_sd=0.5, groups=(group,))
    points = hydraulics.evenly_spread(prior, 0)
    drawn = list(hydraulics.settings_at(network, prior, points))
    velocity = np.log([setting.velocity_factor for setting in drawn])
    dispersion = np.log10([setting.dispersion_factor for setting in drawn])
    west, stem = network.index("west"), network.index("stem")
    assert velocity.std(axis=0)[[west, stem]] == pytest.approx([np.hypot(0.4, 0.1), 0.1], rel=0.02)
    assert dispersion.std(axis=0)[[west, stem]] == pytest.approx([0.5, 0.5], abs=0.01)
    apart = velocity[:, west] - velocity[:, stem]
    assert abs(np.corrcoef(apart, velocity[:, stem])[0, 1]) < 0.02
    with pytest.raises(TracingError, match="'west' is in two"):
        list(hydraulics.settings_at(network, dataclasses.replace(prior, groups=(group, group)), points))


def test_dead_zones_are_drawn_around_their_medians():
    prior = HydraulicPrior(2_000, storage=StoragePrior(0.2, 1e-4, 0.3, 0.5))
    points = hydraulics.evenly_spread(prior, 0)
    drawn = np.log10([setting.storage for setting in hydraulics.settings_at(river(), prior, points)])
    assert drawn.mean(axis=0) == pytest.approx(np.log10([0.2, 1e-4]), abs=0.01)
    assert drawn.std(axis=0) == pytest.approx([0.3, 0.5], abs=0.01)


def test_dead_zones_with_stays_of_every_length_are_drawn_around_their_medians_with_one_exponent():
    prior = HydraulicPrior(2_000, storage=PowerLawPrior(0.1, 3_600.0, 0.5, 0.3, 0.6))
    drawn = np.array(
        [
            setting.storage
            for setting in hydraulics.settings_at(river(), prior, hydraulics.evenly_spread(prior, 0))
        ]
    )
    assert np.log10(drawn[:, :2]).mean(axis=0) == pytest.approx(np.log10([0.1, 3_600.0]), abs=0.01)
    assert np.log10(drawn[:, :2]).std(axis=0) == pytest.approx([0.3, 0.6], abs=0.01)
    assert (drawn[:, 2] == 0.5).all()
    with pytest.raises(TracingError, match="exponent must be above 0"):
        PowerLawPrior(0.1, 3_600.0, 1.5)


def by_settings(n_settings, seed=0, **changes):
    """A trace of sharp readings on a river whose velocity and dispersion are hardly known."""
    prior = HydraulicPrior(n_settings, velocity_log_sd=0.3, dispersion_log10_sd=0.3, seed=seed, **changes)
    settings = {**SETTINGS, "noise": Noise(0.05, 0.0, 0.0), "first_start_s": 1_500.0, "n_starts": 24}
    return trace(river(), stations(spacing=1_800.0), CANDIDATES, hydraulics=prior, **settings)


def test_a_few_adaptive_settings_give_what_very_many_of_the_prior_give_and_as_few_of_it_do_not():
    expected = by_key(by_settings(1_000))
    apart = {True: [], False: []}
    for adaptive, seed in itertools.product(apart, range(4)):
        found = by_key(by_settings(64, seed, adaptive=adaptive))
        apart[adaptive].append(
            max(abs(found[key].probability - each.probability) for key, each in expected.items())
        )
        if adaptive:
            for name in ("start_s", "released_kg"):
                wanted, own = (getattr(each["east works"], name) for each in (expected, found))
                assert wanted.low < own.median < wanted.high
    # Each time other settings: of one time alone, chance would decide.
    assert np.mean(apart[True]) < 0.07
    assert np.mean(apart[False]) > 0.25


@pytest.mark.parametrize("tried_places", [None, 4])
def test_the_order_of_stations_rows_and_candidates_does_not_change_the_answer(tried_places):
    prior = HydraulicPrior(48, velocity_log_sd=0.2, gain_log_sd=0.3, adaptive=True, tried_places=tried_places)
    settings = {**SETTINGS, "hydraulics": prior, "n_starts": 40}
    rng = np.random.default_rng(2)
    asked = stations(spacing=1_800.0)
    expected = by_key(trace(river(), asked, CANDIDATES, **settings))
    mixed = [
        dataclasses.replace(each, time_s=each.time_s[rows], value=each.value[rows])
        for each in reversed(asked)
        for rows in [rng.permutation(len(each.time_s))]
    ]
    found = by_key(trace(river(), mixed, [*reversed(CANDIDATES)], **settings))
    for key, each in expected.items():
        assert found[key].probability == pytest.approx(each.probability, abs=1e-6)


def test_settings_tried_with_places_that_stand_for_all_give_the_answer_of_all():
    reaches = [
        Reach(f"r{n}", f"n{n}", f"n{n + 1}", 500.0, velocity_m_s=0.5, dispersion_m2s=12.0, discharge_m3s=2.0)
        for n in range(24)
    ]
    places = [Candidate(f"u{n}", Location(f"r{n}", 250.0), "unlisted", 0.02) for n in range(20)]
    candidates = [*places, Candidate("works", Location("r6", 100.0), prior=0.5)]
    network = Network.build(reaches)
    time = np.arange(0.0, 60_000.0, 1_800.0)
    rng = np.random.default_rng(3)
    seen = [
        StationSeries(
            Location(reach, 100.0),
            2.0,
            time,
            0.5 + concentration(distance, time, 9_000.0, 3_600.0, 20.0) + rng.normal(0, 0.02, len(time)),
            name=reach,
        )
        for reach, distance in (("r15", 4_500.0), ("r23", 8_500.0))
    ]
    settings = {**SETTINGS, "n_starts": 40}

    def probability(seed):
        prior = HydraulicPrior(96, velocity_log_sd=0.2, adaptive=True, tried_places=10, seed=seed)
        return by_key(trace(network, seen, candidates, hydraulics=prior, **settings))["works"].probability

    # Sixteen settings leave a scatter of 0.07, with all places as with ten.
    by_very_many_draws_of_the_prior = 0.879
    found = np.mean([probability(seed) for seed in range(4)])
    assert found == pytest.approx(by_very_many_draws_of_the_prior, abs=0.1)


def test_adaptive_settings_tell_how_many_of_them_count():
    sharp = by_settings(64, adaptive=True).settings["hydraulics"]
    assert sharp["adaptive"] is True
    assert 1.0 < sharp["effective_settings"] <= ENOUGH
    assert by_settings(40).settings["hydraulics"]["effective_settings"] is None, "a few may carry all weight"
    certain = trace(river(), stations(), CANDIDATES, **SETTINGS)
    assert certain.settings["hydraulics"]["effective_settings"] == 1


@pytest.mark.parametrize(
    "prior",
    [
        HydraulicPrior(FEWEST - 1, velocity_log_sd=0.1, gain_log_sd=0.1),
        HydraulicPrior(FEWEST),
        HydraulicPrior(1),
    ],
)
def test_where_settings_are_few_or_nothing_is_uncertain_adapting_changes_nothing(prior):
    plain = trace(river(), stations(), CANDIDATES, hydraulics=prior, **SETTINGS)
    prior = dataclasses.replace(prior, adaptive=True)
    found = trace(river(), stations(), CANDIDATES, hydraulics=prior, **SETTINGS)
    assert found.candidates == plain.candidates
    counted = found.settings["hydraulics"]["effective_settings"]
    assert counted == (None if prior.velocity_log_sd else prior.n_settings), (
        "unknown where settings are not led"
    )


@pytest.mark.parametrize(
    "candidates", [CANDIDATES[-1:], [dataclasses.replace(CANDIDATES[0], prior=0.0), CANDIDATES[-1]]]
)
def test_without_any_place_that_is_believed_there_is_nothing_to_adapt_to(candidates):
    prior = HydraulicPrior(FEWEST, velocity_log_sd=0.1, adaptive=True)
    found = trace(river(), stations(), candidates, hydraulics=prior, **SETTINGS)
    assert found.candidates[0].key == "nothing"
    assert found.candidates[0].probability == 1.0


def test_progress_of_adaptive_settings_never_goes_back_and_ends_at_all():
    told = []
    prior = HydraulicPrior(FEWEST, velocity_log_sd=0.1, dispersion_log10_sd=0.3, adaptive=True)
    trace(
        river(),
        stations(),
        CANDIDATES,
        hydraulics=prior,
        progress=lambda *each: told.append(each),
        **SETTINGS,
    )
    (whole,) = {of for _, of in told}
    done = [each for each, _ in told]
    assert 0 < done[0] < 0.1 * whole
    assert done == sorted(done)
    assert done[-1] == whole


def test_what_stations_recover_is_drawn_along_with_adaptive_settings():
    bridge, weir = stations(noise=0.02)
    # Half of the cloud is lost between them, which no certain gain explains.
    lossy = [bridge, dataclasses.replace(weir, value=0.4 + 0.5 * (weir.value - 0.4))]
    settings = {**SETTINGS, "noise": Noise(0.02, 0.0, 0.0), "n_starts": 24}
    log_evidence = []
    for prior in (
        HydraulicPrior(1_000, gain_log_sd=0.4),
        HydraulicPrior(64, gain_log_sd=0.4, adaptive=True),
        HydraulicPrior(),
    ):
        best = trace(river(), lossy, CANDIDATES, hydraulics=prior, **settings).candidates[0]
        assert best.key == "east works"
        log_evidence.append(best.log_evidence)
        if prior.adaptive:
            assert best.released_kg.low < MASS < best.released_kg.high
            assert best.released_kg.high > 1.3 * best.released_kg.low
    expected, found, certain = log_evidence
    assert found == pytest.approx(expected, abs=0.7)
    assert found > certain + 100.0


def test_the_releases_of_a_trace_tell_where_to_sample_next(found):
    asked = trace(river(), stations(), CANDIDATES, keep_releases=True, **SETTINGS)
    assert asked == dataclasses.replace(found, seconds=asked.seconds)
    assert asked.releases is not None
    probability = dict(zip(asked.releases.keys, asked.releases.probabilities(), strict=True))
    assert probability == pytest.approx({c.key: c.probability for c in asked.candidates}, abs=1e-9)
    places = [
        SamplingPlace("east arm", Location("east", 7_500.0), 0.8),
        SamplingPlace("weir", Location("stem", 9_000.0), FLOW),
    ]
    crew = Crew(np.zeros(2), np.zeros((2, 2)), [(0.0, 60_000.0)])
    best = next_samples(river(), asked.releases, places, crew, 1, SampleNoise(0.05), step_s=STEP)
    assert best[0].place == "east arm"
    assert best[0].bits > 0


def test_a_quiet_river_shows_nothing():
    rng = np.random.default_rng(2)
    quiet = [dataclasses.replace(s, value=rng.normal(0.4, 0.05, len(s.value))) for s in stations()]
    results = trace(river(), quiet, CANDIDATES, **SETTINGS)
    assert results.candidates[0].key == "nothing"
    assert results.candidates[0].start_s is None


def test_a_rise_that_no_release_upstream_explains_goes_to_nothing_in_this_network():
    # Upstream and downstream rise at the same hour, which no water can do.
    odd = [
        dataclasses.replace(s, value=0.4 + 3.0 * np.exp(-(((s.time_s - 30_000.0) / 6_000.0) ** 2)))
        for s in stations()
    ]
    results = by_key(trace(river(), odd, CANDIDATES, **SETTINGS))
    assert results["nothing"].probability > 0.99


def test_a_candidate_no_station_can_see_keeps_its_prior_odds_against_the_background():
    below = Candidate("below all", Location("stem", 9_500.0))
    results = by_key(trace(river(), stations(), [*CANDIDATES, below], **SETTINGS))
    assert results["below all"].log_evidence == pytest.approx(0.0, abs=1e-9)
    assert "No station lies downstream" in results["below all"].note


def test_a_cloud_sharper_than_the_grid_is_noted():
    near = Candidate("at the bridge", Location("stem", 1_900.0))
    results = by_key(trace(river(), stations(), [*CANDIDATES, near], **SETTINGS))
    assert "sharp against the time step" in results["at the bridge"].note
    assert results["west mill"].note == ""


def test_progress_reaches_the_end():
    seen = []
    trace(
        river(), stations(), CANDIDATES, progress=lambda done, total: seen.append((done, total)), **SETTINGS
    )
    assert seen == [(i, 6) for i in range(1, 7)]


def test_a_gated_reach_above_a_station_is_named_as_not_applicable():
    with pytest.raises(TransportError, match=r"Not applicable: reaches west \(gated\)"):
        trace(river(Regime.GATED), stations(), CANDIDATES, **SETTINGS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stations": []}, "No station"),
        ({"candidates": []}, "No candidate"),
        ({"candidates": CANDIDATES[:1] * 2}, "west mill are given more than once"),
        ({"candidates": [Candidate("a", None, "nothing", 0.0)]}, "prior of 0"),
        ({"n_starts": 0}, "at least one"),
        ({"durations_s": []}, "Durations"),
        ({"durations_s": [-1.0]}, "none below 0"),
        ({"first_start_s": 1e6}, "lies before the first start"),
    ],
)
def test_unusable_settings_are_refused_with_the_cure(change, words):
    arguments = {"stations": stations(), "candidates": CANDIDATES, **SETTINGS, **change}
    with pytest.raises(TracingError, match=words):
        trace(river(), **arguments)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"discharge_m3s": 0.0}, "above 0"),
        ({"value": np.zeros(3)}, "differ in number"),
        ({"value": np.full(67, np.nan)}, "no usable reading"),
        ({"value": np.full(67, np.inf)}, "infinite"),
        ({"time_s": np.full(67, np.nan)}, "no time"),
        ({"sigma": np.zeros(67)}, "standard error"),
    ],
)
def test_unusable_stations_are_refused_by_name(change, words):
    with pytest.raises(TracingError, match=rf"Station 'bridge'.*{words}"):
        dataclasses.replace(stations()[0], **change)
