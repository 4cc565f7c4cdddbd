"""The kernels against the independent finite-volume solver, which shares no code with them.

Releases start at the head of a reach: there both take the mass as a flux into a channel that begins. Inside a
reach the solver lets some of it spread upstream at first, which delays it by D/u² (see docs/design/transport.md).
"""

import numpy as np
import pytest
from riverkit.network import Location, Network, Reach
from riverkit.simulation import Release, simulate
from riverkit.transport import LaplaceGrid, responses


def tree_of_ten():
    """Six headwaters meet pairwise; flows add up, and every reach has hydraulics of its own."""
    rows = [
        # id, from, to, length m, flow m³/s, velocity m/s, dispersion m²/s
        ("h1", "1", "a", 1_500, 1.0, 0.40, 6.0),
        ("h2", "2", "a", 2_200, 0.6, 0.35, 4.0),
        ("h3", "3", "b", 1_800, 0.8, 0.45, 8.0),
        ("h4", "4", "b", 1_200, 0.5, 0.30, 5.0),
        ("h5", "5", "c", 2_600, 0.7, 0.50, 7.0),
        ("h6", "6", "d", 1_400, 0.4, 0.38, 5.0),
        ("m1", "a", "c", 1_700, 1.6, 0.48, 9.0),
        ("m2", "b", "d", 2_100, 1.3, 0.42, 10.0),
        ("m3", "c", "d", 1_600, 2.3, 0.55, 12.0),
        ("out", "d", "z", 3_000, 4.0, 0.60, 15.0),
    ]
    return Network.build(
        Reach(id_, up, down, length, discharge_m3s=q, velocity_m_s=u, dispersion_m2s=d)
        for id_, up, down, length, q, u, d in rows
    )


@pytest.mark.parametrize("source", ["h2", "h3", "h5"])
def test_a_ten_reach_tree_agrees_with_the_solver_to_half_a_percent_of_the_peak(source):
    network = tree_of_ten()
    place, station, duration = Location(source, 0.0), Location("out", 2_500.0), 1_800.0
    solved = simulate(
        network, [Release(place, 0.0, duration, 1.0)], [station], duration_s=45_000.0, cell_m=12.0
    )
    grid = LaplaceGrid.over(90_000.0, 60.0)
    release = -np.expm1(-grid.s * duration) / (grid.s * duration)
    mass_rate = grid.invert(responses(network, station, [place], grid)[0] * release)
    expected = np.interp(solved.time_s, grid.time_s, mass_rate)
    assert np.abs(solved.mass_rate_g_s[0] / 1_000.0 - expected).max() <= 0.005 * expected.max()


def test_decay_and_a_divergence_agree_with_the_solver():
    def reach(id_, up, down, length, q, share=None):
        return Reach(
            id_, up, down, length, discharge_m3s=q, velocity_m_s=0.5, dispersion_m2s=10.0, flow_share=share
        )

    network = Network.build(
        [
            reach("top", "0", "1", 2_000.0, 2.0),
            reach("near", "1", "2", 1_000.0, 0.6, 0.3),
            reach("far", "1", "2", 3_500.0, 1.4, 0.7),
            reach("low", "2", "3", 2_000.0, 2.0),
        ]
    )
    place, station = Location("top", 0.0), Location("low", 1_500.0)
    decay = 3e-5
    solved = simulate(
        network,
        [Release(place, 0.0, 1_800.0, 1.0)],
        [station],
        duration_s=30_000.0,
        cell_m=10.0,
        decay_per_s=decay,
    )
    grid = LaplaceGrid.over(60_000.0, 60.0)
    release = -np.expm1(-grid.s * 1_800.0) / (grid.s * 1_800.0)
    mass_rate = grid.invert(responses(network, station, [place], grid, decay_per_s=decay)[0] * release)
    expected = np.interp(solved.time_s, grid.time_s, mass_rate)
    assert np.abs(solved.mass_rate_g_s[0] / 1_000.0 - expected).max() <= 0.005 * expected.max()
