import dataclasses
import itertools
import math

import numpy as np
import pytest
from riverkit.errors import TracingError
from riverkit.network import Location, Network, Reach
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    Misfit,
    Noise,
    StationSeries,
    StrengthPrior,
    trace,
    trace_several,
)
from riverkit.tracing.combinations import log_all_positive, log_joint_bayes_factor
from riverkit.tracing.dye_test import CORRELATION, DISCREPANCY, GRAMS_PER_M3, HOUR_S
from riverkit.tracing.tables import read_rows
from scipy import integrate, special, stats

FLOW, SPEED, SPREAD, STEP = 2.0, 0.5, 12.0, 600.0
RIVER = Network.build(
    Reach(name, up, down, length, velocity_m_s=SPEED, dispersion_m2s=SPREAD, discharge_m3s=FLOW)
    for name, up, down, length in (
        ("west", "w", "x", 6_000.0),
        ("east", "e", "x", 8_000.0),
        ("stem", "x", "o", 10_000.0),
    )
)
ABOVE_FORK = {"mill": ("west", 1_000.0), "works": ("east", 5_500.0), "tannery": ("east", 1_500.0)}
BELOW_FORK = {"farm": ("stem", 4_000.0)}
CANDIDATES = [Candidate(key, Location(*place)) for key, place in {**ABOVE_FORK, **BELOW_FORK}.items()]
STATIONS = (("bridge", "stem", 2_000.0), ("weir", "stem", 9_000.0))
SETTINGS = {
    "first_start_s": 0.0,
    "start_step_s": STEP,
    "n_starts": 40,
    "durations_s": [600.0, 1_800.0, 3_600.0],
    "noise": Noise(0.05, 0.0, 0.02),
    "strength": StrengthPrior(0.0, 50.0),
    "background": BackgroundPrior(1.0),
}


KM_SEARCHED = (0.0, 5.0, 18.0, 29.612, 36.0, 45.0, 55.0)


def arrived(distance_m, time_s):
    """Share of an instantaneous release that has passed after a time: the inverse Gaussian distribution."""
    time = np.maximum(time_s, 1e-9)
    root = np.sqrt(2 * SPREAD * time)
    tail = np.exp(SPEED * distance_m / SPREAD + special.log_ndtr(-(distance_m + SPEED * time) / root))
    return np.where(time_s > 0, special.ndtr((SPEED * time - distance_m) / root) + tail, 0.0)


def distance(key, chainage):
    """Metres of water from an outfall to a place on the stem; None where the water does not flow that way."""
    reach, at = {**ABOVE_FORK, **BELOW_FORK}[key]
    way = chainage - at if reach == "stem" else RIVER.reach(reach).length_m - at + chainage
    return way if way > 0 else None


def observed(releases, seed):
    """What the two stations on the stem see of releases (key, start, duration, kg), over 0.4 g/m³ and with errors."""
    rng = np.random.default_rng(seed)
    time = np.arange(0.0, 60_000.0, 900.0)
    series = []
    for name, reach, chainage in STATIONS:
        value = np.full(len(time), 0.4)
        for key, start, duration, mass in releases:
            way = distance(key, chainage)
            if way is not None:
                passed = arrived(way, time - start) - arrived(way, time - start - duration)
                value += mass / duration * passed * 1_000.0 / FLOW
        value += rng.normal(0.0, 0.05, len(time))
        series.append(StationSeries(Location(reach, chainage), FLOW, time, value, name=name))
    return series


def drawn(seed, number):
    """So many releases at different outfalls, at times and durations of the search."""
    rng = np.random.default_rng(seed)
    keys = rng.permutation([each.key for each in CANDIDATES])[:number]
    return [
        (
            str(key),
            STEP * rng.integers(2, 30),
            float(rng.choice([600.0, 1_800.0, 3_600.0])),
            rng.uniform(8, 25),
        )
        for key in keys
    ]


def test_of_mixed_clouds_the_number_of_sources_is_found_in_nearly_every_case():
    asked = [1, 2] * 5
    found = [
        trace_several(RIVER, observed(drawn(seed, n), seed), CANDIDATES, **SETTINGS).number
        for seed, n in enumerate(asked)
    ]

    right = sum(a == b for a, b in zip(found, asked, strict=True))
    assert right >= 0.8 * len(asked), found


