"""Placement for identification, and the travel it rests on."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverkit.errors import PlacementError
from riverkit.network import Location, Network, Reach
from riverkit.placement import Travel, TypicalRelease, place_to_identify, travel
from riverkit.placement.greedy import lazy_greedy
from riverkit.placement.identify import Confusion
from riverkit.transport import moments

RELEASE = TypicalRelease(mass_kg=1_000.0, threshold_g_m3=0.01)


def reach(name: str, up: str, down: str, **values: float) -> Reach:
    given = {"length_m": 2_000.0, "discharge_m3s": 2.0, "velocity_m_s": 0.4, "dispersion_m2s": 8.0, **values}
    return Reach(name, up, down, **given)  # type: ignore[arg-type]


# Two rivers; in the first a and b join to c, then d and e join it one after the other.
TREE = Network.build(
    [
        reach("a", "1", "3"),
        reach("b", "2", "3", length_m=5_000.0),
        reach("c", "3", "5", velocity_m_s=0.7),
        reach("d", "4", "5", dispersion_m2s=20.0),
        reach("e", "5", "6"),
        reach("f", "7", "8"),
    ]
)
MIDDLES = [Location(r.id, 0.5 * r.length_m) for r in TREE.reaches]
DIVIDED = Network.build(
    [
        reach("a", "1", "2"),
        reach("left", "2", "3", flow_share=0.3),
        reach("right", "2", "3", flow_share=0.7, length_m=6_000.0),
        reach("b", "3", "4"),
    ]
)


@pytest.mark.parametrize("network", [TREE, DIVIDED])
def test_travel_between_all_pairs_is_that_of_the_transport(network: Network) -> None:
    places = [Location(r.id, share * r.length_m) for r in network.reaches for share in (0.2, 0.9)]
    found = travel(network, places, places)
    for row, place in enumerate(places):
        expected = moments(network, place, places)
        np.testing.assert_allclose(found.share[row], expected.share)
        np.testing.assert_allclose(found.mean_s[row], expected.mean_s, atol=1e-6)
        np.testing.assert_allclose(found.sigma_s[row], expected.sigma_s, rtol=1e-6, atol=1e-3)


def test_a_release_is_noticed_later_further_down_and_not_at_all_where_it_does_not_pass() -> None:
    places = [Location("a", 1_500.0), Location("c", 500.0), Location("e", 500.0), Location("b", 500.0)]
    found = travel(TREE, places, [Location("a", 100.0)])
    hours = found.detection_h(RELEASE, np.full(4, 2.0))[:, 0]
    assert 0 < hours[0] < hours[1] < hours[2] < np.inf
    assert np.isinf(hours[3])
    small = TypicalRelease(mass_kg=0.3, threshold_g_m3=0.01)
    seen = found.seen_probability(small, np.full(4, 2.0))[:, 0]
    assert seen[0] > seen[1] > seen[2] > seen[3] == 0.0
    diluted = found.seen_probability(small, np.full(4, 20.0))[:, 0]
    assert (diluted[:3] < seen[:3]).all()


@st.composite
def problems(draw: st.DrawFn) -> tuple[Travel, np.ndarray, np.ndarray]:
    """Any travel and probabilities of being noticed, also such as no river has."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    seen = np.round(rng.random((6, 8)), draw(st.integers(0, 2)))
    sigma = np.where(seen > 0, rng.lognormal(7.0, 1.0, seen.shape), np.nan)
    prior = rng.random(8)
    return Travel(np.ones_like(seen), sigma, sigma), seen, prior / prior.sum()


@given(problem=problems(), count=st.integers(1, 3))
def test_lazy_greedy_finds_what_asking_every_place_every_time_finds(
    problem: tuple[Travel, np.ndarray, np.ndarray], count: int
) -> None:
    ways, seen, prior = problem
    plain = Confusion(ways, seen, prior, RELEASE)
    start = plain.confusable()
    free = list(range(6))
    for _ in range(count):
        plain.add(free.pop(int(np.argmax(plain.gains(free)))))
    lazy = Confusion(ways, seen, prior, RELEASE)
    found = lazy_greedy(lazy, count)
    assert lazy.confusable() == pytest.approx(plain.confusable(), abs=1e-9)
    assert start - lazy.confusable() == pytest.approx(found.gain, abs=1e-9)

    def fall(places: tuple[int, ...]) -> float:
        other = Confusion(ways, seen, prior, RELEASE)
        for place in places:
            other.add(place)
        return start - other.confusable()

    best = max(fall(places) for places in itertools.combinations(range(6), count))
    assert (1 - 1 / np.e) * best - 1e-9 <= found.gain <= best + 1e-9
    assert best <= found.bound + 1e-9


@given(problem=problems())
def test_bits_lie_between_nothing_and_what_there_is_to_tell(
    problem: tuple[Travel, np.ndarray, np.ndarray],
) -> None:
    ways, seen, prior = problem
    alike = Confusion(ways, seen, prior, RELEASE)
    told = [alike.bits()]
    for place in range(6):
        alike.add(place)
        told.append(alike.bits())
    assert told[0] == pytest.approx(0.0, abs=1e-12)
    assert (np.diff(told) >= -1e-12).all()
    assert told[-1] <= float(-(prior @ np.log2(prior))) + 1e-12


def test_the_first_station_tells_apart_about_half_of_the_sources_and_not_all_at_the_outlet() -> None:
    found = place_to_identify(TREE, MIDDLES, 1, MIDDLES, RELEASE)
    assert MIDDLES[found.places[0]].reach_id in {"c", "e"}
    everywhere = place_to_identify(TREE, MIDDLES, len(MIDDLES), MIDDLES, RELEASE)
    assert everywhere.before == pytest.approx(1.0)
    assert everywhere.confusable == pytest.approx(1 / len(MIDDLES), rel=0.05)
    assert everywhere.prior_bits == pytest.approx(np.log2(len(MIDDLES)))
    assert 0.9 * everywhere.prior_bits < everywhere.bits <= everywhere.prior_bits


def test_a_source_that_cannot_be_told_from_an_existing_station_draws_the_next_one() -> None:
    prior = np.array([place.reach_id in {"d", "f"} for place in MIDDLES], dtype=float)
    existing = [MIDDLES[[place.reach_id for place in MIDDLES].index("f")]]
    alone = place_to_identify(TREE, MIDDLES, 1, MIDDLES, RELEASE, prior=prior, existing=existing)
    assert alone.before == pytest.approx(0.5, rel=0.01)
    assert alone.bits == pytest.approx(1.0, rel=0.01)


def test_a_place_without_a_discharge_is_refused_by_name() -> None:
    bare = Network.build([Reach("x", "1", "2", 100.0, velocity_m_s=1.0, dispersion_m2s=1.0)])
    with pytest.raises(PlacementError, match="'x' has no discharge"):
        place_to_identify(bare, [Location("x", 90.0)], 1, [Location("x", 10.0)], RELEASE)


@pytest.mark.parametrize("prior", [np.zeros(6), np.ones(5), -np.ones(6)])
def test_priors_that_do_not_fit_are_refused(prior: np.ndarray) -> None:
    with pytest.raises(PlacementError, match="prior"):
        place_to_identify(TREE, MIDDLES, 1, MIDDLES, RELEASE, prior=prior)
