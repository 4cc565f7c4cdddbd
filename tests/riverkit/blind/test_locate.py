"""Blind location: against rivers made by the very laws, and on real releases of dye."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.blind import Journey, Passage, Population, learn, locate
from riverkit.blind.spread import DEGREES_OF_FREEDOM, REFERENCE_S
from riverkit.blind.tracer_tests import learn_without, read_tracer_tests
from riverkit.errors import TracingError

LAWS = Population.default()


def journey(chance, river, river_effect, stations=4):
    """A cloud that obeys the default laws: every part of their scatter drawn anew."""
    law = LAWS.spread
    first = math.exp(chance.uniform(math.log(2 * 3_600.0), math.log(60 * 3_600.0)))
    travel = first * np.cumprod([1.0, *chance.uniform(1.4, 2.2, stations - 1)])
    age = np.log(travel / REFERENCE_S)
    along = np.linalg.cholesky(law.along_sd**2 * np.exp(-np.abs(age[:, None] - age)))
    front = np.exp(
        law.intercept + law.exponent * age + river_effect
        + along @ chance.normal(size=stations) + law.curve_scale * chance.standard_t(DEGREES_OF_FREEDOM, stations)
    )  # fmt: skip
    section = np.exp(chance.normal(-1.0, 0.4, stations))
    velocity = [math.exp(chance.normal(-1.0, 0.5))]
    for upper, lower in itertools.pairwise(section):
        jump = LAWS.velocity_by_section.scale * chance.standard_t(DEGREES_OF_FREEDOM)
        velocity.append(velocity[-1] / math.exp(LAWS.section_weight * math.log(upper / lower) + jump))
    distance = np.cumsum(np.diff([0.0, *travel]) * velocity)
    lost = LAWS.recovery.centre + LAWS.recovery.scale * chance.standard_t(DEGREES_OF_FREEDOM)
    masses = 3.0 * math.exp(lost) * np.ones(stations)
    passages = map(Passage, distance, travel, front, masses, section)
    return Journey(river, tuple(passages), 3.0)


def hidden(made):
    origin = made.passages[0].distance_m
    return [
        Passage(p.distance_m - origin, p.middle_s, p.front_s, p.mass_kg, p.section_velocity_m_s)
        for p in made.passages
    ]


def rivers(seed, count, tests=2):
    chance = np.random.default_rng(seed)
    for number in range(count):
        effect = LAWS.spread.river_sd * chance.normal()
        for _ in range(tests):
            yield journey(chance, f"river {number}", effect)


def test_nine_in_ten_origins_lie_within_the_intervals_where_the_laws_hold():
    made = list(rivers(seed=1, count=200, tests=1))
    found = [locate(hidden(each)) for each in made]
    holds = {
        "place": [
            o.distance_m.low <= m.passages[0].distance_m <= o.distance_m.high
            for o, m in zip(found, made, strict=True)
        ],
        "start": [o.start_s.low <= 0.0 <= o.start_s.high for o in found],
        "mass": [
            o.released_kg.low <= m.mass_kg <= o.released_kg.high for o, m in zip(found, made, strict=True)
        ],
    }
    # Three standard deviations of 200 draws around 90 %; the prior on travel times is not the one drawn from.
    assert {name: 0.836 <= np.mean(each) <= 0.964 for name, each in holds.items()} == dict.fromkeys(
        holds, True
    )


def test_the_laws_are_learned_back_from_clouds_that_obey_them():
    learned = learn(list(rivers(seed=3, count=60)), "made")
    assert learned.spread.intercept == pytest.approx(LAWS.spread.intercept, abs=0.15)
    assert learned.spread.exponent == pytest.approx(LAWS.spread.exponent, abs=0.08)
    assert learned.spread.river_sd == pytest.approx(LAWS.spread.river_sd, rel=0.35)
    assert learned.spread.along_sd == pytest.approx(LAWS.spread.along_sd, rel=0.35)
    assert learned.spread.curve_scale == pytest.approx(LAWS.spread.curve_scale, rel=0.35)
    assert learned.section_weight == pytest.approx(LAWS.section_weight, abs=0.08)
    assert learned.velocity_by_section.scale == pytest.approx(LAWS.velocity_by_section.scale, rel=0.25)
    assert learned.recovery.centre == pytest.approx(LAWS.recovery.centre, abs=0.1)


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.floats(-1e6, 1e6), st.floats(0.05, 20.0))
def test_a_later_clock_moves_the_start_and_a_longer_river_the_place_alone(seed, later_s, longer):
    passages = hidden(next(rivers(seed, 1, tests=1)))
    plain = locate(passages)
    moved = locate(
        [
            Passage(longer * p.distance_m, p.middle_s + later_s, p.front_s, p.mass_kg, p.section_velocity_m_s)
            for p in reversed(passages)
        ]
    )
    assert moved.start_s.median == pytest.approx(
        plain.start_s.median + later_s, abs=1e-3 * abs(plain.start_s.low)
    )
    assert moved.distance_m.median == pytest.approx(longer * plain.distance_m.median, rel=1e-9)
    assert moved.released_kg == plain.released_kg


def test_without_sections_the_place_is_less_certain_and_the_start_the_same():
    passages = hidden(next(rivers(5, 1)))
    bare = [Passage(p.distance_m, p.middle_s, p.front_s, p.mass_kg) for p in passages]
    known, unknown = locate(passages), locate(bare)
    assert unknown.start_s == known.start_s
    width = [math.log(each.distance_m.high / each.distance_m.low) for each in (known, unknown)]
    assert width[0] < width[1]


def test_more_stations_tell_more_about_the_start():
    made = list(rivers(seed=9, count=15, tests=1))
    width = [
        np.mean(
            [math.log(o.travel_s.high / o.travel_s.low) for o in (locate(hidden(m)[:count]) for m in made)]
        )
        for count in (2, 4)
    ]
    assert width[1] < width[0]


def test_the_place_named_is_the_one_of_least_expected_error_relative_to_the_true_distance():
    origin = locate(hidden(next(rivers(7, 1))))

    def expected_error(named_m):
        return float(origin.distance_density @ np.abs(named_m / origin.distance_grid_m - 1.0))

    assert origin.distance_m.low < origin.best_m < origin.distance_m.median
    for other in (0.9, 0.97, 1.03, 1.1):
        assert expected_error(origin.best_m) < expected_error(other * origin.best_m)


def test_one_odd_curve_does_not_overrule_the_others():
    law = LAWS.spread
    travel = 36_000.0 * np.array([1.0, 2.0, 3.0, 4.0])
    front = np.exp(law.intercept + law.exponent * np.log(travel / REFERENCE_S))
    distance = 0.4 * travel

    def hours(front_s):
        return (
            locate(list(map(Passage, distance, travel, front_s, [3.0] * len(front_s)))).travel_s.median
            / 3_600.0
        )

    pressed = front * np.array([1.0, 1.0, 1.0, 0.4])
    regular, odd = hours(front), hours(pressed)
    assert regular == pytest.approx(10.0, rel=0.1)
    assert odd == pytest.approx(regular, rel=0.25)
    # Were its deviation normal, the narrow front would say that the cloud hardly widens any more: that it is old.
    assert math.log(0.4) < -10 * law.curve_scale


def test_a_population_survives_the_trip_through_json():
    assert Population.from_dict(json.loads(json.dumps(LAWS.to_dict()))) == LAWS


def test_one_station_or_a_cloud_that_goes_upstream_is_refused_with_the_cure():
    passages = hidden(next(rivers(5, 1)))
    with pytest.raises(TracingError, match="needs at least two"):
        locate(passages[:1])
    upper, lower = passages[:2]
    swapped = [
        Passage(lower.distance_m, upper.middle_s, upper.front_s, upper.mass_kg),
        Passage(upper.distance_m, lower.middle_s, lower.front_s, lower.mass_kg),
    ]
    with pytest.raises(TracingError, match="no later than"):
        locate(swapped)


def test_too_few_journeys_teach_nothing():
    with pytest.raises(TracingError, match="2 journeys are too few"):
        learn(list(rivers(1, 1)), "made")


def test_real_releases_lie_within_the_intervals_and_nearer_than_by_any_guess_of_an_order_of_magnitude(
    data_dir,
):
    tests = read_tracer_tests(data_dir / "tracing")
    chosen = [test for test in tests if len(test.curves) >= 3]
    laws = {code: learn_without(tests, code) for code in {test.code for test in chosen}}
    found = [
        (locate(test.hidden(4), laws[test.code]).distance_m, test.journey.passages[0].distance_m)
        for test in chosen
    ]
    assert sum(place.low <= truth <= place.high for place, truth in found) >= 0.8 * len(found)
    assert np.median([abs(place.median / truth - 1.0) for place, truth in found]) < 0.3


def test_the_laws_that_ship_are_those_of_the_collection(data_dir):
    tests = [test for test in read_tracer_tests(data_dir / "tracing") if test.code != "SMI"]
    learned = learn([test.journey for test in tests], LAWS.source)
    assert learned.spread.intercept == pytest.approx(LAWS.spread.intercept, abs=1e-3)
    assert learned.spread.along_sd == pytest.approx(LAWS.spread.along_sd, abs=1e-3)
    assert learned.velocity_by_section.scale == pytest.approx(LAWS.velocity_by_section.scale, abs=1e-3)
