"""`riverkit trace --sources` on files."""

import json

import pytest
from click.testing import CliRunner
from riverkit.errors import TracingError
from riverkit.tracing._command import trace
from riverkit.tracing._several_command import MISFIT


def run(folder, *arguments):
    files = (
        folder / "river.gpkg",
        "--stations",
        folder / "stations.csv",
        "--readings",
        folder / "readings.csv",
    )
    given = [*files, "--settings", 1, "--step-min", 20, "--back-h", 2, *arguments]
    return CliRunner().invoke(trace, [str(each) for each in given], env={"COLUMNS": "160"})


def test_two_releases_are_counted_and_both_named(case_of_two):
    target = case_of_two / "count.json"
    given = ("--candidates", case_of_two / "candidates.csv", "--misfit", 0.02)
    done = run(case_of_two, *given, "--sources", 2, "--sources-json", target)
    assert done.exit_code == 0, done.output
    assert "Weighed together, 6 of 6" in done.output, "the inflows of both rivers beside the four listed"
    found = json.loads(target.read_text(encoding="utf-8"))
    assert len(found["probability"]) == 2
    assert found["probability"][1] > 0.9
    leading = found["leading"][1]["sources"]
    assert {source["key"] for source in leading} == {"east works", "west mill"}
    assert "The leading combination" in done.output
    told = " ".join(done.output.split())
    assert "If 2 released, each place is one of them with at least: " in told
    # No single source explains both clouds, and the table of single ones says so.
    assert (
        "unexplained, beyond twice its 90 % band. Another source beside it? Several are weighed below."
        in told
    )


def test_one_release_stays_one(case):
    target = case / "count.json"
    done = run(case, "--candidates", case / "candidates.csv", "--sources", 3, "--sources-json", target)
    assert done.exit_code == 0, done.output
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found["probability"][0] == max(found["probability"])
    assert "The leading place" in done.output
    assert "unexplained" not in done.output


def test_of_many_places_those_are_weighed_together_that_explain_what_the_best_one_leaves(case_of_two):
    target = case_of_two / "count.json"
    done = run(case_of_two, "--candidates-every-km", 1, "--sources", 2, "--sources-json", target)
    assert done.exit_code == 0, done.output
    assert "Weighed together, 10 of 21" in done.output
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found["probability"][1] > 0.9
    # Both stations lie below the junction: they tell when the middle of each release came by it, hardly from how far.
    by_junction = []
    for source in found["leading"][1]["sources"]:
        reach, chainage = source["key"].removesuffix(" m").split(" @ ")
        way_m = {"east": 7_000.0, "west": 5_000.0}[reach] - float(chainage)
        middle_s = source["start_s"]["median"] + 0.5 * source["duration_s"]["median"]
        by_junction.append(middle_s + way_m / 0.5)
    assert sorted(by_junction) == pytest.approx([43_800.0, 63_400.0], abs=1_800.0)


def test_unless_told_otherwise_a_hundred_settings_and_an_unknown_misfit_are_weighed(case, monkeypatch):
    asked = {}

    def weigh(*arguments, **named):
        asked.update(named)
        raise TracingError("enough")

    monkeypatch.setattr("riverkit.tracing._several_command.trace_several", weigh)
    candidates = ("--candidates", case / "candidates.csv", "--sources", 2)
    run(case, *candidates)
    assert asked["misfit"] is None, "one setting cannot stand for it"
    monkeypatch.setattr("riverkit.tracing._searching.SETTINGS", 2)
    files = ("--stations", case / "stations.csv", "--readings", case / "readings.csv", "--step-min", 20)
    CliRunner().invoke(trace, [str(each) for each in (case / "river.gpkg", *files, *candidates)])
    assert asked["hydraulics"].n_settings >= 96
    assert asked["misfit"] == MISFIT


def test_limits_below_what_the_best_place_explains_leave_nothing(case_of_two):
    rows = [line.split(",") for line in (case_of_two / "readings.csv").read_text().splitlines()]
    for row in rows[1:]:
        row[2] = "<0.9" if float(row[2]) < 0.9 else row[2]
    (case_of_two / "limited.csv").write_text("\n".join(map(",".join, rows)))
    done = run(
        case_of_two, "--readings", case_of_two / "limited.csv", "--candidates-every-km", 1, "--sources", 2
    )
    assert done.exit_code == 0, done.output


def test_what_does_not_go_together_is_said(case, data_dir):
    assert "--sources 2 or 3" in run(case, "--sources-json", case / "count.json").output
    dye = ("--dye-test", data_dir / "tracing", "--event", "CHA_5-4-71")
    assert "leave --dye-test away" in run(case, "--sources", 2, *dye).output
    (case / "nowhere.csv").write_text("key,reach,chainage_m,kind\nnothing,,,nothing\n")
    done = run(case, "--candidates", case / "nowhere.csv", "--only-listed", "--sources", 2)
    assert "No candidate has a place" in str(done.exception)


def test_where_all_combinations_are_too_many_steps_become_longer_instead_of_the_answer_being_refused(
    case, monkeypatch
):
    asked = {}

    def weigh(*arguments, **named):
        asked.update(named, stations=arguments[1])
        raise TracingError("enough")

    monkeypatch.setattr("riverkit.tracing._several_command.trace_several", weigh)
    monkeypatch.setattr("riverkit.tracing._several_command.MOST_CELLS", 1e5)
    done = run(case, "--candidates-every-km", 2, "--sources", 3)
    assert "readings averaged over each" in done.output
    assert asked["start_step_s"] >= 3_600.0
    assert all(len(station.time_s) < 50 for station in asked["stations"])
