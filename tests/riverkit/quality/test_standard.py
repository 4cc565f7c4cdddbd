"""The package's copy of GB 3838-2002 table 1 against the supplied list."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from riverkit.errors import StandardError
from riverkit.quality import PARAMETERS, standard

# The supplied list calls these differently, and has a row of its own for phosphorus in lakes.
_KEYS = {
    "water_temperature": "wt",
    "oil": "petroleum",
    "s2": "sulfide",
    "fecal_coliform": "coliform",
    "tp_lake": "tp",
}
_RULES = {"none": "none", "range": "range", "ge": "at_least", "le": "at_most"}
_CLASSES = ("I", "II", "III", "IV", "V")


def test_every_limit_is_that_of_the_standard(data_dir: Path) -> None:
    path = data_dir / "standards" / "gb3838_table1.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {_KEYS.get(row["key"], row["key"]) for row in rows} == set(PARAMETERS)
    for row in rows:
        parameter = PARAMETERS[_KEYS.get(row["key"], row["key"])]
        assert parameter.no == int(row["no"])
        assert parameter.hj212_code == row["hj212_code"]
        assert parameter.rule == _RULES[row["direction"]]
        assert parameter.name_zh == row["name_zh"].partition("(")[0]
        assert parameter.unit == {"℃": "°C", "": "1", "个/L": "1/L"}.get(row["unit"], row["unit"])
        if parameter.rule == "none":
            assert parameter.limits == {}
            continue
        expected = (
            tuple(Decimal(row[name]) for name in _CLASSES)
            if parameter.rule != "range"
            else (Decimal(6), Decimal(9))
        )
        only_lake = row["key"] in ("tp_lake", "tn")
        only_river = row["key"] == "tp"
        if not only_lake:
            assert parameter.limits["river"] == expected
        if not only_river:
            assert parameter.limits["lake"] == expected


def test_twenty_four_items_of_which_twenty_one_make_the_class() -> None:
    rules = standard()
    assert len(rules.parameters) == 24
    assert set(rules.parameters) - set(rules.assessed) == {"wt", "tn", "coliform"}


def test_nitrogen_has_limits_in_lakes_only() -> None:
    assert set(PARAMETERS["tn"].limits) == {"lake"}


def test_limits_become_laxer_from_class_to_class() -> None:
    for parameter in PARAMETERS.values():
        for limits in parameter.limits.values():
            if parameter.rule != "none":
                assert list(limits) == sorted(limits, reverse=parameter.rule == "at_least")


def test_the_standard_tells_its_source_and_validity() -> None:
    rules = standard("GB 3838-2002")
    assert rules.valid_from == date(2002, 6, 1)
    assert rules.valid_to is None
    assert "table 1" in rules.source
    assert rules.data_version


def test_parameters_are_found_by_their_telemetry_code() -> None:
    found = standard().of_hj212_code("w01019")
    assert found is not None
    assert found.key == "codmn"
    assert standard().of_hj212_code("w99999") is None


def test_an_unknown_standard_or_parameter_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(StandardError, match="GB 3838-2002"):
        standard("GB 3838-1988")
    with pytest.raises(StandardError, match="codmn"):
        standard().parameter("cod_mn")
