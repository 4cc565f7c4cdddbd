"""The finite-volume solver on networks: mixing, dividing, books, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import NetworkError, SimulationError
from riverkit.network import Location, Network, Reach, Regime
from riverkit.simulation import Release, simulate


def reach(id_, up, down, length_m, discharge, share=None):
    return Reach(
        id_,
        up,
        down,
        length_m,
        discharge_m3s=discharge,
        velocity_m_s=0.5,
        dispersion_m2s=10.0,
        flow_share=share,
    )


def confluence():
    return Network.build(
        [
            reach("a", "1", "3", 2_000.0, 3.0),
            reach("b", "2", "3", 2_000.0, 1.0),
            reach("c", "3", "4", 2_000.0, 5.0),
        ]
    )


def ring():
    """A river that divides 0.7 : 0.3 and rejoins."""
    return Network.build(
        [
            reach("top", "0", "1", 1_000.0, 10.0),
            reach("main", "1", "2", 1_000.0, 7.0, 0.7),
            reach("side", "1", "2", 4_000.0, 3.0, 0.3),
            reach("low", "2", "3", 1_000.0, 10.0),
        ]
    )


def steady(network, reach_id, stations):
    """Long after a release of 1 g/s began at the head of a reach."""
    return simulate(
        network,
        [Release(Location(reach_id, 0.0), 0.0, 40_000.0, 40.0)],
        stations,
        duration_s=39_000.0,
        cell_m=50.0,
    )


def test_a_confluence_mixes_by_flow_and_lateral_inflow_dilutes():
    result = steady(confluence(), "a", [Location("a", 1_000.0), Location("c", 1_000.0), Location("b", 500.0)])
    # 1 g/s in 3 m³/s; then in the 5 m³/s of reach c, of which 1 m³/s came in clean at the node.
    assert result.concentration[:, -1] == pytest.approx([1 / 3, 1 / 5, 0.0], rel=1e-6)


def test_a_divergence_splits_mass_by_its_shares_and_leaves_concentration_alone():
    places = [
        Location("top", 500.0),
        Location("main", 500.0),
        Location("side", 500.0),
        Location("low", 500.0),
    ]
    result = steady(ring(), "top", places)
    assert result.mass_rate_g_s[:, -2] == pytest.approx([1.0, 0.7, 0.3, 1.0], rel=1e-6)
    assert result.concentration[:, -1] == pytest.approx([0.1] * 4, rel=1e-6)


def test_the_two_ways_arrive_one_after_the_other_with_their_shares():
    result = simulate(
        ring(),
        [Release(Location("top", 0.0), 0.0, 0.0, 1.0)],
        [Location("low", 1_000.0)],
        duration_s=25_000.0,
        cell_m=20.0,
    )
    weights = result.mass_rate_g_s[0] / result.mass_rate_g_s[0].sum()
    assert weights @ result.time_s == pytest.approx(0.7 * 6_000.0 + 0.3 * 12_000.0, rel=2e-3)
    assert result.mass_balance.left_kg == pytest.approx(1.0, rel=1e-3)


def test_mass_that_leads_to_no_station_is_booked_as_left():
    result = simulate(
        ring(),
        [Release(Location("top", 0.0), 0.0, 0.0, 1.0)],
        [Location("main", 900.0)],
        duration_s=20_000.0,
        cell_m=25.0,
    )
    rate = result.mass_rate_g_s[0]
    assert rate.sum() * (result.time_s[1] - result.time_s[0]) == pytest.approx(700.0, rel=1e-6)
    assert result.mass_balance.left_kg == pytest.approx(1.0, rel=1e-6)
    assert result.cells == 80  # neither `side` nor `low` was simulated


def test_a_release_that_no_station_can_see_is_told():
    result = simulate(
        confluence(),
        [Release(Location("b", 10.0), 0.0, 60.0, 2.5), Release(Location("c", 10.0), 0.0, 60.0, 1.0)],
        [Location("a", 100.0)],
        duration_s=3_600.0,
    )
    assert result.mass_balance.unseen_kg == 3.5
    assert not result.concentration.any()


def test_a_very_short_reach_is_passed_at_once_and_named():
    network = Network.build(
        [
            reach("a", "1", "2", 1_000.0, 1.0),
            reach("stub", "2", "3", 2.0, 1.0),
            reach("c", "3", "4", 1_000.0, 1.0),
        ]
    )
    result = simulate(
        network,
        [Release(Location("a", 0.0), 0.0, 0.0, 1.0)],
        [Location("c", 900.0)],
        duration_s=10_000.0,
        cell_m=20.0,
    )
    assert result.passed == ("stub",)
    assert result.cells == 100
    assert result.mass_balance.error < 1e-9


@st.composite
def cases(draw):
    """A random acyclic network with hydraulics, releases, stations and settings."""
    size = draw(st.integers(1, 8))
    reaches = [
        Reach(
            f"r{i}", f"n{i}", f"n{draw(st.integers(0, i - 1))}", draw(st.floats(150, 1_500)), flow_share=1.0
        )
        for i in range(1, size + 1)
    ]
    if draw(st.booleans()):
        above = draw(st.sampled_from(reaches))
        reaches = [replace(r, flow_share=0.6) if r is above else r for r in reaches]
        reaches.append(replace(above, id="side", length_m=draw(st.floats(150, 1_500)), flow_share=0.4))
    arriving, complete = {}, []
    for r in Network.build(reaches).reaches:
        discharge = r.flow_share * arriving.get(r.up, 1.0) + draw(st.floats(0, 0.5))
        arriving[r.down] = arriving.get(r.down, 0.0) + discharge
        complete.append(
            replace(
                r,
                discharge_m3s=discharge,
                velocity_m_s=draw(st.floats(0.2, 1.0)),
                dispersion_m2s=draw(st.floats(0.0, 60.0)),
            )
        )
    network = Network.build(complete)
    ids = st.sampled_from([r.id for r in network.reaches])

    def place():
        reach_id = draw(ids)
        return Location(reach_id, draw(st.floats(0, 1)) * network.reach(reach_id).length_m)

    releases = [
        Release(place(), draw(st.floats(0, 2_000)), draw(st.sampled_from([0.0, 600.0, 5_000.0])), 1.0)
        for _ in range(draw(st.integers(1, 3)))
    ]
    settings_ = {
        "storage": draw(st.sampled_from([None, (0.3, 3e-4)])),
        "decay_per_s": draw(st.sampled_from([0.0, 1e-4])),
        "flow_factor": draw(st.sampled_from([None, lambda t: 1 + 0.5 * np.sin(t / 900.0)])),
    }
    return network, releases, [place() for _ in range(2)], settings_


@settings(max_examples=40, derandomize=True, deadline=None)
@given(cases())
def test_the_books_balance_to_1e_9_and_nothing_is_negative(case):
    network, releases, stations, options = case
    result = simulate(network, releases, stations, duration_s=6_000.0, cell_m=60.0, **options)
    assert result.mass_balance.error < 1e-9
    assert result.concentration.min() >= 0
    assert result.mass_balance.held_kg > -1e-12


def hindered(**changes):
    network = confluence()
    return Network.build(replace(r, **changes) if r.id == "c" else r for r in network.reaches)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (hindered(velocity_m_s=None), {}, "'c' lack discharge, velocity or dispersion"),
        (hindered(regime=Regime.TIDAL), {}, "'c' are not free-flowing"),
        (confluence(), {"duration_s": 0.0}, r"duration_s is 0\.0"),
        (confluence(), {"dt_s": 500.0, "cell_m": 50.0}, r"water crosses the shortest cell in 100 s"),
        (confluence(), {"cell_m": -1.0}, r"cell_m is -1\.0"),
        (confluence(), {"decay_per_s": float("nan")}, "decay_per_s is nan"),
        (confluence(), {"storage": (0.2, 0.0)}, r"storage \(β, α\) is \(0\.2, 0\.0\)"),
        (confluence(), {"flow_factor": lambda t: t - 100.0}, "one number above 0"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_the_cure(network, options, message):
    with pytest.raises(SimulationError, match=message):
        simulate(
            network,
            [Release(Location("a", 0.0), 0.0, 60.0, 1.0)],
            [Location("c", 100.0)],
            **({"duration_s": 600.0} | options),
        )


def test_impossible_places_and_releases_are_refused():
    network = confluence()
    release = Release(Location("a", 0.0), 0.0, 60.0, 1.0)
    with pytest.raises(SimulationError, match="Chainage 2500 m lies outside reach 'c'"):
        simulate(network, [release], [Location("c", 2_500.0)], duration_s=60.0)
    with pytest.raises(SimulationError, match=r"mass_kg of release 0 is -1\.0"):
        simulate(network, [replace(release, mass_kg=-1.0)], [Location("c", 10.0)], duration_s=60.0)
    with pytest.raises(NetworkError, match="no reach 'z'"):
        simulate(network, [release], [Location("z", 1.0)], duration_s=60.0)
