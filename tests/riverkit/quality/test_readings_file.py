"""Readings from CSV files, good and bad."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from riverkit.errors import StandardError
from riverkit.quality import read_readings

HEADER = "date,section,class_pub,ph,do,codmn,nh3n,tp\n"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "readings.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_the_layout_of_the_national_centre_needs_no_mapping(data_dir: Path) -> None:
    path = data_dir / "monitoring" / "cnemc_daily_snapshot_100stations_2020-05_2021-04.csv.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    readings = read_readings(path)
    assert len(readings.line) == 32_144
    assert readings.problems == ()
    assert (readings.line[0], readings.line[-1]) == (2, 32_145)
    assert int((readings.published > 0).sum()) == 16_118 + 4_745


def test_columns_are_mapped_or_found_by_chinese_name_or_code(tmp_path: Path) -> None:
    path = write(tmp_path, "日期,断面名称,氧,高锰酸盐指数,w21003\n2020-01-02,甲,7.1,2.5,0.4\n")
    readings = read_readings(path, columns={"do": "氧"})
    assert readings.columns == {
        "section": "断面名称",
        "date": "日期",
        "do": "氧",
        "codmn": "高锰酸盐指数",
        "nh3n": "w21003",
    }
    assert readings.values["do"].tolist() == [7.1]
    assert readings.section.tolist() == ["甲"]
    assert str(readings.date[0]) == "2020-01-02"


@pytest.mark.parametrize(
    ("encoding", "found"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gbk", "gb18030")]
)
def test_utf8_and_gbk_are_told_apart(encoding: str, found: str, tmp_path: Path) -> None:
    readings = read_readings(write(tmp_path, HEADER + "2020-01-02,三岔口,Ⅲ,7,6,2,0.6,0.1\n", encoding))
    assert readings.encoding == found
    assert readings.section.tolist() == ["三岔口"]
    assert readings.published.tolist() == [3]


def test_a_damaged_utf8_file_is_refused_with_its_place_and_not_read_as_gbk(tmp_path: Path) -> None:
    text = HEADER + "2020-01-02,沿河城古北口,Ⅲ,7,6,2,0.6,0.1\n" * 3
    data = text.encode()
    at = data.rindex("口".encode())
    path = tmp_path / "damaged.csv"
    path.write_bytes(data[:at] + data[at + 1 :])
    with pytest.raises(StandardError, match=r"damaged.csv, row 4, column 2.*--encoding"):
        read_readings(path)


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "2020-01-02,三岔口,Ⅲ,7,6,2,0.6,0.1\n", "utf-16")
    assert read_readings(path, encoding="utf-16").section.tolist() == ["三岔口"]
    with pytest.raises(StandardError, match="row 1, column 1"):
        read_readings(path, encoding="utf-8")
    with pytest.raises(StandardError, match="no encoding"):
        read_readings(path, encoding="klingon")


def test_bad_cells_and_rows_are_reported_with_row_and_column_and_the_rest_is_kept(tmp_path: Path) -> None:
    rows = [
        "2020-01-01,a,Ⅱ,7,8,2,0.1,0.02",
        "2020-01-02,a,Ⅱ,7,8,2,O.1,0.02",
        "2020-01-03,a,Ⅱ,17,8,-2,0.1,0.02",
        "2020-13-05,a,Ⅱ,7,8,2,0.1,0.02",
        "2020-01-06,a,Ⅵ,7,8,2,0.1,0.02",
        "2020-01-07,a,Ⅱ,7,8,2,0.1",
        "2020-01-08,a,-,7,8,2,,--",
    ]
    readings = read_readings(write(tmp_path, HEADER + "\n".join(rows) + "\n"))
    assert readings.line.tolist() == [2, 3, 4, 5, 6, 8]
    assert [(problem.line, problem.column) for problem in readings.problems] == [
        (3, "nh3n"),
        (4, "ph"),
        (4, "codmn"),
        (5, "date"),
        (6, "class_pub"),
        (7, ""),
    ]
    assert "'O.1'" in readings.problems[0].message
    assert readings.published.tolist() == [2, 2, 2, 2, 0, 0]
    assert np.isnan(readings.values["nh3n"]).tolist() == [False, True, False, False, False, True]
    assert np.isnat(readings.date).tolist() == [False, False, False, True, False, False]


def test_headers_and_dates_are_read_as_offices_write_them(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "断面名称,监测时间,pH,溶解氧(mg/L),高锰酸盐指数（mg/L）,NH3-N,总磷(以P计) (mg/L),水质类别,备注\n"
        "a,2024/1/5 08:00,7.1,8.2,2.5,0.025L,<0.01,Ⅱ类,晴\n"
        "a,2024年1月6日,7.2,8.1,2.4,0.11,0.02,Ⅱ,雨\n",
    )
    readings = read_readings(path)
    assert set(readings.columns) == {"section", "date", "published", "ph", "do", "codmn", "nh3n", "tp"}
    assert readings.unused == ("备注",)
    assert readings.date.astype(str).tolist() == ["2024-01-05", "2024-01-06"]
    assert readings.values["nh3n"].tolist() == [0.0125, 0.11]
    assert readings.values["tp"].tolist() == [0.005, 0.02]
    assert not readings.problems


def test_a_column_in_another_unit_is_not_taken_for_milligrams(tmp_path: Path) -> None:
    readings = read_readings(write(tmp_path, "溶解氧(mg/L),总磷(μg/L)\n8,40\n"))
    assert (set(readings.columns), readings.unused) == ({"do"}, ("总磷(μg/L)",))


def test_a_mapping_to_a_column_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER)
    with pytest.raises(StandardError, match=r"oxygen.*section"):
        read_readings(path, columns={"do": "oxygen"})
    with pytest.raises(StandardError, match="cannot map 'oxygen'"):
        read_readings(path, columns={"oxygen": "do"})


def test_a_table_without_any_parameter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StandardError, match="--map"):
        read_readings(write(tmp_path, "a,b\n1,2\n"))
    with pytest.raises(StandardError, match="--map"):
        read_readings(write(tmp_path, ""))


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode())[:-9])
    with pytest.raises(StandardError, match="cannot be read"):
        read_readings(path)


def test_a_table_with_a_header_only_has_no_readings(tmp_path: Path) -> None:
    readings = read_readings(write(tmp_path, HEADER))
    assert len(readings.line) == 0
    assert readings.values["ph"].shape == (0,)
