"""From transforms to concentrations: what the inversion cannot tell is left out, and bands hold what they say."""

import numpy as np
import pytest
from riverkit.network import Location
from riverkit.tracing import BackgroundPrior, Noise, StationSeries
from riverkit.tracing.prediction import Predictor, _quantile_with_error
from riverkit.tracing.readings import prepare
from riverkit.transport import LaplaceGrid, reach_transfer
from scipy import special

STEP, SIZE = 300.0, 2_048
SPEED, SPREAD = 0.5, 12.0


def arrived(distance_m, time_s):
    """Share of an instantaneous release that has passed after a time: the inverse Gaussian distribution."""
    time = np.maximum(time_s, 1e-9)
    root = np.sqrt(2 * SPREAD * time)
    tail = np.exp(SPEED * distance_m / SPREAD + special.log_ndtr(-(distance_m + SPEED * time) / root))
    return np.where(time_s > 0, special.ndtr((SPEED * time - distance_m) / root) + tail, 0.0)


@pytest.mark.parametrize("distance_m", [6_000.0, 20_000.0, 60_000.0])
def test_after_its_cloud_the_integral_stays_what_passed_in_all(distance_m):
    grid = LaplaceGrid.over(1.5 * SIZE * STEP, STEP, 18.0)
    station = StationSeries(
        Location("r", 0.0), 1_000.0 / STEP, np.arange(0.0, SIZE * STEP, 900.0), np.ones(683)
    )
    readings = [prepare(station, Noise(0.1), BackgroundPrior())]
    predictor = Predictor([station], readings, grid, SIZE, 0.0, (1,))
    transfer = reach_transfer(grid.s, distance_m, SPEED, SPREAD)
    integral = predictor.integral(transfer[None])[0]
    exact = arrived(distance_m, STEP * np.arange(SIZE))
    begin = round(distance_m / SPEED / STEP)
    assert integral[begin + 200 :] == pytest.approx(1.0, abs=1e-6)
    assert np.ptp(integral[begin + 400 :]) == 0.0
    assert np.abs(np.diff(integral)).min() == 0.0
    assert integral == pytest.approx(exact, abs=1e-5)


@pytest.mark.parametrize("spread", [0.0, 0.01, 1.0, 8.0])
@pytest.mark.parametrize("level", [0.05, 0.95])
def test_a_reading_falls_below_its_quantile_as_often_as_said(spread, level):
    values = np.sort(np.random.default_rng(1).normal(3.0, spread, (40, 16)), axis=1)
    error = np.linspace(0.5, 2.0, 40)
    found = _quantile_with_error(values, error, level)
    share = special.ndtr((found[:, None] - values) / error[:, None]).mean(axis=1)
    assert share == pytest.approx(level, abs=1e-3)
