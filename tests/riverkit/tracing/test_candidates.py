"""Candidates that are no single outfall, and candidates that know when they may have begun."""

import dataclasses

import numpy as np
import pytest
from riverkit.errors import TracingError
from riverkit.network import Location, Network, Reach
from riverkit.tracing import Candidate, Noise, StartPrior, StationSeries, StrengthPrior, diffuse, trace
from riverkit.transport import LaplaceGrid, arrivals

STEP, STARTS = 300.0, 80
SETTINGS = {
    "first_start_s": 0.0,
    "start_step_s": STEP,
    "n_starts": STARTS,
    "durations_s": [1_800.0, 3_600.0],
    "noise": Noise(0.05, 0.0, 0.02),
    "strength": StrengthPrior(0.0, 50.0),
}
LOWER, UPPER = Location("stem", 2_000.0), Location("stem", 9_000.0)
WEST, EAST = Candidate("west", Location("west", 3_000.0)), Candidate("east", Location("east", 3_000.0))
INFLOW = Candidate("from above", Location("east", 5_000.0), "boundary")


def river():
    def reach(name, up, down, length, flow):
        return Reach(name, up, down, length, velocity_m_s=0.5, dispersion_m2s=12.0, discharge_m3s=flow)

    return Network.build(
        [
            reach("west", "w", "x", 6_000.0, 1.2),
            reach("east", "e", "x", 14_000.0, 0.8),
            reach("stem", "x", "o", 10_000.0, 2.0),
        ]
    )


def stations(released, start=15, steps=6, seed=1):
    """Readings at two stations after a release of 12 kg in half an hour, in shares at several places."""
    rng = np.random.default_rng(seed)
    grid = LaplaceGrid.over(90_000.0, STEP, 18.0)
    rows = sum(
        share * found
        for share, (_, found) in zip(
            released.values(),
            sorted(arrivals(river(), [LOWER, UPPER], list(released), grid)),
            strict=True,
        )
    )
    passed = np.cumsum(grid.invert(rows * grid.cell_average), axis=1) * STEP
    found = []
    for place, arrived in zip((LOWER, UPPER), passed, strict=True):
        at = np.arange(0, 200, 3)
        index = np.arange(len(arrived))
        clean = np.interp(at - start, index, arrived, left=0.0)
        clean = clean - np.interp(at - start - steps, index, arrived, left=0.0)
        value = 0.4 + 12_000.0 / (steps * STEP) / 2.0 * clean + rng.normal(0.0, 0.05, len(at))
        found.append(StationSeries(place, 2.0, STEP * at, value, name=f"{place.chainage_m:.0f}"))
    return found


def by_key(posterior):
    return {candidate.key: candidate for candidate in posterior.candidates}


def test_water_that_comes_in_at_the_boundary_is_told_from_an_outfall_on_its_reach():
    found = trace(river(), stations({Location("east", 0.0): 1.0}), [WEST, EAST, INFLOW], **SETTINGS)
    assert found.candidates[0].key == "from above"
    assert found.candidates[0].probability > 0.9
    assert found.candidates[0].kind == "boundary"


def test_inflow_along_all_reaches_is_told_from_any_single_outfall():
    everywhere = diffuse(river(), "rain", ["west", "east"], spacing_m=2_000.0)
    assert sum(weight for _, weight in everywhere.parts) == pytest.approx(20_000.0)
    shares = {place: weight / 20_000.0 for place, weight in everywhere.parts}
    found = trace(river(), stations(shares), [WEST, EAST, INFLOW, everywhere], **SETTINGS)
    assert found.candidates[0].key == "rain"
    assert found.candidates[0].probability > 0.99
    assert found.candidates[0].released_kg.low <= 12.0 <= found.candidates[0].released_kg.high


def test_a_diffuse_candidate_of_one_place_equals_an_outfall_there():
    series = stations({Location("west", 3_000.0): 1.0})
    alone = Candidate("spot", None, "diffuse", 1.0, ((Location("west", 3_000.0), 7.0),))
    halves = dataclasses.replace(alone, key="halves", parts=((Location("west", 3_000.0), 1.0),) * 2)
    found = by_key(trace(river(), series, [WEST, alone, halves], **SETTINGS))
    for key in ("spot", "halves"):
        assert found[key].log_evidence == pytest.approx(found["west"].log_evidence, abs=1e-9)


def test_runoff_weighs_reaches_and_dry_ones_take_no_part():
    wet = diffuse(river(), "rain", ["west", "east"], runoff=[0.0, 3.0], spacing_m=5_000.0)
    assert {place.reach_id for place, _ in wet.parts} == {"east"}
    assert [weight for _, weight in wet.parts] == pytest.approx([1.0, 1.0, 1.0])


def test_a_window_that_holds_the_start_favours_a_candidate_and_one_that_does_not_refutes_it():
    series = stations({Location("west", 3_000.0): 1.0})
    rain = StartPrior(((12 * STEP, 19 * STEP),))
    dry = StartPrior(((40 * STEP, 60 * STEP),), outside=0.0)
    early = dataclasses.replace(WEST, key="in the rain", starts=rain)
    late = dataclasses.replace(WEST, key="at work", starts=dry)
    leaky = dataclasses.replace(WEST, key="mostly at work", starts=dataclasses.replace(dry, outside=0.1))
    found = by_key(trace(river(), series, [WEST, early, late, leaky], **SETTINGS))
    gain = found["in the rain"].log_evidence - found["west"].log_evidence
    assert gain == pytest.approx(np.log(STARTS / 8), abs=0.02)
    assert found["at work"].log_evidence < found["west"].log_evidence - 20.0
    loss = found["mostly at work"].log_evidence - found["west"].log_evidence
    assert loss == pytest.approx(np.log(0.1 * STARTS / (STARTS - 21)), abs=0.02)
    assert found["in the rain"].start_s.low >= 11.5 * STEP


def test_a_prior_that_says_nothing_changes_nothing():
    series = stations({Location("west", 3_000.0): 1.0})
    anytime = dataclasses.replace(WEST, key="any time", starts=StartPrior(((0.0, STARTS * STEP),)))
    found = by_key(trace(river(), series, [WEST, anytime], **SETTINGS))
    assert found["any time"].log_evidence == pytest.approx(found["west"].log_evidence, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: StartPrior(()), "at least one window"),
        (lambda: StartPrior(((5.0, 1.0),)), "ends before it begins"),
        (lambda: StartPrior(((0.0, 1.0),), outside=1.5), "0 … 1"),
        (lambda: Candidate("a", None), "Give every candidate a location"),
        (lambda: Candidate("a", None, "diffuse"), "0 parts"),
        (lambda: dataclasses.replace(WEST, parts=((LOWER, 1.0),)), "no other any"),
        (lambda: diffuse(river(), "a", ["west"], runoff=[1.0, 2.0]), "one weight"),
    ],
)
def test_a_candidate_that_contradicts_itself_is_refused(make, words):
    with pytest.raises(TracingError, match=words):
        make()


def test_a_window_outside_the_search_is_refused_by_name():
    late = dataclasses.replace(WEST, starts=StartPrior(((1e9, 2e9),)))
    with pytest.raises(TracingError, match="'west': no start time of the search"):
        trace(river(), stations({Location("west", 3_000.0): 1.0}), [late], **SETTINGS)
