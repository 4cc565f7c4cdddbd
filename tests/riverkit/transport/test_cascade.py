import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import TransportError
from riverkit.network import Location, Network, Reach, Regime
from riverkit.transport import LaplaceGrid, arrivals, moments, reach_transfer, responses

GRID = LaplaceGrid.over(200_000.0, 200.0)


def reach(name, up, down, length=2_000.0, **more):
    values = {"velocity_m_s": 0.5, "dispersion_m2s": 10.0, "discharge_m3s": 1.0} | more
    return Reach(name, up, down, length, **values)


def tree():
    """Two headwaters meet, flow on, and meet a third."""
    return [
        reach("a", "1", "3", 2_500.0, velocity_m_s=0.4),
        reach("b", "2", "3", 1_500.0, dispersion_m2s=25.0),
        reach("c", "3", "5", 4_000.0, velocity_m_s=0.7),
        reach("d", "4", "5", 3_000.0),
        reach("e", "5", "6", 5_000.0, dispersion_m2s=40.0),
    ]


def transfer(network, reach_id, length=None):
    found = network.reach(reach_id)
    length = found.length_m if length is None else length
    return reach_transfer(GRID.s, length, found.velocity_m_s, found.dispersion_m2s)


def test_sources_anywhere_on_a_tree_multiply_the_reaches_below_them():
    network = Network.build(tree())
    station = Location("e", 3_000.0)
    sources = [Location("a", 500.0), Location("c", 0.0), Location("d", 3_000.0), Location("e", 1_000.0)]
    found = responses(network, station, sources, GRID)
    below = transfer(network, "e", 3_000.0)
    expected = [
        transfer(network, "a", 2_000.0) * transfer(network, "c") * below,
        transfer(network, "c") * below,
        below,
        transfer(network, "e", 2_000.0),
    ]
    assert found == pytest.approx(np.array(expected), rel=1e-12)


def test_what_lies_beside_or_below_the_station_has_no_response():
    network = Network.build(tree())
    sources = [Location("d", 100.0), Location("c", 2_001.0), Location("e", 0.0)]
    assert not responses(network, Location("c", 2_000.0), sources, GRID).any()


def test_a_source_at_the_station_arrives_at_once_and_whole():
    network = Network.build(tree())
    assert responses(network, Location("c", 700.0), [Location("c", 700.0)], GRID) == pytest.approx(1.0)


@pytest.mark.parametrize("back_dispersion", [False, True])
def test_many_stations_among_the_sources_of_a_reach_respond_as_if_each_were_alone(back_dispersion):
    flows = {"a": 1.0, "b": 1.0, "c": 2.0, "d": 1.0, "e": 3.0}
    lake = Reach("lake", "6", "7", 900.0, volume_m3=30_000.0, discharge_m3s=3.0)
    rivers = [dataclasses.replace(each, discharge_m3s=flows[each.id]) for each in tree()]
    network = Network.build([*rivers, lake])
    places = [("e", 4_900.0), ("c", 3_500.0), ("c", 900.0), ("c", 2_000.0), ("lake", 300.0), ("lake", 700.0)]
    stations = [Location(*place) for place in places]
    sources = [Location("c", at) for at in (0.0, 400.0, 900.0, 1_200.0, 2_000.0, 3_900.0)]
    sources += [Location("a", 100.0), Location("lake", 500.0), Location("e", 4_950.0)]
    together = dict(arrivals(network, stations, sources, GRID, back_dispersion=back_dispersion))
    for row, station in enumerate(stations):
        alone = responses(network, station, sources, GRID, back_dispersion=back_dispersion)
        found = np.array([together[number][row] for number in range(len(sources))])
        assert found == pytest.approx(alone, rel=1e-10, abs=1e-14)
        assert found.any()


