"""Kernels of near and far sources, each on the grid of its octave of travel time."""

import numpy as np
import pytest
from riverkit.network import Location, Network, Reach
from riverkit.transport import LaplaceGrid, Storage, kernels, moments, responses


def comb(size=300):
    """A random tree deep enough for travel times from minutes to weeks, and a reach beside it."""
    rng = np.random.default_rng(7)
    reaches = [
        Reach(
            f"r{i}",
            f"n{i}",
            "outlet" if i == 0 else f"n{max(0, i - int(rng.integers(1, 4)))}",
            float(rng.uniform(600, 1_500)),
            velocity_m_s=float(rng.uniform(0.2, 0.8)),
            dispersion_m2s=float(rng.uniform(2, 30)),
        )
        for i in range(size)
    ]
    beside = Reach("beside", "x", "y", 500.0, velocity_m_s=0.5, dispersion_m2s=5.0)
    return Network.build([*reaches, beside])


STATION = Location("r0", 600.0)


def test_every_source_above_the_station_comes_once_and_no_other():
    network = comb()
    sources = [Location(reach.id, 0.0) for reach in network.reaches]
    numbers = np.concatenate([found.sources for found in kernels(network, STATION, sources, steps=256)])
    assert sorted(sources[i].reach_id for i in numbers) == sorted(f"r{i}" for i in range(300))
    assert not list(kernels(network, STATION, [Location("beside", 0.0)]))


def test_every_kernel_lasts_at_least_half_of_its_window_and_ends_within_it():
    network = comb()
    sources = [Location(reach.id, 0.0) for reach in network.reaches if reach.id != "beside"]
    travel = moments(network, STATION, sources)
    end = travel.mean_s + 10 * travel.sigma_s
    windows = set()
    for found in kernels(network, STATION, sources, steps=256):
        window = found.grid.steps * found.grid.dt_s
        assert (end[found.sources] <= window * (1 + 1e-9)).all()
        assert (end[found.sources] > window / 2).all()
        windows.add(window)
    assert len(windows) >= 6


def test_kernels_agree_with_one_grid_made_for_the_source_alone():
    network = comb()
    sources = [Location(f"r{i}", 0.0) for i in (0, 1, 5, 20, 80, 299)]
    arguments = {"decay_per_s": 1e-6, "storage": Storage(0.2, 1e-3), "velocity_factor": 1.1}
    for found in kernels(network, STATION, sources, **arguments):
        fine = LaplaceGrid.over(
            4 * found.grid.steps * found.grid.dt_s, found.grid.dt_s / 4, found.grid.damping_per_s
        )
        fine = LaplaceGrid(fine.steps, found.grid.dt_s / 4, 18.0 / (fine.steps * fine.dt_s))
        places = [sources[i] for i in found.sources]
        exact = fine.invert(responses(network, STATION, places, fine, **arguments) * fine.cell_average)
        # Sums of four fine steps, the last of each at a time of the coarse grid.
        arrived = np.cumsum(exact, axis=1)[:, : 4 * found.grid.steps : 4] / 4
        expected = np.diff(arrived, axis=1, prepend=0.0)
        assert found.mass_rate_per_s == pytest.approx(expected, abs=1e-6 * expected.max())


def test_mass_arrives_whole():
    network = comb()
    sources = [Location(f"r{i}", 0.0) for i in range(0, 300, 7)]
    for found in kernels(network, STATION, sources):
        assert found.mass_rate_per_s.sum(axis=1) * found.grid.dt_s == pytest.approx(1, abs=1e-4)


def test_without_dispersion_or_at_the_station_a_kernel_is_a_pure_delay():
    network = comb()
    far = Location("r299", 0.0)
    for found in kernels(network, STATION, [far, STATION], dispersion_factor=0.0, decay_per_s=1e-6):
        delay = moments(network, STATION, [far]).mean_s[0] if found.sources[0] == 0 else 0.0
        arriving = int(np.argmax(found.mass_rate_per_s[0]))
        assert np.count_nonzero(found.mass_rate_per_s[0]) == 1
        assert abs(found.grid.time_s[arriving] - delay) <= found.grid.dt_s
        mass = found.mass_rate_per_s.sum() * found.grid.dt_s
        assert mass == pytest.approx(np.exp(-1e-6 * delay))
