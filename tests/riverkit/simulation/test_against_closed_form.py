"""The finite-volume solver against solutions known in closed form."""

import numpy as np
import pytest
from riverkit.network import Location, Network, Reach
from riverkit.simulation import Release, simulate
from scipy.special import erfc, erfcx

LENGTH, SPEED, DISPERSION, FLOW = 5_000.0, 0.5, 20.0, 10.0


def channel(length_m=LENGTH, parts=1, dispersion=DISPERSION):
    return Network.build(
        Reach(
            f"r{i}",
            f"n{i}",
            f"n{i + 1}",
            length_m / parts,
            discharge_m3s=FLOW,
            velocity_m_s=SPEED,
            dispersion_m2s=dispersion,
        )
        for i in range(parts)
    )


def inverse_gaussian(time_s, distance_m, speed=SPEED, dispersion=DISPERSION):
    """Mass passing a section per second, for a unit pulse let in as a flux far above it."""
    spread = np.sqrt(4 * np.pi * dispersion * time_s**3)
    return distance_m / spread * np.exp(-((distance_m - speed * time_s) ** 2) / (4 * dispersion * time_s))


def worst(found, expected):
    """Largest difference as a share of the expected peak."""
    return np.abs(found - expected).max() / expected.max()


@pytest.mark.parametrize(("cell_m", "limit"), [(80.0, 7e-3), (20.0, 2e-3), (10.0, 1e-3)])
def test_a_pulse_at_the_head_passes_as_the_inverse_gaussian(cell_m, limit):
    result = simulate(
        channel(),
        [Release(Location("r0", 0.0), 0.0, 0.0, 100.0)],
        [Location("r0", LENGTH)],
        duration_s=20_000.0,
        cell_m=cell_m,
    )
    assert worst(result.mass_rate_g_s[0], 1e5 * inverse_gaussian(result.time_s, LENGTH)) < limit


def test_the_default_cells_are_good_to_less_than_a_percent_of_the_peak():
    result = simulate(
        channel(),
        [Release(Location("r0", 0.0), 0.0, 0.0, 100.0)],
        [Location("r0", 4_500.0)],
        duration_s=20_000.0,
    )
    assert worst(result.mass_rate_g_s[0], 1e5 * inverse_gaussian(result.time_s, 4_500.0)) < 8e-3


def test_dividing_a_channel_into_reaches_changes_next_to_nothing():
    result = simulate(
        channel(parts=5),
        [Release(Location("r0", 0.0), 0.0, 0.0, 100.0)],
        [Location("r4", 1_000.0)],
        duration_s=20_000.0,
        cell_m=20.0,
    )
    assert worst(result.mass_rate_g_s[0], 1e5 * inverse_gaussian(result.time_s, LENGTH)) < 4e-3


@pytest.mark.parametrize("start_s", [0.0, 617.0])
def test_a_pulse_inside_a_channel_spreads_as_a_gaussian_in_space(start_s):
    result = simulate(
        channel(7_000.0),
        [Release(Location("r0", 1_003.0), start_s, 0.0, 100.0)],
        [Location("r0", 4_003.0)],
        duration_s=20_000.0,
        cell_m=20.0,
    )
    age = np.maximum(result.time_s - start_s, 1e-9)
    area = FLOW / SPEED
    expected = 1e5 / area / np.sqrt(4 * np.pi * DISPERSION * age)
    expected *= np.exp(-((3_000.0 - SPEED * age) ** 2) / (4 * DISPERSION * age))
    assert worst(result.concentration[0], expected) < 5e-4


