"""Dispersion back across joints, against a finite-difference solution in the Laplace domain: another way altogether."""

import numpy as np
import pytest
from riverkit.network import Location, Network, Reach
from riverkit.simulation import Release, simulate
from riverkit.transport import LaplaceGrid, Storage, kernels, reach_transfer, responses
from scipy import sparse
from scipy.sparse.linalg import spsolve

CELLS = 1_500


def y_shape():
    """Two arms with little in common, and a river below that takes in more water at the confluence."""
    return Network.build(
        [
            Reach("arm", "1", "3", 900.0, discharge_m3s=1.0, velocity_m_s=0.5, dispersion_m2s=40.0),
            Reach("side", "2", "3", 1_500.0, discharge_m3s=2.0, velocity_m_s=0.25, dispersion_m2s=25.0),
            Reach("river", "3", "4", 4_000.0, discharge_m3s=3.5, velocity_m_s=0.6, dispersion_m2s=90.0),
        ]
    )


def mass_rate_by_differences(network, s, station_m):
    """Mass flow at a place of the river for a unit flux into the arm, all cells and the node solved at once."""
    rows, columns, values = [], [], []
    right = np.zeros(3 * CELLS + 1, dtype=complex)
    node = 3 * CELLS

    def put(row, column, value):
        rows.append(row)
        columns.append(column)
        values.append(value)

    def flux(row, sign, upper, lower, q, conductance, weight=0.5):
        """Add to a balance the flow through a face: advection of the mean, dispersion of the difference."""
        put(row, upper, sign * (q * weight + conductance))
        put(row, lower, sign * (q * (1 - weight) - conductance))

    for number, name in enumerate(["arm", "side", "river"]):
        reach = network.reach(name)
        q, area = reach.discharge_m3s, reach.discharge_m3s / reach.velocity_m_s
        dx = reach.length_m / CELLS
        conductance = area * reach.dispersion_m2s / dx
        first = number * CELLS
        for i in range(CELLS):
            cell = first + i
            put(cell, cell, s * area * dx)
            if i + 1 < CELLS:
                flux(cell, 1, cell, cell + 1, q, conductance)
                flux(cell + 1, -1, cell, cell + 1, q, conductance)
        if name == "river":
            flux(first, -1, node, first, q, 2 * conductance, weight=1.0)
            flux(node, 1, node, first, q, 2 * conductance, weight=1.0)
            put(first + CELLS - 1, first + CELLS - 1, q)
        else:
            last = first + CELLS - 1
            flux(last, 1, last, node, q, 2 * conductance, weight=0.0)
            flux(node, -1, last, node, q, 2 * conductance, weight=0.0)
    right[0] = 1.0
    concentration = spsolve(sparse.csc_array((values, (rows, columns))), right)
    reach = network.reach("river")
    dx = reach.length_m / CELLS
    face = round(station_m / dx)
    above, below = concentration[2 * CELLS + face - 1], concentration[2 * CELLS + face]
    area = reach.discharge_m3s / reach.velocity_m_s
    return reach.discharge_m3s * (above + below) / 2 - area * reach.dispersion_m2s * (below - above) / dx


@pytest.mark.parametrize("frequency", [0.0, 1e-4, 1e-3, 3e-3])
def test_a_confluence_of_unlike_reaches_passes_what_the_full_solution_passes(frequency):
    network = y_shape()
    s = 1e-4 + 1j * frequency
    grid = LaplaceGrid(2, 1_000.0, 1e-4)
    object.__setattr__(grid, "s", np.array([s, s]))
    station, head = Location("river", 1_000.0), [Location("arm", 0.0)]
    exact = mass_rate_by_differences(network, s, 1_000.0)
    joined = responses(network, station, head, grid, back_dispersion=True)[0, 0]
    plain = responses(network, station, head, grid)[0, 0]
    assert abs(joined - exact) <= 2e-3 * abs(exact)
    if frequency >= 1e-3:
        assert abs(joined - exact) < 0.2 * abs(plain - exact)


