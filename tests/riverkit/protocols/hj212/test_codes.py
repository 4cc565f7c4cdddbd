"""The package's tables against the supplied lists of the standard."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from riverkit.protocols.hj212 import commands, factor_of, factors
from riverkit.quality import PARAMETERS

_SYMBOLS = {
    "毫克/升": "mg/L",
    "微克/升": "µg/L",
    "纳克/升": "ng/L",
    "升/秒": "L/s",
    "立方米": "m3",
    "无量纲": "1",
    "[色]度": "degree",
    "摄氏度": "°C",
    "微西[门子]/厘米": "µS/cm",
    "个/升": "1/L",
    "贝可[勒尔]/升": "Bq/L",
    "千克": "kg",
    "克": "g",
    "毫克": "mg",
    "": "",
}
_KINDS = {
    "请求": "request",
    "上传": "upload",
    "请求/上传": "request/upload",
    "通知": "notice",
    "交互": "interaction",
}


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        pytest.skip(f"no {path}")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_factor_table_is_that_of_the_standard(data_dir: Path) -> None:
    rows = _rows(data_dir / "telemetry" / "hj212_factors_water.csv")
    assert [
        (
            row["code"],
            row["name_zh"],
            row["code_2005"],
            _SYMBOLS[row["unit_concentration"]],
            _SYMBOLS[row["unit_load"]],
            row["datatype"],
        )
        for row in rows
    ] == [
        (factor.code, factor.name_zh, factor.code_2005, factor.unit, factor.load_unit, factor.data_type)
        for factor in factors().values()
    ]


def test_the_command_table_is_that_of_the_standard(data_dir: Path) -> None:
    rows = _rows(data_dir / "telemetry" / "hj212_commands.csv")
    assert [(row["cn"], row["name_zh"], _KINDS[row["type"]], row["direction"]) for row in rows] == [
        (command.cn, command.name_zh, command.kind, command.direction) for command in commands().values()
    ]


def test_the_other_editions_have_the_commands_that_are_known_of_them() -> None:
    assert set(commands("2017")) < set(commands("2025"))
    assert len(commands("2005")) == 31
    assert len(commands("2025")) == 43
    assert commands("2005")["3014"].name != commands("2017")["3014"].name
    assert commands("2025")["9015"].name == "heartbeat"


def test_every_parameter_of_the_quality_standard_has_the_same_key_in_both_tables() -> None:
    for parameter in PARAMETERS.values():
        assert factors()[parameter.hj212_code].key == parameter.key


def test_a_key_names_one_factor_only() -> None:
    keys = [factor.key for factor in factors().values() if factor.key]
    assert len(keys) == len(set(keys))


def test_every_quality_parameter_reaches_the_unit_of_its_limits() -> None:
    for parameter in PARAMETERS.values():
        factor = factors()[parameter.hj212_code]
        in_mg_per_l = factor.unit in ("mg/L", "µg/L", "ng/L")
        assert parameter.unit == ("mg/L" if in_mg_per_l else factor.unit)


def test_micrograms_and_nanograms_become_milligrams() -> None:
    assert factors()["w20111"].to_quality_unit(Decimal("0.05")) == Decimal("0.00005")
    assert factors()["w20089"].to_quality_unit(Decimal(100)) == Decimal("0.0001")
    assert factors()["w01018"].to_quality_unit(Decimal("40.1")) == Decimal("40.1")


def test_old_codes_are_understood_for_water_only() -> None:
    cod = factor_of("011", "32")
    assert cod is not None
    assert cod.key == "cod"
    assert factor_of("011", "31") is None
