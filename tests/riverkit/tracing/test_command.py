import csv
import itertools
import json

import numpy as np
import pytest
from click.testing import CliRunner
from riverkit.errors import TracingError
from riverkit.tracing import CandidateResult, Posterior
from riverkit.tracing._command import trace
from riverkit.tracing.dye_test import open_upstream, prepare_search, read_dye_test, search, zone_km


def run(*arguments):
    return CliRunner().invoke(trace, [str(argument) for argument in arguments], env={"COLUMNS": "160"})


def test_the_command_finds_a_simulated_release_and_writes_chart_and_json(case):
    files = ("--stations", case / "stations.csv", "--readings", case / "readings.csv")
    outputs = ("--plot", case / "out.png", "--json", case / "out.json")
    options = ("--candidates", case / "candidates.csv", "--settings", 1, "--step-min", 20, "--back-h", 2)
    done = run(case / "river.gpkg", *files, *options, *outputs)
    assert done.exit_code == 0, done.output
    posterior = Posterior.from_dict(json.loads((case / "out.json").read_text()))
    assert posterior.candidates[0].key == "east works"
    released = posterior.candidates[0].released_kg
    assert released.low < 20.0 < released.high
    assert "Suspected sources (not confirmed)" in done.output
    assert (case / "out.png").read_bytes().startswith(b"\x89PNG")


def test_without_candidates_places_are_laid_out_along_all_rivers_above(case):
    files = ("--stations", case / "stations.csv", "--readings", case / "readings.csv")
    done = run(case / "river.gpkg", *files, "--candidates-every-km", 2, "--settings", 1, "--step-min", 20,
               "--json", case / "out.json")  # fmt: skip
    assert done.exit_code == 0, done.output
    posterior = Posterior.from_dict(json.loads((case / "out.json").read_text()))
    keys = [candidate.key for candidate in posterior.candidates]
    assert {key.split(" @ ")[0] for key in keys} == {"west", "east", "stem", "nothing in this network"}
    assert keys[0].startswith("east @")
    assert "If it was released in this network (100%), then with 90% on these" in done.output


def test_a_boat_survey_is_a_table_of_readings_with_places_alone_or_beside_stations(case):
    rows = ["time,value_mg_l,reach,chainage_m,flag"]
    for row in csv.DictReader((case / "readings.csv").read_text().splitlines()):
        chainage = {"bridge": 2_000, "weir": 8_000}[row["station"]]
        rows.append(f"{row['time']},{row['value_mg_l']},stem,{chainage},")
    rows.append("5000,99,stem,5000,D")
    survey = case / "boat.csv"
    survey.write_text("\n".join(rows))
    options = ("--candidates", case / "candidates.csv", "--settings", 1, "--step-min", 20, "--back-h", 2)
    stations = ("--stations", case / "stations.csv", "--readings", case / "readings.csv")
    for others in ((), stations):
        done = run(case / "river.gpkg", "--survey", survey, *others, *options, "--json", case / "boat.json")
        assert done.exit_code == 0, done.output
        posterior = Posterior.from_dict(json.loads((case / "boat.json").read_text()))
        assert posterior.candidates[0].key == "east works"
        assert posterior.settings["stations"] == (["bridge", "weir", "boat"] if others else ["boat"])
    survey.write_text("time,value_mg_l,reach,chainage_m\n0,1,nowhere,5\n")
    assert "boat.csv, row 2, column 'reach'" in str(run(case / "river.gpkg", "--survey", survey).exception)


