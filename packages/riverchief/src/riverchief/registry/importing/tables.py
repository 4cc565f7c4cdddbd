"""Rows from CSV (UTF-8 or GBK, decided strictly), from XLSX and from GeoJSON points."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riverchief.base.errors import InvalidInput
from riverchief.registry.importing.workbook import Lines, workbook_lines

LON, LAT = "lon", "lat"
"""The columns that a GeoJSON point becomes."""

LONLAT_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490")
"""Names of reference systems in which coordinates are longitude and latitude that we take as they are."""


EXCESS = "\0excess"
"""The column under which a row shows that it has more cells than the header."""

_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


@dataclass(frozen=True)
class Table:
    """Columns, and rows with the number by which the owner of the file finds them (line, or feature)."""

    columns: list[str]
    rows: list[tuple[int, dict[str, str]]]
    note: str


def read_table(path: Path, name: str) -> Table:
    """Read a table; `name` is what the user calls the file.

    Raises:
        InvalidInput: the file is no CSV or GeoJSON, or is in neither encoding; the message says where.
    """
    if not path.is_file():
        raise InvalidInput(f"没有文件 {name}。|There is no file {name}.", cure="请核对路径。|Check the path.")
    if path.suffix.lower() in (".geojson", ".json"):
        return storable(_geojson(path, name), name)
    if path.suffix.lower() == ".xlsx":
        return storable(_xlsx(path, name), name)
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        return storable(_csv(path.read_bytes(), name), name)
    raise InvalidInput(
        f"{name}：不认识的格式“{path.suffix}”。|{name}: unknown format “{path.suffix}”.",
        cure="请另存为 CSV、XLSX 或 GeoJSON（旧版 .xls 请先另存为 .xlsx）。"
        "|Save it as CSV, XLSX or GeoJSON (an old .xls as .xlsx).",
        field="file",
    )


def decode_text(content: bytes, name: str) -> tuple[str, str]:
    """The text and the name of its encoding: UTF-8 if every byte fits, else GB 18030 if every byte fits.

    Chinese text in GBK is hardly ever valid UTF-8, so the order decides rightly; what fits neither is refused
    rather than guessed.
    """
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as not_utf8:
        try:
            return content.decode("gb18030"), "GBK"
        except UnicodeDecodeError as not_gbk:
            line = content.count(b"\n", 0, not_gbk.start) + 1
            raise InvalidInput(
                f"{name} 既不是 UTF-8（第 {not_utf8.start} 字节）也不是 GBK（第 {not_gbk.start} 字节，第 {line} 行）。"
                f"|{name} is neither UTF-8 (byte {not_utf8.start}) nor GBK (byte {not_gbk.start}, line {line}).",
                cure="请用 Excel“另存为 CSV UTF-8”，或用记事本改存为 UTF-8。|Save it as CSV UTF-8.",
                field="file",
            ) from not_gbk


def storable(table: Table, name: str) -> Table:
    """The table; what no text in the database can hold (NUL, half of a character) is refused with its place."""
    for number, row in [(1, dict.fromkeys(table.columns, "")), *table.rows]:
        for column, cell in row.items():
            if column != EXCESS and _UNSTORABLE.search(f"{column}{cell}"):
                raise InvalidInput(
                    f"{name} 第 {number} 行“{_shown(column)}”含有无法保存的字符（NUL 或不完整的字符）。"
                    f"|{name}, row {number}, “{_shown(column)}” holds a character that cannot be kept "
                    "(NUL, or half of a character).",
                    cure="请另存为 UTF-8，并删去不可见字符。|Save it as UTF-8, without invisible characters.",
                    field="file",
                )
    return table


def _shown(text: str) -> str:
    return _UNSTORABLE.sub("�", text)


def lines_of(path: Path, name: str) -> tuple[Lines, str]:
    """The lines of a CSV or XLSX that hold anything, merged blocks filled, before anybody says which is the header; and
    what they were read as.

    Raises:
        InvalidInput: it is neither.
    """
    if path.suffix.lower() == ".xlsx":
        lines, sheet = workbook_lines(path, name, merged=True)
        return lines, f"工作表“{sheet}”|the sheet “{sheet}”"
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        lines, encoding = _csv_lines(path.read_bytes(), name)
        return lines, f"{encoding} 文本|{encoding} text"
    raise InvalidInput(
        f"{name}：名单只能是 CSV 或 XLSX。|{name}: a list is CSV or XLSX.",
        cure="请另存为 .xlsx 或 CSV。|Save it as .xlsx or CSV.",
        field="file",
    )


def _csv(content: bytes, name: str) -> Table:
    lines, encoding = _csv_lines(content, name)
    columns, rows = _below(lines, name)
    return Table(columns, rows, f"按 {encoding} 读取 {len(rows)} 行。|Read {len(rows)} rows as {encoding}.")


def _csv_lines(content: bytes, name: str) -> tuple[Lines, str]:
    text, encoding = decode_text(content, name)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t，", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(
            f"{name} 第 {start} 行有一个引号打开后，没有在该值末尾关闭。"
            f"|{name}, line {start}: a quote is opened and not closed where the value ends.",
            cure="请在该行补上或删去引号；带引号的值里面再出现引号时写两个。"
            "|Close the quote in that line, or take it away; write a quote inside a quoted value twice.",
            field="file",
        ) from error
    return lines, encoding


def _xlsx(path: Path, name: str) -> Table:
    lines, sheet = workbook_lines(path, name)
    columns, rows = _below(lines, name)
    return Table(
        columns, rows, f"从工作表“{sheet}”读取 {len(rows)} 行。|Read {len(rows)} rows of the sheet “{sheet}”."
    )


def _below(
    lines: Sequence[tuple[int, Sequence[str]]], name: str
) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The columns that the first line names, and the rows below by column."""
    if not lines:
        raise InvalidInput(
            f"{name} 是空的。|{name} is empty.", cure="第一行应为列名。|The first line names the columns."
        )
    columns = [cell.strip() for cell in lines[0][1]]
    if len(set(columns)) < len(columns):
        twice = sorted({column for column in columns if columns.count(column) > 1})
        raise InvalidInput(
            f"{name} 的列名重复：{'、'.join(twice)}|{name} has columns of one name: {', '.join(twice)}",
            cure="请给每一列不同的名称。|Give every column its own name.",
            field="file",
        )
    # A cell too many is kept under a name of its own, so that the row can be refused by whoever reads it.
    return columns, [
        (
            line,
            {
                **dict.fromkeys(columns, ""),
                **dict(zip(columns, (cell.strip() for cell in cells), strict=False)),
                **({EXCESS: "…"} if len(cells) > len(columns) else {}),
            },
        )
        for line, cells in lines[1:]
    ]