def test_a_lasting_release_with_decay_follows_the_step_response():
    """Mass flow at L for a flux switched on at the head: Ogata & Banks (1961) with first-order decay (Bear 1979)."""
    decay, lasting = 2e-5, 40_000.0
    result = simulate(
        channel(7_000.0),
        [Release(Location("r0", 0.0), 0.0, lasting, 100.0)],
        [Location("r0", LENGTH)],
        duration_s=25_000.0,
        cell_m=10.0,
        decay_per_s=decay,
    )
    t = result.time_s
    w = np.sqrt(SPEED**2 + 4 * decay * DISPERSION)
    root = 2 * np.sqrt(DISPERSION * t)
    front = np.exp((SPEED - w) * LENGTH / (2 * DISPERSION)) * erfc((LENGTH - w * t) / root)
    # exp · erfc of the second term in one, or it overflows
    with np.errstate(under="ignore"):
        from_wall = np.exp((SPEED + w) * LENGTH / (2 * DISPERSION) + _log_erfc((LENGTH + w * t) / root))
    expected = 1e5 / lasting * 0.5 * (front + from_wall)
    assert worst(result.mass_rate_g_s[0], expected) < 1e-3


def _log_erfc(x):
    return np.log(erfcx(x)) - x**2


def test_storage_delays_and_spreads_as_the_cumulants_say():
    """Mean (L/u)(1+β) and variance 2[(L/u)β²/α + (LD/u³)(1+β)²] of first-order storage."""
    ratio, rate = 0.3, 5e-4
    result = simulate(
        channel(),
        [Release(Location("r0", 0.0), 0.0, 0.0, 100.0)],
        [Location("r0", LENGTH)],
        duration_s=60_000.0,
        cell_m=20.0,
        storage=(ratio, rate),
    )
    weights = result.mass_rate_g_s[0] / result.mass_rate_g_s[0].sum()
    mean = weights @ result.time_s
    variance = weights @ (result.time_s - mean) ** 2
    travel = LENGTH / SPEED
    assert mean == pytest.approx(travel * (1 + ratio), rel=1e-3)
    expected = 2 * (travel * ratio**2 / rate + LENGTH * DISPERSION / SPEED**3 * (1 + ratio) ** 2)
    assert variance == pytest.approx(expected, rel=5e-3)


def test_unsteady_flow_is_steady_flow_in_flow_time():
    """With Q, u and D all in proportion to f, mass passes as it would in steady flow at τ = ∫ f dt."""

    def factor(t):
        return 1 + 0.4 * np.sin(2 * np.pi * t / 15_000.0)

    result = simulate(
        channel(),
        [Release(Location("r0", 0.0), 0.0, 0.0, 100.0)],
        [Location("r0", LENGTH)],
        duration_s=20_000.0,
        cell_m=20.0,
        flow_factor=factor,
    )
    t = result.time_s
    flow_time = t + 0.4 * 15_000.0 / (2 * np.pi) * (1 - np.cos(2 * np.pi * t / 15_000.0))
    expected = 1e5 * inverse_gaussian(flow_time, LENGTH) * factor(t)
    assert worst(result.mass_rate_g_s[0], expected) < 3e-3


def test_without_dispersion_and_a_cell_per_step_mass_moves_unchanged():
    result = simulate(
        channel(1_000.0, dispersion=0.0),
        [Release(Location("r0", 0.0), 100.0, 400.0, 1.0)],
        [Location("r0", 1_000.0)],
        duration_s=4_000.0,
        cell_m=20.0,
        dt_s=40.0,
    )
    rate = result.mass_rate_g_s[0]
    weights = rate / rate.sum()
    assert weights @ result.time_s == pytest.approx(300.0 + 2_000.0)
    assert rate.max() == pytest.approx(1_000.0 / 400.0)


def test_finer_cells_converge():
    def error(cell_m):
        result = simulate(
            channel(7_000.0),
            [Release(Location("r0", 1_000.0), 0.0, 0.0, 100.0)],
            [Location("r0", 4_000.0)],
            duration_s=12_000.0,
            cell_m=cell_m,
            dt_s=cell_m,
        )
        t = result.time_s
        expected = np.exp(-((3_000.0 - SPEED * t) ** 2) / (4 * DISPERSION * t)) / np.sqrt(t)
        expected *= 1e5 * SPEED / FLOW / np.sqrt(4 * np.pi * DISPERSION)
        return worst(result.concentration[0], expected)

    assert error(25.0) < error(50.0) / 3.5  # second order at least
