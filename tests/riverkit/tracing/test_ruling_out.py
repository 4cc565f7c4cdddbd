import time
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import TracingError
from riverkit.network import Location
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    Fingerprint,
    HydraulicPrior,
    Noise,
    Parameter,
    Ratio,
    StartPrior,
    StationSeries,
    StoragePrior,
    StrengthPrior,
    search,
    trace,
    trace_jointly,
)
from riverkit.tracing.held import Held
from riverkit.tracing.notes import LEFT_OUT
from riverkit.tracing.weighing import Weigher

from tests.riverkit.tracing.forked_river import FLOW, concentration, river

ALLOWED = 1e-6
SETTINGS = {
    "first_start_s": 0.0,
    "start_step_s": 300.0,
    "n_starts": 80,
    "durations_s": [600.0, 1_800.0, 3_600.0],
    "strength": StrengthPrior(0.0, 50.0),
    "background": BackgroundPrior(1.0),
}
PLACES = [("west", 1_000.0), ("east", 5_500.0), ("east", 5_300.0), ("stem", 500.0), ("stem", 4_000.0)]
NOTHING = Candidate("nothing", None, "nothing", 0.1)


def candidates(priors, starts=None):
    found = [
        Candidate(f"{reach} {at:.0f}", Location(reach, at), prior=prior, starts=starts)
        for (reach, at), prior in zip(PLACES, priors, strict=True)
    ]
    return [*found, Candidate("anywhere east", Location("east", 0.0), "unlisted", 0.3), NOTHING]


def stations(seed, noise, chainages=(2_000.0, 9_000.0), distance_m=2_500.0, mass_kg=12.0):
    """Readings of a release at the place 5,500 m down the east arm."""
    rng = np.random.default_rng(seed)
    series = []
    for at in chainages:
        time = np.arange(0.0, 60_000.0, 900.0)
        value = 0.4 + concentration(distance_m + at, time, 4_500.0, 1_800.0, mass_kg)
        value += rng.normal(0.0, noise, len(time))
        series.append(StationSeries(Location("stem", at), FLOW, time, value, name=f"{at:.0f}"))
    return series


def by_key(posterior):
    return {candidate.key: candidate for candidate in posterior.candidates}


def both_ways(*arguments, **keywords):
    """The answer as it is, and with everything weighed."""
    found = by_key(trace(river(), *arguments, **keywords))
    with patch.object(search, "LEFT_OUT", np.inf):
        return found, by_key(trace(river(), *arguments, **keywords))


@settings(max_examples=20, derandomize=True, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    noise=st.sampled_from([0.02, 0.1, 0.5]),
    chainages=st.sampled_from([(2_000.0, 9_000.0), (9_000.0,), (1_000.0, 5_000.0, 9_500.0), (4_500.0,)]),
    priors=st.lists(st.sampled_from([0.0, 1e-9, 1e-3, 1.0, 1e3]), min_size=5, max_size=5),
    window=st.booleans(),
    hydraulics=st.sampled_from(
        [
            None,
            HydraulicPrior(5, velocity_log_sd=0.3, dispersion_log10_sd=0.3, gain_log_sd=0.2),
            HydraulicPrior(24, velocity_log_sd=0.4, storage=StoragePrior(0.2, 2e-4, 0.3, 0.3)),
        ]
    ),
)
def test_what_is_left_out_holds_less_than_a_millionth_of_the_probability(
    seed, noise, chainages, priors, window, hydraulics
):
    starts = StartPrior(((3_000.0, 6_000.0),), outside=0.1) if window else None
    found, whole = both_ways(
        stations(seed, noise, chainages),
        candidates(priors, starts),
        noise=Noise(noise, 0.0, 0.02),
        hydraulics=hydraulics,
        **SETTINGS,
    )
    for key, each in whole.items():
        assert found[key].probability == pytest.approx(each.probability, abs=ALLOWED)
        assert found[key].probability_by_evidence == pytest.approx(each.probability_by_evidence, abs=ALLOWED)
        if found[key].note == LEFT_OUT:
            assert found[key].log_evidence >= each.log_evidence - 1e-9
            assert found[key].start_s is None
        else:
            assert found[key].log_evidence == pytest.approx(each.log_evidence, abs=2e-4)
        if max(each.probability, each.probability_by_evidence) > ALLOWED and key != "nothing":
            assert found[key].log_evidence == pytest.approx(each.log_evidence, abs=1e-6)
            assert found[key].start_s.low == pytest.approx(each.start_s.low, abs=1.0)
            assert found[key].start_s.high == pytest.approx(each.start_s.high, abs=1.0)


def test_candidates_that_explain_too_little_are_ruled_out_and_say_so():
    found, whole = both_ways(
        stations(1, 0.02), candidates([1.0] * 5), noise=Noise(0.02, 0.0, 0.02), **SETTINGS
    )
    # It lies below the upper station, which saw the event.
    hopeless = found["stem 4000"]
    assert hopeless.note == LEFT_OUT
    assert hopeless.released_kg is None
    assert hopeless.probability < 1e-9
    assert whole["stem 4000"].note == ""
    assert whole["stem 4000"].log_evidence <= hopeless.log_evidence


def test_of_places_that_explain_the_readings_alike_none_is_ruled_out():
    metres = np.linspace(5_450.0, 5_550.0, 21)
    alike = [Candidate(f"{at:.0f}", Location("east", float(at))) for at in metres]
    prior = HydraulicPrior(24, velocity_log_sd=0.1, dispersion_log10_sd=0.2)
    found, whole = both_ways(
        stations(3, 0.05), alike, noise=Noise(0.05, 0.0, 0.02), hydraulics=prior, **SETTINGS
    )
    for key, each in whole.items():
        assert found[key].note == each.note == ""
        assert found[key].log_evidence == pytest.approx(each.log_evidence, abs=1e-9)


