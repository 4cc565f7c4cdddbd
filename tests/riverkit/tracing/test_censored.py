"""Readings below the detection limit, and stations that recover a part of the mass."""

import dataclasses

import numpy as np
import pytest
from riverkit.errors import TracingError
from riverkit.network import Location, Network, Reach
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    HydraulicPrior,
    Noise,
    StationSeries,
    StrengthPrior,
    trace,
)
from scipy import integrate, special

STEP, STARTS, FLOW, SPEED, SPREAD = 300.0, 60, 2.0, 0.5, 12.0
STEM = Network.build(
    [Reach("stem", "x", "o", 20_000.0, velocity_m_s=SPEED, dispersion_m2s=SPREAD, discharge_m3s=FLOW)]
)
MILL, FARM = Candidate("mill", Location("stem", 1_000.0)), Candidate("farm", Location("stem", 5_500.0))
LIMIT, NOISE, SD_KG = 0.3, 0.04, 30.0
SETTINGS = {
    "first_start_s": 0.0,
    "start_step_s": STEP,
    "n_starts": STARTS,
    "durations_s": [1_800.0],
    "noise": Noise(NOISE, 0.0, 0.0),
    "strength": StrengthPrior(0.0, SD_KG),
    "background": BackgroundPrior(0.0),
}


def arrived(distance_m, time_s):
    time = np.maximum(time_s, 1e-9)
    root = np.sqrt(2 * SPREAD * time)
    tail = np.exp(SPEED * distance_m / SPREAD + special.log_ndtr(-(distance_m + SPEED * time) / root))
    return np.where(time_s > 0, special.ndtr((SPEED * time - distance_m) / root) + tail, 0.0)


def per_kg(distance_m, time_s, start_s, duration_s=1_800.0):
    passed = arrived(distance_m, time_s - start_s) - arrived(distance_m, time_s - start_s - duration_s)
    return 1_000.0 / (duration_s * FLOW) * passed


def station(chainage=9_000.0, mass=4.0, gain=1.0, seed=3, limit=LIMIT):
    """Readings without background, those below the limit told as such; the mill released at step 20."""
    rng = np.random.default_rng(seed)
    time = np.arange(0.0, 50_000.0, 1_500.0)
    value = gain * mass * per_kg(chainage - 1_000.0, time, 20 * STEP) + rng.normal(0.0, NOISE, len(time))
    below = value < limit
    return StationSeries(
        Location("stem", chainage), FLOW, time, np.where(below, limit, value), background=0.0, below=below
    )


def exact_log_evidence(distance_m, series):
    """By quadrature in the strength for every start, with the factor of readings below their limit as it is."""

    def log_likelihood(q, g):
        seen = ~series.below
        fit = -0.5 * (((series.value[seen] - np.outer(q, g[seen])) / NOISE) ** 2).sum(axis=1)
        return fit + special.log_ndtr((LIMIT - np.outer(q, g[series.below])) / NOISE).sum(axis=1)

    cells = []
    for start in STEP * np.arange(STARTS):
        g = per_kg(distance_m, series.time_s, start)
        q = np.linspace(0.0, 40.0, 2_001)
        logs = log_likelihood(q, g) - 0.5 * (q / SD_KG) ** 2
        top = logs.max()
        cells.append(
            top + np.log(integrate.simpson(np.exp(logs - top), x=q) * 2 / (SD_KG * np.sqrt(2 * np.pi)))
        )
    return special.logsumexp(cells) - np.log(STARTS) - log_likelihood(np.zeros(1), g)[0]


def by_key(posterior):
    return {candidate.key: candidate for candidate in posterior.candidates}


def test_readings_below_the_limit_count_as_by_quadrature():
    series = station()
    assert series.below.sum() > 20
    assert (~series.below).sum() >= 2
    found = by_key(trace(STEM, [series], [MILL, FARM], **SETTINGS))
    assert found["mill"].log_evidence == pytest.approx(exact_log_evidence(8_000.0, series), abs=0.1)
    assert found["mill"].released_kg.low <= 4.0 <= found["mill"].released_kg.high
    # Taken for readings of 0 with an error of limit/√3, the same readings are known worse than by half a nat.
    first = dataclasses.replace(
        series,
        value=np.where(series.below, 0.0, series.value),
        sigma=np.where(series.below, LIMIT / np.sqrt(3), NOISE),
        below=None,
    )
    approximate = by_key(trace(STEM, [first], [MILL, FARM], **SETTINGS))
    difference = approximate["mill"].log_evidence - exact_log_evidence(8_000.0, series)
    assert abs(difference) > 0.5


def test_a_station_that_never_rose_above_its_limit_bounds_the_mass():
    series = station(mass=0.0)
    assert series.below.all()
    found = by_key(trace(STEM, [series], [MILL, FARM], **SETTINGS))
    assert found["mill"].log_evidence == pytest.approx(exact_log_evidence(8_000.0, series), abs=0.3)
    assert found["mill"].log_evidence < 0.0


