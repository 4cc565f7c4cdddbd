import numpy as np
import pytest
from riverkit.network import Location
from riverkit.transport import (
    Hydraulics,
    LaplaceGrid,
    Storage,
    arrivals,
    arrivals_together,
    moments,
    moments_together,
)

from tests.riverkit.tracing.forked_river import river

STATIONS = [Location("stem", 2_000.0), Location("stem", 9_000.0)]
SOURCES = [Location("west", 0.0), Location("east", 5_500.0), Location("stem", 4_000.0)]
GRID = LaplaceGrid.over(200_000.0, 300.0, 18.0)


def test_several_hydraulics_in_one_pass_give_what_each_gives_by_itself():
    network = river()
    settings = [(1.0, 1.0, None), (0.7, 3.0, Storage(0.2, 2e-4)), (1.4, 0.3, Storage(0.05, 1e-3))]
    together = dict(
        arrivals_together(
            network,
            STATIONS,
            SOURCES,
            GRID,
            [Hydraulics(network, *each) for each in settings],
            decay_per_s=1e-5,
        )
    )
    assert sorted(together) == [0, 1, 2]
    for number, (velocity, dispersion, storage) in enumerate(settings):
        alone = arrivals(
            network,
            STATIONS,
            SOURCES,
            GRID,
            decay_per_s=1e-5,
            velocity_factor=velocity,
            dispersion_factor=dispersion,
            storage=storage,
        )
        for source, expected in alone:
            assert together[source][number] == pytest.approx(expected, abs=1e-15)


def test_moments_at_several_stations_in_one_pass_are_those_at_each():
    together = moments_together(river(), STATIONS, SOURCES)
    for row, station in enumerate(STATIONS):
        for found, expected in zip(together, moments(river(), station, SOURCES), strict=True):
            np.testing.assert_allclose(found[row], expected)