def test_of_two_outfalls_that_release_at_once_both_lie_within_their_intervals():
    truth = {"mill": (3_600.0, 1_800.0, 15.0), "farm": (9_000.0, 1_800.0, 10.0)}
    answer = trace_several(
        RIVER, observed([(key, *rest) for key, rest in truth.items()], 3), CANDIDATES, **SETTINGS
    )

    pair = answer.leading[1]
    assert answer.number == 2
    assert {source.key for source in pair.sources} == set(truth)
    for source in pair.sources:
        for interval, true in zip(
            (source.start_s, source.duration_s, source.released_kg), truth[source.key], strict=True
        ):
            assert interval.low <= true <= interval.high


def test_three_outfalls_that_release_at_once_are_told_from_two():
    releases = [
        ("mill", 1_200.0, 600.0, 20.0),
        ("tannery", 9_000.0, 1_800.0, 25.0),
        ("farm", 18_000.0, 600.0, 12.0),
    ]
    answer = trace_several(RIVER, observed(releases, 5), CANDIDATES, **SETTINGS)

    assert answer.number == 3
    assert {source.key for source in answer.leading[2].sources} == {key for key, *_ in releases}


def test_the_evidence_of_one_source_is_that_of_a_trace_with_finer_starts():
    stations = observed(drawn(4, 1), 4)
    answer = trace_several(RIVER, stations, CANDIDATES, **SETTINGS)
    finer = {**SETTINGS, "first_start_s": -0.5 * STEP, "start_step_s": STEP / 8, "n_starts": 40 * 8}
    single = trace(RIVER, stations, CANDIDATES, **finer)

    logs = [each.log_evidence - math.log(len(CANDIDATES)) for each in single.candidates]
    assert answer.log_evidence[0] == pytest.approx(np.logaddexp.reduce(logs), abs=0.3)
    leading = answer.leading[0].sources[0]
    assert leading.key == single.candidates[0].key
    assert leading.start_s.median == pytest.approx(single.candidates[0].start_s.median, abs=STEP / 4)
    assert leading.released_kg.median == pytest.approx(single.candidates[0].released_kg.median, rel=0.02)


def skewed(release, seed):
    """What the stations see of one release where dead zones draw tails that the tracer knows nothing of."""
    series = observed([release], seed)
    tails = np.exp(-np.arange(0.0, 24_000.0, 900.0) / 2_000.0)
    values = [0.4 + np.convolve(each.value - 0.4, tails / tails.sum())[: len(each.value)] for each in series]
    return [dataclasses.replace(each, value=value) for each, value in zip(series, values, strict=True)]


def test_where_one_source_may_be_off_by_a_misfit_a_second_one_has_to_explain_more():
    stations = skewed(("mill", 3_600.0, 1_800.0, 20.0), 6)
    settings = {**SETTINGS, "noise": Noise(0.05, 0.0, 0.02, correlation_s=1_800.0)}
    trusting = trace_several(RIVER, stations, CANDIDATES, **settings)
    wary = trace_several(
        RIVER, stations, CANDIDATES, **settings, hydraulics=HydraulicPrior(32), misfit=Misfit(0.08, 0.3)
    )

    def lead(answer):
        return answer.log_evidence[1] - answer.log_evidence[0]

    assert lead(trusting) > 7.0
    assert lead(wary) < lead(trusting) - 4.0
    ((_, sd),) = wary.uncertain
    assert sd < 1.0


def test_water_faster_than_thought_is_told_with_the_sources():
    faster = Network.build(
        dataclasses.replace(each, velocity_m_s=SPEED / 1.2, dispersion_m2s=SPREAD) for each in RIVER.reaches
    )
    unknown = HydraulicPrior(32, velocity_log_sd=0.2)
    stations = observed([("mill", 3_600.0, 1_800.0, 15.0), ("farm", 9_000.0, 1_800.0, 10.0)], 3)
    answer = trace_several(faster, stations, CANDIDATES, **SETTINGS, hydraulics=unknown)

    ((mean, sd),) = answer.uncertain
    assert answer.number == 2
    assert 0.2 * mean == pytest.approx(math.log(1.2), abs=0.03)
    assert sd < 0.3