def test_cutting_a_reach_changes_nothing():
    whole = Network.build(
        [Reach("w", "0", "2", 6_000.0, discharge_m3s=3.0, velocity_m_s=0.5, dispersion_m2s=60.0)]
    )
    halves = Network.build(
        Reach(f"h{i}", str(i), str(i + 1), 3_000.0, discharge_m3s=3.0, velocity_m_s=0.5, dispersion_m2s=60.0)
        for i in range(2)
    )
    grid = LaplaceGrid.over(100_000.0, 100.0)
    one = responses(whole, Location("w", 6_000.0), [Location("w", 0.0)], grid, back_dispersion=True)
    two = responses(halves, Location("h1", 3_000.0), [Location("h0", 0.0)], grid, back_dispersion=True)
    assert grid.invert(two) == pytest.approx(grid.invert(one), abs=1e-12)
    plain = reach_transfer(grid.s, 6_000.0, 0.5, 60.0)
    assert one[0] == pytest.approx(plain, rel=1e-12, abs=1e-15)


def test_mass_is_kept_at_confluences_and_divergences():
    network = Network.build(
        [
            Reach("a", "1", "3", 900.0, discharge_m3s=1.0, velocity_m_s=0.5, dispersion_m2s=40.0),
            Reach("b", "2", "3", 500.0, discharge_m3s=2.0, velocity_m_s=0.3, dispersion_m2s=5.0),
            Reach(
                "l", "3", "4", 800.0, discharge_m3s=1.2, velocity_m_s=0.4, dispersion_m2s=20.0, flow_share=0.4
            ),
            Reach(
                "r", "3", "4", 600.0, discharge_m3s=1.8, velocity_m_s=0.6, dispersion_m2s=9.0, flow_share=0.6
            ),
            Reach("o", "4", "5", 2_000.0, discharge_m3s=3.0, velocity_m_s=0.5, dispersion_m2s=50.0),
        ]
    )
    grid = LaplaceGrid.over(200_000.0, 20.0, 18.0)
    sources = [Location("a", 0.0), Location("b", 250.0), Location("l", 100.0), Location("o", 5.0)]
    found = responses(
        network, Location("o", 2_000.0), sources, grid, storage=Storage(0.2, 1e-3), back_dispersion=True
    )
    assert grid.invert(found * grid.cell_average).sum(axis=1) * grid.dt_s == pytest.approx(1, abs=1e-7)


def test_kernels_by_octave_know_it_too():
    network = y_shape()
    station, source = Location("river", 1_000.0), [Location("arm", 0.0)]
    (found,) = kernels(network, station, source, back_dispersion=True)
    grid = found.grid
    joined = grid.invert(responses(network, station, source, grid, back_dispersion=True) * grid.cell_average)
    plain = grid.invert(responses(network, station, source, grid) * grid.cell_average)
    assert found.mass_rate_per_s == pytest.approx(joined, abs=1e-9 * joined.max())
    assert np.abs(plain - joined).max() > 1e-3 * joined.max()


def chain(unlike=3.0):
    return Network.build(
        [
            Reach("up", "0", "1", 1_500.0, discharge_m3s=5.0, velocity_m_s=0.5, dispersion_m2s=25.0),
            Reach(
                "low", "1", "2", 3_000.0, discharge_m3s=5.0, velocity_m_s=0.5 / unlike, dispersion_m2s=25.0
            ),
        ]
    )


@pytest.mark.parametrize("place", [Location("up", 0.0), Location("up", 700.0)])
def test_unlike_reaches_and_releases_inside_them_agree_with_the_solver_much_better(place):
    network, station, duration = chain(), Location("low", 700.0), 600.0
    solved = simulate(
        network, [Release(place, 0.0, duration, 1.0)], [station], duration_s=40_000.0, cell_m=12.5
    )
    grid = LaplaceGrid.over(90_000.0, 20.0)
    release = -np.expm1(-grid.s * duration) / (grid.s * duration)

    def error(back_dispersion):
        found = responses(network, station, [place], grid, back_dispersion=back_dispersion)[0]
        expected = np.interp(solved.time_s, grid.time_s, grid.invert(found * release))
        return np.abs(solved.mass_rate_g_s[0] / 1_000.0 - expected).max() / expected.max()

    assert error(True) <= 0.003
    assert error(False) >= 5 * error(True)
