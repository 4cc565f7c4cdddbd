"""`riverkit locate` as a user calls it."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner
from riverkit.cli import main


@pytest.fixture
def tables(tmp_path):
    """Two stations five kilometres apart on a river of 0.4 m/s, with a cloud that comes by."""
    stations, readings = tmp_path / "stations.csv", tmp_path / "readings.csv"
    with stations.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["station", "distance_km", "discharge_m3s"], ["upper", "0", "8"], ["lower", "5", "8"]]
        )
    with readings.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["station", "time", "value_mg_l"])
        for name, centre, sigma in (("upper", 20_000.0, 2_400.0), ("lower", 32_500.0, 3_300.0)):
            for time in np.arange(0.0, 60_000.0, 300.0):
                writer.writerow([name, time, 0.05 * np.exp(-0.5 * ((time - centre) / sigma) ** 2)])
    return stations, readings


def run(*arguments):
    return CliRunner().invoke(main, ["locate", *map(str, arguments)])


def test_place_start_and_mass_are_printed_drawn_and_written(tables, tmp_path):
    stations, readings = tables
    chart, answer = tmp_path / "chart.png", tmp_path / "answer.json"
    result = run("--stations", stations, "--readings", readings, "--plot", chart, "--json", answer)
    assert result.exit_code == 0, result.output
    assert "km above the first station" in result.output
    assert "Suspected" in result.output
    assert chart.read_bytes().startswith(b"\x89PNG")
    found = json.loads(answer.read_text(encoding="utf-8"))
    assert found["distance_m"]["low"] < found["distance_m"]["median"] < found["distance_m"]["high"]
    assert sum(found["distance_density"]) == pytest.approx(1.0)


@pytest.mark.parametrize("error", [0.0, 0.03, 0.1])
def test_the_scatter_of_an_analyser_and_a_wrong_reading_are_no_cloud(tables, tmp_path, error):
    stations, readings = tables
    clean, noisy = tmp_path / "clean.json", tmp_path / "noisy.json"
    assert run("--stations", stations, "--readings", readings, "--json", clean).exit_code == 0
    rows = list(csv.reader(readings.read_text().splitlines()))
    rng = np.random.default_rng(6)
    for row in rows[1:]:
        # A background of 0.01, read with an error that is a share of what is there.
        row[2] = (0.01 + float(row[2])) * (1.0 + error * rng.normal())
    rows[190][2] = 0.4
    with readings.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    done = run("--stations", stations, "--readings", readings, "--json", noisy)
    assert done.exit_code == 0, done.output
    before, after = (json.loads(each.read_text(encoding="utf-8")) for each in (clean, noisy))
    for name in ("distance_m", "released_kg"):
        assert after[name]["median"] == pytest.approx(before[name]["median"], rel=0.25)


def test_scatter_alone_is_refused(tables):
    stations, readings = tables
    rows = list(csv.reader(readings.read_text().splitlines()))
    rng = np.random.default_rng(7)
    for row in rows[1:]:
        row[2] = 0.3 + 0.01 * rng.normal()
    with readings.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    done = run("--stations", stations, "--readings", readings)
    assert done.exit_code == 2
    assert "no cloud rises out of the scatter" in done.output


def test_a_station_without_discharge_is_named_with_row_and_column(tables):
    stations, readings = tables
    stations.write_text("station,distance_km,discharge_m3s\nupper,0,8\nlower,5,\n")
    result = run("--stations", stations, "--readings", readings)
    assert result.exit_code == 2
    assert "stations.csv, row 3, column 'discharge_m3s'" in result.output


def test_a_tracer_test_is_compared_with_its_hidden_truth(data_dir):
    result = run("--tracer-tests", data_dir / "tracing", "--event", "CHA_5-4-71")
    assert result.exit_code == 0, result.output
    assert "without the river CHA" in result.output
    assert "30.1" in result.output


def test_an_unknown_tracer_test_is_answered_with_those_there_are(data_dir):
    result = run("--tracer-tests", data_dir / "tracing", "--event", "NILE_1-1-01")
    assert result.exit_code == 2
    assert "CHA_5-4-71" in result.output


def test_one_of_several_parameters_is_located_and_never_a_mixture(tables, tmp_path):
    stations, readings = tables
    alone = tmp_path / "alone.json"
    assert run("--stations", stations, "--readings", readings, "--json", alone).exit_code == 0
    lines = readings.read_text().splitlines()
    mixed = [lines[0] + ",parameter", *(f"{line},dye" for line in lines[1:])]
    mixed += [f"{name},{time},30,COD" for name in ("upper", "lower") for time in (0, 9_000, 18_000)]
    readings.write_text("\n".join(mixed))
    refused = run("--stations", stations, "--readings", readings)
    assert refused.exit_code == 2
    assert "readings.csv: readings of dye, COD. Choose one of them with --parameter." in refused.output
    chosen = tmp_path / "chosen.json"
    done = run("--stations", stations, "--readings", readings, "--parameter", "dye", "--json", chosen)
    assert done.exit_code == 0, done.output
    assert chosen.read_text() == alone.read_text()
    stations.write_text(stations.read_text() + "lower,5,8\n")
    twice = run("--stations", stations, "--readings", readings, "--parameter", "dye")
    assert "'lower' stands further up already" in twice.output


def test_readings_below_the_detection_limit_count_as_half_of_it(tables, tmp_path):
    stations, readings = tables
    rows = [line.split(",") for line in readings.read_text().splitlines()]
    for row in rows[1:]:
        row[2] = "<0.0002" if float(row[2]) < 0.0002 else row[2]
    readings.write_text("\n".join(map(",".join, rows)))
    result = run("--stations", stations, "--readings", readings)
    assert result.exit_code == 0, result.output