def test_the_combinations_named_hold_ninety_per_cent_and_starts_allow_for_water_of_unknown_velocity():
    slower = Network.build(
        Reach(
            each.id,
            each.up,
            each.down,
            each.length_m,
            velocity_m_s=SPEED / (0.8 if each.id in ("west", "east") else 1.0),
            dispersion_m2s=SPREAD,
            discharge_m3s=FLOW,
        )
        for each in RIVER.reaches
    )
    unknown = HydraulicPrior(
        24, groups=(HydraulicGroup(["west", "east"], velocity_log_sd=0.25, dispersion_log10_sd=0.2),)
    )
    truth = {"mill": 3_600.0, "farm": 9_000.0}
    stations = observed([("mill", 3_600.0, 1_800.0, 15.0), ("farm", 9_000.0, 1_800.0, 10.0)], 3)
    answer = trace_several(slower, stations, CANDIDATES, **SETTINGS, hydraulics=unknown)

    assert answer.number == 2
    pairs = answer.credible[1]
    assert pairs[0] is answer.leading[1]
    assert sum(each.probability for each in pairs) >= 0.9
    assert sum(each.probability for each in pairs[:-1]) < 0.9
    true_pair = next(each for each in pairs if {source.key for source in each.sources} == set(truth))
    for source in true_pair.sources:
        assert source.start_s.low <= truth[source.key] <= source.start_s.high


def test_splitting_an_outfall_in_two_halves_costs_a_pair_no_more_than_the_belief_in_the_two_halves():
    coarse = {**SETTINGS, "n_starts": 12, "start_step_s": 1_800.0, "durations_s": [1_800.0]}
    two = CANDIDATES[:1] + CANDIDATES[3:]
    stations = observed([("mill", 3_600.0, 1_800.0, 3.0), ("farm", 9_000.0, 1_800.0, 2.0)], 3)
    answer = trace_several(RIVER, stations, two, **coarse)
    split = [two[0], Candidate("a", two[1].location, prior=0.5), Candidate("b", two[1].location, prior=0.5)]
    halves = trace_several(RIVER, stations, split, **coarse)

    assert halves.log_evidence[0] == pytest.approx(answer.log_evidence[0], abs=1e-6)
    # Pairs of the two halves are possible now too, and explain nothing.
    different = 1.0 - (0.25 + 2 * 0.0625)
    assert halves.log_evidence[1] == pytest.approx(
        answer.log_evidence[1] + math.log(0.5 / different), abs=0.02
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_joint_evidence_of_two_strengths_equals_quadrature(seed):
    rng = np.random.default_rng(seed)
    responses = rng.normal(size=(2, 5)) + 1.0
    readings = rng.normal(size=5) + responses.sum(axis=0) * rng.uniform(0, 0.5)
    prior = StrengthPrior(0.3, 1.5)
    s_gg, s_gy = responses @ responses.T, responses @ readings

    def density(b, a):
        q = np.array([a, b])
        likelihood = np.exp(q @ s_gy - 0.5 * q @ s_gg @ q)
        return likelihood * np.prod(stats.norm.pdf(q, prior.mean_kg, prior.sd_kg)) / special.ndtr(0.2) ** 2

    expected, _ = integrate.dblquad(density, 0.0, 12.0, 0.0, 12.0, epsabs=1e-6)
    found, _, _ = log_joint_bayes_factor(s_gg[None], s_gy[None], prior)
    assert found[0] == pytest.approx(math.log(expected), abs=0.1)


def test_the_probability_that_all_are_positive_is_that_of_the_multivariate_normal():
    rng = np.random.default_rng(2)
    for size in (1, 2, 3):
        for _ in range(10):
            root = rng.normal(size=(size, size + 2))
            covariance, mean = root @ root.T, rng.normal(0.5, 1.5, size)
            expected = stats.multivariate_normal.cdf(mean, cov=covariance, rng=1)
            found = log_all_positive(mean[None], covariance[None])[0]
            assert found == pytest.approx(math.log(expected), abs=0.1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"number_prior": (0.5, 0.3, 0.1, 0.1)}, "one to three weights"),
        ({"n_starts": 40_000}, "Keep the candidates"),
        ({"misfit": Misfit(0.05, 0.5)}, "One setting cannot stand for an unknown misfit"),
    ],
)
def test_what_cannot_be_weighed_is_refused_with_a_cure(changed, words):
    with pytest.raises(TracingError, match=words):
        trace_several(RIVER, observed(drawn(1, 1), 1), CANDIDATES, **{**SETTINGS, **changed})