def test_a_table_of_the_flow_lets_the_trace_run_in_flow_time(case):
    files = ("--stations", case / "stations.csv", "--readings", case / "readings.csv")
    options = ("--candidates", case / "candidates.csv", "--settings", 1, "--step-min", 20, "--back-h", 2)
    flow = case / "flow.csv"

    def evidence(*more):
        done = run(case / "river.gpkg", *files, *options, *more, "--json", case / "flow.json")
        assert done.exit_code == 0, done.output
        posterior = Posterior.from_dict(json.loads((case / "flow.json").read_text()))
        return {each.key: each.log_evidence for each in posterior.candidates}

    flow.write_text("time,factor\n0,1\n100000,1\n")
    assert evidence("--flow", flow) == pytest.approx(evidence(), abs=1e-6)
    flow.write_text("time,factor\n0,1\n20000,1.5\n40000,1\n")
    assert abs(evidence("--flow", flow)["east works"] - evidence()["east works"]) > 0.01
    flow.write_text("time,factor\n0,1\n100,0\n")
    assert "flow.csv, row 3, column 'factor'" in str(
        run(case / "river.gpkg", *files, "--flow", flow).exception
    )
    several = run(case / "river.gpkg", *files, "--flow", flow, "--sources", 2)
    assert "leave --flow away" in several.output


def quickly(case, *arguments, settings=1):
    tables = ("--stations", case / "stations.csv", "--candidates", case / "candidates.csv")
    readings = () if "--readings" in arguments else ("--readings", case / "readings.csv")
    done = run(
        case / "river.gpkg",
        *tables,
        *readings,
        "--settings",
        settings,
        "--step-min",
        20,
        "--back-h",
        2,
        *arguments,
    )
    return done, " ".join(done.output.split())


def test_durations_are_the_users_or_from_one_step_on_never_a_quarter_apart(case):
    def searched(*arguments):
        done, _ = quickly(case, *arguments, "--json", case / "durations.json")
        assert done.exit_code == 0, done.output
        return np.array(json.loads((case / "durations.json").read_text())["settings"]["durations_s"])

    assert searched("--durations", "1,2,4").tolist() == [3_600.0, 7_200.0, 14_400.0]
    steps = searched() / 1_200.0
    assert (steps[0], steps[-1]) == (1.0, 24.0)
    assert all(later - sooner <= max(1.0, 0.25 * sooner) for sooner, later in itertools.pairwise(steps))
    assert "give hours above 0" in quickly(case, "--durations", "1,nan")[1]


def test_a_search_without_bound_is_refused_with_what_makes_it_so(case):
    def told(*arguments):
        done, _ = quickly(case, *arguments)
        assert isinstance(done.exception, TracingError)
        return str(done.exception)

    assert "--back-h 9e+06 goes that far before them" in told("--back-h", 9_000_000)
    readings = (case / "readings.csv").read_text()
    (case / "decades.csv").write_text(readings + "weir,2e9,0.5\n")
    assert "the readings reach over 23,148 days" in told("--readings", case / "decades.csv")
    (case / "flood.csv").write_text("time,factor\n0,1000\n")
    assert "--flow makes it so" in told("--flow", case / "flood.csv")


def test_readings_in_which_nothing_rose_are_told_beside_the_candidates(case):
    lines = (case / "readings.csv").read_text().splitlines()
    level = [
        f"{line.rpartition(',')[0]},{0.5 + 0.01 * (number % 3)}" for number, line in enumerate(lines[1:])
    ]
    (case / "flat.csv").write_text("\n".join([lines[0], *level]))
    _, flat = quickly(case, "--readings", case / "flat.csv")
    assert "Nothing rose at any station" in flat
    assert "%" not in flat, "no probability stands beside a name"
    assert "Nothing rose" not in quickly(case)[1]


def test_readings_below_the_detection_limit_lead_to_the_same_outfall(case):
    rows = [line.split(",") for line in (case / "readings.csv").read_text().splitlines()]
    for row in rows[1:]:
        row[2] = "<0.6" if float(row[2]) < 0.6 else row[2]
    (case / "limited.csv").write_text("\n".join(map(",".join, rows)))
    done, _ = quickly(case, "--readings", case / "limited.csv", "--json", case / "limited.json")
    assert done.exit_code == 0, done.output
    posterior = Posterior.from_dict(json.loads((case / "limited.json").read_text()))
    assert posterior.candidates[0].key == "east works"
    # Where below 0.6 mg/L the background lies nobody knows, and a fifth of a mg/L is a tenth of the cloud.
    assert posterior.candidates[0].released_kg.median == pytest.approx(20.0, rel=0.15)