def test_where_no_reading_rose_above_its_limit_the_answer_says_that_nothing_rose():
    time = np.arange(0.0, 90_000.0, 600.0)
    limits, nowhere = np.full(len(time), LIMIT), np.ones(len(time), dtype=bool)
    both = [
        StationSeries(Location("stem", at_m), FLOW, time, limits, below=nowhere)
        for at_m in (9_000.0, 16_000.0)
    ]
    unseen = Candidate("below them", Location("stem", 19_000.0))
    prior = HydraulicPrior(32, velocity_log_sd=0.15, seed=1, adaptive=True)
    answer = trace(
        STEM, both, [MILL, FARM, unseen], hydraulics=prior, **{**SETTINGS, "background": BackgroundPrior()}
    )
    assert "Nothing rose" in answer.note
    assert by_key(answer)["below them"].log_evidence == pytest.approx(0.0, abs=0.1)


def test_a_detection_limit_must_be_above_zero():
    series = station()
    with pytest.raises(TracingError, match="detection limit"):
        dataclasses.replace(series, value=np.zeros(len(series.value)))
    with pytest.raises(TracingError, match="differ in number"):
        dataclasses.replace(series, below=series.below[1:])


def test_stations_that_recover_unlike_shares_of_the_mass_still_agree_on_the_source():
    upper, lower = station(9_000.0, 20.0, 1.0, limit=-1.0), station(16_000.0, 20.0, 0.55, seed=4, limit=-1.0)
    series = [dataclasses.replace(each, below=None) for each in (upper, lower)]
    strict = by_key(trace(STEM, series, [MILL, FARM], **SETTINGS))["mill"]
    prior = HydraulicPrior(64, gain_log_sd=0.35)
    lenient = by_key(trace(STEM, series, [MILL, FARM], hydraulics=prior, **SETTINGS))["mill"]
    assert lenient.log_evidence > strict.log_evidence + 5.0
    width = lenient.released_kg.high - lenient.released_kg.low
    assert width > 2.0 * (strict.released_kg.high - strict.released_kg.low)
    with pytest.raises(TracingError, match="velocity, dispersion or gain"):
        HydraulicPrior(gain_log_sd=0.35)


def by_brute_force(distance_m, series, noise, background):
    """Log evidence (up to what all places share) and 90 % interval of the mass: sums over start, mass and background."""
    mass, level = (
        np.linspace(0.1, 20.0, 100),
        np.linspace(background[0] - 4 * background[1], background[0] + 4 * background[1], 25),
    )
    below = series.below
    logs = []
    for start in STEP * np.arange(STARTS)[::2]:
        g = per_kg(distance_m, series.time_s, start)
        seen = (series.value[~below] - level[:, None, None] - mass[:, None] * g[~below]) / noise
        unseen = (series.value[below] - level[:, None, None] - mass[:, None] * g[below]) / noise
        joint = -0.5 * (seen**2).sum(axis=-1) + special.log_ndtr(unseen).sum(axis=-1)
        logs.append(
            special.logsumexp(joint - 0.5 * ((level[:, None] - background[0]) / background[1]) ** 2, axis=0)
        )
    of_mass = special.logsumexp(logs, axis=0) - 0.5 * (mass / SD_KG) ** 2
    cumulated = np.cumsum(np.exp(of_mass - of_mass.max()))
    return special.logsumexp(of_mass), np.interp([0.05, 0.5, 0.95], cumulated / cumulated[-1], mass)


@pytest.mark.parametrize("limit", [0.5, 0.8])
def test_a_handful_of_readings_above_the_limit_give_place_and_mass_as_by_brute_force(limit):
    rng = np.random.default_rng(5)
    time, level = np.arange(0.0, 90_000.0, 600.0), 0.1
    value = level + 6.0 * per_kg(8_000.0, time, 20 * STEP) + rng.normal(0.0, NOISE, len(time))
    below = value < limit
    assert 3 <= (~below).sum() <= 12
    series = StationSeries(Location("stem", 9_000.0), FLOW, time, np.where(below, limit, value), below=below)
    found = by_key(trace(STEM, [series], [MILL, FARM], **{**SETTINGS, "background": BackgroundPrior()}))
    # The background lies somewhere below the limit: N(limit/2, limit²/12).
    expected = {
        place: by_brute_force(9_000.0 - at_m, series, NOISE, (limit / 2, limit / np.sqrt(12)))
        for place, at_m in (("mill", 1_000.0), ("farm", 5_500.0))
    }
    difference = found["mill"].log_evidence - found["farm"].log_evidence
    assert difference == pytest.approx(expected["mill"][0] - expected["farm"][0], abs=0.3)
    released = found["mill"].released_kg
    assert [released.low, released.median, released.high] == pytest.approx(expected["mill"][1], rel=0.1)
