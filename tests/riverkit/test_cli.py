"""The command line ``riverkit``."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from riverkit.cli import main

EXAMPLE = (
    b"##0152QN=20250701083000001;ST=21;CN=2061;PW=123456;MN=A0A0A0A0A0A0A0A0A0A0A0A0;Flag=7;PNUM=2;PNO=2;"
    b"CP=&&DataTime=20250701070000;w01009-Avg=6.4,w01009-Flag=N&&D4C1\r\n"
)
READINGS = """date,section,class_pub,ph,do,codmn,nh3n,tp
2020-01-01,甲,Ⅲ,7,8,1,0.1,0.05
2020-02-01,甲,Ⅲ,7,8,1,0.1,0.05
2020-02-02,甲,Ⅰ,7,8,1,0.1,0.05
2020-02-03,甲,Ⅰ,7,8,x,0.1,0.05
"""


def test_help_lists_the_commands() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name in ("assess", "hj212", "loads", "network", "sl651", "trace"):
        assert name in result.output


def test_help_imports_no_numerics() -> None:
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom riverkit.cli import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "assert not {'numpy', 'scipy', 'shapely', 'rich'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    "command",
    [["assess"], ["hj212", "decode"], ["sl651", "decode"], ["network", "check"], ["trace"], ["loads"]],
)
def test_every_command_has_help(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_an_unknown_command_is_named() -> None:
    result = CliRunner().invoke(main, ["locate"])
    assert result.exit_code == 2
    assert "locate" in result.output


def test_assess_prints_agreement_differences_and_bad_rows_and_writes_every_row(tmp_path: Path) -> None:
    source, target = tmp_path / "readings.csv", tmp_path / "classes.csv"
    source.write_text(READINGS, "gbk")
    result = CliRunner().invoke(
        main, ["assess", str(source), "--learn-before", "2020-01-15", "--output", str(target)]
    )
    assert result.exit_code == 0, result.output
    assert "row 5, column codmn: 'x'" in result.output
    assert "50.00 %" in result.output
    assert "甲 (1 of 1 rows told)" in result.output
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["class"], row["deciding"], row["assessed"], row["of"]) for row in rows] == [
        ("2", "Ⅲ", "tp", "5", "21"),
        ("3", "Ⅲ", "tp", "5", "21"),
        ("4", "Ⅲ", "tp", "5", "21"),
        ("5", "", "", "4", "21"),
    ]
    assert rows[0]["limits"] == "lake"
    assert "codmn: 'x' is no possible value" in rows[3]["remark"]


def test_assess_takes_a_mapping(tmp_path: Path) -> None:
    source = tmp_path / "readings.csv"
    source.write_text("酸碱度,氧,锰,氨\n7,8,1,0.1\n", "utf-8")
    mapping = ["--map", "ph=酸碱度", "--map", "do=氧", "--map", "codmn=锰", "--map", "nh3n=氨"]
    result = CliRunner().invoke(main, ["assess", str(source), *mapping])
    assert result.exit_code == 0, result.output
    assert "assessed with 4 to 4 of 21 parameters" in result.output
    assert CliRunner().invoke(main, ["assess", str(source), "--map", "ph"]).exit_code == 2


def test_a_riverkit_error_is_a_message_with_exit_code_two_and_no_traceback(tmp_path: Path) -> None:
    source = tmp_path / "readings.csv"
    source.write_text("a,b\n1,2\n", "utf-8")
    result = CliRunner().invoke(main, ["assess", str(source)])
    assert result.exit_code == 2
    assert "Error: readings.csv has no column of a parameter" in result.output
    assert "Traceback" not in result.output


def test_decode_prints_a_packet_readably() -> None:
    result = CliRunner().invoke(main, ["hj212", "decode", "-"], input=EXAMPLE)
    assert result.exit_code == 0, result.output
    for text in ("hour data", "part 2 of 2", "溶解氧", "6.4 mg/L", "N normal", "1 packets, 0 broken"):
        assert text in result.output


def test_decode_names_what_is_broken_and_exits_with_one(tmp_path: Path) -> None:
    path = tmp_path / "received.txt"
    path.write_bytes(EXAMPLE.replace(b"6.4", b"6.5") + EXAMPLE)
    result = CliRunner().invoke(main, ["hj212", "decode", str(path)])
    assert result.exit_code == 1
    assert "Byte 0: crc" in result.output
    assert "1 packets, 1 broken" in result.output


SL651 = (
    "7E7E 01 0012345678 1234 32 0031 02 0001 250701080005 F1F1 0012345678 51 F0F0 2507010800 "
    "0311 0123 4612 0762 4711 0091 4C1A 000021 4D1B 000080 3812 1215 03 08E6"
)


@pytest.mark.parametrize("content", [SL651.encode(), bytes.fromhex(SL651)])
def test_sl651_decode_prints_what_a_packet_says_from_bytes_or_from_hex_digits(content: bytes) -> None:
    result = CliRunner().invoke(main, ["sl651", "decode", "-"], input=content)
    assert result.exit_code == 0, result.output
    for text in (
        "timed report",
        "Q water quality",
        "氨氮",
        "0.21 mg/L",
        "2025-07-01 08:00:05",
        "1 packets, 0 broken",
    ):
        assert text in result.output


def test_sl651_decode_names_what_is_broken_and_exits_with_one(tmp_path: Path) -> None:
    path = tmp_path / "received.txt"
    path.write_text(SL651.replace("0762", "0763") + "\n" + SL651)
    result = CliRunner().invoke(main, ["sl651", "decode", str(path)])
    assert result.exit_code == 1
    assert "Byte 0: crc" in result.output
    assert "1 packets, 1 broken" in result.output
