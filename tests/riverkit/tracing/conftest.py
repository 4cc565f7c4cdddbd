"""A small river on files, with readings of a release carried by the independent solver."""

import csv

import numpy as np
import pytest
from riverkit.network import Location, Network, Reach, write_vector
from riverkit.simulation import Release, simulate
from shapely import LineString


def reach(name, up, down, length, line):
    return Reach(
        name,
        up,
        down,
        length,
        line=LineString(line),
        discharge_m3s=2.0,
        velocity_m_s=0.5,
        dispersion_m2s=10.0,
    )


REACHES = [
    reach("west", "w", "x", 5_000.0, [(106.45, 29.60), (106.50, 29.60)]),
    reach("east", "e", "x", 7_000.0, [(106.50, 29.66), (106.50, 29.60)]),
    reach("stem", "x", "o", 9_000.0, [(106.50, 29.60), (106.50, 29.52)]),
]


EAST_WORKS = Release(Location("east", 1_000.0), 30_000.0, 3_600.0, 20.0)
WEST_MILL = Release(Location("west", 3_000.0), 57_600.0, 3_600.0, 30.0)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A river as a GeoPackage, and readings of a release from the east works."""
    return write_case(tmp_path_factory.mktemp("case"), [EAST_WORKS])


@pytest.fixture(scope="module")
def case_of_two(tmp_path_factory):
    """The same with a release from the west mill as well."""
    return write_case(tmp_path_factory.mktemp("case_of_two"), [EAST_WORKS, WEST_MILL])


def write_case(tmp_path, releases):
    network = Network.build(REACHES)
    write_vector(tmp_path / "river.gpkg", REACHES)
    places = {"bridge": Location("stem", 2_000.0), "weir": Location("stem", 8_000.0)}
    result = simulate(network, releases, list(places.values()), duration_s=90_000.0, cell_m=100.0)
    rng = np.random.default_rng(4)
    with open(tmp_path / "readings.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["station", "time", "value_mg_l"])
        for name, series in zip(places, result.concentration, strict=True):
            for time in range(0, 90_000, 1_800):
                value = 0.5 + np.interp(time, result.time_s, series) + rng.normal(0, 0.03)
                writer.writerow([name, time, f"{value:.4f}"])
    rows = [f"{name},{place.reach_id},{place.chainage_m},2.0" for name, place in places.items()]
    (tmp_path / "stations.csv").write_text("\n".join(["station,reach,chainage_m,discharge_m3s", *rows]))
    (tmp_path / "candidates.csv").write_text(
        "key,reach,chainage_m,kind\nwest mill,west,3000,\neast works,east,1000,\nunder the "
        "bridge,stem,1500,\nelsewhere west,west,0,unlisted\nnothing,,,nothing\n"
    )
    return tmp_path
