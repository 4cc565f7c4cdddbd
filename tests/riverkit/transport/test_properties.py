"""What holds on any acyclic network, whatever its shape: linearity, mass, dilution, reciprocity, order."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.network import Location, Network, Reach
from riverkit.transport import (
    LaplaceGrid,
    PowerLawStorage,
    Storage,
    arrivals,
    lake_transfer,
    moments,
    reach_transfer,
    responses,
)

GRID = LaplaceGrid.over(600_000.0, 300.0, 18.0)
MEMORIES = [None, Storage(0.2, 3e-4), PowerLawStorage(0.3, 5_000.0, 0.5)]
PROPERTY = settings(max_examples=25, derandomize=True, deadline=None)


@st.composite
def networks(draw, kept=False):
    """Nodes 0 … n in the order of the flow, each left by one reach or two; all water meets at node n."""
    n = draw(st.integers(2, 7))
    reaches, arriving = [], defaultdict(float)
    for node in range(n):
        targets = draw(st.lists(st.integers(node + 1, n), min_size=1, max_size=2))
        first = 1.0 if len(targets) == 1 else draw(st.floats(0.1, 0.9))
        flow = arriving[node] + draw(st.floats(0.5, 3.0))
        for i, target in enumerate(targets):
            share = first if i == 0 else 1.0 - first
            reach = Reach(
                f"{node}.{i}",
                str(node),
                str(target),
                draw(st.floats(1_000, 8_000)),
                discharge_m3s=share * flow,
                velocity_m_s=draw(st.floats(0.3, 0.8)),
                dispersion_m2s=draw(st.floats(5.0, 40.0)),
                flow_share=share,
                volume_m3=draw(st.sampled_from([None, None, None, 5_000.0])),
                kept_share=draw(st.floats(0.5, 1.0)) if kept else None,
            )
            reaches.append(reach)
            arriving[target] += share * flow
    network = Network.build(reaches)
    return network, [draw(st.sampled_from(MEMORIES)) for _ in network.reaches]


def heads(network):
    return [Location(reach.id, 0.0) for reach in network.reaches]


def outlets(network):
    return [Location(name, network.reach(name).length_m) for name in network.outlets()]


def grid_at(s):
    """A grid whose nodes are these."""
    grid = LaplaceGrid(2 * len(s) - 2, 1.0, 1.0)
    vars(grid)["s"] = np.asarray(s, dtype=complex)
    return grid


def mass_at_all_outlets(network, sources, **arguments):
    """Mass that leaves the network in the end, from each source: the transform at s = 0."""
    mass = np.zeros(len(sources))
    for number, rows in arrivals(network, outlets(network), sources, grid_at([1e-14, 1e-14]), **arguments):
        mass[number] = rows[:, 0].real.sum()
    return mass


@PROPERTY
@given(networks(), st.booleans())
def test_mass_is_conserved(case, back_dispersion):
    network, storage = case
    mass = mass_at_all_outlets(network, heads(network), storage=storage, back_dispersion=back_dispersion)
    assert mass == pytest.approx(1.0, abs=1e-7)


@PROPERTY
@given(networks(kept=True), st.floats(0, 1e-4))
def test_what_is_taken_out_or_decays_is_gone_and_nothing_else(case, decay):
    network, storage = case
    place = outlets(network)
    shares = sum(moments(network, station, heads(network), storage=storage).share for station in place)
    least = min(reach.kept_share for reach in network.reaches) ** len(network)
    assert (shares <= 1 + 1e-12).all()
    assert (shares >= least).all()
    conserved = mass_at_all_outlets(network, heads(network), storage=storage)
    assert conserved == pytest.approx(shares, abs=1e-7)
    left = mass_at_all_outlets(network, heads(network), storage=storage, decay_per_s=decay)
    assert (left <= conserved + 1e-12).all()
    assert decay < 1e-9 or (left < conserved).all()


@PROPERTY
@given(networks(kept=True))
def test_from_where_and_to_where_are_the_same_numbers(case):
    # Downstream, from one source to all heads: what the pass up the network never does.
    network, storage = case
    source = network.reaches[0]
    at_head = {source.id: np.ones(len(GRID.s), dtype=complex)}
    at_node = defaultdict(lambda: np.zeros(len(GRID.s), dtype=complex))
    at_end = {}
    for reach, memory in zip(network.reaches, storage, strict=True):
        arriving = at_node[reach.up] * reach.flow_share * reach.kept_share
        rate = at_head.get(reach.id, 0.0) + arriving
        if reach.volume_m3 is not None:
            passed = lake_transfer(GRID.s, reach.volume_m3 / reach.discharge_m3s)
        else:
            passed = reach_transfer(
                GRID.s, reach.length_m, reach.velocity_m_s, reach.dispersion_m2s, storage=memory
            )
        at_end[reach.id] = rate * passed
        at_node[reach.down] = at_node[reach.down] + at_end[reach.id]
    for reach in network.reaches:
        place = Location(reach.id, reach.length_m)
        found = responses(network, place, [Location(source.id, 0.0)], GRID, storage=storage)[0]
        assert found == pytest.approx(at_end[reach.id], rel=1e-9, abs=1e-14)


@PROPERTY
@given(networks(), st.floats(1.0, 20.0))
def test_more_water_dilutes_and_never_concentrates(case, more):
    network, storage = case
    station = outlets(network)[0]
    wetter = Network.build(
        replace(
            reach,
            discharge_m3s=more * reach.discharge_m3s,
            volume_m3=None if reach.volume_m3 is None else more * reach.volume_m3,
        )
        for reach in network.reaches
    )

    def peaks(of):
        flow = of.reach(station.reach_id).discharge_m3s
        kernels = responses(of, station, heads(of), GRID, storage=storage) * GRID.cell_average
        return GRID.invert(kernels).max(axis=1) / flow

    before, after = peaks(network), peaks(wetter)
    assert after == pytest.approx(before / more, rel=1e-6)
    assert (after <= before * (1 + 1e-9)).all()


@PROPERTY
@given(networks(), st.data())
def test_a_cloud_is_never_sharper_further_down_a_river(case, data):
    network, storage = case
    reach = data.draw(
        st.sampled_from(
            [r for r in network.reaches if r.volume_m3 is None]
            or [replace(network.reaches[0], volume_m3=None)]
        )
    )
    alone = Network.build([replace(reach, flow_share=1.0, up="a", down="b")])
    places = [Location(reach.id, part * reach.length_m) for part in (0.5, 0.7, 1.0)]
    # Fine enough for the sharpest cloud: on coarse steps a peak depends on how it falls between two of them.
    fine = LaplaceGrid.over(600_000.0, 20.0, 18.0)
    _, rows = next(arrivals(alone, places, [Location(reach.id, 0.0)], fine, storage=[storage[0]]))
    peaks = fine.invert(rows * fine.cell_average).max(axis=1)
    assert (np.diff(peaks) <= 1e-9 * peaks[0]).all()


@PROPERTY
@given(networks(), st.lists(st.floats(0, 1e3), min_size=14, max_size=14), st.integers(0, 300))
def test_releases_superpose_and_a_later_one_comes_as_much_later(case, masses, shift):
    network, storage = case
    station = outlets(network)[0]
    each = responses(network, station, heads(network), GRID, storage=storage) * GRID.cell_average
    weights = np.array(masses[: len(each)])
    together, apart = GRID.invert(weights @ each), weights @ GRID.invert(each)
    assert together == pytest.approx(apart, abs=1e-6 * max(np.abs(apart).max(), 1e-12))
    on_time = GRID.invert(each[0])
    late = GRID.invert(np.exp(-GRID.s * shift * GRID.dt_s) * each[0])
    # The damping's growth leaves this much of the round-off at the end of the window.
    tolerance = 1e-6 * max(np.abs(on_time).max(), 1e-12)
    assert late[shift:] == pytest.approx(on_time[: GRID.steps - shift], abs=tolerance)


@PROPERTY
@given(networks(), st.data(), st.booleans())
def test_the_order_of_reaches_changes_nothing(case, data, back_dispersion):
    network, storage = case
    of = {reach.id: memory for reach, memory in zip(network.reaches, storage, strict=True)}
    shuffled = Network.build(data.draw(st.permutations(network.reaches)))
    again = [of[reach.id] for reach in shuffled.reaches]
    station, sources = outlets(network)[0], heads(network)
    one = responses(network, station, sources, GRID, storage=storage, back_dispersion=back_dispersion)
    two = responses(shuffled, station, sources, GRID, storage=again, back_dispersion=back_dispersion)
    assert np.array_equal(one, two)


@PROPERTY
@given(networks(kept=True))
def test_moments_are_the_derivatives_of_the_transforms(case):
    network, storage = case
    station = outlets(network)[0]
    exact = moments(network, station, heads(network), storage=storage)
    n = 32
    radius = 0.03 / np.nanmax(exact.mean_s + exact.sigma_s)
    circle = radius * np.exp(2j * np.pi * np.arange(n) / n)
    found = responses(network, station, heads(network), grid_at(circle), storage=storage)
    # Cauchy's integral gives the Taylor coefficients: share, minus share · mean, half of share · second moment.
    taylor = np.fft.fft(found, axis=1).real / n
    share, first, second = taylor[:, 0], -taylor[:, 1] / radius, 2 * taylor[:, 2] / radius**2
    assert share == pytest.approx(exact.share, abs=1e-9)
    reached = exact.share > 0
    mean = first[reached] / share[reached]
    assert mean == pytest.approx(exact.mean_s[reached], rel=1e-7)
    variance = second[reached] / share[reached] - mean**2
    assert variance == pytest.approx(exact.sigma_s[reached] ** 2, rel=1e-4, abs=1e-9 / radius**2)