def test_one_reach_is_four_sub_reaches():
    whole = Network.build([reach("w", "0", "4", 8_000.0)])
    parts = Network.build([reach(f"p{i}", str(i), str(i + 1), 2_000.0) for i in range(4)])
    one = GRID.invert(responses(whole, Location("w", 8_000.0), [Location("w", 0.0)], GRID)[0])
    four = GRID.invert(responses(parts, Location("p3", 2_000.0), [Location("p0", 0.0)], GRID)[0])
    assert np.abs(one - four).max() <= 1e-11 * one.max()


def diamond(share=0.3):
    return [
        reach("top", "0", "1"),
        reach("short", "1", "2", 1_000.0, flow_share=share),
        reach("long", "1", "2", 6_000.0, flow_share=1 - share),
        reach("out", "2", "3"),
    ]


def test_a_divergence_splits_the_mass_by_flow_share_and_joins_it_again():
    network = Network.build(diamond())
    found = responses(network, Location("out", 2_000.0), [Location("top", 0.0)], GRID)[0]
    ways = 0.3 * transfer(network, "short") + 0.7 * transfer(network, "long")
    assert found == pytest.approx(transfer(network, "top") * ways * transfer(network, "out"), rel=1e-12)


def test_a_station_on_one_branch_sees_only_that_branch():
    network = Network.build(diamond(0.25))
    found = responses(network, Location("short", 400.0), [Location("top", 2_000.0)], GRID)[0]
    assert found == pytest.approx(0.25 * transfer(network, "short", 400.0), rel=1e-12)


def test_moments_agree_with_the_inverted_kernel_on_a_diamond():
    network = Network.build(diamond())
    station, sources = Location("out", 1_500.0), [Location("top", 300.0), Location("long", 10.0)]
    found = moments(network, station, sources)
    for row, series in enumerate(GRID.invert(responses(network, station, sources, GRID))):
        weights = series * GRID.dt_s
        mean = weights @ GRID.time_s / weights.sum()
        sigma = np.sqrt(weights @ (GRID.time_s - mean) ** 2 / weights.sum())
        measured = (weights.sum(), mean, sigma)
        assert measured == pytest.approx((found.share[row], found.mean_s[row], found.sigma_s[row]), rel=1e-5)


def test_moments_are_unknown_where_no_water_arrives():
    found = moments(Network.build(tree()), Location("c", 0.0), [Location("d", 0.0)])
    assert found.share[0] == 0
    assert np.isnan(found.mean_s[0])


def test_factors_act_like_other_hydraulics_on_all_reaches_or_on_each():
    network = Network.build(tree())
    station, sources = Location("e", 5_000.0), [Location("a", 0.0)]
    scaled = [
        reach(
            r.id,
            r.up,
            r.down,
            r.length_m,
            velocity_m_s=1.2 * r.velocity_m_s,
            dispersion_m2s=r.dispersion_m2s * 3,
        )
        for r in network.reaches
    ]
    expected = responses(Network.build(scaled), station, sources, GRID)
    same = {"velocity_factor": 1.2, "dispersion_factor": 3.0}
    each = {name: np.full(len(network), value) for name, value in same.items()}
    assert responses(network, station, sources, GRID, **same) == pytest.approx(expected, rel=1e-13)
    assert responses(network, station, sources, GRID, **each) == pytest.approx(expected, rel=1e-13)


@settings(max_examples=20, derandomize=True)
@given(order=st.permutations(range(5)))
def test_the_order_in_which_reaches_are_given_changes_nothing(order):
    reaches = tree()
    station = Location("e", 4_000.0)
    sources = [Location(name, 100.0) for name in "abcde"]
    expected = responses(Network.build(reaches), station, sources, GRID)
    shuffled = responses(Network.build([reaches[i] for i in order]), station, sources, GRID)
    assert np.array_equal(shuffled, expected)


