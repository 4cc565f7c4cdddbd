"""The closed forms and the Fourier correlations against direct sums and quadrature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.network import Location
from riverkit.tracing import BackgroundPrior, Noise, StationSeries, StrengthPrior
from riverkit.tracing.correlation import Clouds, Correlator
from riverkit.tracing.evidence import (
    leading_cells,
    log_bayes_factor,
    strength_at,
    strength_given,
)
from riverkit.tracing.passing import Passing
from riverkit.tracing.readings import on_grid, prepare
from riverkit.tracing.singly import SinglePassing
from riverkit.tracing.strengths import Strengths
from riverkit.tracing.tally import NEGLIGIBLE, leading
from scipy import integrate


@settings(max_examples=80, derandomize=True)
@given(
    s_gg=st.floats(1e-6, 1e3),
    z=st.floats(-6, 6),
    mean=st.floats(-2, 4),
    sd=st.floats(0.2, 20),
)
def test_the_strength_is_integrated_out_as_by_quadrature(s_gg, z, mean, sd):
    s_gy = z * np.sqrt(s_gg + sd**-2) - mean / sd**2
    found = log_bayes_factor(np.array([s_gg]), np.array([s_gy]), StrengthPrior(mean, sd))[0]
    centre, width = strength_given(np.array([s_gg]), np.array([s_gy]), StrengthPrior(mean, sd))
    upper = max(centre[0], 0.0) + 40 * width[0]

    def integrand(q):
        return np.exp(q * s_gy - q**2 * s_gg / 2 - (q - mean) ** 2 / (2 * sd**2) - offset)

    peak = np.clip(centre[0], 0.0, None)
    offset = peak * s_gy - peak**2 * s_gg / 2 - (peak - mean) ** 2 / (2 * sd**2)
    knots = np.unique(np.clip([peak - 8 * width[0], peak, peak + 8 * width[0]], 0.0, upper))
    released, _ = integrate.quad(integrand, 0.0, upper, points=knots, epsabs=0, epsrel=1e-12, limit=400)
    norm, _ = integrate.quad(
        lambda q: np.exp(-((q - mean) ** 2) / (2 * sd**2)),
        0.0,
        max(mean, 0) + 40 * sd,
        points=[max(mean, 0) + k * sd for k in (0, 1, 3, 8)],
        epsabs=0,
        epsrel=1e-12,
        limit=400,
    )
    assert found == pytest.approx(np.log(released) + offset - np.log(norm), abs=1e-9)


@pytest.mark.parametrize("mean", [-2.0, 0.0, 5.0])
def test_cells_that_can_count_are_weighed_and_only_hopeless_ones_are_left_out(mean):
    rng = np.random.default_rng(4)
    s_gg, s_gy = rng.gamma(0.5, 4.0, (9, 50)), rng.normal(0.0, 20.0, (9, 50))
    strength = StrengthPrior(mean, 3.0)
    exact = log_bayes_factor(s_gg, s_gy, strength)
    counted, found = leading_cells(s_gg, s_gy, strength, 15.0)
    assert found == pytest.approx(exact.ravel()[counted], abs=1e-12)
    assert np.delete(exact.ravel(), counted).max() < exact.max() - 15.0
    assert 0 < len(counted) < exact.size


def test_a_release_that_no_station_could_see_is_neither_likely_nor_unlikely():
    strength = StrengthPrior(2.0, 3.0)
    assert log_bayes_factor(np.zeros(2), np.zeros(2), strength) == pytest.approx(np.zeros(2), abs=1e-14)


def test_a_hopeless_or_an_overwhelming_fit_stays_finite():
    found = log_bayes_factor(np.array([1e4, 1e4]), np.array([-1e9, 1e9]), StrengthPrior(0.0, 1.0))
    assert np.isfinite(found).all()
    assert found[1] == pytest.approx(1e18 / 10001 / 2, rel=1e-12)


def test_quantiles_of_a_normal_cut_at_zero_hold_far_in_the_tail_too():
    mean, sd = np.array([5.0, 0.0, -40.0]), np.ones(3)
    median = strength_at(np.full(3, 0.5), mean, sd)
    assert median[0] == pytest.approx(5.0, abs=1e-5)
    assert median[1] == pytest.approx(0.6744897502)
    # Far below zero what is left is nearly exponential with rate 40.
    assert median[2] == pytest.approx(np.log(2) / 40, rel=2e-3)


STEP = 300.0
N_STARTS = 40
STEPS = (1, 3, 12, 90)


def stations(rng, times, background, noise):
    """Prepared readings at two stations with their dense precision matrices."""
    prepared, precisions = [], []
    for time in times:
        value = rng.uniform(0.2, 3.0, len(time))
        series = StationSeries(Location("r", 0.0), 2.0, time, value)
        prepared.append(prepare(series, noise, background))
        readings = prepared[-1]
        dense = np.diag(readings.weight) - readings.projections.T @ readings.projections
        precisions.append(dense)
    return prepared, precisions


def integrals(rng, size, n_stations=2):
    kernel = rng.gamma(2.0, 1.0, (n_stations, size)) * np.exp(-np.arange(size) / 15.0)
    kernel[:, 0] = 0.0
    return np.cumsum(kernel, axis=1)


def passing_of(gridded, n_starts, steps, integrals):
    """What places send past the stations, each place given by its integrals at two of them."""
    integrals, correlator = np.array(integrals), Correlator(gridded, n_starts, steps)
    seen = []
    if len(gridded.points):
        pulses = np.diff(integrals[:, gridded.points], axis=-1, prepend=0.0)
        arrival = (pulses != 0.0).argmax(axis=-1)
        beyond = np.pad(pulses, [(0, 0), (0, 0), (0, pulses.shape[-1])])
        longest = int((pulses.shape[-1] - (pulses != 0.0)[..., ::-1].argmax(axis=-1) - arrival).max())
        inside = np.take_along_axis(beyond, arrival[..., None] + np.arange(longest), axis=-1)
        seen.append(Clouds(correlator, np.arange(len(gridded.points)), arrival, inside))
    if len(gridded.single.weight):
        seen.append(SinglePassing(gridded.single, integrals, n_starts, correlator.steps))
    return Passing([seen], len(integrals), n_starts, len(steps))


def all_products(passing, n_starts, place=0):
    """S_gg and S_gy of one place for every duration and start, block by block."""
    firsts = range(0, n_starts, passing.hop)
    blocks = [passing.products(np.array([place]), np.array([first])) for first in firsts]
    return [np.concatenate(parts, axis=-1)[0, 0, :, :n_starts] for parts in zip(*blocks, strict=True)]


def direct_products(integral, prepared, precisions, first_start, steps, start):
    """S_gg and S_gy of one start and duration by interpolation and dense matrices."""
    s_gg = s_gy = 0.0
    for row, (readings, precision) in enumerate(zip(prepared, precisions, strict=True)):
        position = (readings.time_s - first_start) / STEP - start
        grid = np.arange(integral.shape[1])
        since = np.interp(position, grid, integral[row], left=0.0)
        # Before the release's first grid time the interpolation runs from F[-1] = 0 to F[0] = 0.
        before = np.interp(position - steps, grid, integral[row], left=0.0)
        g = (since - before) / steps
        s_gg += g @ precision @ g
        s_gy += g @ precision @ (readings.value - readings.prior_background)
    return s_gg, s_gy


@pytest.mark.parametrize("spacing", ["on the grid", "irregular"])
@pytest.mark.parametrize("background", [BackgroundPrior(0.0), BackgroundPrior(2.0, 1.5)])
@pytest.mark.parametrize("correlation", [0.0, 2_000.0])
def test_the_correlations_equal_direct_sums_for_every_start_and_duration(spacing, background, correlation):
    rng = np.random.default_rng(7)
    first_start = -2_000.0
    times = [first_start + STEP * np.arange(-5, 60, 2), first_start + STEP * np.arange(4, 45)]
    if spacing == "irregular":
        times = [np.sort(rng.uniform(first_start - 1_000, first_start + 60 * STEP, n)) for n in (31, 19)]
    noise = Noise(absolute=0.1, relative=0.1, discrepancy=0.05, correlation_s=correlation)
    prepared, precisions = stations(rng, times, background, noise)
    gridded = on_grid(prepared, first_start, STEP)
    assert (gridded.next_ is None) == (spacing == "on the grid")
    integral = integrals(rng, gridded.size)
    s_gg, s_gy = all_products(passing_of(gridded, N_STARTS, STEPS, [integral]), N_STARTS)
    for row, steps in enumerate(STEPS):
        for start in range(N_STARTS):
            gg, gy = direct_products(integral, prepared, precisions, first_start, steps, start)
            assert s_gg[row, start] == pytest.approx(gg, rel=1e-9, abs=1e-9 * s_gg.max())
            assert s_gy[row, start] == pytest.approx(gy, rel=1e-9, abs=1e-9 * np.abs(s_gy).max())


@pytest.mark.parametrize("spacing", ["on the grid", "irregular"])
def test_a_cloud_short_against_the_search_is_correlated_in_blocks_without_loss(spacing):
    rng = np.random.default_rng(8)
    n_starts, steps = 400, (1, 4)
    times = [STEP * np.arange(0, 420, 3), STEP * np.arange(5, 400, 2)]
    if spacing == "irregular":
        times = [np.sort(rng.uniform(0.0, 420 * STEP, n)) for n in (140, 90)]
    prepared, precisions = stations(rng, times, BackgroundPrior(2.0), Noise(0.1))
    gridded = on_grid(prepared, 0.0, STEP)
    pulse = np.zeros((2, gridded.size))
    pulse[0, 10:22], pulse[1, 31:40] = rng.gamma(2.0, 1.0, 12), rng.gamma(2.0, 1.0, 9)
    integral = np.cumsum(pulse, axis=1)
    s_gg, s_gy = all_products(passing_of(gridded, n_starts, steps, [integral]), n_starts)
    for row, duration in enumerate(steps):
        for start in range(0, n_starts, 7):
            gg, gy = direct_products(integral, prepared, precisions, 0.0, duration, start)
            assert s_gg[row, start] == pytest.approx(gg, rel=1e-9, abs=1e-11 * s_gg.max())
            assert s_gy[row, start] == pytest.approx(gy, rel=1e-9, abs=1e-11 * np.abs(s_gy).max())


def any_case(draw, n_starts):
    """Readings at two stations, on the grid or not, with gaps, and clouds of two places: sharp or wide, early or late."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    span = draw(st.integers(60, 300))
    times = []
    for _ in range(2):
        time = STEP * np.arange(0, span, draw(st.integers(1, 4)), dtype=float)
        if draw(st.booleans()):
            time = np.sort(rng.uniform(-10 * STEP, span * STEP, len(time)))
        gap = rng.uniform(0, span * STEP)
        times.append(np.append(time[np.abs(time - gap) > 20 * STEP], (span + 1) * STEP))
    background = draw(
        st.sampled_from([BackgroundPrior(0.0), BackgroundPrior(2.0), BackgroundPrior(2.0, 1.5)])
    )
    prepared, precisions = stations(rng, times, background, Noise(0.1))
    gridded = on_grid(prepared, 0.0, STEP)
    pulses = np.zeros((2, 2, gridded.size))
    for row in np.ndindex(2, 2):
        begin, width = int(rng.integers(0, span)), draw(st.integers(1, 200))
        seen = pulses[row][begin : begin + width]
        seen[:] = rng.gamma(2.0, 1.0, len(seen))
    steps = draw(st.sampled_from([(1,), (2, 5, 9), (3, 40)]))
    return prepared, precisions, gridded, np.cumsum(pulses, axis=-1), steps


