"""Readings from a CSV file: whatever cannot be read is reported with its row and column, the rest is kept."""

import csv
import gzip
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import StandardError

from ._classes import WaterClass
from ._standard import PARAMETERS

_GZIP = b"\x1f\x8b"
_NO_VALUE = ("", "-", "--")
# Column names that need no mapping; the national centre's daily layout is among them.
_ROLES = {
    "section": ("section", "断面", "断面名称", "station", "点位名称"),
    "date": ("date", "file_date", "日期", "time", "监测时间"),
    "published": ("class_pub", "published", "水质类别"),
}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was left out: its line in the file (the header is line 1), the column, what is wrong."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of a file, one entry per row kept.

    ``published`` is 0 where no class was published, ``date`` NaT and ``section`` "" where the file has no such column;
    ``values`` NaN where a cell is empty.
    """

    line: NDArray[np.int64]
    section: NDArray[np.str_]
    date: NDArray[np.datetime64]
    published: NDArray[np.int8]
    values: dict[str, NDArray[np.float64]]
    problems: tuple[RowProblem, ...]
    columns: dict[str, str]
    """Which column each role or parameter was read from."""
    encoding: str


def read_readings(
    path: Path, *, columns: Mapping[str, str] | None = None, encoding: str | None = None
) -> Readings:
    """Read a CSV file, gzipped or not.

    ``columns`` maps a parameter key, "section", "date" or "published" to a column name; columns that are called by a
    parameter's key, Chinese name or HJ 212 code need none. ``encoding`` None: UTF-8, or GBK (GB 18030) if it cannot be
    UTF-8. Raises StandardError if the file cannot be read as a table, naming row, column and cure.
    """
    text, found_encoding = _decoded(path, encoding)
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(reader, [])]
    used = _used_columns(header, columns or {}, path)
    index = {role: header.index(name) for role, name in used.items()}
    kept: list[tuple[int, str, date | None, int, list[float]]] = []
    problems: list[RowProblem] = []
    keys = [key for key in index if key in PARAMETERS]
    for cells in reader:
        if not cells:
            continue
        row = _row(cells, header, index, keys, reader.line_num)
        if isinstance(row, RowProblem):
            problems.append(row)
        else:
            kept.append((reader.line_num, *row))
    table = np.array([values for *_, values in kept], float).reshape(len(kept), len(keys))
    return Readings(
        line=np.array([row[0] for row in kept], np.int64),
        section=np.array([row[1] for row in kept], dtype=np.str_),
        date=np.array([row[2] for row in kept], dtype="datetime64[D]"),
        published=np.array([row[3] for row in kept], np.int8),
        values={key: table[:, position].copy() for position, key in enumerate(keys)},
        problems=tuple(problems),
        columns=used,
        encoding=found_encoding,
    )


def _decoded(path: Path, encoding: str | None) -> tuple[str, str]:
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP):
            data = gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise StandardError(f"{path.name} cannot be read: {error}; check the path and the file") from error
    try:
        return data.decode(encoding or "utf-8-sig"), encoding or "utf-8"
    except LookupError:
        raise StandardError(f"no encoding {encoding!r}; use utf-8 or gb18030") from None
    except UnicodeDecodeError as error:
        first_error = error
    # A damaged UTF-8 file would often pass as GB 18030 and give wrong names: most of its characters are still good UTF-8.
    as_utf8 = data.decode("utf-8", errors="replace")
    broken = as_utf8.count("\N{REPLACEMENT CHARACTER}")
    whole = sum(character > "\x7f" for character in as_utf8) - broken
    if encoding is None and whole <= broken:
        try:
            return data.decode("gb18030"), "gb18030"
        except UnicodeDecodeError as error:
            first_error = error
    before = data[: first_error.start]
    line_start = before.rfind(b"\n") + 1
    row, column = before.count(b"\n") + 1, before.count(b",", line_start) + 1
    raise StandardError(
        f"{path.name}, row {row}, column {column}: the bytes are not {encoding or 'UTF-8 or GBK'} text; "
        "save the file as UTF-8, or name its encoding with --encoding"
    )


def _used_columns(header: list[str], wanted: Mapping[str, str], path: Path) -> dict[str, str]:
    used: dict[str, str] = {}
    for role, name in wanted.items():
        if role not in PARAMETERS and role not in _ROLES:
            known = ", ".join([*_ROLES, *PARAMETERS])
            raise StandardError(f"cannot map {role!r}: the keys are {known}")
        if name not in header:
            raise StandardError(
                f"{path.name} has no column {name!r} (for {role}); its columns are {', '.join(header)}"
            )
        used[role] = name
    names = dict(_ROLES)
    names.update({key: (key, item.name_zh, item.hj212_code) for key, item in PARAMETERS.items()})
    for role, candidates in names.items():
        match = next((name for name in candidates if name in header), None)
        if role not in used and match is not None and match not in used.values():
            used[role] = match
    if not any(key in PARAMETERS for key in used):
        raise StandardError(
            f"{path.name} has no column of a parameter; map one with --map key=column, e.g. --map do=溶解氧"
        )
    return used


def _row(
    cells: list[str], header: list[str], index: Mapping[str, int], keys: list[str], line: int
) -> tuple[str, date | None, int, list[float]] | RowProblem:
    if len(cells) != len(header):
        return RowProblem(
            line, "", f"{len(cells)} cells, but the header has {len(header)}; quote cells that hold commas"
        )
    values = []
    for key in keys:
        text = cells[index[key]].strip()
        value = _value(key, text)
        if value is None:
            message = f"{text!r} is no possible value of {key}; correct it, or leave the cell empty"
            return RowProblem(line, header[index[key]], message)
        values.append(value)
    day: date | None = None
    if "date" in index:
        text = cells[index["date"]].strip()
        try:
            day = date.fromisoformat(text[:10].replace("/", "-"))
        except ValueError:
            return RowProblem(line, header[index["date"]], f"{text!r} is no date; write YYYY-MM-DD")
    published = 0
    if "published" in index:
        text = cells[index["published"]].strip()
        grade = WaterClass.read(text)
        if grade is None and text not in _NO_VALUE:
            return RowProblem(
                line, header[index["published"]], f"{text!r} is no water class; write Ⅰ to Ⅴ or 劣Ⅴ"
            )
        published = grade or 0
    return (cells[index["section"]].strip() if "section" in index else ""), day, published, values


def _value(key: str, text: str) -> float | None:
    """The number in a cell, NaN for an empty one, None for what is no possible value."""
    if text in _NO_VALUE:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        return None
    lowest, highest = (-math.inf if key == "wt" else 0.0), (14.0 if key == "ph" else math.inf)
    return value if math.isfinite(value) and lowest <= value <= highest else None
