"""Estimated hydraulics."""

import pytest
from hypothesis import given, settings
from riverkit.errors import NetworkError
from riverkit.network import HydraulicGeometry, Network, Reach, dispersion_zeng_huai, estimate_hydraulics

from .examples import divided


def test_measured_values_are_kept_and_only_filled_ones_are_marked():
    given_reach = Reach("a", "1", "2", 1_000.0, discharge_m3s=4.0, width_m=20.0)
    (filled,) = estimate_hydraulics([given_reach])
    assert (filled.discharge_m3s, filled.width_m) == (4.0, 20.0)
    assert filled.estimated == {"depth_m", "velocity_m_s", "dispersion_m2s"}
    assert filled.velocity_m_s * filled.width_m * filled.depth_m == pytest.approx(4.0)


def test_what_continuity_fixes_is_not_guessed():
    (filled,) = estimate_hydraulics(
        [Reach("a", "1", "2", 1_000.0, discharge_m3s=6.0, velocity_m_s=0.5, depth_m=1.0)]
    )
    assert filled.width_m == pytest.approx(12.0)


def test_water_that_divides_and_rejoins_is_counted_once():
    reaches = [
        Reach("top", "0", "1", 1.0, drainage_km2=100.0),
        Reach("main", "1", "2", 1.0, drainage_km2=110.0, flow_share=0.8),
        Reach("minor", "1", "2", 1.0, drainage_km2=100.0, flow_share=0.2),
        Reach("low", "2", "3", 1.0, drainage_km2=130.0),
    ]
    filled = estimate_hydraulics(reaches, specific_discharge_m3s_km2=0.01)
    assert [r.discharge_m3s for r in filled] == pytest.approx([1.0, 0.9, 0.2, 1.3])


def test_a_gauged_discharge_is_passed_on_downstream():
    reaches = [
        Reach("top", "0", "1", 1.0, drainage_km2=100.0, discharge_m3s=7.0),
        Reach("low", "1", "2", 1.0, drainage_km2=120.0),
    ]
    assert estimate_hydraulics(reaches, specific_discharge_m3s_km2=0.01)[1].discharge_m3s == pytest.approx(
        7.2
    )


def test_a_reach_of_which_nothing_is_known_stays_unknown():
    top, low = estimate_hydraulics([Reach("top", "0", "1", 1.0), Reach("low", "1", "2", 1.0)])
    assert top.discharge_m3s is None
    assert low.velocity_m_s is None


def test_the_dispersion_formula_gives_the_published_form():
    # 5.4 (W/H)^0.7 (U/u*)^0.13 H U for W 30 m, H 1 m, U 0.5 m/s, u* 0.05 m/s
    assert dispersion_zeng_huai(30.0, 1.0, 0.5, 0.1) == pytest.approx(5.4 * 30**0.7 * 10**0.13 * 0.5)


def test_a_local_geometry_replaces_the_worldwide_one():
    local = HydraulicGeometry(12.0, 0.45, 0.35, 0.36)
    (filled,) = estimate_hydraulics([Reach("a", "1", "2", 1.0, discharge_m3s=1.0)], geometry=local)
    assert (filled.width_m, filled.depth_m) == (12.0, 0.35)


def test_an_impossible_specific_discharge_is_refused():
    with pytest.raises(NetworkError, match=r"specific_discharge_m3s_km2 is 0\.0"):
        estimate_hydraulics([Reach("a", "1", "2", 1.0)], specific_discharge_m3s_km2=0.0)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(divided())
def test_no_water_is_lost_or_made_at_any_node(reaches):
    gauged = [
        r if r.up in {x.down for x in reaches} else Reach(**_fields(r) | {"discharge_m3s": r.flow_share})
        for r in reaches
    ]
    network = Network.build(estimate_hydraulics(gauged))
    for node in {r.up for r in network.reaches}:
        arriving = [r.discharge_m3s for r in network.reaches if r.down == node]
        leaving = [r.discharge_m3s for r in network.reaches if r.up == node]
        if arriving:
            assert sum(leaving) == pytest.approx(sum(arriving))


def _fields(reach):
    return {name: getattr(reach, name) for name in Reach.__dataclass_fields__}
