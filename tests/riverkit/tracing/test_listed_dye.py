"""`riverkit trace` on real tracer tests, with the place of the injection among the outfalls on a list."""

import csv
import json

import pytest
from click.testing import CliRunner
from riverkit.network import write_vector
from riverkit.tracing._command import trace
from riverkit.tracing.dye_test import prepare_search, read_dye_test


@pytest.mark.parametrize("event", ["CHA_5-4-71", "BAR_6-25-71"])
def test_where_dye_was_really_released_is_never_ruled_out_and_no_other_outfall_is_certain(
    data_dir, tmp_path, event
):
    test = read_dye_test(data_dir / "tracing", event)
    far_km = -test.truth.km
    prepared = prepare_search(test, upstream_km=2.5 * far_km)
    write_vector(tmp_path / "river.gpkg", prepared.network.reaches)
    reach = prepared.network.reaches[0]
    times = {"true": 1.0, **{f"x{share:g}": share for share in (0.2, 0.4, 0.7, 1.3, 1.7, 2.2)}}
    places = [[key, reach.id, reach.length_m - 1_000.0 * share * far_km] for key, share in times.items()]
    tables = {
        "candidates": [["key", "reach", "chainage_m"], *places],
        "stations": [["station", "reach", "chainage_m", "background_mg_l"]],
        "readings": [["station", "time", "value_mg_l"]],
    }
    for series in prepared.stations:
        tables["stations"].append([series.name, series.location.reach_id, series.location.chainage_m, 0])
        tables["readings"] += [[series.name, *each] for each in zip(series.time_s, series.value, strict=True)]
    for name, rows in tables.items():
        with open(tmp_path / f"{name}.csv", "w", newline="") as file:
            csv.writer(file).writerows(rows)
    given = [tmp_path / "river.gpkg", "--json", tmp_path / "found.json"]
    for name in tables:
        given += [f"--{name}", tmp_path / f"{name}.csv"]
    peak = max(float(series.value.max()) for series in prepared.stations)
    given += [
        "--noise-mg-l",
        0.01 * peak,
        "--step-min",
        15,
        "--back-h",
        24,
        "--durations",
        "0.25,1",
        "--settings",
        256,
    ]
    done = CliRunner().invoke(trace, [str(each) for each in given])
    assert done.exit_code == 0, done.output
    found = {each["key"]: each for each in json.loads((tmp_path / "found.json").read_text())["candidates"]}
    probability = {key: found[key]["probability"] for key in times}
    assert probability.pop("true") > 0.01
    assert max(probability.values()) < 0.75
