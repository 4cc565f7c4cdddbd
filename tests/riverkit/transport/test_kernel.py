import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import TransportError
from riverkit.transport import LaplaceGrid, Storage, reach_cumulants, reach_transfer

REACHES = [
    (1_000.0, 0.5, 5.0),
    (10_000.0, 0.8, 30.0),
    (30_000.0, 0.3, 4.0),
    (500.0, 1.2, 60.0),
]  # the last has a Péclet number of 10


def inverse_gaussian(time_s, length_m, velocity_m_s, dispersion_m2s):
    density = np.zeros_like(time_s)
    t = time_s[1:]
    spread = 4 * dispersion_m2s * t
    density[1:] = (
        length_m / np.sqrt(np.pi * spread * t**2) * np.exp(-((length_m - velocity_m_s * t) ** 2) / spread)
    )
    return density


def kernel_and_grid(length_m, velocity_m_s, dispersion_m2s):
    mean, variance, _ = reach_cumulants(length_m, velocity_m_s, dispersion_m2s)
    sigma = np.sqrt(variance)
    # The tail of an inverse Gaussian dies as exp(-u²t/4D): let the window hold thirty such times.
    tail = 120 * dispersion_m2s / velocity_m_s**2
    # At a low Péclet number the rise is much sharper than the standard deviation tells.
    sharpest = sigma * min(0.5, length_m * velocity_m_s / dispersion_m2s / 200)
    grid = LaplaceGrid.for_kernels(mean, sharpest, mean + 12 * sigma + tail)
    return grid, grid.invert(reach_transfer(grid.s, length_m, velocity_m_s, dispersion_m2s))


@pytest.mark.parametrize("reach", REACHES)
def test_the_kernel_is_the_inverse_gaussian(reach):
    grid, kernel = kernel_and_grid(*reach)
    exact = inverse_gaussian(grid.time_s, *reach)
    assert np.abs(kernel - exact).max() <= 1e-9 * exact.max()


@pytest.mark.parametrize("reach", REACHES)
def test_mass_is_kept(reach):
    grid, kernel = kernel_and_grid(*reach)
    assert abs(kernel.sum() * grid.dt_s - 1) <= 1e-9


@pytest.mark.parametrize("reach", REACHES)
def test_mean_variance_and_skewness_follow_the_closed_form(reach):
    grid, kernel = kernel_and_grid(*reach)
    weights = kernel * grid.dt_s
    mean = weights @ grid.time_s
    centred = grid.time_s - mean
    exact = tuple(reach_cumulants(*reach))
    measured = (mean, weights @ centred**2, weights @ centred**3)
    assert measured == pytest.approx(exact, rel=1e-6)
    sigma = np.sqrt(exact[1])
    assert exact[2] / sigma**3 == pytest.approx(3 * sigma / exact[0])


@pytest.mark.parametrize("storage", [Storage(0.1, 3e-4), Storage(0.4, 5e-5)])
def test_dead_zones_delay_and_skew_a_kernel_as_the_closed_form_tells(storage):
    length, velocity, dispersion = 10_000.0, 0.8, 30.0
    mean, variance, third = reach_cumulants(length, velocity, dispersion, storage)
    assert mean == pytest.approx((1 + storage.share) * length / velocity)
    grid = LaplaceGrid.over(mean + 60 * np.sqrt(variance), 60.0)
    weights = grid.dt_s * grid.invert(
        reach_transfer(grid.s, length, velocity, dispersion, storage=storage) * grid.cell_average
    )
    # The mean over the step that ends at a time belongs to the middle of that step.
    time_s = grid.time_s - grid.dt_s / 2
    centred = time_s - mean
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    measured = (weights @ time_s, weights @ centred**2, weights @ centred**3)
    assert measured == pytest.approx((mean, variance, third), rel=1e-3)


def test_dead_zones_that_hardly_exist_change_hardly_anything():
    s = np.array([1e-4 + 1e-3j])
    plain = reach_transfer(s, 5_000.0, 0.5, 10.0, 1e-5)
    assert reach_transfer(s, 5_000.0, 0.5, 10.0, 1e-5, Storage(1e-9, 1e-4)) == pytest.approx(plain, rel=1e-6)


