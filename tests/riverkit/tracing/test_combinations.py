import math

import numpy as np
import pytest
from riverkit.network import Location
from riverkit.tracing import BackgroundPrior, Noise, StationSeries, StrengthPrior
from riverkit.tracing.combinations import Cells
from riverkit.tracing.readings import prepare
from riverkit.tracing.responses import Responses, log_alone, whitened
from scipy import stats

N_STARTS, STEPS = 50, (1, 3)


def ridge_of_cells(seed, sharpness):
    """Three places that two stations see as bells of their own, and two releases that begin between grid steps."""
    rng = np.random.default_rng(seed)
    position = np.tile(np.arange(0.0, 60.0, 1.5), 2)
    point = np.repeat([0, 1], len(position) // 2)
    time = np.arange(120.0)
    delays, widths = [(4, 12), (6, 10), (8, 20)], [(2.0, 3.0), (1.5, 4.0), (2.5, 5.0)]
    bells = [
        [np.exp(-0.5 * ((time - delay) / width) ** 2) / width for delay, width in zip(*own, strict=True)]
        for own in zip(delays, widths, strict=True)
    ]
    integrals = np.cumsum(bells, axis=2)
    responses = Responses(
        integrals, point, position, sharpness * np.eye(len(point)), np.zeros(len(point)), STEPS, N_STARTS
    )
    truth = [(0, 10.4), (2, 14.6)]
    observed = sum(responses.of(place, np.array([start]))[0, 0] for place, start in truth)
    observed = observed + rng.normal(size=len(point))
    responses = Responses(integrals, point, position, responses.white, observed, STEPS, N_STARTS)
    table = np.array([responses.on_grid(place) for place in range(3)])
    place, duration, start = (each.ravel() for each in np.indices(table.shape[:3]))
    table = table.reshape(-1, len(point))
    return Cells(
        response=table,
        square=(table**2).sum(axis=1),
        onto=table @ observed,
        log_prior=np.full(len(table), -math.log(len(table))),
        candidate=place,
        place=place,
        duration=duration,
        start=start.astype(float),
        strength=StrengthPrior(0.0, 2.0),
        log_different=(0.0, math.log(2 / 3), math.log(2 / 9)),
        responses=responses,
    )


@pytest.mark.parametrize("others", [(), (3,), (3, 250)])
@pytest.mark.parametrize("sharpness", [5.0, 50.0])
def test_the_best_cell_found_by_bounds_is_the_best_of_all(others, sharpness):
    cells = ridge_of_cells(len(others), sharpness)
    mode, slot = (*others, 0), len(others)
    among = cells.allowed(mode, slot, fixed=False)
    logs = cells.given(mode, slot, among)

    best, top = cells.best_given(mode, slot, among)
    assert best == among[logs.argmax()]
    assert top == pytest.approx(logs.max())


def test_sharp_readings_of_releases_between_grid_steps_are_found_and_told_to_a_part_of_a_step():
    cells = ridge_of_cells(1, 300.0)
    finer, mode = cells.refined(cells.blurred().best(2)[1][0])

    assert cells.candidate[list(mode)].tolist() != [0, 0]
    assert sorted(finer.place[list(mode)].tolist()) == [0, 2]
    starts = dict(zip(finer.place[list(mode)].tolist(), finer.start[list(mode)].tolist(), strict=True))
    assert starts == {0: pytest.approx(10.4, abs=0.1), 2: pytest.approx(14.6, abs=0.1)}


def test_fine_cells_share_the_prior_of_those_they_come_from_also_at_the_end_of_the_grid():
    cells = ridge_of_cells(2, 5.0)
    for start in (0.0, 20.0, N_STARTS - 1.0):
        mode = (cells.nearest(0, 1, start), cells.nearest(2, 0, 30.0))
        finer, _ = cells.refined(mode)
        kept = np.isin(cells.place, [0, 2])
        assert np.exp(finer.log_prior).sum() == pytest.approx(np.exp(cells.log_prior[kept]).sum())


def test_readings_that_are_not_sharp_are_not_blurred():
    cells = ridge_of_cells(3, 0.5)

    assert cells.blurred().response == pytest.approx(cells.response)


def test_readings_are_scaled_and_weighed_as_their_normal_distribution_says():
    rng = np.random.default_rng(4)
    time = np.arange(0.0, 90_000.0, 3_600.0)
    series = StationSeries(Location("a", 0.0), 1.0, time, 2.0 + rng.normal(size=len(time)))
    readings = prepare(series, Noise(0.5, 0.1, 0.05), BackgroundPrior(1.5, 0.7))
    days = (time - time.mean()) / 86_400.0
    shared = 1.5**2 + 0.7**2 * np.outer(days, days)
    covariance = np.diag(readings.error**2) + shared

    white, observed = whitened([readings])
    assert white.T @ white == pytest.approx(np.linalg.inv(covariance), abs=1e-9)
    assert observed == pytest.approx(white @ (readings.value - readings.prior_background))
    expected = stats.multivariate_normal.logpdf(
        readings.value, np.full(len(time), readings.prior_background), covariance
    )
    assert log_alone(readings) == pytest.approx(expected)
