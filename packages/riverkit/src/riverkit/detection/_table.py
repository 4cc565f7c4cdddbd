"""A station's readings from a CSV file: a column of times, a column for each parameter, perhaps rain."""

import csv
import gzip
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from riverkit.errors import DetectionError

from .measured import Array

_TIMES = ("time", "datetime", "timestamp", "time_s", "监测时间", "时间")
_FLAG = "_flag"
_EMPTY = ("", "-", "--", "nan", "na", "null")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class StationTable:
    """Times (N,) in s as the file's clock shows them; each parameter's readings (N,) with NaN for no value."""

    time_s: Array
    values: dict[str, Array]
    flags: dict[str, list[str | None]]
    """Data flags of the parameters that have a column of them, called <parameter>_flag."""
    rain_mm: Array | None


def read_station(path: Path, *, columns: Sequence[str] = (), rain: str | None = None) -> StationTable:
    """Read a CSV table, plain or gzipped, in order of time; `columns` are the parameters, by default every other column.

    Raises DetectionError naming row, column and cure.
    """
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if raw.startswith(_GZIP) else raw).decode("utf-8-sig")
    except (UnicodeDecodeError, gzip.BadGzipFile) as error:
        raise DetectionError(f"{path} is not a UTF-8 table ({error}); save it as CSV UTF-8") from error
    reader = csv.DictReader(io.StringIO(text))
    header = list(reader.fieldnames or ())
    clock = next((name for name in header if name.strip().lower() in _TIMES), None)
    if clock is None:
        raise DetectionError(f"{path} has no column of times; call it one of {', '.join(_TIMES)}")
    wanted = list(columns) or [
        name for name in header if name not in (clock, rain) and not name.endswith(_FLAG)
    ]
    for name in (*wanted, *([rain] if rain else [])):
        if name not in header:
            raise DetectionError(f"{path} has no column {name!r}; it has {', '.join(header)}")
    rows = sorted(
        ((_moment(row[clock], path, line), line, row) for line, row in enumerate(reader, start=2)),
        key=lambda each: each[:2],
    )
    if not rows:
        raise DetectionError(f"{path} has no readings below its header")
    values = {name: _column(rows, name, path) for name in wanted}
    flags: dict[str, list[str | None]] = {
        name: [row[name + _FLAG] or None for _, _, row in rows] for name in wanted if name + _FLAG in header
    }
    return StationTable(
        np.array([moment for moment, _, _ in rows]),
        values,
        flags,
        _column(rows, rain, path) if rain else None,
    )


Row = tuple[float, int, dict[str, str]]


def _column(rows: Sequence[Row], name: str, path: Path) -> Array:
    column = np.full(len(rows), np.nan)
    for place, (_, line, row) in enumerate(rows):
        cell = (row[name] or "").strip()
        if cell.lower() in _EMPTY:
            continue
        try:
            column[place] = float(cell)
        except ValueError as error:
            raise DetectionError(
                f"{path} row {line}, column {name}: {cell!r} is no number; leave the cell empty where there is "
                "no value, or name the columns to read with --parameter"
            ) from error
    return column


def _moment(cell: str | None, path: Path, line: int) -> float:
    text = (cell or "").strip().replace("/", "-")
    try:
        number = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise DetectionError(
                f"{path} row {line}: {text!r} is no time; write 2026-05-01 08:00 or seconds since 1970"
            ) from error
        return moment.replace(tzinfo=UTC).timestamp() if moment.tzinfo is None else moment.timestamp()
    if not math.isfinite(number):
        raise DetectionError(f"{path} row {line}: {text!r} is no time; leave the row out")
    return number