@settings(max_examples=15, derandomize=True, deadline=None)
@given(st.data())
def test_a_release_explains_no_more_than_what_the_readings_hold_while_its_cloud_passes(data):
    n_starts = 250
    _, _, gridded, integrals, steps = any_case(data.draw, n_starts)
    passing = passing_of(gridded, n_starts, steps, integrals)
    for place in range(2):
        s_gg, s_gy = all_products(passing, n_starts, place)
        seen = s_gg > 1e-9 * s_gg.max()
        explained = np.where(seen, s_gy**2 / 2 / np.where(seen, s_gg, 1.0), 0.0).max(axis=0)
        bound = np.repeat(passing.bounds[place], passing.part)[:n_starts]
        assert (explained <= bound * (1 + 1e-6) + 1e-6).all()


@settings(max_examples=15, derandomize=True, deadline=None)
@given(st.data())
def test_all_cells_that_count_are_found_whatever_is_left_out(data):
    n_starts = 250
    prepared, precisions, gridded, integrals, steps = any_case(data.draw, n_starts)
    passing = passing_of(gridded, n_starts, steps, integrals)
    strength = StrengthPrior(data.draw(st.sampled_from([0.0, 2.0])), 3.0)
    strengths = Strengths.of("a", None, [""], [strength])
    log_start = np.where(np.arange(n_starts) % 100 < 50, np.log(2.0), -np.inf)
    least = np.array([-np.inf, data.draw(st.sampled_from([-np.inf, 0.0, 1e9]))])
    cells, at_most = leading(passing, n_starts, strengths, [log_start, None], least)
    depth = NEGLIGIBLE + np.log(len(steps) * n_starts)
    for place, prior in enumerate([log_start, np.zeros(n_starts)]):
        s_gg, s_gy = all_products(passing, n_starts, place)
        exact = log_bayes_factor(s_gg, s_gy, strength) + prior
        assert exact.max() <= at_most[place] * (1 + 1e-9) + 1e-6
        rows, columns = np.nonzero(exact > max(exact.max() - depth, least[place]) + 1e-6)
        if not len(rows):
            continue
        own = cells.taken(np.flatnonzero(cells.pair == place))
        table = dict(zip(zip(own.duration, own.start, strict=True), own.log_bayes_factor, strict=True))
        assert len(table) == len(own.start)
        scale = 1e-7 * max(1.0, exact.max())
        assert all(abs(table[row, n] - exact[row, n]) < scale for row, n in zip(rows, columns, strict=True))
        row, n = np.unravel_index(exact.argmax(), exact.shape)
        at = np.flatnonzero((own.duration == row) & (own.start == n))[0]
        gg, gy = direct_products(integrals[place], prepared, precisions, 0.0, steps[row], n)
        assert own.s_gg[0, at] == pytest.approx(gg, rel=1e-8)
        assert own.s_gy[0, at] == pytest.approx(gy, rel=1e-8)


