"""The tracer test of Uvas Creek (Bencala & Walters 1983; OTIS application 2): storage and inflow of its own per reach."""

import numpy as np
import pytest
from riverkit.network import Location, Network, Reach, with_lateral_inflow
from riverkit.simulation import Release, simulate
from riverkit.transport import LaplaceGrid, Storage, responses

# length m, dispersion m²/s, area m², storage area m², exchange 1/s, lateral inflow m²/s
UVAS = [
    (38.0, 0.12, 0.30, 0.05, 0.0, 0.0),
    (67.0, 0.15, 0.42, 0.05, 0.0, 0.0),
    (176.0, 0.24, 0.36, 0.36, 3.0e-5, 4.545e-6),
    (152.0, 0.31, 0.41, 0.41, 1.0e-5, 1.974e-6),
    (236.0, 0.40, 0.52, 1.56, 4.5e-5, 2.151e-6),
]
FLOW, HOURS, ADDED = 0.0125, 3.0, 1.73 - 0.13


def uvas_creek(pieces=6):
    reaches, storage, flow = [], {}, FLOW
    for i, (length, dispersion, area, dead, exchange, inflow) in enumerate(UVAS):
        reach = Reach(
            f"r{i + 1}",
            str(i),
            str(i + 1),
            length,
            discharge_m3s=flow,
            velocity_m_s=flow / area,
            dispersion_m2s=dispersion,
        )
        cut = with_lateral_inflow(reach, inflow, pieces)
        storage |= {piece.id: Storage(dead / area, exchange) if exchange else None for piece in cut}
        reaches += cut
        flow += inflow * length
    network = Network.build(reaches)
    return network, [storage[reach.id] for reach in network.reaches]


@pytest.mark.parametrize("reach_id", ["r3#6", "r5#6"])
def test_the_kernels_agree_with_the_solver_to_half_a_percent_of_the_peak(reach_id):
    network, storage = uvas_creek()
    head, station = Location("r1#1", 0.0), Location(reach_id, network.reach(reach_id).length_m)
    pulse, flow = HOURS * 3_600.0, network.reach(reach_id).discharge_m3s
    grams = FLOW * ADDED * pulse
    solved = simulate(
        network,
        [Release(head, 0.0, pulse, grams / 1_000.0)],
        [station],
        duration_s=60_000.0,
        cell_m=2.0,
        storage=storage,
    )
    grid = LaplaceGrid.over(200_000.0, 30.0, 18.0)
    release = -np.expm1(-grid.s * pulse) / (grid.s * pulse)
    response = responses(network, station, [head], grid, storage=storage, back_dispersion=True)[0]
    expected = np.interp(solved.time_s, grid.time_s, grid.invert(response * release)) * grams / flow
    assert np.abs(solved.mass_rate_g_s[0] / flow - expected).max() <= 0.005 * expected.max()


def test_lateral_inflow_dilutes_but_loses_nothing():
    network, storage = uvas_creek()
    first, last = network.reach("r1#1"), network.reach("r5#6")
    # The last piece carries the discharge of its middle.
    gained = sum(length * inflow for length, *_, inflow in UVAS) - 236.0 / 12 * 2.151e-6
    assert last.discharge_m3s == pytest.approx(first.discharge_m3s + gained)
    grid = LaplaceGrid.over(1_500_000.0, 200.0, 18.0)
    station = Location("r5#6", last.length_m)
    response = responses(network, station, [Location("r1#1", 0.0)], grid, storage=storage)[0]
    assert grid.invert(response * grid.cell_average).sum() * grid.dt_s == pytest.approx(1, abs=1e-6)
