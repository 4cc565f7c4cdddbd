"""Where to sample next, on a small network with invented releases."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverkit.errors import TracingError
from riverkit.network import Location, Network, Reach
from riverkit.tracing.hydraulics import Setting
from riverkit.tracing.hypotheses import NOWHERE, Hypotheses, from_draws
from riverkit.tracing.next_sample import (
    Crew,
    SampleNoise,
    Sampling,
    SamplingPlace,
    Suggestion,
    _information,
    next_samples,
)
from riverkit.tracing.tally import Draws
from riverkit.transport import LaplaceGrid, responses
from scipy import stats

HOUR = 3_600.0
STEP = 900.0
NOISE = SampleNoise(0.02, 0.1)


def reach(name: str, up: str, down: str, flow: float) -> Reach:
    return Reach(name, up, down, 4_000.0, discharge_m3s=flow, velocity_m_s=0.4, dispersion_m2s=10.0)


# a and b join to c; d joins c to e.
NETWORK = Network.build(
    [
        reach("a", "1", "3", 1.0),
        reach("b", "2", "3", 1.0),
        reach("c", "3", "5", 2.0),
        reach("d", "4", "5", 1.0),
        reach("e", "5", "6", 3.0),
    ]
)
SOURCES = (Location("a", 500.0), Location("b", 500.0), Location("d", 500.0))
PLACES = [
    SamplingPlace("end of a", Location("a", 3_900.0), 1.0, 0.1),
    SamplingPlace("end of b", Location("b", 3_900.0), 1.0, 0.1),
    SamplingPlace("c", Location("c", 3_000.0), 2.0, 0.1),
    SamplingPlace("outlet", Location("e", 3_900.0), 3.0, 0.1),
]
CREW = Crew(np.zeros(4), np.full((4, 4), 600.0) - 600.0 * np.eye(4), [(0.0, 12 * HOUR)])


def hypotheses(probabilities: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1), each: int = 12) -> Hypotheses:
    """Releases at the three sources and none at all; start, mass and velocity spread evenly."""
    settings = tuple(Setting(np.full(5, factor), np.ones(5), None) for factor in (0.8, 1.0, 1.25))
    number = np.arange(3 * each + 1)
    candidate = np.append(np.repeat(np.arange(3), each), 3)
    weight = np.array(probabilities)[candidate] / np.where(candidate < 3, each, 1)
    return Hypotheses(
        keys=("A", "B", "D", "nothing"),
        places=tuple(((source, 1.0),) for source in SOURCES),
        settings=settings,
        candidate=candidate,
        weight=weight,
        place=np.where(candidate < 3, candidate, NOWHERE),
        setting=number % 3,
        start_s=HOUR * ((0.618 * number) % 1.0 - 1.0),
        duration_s=np.full(len(number), HOUR),
        mass_kg=1.0 + (0.414 * number) % 1.0,
        mass_sd_kg=np.full(len(number), 0.1),
    )


def sampling_at(believed: Hypotheses, time_s: Sequence[float]) -> Sampling:
    """With these times as columns, the earliest first."""
    crew = replace(CREW, windows_s=[(each, each) for each in time_s])
    return Sampling(NETWORK, believed, PLACES, crew, NOISE, step_s=STEP)


def test_what_a_release_shows_is_the_transport_kernel_spread_over_its_duration() -> None:
    believed = hypotheses()
    time_s = np.arange(0.0, 30 * HOUR, STEP)
    unit = believed.concentration_per_kg(
        NETWORK, [place.location for place in PLACES], np.array([1.0, 1.0, 2.0, 3.0]), time_s, step_s=300.0
    )
    row = 4
    grid = LaplaceGrid.over(60 * HOUR, 60.0, 12.0)
    factor = believed.settings[int(believed.setting[row])].velocity_factor
    kernel = grid.invert(
        responses(NETWORK, PLACES[3].location, [SOURCES[0]], grid, velocity_factor=factor)[0]
    )
    arrived = np.cumsum(kernel) * 60.0
    since = time_s - believed.start_s[row]
    expected = np.interp(since, grid.time_s, arrived) - np.interp(
        since - HOUR, grid.time_s, arrived, left=0.0
    )
    np.testing.assert_allclose(unit[row, 3], 1_000.0 / 3.0 * expected / HOUR, atol=0.01 * unit[row, 3].max())
    # All of a kilogram passes; nothing passes at the other branch, and no release shows nothing.
    assert 3.0 * unit[row, 3].sum() * STEP / 1_000.0 == pytest.approx(1.0, abs=1e-3)
    assert not unit[row, 1].any()
    assert not unit[-1].any()


def test_a_place_close_below_a_short_release_shows_all_of_it_and_hours_later_nothing() -> None:
    believed = replace(
        hypotheses(),
        places=(((Location("a", 3_850.0), 1.0),), ((SOURCES[1], 1.0),), ((SOURCES[2], 1.0),)),
        start_s=np.zeros(37),
        duration_s=np.full(37, 0.5 * HOUR),
    )
    time_s = np.arange(0.0, 30 * HOUR, 60.0)
    unit = believed.concentration_per_kg(
        NETWORK, [PLACES[0].location], np.ones(1), time_s, step_s=STEP / 3.0
    )[0, 0]
    # Half an hour of a kilogram in a flow of 1 m³/s.
    assert unit.max() <= 1_000.0 / (0.5 * HOUR) * (1.0 + 1e-3)
    assert unit.sum() * 60.0 / 1_000.0 == pytest.approx(1.0, rel=0.01)
    assert unit[time_s > 3 * HOUR].max() < 1e-3 * unit.max()


def test_a_release_at_several_points_at_once_shows_at_all_of_them() -> None:
    single = hypotheses()
    both = replace(single, places=(((SOURCES[0], 0.25), (SOURCES[1], 0.75)), *single.places[1:]))
    arguments = (NETWORK, [place.location for place in PLACES], np.ones(4), np.arange(0.0, 30 * HOUR, STEP))
    alone = single.concentration_per_kg(*arguments, step_s=STEP)
    spread = both.concentration_per_kg(*arguments, step_s=STEP)
    np.testing.assert_allclose(spread[0, 0], 0.25 * alone[0, 0], atol=1e-12)
    assert spread[0, 1].sum() == pytest.approx(0.75 * alone[0, 0].sum(), rel=1e-6)
    assert spread[0, 3].sum() == pytest.approx(alone[0, 3].sum(), rel=1e-6)


def test_the_expected_gain_is_that_of_brute_force() -> None:
    believed = hypotheses()
    sampling = sampling_at(believed, [5.0 * HOUR, 8.0 * HOUR])
    rng = np.random.default_rng(1)
    for row, column in ((0, 0), (2, 0), (3, 1)):
        mean, sd = sampling._result(row, column)
        drawn = rng.choice(len(mean), 40_000, p=believed.weight)
        y = rng.normal(mean[drawn], sd[drawn])
        density = stats.norm.pdf(y[:, None], mean, sd) * believed.weight
        by_candidate = np.stack(
            [density[:, believed.candidate == candidate].sum(axis=1) for candidate in range(4)], axis=1
        )
        shares = by_candidate / by_candidate.sum(axis=1, keepdims=True)
        prior = believed.probabilities()
        entropy_after = -np.where(shares > 0, shares * np.log2(np.maximum(shares, 1e-300)), 0.0).sum(axis=1)
        expected = -(prior @ np.log2(prior)) - entropy_after.mean()
        found = sampling._bits(row, column, believed.weight[None])
        assert found == pytest.approx(expected, abs=0.03)
        assert found <= expected + 0.02


@given(
    shares=st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), min_size=2, max_size=4).filter(
        lambda rows: sum(map(sum, rows)) > 0.1
    )
)
def test_information_is_never_below_zero_nor_above_the_entropy_of_the_candidates(
    shares: list[list[float]],
) -> None:
    joint = np.array(shares) / np.sum(shares)
    prior = joint.sum(axis=1)
    prior = prior[prior > 0]
    assert -1e-9 <= float(_information(joint)) <= float(-(prior @ np.log2(prior))) + 1e-9


def test_the_first_bottle_goes_where_the_two_likeliest_candidates_part() -> None:
    first, *_ = next_samples(NETWORK, hypotheses(), PLACES, CREW, 1, NOISE, step_s=STEP)
    assert first.place in {"end of a", "end of b"}
    assert 0.5 < first.bits < 2.0
    assert first.window_s[0] <= first.time_s <= first.window_s[1]
    assert first.passage_s is not None
    assert first.passage_s[0] <= first.time_s <= first.passage_s[1]
    here, other = ("A", "B") if first.place == "end of a" else ("B", "A")
    assert sum(outcome.probability for outcome in first.outcomes) == pytest.approx(1.0)
    assert here in first.outcomes[-1].rises
    assert other in first.outcomes[-1].falls
    assert here in first.outcomes[0].falls


def test_a_crew_is_sent_only_where_and_when_it_can_be() -> None:
    crew = Crew(
        earliest_s=np.array([np.inf, 6.0 * HOUR, 0.0, 0.0]),
        between_s=np.full((4, 4), 2 * HOUR),
        windows_s=[(2 * HOUR, 4 * HOUR), (7 * HOUR, 9 * HOUR)],
        handling_s=HOUR,
    )
    found = next_samples(NETWORK, hypotheses(), PLACES, crew, 5, NOISE, step_s=STEP)
    assert 2 <= len(found) < 5
    assert all(suggestion.place != "end of a" for suggestion in found)
    assert all(
        2 * HOUR <= suggestion.time_s <= 4 * HOUR or 7 * HOUR <= suggestion.time_s <= 9 * HOUR
        for suggestion in found
    )
    times = sorted(suggestion.time_s for suggestion in found)
    assert all(np.diff(times) >= 3 * HOUR)
    assert all(s.time_s >= 6 * HOUR for s in found if s.place == "end of b")
    nowhere = replace(crew, earliest_s=np.full(4, np.inf))
    assert next_samples(NETWORK, hypotheses(), PLACES, nowhere, 1, NOISE, step_s=STEP) == []


def expected_belief_in_the_truth(choice: list[tuple[int, float]]) -> float:
    """Mean probability of the true candidate after samples there, over all releases and many errors."""
    believed = hypotheses()
    times = sorted({time_s for _, time_s in choice})
    sampling = sampling_at(believed, times)
    rng = np.random.default_rng(7)
    total = 0.0
    for true in range(len(believed.weight)):
        log_weight = np.log(believed.weight) * np.ones((200, 1))
        for row, time_s in choice:
            mean, sd = sampling._result(row, times.index(time_s))
            y = rng.normal(mean[true], sd[true], (200, 1))
            log_weight += stats.norm.logpdf(y, mean, sd)
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        own = believed.candidate == believed.candidate[true]
        total += float(believed.weight[true] * weight[:, own].sum(axis=1).mean())
    return total


def test_two_suggested_bottles_find_the_truth_oftener_than_two_at_the_best_fixed_places() -> None:
    suggested = next_samples(NETWORK, hypotheses(), PLACES, CREW, 2, NOISE, step_s=STEP)
    names = [place.name for place in PLACES]
    chosen = expected_belief_in_the_truth([(names.index(s.place), s.time_s) for s in suggested])
    before = float((hypotheses().probabilities() ** 2).sum())
    # Fixed: whatever two places, sampled when the crew begins, in the middle and at the end of its day.
    fixed = max(
        expected_belief_in_the_truth([(one, time_s), (other, time_s)])
        for time_s in (0.0, 6 * HOUR, 12 * HOUR)
        for one in range(4)
        for other in range(one + 1, 4)
    )
    assert chosen > fixed
    assert chosen > 0.5 * (before + 1.0)
    assert suggested[0].bits >= suggested[1].bits > 0


def sampling(crew: Crew = CREW) -> Sampling:
    return Sampling(NETWORK, hypotheses(), PLACES, crew, NOISE, step_s=STEP)


def believed_by(suggestion: Suggestion) -> dict[str, float]:
    """The candidates' probabilities when it was suggested: the mean over its outcomes."""
    return {
        key: sum(outcome.probability * outcome.candidates[key] for outcome in suggestion.outcomes)
        for key in suggestion.outcomes[0].candidates
    }