def _geojson(path: Path, name: str) -> Table:
    text, _ = decode_text(path.read_bytes(), name)
    try:
        return _collection(json.loads(text), name)
    except RecursionError as error:
        raise InvalidInput(
            f"{name} 嵌套过深。|{name} is nested too deeply.",
            cure="请导出为普通的要素集合。|Export it as a plain feature collection.",
            field="file",
        ) from error
    except ValueError as error:
        raise InvalidInput(
            f"{name} 不是 JSON：{error}|{name} is no JSON: {error}",
            cure="请重新导出。|Export it again.",
            field="file",
        ) from error


def _collection(document: Any, name: str) -> Table:
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise InvalidInput(
            f"{name} 不是 GeoJSON FeatureCollection。|{name} is no GeoJSON FeatureCollection.",
            cure="请导出为要素集合。|Export it as a feature collection.",
            field="file",
        )
    _refuse_other_crs(document, name)
    rows = [
        (number, _feature(feature, f"{name}, feature {number}"))
        for number, feature in enumerate(features, start=1)
    ]
    columns = list(dict.fromkeys(column for _, row in rows for column in row))
    filled = [(number, {**dict.fromkeys(columns, ""), **row}) for number, row in rows]
    return Table(columns, filled, f"读取 {len(rows)} 个要素。|Read {len(rows)} features.")


def _refuse_other_crs(document: Mapping[str, Any], name: str) -> None:
    if document.get("crs") is None:
        return
    crs = _object(document["crs"], "crs", name)
    stated = str(_object(crs.get("properties"), "properties", f"{name}, crs").get("name", ""))
    if not stated.endswith(LONLAT_NAMES):
        raise InvalidInput(
            f"{name} 的坐标系是 {stated}。|{name} is in the reference system {stated}.",
            cure="请转换为经纬度（CGCS2000 / EPSG:4490）。|Convert it to longitude and latitude (EPSG:4490).",
            field="file",
        )


def _object(value: Any, name: str, where: str) -> dict[str, Any]:
    """A part of the document that must be an object; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(
            f"{where}：“{name}”不是 JSON 对象。|{where}: “{name}” is no JSON object.",
            cure="请按 GeoJSON（RFC 7946）重新导出。|Export it again as GeoJSON (RFC 7946).",
            field="file",
        )
    return value


def _feature(feature: Any, where: str) -> dict[str, str]:
    feature = _object(feature, "feature", where)
    properties = _object(feature.get("properties"), "properties", where)
    row = {key: "" if value is None else str(value) for key, value in properties.items()}
    geometry = _object(feature.get("geometry"), "geometry", where)
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(coordinates, list) and len(coordinates) >= 2:
        row[LON], row[LAT] = str(coordinates[0]), str(coordinates[1])
    return row
