"""Readings from a CSV file: whatever cannot be read is reported with its row and column, the rest is kept.

Headers are read as people write them: 溶解氧(mg/L), NH3-N and pH need no mapping.
"""

import csv
import gzip
import io
import math
import re
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
_BRACKETS = re.compile(r"[（(\[【](.*?)[）)\]】]")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
_BELOW_LIMIT = re.compile(r"[<＜]\s*([\d.]+)|([\d.]+)\s*L", re.IGNORECASE)
"""As laboratories write what they could not find: <0.025 or 0.025L."""
_WITHOUT_LIMIT = {"ph", "wt"}
"""What has no detection limit: half of "<7" would be a false pH."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What could not be read: its line in the file (the header is line 1), the column, what is wrong.

    Where there is no column the whole row was left out; else the cell counts as empty.
    """

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
    unused: tuple[str, ...]
    """Columns that were read for nothing."""
    encoding: str


def read_readings(
    path: Path, *, columns: Mapping[str, str] | None = None, encoding: str | None = None
) -> Readings:
    """Read a CSV file, gzipped or not.

    ``columns`` maps a parameter key, "section", "date" or "published" to a column name; columns that are called by a
    parameter's key, Chinese name or HJ 212 code need none, whatever their case and with a unit in brackets, if it is the
    standard's. A result below the detection limit (<0.025, 0.025L) counts as half of it. ``encoding`` None: UTF-8, or GBK (GB 18030) if it cannot be
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
        if len(cells) != len(header):
            message = f"{len(cells)} cells, but the header has {len(header)}; quote cells that hold commas"
            problems.append(RowProblem(reader.line_num, "", message))
            continue
        row = _Row(cells, header, index, reader.line_num)
        values = [row.value(key) for key in keys]
        kept.append((reader.line_num, row.text("section"), row.day(), row.published(), values))
        problems += row.problems
    table = np.array([values for *_, values in kept], float).reshape(len(kept), len(keys))
    return Readings(
        line=np.array([row[0] for row in kept], np.int64),
        section=np.array([row[1] for row in kept], dtype=np.str_),
        date=np.array([row[2] for row in kept], dtype="datetime64[D]"),
        published=np.array([row[3] for row in kept], np.int8),
        values={key: table[:, position].copy() for position, key in enumerate(keys)},
        problems=tuple(problems),
        columns=used,
        unused=tuple(name for name in header if name and name not in used.values()),
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
    plain = {_plain(name): name for name in reversed(header) if _in_unit_of_standard(name)}
    names = dict(_ROLES)
    names.update({key: (key, item.name_zh, item.hj212_code) for key, item in PARAMETERS.items()})
    names["ph"] += ("酸碱度",)
    for role, candidates in names.items():
        match = next((plain[_plain(name)] for name in candidates if _plain(name) in plain), None)
        if role not in used and match is not None and match not in used.values():
            used[role] = match
    if not any(key in PARAMETERS for key in used):
        raise StandardError(
            f"{path.name} has no column of a parameter; map one with --map key=column, e.g. --map do=溶解氧"
        )
    return used


def _plain(header: str) -> str:
    """A header without case, spaces, dashes, and what stands in brackets."""
    return re.sub(r"[\s_\-]+", "", _BRACKETS.sub("", header)).lower()


def _in_unit_of_standard(header: str) -> bool:
    """Whether the unit in a header's brackets, if there is one, is the one that the limits are in."""
    given = " ".join(_BRACKETS.findall(header)).lower()
    return not any(unit in given for unit in ("μg", "µg", "ug", "ng", "ppb", "mmol", "mol"))


class _Row:
    """The cells of one row by role; what cannot be read counts as empty and is reported."""

    def __init__(self, cells: list[str], header: list[str], index: Mapping[str, int], line: int) -> None:
        self._cells, self._header, self._index, self._line = cells, header, index, line
        self.problems: list[RowProblem] = []

    def text(self, role: str) -> str:
        """The cell, empty where the file has no such column."""
        return self._cells[self._index[role]].strip() if role in self._index else ""

    def value(self, key: str) -> float:
        """A parameter's value, NaN where there is none."""
        text = self.text(key)
        value = _value(key, text)
        if value is None:
            self._report(key, f"{text!r} is no possible value of {key}; correct it, or leave the cell empty")
            return math.nan
        return value

    def day(self) -> date | None:
        """The day of the reading, None where the file has none."""
        if "date" not in self._index:
            return None
        text = self.text("date")
        found = _DAY.match(text)
        try:
            return date(*map(int, found.groups())) if found else date.fromisoformat(text[:10])
        except ValueError:
            self._report("date", f"{text!r} is no date; write YYYY-MM-DD")
            return None

    def published(self) -> int:
        """The published class, 0 where there is none."""
        text = self.text("published")
        grade = WaterClass.read(text)
        if grade is None and text not in _NO_VALUE:
            self._report("published", f"{text!r} is no water class; write Ⅰ to Ⅴ or 劣Ⅴ")
        return grade or 0

    def _report(self, role: str, message: str) -> None:
        self.problems.append(RowProblem(self._line, self._header[self._index[role]], message))


def _value(key: str, text: str) -> float | None:
    """The number in a cell, NaN for an empty one, None for what is no possible value."""
    if text in _NO_VALUE:
        return math.nan
    below = _BELOW_LIMIT.fullmatch(text)
    if below and key in _WITHOUT_LIMIT:
        return None
    try:
        value = 0.5 * float(below[1] or below[2]) if below else float(text)
    except ValueError:
        return None
    lowest, highest = (-math.inf if key == "wt" else 0.0), (14.0 if key == "ph" else math.inf)
    return value if math.isfinite(value) and lowest <= value <= highest else None
