"""Placement on a given impact matrix."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from riverkit.errors import PlacementError
from riverkit.placement import place_for_impact

UNDETECTED = 10.0


def matrices(scenarios: int, places: int) -> st.SearchStrategy[np.ndarray]:
    hours = st.one_of(st.integers(0, 12).map(float), st.just(np.inf))
    return arrays(np.float64, (scenarios, places), elements=hours)


def mean_impact(impact: np.ndarray, places: tuple[int, ...], weight: np.ndarray) -> float:
    least = np.minimum(impact[:, list(places)].min(axis=1, initial=np.inf), UNDETECTED)
    return float(least @ weight / weight.sum())


@given(impact=matrices(9, 7), count=st.integers(1, 3), existing=st.sets(st.integers(0, 6), max_size=2))
def test_no_choice_beats_the_bound_and_the_stated_mean_is_that_of_the_places(
    impact: np.ndarray, count: int, existing: set[int]
) -> None:
    weight = np.arange(1.0, 10.0)
    found = place_for_impact(impact, UNDETECTED, count, existing=sorted(existing), weight=weight)
    free = [place for place in range(7) if place not in existing]
    optimum = min(
        mean_impact(impact, (*existing, *chosen), weight) for chosen in itertools.combinations(free, count)
    )
    assert len(set(found.places)) == count
    assert not existing & set(found.places)
    assert found.mean_impact == pytest.approx(mean_impact(impact, (*existing, *found.places), weight))
    assert found.before == pytest.approx(mean_impact(impact, tuple(existing), weight))
    assert found.lower_bound <= optimum + 1e-9
    # A local optimum of single exchanges saves at least half of what the best saves.
    assert found.before - found.mean_impact >= 0.5 * (found.before - optimum) - 1e-9


@given(impact=matrices(9, 7), seed=st.integers(0, 1_000))
def test_the_order_of_scenarios_does_not_matter(impact: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(9)
    found, shuffled = (place_for_impact(rows, UNDETECTED, 2) for rows in (impact, impact[order]))
    assert found.mean_impact == pytest.approx(shuffled.mean_impact)


def test_an_exchange_repairs_what_greedy_took_too_early() -> None:
    # Place 0 is best alone; the pair of places 1 and 2 sees everything at once.
    impact = np.array([[2, 0, np.inf], [2, 0, np.inf], [2, np.inf, 0], [2, np.inf, 0]], dtype=float)
    found = place_for_impact(impact, UNDETECTED, 2)
    assert found.places == (1, 2)
    assert (found.mean_impact, found.seen_share) == (0.0, 1.0)


def test_no_added_place_repeats_what_an_existing_one_sees() -> None:
    impact = np.array([[0.0, 0.0, np.inf], [0.0, 0.0, np.inf], [np.inf, np.nan, 5.0]])
    assert place_for_impact(impact, UNDETECTED, 1, existing=[0]).places == (2,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"impact": np.zeros(3), "undetected": 1.0, "count": 1}, "shape"),
        ({"impact": np.zeros((2, 3)), "undetected": 1.0, "count": 4}, "free places"),
        ({"impact": np.zeros((2, 3)), "undetected": np.ones(3), "count": 1}, "one for each"),
        ({"impact": np.zeros((2, 3)), "undetected": np.inf, "count": 1}, "not finite"),
        ({"impact": np.zeros((2, 3)), "undetected": 1.0, "count": 1, "existing": [3]}, "no column"),
        ({"impact": np.zeros((2, 3)), "undetected": 1.0, "count": 1, "weight": np.zeros(2)}, "weight"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(PlacementError, match=message):
        place_for_impact(**arguments)  # type: ignore[arg-type]
