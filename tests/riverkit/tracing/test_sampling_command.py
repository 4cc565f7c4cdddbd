"""`riverkit sample-next` on files: what a crew is told."""

import itertools
import json

import pytest
from click.testing import CliRunner
from riverkit.cli import main
from riverkit.network import NHDPLUS, Location, Network, estimate_hydraulics, read_vector, repair
from riverkit.simulation import Release, simulate

HOUR = 3_600.0


def run(folder, *arguments):
    files = (
        folder / "river.gpkg",
        "--stations",
        folder / "stations.csv",
        "--readings",
        folder / "readings.csv",
    )
    quick = ("--candidates", folder / "candidates.csv", "--settings", 1, "--step-min", 20, "--back-h", 2)
    given = ["sample-next", *files, *quick, *arguments]
    return CliRunner().invoke(main, [str(each) for each in given], env={"COLUMNS": "160"})


@pytest.fixture
def places(case):
    """The bridge reports until 50,000 s, when the cloud has just come; the crew may go to both rivers and the weir."""
    lines = (case / "readings.csv").read_text().splitlines()
    early = [line for line in lines[1:] if float(line.split(",")[1]) <= 50_000.0]
    (case / "readings.csv").write_text("\n".join([lines[0], *early]))
    (case / "places.csv").write_text(
        "place,reach,chainage_m,background_mg_l,background_sd_mg_l\n"
        "east mouth,east,6500,0.5,0.05\nwest mouth,west,4500,0.5,0.05\nlower weir,stem,8500,,\n"
    )
    yield case / "places.csv"
    (case / "readings.csv").write_text("\n".join(lines))


def test_the_crew_is_told_where_when_and_what_each_result_would_mean(case, places):
    target = case / "samples.json"
    done = run(case, "--places", places, "--count", 2, "--json", target)
    assert done.exit_code == 0, done.output
    found = json.loads(target.read_text(encoding="utf-8"))
    assert 1 <= len(found) <= 2
    for each in found:
        assert each["time_s"] >= 50_000.0 - 1_800.0
        assert sum(outcome["probability"] for outcome in each["outcomes"]) == pytest.approx(1.0)
    assert found[0]["bits"] >= found[-1]["bits"] > 0.0
    assert "What each result would mean" in done.output
    assert "Background of 1 of 3 places" in done.output


def test_bottles_that_tell_nothing_are_not_listed(case, places):
    rows = places.read_text().splitlines()
    # Far above every suspect no cloud will ever pass.
    places.write_text("\n".join([rows[0], "spring,west,10,0.5,0.05", rows[1]]))
    done = run(case, "--places", places, "--count", 2)
    assert done.exit_code == 0, done.output
    assert "1 of 2 bottles would tell nothing more" in done.output
    assert "spring" not in done.output


def test_a_crew_goes_only_where_and_when_it_can_be(case, places):
    target = case / "samples.json"
    hours = ("--from", 52_000, "--window", 54_000, 58_000, "--window", 61_000, 62_000)
    # Eleven kilometres of road to the lower weir at walking pace: not before the last window ends.
    slow = ("--base", 106.50, 29.60, "--speed-km-h", 4)
    done = run(case, "--places", places, "--count", 9, *hours, *slow, "--json", target)
    assert done.exit_code == 0, done.output
    found = json.loads(target.read_text(encoding="utf-8"))
    for each in found:
        assert 54_000 <= each["time_s"] <= 58_000 or 61_000 <= each["time_s"] <= 62_000
        assert each["place"] != "lower weir"
    times = sorted(each["time_s"] for each in found)
    assert all(later - sooner >= 15 * 60 for sooner, later in itertools.pairwise(times))
    assert f"The crew can take {len(found)} of 9 bottles" in done.output


