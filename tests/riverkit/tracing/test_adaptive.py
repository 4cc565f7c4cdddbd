import math

import numpy as np
import pytest
from riverkit.tracing.adaptive import FEWEST, Peak, effective_number, explore, flattened
from scipy import special

MIDDLE, WIDTH = np.array([1.5, -1.0, 0.5]), 0.1


def sharp(point):
    """Two sharp log likelihoods, one around MIDDLE and one around its mirror image."""
    return np.array([-0.5 * (((point - at) / WIDTH) ** 2).sum() for at in (MIDDLE, -MIDDLE)])


def exact_log_mean():
    """Mean of either likelihood over standard normals."""
    variance = 1.0 + WIDTH**2
    return len(MIDDLE) * (math.log(WIDTH) - 0.5 * math.log(variance)) - 0.5 * (MIDDLE**2).sum() / variance


def log_means(explored):
    return special.logsumexp(explored.log_weight[:, None] + explored.scores, axis=0) - math.log(
        len(explored.points)
    )


def test_settings_drawn_where_the_readings_lead_give_the_mean_over_the_prior_that_so_many_of_the_prior_miss():
    found = log_means(explore(256, 3, 0, sharp))
    plain = np.array([sharp(point) for point in explore(FEWEST - 1, 3, 0, sharp).points])

    assert found == pytest.approx(exact_log_mean(), abs=0.3)
    missed = special.logsumexp(plain, axis=0) - math.log(len(plain))
    assert np.abs(missed - exact_log_mean()).min() > 1.0


def test_weights_of_explored_settings_average_to_one():
    explored = explore(256, 3, 1, sharp)

    assert len(explored.points) == 256
    assert np.exp(explored.log_weight).mean() == pytest.approx(1.0, abs=0.15)


def test_a_handful_of_settings_is_drawn_from_the_prior_alone():
    explored = explore(FEWEST - 1, 3, 0, sharp)

    assert explored.log_weight == pytest.approx(0.0, abs=1e-12)


def test_one_setting_without_uncertainty_is_tried_once():
    explored = explore(1, 0, 0, lambda point: np.array([2.0]))

    assert explored.points.shape == (1, 0)
    assert log_means(explored) == pytest.approx([2.0])


def test_flattened_weights_count_for_as_many_as_asked_and_keep_their_order():
    logs = np.array([0.0, -3.0, -30.0, -31.0, -200.0])
    flat = flattened(logs, 2.5)

    weights = np.exp(flat - special.logsumexp(flat))
    assert 1.0 / (weights**2).sum() == pytest.approx(2.5, abs=1e-3)
    assert (np.diff(flat) < 0).all()
    assert flattened(np.zeros(4), 2.5) == pytest.approx(0.0)
    assert flattened(np.array([0.0, -200.0]), 3.0) == pytest.approx(0.0)


def test_weights_that_are_fixed_are_not_flattened_along():
    fixed = np.array([-2.0, 0.0, 0.0, 0.0])
    flat = flattened(np.array([0.0, -20.0, -21.0, -300.0]), 2.5, fixed) - fixed

    assert (np.diff(flat) < 0).all()
    assert effective_number(fixed + flat) == pytest.approx(2.5, abs=1e-3)
    assert flattened(np.array([0.0, -0.1, 0.0, 0.1]), 2.5, fixed) == pytest.approx([-2.0, -0.1, 0.0, 0.1])


def test_peaks_to_begin_with_leave_the_mean_over_the_prior_as_it_is():
    peaks = [Peak(at, 1.2 * WIDTH**2 * np.eye(3), 0.0) for at in (MIDDLE, -MIDDLE)]
    explored = explore(96, 3, 0, sharp, lambda points, scores, size: peaks)

    assert log_means(explored) == pytest.approx(exact_log_mean(), abs=0.2)
    for size in (0, 1):
        assert effective_number(explored.log_weight + explored.scores[:, size]) > 12
