"""Several parameters of one release: they share its place, time and water, and their ratio tells the kind of outfall."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import TracingError
from riverkit.network import Location, Network, Reach
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    Fingerprint,
    HydraulicPrior,
    Noise,
    Parameter,
    Posterior,
    Ratio,
    StationSeries,
    StrengthPrior,
    Survey,
    trace,
    trace_jointly,
)
from riverkit.tracing.evidence import log_bayes_factor
from riverkit.tracing.strengths import Strengths
from scipy import special

FLOW, SPEED, SPREAD = 2.0, 0.5, 12.0
STEP, N_STARTS = 300.0, 60
START, DURATION = 4_500.0, 1_800.0
SEARCH = {
    "first_start_s": 0.0,
    "start_step_s": STEP,
    "n_starts": N_STARTS,
    "durations_s": [1_800.0, 3_600.0],
}
STEM = Network.build(
    [Reach("stem", "x", "o", 20_000.0, velocity_m_s=SPEED, dispersion_m2s=SPREAD, discharge_m3s=FLOW)]
)
SEWAGE = Fingerprint("NH3-N", {"COD": Ratio(8.0, 0.3), "TP": Ratio(0.12, 0.4)})
STORM = Fingerprint("NH3-N", {"COD": Ratio(40.0, 0.4), "TP": Ratio(0.2, 0.4)})
NOISES = {"NH3-N": 0.05, "COD": 0.6, "TP": 0.01}
DECAYS = {"NH3-N": 1e-6, "COD": 3e-6, "TP": 0.0}


def arrived(distance_m, time_s, decay_per_s=0.0):
    """Share of an instantaneous release that has passed after a time, with decay on the way."""
    time = np.maximum(time_s, 1e-9)
    root = np.sqrt(2 * SPREAD * time)
    # Decay speeds up the passage and takes a share: completing the square of the inverse Gaussian.
    fast = np.sqrt(SPEED**2 + 4 * SPREAD * decay_per_s)
    left = np.exp(distance_m * (SPEED - fast) / (2 * SPREAD))
    tail = np.exp(fast * distance_m / SPREAD + special.log_ndtr(-(distance_m + fast * time) / root))
    return np.where(time_s > 0, left * (special.ndtr((fast * time - distance_m) / root) + tail), 0.0)


def per_kg(distance_m, time_s, start_s, duration_s, decay_per_s=0.0):
    begun, ended = (arrived(distance_m, time_s - at, decay_per_s) for at in (start_s, start_s + duration_s))
    return (begun - ended) / duration_s * 1_000.0 / FLOW


def station(name, mass, chainage=9_000.0, source_m=1_000.0, seed=1):
    """Readings of one parameter, its mass released at `source_m`."""
    rng = np.random.default_rng([seed, len(name)])
    time = np.arange(0.0, 50_000.0, 900.0)
    signal = per_kg(chainage - source_m, time, START, DURATION, DECAYS[name])
    value = 5.0 * NOISES[name] + mass * signal + rng.normal(0.0, NOISES[name], len(time))
    return StationSeries(Location("stem", chainage), FLOW, time, value, name="bridge")


def parameter(name, mass, **more):
    noise, prior = Noise(NOISES[name], 0.0, 0.02), StrengthPrior(0.0, 400.0 * NOISES[name])
    background = BackgroundPrior(20.0 * NOISES[name])
    return Parameter(name, [station(name, mass, **more)], noise, prior, background, DECAYS[name])


def measured(nh3=10.0, cod=80.0, tp=1.2):
    masses = {"NH3-N": nh3, "COD": cod, "TP": tp}
    return [parameter(name, mass) for name, mass in masses.items() if mass is not None]


def candidates(sewage=SEWAGE, storm=STORM):
    """Two outfalls side by side: by the readings of one parameter nobody can tell them apart."""
    return [
        Candidate("sewage works", Location("stem", 1_000.0), fingerprint=sewage),
        Candidate("rain overflow", Location("stem", 1_000.0), fingerprint=storm),
        Candidate("farm", Location("stem", 4_000.0)),
        Candidate("nothing", None, "nothing", 0.5),
    ]


def by_key(posterior):
    return {candidate.key: candidate for candidate in posterior.candidates}


def log_evidences(posterior):
    return {candidate.key: candidate.log_evidence for candidate in posterior.candidates}


def cells_of(one, distance_m):
    """S_gg and S_gy of one parameter for all durations and starts, by dense normals and closed-form kernels."""
    (series,) = one.stations
    n, rise = len(series.time_s), np.ptp(series.value)
    covariance = (one.noise.absolute**2 + (0.02 * rise) ** 2) * np.eye(n) + one.background.level_sd**2
    precision = np.linalg.inv(covariance)
    centred = series.value - np.median(series.value)
    found = []
    for duration in SEARCH["durations_s"]:
        for start in STEP * np.arange(N_STARTS):
            g = per_kg(distance_m, series.time_s, start, duration, one.decay_per_s)
            found.append((g @ precision @ g, g @ precision @ centred))
    return np.array(found).T


def quadrature(parameters, distance_m, fingerprint):
    """Log evidence with the ratio of the second parameter to the first integrated on a fine grid."""
    first, second = (cells_of(one, distance_m) for one in parameters)
    ratio = fingerprint.ratios[parameters[1].name]
    normal = np.linspace(-8.0, 8.0, 4_001)
    weight = -0.5 * normal**2 - special.logsumexp(-0.5 * normal**2)
    ratios = ratio.median * np.exp(ratio.log_sd * normal)
    logs = [
        special.logsumexp(
            weight + log_bayes_factor(gg1 + ratios**2 * gg2, gy1 + ratios * gy2, parameters[0].strength)
        )
        for (gg1, gy1), (gg2, gy2) in zip(first.T, second.T, strict=True)
    ]
    return special.logsumexp(logs) - np.log(len(logs))


def test_without_fingerprints_log_bayes_factors_of_the_parameters_add():
    parameters = measured()
    found = log_evidences(trace_jointly(STEM, parameters, candidates(None, None), **SEARCH))
    for key, distance_m in {"sewage works": 8_000.0, "rain overflow": 8_000.0, "farm": 5_000.0}.items():
        each = [log_bayes_factor(*cells_of(one, distance_m), one.strength) for one in parameters]
        logs = np.sum(each, axis=0)
        assert found[key] == pytest.approx(special.logsumexp(logs) - np.log(len(logs)), abs=1e-4), key


@pytest.mark.parametrize("cod", [30.0, 80.0, 400.0])
def test_with_a_fingerprint_the_evidence_is_averaged_over_the_ratio_as_by_quadrature(cod):
    parameters = measured(cod=cod, tp=None)
    found = log_evidences(trace_jointly(STEM, parameters, candidates(), **SEARCH))
    for key, distance_m, fingerprint in (
        ("sewage works", 8_000.0, SEWAGE),
        ("rain overflow", 8_000.0, STORM),
    ):
        assert found[key] == pytest.approx(quadrature(parameters, distance_m, fingerprint), abs=0.02), key


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.data())
def test_ratios_of_two_parameters_are_integrated_as_by_quadrature_whatever_the_readings_say(data):
    def number(low, high):
        return data.draw(st.floats(low, high))

    spread = [data.draw(st.sampled_from([0.05, 0.3, 0.7])) for _ in range(2)]
    fingerprint = Fingerprint("a", {"b": Ratio(np.exp(number(-2, 2)), spread[0]), "c": Ratio(1.0, spread[1])})
    strength = StrengthPrior(0.0, 10.0)
    strengths = Strengths.of("x", fingerprint, ["a", "b", "c"], [strength] * 3)
    mass = number(0.5, 20.0) * np.array([1.0, fingerprint.ratios["b"].median, 1.0])
    mass[1:] *= np.exp(np.array(spread) * [number(-3, 3), number(-3, 3)])
    s_gg = np.exp([number(-4, 8), number(-4, 8), number(-4, 8)]) / mass**2
    s_gy = s_gg * mass + np.sqrt(s_gg) * [number(-2, 2), number(-2, 2), number(-2, 2)]
    found = strengths.log_bayes_factor(s_gg[:, None], s_gy[:, None])[0]
    normal = np.linspace(-8.0, 8.0, 401)
    weight = -0.5 * (normal[:, None] ** 2 + normal**2)
    ratio = np.array(
        np.broadcast_arrays(1.0, np.exp(spread[0] * normal[:, None]), np.exp(spread[1] * normal))
    )
    ratio *= np.array([1.0, fingerprint.ratios["b"].median, 1.0])[:, None, None]
    combined = [np.einsum("p,p...->...", each, power) for each, power in ((s_gg, ratio**2), (s_gy, ratio))]
    exact = special.logsumexp(weight - special.logsumexp(weight) + log_bayes_factor(*combined, strength))
    assert found == pytest.approx(exact, abs=0.05)


@pytest.mark.parametrize("fingerprint", [None, Fingerprint("a", {"b": Ratio(2.0, 0.4)})])
def test_cells_that_can_count_are_weighed_whatever_ratio_they_need(fingerprint):
    rng = np.random.default_rng(4)
    s_gg, s_gy = rng.gamma(0.5, 4.0, (3, 2, 6, 40)), rng.normal(0.0, 12.0, (3, 2, 6, 40))
    # What no reading sees leaves rounding, and some starts are excluded.
    s_gg[:, :, :2, :5], s_gy[:, :, :2, :5] = 0.0, 1e-18
    log_prior = np.where(np.arange(40) % 7 == 0, -np.inf, 0.1) * np.ones((2, 1))
    strengths = Strengths.of(
        "x", fingerprint, ["a", "b", "c"], [StrengthPrior(mean, 3.0) for mean in (0.0, 2.0, -1.0)]
    )
    exact = (
        strengths.log_bayes_factor(s_gg.reshape(3, -1), s_gy.reshape(3, -1)).reshape(2, 6, 40)
        + log_prior[:, None]
    )
    known = np.array([-np.inf, exact[1].max() + 3.0])
    cells, logs = strengths.leading_cells(s_gg, s_gy, 9.0, log_prior, known)
    assert logs == pytest.approx(exact.ravel()[cells], abs=0.02)
    left_out = np.ones(exact.size, dtype=bool)
    left_out[cells] = False
    for place in range(2):
        own = left_out.reshape(exact.shape)[place]
        assert exact[place][own].max() < max(exact[place].max(), known[place]) - 9.0
        assert 0 < np.count_nonzero(~own) < own.size


def test_two_outfalls_that_one_parameter_cannot_tell_apart_are_told_apart_by_their_fingerprints():
    (alone,) = measured(cod=None, tp=None)
    by_one = by_key(trace_jointly(STEM, [alone], candidates(), **SEARCH))
    assert by_one["sewage works"].probability == pytest.approx(by_one["rain overflow"].probability)
    as_sewage = by_key(trace_jointly(STEM, measured(cod=80.0), candidates(), **SEARCH))
    assert as_sewage["sewage works"].probability > 0.95
    as_rain = by_key(trace_jointly(STEM, measured(cod=400.0), candidates(), **SEARCH))
    assert as_rain["rain overflow"].probability > 0.95
    by_kind = as_sewage["sewage works"].log_evidence - as_sewage["rain overflow"].log_evidence
    assert by_kind > 3.0


def test_results_name_the_mass_of_every_parameter_and_the_ratio_needed_beside_the_one_expected():
    found = by_key(trace_jointly(STEM, measured(), candidates(), **SEARCH))
    assert found["nothing"].parameters == ()
    sewage, rain = (
        {each.parameter: each for each in found[key].parameters} for key in ("sewage works", "rain overflow")
    )
    assert list(sewage) == ["NH3-N", "COD", "TP"]
    for name, mass in {"NH3-N": 10.0, "COD": 80.0, "TP": 1.2}.items():
        interval = sewage[name].released_kg
        assert interval.low <= mass <= interval.high
        assert interval.high < 1.3 * interval.low
    assert found["sewage works"].released_kg == sewage["NH3-N"].released_kg
    assert sewage["NH3-N"].ratio_needed is None
    # What the readings ask for hardly depends on what was believed of the ratio.
    for each in (sewage["COD"], rain["COD"]):
        assert each.reference == "NH3-N"
        assert each.ratio_needed.low < 8.0 < each.ratio_needed.high
    assert sewage["COD"].ratio_expected.low < 8.0 < sewage["COD"].ratio_expected.high
    assert rain["COD"].ratio_expected.low > rain["COD"].ratio_needed.high
    farm = {each.parameter: each for each in found["farm"].parameters}
    assert farm["COD"].ratio_expected is None
    predicted = found["sewage works"].predicted
    assert [(each.parameter, each.station) for each in predicted] == [(name, "bridge") for name in sewage]


def test_json_brings_back_the_same_answer():
    found = trace_jointly(STEM, measured(), candidates(), **SEARCH)
    assert Posterior.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found


@pytest.mark.parametrize(
    "prior", [None, HydraulicPrior(32, velocity_log_sd=0.05, gain_log_sd=0.1, adaptive=True)]
)
def test_one_parameter_alone_is_a_trace(prior):
    (one,) = measured(cod=None, tp=None)
    expected = trace(
        STEM,
        one.stations,
        candidates(None, None),
        noise=one.noise,
        strength=one.strength,
        background=one.background,
        decay_per_s=one.decay_per_s,
        hydraulics=prior,
        **SEARCH,
    )
    found = trace_jointly(STEM, [one], candidates(None, None), hydraulics=prior, **SEARCH)
    assert log_evidences(found) == log_evidences(expected)
    assert by_key(found)["sewage works"].released_kg == by_key(expected)["sewage works"].released_kg
    # A fingerprint says nothing of the only parameter.
    assert log_evidences(
        trace_jointly(STEM, [one], candidates(), hydraulics=prior, **SEARCH)
    ) == pytest.approx(log_evidences(expected), abs=1e-9)


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0)])
def test_the_order_of_the_parameters_does_not_matter(order):
    parameters = measured()
    prior = HydraulicPrior(4, velocity_log_sd=0.05, gain_log_sd=0.1)
    expected = by_key(trace_jointly(STEM, parameters, candidates(), hydraulics=prior, **SEARCH))
    turned = [parameters[number] for number in order]
    found = by_key(trace_jointly(STEM, turned, candidates(), hydraulics=prior, **SEARCH))
    for key, each in expected.items():
        assert found[key].log_evidence == pytest.approx(each.log_evidence, abs=1e-6), key
        masses = {one.parameter: one.released_kg.median for one in each.parameters}
        again = {one.parameter: one.released_kg.median for one in found[key].parameters}
        assert again == pytest.approx(masses, rel=0.01)


@pytest.mark.parametrize("name", ["NH3-N", "COD"])
def test_the_unit_of_a_parameter_changes_nothing_but_its_masses(name):
    parameters = measured()
    factor = 1_000.0
    number = [each.name for each in parameters].index(name)
    one = parameters[number]
    scaled = dataclasses.replace(
        one,
        stations=[dataclasses.replace(series, value=factor * series.value) for series in one.stations],
        noise=dataclasses.replace(one.noise, absolute=factor * one.noise.absolute),
        strength=StrengthPrior(0.0, factor * one.strength.sd_kg),
        background=BackgroundPrior(factor * one.background.level_sd),
    )
    other = [*parameters[:number], scaled, *parameters[number + 1 :]]

    def in_that_unit(fingerprint):
        of_reference = 1.0 / factor if name == fingerprint.reference else 1.0
        ratios = {
            each: Ratio(ratio.median * (factor if each == name else of_reference), ratio.log_sd)
            for each, ratio in fingerprint.ratios.items()
        }
        return Fingerprint(fingerprint.reference, ratios)

    expected = by_key(trace_jointly(STEM, parameters, candidates(), **SEARCH))
    found = by_key(
        trace_jointly(STEM, other, candidates(in_that_unit(SEWAGE), in_that_unit(STORM)), **SEARCH)
    )
    for key, each in expected.items():
        assert found[key].log_evidence == pytest.approx(each.log_evidence, abs=1e-6)
        for before, after in zip(each.parameters, found[key].parameters, strict=True):
            times = factor if before.parameter == name else 1.0
            assert after.released_kg.median == pytest.approx(times * before.released_kg.median, rel=1e-6)


def test_a_parameter_without_any_signal_changes_little():
    two = measured(tp=None)
    quiet = parameter("TP", 0.0)
    free = candidates(None, None)
    expected, found = (by_key(trace_jointly(STEM, each, free, **SEARCH)) for each in (two, [*two, quiet]))
    for key, each in expected.items():
        assert found[key].probability == pytest.approx(each.probability, abs=0.05), key
    start, again = expected["sewage works"].start_s, found["sewage works"].start_s
    assert again.median == pytest.approx(start.median, abs=STEP / 3)


def test_parameters_may_be_read_at_stations_of_their_own_and_by_surveys():
    ammonia, cod, _ = measured()
    elsewhere = dataclasses.replace(cod, stations=[station("COD", 80.0, chainage=14_000.0)])
    time = np.linspace(12_000.0, 24_000.0, 50)
    chainage = np.linspace(11_000.0, 3_000.0, 50)
    value = 1.2 * per_kg(chainage - 1_000.0, time, START, DURATION) + 0.05
    places = [Location("stem", float(each)) for each in chainage]
    boat = Parameter(
        "TP",
        [Survey(places, np.full(50, FLOW), time, value)],
        Noise(0.01),
        StrengthPrior(0.0, 4.0),
        BackgroundPrior(0.2),
    )
    found = trace_jointly(STEM, [ammonia, elsewhere, boat], candidates(), **SEARCH).candidates[0]
    assert found.key == "sewage works"
    masses = {each.parameter: each.released_kg for each in found.parameters}
    for name, mass in {"NH3-N": 10.0, "COD": 80.0, "TP": 1.2}.items():
        assert masses[name].low * 0.97 <= mass <= masses[name].high * 1.03


def test_readings_below_their_limit_bound_the_ratio():
    ammonia, _, tp = measured()
    (series,) = tp.stations
    limit = 1.1 * float(series.value.max())
    none_seen = dataclasses.replace(
        series, value=np.full(len(series.value), limit), below=np.ones(len(series.value), bool)
    )
    unseen = dataclasses.replace(tp, stations=[dataclasses.replace(none_seen, background=0.0)])
    much = Fingerprint("NH3-N", {"TP": Ratio(3.0, 0.2)})
    little = Fingerprint("NH3-N", {"TP": Ratio(0.05, 0.2)})
    found = by_key(trace_jointly(STEM, [ammonia, unseen], candidates(much, little), **SEARCH))
    assert found["rain overflow"].log_evidence > found["sewage works"].log_evidence + 5.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: trace_jointly(STEM, [], candidates(), **SEARCH), "at least one"),
        (
            lambda: trace_jointly(STEM, measured(cod=None, tp=None) * 2, candidates(), **SEARCH),
            "a name of its own",
        ),
        (lambda: trace_jointly(STEM, measured(nh3=None), candidates(), **SEARCH), "compares with 'NH3-N'"),
        (
            lambda: trace_jointly(
                STEM, [dataclasses.replace(measured()[0], stations=[])], candidates(), **SEARCH
            ),
            "No station of NH3-N",
        ),
        (lambda: Fingerprint("COD", {"COD": Ratio(1.0, 0.1)}), "none of its own"),
        (lambda: Fingerprint("COD", {}), "at least one other"),
        (lambda: Fingerprint("COD", {"TP": Ratio(0.0, 0.1)}), "'TP' has"),
        (lambda: Fingerprint("COD", {"TP": Ratio(1.0, -0.1)}), "standard deviation"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_cure(change, words):
    with pytest.raises(TracingError, match=words):
        change()