def test_the_background_is_integrated_out_as_in_the_joint_normal():
    rng = np.random.default_rng(3)
    time = np.sort(rng.uniform(0, 5e5, 25))
    value = rng.normal(2.0, 0.5, 25)
    series = StationSeries(Location("r", 0.0), 1.0, time, value, background=1.8)
    readings = prepare(series, Noise(0.2, 0.0, 0.0), BackgroundPrior(0.7, 0.3))
    days = (time - time.mean()) / 86_400
    covariance = 0.2**2 * np.eye(25) + 0.7**2 + 0.3**2 * np.outer(days, days)
    precision = np.diag(readings.weight) - readings.projections.T @ readings.projections
    assert precision == pytest.approx(np.linalg.inv(covariance), abs=1e-9)
    assert readings.weighted == pytest.approx(np.linalg.solve(covariance, value - 1.8), abs=1e-8)
    fitted = 1.8 + (covariance - 0.2**2 * np.eye(25)) @ np.linalg.solve(covariance, value - 1.8)
    assert readings.background(np.zeros(25)) == pytest.approx(fitted, abs=1e-9)


def test_missing_readings_and_their_order_do_not_matter():
    time = np.arange(10) * 600.0
    value = np.linspace(1.0, 2.0, 10)
    place, noise = Location("r", 0.0), Noise(0.1)
    plain = prepare(StationSeries(place, 1.0, time, value), noise, BackgroundPrior())
    shuffled = np.r_[[900.0], time[::-1], [77.0]]
    values = np.r_[[np.nan], value[::-1], [np.nan]]
    again = prepare(StationSeries(place, 1.0, shuffled, values), noise, BackgroundPrior())
    assert again.weighted == pytest.approx(plain.weighted)
    assert np.array_equal(again.time_s, plain.time_s)


