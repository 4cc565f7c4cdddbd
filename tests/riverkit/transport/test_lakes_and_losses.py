"""Lakes, abstraction, memories of many kinds: each reach its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import NetworkError, TransportError
from riverkit.network import Location, Network, Reach
from riverkit.simulation import Release, simulate
from riverkit.transport import (
    LaplaceGrid,
    PowerLawStorage,
    Storage,
    lake_cumulants,
    lake_transfer,
    moments,
    reach_cumulants,
    reach_transfer,
    responses,
)

GRID = LaplaceGrid.over(400_000.0, 100.0, 18.0)


def river_with_lake(kept_share=None, **lake):
    values = {"discharge_m3s": 2.0, "volume_m3": 20_000.0} | lake
    return Network.build(
        [
            Reach("in", "0", "1", 2_000.0, discharge_m3s=2.0, velocity_m_s=0.5, dispersion_m2s=10.0),
            Reach("lake", "1", "2", 800.0, **values),
            Reach(
                "out",
                "2",
                "3",
                3_000.0,
                discharge_m3s=2.0 * (kept_share or 1.0),
                velocity_m_s=0.4,
                dispersion_m2s=12.0,
                kept_share=kept_share,
            ),
        ]
    )


def test_a_lake_on_the_way_mixes_as_the_solver_says():
    network = river_with_lake()
    head, station = Location("in", 0.0), Location("out", 1_500.0)
    decay = 1e-5
    solved = simulate(
        network,
        [Release(head, 0.0, 1_800.0, 1.0)],
        [station, Location("lake", 100.0)],
        duration_s=80_000.0,
        cell_m=20.0,
        decay_per_s=decay,
    )
    grid = LaplaceGrid.over(200_000.0, 50.0)
    release = -np.expm1(-grid.s * 1_800.0) / (grid.s * 1_800.0)
    for row, place in enumerate([station, Location("lake", 0.0)]):
        found = grid.invert(responses(network, place, [head], grid, decay_per_s=decay)[0] * release)
        expected = np.interp(solved.time_s, grid.time_s, found)
        if row == 0:
            assert np.abs(solved.mass_rate_g_s[0] / 1_000 - expected).max() <= 0.005 * expected.max()
        else:
            in_lake = solved.concentration[1] * 2.0 / 1_000
            assert np.abs(in_lake - expected).max() <= 0.005 * expected.max()


def test_all_places_in_a_lake_are_one():
    network = river_with_lake()
    places = [Location("lake", x) for x in (0.0, 300.0, 800.0)]
    found = responses(network, Location("lake", 10.0), places, GRID)
    assert np.ptp(found, axis=0) == pytest.approx(0.0)
    assert found[0] == pytest.approx(lake_transfer(GRID.s, 10_000.0), rel=1e-12)


def test_a_lake_without_discharge_on_the_way_is_named():
    network = river_with_lake(discharge_m3s=None)
    with pytest.raises(TransportError, match="Lakes lake lie between"):
        responses(network, Location("out", 0.0), [Location("in", 0.0)], GRID)
    with pytest.raises(NetworkError, match="volume_m3 is -1"):
        river_with_lake(volume_m3=-1.0)


def test_water_taken_out_takes_its_share_of_the_mass_along():
    head, station = Location("in", 0.0), Location("out", 1_000.0)
    found = responses(river_with_lake(0.7), station, [head, Location("out", 0.0)], GRID)
    whole = responses(river_with_lake(), station, [head, Location("out", 0.0)], GRID)
    assert found[0] == pytest.approx(0.7 * whole[0])
    # What is let in below the intake is not taken.
    assert found[1] == pytest.approx(whole[1])
    assert moments(river_with_lake(0.7), station, [head]).share[0] == pytest.approx(0.7)
    solved = simulate(
        river_with_lake(0.7), [Release(head, 0.0, 600.0, 10.0)], [station], duration_s=200_000.0, cell_m=50.0
    )
    passed = solved.mass_rate_g_s[0].sum() * (solved.time_s[1] - solved.time_s[0])
    assert passed == pytest.approx(7_000.0, rel=1e-3)
    assert solved.mass_balance.error < 1e-9


def test_each_reach_may_have_a_memory_of_its_own():
    network = river_with_lake()
    each = [Storage(0.3, 1e-4), None, PowerLawStorage(0.2, 20_000.0, 0.5)]
    assert [reach.id for reach in network.reaches] == ["in", "lake", "out"]
    found = responses(network, Location("out", 3_000.0), [Location("in", 0.0)], GRID, storage=each)[0]
    expected = reach_transfer(GRID.s, 2_000.0, 0.5, 10.0, storage=each[0]) * lake_transfer(GRID.s, 10_000.0)
    expected *= reach_transfer(GRID.s, 3_000.0, 0.4, 12.0, storage=each[2])
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)
    travel = moments(network, Location("out", 3_000.0), [Location("in", 0.0)], storage=each)
    parts = [
        reach_cumulants(2_000.0, 0.5, 10.0, each[0]),
        lake_cumulants(10_000.0),
        reach_cumulants(3_000.0, 0.4, 12.0, each[2]),
    ]
    assert travel.mean_s[0] == pytest.approx(sum(part.mean_s for part in parts))
    assert travel.sigma_s[0] ** 2 == pytest.approx(sum(part.variance_s2 for part in parts))
    with pytest.raises(TransportError, match="2 entries for 3 reaches"):
        responses(network, Location("out", 0.0), [Location("in", 0.0)], GRID, storage=each[:2])


def test_the_solver_too_takes_storage_reach_by_reach():
    reaches = [
        Reach("a", "0", "1", 1_500.0, discharge_m3s=1.0, velocity_m_s=0.4, dispersion_m2s=8.0),
        Reach("b", "1", "2", 1_500.0, discharge_m3s=1.0, velocity_m_s=0.4, dispersion_m2s=8.0),
    ]
    network = Network.build(reaches)
    head, station = Location("a", 0.0), Location("b", 1_400.0)
    grid = LaplaceGrid.over(120_000.0, 40.0, 18.0)
    release = -np.expm1(-grid.s * 900.0) / (grid.s * 900.0)
    for storage in ([(0.4, 2e-4), None], [None, (0.2, 5e-4)]):
        solved = simulate(
            network,
            [Release(head, 0.0, 900.0, 1.0)],
            [station],
            duration_s=40_000.0,
            cell_m=10.0,
            storage=storage,
        )
        memories = [None if zone is None else Storage(*zone) for zone in storage]
        found = grid.invert(responses(network, station, [head], grid, storage=memories)[0] * release)
        expected = np.interp(solved.time_s, grid.time_s, found)
        assert np.abs(solved.mass_rate_g_s[0] / 1_000 - expected).max() <= 0.005 * expected.max()


@settings(max_examples=40, derandomize=True)
@given(
    length=st.floats(100, 50_000),
    velocity=st.floats(0.1, 2),
    dispersion=st.floats(0, 100),
    memory=st.one_of(
        st.none(),
        st.builds(Storage, st.floats(0.01, 3), st.floats(1e-5, 1e-2)),
        st.builds(PowerLawStorage, st.floats(0.01, 3), st.floats(10, 1e5), st.floats(0.1, 1)),
    ),
    residence=st.one_of(st.none(), st.floats(1, 1e6)),
)
def test_cumulants_are_the_derivatives_of_the_transform(length, velocity, dispersion, memory, residence):
    if residence is None:
        cumulants = reach_cumulants(length, velocity, dispersion, memory)

        def transfer(s):
            return reach_transfer(s, length, velocity, dispersion, storage=memory)
    else:
        cumulants = lake_cumulants(residence)

        def transfer(s):
            return lake_transfer(s, residence)

    # Taylor coefficients of ln H by Cauchy's integral on a circle well inside the nearest singularity.
    slowest = (
        max(cumulants.third_s3 / cumulants.variance_s2, cumulants.mean_s) if cumulants.variance_s2 else 1e4
    )
    radius, n = 0.02 / slowest, 32
    circle = radius * np.exp(2j * np.pi * np.arange(n) / n)
    taylor = np.fft.fft(np.log(transfer(circle))) / n / radius ** np.arange(n)
    derived = (-taylor[1], 2 * taylor[2], -6 * taylor[3])
    for found, exact in zip(derived, cumulants, strict=True):
        order = derived.index(found) + 1
        assert abs(found - exact) <= 1e-6 * exact + 1e-8 * cumulants.mean_s * slowest ** (order - 1)


def test_a_power_law_of_exponent_one_is_first_order_storage():
    s = np.array([1e-5 + 1e-4j, 1e-3 + 0j])
    first_order = reach_transfer(s, 5_000.0, 0.5, 10.0, storage=Storage(0.3, 1e-4))
    assert reach_transfer(s, 5_000.0, 0.5, 10.0, storage=PowerLawStorage(0.3, 3_000.0, 1.0)) == pytest.approx(
        first_order, rel=1e-12
    )
    with pytest.raises(TransportError, match="exponent at most 1"):
        reach_transfer(s, 5_000.0, 0.5, 10.0, storage=PowerLawStorage(0.3, 3_000.0, 1.5))


def test_a_power_law_memory_leaves_the_longer_tail():
    mean_stay = 5_000.0
    short = Storage(0.3, 0.3 / mean_stay)
    long = PowerLawStorage(0.3, 2 * mean_stay, 0.5)
    assert short.retention[:2] == pytest.approx(long.retention[:2])
    grid = LaplaceGrid.over(300_000.0, 60.0, 18.0)
    kernels = [
        grid.invert(reach_transfer(grid.s, 5_000.0, 0.5, 10.0, storage=each)) for each in (short, long)
    ]
    late = grid.time_s > 70_000.0
    assert kernels[1][late].sum() > 2 * kernels[0][late].sum()
    assert all(kernel.min() > -1e-6 * kernel.max() for kernel in kernels)