def test_what_cannot_be_used_is_refused_with_the_place_and_the_cure(case, places):
    assert (
        "not in the readings' manner of time: give seconds"
        in run(case, "--places", places, "--from", "2026-05-04T14:30").output
    )
    ancient = " ".join(run(case, "--places", places, "--from", -1e9).output.split())
    assert "is before the first reading: the crew sets out from" in ancient
    assert "Give the earlier time first" in run(case, "--places", places, "--window", 5, 4).output
    places.write_text("place,reach,chainage_m\nweir,stem,8500\nweir,stem,9000\n")
    done = run(case, "--places", places)
    assert done.exit_code == 2
    assert "places.csv, row 3, column 'place': 'weir' stands further up already" in done.output


def test_on_a_real_network_samples_come_where_the_suspects_part(data_dir, tmp_path):
    file = data_dir / "networks" / "nhdplus" / "new_hope.gpkg"
    if not file.is_file():
        pytest.skip(f"no {file.name} among the real data")
    reaches, _ = repair(read_vector(file, mapping=NHDPLUS).reaches)
    network = Network.build(estimate_hydraulics(reaches, specific_discharge_m3s_km2=0.01))
    outlet = max(network.reaches, key=lambda reach: reach.discharge_m3s or 0.0)
    above = [network.reach(name) for name in network.upstream(outlet.id, max_distance_m=12_000.0)]
    branches = sorted(above, key=lambda reach: -(reach.discharge_m3s or 0.0))[5:25:4]
    source = Location(branches[2].id, 0.5 * branches[2].length_m)
    station = Location(outlet.id, 0.5 * outlet.length_m)
    release = Release(source, 6 * HOUR, HOUR, 40.0)
    result = simulate(network, [release], [station], duration_s=48 * HOUR, cell_m=150.0)
    seen = next(t for t, c in zip(result.time_s, result.concentration[0], strict=True) if c > 0.05)
    rows = [
        f"outlet,{time},{0.3 + value:.4f}"
        for time, value in zip(result.time_s, result.concentration[0], strict=True)
        if time <= seen + HOUR
    ]
    (tmp_path / "readings.csv").write_text(
        "\n".join(["station,time,value_mg_l", *rows[:: max(1, len(rows) // 60)]])
    )
    (tmp_path / "stations.csv").write_text(
        f"station,reach,chainage_m\noutlet,{station.reach_id},{station.chainage_m}\n"
    )
    outfalls = [f"{reach.id} works,{reach.id},{0.5 * reach.length_m}" for reach in branches]
    (tmp_path / "outfalls.csv").write_text("\n".join(["key,reach,chainage_m", *outfalls]))
    spots = [f"below {reach.id},{reach.id},{0.99 * reach.length_m},0.3,0.02" for reach in branches]
    header = "place,reach,chainage_m,background_mg_l,background_sd_mg_l"
    (tmp_path / "places.csv").write_text("\n".join([header, *spots]))
    done = CliRunner().invoke(
        main,
        [
            *("sample-next", str(file), "--mapping", "nhdplus", "--specific-discharge", "0.01"),
            *("--stations", str(tmp_path / "stations.csv"), "--readings", str(tmp_path / "readings.csv")),
            *("--candidates", str(tmp_path / "outfalls.csv"), "--places", str(tmp_path / "places.csv")),
            *(
                "--settings",
                "4",
                "--step-min",
                "20",
                "--back-h",
                "6",
                "--json",
                str(tmp_path / "samples.json"),
            ),
        ],
        env={"COLUMNS": "180"},
    )
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "samples.json").read_text(encoding="utf-8"))
    assert len(found) == 2
    assert found[0]["bits"] > 0.05


def test_one_parameter_of_several_is_chosen_and_fingerprints_are_not_offered(case, places):
    lines = (case / "readings.csv").read_text().splitlines()
    both = [f"{lines[0]},parameter", *(f"{line},{name}" for name in ("NH3-N", "COD") for line in lines[1:])]
    (case / "readings.csv").write_text("\n".join(both))
    refused = run(case, "--places", places)
    assert "readings of NH3-N, COD. Choose one of them with --parameter" in refused.output
    done = run(case, "--places", places, "--parameter", "COD", "--noise-mg-l", "COD=0.1", "--count", 1)
    assert done.exit_code == 0, done.output
    assert "No such option" in run(case, "--places", places, "--fingerprints", places).output