def test_dense_readings_share_the_misfit_and_average_their_own_errors_out():
    place = Location("r", 0.0)

    def weight_of(noise, spacing):
        time = np.arange(0, 36_000.0, spacing)
        value = np.sin(time / 9e3)
        prepared = prepare(StationSeries(place, 1.0, time, value), noise, BackgroundPrior(0.0))
        return prepared.weight.sum(), np.ptp(value), len(time)

    for spacing in (60.0, 300.0):
        # Ten times the correlation time, whatever the number of readings.
        weight, rise, count = weight_of(Noise(1e-6, 0.0, 0.05, correlation_s=3_600.0), spacing)
        assert weight * (0.05 * rise) ** 2 == pytest.approx(10.0, rel=0.02)
        weight, _, count = weight_of(
            Noise(1.0, 0.0, 0.0, correlation_s=3_600.0, own_correlation_s=0.0), spacing
        )
        assert weight == pytest.approx(count)
        # If nothing is said of them, they are taken to be shared as long.
        assert weight_of(Noise(1.0, 0.0, 0.0, correlation_s=3_600.0), spacing)[0] == pytest.approx(
            10.0, rel=0.02
        )
    weight, rise, count = weight_of(Noise(0.1, 0.0, 0.05, correlation_s=3_600.0), 7_200.0)
    assert weight * (0.1**2 + (0.05 * rise) ** 2) == pytest.approx(count)


