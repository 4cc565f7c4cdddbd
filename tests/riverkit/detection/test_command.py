"""``riverkit detect`` on files as people have them."""

from pathlib import Path

import numpy as np
from click.testing import CliRunner
from riverkit.cli import main


def station(path: Path) -> Path:
    """Nine days of readings every quarter of an hour, an event on the eighth, ammonia above nitrogen in it."""
    generator = np.random.default_rng(0)
    lines = ["time,nh3n,tn,nh3n_flag,rain"]
    for place in range(9 * 96):
        ammonia = 0.5 + 0.02 * generator.normal() + (3 if 700 <= place < 706 else 0)
        moment = np.datetime64("2026-05-01T00:00") + np.timedelta64(15 * place, "m")
        flag = "M" if 300 <= place < 304 else "N"
        lines.append(
            f"{str(moment).replace('T', ' ')},{ammonia:.3f},{2 + 0.02 * generator.normal():.3f},{flag},0"
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_file_of_readings_gives_its_doubts_and_events_with_reasons(tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    arguments = ["detect", str(station(tmp_path / "station.csv")), "--rain", "rain", "--output", str(output)]
    result = CliRunner().invoke(main, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "nh3n is above tn" in result.output
    assert "2026-05-08 07:00" in result.output
    assert "times the usual difference" in result.output
    assert "no value" not in result.output
    lines = output.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 9 * 96 + 1
    assert ",1," in lines[1 + 700]


def test_a_file_without_times_or_with_words_for_numbers_is_refused_with_row_and_cure(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["detect", str(file)])
    assert result.exit_code == 2
    assert "no column of times" in result.output
    file.write_text("time,ph\n2026-05-01 00:00,much\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["detect", str(file)])
    assert result.exit_code == 2
    assert "row 2, column ph" in result.output
    file.write_text("time,ph\nyesterday,7\n", encoding="utf-8")
    assert "is no time" in CliRunner().invoke(main, ["detect", str(file)]).output


def test_a_short_file_says_that_its_normal_is_not_known_yet(tmp_path: Path) -> None:
    file = tmp_path / "short.csv"
    file.write_text("time,ph\n2026-05-01 00:00,7\n2026-05-01 01:00,7.1\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["detect", str(file)])
    assert result.exit_code == 0
    assert "too few readings" in result.output
