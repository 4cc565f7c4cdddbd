"""Flow-time: both ways, and kernels in it against the unsteady solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import TransportError
from riverkit.network import Location, Network, Reach
from riverkit.simulation import Release, simulate
from riverkit.transport import FlowTime, LaplaceGrid, responses

HYDROGRAPH = FlowTime([0.0, 3_600.0, 7_200.0, 20_000.0], [1.0, 1.0, 2.5, 0.6])


def test_flow_time_is_the_integral_of_the_factor():
    clock = np.linspace(-5_000.0, 30_000.0, 700_001)
    factor = np.interp(clock, HYDROGRAPH.time_s, HYDROGRAPH.factor)
    integral = np.concatenate([[0.0], np.cumsum(0.5 * (factor[1:] + factor[:-1]) * np.diff(clock))])
    integral -= np.interp(0.0, clock, integral)
    assert HYDROGRAPH.flow_s(clock) == pytest.approx(integral, abs=1e-3)


@settings(max_examples=60, derandomize=True)
@given(
    steps=st.lists(st.floats(1, 1e5), min_size=0, max_size=6),
    factors=st.lists(st.floats(0.05, 20), min_size=7, max_size=7),
    clock=st.lists(st.floats(-1e5, 6e5), min_size=1, max_size=8),
)
def test_the_way_there_and_back_is_where_one_was(steps, factors, clock):
    flow_time = FlowTime(np.concatenate([[0.0], np.cumsum(steps)]), factors[: len(steps) + 1])
    flow = flow_time.flow_s(clock)
    assert flow_time.clock_s(flow) == pytest.approx(clock, rel=1e-6, abs=1e-3)
    order = np.argsort(clock)
    assert (np.diff(flow[order]) >= 0).all()


def test_a_steady_flow_only_stretches_time():
    twice = FlowTime([100.0], [2.0])
    assert twice.flow_s([100.0, 150.0, 50.0]) == pytest.approx([0.0, 100.0, -100.0])
    assert twice.mean_factor(0.0, 40.0) == pytest.approx(2.0)
    assert HYDROGRAPH.mean_factor(3_600.0, 7_200.0) == pytest.approx(1.75)


@pytest.mark.parametrize("height", [0.5, -0.5])
def test_kernels_in_flow_time_agree_with_the_unsteady_solver(height):
    network = Network.build(
        [
            Reach("a", "0", "1", 3_000.0, discharge_m3s=4.0, velocity_m_s=0.5, dispersion_m2s=12.0),
            Reach("lake", "1", "2", 300.0, discharge_m3s=4.0, volume_m3=8_000.0),
            Reach("b", "2", "3", 3_000.0, discharge_m3s=4.0, velocity_m_s=0.4, dispersion_m2s=12.0),
        ]
    )
    head, station, start = Location("a", 0.0), Location("b", 2_500.0), 3_600.0

    def factor(time_s):
        return 1.0 + height * np.exp(-(((time_s - 12_000.0) / 5_000.0) ** 2))

    solved = simulate(
        network,
        [Release(head, start, 0.0, 1.0)],
        [station],
        duration_s=60_000.0,
        cell_m=20.0,
        dt_s=15.0,
        flow_factor=factor,
    )
    knots = np.arange(0.0, 60_001.0, 60.0)
    flow_time = FlowTime(knots, factor(knots))
    grid = LaplaceGrid.over(200_000.0, 20.0)
    kernel = grid.invert(responses(network, station, [head], grid)[0])
    rate = flow_time.on_clock(grid.time_s, kernel, start, solved.time_s) * factor(solved.time_s)
    assert np.abs(solved.mass_rate_g_s[0] / 1_000.0 - rate).max() <= 0.005 * rate.max()
    steady = np.interp(solved.time_s - start, grid.time_s, kernel, left=0.0)
    assert np.abs(solved.mass_rate_g_s[0] / 1_000.0 - steady).max() > 0.1 * rate.max()


@pytest.mark.parametrize(
    ("time_s", "factor", "words"),
    [
        ([0.0, 10.0], [1.0, 0.0], "at 10 s is 0.0"),
        ([0.0, 0.0], [1.0, 1.0], "increasing"),
        ([0.0, 1.0], [1.0], "one factor for each"),
        ([], [], "one factor for each"),
    ],
)
def test_a_flow_that_stands_still_or_makes_no_sense_is_refused(time_s, factor, words):
    with pytest.raises(TransportError, match=words):
        FlowTime(time_s, factor)


def test_a_mean_over_no_time_is_refused():
    with pytest.raises(TransportError, match="later end"):
        HYDROGRAPH.mean_factor(5.0, 5.0)
