"""Files that commands write: refused before the work, never a traceback after it."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from riverkit.cli import main
from riverkit.errors import OutputError
from riverkit.output import refuse_undrawable, refuse_unwritable, write_csv, write_json

TABLES = ("--stations", "in.csv", "--readings", "in.csv")

WRITING = [
    ("trace", "in.csv", *TABLES, "--json"),
    ("trace", "in.csv", *TABLES, "--plot"),
    ("trace", "in.csv", *TABLES, "--sources", "2", "--sources-json"),
    ("sample-next", "in.csv", *TABLES, "--places", "in.csv", "--json"),
    ("locate", *TABLES, "--json"),
    ("locate", *TABLES, "--plot"),
    ("loads", "in.csv", *TABLES, "--json"),
    ("place", "in.csv", "--count", "1", "--out"),
    ("assess", "in.csv", "--output"),
    ("network", "check", "in.csv", "--repair"),
]


@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_a_file_that_cannot_be_written_is_refused_before_the_work(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("no table of any kind")
    done = CliRunner().invoke(main, [*arguments, "nowhere/out.png"], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "nowhere/out.png cannot be written: there is no folder nowhere" in done.output


def test_what_stands_in_the_way_is_named(tmp_path, monkeypatch):
    with pytest.raises(OutputError, match="is a folder"):
        refuse_unwritable(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match="permission denied"):
        refuse_unwritable(tmp_path / "out.json")
    with pytest.raises(OutputError, match=r"out.jpg: a chart is written as .png, .svg, .pdf"):
        refuse_undrawable(tmp_path / "out.jpg")


def test_asking_leaves_nothing_behind(tmp_path):
    refuse_unwritable(tmp_path / "out.json")
    refuse_undrawable(tmp_path / "out.PNG")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_that_runs_full_is_an_error_of_riverkit():
    for write in (lambda: write_json(Path("/dev/full"), [1]), lambda: write_csv(Path("/dev/full"), [[1]])):
        with pytest.raises(OutputError, match="/dev/full cannot be written"):
            write()