def shown(suggestion: Suggestion) -> tuple[np.ndarray, np.ndarray]:
    """What every release shows in that bottle, g/m³: mean and standard deviation."""
    believed, place = hypotheses(), {each.name: each for each in PLACES}[suggestion.place]
    unit = believed.concentration_per_kg(
        NETWORK,
        [place.location],
        np.array([place.discharge_m3s]),
        np.arange(0.0, 12 * HOUR + 1, STEP),
        step_s=STEP / 6,
    )[:, 0, round(suggestion.time_s / STEP)]
    mean = place.background + unit * believed.mass_kg
    return mean, np.sqrt(NOISE.absolute**2 + (NOISE.relative * mean) ** 2 + (unit * believed.mass_sd_kg) ** 2)


def test_next_samples_are_what_the_sampling_suggests() -> None:
    assert next_samples(NETWORK, hypotheses(), PLACES, CREW, 3, NOISE, step_s=STEP) == sampling().suggest(3)


@pytest.mark.parametrize("value", [0.1, 0.2, 0.5])
def test_a_tested_bottle_changes_the_belief_as_bayes_says(value: float) -> None:
    believed = hypotheses()
    (first,) = sampling().suggest(1)
    assert believed_by(first) == pytest.approx(
        dict(zip(believed.keys, believed.probabilities(), strict=True))
    )
    weight = believed.weight * stats.norm.pdf(value, *shown(first))
    (second,) = sampling().tested(first, value).suggest(1)
    expected = np.bincount(believed.candidate, weight) / weight.sum()
    assert believed_by(second) == pytest.approx(dict(zip(believed.keys, expected, strict=True)))
    # And so on: two results together are the product of both.
    weight *= stats.norm.pdf(0.1, *shown(second))
    (third,) = sampling().tested(first, value).tested(second, 0.1).suggest(1)
    expected = np.bincount(believed.candidate, weight) / weight.sum()
    assert believed_by(third) == pytest.approx(dict(zip(believed.keys, expected, strict=True)))