def test_dead_zones_of_no_size_are_refused():
    with pytest.raises(TransportError, match="share and exchange must be above 0"):
        reach_transfer(np.array([1e-4 + 0j]), 1_000.0, 0.5, 10.0, storage=Storage(0.0, 1e-4))


def test_plug_flow_is_a_pure_delay():
    s = np.array([1e-4 + 1e-3j])
    assert reach_transfer(s, 1000.0, 0.5, 0.0) == pytest.approx(np.exp(-s * 2000.0), rel=1e-14)


def test_a_vanishing_dispersion_approaches_plug_flow_without_cancellation():
    s = np.array([1e-4 + 1e-3j])
    assert reach_transfer(s, 1000.0, 0.5, 1e-9) == pytest.approx(np.exp(-s * 2000.0), rel=1e-8)


def test_decay_leaves_the_share_of_first_order_loss():
    # What survives is the transform of the travel time at the decay rate.
    zero = np.array([0j])
    survives = reach_transfer(zero, 5_000.0, 0.4, 10.0, 2e-5)
    assert survives == pytest.approx(reach_transfer(zero + 2e-5, 5_000.0, 0.4, 10.0), rel=1e-15)
    assert np.exp(-5_000 / 0.4 * 2e-5) < survives[0].real < 1


@settings(max_examples=60, derandomize=True)
@given(
    length=st.floats(10, 1e5),
    velocity=st.floats(0.02, 3),
    dispersion=st.floats(0, 500),
    cut=st.floats(0.01, 0.99),
)
def test_a_reach_is_the_product_of_its_parts(length, velocity, dispersion, cut):
    s = 1e-5 + 1j * np.geomspace(1e-6, 1e-2, 20)
    whole = reach_transfer(s, length, velocity, dispersion)
    upper = reach_transfer(s, cut * length, velocity, dispersion)
    lower = reach_transfer(s, length - cut * length, velocity, dispersion)
    assert upper * lower == pytest.approx(whole, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    "bad", [(1.0, 0.0, 1.0), (1.0, -1.0, 1.0), (-1.0, 1.0, 1.0), (1.0, 1.0, -1.0), (1.0, float("nan"), 1.0)]
)
def test_impossible_parameters_are_refused(bad):
    with pytest.raises(TransportError, match="must be above 0"):
        reach_transfer(np.array([1e-3 + 0j]), *bad)


def test_wrap_around_is_damped_as_promised():
    # A kernel that lies one window late comes back e^-aW times smaller.
    grid = LaplaceGrid.over(10_000.0, 10.0)
    late = grid.invert(np.exp(-grid.s * 12_000.0) * reach_transfer(grid.s, 1_000.0, 0.5, 20.0))
    on_time = grid.invert(np.exp(-grid.s * 2_000.0) * reach_transfer(grid.s, 1_000.0, 0.5, 20.0))
    window = grid.steps * grid.dt_s
    assert window == pytest.approx(10_000.0)
    assert np.abs(late).max() == pytest.approx(np.exp(-12) * on_time.max(), rel=1e-6)


def test_the_running_sum_of_cell_averages_is_the_exact_integral():
    grid, _ = kernel_and_grid(*REACHES[0])
    averages = grid.invert(reach_transfer(grid.s, *REACHES[0]) * grid.cell_average)
    fine = LaplaceGrid(grid.steps * 16, grid.dt_s / 16, grid.damping_per_s)
    dense = fine.invert(reach_transfer(fine.s, *REACHES[0]))
    trapezoid = np.concatenate([[0.0], np.cumsum((dense[1:] + dense[:-1]) / 2) * fine.dt_s])
    assert np.cumsum(averages) * grid.dt_s == pytest.approx(trapezoid[::16], abs=2e-5)


def test_a_grid_that_does_not_fit_a_transform_says_so():
    grid = LaplaceGrid.over(1000.0, 10.0)
    with pytest.raises(TransportError, match="Evaluate it at"):
        grid.invert(np.zeros(7, dtype=complex))
    with pytest.raises(TransportError, match="at least 2 steps"):
        LaplaceGrid(1, 1.0, 1.0)
    with pytest.raises(TransportError, match="spread"):
        LaplaceGrid.for_kernels(100.0, 0.0, 100.0)
