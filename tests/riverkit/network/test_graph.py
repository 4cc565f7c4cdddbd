"""The network as a graph: order, upstream and downstream, river distance."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import NetworkError
from riverkit.network import Location, Network, Reach

from .examples import divided, line, trees

few = settings(max_examples=60, derandomize=True, deadline=None)


@few
@given(divided())
def test_every_reach_stands_after_all_those_upstream_of_it(reaches):
    network = Network.build(reaches)
    for reach in network.reaches:
        above = set(network.upstream(reach.id)) - {reach.id}
        assert all(network.index(other) < network.index(reach.id) for other in above)


@few
@given(divided(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_given(reaches, chance: random.Random):
    shuffled = list(reaches)
    chance.shuffle(shuffled)
    assert Network.build(shuffled).reaches == Network.build(reaches).reaches


@few
@given(divided())
def test_upstream_and_downstream_are_inverse_relations(reaches):
    network = Network.build(reaches)
    downstream = {r.id: set(network.downstream(r.id)) for r in network.reaches}
    for reach in network.reaches:
        assert set(network.upstream(reach.id)) == {i for i, below in downstream.items() if reach.id in below}


@few
@given(divided(), st.floats(0, 8_000))
def test_a_limit_keeps_exactly_the_reaches_within_that_distance_nearest_first(reaches, limit):
    network = Network.build(reaches)
    for reach in network.reaches:
        end = Location(reach.id, reach.length_m)
        gaps = {
            other: network.distance_m(end, Location(other, 0.0)) for other in network.downstream(reach.id)[1:]
        }
        near = network.downstream(reach.id, limit)
        assert set(near[1:]) == {other for other, gap in gaps.items() if gap <= limit}
        assert near[0] == reach.id
        assert [gaps[other] for other in near[1:]] == sorted(gaps[other] for other in near[1:])


@few
@given(trees(), st.data())
def test_on_a_tree_river_distances_add_up(reaches, data):
    network = Network.build(reaches)
    path = network.downstream(data.draw(st.sampled_from([r.id for r in network.reaches])))
    places = sorted(
        (path.index(reach_id), data.draw(st.floats(0, 1)), reach_id)
        for reach_id in data.draw(st.lists(st.sampled_from(path), min_size=3, max_size=3))
    )
    a, b, c = (Location(i, part * network.reach(i).length_m) for _, part, i in places)
    assert network.distance_m(a, c) == pytest.approx(network.distance_m(a, b) + network.distance_m(b, c))


@few
@given(divided())
def test_there_is_no_distance_against_the_flow(reaches):
    network = Network.build(reaches)
    for reach in network.reaches:
        below = set(network.downstream(reach.id))
        for other in network.reaches:
            found = network.distance_m(Location(reach.id, 1.0), Location(other.id, 0.5))
            assert (found is None) == (other.id not in below or other is reach)


def test_the_shortest_way_counts_where_channels_divide():
    network = Network.build(
        [
            Reach("top", "0", "1", 100.0),
            Reach("long", "1", "2", 900.0, flow_share=0.7),
            Reach("short", "1", "2", 300.0, flow_share=0.3),
            Reach("low", "2", "3", 100.0),
        ]
    )
    assert network.distance_m(Location("top", 40.0), Location("low", 10.0)) == 60.0 + 300.0 + 10.0


def test_outlets_and_headwaters_are_named():
    network = Network.build([Reach("a", "1", "3", 1.0), Reach("b", "2", "3", 1.0), Reach("c", "3", "4", 1.0)])
    assert network.outlets() == ["c"]
    assert sorted(network.headwaters()) == ["a", "b"]
    assert "a" in network
    assert "z" not in network


def test_arrays_follow_the_reaches_and_tell_what_is_unknown():
    network = Network.build([Reach("low", "2", "3", 20.0), Reach("top", "1", "2", 10.0, velocity_m_s=0.5)])
    arrays = network.arrays
    assert arrays.length_m.tolist() == [10.0, 20.0]
    assert arrays.velocity_m_s[0] == 0.5
    assert arrays.velocity_m_s[1] != arrays.velocity_m_s[1]  # NaN
    assert arrays.flow_share.tolist() == [1.0, 1.0]
    assert arrays.node_ids[arrays.down_node[0]] == arrays.node_ids[arrays.up_node[1]] == "2"
    with pytest.raises(ValueError, match="read-only"):
        arrays.length_m[0] = 1.0


@pytest.mark.parametrize(
    ("reaches", "message"),
    [
        ([], "no reach"),
        ([Reach("a", "1", "2", 1.0), Reach("a", "2", "3", 1.0)], "'a' is given twice"),
        ([Reach("a", "1", "2", 0.0)], "'a': length_m is 0.0"),
        ([Reach("a", "1", "2", 1.0, velocity_m_s=float("nan"))], "'a': velocity_m_s is nan"),
        ([Reach("a", "1", "2", 1.0, dispersion_m2s=-1.0)], "'a': dispersion_m2s is -1.0"),
        ([Reach("a", "1", "2", 1.0, flow_share=1.5)], "'a': flow_share is 1.5"),
        ([Reach("a", "1", "2", 1.0, flow_share=0.5)], "'a' at node '1' sum to 0.5"),
        ([Reach("a", "1", "2", 1.0), Reach("b", "1", "3", 1.0)], "node '1' into reaches 'a', 'b'"),
        (
            [Reach("a", "1", "2", 1.0), Reach("b", "2", "3", 1.0), Reach("c", "3", "1", 1.0)],
            "circle through b → c → a|circle through a → b → c|circle through c → a → b",
        ),
        ([Reach("loop", "1", "1", 1.0)], "circle through loop"),
    ],
)
def test_a_wrong_network_is_refused_and_the_reaches_are_named(reaches, message):
    with pytest.raises(NetworkError, match=message):
        Network.build(reaches)


def test_an_unknown_reach_is_named():
    network = Network.build([Reach("a", "1", "2", 1.0)])
    with pytest.raises(NetworkError, match="no reach 'z'"):
        network.reach("z")


def test_snapping_finds_the_place_and_tells_how_far_it_was():
    network = Network.build([Reach("a", "1", "2", 4_000.0, line((0, 0), (2, 0)))])
    found = network.snap(106.5 + 0.005, 29.5 + 0.001)
    assert found.chainage_m == pytest.approx(
        1_000.0, abs=0.1
    )  # a quarter of the line, in the reach's own metres
    assert found.offset_m == pytest.approx(110.8, abs=0.5)


@few
@given(st.floats(0, 1), st.sampled_from(["a", "b", "c"]))
def test_snapping_a_point_of_a_reach_gives_back_the_place(part, reach_id):
    network = Network.build(
        [
            Reach("a", "1", "3", 2_400.0, line((0, 0), (1, 0.5), (1, 2))),
            Reach("b", "2", "3", 1_500.0, line((2, 1.5), (1, 2))),
            Reach("c", "3", "4", 3_000.0, line((1, 2), (0.5, 3), (0, 5))),
        ]
    )
    place = Location(reach_id, part * network.reach(reach_id).length_m)
    found = network.snap(*network.point(place))
    assert found.offset_m < 0.5
    if 0.01 < part < 0.99:
        assert found.reach_id == reach_id
        assert found.chainage_m == pytest.approx(place.chainage_m, abs=2.0)


def test_a_point_too_far_away_is_told_the_distance_to_the_nearest_reach():
    network = Network.build([Reach("a", "1", "2", 1_000.0, line((0, 0), (1, 0)))])
    with pytest.raises(NetworkError, match=r"nearest, reach 'a', is about 110\d m away"):
        network.snap(106.505, 29.51)


def test_a_point_is_snapped_to_the_reach_that_is_named_though_water_divides_there():
    arms = [
        Reach("a", "1", "2", 1_000.0, line((0, 0), (1, 0)), flow_share=0.5),
        Reach("b", "1", "3", 1_000.0, line((0, 0), (0, 1)), flow_share=0.5),
    ]
    network = Network.build(arms)
    near_a = (106.5 + 0.001, 29.5)
    assert network.snap(*near_a).reach_id == "a"
    assert network.snap(*near_a, reach_id="b").reach_id == "b"
    with pytest.raises(NetworkError, match="'c'"):
        network.snap(*near_a, reach_id="c")


def test_without_lines_nothing_can_be_snapped_or_placed():
    network = Network.build([Reach("a", "1", "2", 1_000.0)])
    with pytest.raises(NetworkError, match="No reach has a line"):
        network.snap(106.5, 29.5)
    with pytest.raises(NetworkError, match="'a' has no line"):
        network.point(Location("a", 1.0))
