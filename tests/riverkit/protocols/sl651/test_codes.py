"""The package's tables against the supplied list of the standard, and against each other."""

import csv
import re
from pathlib import Path

import pytest
from riverkit.protocols.sl651 import element_named, element_of, elements, functions
from riverkit.quality import PARAMETERS

_SYMBOLS = {
    "毫米": "mm",
    "0.1毫米": "mm",
    "米": "m",
    "0.01米": "m",
    "摄氏度": "°C",
    "平方米": "m2",
    "百帕": "hPa",
    "百分比": "%",
    "孔": "openings",
    "台": "pumps",
    "立方米/秒": "m3/s",
    "万吨": "1e4 t",
    "米/秒": "m/s",
    "伏特": "V",
    "安培": "A",
    "千克/立方米": "kg/m3",
    "毫克/升": "mg/L",
    "微西门/厘米": "µS/cm",
    "度": "NTU",
    "毫伏": "mV",
    "千帕": "kPa",
    "立方米": "m3",
    "立方米/小时": "m3/h",
    "小时.分钟": "h.min",
    "字节": "byte",
    "KB": "kB",
    "": "",
}


def test_the_element_table_is_that_of_the_standard(data_dir: Path) -> None:
    path = data_dir / "telemetry" / "sl651_elements.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["id"].rstrip("H"): row for row in csv.DictReader(file)}
    assert set(rows) == set(elements())
    for lead, row in rows.items():
        element = elements()[lead]
        assert (element.symbol, element.name_zh, element.unit) == (
            row["symbol"],
            row["name_zh"],
            _SYMBOLS[row["unit"]],
        )
        number = re.fullmatch(r"N\((\d+),?(\d*)\)", row["format"])
        if element.kind == "number" and number:
            assert (element.digits, element.decimals) == (int(number[1]), int(number[2] or 0)), lead
        elif element.kind == "number":
            assert row["format"] == "HH.mm"


def test_every_element_has_two_names_and_its_own_symbol() -> None:
    assert len({element.symbol for element in elements().values()}) == len(elements()) == 131
    assert all(element.name and element.name_zh for element in elements().values())


def test_a_key_names_one_element_only_and_has_the_unit_of_the_quality_standard() -> None:
    keyed = {element.key: element for element in elements().values() if element.key}
    assert len(keyed) == sum(element.key is not None for element in elements().values())
    for key, parameter in PARAMETERS.items():
        if key in keyed and key != "ph":
            assert keyed[key].unit == parameter.unit, key


def test_lead_ins_and_symbols_do_not_mix() -> None:
    assert element_of("4C") is element_named("NH4N")
    assert element_of("AC") is None
    assert element_named("AC") is element_of("01")


@pytest.mark.parametrize("symbol", ["DRD01", "DRH06", "DRN05"])
def test_a_time_step_has_its_length_in_its_symbol(symbol: str) -> None:
    assert element_named(symbol) is elements()["04"]


def test_functions_have_codes_in_upper_case_hex_and_two_names() -> None:
    assert len(functions()) == 30
    for code, function in functions().items():
        assert re.fullmatch("[0-9A-F]{2}", code)
        assert function.name
        assert function.name_zh
        assert function.up is not None
    assert functions()["2F"].down is None
