"""A file that belongs to another basin than the one that was chosen is noticed before it is written."""

import json
from pathlib import Path

import pytest
from riverchief.base.actions import SYSTEM
from riverchief.registry.importing import run_import
from riverchief.registry.models import Basin, Reach


def network(folder: Path, name: str, lon: float, *, start: str, count: int = 2) -> Path:
    """Reaches one below the other, eastwards from a longitude."""
    nodes = [start, *(f"{name}{number}" for number in range(count))]
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"{name}-r{number}", "up": nodes[number], "down": nodes[number + 1]},
            "geometry": {
                "type": "LineString",
                "coordinates": [[lon + 0.01 * number, 30.0], [lon + 0.01 * (number + 1), 30.0]],
            },
        }
        for number in range(count)
    ]
    path = folder / f"{name}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


@pytest.fixture
def load(db, tmp_path: Path):
    def load(name: str, lon: float, *, start: str = "", dry_run: bool = True):
        path = network(tmp_path, name, lon, start=start or f"{name}-head")
        return run_import(path, kind="reaches", basin_code="one", actor=SYSTEM, dry_run=dry_run)

    load("a", 107.0, dry_run=False)
    return load


def test_a_network_far_away_that_is_joined_nowhere_is_told_of_and_where(load) -> None:
    (warning,) = load("b", 108.0).warnings
    assert "94 km" in warning  # from 107.02 to 108.00 at 30° north
    assert Reach.objects.count() == 2


def test_a_forgotten_tributary_nearby_is_no_reason_to_warn(load) -> None:
    assert load("b", 107.05).warnings == []


def test_what_continues_the_network_is_no_reason_to_warn_however_far_it_goes(load) -> None:
    assert load("b", 107.02, start="a1").warnings == []
    assert load("c", 108.0, start="a1").warnings == []


def test_a_new_basin_and_the_same_file_again_are_no_reason_to_warn(load) -> None:
    assert load("a", 107.0).warnings == []


def test_whoever_imports_into_a_synthetic_basin_is_told_so(load) -> None:
    Basin.objects.update(synthetic=True)
    (warning,) = load("b", 107.02, start="a1").warnings
    assert "synthetic" in warning