@settings(max_examples=30, derandomize=True)
@given(masses=st.lists(st.floats(0, 100), min_size=3, max_size=3), shift=st.integers(0, 200))
def test_releases_add_up_and_a_later_release_arrives_as_much_later(masses, shift):
    network = Network.build(tree())
    sources = [Location("a", 0.0), Location("b", 700.0), Location("d", 50.0)]
    each = responses(network, Location("e", 5_000.0), sources, GRID)
    together = GRID.invert(np.tensordot(masses, each, axes=1))
    apart = np.tensordot(masses, GRID.invert(each), axes=1)
    scale = max(np.abs(apart).max(), 1e-12)
    assert together == pytest.approx(apart, abs=1e-10 * scale)
    delayed = GRID.invert(np.exp(-GRID.s * shift * GRID.dt_s) * each[0])
    on_time = GRID.invert(each[0])
    early = on_time[: GRID.steps - shift]
    assert delayed[shift:] == pytest.approx(early, abs=1e-9 * on_time.max())


def test_decay_multiplies_by_the_transform_at_a_shifted_rate():
    network = Network.build(tree())
    station, sources = Location("e", 5_000.0), [Location("a", 0.0)]
    found = responses(network, station, sources, GRID, decay_per_s=1e-5)
    factors = [
        reach_transfer(GRID.s + 1e-5, r.length_m, r.velocity_m_s, r.dispersion_m2s)
        for r in (network.reach(name) for name in "ace")
    ]
    assert found[0] == pytest.approx(np.prod(factors, axis=0), rel=1e-12)


@pytest.mark.parametrize("regime", [Regime.BACKWATER, Regime.GATED, Regime.TIDAL])
def test_a_reach_without_free_flow_on_the_way_is_named_as_not_applicable(regime):
    reaches = [r if r.id != "c" else reach("c", "3", "5", regime=regime) for r in tree()]
    network = Network.build(reaches)
    with pytest.raises(TransportError, match=rf"Not applicable: reaches c \({regime.value}\)"):
        responses(network, Location("e", 10.0), [Location("a", 0.0)], GRID)
    # Beside the way it does no harm.
    assert responses(network, Location("e", 10.0), [Location("d", 0.0)], GRID).any()


def test_missing_hydraulics_on_the_way_are_named():
    reaches = [r if r.id != "c" else reach("c", "3", "5", velocity_m_s=None) for r in tree()]
    with pytest.raises(TransportError, match="Reaches c lie between"):
        responses(Network.build(reaches), Location("e", 10.0), [Location("b", 0.0)], GRID)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Location("zz", 0.0), "'zz'"),
        (Location("a", 2_500.5), "2500.0 m long"),
        (Location("a", float("nan")), "nan"),
    ],
)
def test_places_off_the_network_are_refused(place, words):
    with pytest.raises(TransportError, match=words):
        responses(Network.build(tree()), Location("e", 10.0), [place], GRID)


def ten_reaches():
    """A tree of ten reaches whose flows add up at each confluence."""
    flows = {"h1": 1.0, "h2": 0.6, "h3": 0.8, "h4": 0.5, "h5": 0.7, "h6": 0.4}
    flows |= {"m1": 1.6, "m2": 1.3, "m3": 2.7, "m4": 4.0}
    ends = {
        "h1": ("n1", "n7"), "h2": ("n2", "n7"), "h3": ("n3", "n8"), "h4": ("n4", "n8"), "h5": ("n5", "n10"),
        "h6": ("n6", "n9"), "m1": ("n7", "n9"), "m2": ("n8", "n10"), "m3": ("n9", "n11"), "m4": ("n10",
        "n11"),
    }  # fmt: skip
    return flows, ends


def test_a_ten_reach_tree_conserves_mass_to_the_outlet():
    flows, ends = ten_reaches()
    reaches = [
        reach(name, *ends[name], 1_500.0 + 150 * i, discharge_m3s=flows[name]) for i, name in enumerate(ends)
    ]
    network = Network.build([*reaches, reach("out", "n11", "n12", 2_000.0)])
    sources = [Location(name, 0.0) for name in ends]
    series = GRID.invert(responses(network, Location("out", 2_000.0), sources, GRID))
    assert series.sum(axis=1) * GRID.dt_s == pytest.approx(np.ones(10), abs=1e-9)