@pytest.mark.parametrize("foreign", [{"place": "nowhere"}, {"time_s": 1.0}, {"time_s": 99 * HOUR}])
def test_a_bottle_that_was_not_considered_is_refused(foreign: dict[str, object]) -> None:
    (first,) = sampling().suggest(1)
    with pytest.raises(TracingError, match="is among those considered here"):
        sampling().tested(replace(first, **foreign), 0.5)


def test_a_test_leaves_the_sampling_before_it_as_it_was() -> None:
    before = sampling()
    suggested = before.suggest(2)
    before.tested(suggested[0], 0.5)
    assert before.suggest(2) == suggested


def test_after_a_test_the_crew_goes_on_from_where_it_is() -> None:
    crew = replace(
        CREW, between_s=np.full((4, 4), 1.5 * HOUR) - 1.5 * HOUR * np.eye(4), handling_s=0.5 * HOUR
    )
    on_the_way = sampling(crew)
    tested: list[Suggestion] = []
    while suggested := on_the_way.suggest(1):
        tested += suggested
        on_the_way = on_the_way.tested(suggested[0], 0.1)
    assert len(tested) > 2
    for before, after in itertools.pairwise(tested):
        wanted = 0.5 * HOUR if before.place == after.place else 2.0 * HOUR
        assert after.time_s - before.time_s >= wanted
    # However good an earlier moment was: it is over.
    late = replace(tested[0], time_s=11 * HOUR)
    rest = sampling(crew).tested(late, 0.1).suggest(3)
    assert {(each.place, each.time_s / HOUR) for each in rest} == {(late.place, 11.5), (late.place, 12.0)}