def test_the_weight_of_readings_is_that_of_their_mean_with_a_misfit_in_common():
    # Six readings within one correlation time: an error of their own each, one misfit in all.
    time = np.arange(6) * 600.0
    value = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    noise = Noise(0.3, 0.0, 0.2, correlation_s=3_600.0, own_correlation_s=0.0)
    prepared = prepare(StationSeries(Location("r", 0.0), 1.0, time, value), noise, BackgroundPrior(0.0))
    covariance = np.full((6, 6), 0.2**2) + 0.3**2 * np.eye(6)
    of_the_mean = covariance.mean()
    assert 1.0 / prepared.weight.sum() == pytest.approx(of_the_mean)


def test_a_prior_of_the_starts_is_added_and_its_best_cells_are_kept():
    rng = np.random.default_rng(5)
    s_gg, s_gy = rng.gamma(0.5, 4.0, (9, 50)), rng.normal(0.0, 20.0, (9, 50))
    strength = StrengthPrior(1.0, 3.0)
    log_prior = np.full(50, -np.inf)
    log_prior[17:20] = np.log(50 / 3)
    exact = log_bayes_factor(s_gg, s_gy, strength) + log_prior
    cells, found = leading_cells(s_gg, s_gy, strength, 200.0, log_prior)
    assert set(cells % 50) <= {17, 18, 19}
    assert found == pytest.approx(exact.ravel()[cells], abs=1e-12)
    left_out = np.delete(exact.ravel(), cells)
    assert left_out.max() < exact.max() - 200.0 or not len(left_out)
