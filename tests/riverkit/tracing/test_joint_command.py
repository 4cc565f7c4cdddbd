"""`riverkit trace` on tables of several parameters, fingerprints, catchments and hours of rain."""

import csv
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner
from riverkit.cli import main
from riverkit.network import Location, Network, write_vector
from riverkit.simulation import Release, simulate
from riverkit.tracing import Posterior

from .conftest import REACHES

PLACES = {"bridge": Location("stem", 2_000.0), "weir": Location("stem", 8_000.0)}
QUICK = ("--settings", 1, "--step-min", 20, "--back-h", 2)
NOISE = ("--noise-mg-l", 0.03, "--noise-mg-l", "COD=0.3")


def run(folder, *arguments, candidates="candidates.csv", command="trace"):
    files = ("--stations", folder / "stations.csv", "--readings", folder / "readings.csv")
    given = [command, folder / "river.gpkg", *files, "--candidates", folder / candidates, *QUICK, *arguments]
    return CliRunner().invoke(main, [str(each) for each in given], env={"COLUMNS": "200"})


def found(folder, *arguments, **named):
    done = run(folder, *arguments, "--json", folder / "out.json", **named)
    assert done.exit_code == 0, done.output
    return Posterior.from_dict(json.loads((folder / "out.json").read_text())), done.output