def test_bottles_may_be_kept_to_some_of_the_places() -> None:
    among = {"c", "outlet"}
    found = sampling().suggest(3, among)
    assert len(found) == 3
    assert {each.place for each in found} <= among
    assert found[0].bits <= sampling().suggest(1)[0].bits
    assert sampling().suggest(1, []) == []
    assert sampling().suggest(2, [place.name for place in PLACES]) == sampling().suggest(2)


@pytest.mark.parametrize("value", [1e4, -50.0, np.nan])
def test_a_result_that_no_release_explains_asks_for_another_trace(value: float) -> None:
    (first,) = sampling().suggest(1)
    with pytest.raises(
        TracingError, match=rf"No release explains .* at '{first.place}'. Trace again with that"
    ):
        sampling().tested(first, value)


def test_thinning_keeps_the_probabilities_of_candidates() -> None:
    believed = hypotheses((0.5, 0.4995, 0.0005, 0.0), each=50)
    thin = believed.thinned(10, 1e-3)
    np.testing.assert_allclose(thin.probabilities(), np.array([0.5, 0.4995, 0.0, 0.0]) / 0.9995)
    assert len(thin.weight) == 20


def test_the_draws_of_a_trace_become_releases() -> None:
    count = 500
    draws = Draws(
        log_weight=np.zeros(count),
        setting=np.zeros(count, dtype=int),
        place=np.ones(count, dtype=int),
        duration=np.arange(count) % 2,
        start=np.arange(count),
        mean=np.full((count, 1), 3.0),
        sd=np.full((count, 1), 0.5),
        free_mean=np.full((count, 1), 3.0),
        free_sd=np.full((count, 1), 0.5),
        strength=np.zeros((count, 1), dtype=int),
    )
    found = from_draws(
        ["A", "nothing"],
        [0.8, 0.2],
        [(draws, np.full(count, 1 / count)), None],
        [((SOURCES[0], 0.5), (SOURCES[1], 0.5)), ((SOURCES[2], 1.0),)],
        [Setting(np.ones(5), np.ones(5), None)],
        first_start_s=100.0,
        step_s=60.0,
        duration_steps=(1, 4),
    )
    np.testing.assert_allclose(found.probabilities(), [0.8, 0.2])
    assert found.place[-1] == NOWHERE
    assert (found.start_s[2], found.duration_s[2], found.duration_s[3]) == (220.0, 60.0, 240.0)
    assert found.mass_kg[:-1].mean() == pytest.approx(3.0, abs=0.01)
    assert found.mass_kg[:-1].std() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("places", "crew", "count", "message"),
    [
        ([], CREW, 1, "0 places"),
        (PLACES, CREW, 0, "0 samples"),
        ([replace(PLACES[0], discharge_m3s=0.0)], CREW, 1, "'end of a' has no discharge"),
        (PLACES[:3], CREW, 1, "there are 3"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(
    places: list[SamplingPlace], crew: Crew, count: int, message: str
) -> None:
    with pytest.raises(TracingError, match=message):
        next_samples(NETWORK, hypotheses(), places, crew, count, NOISE, step_s=STEP)


def test_weights_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(TracingError, match="sum to 2"):
        replace(hypotheses(), weight=2.0 * hypotheses().weight)