def test_two_injections_of_dye_into_antietam_creek_come_out_as_two_above_the_first_station_of_each(data_dir):
    rows = [
        row
        for row in read_rows(data_dir / "tracing" / "antietam_series.csv")
        if row.text("event") == "ANT_8-18-70"
    ]
    curves = {}
    for row in rows:
        if row.number("time_h") > 0:
            curves.setdefault((row.text("injection"), row.text("station")), []).append(row)

    def moments(rows):
        time = np.array([row.number("time_h") for row in rows]) * HOUR_S
        value = np.array([row.number("conc_observed_ug_l") for row in rows]) * GRAMS_PER_M3
        mass = np.trapezoid(value, time)
        centroid = np.trapezoid(value * time, time) / mass
        return time, value, centroid, math.sqrt(np.trapezoid(value * (time - centroid) ** 2, time) / mass)

    seen = [
        (
            1_000.0 * rows[0].number("river_km"),
            injection,
            name,
            rows[0].number("discharge_m3s"),
            *moments(rows),
        )
        for (injection, name), rows in curves.items()
    ]
    seen.sort(key=lambda each: each[0])
    length = np.diff([0.0] + [each[0] for each in seen])
    # Between two stations of one cloud its centroid's delay and its widening give velocity and dispersion; the water
    # above the first station of a cloud is taken to flow as that below.
    speed, spread = [], []
    for upper, lower in itertools.pairwise(seen):
        if upper[1] == lower[1]:
            way, delay = lower[0] - upper[0], lower[6] - upper[6]
            speed.append(way / delay)
            spread.append(max(0.5 * (way / delay) ** 2 * (lower[7] ** 2 - upper[7] ** 2) / delay, 1.0))
        else:
            speed.append(math.nan)
            spread.append(math.nan)
    speed, spread = [math.nan, *speed], [math.nan, *spread]
    for row in reversed(range(len(seen))):
        if math.isnan(speed[row]):
            speed[row], spread[row] = speed[row + 1], spread[row + 1]
    river = Network.build(
        Reach(
            f"to {each[2]}",
            f"node {row}",
            f"node {row + 1}",
            length[row],
            velocity_m_s=speed[row],
            dispersion_m2s=spread[row],
            discharge_m3s=each[3],
        )
        for row, each in enumerate(seen)
    )
    stations = [
        StationSeries(
            Location(f"to {each[2]}", length[row]),
            each[3],
            each[4],
            each[5],
            background=0.0,
            name=each[2],
            correlation_s=CORRELATION * each[7],
        )
        for row, each in enumerate(seen)
    ]
    ends = np.cumsum(length)
    places = {}
    for km in KM_SEARCHED:
        row = int(np.searchsorted(ends, 1_000.0 * km, side="right"))
        places[km] = Location(f"to {seen[row][2]}", 1_000.0 * km - (ends[row] - length[row]))
    answer = trace_several(
        river,
        stations,
        [Candidate(f"{km:g}", place) for km, place in places.items()],
        first_start_s=-12 * HOUR_S,
        start_step_s=HOUR_S / 2,
        n_starts=50,
        durations_s=[HOUR_S / 2, HOUR_S, 3 * HOUR_S],
        noise=Noise(0.05 * GRAMS_PER_M3, relative=0.05, discrepancy=DISCREPANCY),
        strength=StrengthPrior.from_readings(stations),
        hydraulics=HydraulicPrior(
            4,
            groups=(
                HydraulicGroup(["to SA1", "to SB1"], velocity_log_sd=0.3, dispersion_log10_sd=0.5),
                HydraulicGroup(["to SA2", "to SA3", "to SA4"], velocity_log_sd=0.0, dispersion_log10_sd=0.3),
            ),
            gain_log_sd=0.2,
        ),
    )
    assert answer.number == 2
    # How far above SB1 the second one lies hangs on the unknown velocity there; above SA1 there is one place only.
    upper, lower = (float(source.key) for source in answer.leading[1].sources)
    assert upper == 0.0
    assert 29.6 <= lower <= 42.2
