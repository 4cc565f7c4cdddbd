"""`riverkit loads` on files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from riverkit.cli import main
from riverkit.network import Reach, write_vector
from shapely import LineString


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["loads", *map(str, arguments)], env={"COLUMNS": "160"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    west, east, join, outlet = (106.45, 29.60), (106.50, 29.66), (106.50, 29.60), (106.50, 29.52)
    values = {"discharge_m3s": 2.0, "velocity_m_s": 0.5, "dispersion_m2s": 10.0}
    write_vector(
        tmp_path / "river.gpkg",
        [
            Reach("west", "w", "x", 5_000.0, line=LineString([west, join]), **values),  # type: ignore[arg-type]
            Reach("east", "e", "x", 7_000.0, line=LineString([east, join]), **values),  # type: ignore[arg-type]
            Reach("stem", "x", "o", 9_000.0, line=LineString([join, outlet]), **values),  # type: ignore[arg-type]
        ],
    )
    (tmp_path / "stations.csv").write_text(
        "station,reach,chainage_m,discharge_m3s\n桥,west,4000,1.0\nweir,stem,8000,4.0\n", encoding="utf-8"
    )
    (tmp_path / "readings.csv").write_text(
        "station,time,value_mg_l,flag\n"
        "桥,2025-07-01,1.0,\n桥,2025-07-02,1.2,N\n桥,2025-07-03,99,D\nweir,2025-07-01,2.0,\nweir,2025-07-02,1.9,\n",
        encoding="utf-8",
    )
    return tmp_path


def test_a_table_tells_what_every_part_adds(folder: Path) -> None:
    target = folder / "loads.json"
    result = run(
        folder / "river.gpkg",
        *("--stations", folder / "stations.csv"),
        *("--readings", folder / "readings.csv"),
        *("--decay-per-day", 0.2),
        *("--json", target),
    )
    assert result.exit_code == 0, result.output
    for part in ("above 桥", "桥 → weir", "below all stations", "unknown", "nothing is known"):
        assert part in result.output
    found = json.loads(target.read_text(encoding="utf-8"))
    loads = {zone["name"]: zone["load_kg_d"] for zone in found["zones"]}
    # 1.1 mg/L in 1 m³/s, 1.95 mg/L in 4 m³/s; the flagged reading does not count.
    assert 95.0 < loads["above 桥"]["median"] < 110.0
    assert loads["桥 → weir"]["low"] < 674.0 - 95.0 < loads["桥 → weir"]["high"]
    assert loads["below all stations"] is None


def test_what_was_mended_and_estimated_is_said(folder: Path) -> None:
    values = {"velocity_m_s": 0.5, "dispersion_m2s": 10.0, "drainage_km2": 40.0}
    line = LineString([(106.45, 29.60), (106.50, 29.60)])
    write_vector(
        folder / "river.gpkg",
        [
            Reach("west", "w", "x", 5_000.0, line=line, **values),  # type: ignore[arg-type]
            Reach("stem", "x", "o", 9_000.0, line=LineString([(106.50, 29.60), (106.50, 29.52)]), **values),  # type: ignore[arg-type]
        ],
    )
    tables = ("--stations", folder / "stations.csv", "--readings", folder / "readings.csv")
    result = run(folder / "river.gpkg", *tables, "--specific-discharge", 0.02)
    assert result.exit_code == 0, result.output
    assert "Hydraulics of 2 of 2 reaches are estimated by formula." in result.output


def test_a_station_that_is_not_in_the_table_is_named(folder: Path) -> None:
    (folder / "readings.csv").write_text("station,time,value_mg_l\nmill,0,1.0\n")
    result = run(
        folder / "river.gpkg", "--stations", folder / "stations.csv", "--readings", folder / "readings.csv"
    )
    assert result.exit_code == 2
    assert "'mill' is not in stations.csv" in result.output
