"""`riverkit place` on files."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from riverkit.cli import main
from riverkit.network import Reach, write_vector
from riverkit.placement import place_for_impact
from shapely import LineString

RELEASE = ("--mass-kg", 20, "--threshold-mg-l", 0.05)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["place", *map(str, arguments)], env={"COLUMNS": "160"})


def stations_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["station"] for row in csv.DictReader(file)]


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
    (tmp_path / "existing.csv").write_text("station,reach,chainage_m\n桥,west,4900\n", encoding="utf-8")
    return tmp_path


def test_the_first_station_goes_where_all_water_passes_and_the_next_one_up_a_river(folder: Path) -> None:
    target = folder / "places.csv"
    done = run(folder / "river.gpkg", "--count", 2, "--goal", "soonest", *RELEASE, "--out", target)
    assert done.exit_code == 0, done.output
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["station", "reach", "chainage_m", "lon", "lat"]
    assert "stem" in {row["reach"] for row in rows}
    assert all(29.5 < float(row["lat"]) < 29.7 for row in rows)
    assert "Mean hours to detection" in done.output
    assert "of what can be saved" in done.output


def test_a_river_that_is_watched_already_gets_no_further_station(folder: Path) -> None:
    (folder / "places.csv").write_text(
        "station,lon,lat\nwest mouth,106.495,29.60\neast mouth,106.50,29.605\n"
    )
    existing = ("--existing", folder / "existing.csv", "--places", folder / "places.csv")
    target = folder / "out.geojson"
    done = run(folder / "river.gpkg", "--count", 1, *existing, *RELEASE, "--out", target)
    assert done.exit_code == 0, done.output
    found = json.loads(target.read_text(encoding="utf-8"))
    assert [each["properties"]["station"] for each in found["features"]] == ["east mouth"]
    lon, lat = found["features"][0]["geometry"]["coordinates"]
    assert (lon, lat) == pytest.approx((106.50, 29.605), abs=1e-4)
    assert "Sources that look like the true one" in done.output
    assert "proven" in done.output


def test_sources_with_priors_draw_the_stations_to_them(folder: Path) -> None:
    (folder / "sources.csv").write_text(
        "key,reach,chainage_m,kind,prior\nmill,east,500,,1\nother,west,500,,0.0001\nnothing,,,nothing,1\n"
    )
    target = folder / "out.csv"
    done = run(folder / "river.gpkg", "--count", 1, "--goal", "soonest", "--sources", folder / "sources.csv",
               "--places-every-km", 1, *RELEASE, "--out", target)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert stations_of(target)[0].startswith("east @")


def test_a_given_impact_matrix_is_placed_as_by_the_library(folder: Path) -> None:
    rng = np.random.default_rng(2)
    impact = rng.random((30, 8))
    rows = [f"s{n},{n % 3 + 1},{','.join(f'{v:.6f}' for v in row)}" for n, row in enumerate(impact)]
    # The first place notices nothing of the first scenario.
    rows[0] = "s0,1,," + rows[0].split(",", 3)[3]
    (folder / "impact.csv").write_text("\n".join(["scenario,weight," + ",".join("abcdefgh"), *rows]))
    (folder / "there.csv").write_text("station\nc\n")
    target = folder / "chosen.csv"
    done = run("--impact", folder / "impact.csv", "--undetected", 2, "--count", 2, "--existing",
               folder / "there.csv", "--out", target)  # fmt: skip
    assert done.exit_code == 0, done.output
    impact = np.round(impact, 6)
    impact[0, 0] = np.nan
    expected = place_for_impact(impact, 2.0, 2, existing=[2], weight=np.arange(30) % 3 + 1.0)
    assert stations_of(target) == ["abcdefgh"[number] for number in expected.places]
    assert f"Mean impact: {expected.mean_impact:.4g}" in done.output


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ("scenario,a\ns,1\n", (), "row 2, column 'undetected': neither given here nor by --undetected"),
        ("scenario,weight\ns,1\n", ("--undetected", 3), "Give one for each"),
        ("scenario,a\ns,x\n", ("--undetected", 3), "row 2, column 'a'"),
        ("name,a\ns,1\n", ("--undetected", 3), "no column 'scenario'"),
        (
            "scenario,a\ns,1\n",
            ("--undetected", 3, "--count", 2),
            "2 stations cannot be placed at 1 free places",
        ),
    ],
)
def test_a_matrix_that_cannot_be_used_is_refused_with_place_and_cure(
    folder: Path, table: str, options: tuple[object, ...], words: str
) -> None:
    (folder / "impact.csv").write_text(table)
    done = run("--impact", folder / "impact.csv", "--count", 1, *options)
    assert done.exit_code == 2
    assert words in done.output


def test_what_is_missing_or_unknown_is_said(folder: Path) -> None:
    assert "NETWORK or --impact, one of them" in run("--count", 1).output
    assert "--threshold-mg-l that a station notices" in run(folder / "river.gpkg", "--count", 1).output
    (folder / "impact.csv").write_text("scenario,a\ns,1\n")
    done = run(
        "--impact",
        folder / "impact.csv",
        "--undetected",
        3,
        "--count",
        1,
        "--existing",
        folder / "existing.csv",
    )
    assert "Existing station '桥' is no column of impact.csv. It has a." in done.output


def test_a_sewer_network_is_read_too_and_says_what_it_cannot_draw(folder: Path) -> None:
    (folder / "sewer.inp").write_text(
        "[OPTIONS]\nFLOW_UNITS CMS\n[JUNCTIONS]\nJ1 12 3 0 0 0\nJ2 11 3 0 0 0\n[OUTFALLS]\nO1 10 FREE NO\n"
        "[CONDUITS]\nC1 J1 J2 400 0.013 0 0 0 0\nC2 J2 O1 400 0.013 0 0 0 0\n"
        "[XSECTIONS]\nC1 CIRCULAR 1.0 0 0 0 1\nC2 CIRCULAR 1.0 0 0 0 1\n",
        encoding="utf-8",
    )
    options = ("--filling", 0.5, "--count", 1, "--places-every-km", 0.2, *RELEASE)
    done = run(folder / "sewer.inp", *options, "--out", folder / "out.csv")
    assert done.exit_code == 0, done.output
    assert stations_of(folder / "out.csv")[0].split(" @ ")[0] in {"C1", "C2"}
    drawn = run(folder / "sewer.inp", *options, "--out", folder / "out.geojson")
    assert drawn.exit_code == 2
    assert "has no line" in drawn.output


def test_stations_for_a_real_network_see_most_of_it(data_dir: Path, tmp_path: Path) -> None:
    file = data_dir / "networks" / "nhdplus" / "new_hope.gpkg"
    if not file.is_file():
        pytest.skip(f"no {file.name} among the real data")
    (tmp_path / "places.csv").write_text(
        "station,lon,lat\nouter,-78.92757,35.86187\nupper,-78.97520,35.85720\nbrook,-79.08205,35.90214\n"
    )
    done = run(file, "--mapping", "nhdplus", "--specific-discharge", 0.01, "--count", 2, "--goal", "soonest",
               "--places", tmp_path / "places.csv", "--places-every-km", 5, "--mass-kg", 50, "--threshold-mg-l", 0.3,
               "--out", tmp_path / "out.csv")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "outer" in stations_of(tmp_path / "out.csv")
