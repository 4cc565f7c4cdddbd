"""`riverkit network check`."""

import pytest
from click.testing import CliRunner
from riverkit.network import Reach, read_vector, write_vector
from riverkit.network._command import network

from .examples import line


def run(*arguments):
    return CliRunner().invoke(network, ["check", *map(str, arguments)], env={"COLUMNS": "200"})


def test_new_hope_is_sound(data_dir):
    result = run(data_dir / "networks" / "nhdplus" / "new_hope.gpkg", "--mapping", "nhdplus")
    assert result.exit_code == 0
    assert run(data_dir / "networks" / "nhdplus" / "new_hope.gpkg").output == result.output, "recognised"
    assert "746 reaches" in result.output
    assert "577.4 km, outlets 1" in result.output


def test_a_circle_is_told_and_the_exit_code_says_so(tmp_path):
    write_vector(
        tmp_path / "n.gpkg",
        [
            Reach("a", "1", "2", 1.0, line((0, 0), (1, 0))),
            Reach("b", "2", "3", 1.0, line((1, 0), (1, 1))),
            Reach("c", "3", "1", 1.0, line((1, 1), (0, 0))),
        ],
    )
    result = run(tmp_path / "n.gpkg")
    assert result.exit_code == 1
    assert "circle through a, b, c" in result.output


def test_a_divergence_without_shares_is_a_warning_that_tells_the_assumption_and_the_cure(tmp_path):
    write_vector(
        tmp_path / "n.gpkg",
        [
            Reach("a", "1", "2", 1.0, line((0, 0), (1, 0))),
            Reach("b", "2", "3", 1.0, line((1, 0), (2, 1))),
            Reach("c", "2", "4", 1.0, line((1, 0), (2, -1))),
        ],
    )
    result = run(tmp_path / "n.gpkg")
    assert result.exit_code == 0
    assert "errors 0, warnings 1" in result.output
    assert "taken as equal" in result.output
    assert "--repair would mend: divergence 1." in result.output


def test_repaired_reaches_are_written(tmp_path):
    write_vector(
        tmp_path / "n.gpkg",
        [
            Reach("a", "1", "2", 1_000.0, line((0, 0), (1, 0))),
            Reach("b", "2", "3", 1_000.0, line((2, 0), (1, 0))),
        ],
    )
    result = run(tmp_path / "n.gpkg", "--repair", tmp_path / "mended.gpkg")
    assert result.exit_code == 0
    assert "Turned the line of reach 'b'" in result.output
    assert read_vector(tmp_path / "mended.gpkg").reaches[1].line == line((1, 0), (2, 0))


def test_pairs_map_columns(data_dir):
    file = data_dir / "networks" / "nhdplus" / "walker.gpkg"
    result = run(file, "--mapping", "id=COMID,up=FromNode,down=ToNode,length=LENGTHKM,length_unit_m=1000")
    assert "136.5 km" in result.output


@pytest.mark.parametrize("mapping", ["nhd", "id=", "colour=RED", "length_unit_m=far"])
def test_a_wrong_mapping_is_refused_with_the_choices(data_dir, mapping):
    result = run(data_dir / "networks" / "nhdplus" / "walker.gpkg", "--mapping", mapping)
    assert result.exit_code == 2
    assert "--mapping" in result.output


def test_a_missing_file_is_an_error_not_a_traceback(tmp_path):
    result = run(tmp_path / "none.gpkg")
    assert result.exit_code == 1
    assert "Error: There is no file" in result.output
