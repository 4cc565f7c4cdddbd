"""What a station saw, in few numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverkit.blind import Passage
from riverkit.errors import TracingError
from scipy import stats

TIME = np.arange(0.0, 20_000.0, 50.0)


def bell(centre_s=8_000.0, sigma_s=900.0, peak=0.02):
    return peak * np.exp(-0.5 * ((TIME - centre_s) / sigma_s) ** 2)


def test_a_bell_has_the_front_middle_and_mass_of_a_normal_distribution():
    passage = Passage.of_curve(1_000.0, TIME, bell(), discharge_m3s=5.0)
    quarter, begun = stats.norm.ppf([0.25, 0.05])
    assert passage.front_s == pytest.approx(900.0 * (quarter - begun), rel=2e-3)
    assert passage.middle_s == pytest.approx(8_000.0, abs=1.0)
    assert passage.mass_kg == pytest.approx(5.0 * 0.02 * 900.0 * np.sqrt(2 * np.pi) / 1_000.0, rel=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.5), st.floats(0.01, 100.0))
def test_order_missing_readings_background_and_scale_change_nothing_but_the_mass(seed, background, scale):
    plain = Passage.of_curve(0.0, TIME, bell(), 1.0)
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(TIME) + 20)
    times = np.concatenate([TIME, chance.uniform(0, TIME[-1], 20)])[order]
    values = np.concatenate([scale * bell() + background, np.full(20, np.nan)])[order]
    other = Passage.of_curve(0.0, times, values, 1.0, background_g_m3=background)
    assert other.front_s == pytest.approx(plain.front_s, rel=1e-6)
    assert other.middle_s == pytest.approx(plain.middle_s, rel=1e-9)
    assert other.mass_kg == pytest.approx(scale * plain.mass_kg, rel=1e-6)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros(len(TIME)), "no cloud"),
        (np.full(len(TIME), np.nan), "no cloud in 0 usable"),
        (bell(centre_s=20_000.0), "begins or ends within the cloud"),
    ],
)
def test_readings_without_a_whole_cloud_are_refused_with_the_station_named(values, words):
    with pytest.raises(TracingError, match=f"Station S7: .*{words}"):
        Passage.of_curve(0.0, TIME, values, 1.0, name="S7")