def test_how_many_hydraulic_settings_count_is_told_where_it_is_in_doubt(case, monkeypatch):
    assert "settings" not in quickly(case)[1].partition("hypotheses")[0]
    assert "8 hydraulic settings were drawn without regard to the readings" in quickly(case, settings=8)[1]
    monkeypatch.setattr("riverkit.tracing._shown.FEW_SETTINGS", 1)
    assert "settings count" not in quickly(case, settings=48)[1]
    monkeypatch.setattr("riverkit.tracing._shown.FEW_SETTINGS", 48)
    told = quickly(case, settings=48)[1]
    first, _, table = told.partition("Places to which these few lead, by name")
    assert "of 48 hydraulic settings count: the answer hangs on which were drawn" in first
    assert "undecided" in table
    assert "%" not in table, "no percentage stands beside a name"


def test_where_nobody_said_how_many_settings_twice_as_many_are_tried_if_few_count(case, monkeypatch):
    monkeypatch.setattr("riverkit.tracing._shown.FEW_SETTINGS", 32)
    monkeypatch.setattr("riverkit.tracing._searching.SETTINGS", 32)
    monkeypatch.setattr("riverkit.tracing._searching.MOST_AUTOMATIC", 64)
    files = ("--stations", case / "stations.csv", "--readings", case / "readings.csv")
    options = ("--candidates", case / "candidates.csv", "--step-min", 20, "--back-h", 2)
    told = run(case / "river.gpkg", *files, *options).output
    assert "of 32 hydraulic settings count: 64 are tried." in told
    assert "of 64 hydraulic settings count: the answer hangs" in " ".join(told.split())


def test_beside_a_list_stand_unlisted_outfalls_inflows_and_nothing_unless_it_has_them_or_they_are_not_wanted(
    case,
):
    (case / "short.csv").write_text("key,reach,chainage_m,kind\nwest mill,west,3000,\n")
    (case / "with.csv").write_text("key,reach,chainage_m,kind\nwest mill,west,3000,\nnobody,,,nothing\n")

    def kinds(table, *more):
        done, _ = quickly(case, "--candidates", case / table, *more, "--json", case / "kinds.json")
        assert done.exit_code == 0, done.output
        found = json.loads((case / "kinds.json").read_text())["candidates"]
        return sorted(each["kind"] for each in found), {each["key"]: each["probability"] for each in found}

    added = ["boundary"] * 2 + ["nothing", "outfall"] + ["unlisted"] * 3
    found, probability = kinds("short.csv")
    assert found == added
    assert kinds("with.csv")[0] == added
    assert kinds("short.csv", "--only-listed")[0] == ["outfall"]
    assert "Only what is listed was weighed" in quickly(case, "--only-listed")[1]
    # The release came from the east works, which is on neither list: where the model is believed, the readings say so.
    assert kinds("short.csv", "--misfit", "0.02")[1]["west mill"] < min(0.3, probability["west mill"])


def test_names_stand_as_they_are_and_control_characters_are_refused(case):
    listed = "key,reach,chainage_m,kind\n[/b] [red]works,east,1000,\n"
    (case / "named.csv").write_text(listed)
    done, told = quickly(case, "--candidates", case / "named.csv")
    assert done.exit_code == 0, done.output
    assert "[/b] [red]works" in told
    for sign in ("\x1b[31m", "\u202e"):
        (case / "named.csv").write_text(listed.replace("works", f"{sign}works"), encoding="utf-8")
        error = str(quickly(case, "--candidates", case / "named.csv")[0].exception)
        assert "named.csv, row 2, column 'key'" in error
        assert "control character" in error


def test_numbers_beyond_all_water_and_all_patience_are_refused(case, monkeypatch):
    readings = (case / "readings.csv").read_text()
    (case / "huge.csv").write_text(readings + "weir,95000,1e300\n")
    assert "is more than water weighs" in str(quickly(case, "--readings", case / "huge.csv")[0].exception)
    assert "4096" in quickly(case, settings=100_000_000)[1]
    files = ("--stations", case / "stations.csv", "--readings", case / "readings.csv")
    monkeypatch.setattr("riverkit.tracing._searching.MOST_PLACES", 20)
    many = run(case / "river.gpkg", *files, "--candidates-every-km", 1)
    assert "makes 21 places on 3 reaches" in str(many.exception)