def test_a_candidate_that_matters_under_other_priors_is_not_ruled_out():
    listed = candidates([1.0] * 5)
    others = [1.0 if each.key in ("stem 4000", "nothing") else 0.0 for each in listed]
    how = {"noise": Noise(0.02, 0.0, 0.02), **SETTINGS}
    plain, whole = both_ways(stations(1, 0.02), listed, **how)
    kept = by_key(trace(river(), stations(1, 0.02), listed, other_priors=[others], **how))
    assert plain["stem 4000"].note == LEFT_OUT
    assert kept["stem 4000"].note == ""
    assert kept["stem 4000"].log_evidence == pytest.approx(whole["stem 4000"].log_evidence, abs=1e-9)


def test_several_parameters_in_known_proportions_leave_out_nothing_that_matters():
    sewage = Fingerprint("ammonia", {"COD": Ratio(8.0, 0.3)})
    listed = [
        replace(each, fingerprint=sewage if number % 2 else None)
        for number, each in enumerate(candidates([1.0] * 5))
    ]
    noise, prior = Noise(0.05, 0.0, 0.02), StrengthPrior(0.0, 50.0)
    parameters = [
        Parameter("ammonia", stations(4, 0.05), noise, prior, BackgroundPrior(1.0)),
        Parameter("COD", stations(5, 0.05, mass_kg=80.0), noise, prior, BackgroundPrior(1.0)),
    ]
    how = {name: SETTINGS[name] for name in ("first_start_s", "start_step_s", "n_starts", "durations_s")}
    how["hydraulics"] = HydraulicPrior(6, velocity_log_sd=0.2)
    found = by_key(trace_jointly(river(), parameters, listed, **how))
    with patch.object(search, "LEFT_OUT", np.inf):
        whole = by_key(trace_jointly(river(), parameters, listed, **how))
    assert any(each.note == LEFT_OUT for each in found.values())
    for key, each in whole.items():
        assert found[key].probability == pytest.approx(each.probability, abs=ALLOWED)
        assert found[key].log_evidence >= each.log_evidence - 2e-4


def test_the_answer_does_not_depend_on_which_thread_is_faster():
    how = {"noise": Noise(0.05, 0.0, 0.02), "hydraulics": HydraulicPrior(12, velocity_log_sd=0.2), **SETTINGS}
    chance, weigh = np.random.default_rng(1), Weigher.weigh

    def delayed(*arguments):
        time.sleep(chance.uniform(0.0, 0.02))
        return weigh(*arguments)

    # Many small portions, so that there is something to be late with.
    with patch.object(search, "POOL", 1_000), patch.object(search, "NODES_TOGETHER", 500):
        expected = trace(river(), stations(1, 0.05), candidates([1.0] * 5), **how)
        with patch.object(Weigher, "weigh", delayed):
            found = trace(river(), stations(1, 0.05), candidates([1.0] * 5), **how)
    assert found.candidates == expected.candidates


def test_other_priors_must_be_as_many_as_the_candidates():
    with pytest.raises(TracingError, match="give each a weight"):
        trace(
            river(),
            stations(1, 0.1),
            candidates([1.0] * 5),
            noise=Noise(0.1),
            other_priors=[[1.0, 2.0]],
            **SETTINGS,
        )


def test_readings_below_their_limit_rule_nobody_out():
    series = stations(1, 0.02)
    below = series[0].value < 0.45
    series[0] = StationSeries(
        series[0].location, FLOW, series[0].time_s, np.where(below, 0.45, series[0].value), below=below
    )
    found, whole = both_ways(series, candidates([1.0] * 5), noise=Noise(0.02, 0.0, 0.02), **SETTINGS)
    for key, each in whole.items():
        assert found[key].note == each.note
        assert found[key].log_evidence == pytest.approx(each.log_evidence, abs=1e-9)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10_000), terms=st.integers(0, 3), readings=st.integers(4, 12))
def test_what_readings_hold_is_the_most_that_any_prediction_explains_of_them(seed, terms, readings):
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.5, 2.0, readings)
    columns = rng.normal(size=(terms, readings)) * 3.0
    # The precision once a background of unit deviations in these columns is integrated out.
    precision = np.linalg.inv(np.diag(1.0 / weight) + columns.T @ columns)
    values, vectors = np.linalg.eigh(np.diag(weight) - precision)
    projections = (
        (np.sqrt(np.maximum(values[-terms:], 0.0)) * vectors[:, -terms:]).T
        if terms
        else np.zeros((0, readings))
    )
    weighted = precision @ rng.normal(size=readings)
    seen = np.flatnonzero(rng.random(readings) < 0.7)
    each = Held.of(weight[seen], weighted[seen], projections[:, seen])
    bound = Held(each.square.sum(), each.crossed.sum(axis=-1), each.tied.sum(axis=-1)).bound()
    block = precision[np.ix_(seen, seen)]
    best = np.linalg.solve(block, weighted[seen]) if len(seen) else np.zeros(0)
    assert bound == pytest.approx(0.5 * best @ weighted[seen], rel=1e-6, abs=1e-9)
    for _ in range(20):
        g = rng.normal(size=len(seen))
        if len(seen):
            assert 0.5 * (g @ weighted[seen]) ** 2 / (g @ block @ g) <= bound * (1 + 1e-6) + 1e-9
