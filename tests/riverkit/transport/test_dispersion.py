import dataclasses

import pytest
from riverkit.errors import TransportError
from riverkit.transport.dispersion import FORMULAS, Section, elder, kashefipour_falconer, wang, zeng_huai

RIVER = Section(width_m=74.0, depth_m=2.3, velocity_m_s=0.83, shear_velocity_m_s=0.083)


def test_all_formulas_agree_on_the_order_of_magnitude_but_for_elders_lower_bound():
    values = {name: formula(RIVER) for name, formula in FORMULAS.items()}
    lower_bound = values.pop("elder")
    assert all(10 < value < 500 for value in values.values()), values
    assert lower_bound < min(values.values()) / 10


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_scales_as_length_times_velocity(name):
    # Doubling all lengths and all velocities multiplies D by four; the Froude number of Disley changes by √2.
    twice = Section(*(2 * value for value in dataclasses.astuple(RIVER)))
    expected = 4 * FORMULAS[name](RIVER) * (2**-0.20585 if name == "disley" else 1)
    assert FORMULAS[name](twice) == pytest.approx(expected)


def test_hand_calculations_hold():
    assert elder(RIVER) == pytest.approx(5.93 * 2.3 * 0.083)
    assert zeng_huai(RIVER) == pytest.approx(5.4 * (74 / 2.3) ** 0.7 * 10**0.13 * 2.3 * 0.83)
    assert wang(RIVER) == pytest.approx((0.718 + 47.9 * 2.3 / 74) * 0.83 * 74)


def test_kashefipour_and_falconer_change_branch_at_an_aspect_of_fifty():
    wide = Section(width_m=120.0, depth_m=2.0, velocity_m_s=0.5, shear_velocity_m_s=0.05)
    assert kashefipour_falconer(wide) == pytest.approx(10.612 * 2.0 * 0.5 * 10)
    narrow = dataclasses.replace(wide, width_m=98.0)
    assert kashefipour_falconer(narrow) != pytest.approx(10.612 * 2.0 * 0.5 * 10, rel=1e-3)


def test_an_impossible_section_is_refused():
    with pytest.raises(TransportError, match="depth_m = 0"):
        Section(width_m=10.0, depth_m=0.0, velocity_m_s=1.0, shear_velocity_m_s=0.1)