def write_readings(folder, releases, background):
    """A reading of every parameter every half hour, as the independent solver carries its releases."""
    network = Network.build(REACHES)
    write_vector(folder / "river.gpkg", REACHES)
    chance = np.random.default_rng(4)
    with (folder / "readings.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["station", "time", "parameter", "value_mg_l"])
        for parameter, own in releases.items():
            solved = simulate(network, own, list(PLACES.values()), duration_s=90_000.0, cell_m=100.0)
            level = background[parameter]
            for station, series in zip(PLACES, solved.concentration, strict=True):
                for time in range(0, 90_000, 1_800):
                    value = level + np.interp(time, solved.time_s, series) + 0.05 * level * chance.normal()
                    writer.writerow([station, time, parameter, f"{value:.4f}"])
    rows = ["station,reach,chainage_m,parameter,background_mg_l"]
    rows += [
        f"{name},{place.reach_id},{place.chainage_m},{parameter},{level}"
        for name, place in PLACES.items()
        for parameter, level in background.items()
    ]
    (folder / "stations.csv").write_text("\n".join(rows))


@pytest.fixture(scope="module")
def sewage(tmp_path_factory):
    """Twenty kilograms of ammonia nitrogen with ten times as much COD, at a place where a works and a farm discharge."""
    folder = tmp_path_factory.mktemp("sewage")

    def release(mass_kg):
        return [Release(Location("east", 1_000.0), 30_000.0, 3_600.0, mass_kg)]

    write_readings(folder, {"NH3-N": release(20.0), "COD": release(200.0)}, {"NH3-N": 0.5, "COD": 6.0})
    (folder / "fingerprints.csv").write_text(
        "fingerprint,reference,parameter,ratio,log_sd\nsewage,NH3-N,COD,10,0.3\nslurry,NH3-N,COD,40,0.3\n"
    )
    (folder / "candidates.csv").write_text(
        "key,reach,chainage_m,kind,fingerprint\nworks,east,1000,,sewage\nfarm,east,1000,,slurry\n"
        "mill,west,3000,,\nnothing,,,nothing,\n"
    )
    (folder / "plain.csv").write_text(
        "key,reach,chainage_m\nworks,east,1000\nfarm,east,1000\nmill,west,3000\n"
    )
    return folder


@pytest.fixture(scope="module")
def rain(tmp_path_factory):
    """What ten places all along the east river released in one hour, of one parameter."""
    folder = tmp_path_factory.mktemp("rain")
    parts = [Release(Location("east", 350.0 + 700.0 * n), 30_000.0, 3_600.0, 3.0) for n in range(10)]
    write_readings(folder, {"NH3-N": parts}, {"NH3-N": 0.5})
    (folder / "candidates.csv").write_text(
        "key,kind,reach,chainage_m,reaches,start_from,start_until,start_outside\n"
        "rain on the east,diffuse,,,east,28000; 40000,33000; 42000,0.1\n"
        "rain on all,diffuse,stem,0,,,,\nworks,,east,1000,,,,\nmill,,west,3000,,,,\nnothing,nothing,,,,,,\n"
    )
    return folder


def test_the_ratio_of_two_parameters_tells_two_outfalls_at_one_place_apart(sewage):
    posterior, shown = found(sewage, *NOISE, "--fingerprints", sewage / "fingerprints.csv")
    first = posterior.candidates[0]
    assert first.key == "works"
    assert first.probability > 0.9
    ammonia, cod = first.parameters
    assert ammonia.released_kg.low < 20.0 < ammonia.released_kg.high
    assert cod.released_kg.low < 200.0 < cod.released_kg.high
    assert cod.ratio_needed.median == pytest.approx(10.0, rel=0.15)
    assert cod.ratio_expected.median == pytest.approx(10.0)
    assert "Masses by parameter" in shown
    noise = {each["name"]: each["noise"]["absolute"] for each in posterior.settings["parameters"]}
    assert noise == {"NH3-N": 0.03, "COD": 0.3}


def test_without_fingerprints_in_the_candidates_the_two_are_equally_likely(sewage):
    posterior, _ = found(sewage, *NOISE, candidates="plain.csv")
    of = {each.key: each.probability for each in posterior.candidates}
    assert of["works"] == pytest.approx(of["farm"])
    assert of["works"] > 0.45


def test_a_background_of_its_own_is_found_for_each_parameter(sewage):
    (sewage / "some.csv").write_text("key,reach,chainage_m\nworks,east,1000\n")
    posterior, _ = found(sewage, *NOISE, candidates="some.csv")
    quiet = {(each.station, each.parameter): each.mean[0] for each in posterior.candidates[0].predicted}
    for station in PLACES:
        assert quiet[station, "NH3-N"] == pytest.approx(0.5, abs=0.05)
        assert quiet[station, "COD"] == pytest.approx(6.0, abs=0.4)


def test_decay_may_be_given_for_one_parameter(sewage):
    posterior, _ = found(sewage, *NOISE, "--decay-per-day", "COD=0.2", candidates="plain.csv")
    decay = {each["name"]: each["decay_per_s"] for each in posterior.settings["parameters"]}
    assert decay == {"NH3-N": 0.0, "COD": pytest.approx(0.2 / 86_400.0)}


def test_inflow_along_a_river_in_the_hours_of_rain_is_a_candidate(rain):
    posterior, _ = found(rain)
    first = posterior.candidates[0]
    assert (first.key, first.kind) == ("rain on the east", "diffuse")
    assert 28_000.0 <= first.start_s.median <= 33_000.0
    assert first.released_kg.low < 30.0 < first.released_kg.high
    assert "rain on all" in {each.key for each in posterior.candidates}, "all above its place"


@pytest.mark.parametrize(
    ("columns", "row", "words"),
    [
        ("kind,reaches", "diffuse,east;north", "row 2, column 'reaches'.*'north'"),
        ("kind,reaches,reach,chainage_m", "outfall,east,east,1", "Only 'diffuse' has many"),
        ("reach,chainage_m,start_from,start_until", "east,1,100;200,150", "1 ends of 2 windows"),
        ("reach,chainage_m,start_from,start_until", "east,1,8 o'clock,9", "'start_from'.*not in seconds"),
        ("reach,chainage_m,start_from,start_until", "east,1,200,100", "ends before it begins"),
        ("reach,chainage_m,start_outside", "east,1,0.1", "Give start_from and start_until"),
        ("reach,chainage_m,fingerprint", "east,1,sewage", "'sewage' is not among.*--fingerprints"),
    ],
)
def test_a_candidate_that_cannot_be_is_named_with_row_and_cure(rain, columns, row, words):
    (rain / "bad.csv").write_text(f"key,{columns}\nA,{row}\n")
    done = run(rain, candidates="bad.csv")
    assert done.exit_code == 2
    assert re.search(words, done.output.replace("\n", " ")), done.output


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,NH3-N,COD,ten,0.3", "row 2, column 'ratio': 'ten' is not a number"),
        ("a,NH3-N,COD,-1,0.3", "row 2, column 'ratio'.*median above 0"),
        ("a,NH3-N,COD,8,0.3\na,TP,TN,8,0.3", "row 3, column 'reference'.*Give it one reference"),
        ("a,NH3-N,COD,8,0.3\na,NH3-N,COD,9,0.3", "row 3, column 'parameter'.*Give it once"),
    ],
)
def test_a_fingerprint_that_cannot_be_is_named_with_row_and_cure(sewage, rows, words):
    (sewage / "bad.csv").write_text(f"fingerprint,reference,parameter,ratio,log_sd\n{rows}\n")
    done = run(sewage, "--fingerprints", sewage / "bad.csv")
    assert done.exit_code == 2
    assert re.search(words, done.output.replace("\n", " ")), done.output


def test_parameters_that_do_not_fit_together_are_told_with_the_cure(sewage, rain):
    def told(folder, *arguments, **named):
        done = run(folder, *arguments, **named)
        assert done.exit_code == 2
        return " ".join(done.output.split())

    assert "--noise-mg-l: TP is not among the readings' parameters (NH3-N, COD)" in told(
        sewage, "--noise-mg-l", "TP=0.1", candidates="plain.csv"
    )
    assert "'COD=-1': give a number of 1e-09 … 1e+06" in told(sewage, "--noise-mg-l", "COD=-1")
    assert "Choose one with --parameter" in told(sewage, "--sources", 2)
    assert "Fingerprints compare parameters" in told(rain, "--fingerprints", sewage / "fingerprints.csv")
    places = ("--places", sewage / "stations.csv")
    assert "readings.csv: readings of NH3-N, COD. Choose one of them with --parameter" in told(
        sewage, *places, command="sample-next"
    )