def test_missing_arguments_are_explained(case):
    assert "--stations and --readings" in run(case / "river.gpkg").output
    alone = run(case / "river.gpkg", "--stations", case / "stations.csv", "--survey", case / "stations.csv")
    assert "go together" in alone.output
    assert "needs --event" in run("--dye-test", case).output
    at_once = run("--dye-test", case, "--event", "any", "--durations", 1)
    assert "leave --durations and --candidates away" in " ".join(at_once.output.split())


def test_a_real_dye_test_is_searched_without_its_injection(data_dir):
    test = read_dye_test(data_dir / "tracing", "CHA_5-4-71")
    assert [station.name for station in test.stations] == ["S2", "S3", "S4"]
    # The zero that marks the moment of injection in every curve is no reading.
    assert min(station.time_s.min() for station in test.stations) > 8 * 3600.0
    prepared = prepare_search(test, every_km=2.0, n_settings=32)
    assert max(prepared.km.values()) == -2.0, "no place below the first station, which saw the dye"
    posterior = search(prepared)
    low, high = zone_km(posterior, prepared.km)
    assert low <= test.truth.km <= high < 0.0
    best = posterior.candidates[0]
    assert best.released_kg.low <= test.truth.mass_kg <= best.released_kg.high
    nothing = next(c for c in posterior.candidates if c.kind == "nothing")
    assert nothing.probability < 1e-3
    for station in best.predicted:
        low, seen, high = (
            np.array(each) for each in (station.reading_low, station.observed, station.reading_high)
        )
        assert np.mean((low <= seen) & (seen <= high)) > 0.8, "the band of readings holds the misfit"
        assert (low <= station.low).all()
        assert (high > station.high).all()


def test_a_zone_that_the_search_cuts_off_is_told(data_dir, tmp_path):
    done = run("--dye-test", data_dir / "tracing", "--event", "CHA_5-4-71", "--candidates-every-km", 4,
               "--settings", 16, "--upstream-km", 20, "--plot", tmp_path / "dye.svg")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Search further, for example --upstream-km 40." in done.output
    assert "or further up" in done.output


def test_only_readings_that_leave_the_edge_improbable_bound_a_zone(data_dir):
    test = read_dye_test(data_dir / "tracing", "CHA_5-4-71")
    short = prepare_search(test, every_km=4.0, upstream_km=20.0, n_settings=16)
    assert open_upstream(search(short), short.km)
    # Readings that point to the middle leave nothing at the edge.
    sure = {"km -8.0": 0.9, "km -4.0": 0.09, "km -12.0": 0.01}
    found = tuple(CandidateResult(key, "outfall", share, 0.0) for key, share in sure.items())
    km = {"km -12.0": -12.0, "km -8.0": -8.0, "km -4.0": -4.0}
    assert not open_upstream(Posterior(found, 1, 0.0, {}), km)


def test_the_dye_command_compares_with_the_truth_only_at_the_end(data_dir, tmp_path):
    done = run("--dye-test", data_dir / "tracing", "--event", "CHA_5-4-71", "--candidates-every-km", 4,
               "--settings", 16, "--plot", tmp_path / "dye.svg")  # fmt: skip
    assert done.exit_code == 0, done.output
    before, after = done.output.split("Against the known injection")
    assert "-30.1" not in before
    assert "-30.1" in after
    assert (tmp_path / "dye.svg").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("event", "words"),
    [("XYZ_1-1-70", "no event 'XYZ_1-1-70'"), ("ANT_8-18-70", "Name one, as in ANT_8-18-70/")],
)
def test_an_unknown_or_ambiguous_event_says_so(data_dir, event, words):
    done = run("--dye-test", data_dir / "tracing", "--event", event)
    assert done.exit_code != 0
    assert words in str(done.exception)
