"""Readings in Parquet files, by way of DuckDB: written, read back and asked. Knows nothing of the database.

A file is never changed once it has its name. Values go there and come back bit for bit: the checksum of a file is the sum,
over its rows, of a hash of every column, the same that `CHECKSUM_IN_DATABASE` computes of a table. A sum, so that it does
not depend on the order of rows, and that of a merge can be told from those of its parts.
"""

# ruff: noqa: S608 - names of columns and of our own files are written into statements, values never
import glob
import hashlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from riverchief.base.errors import RiverchiefError
from riverchief.monitor.readings import ReadingRow

BLOCK = 1 << 20
KEY = ("station_id", "parameter", "kind", "period_start")
_KEY_LIST = ", ".join(KEY)

_TYPES = {
    **dict.fromkeys(ReadingRow._fields, "VARCHAR"),
    **dict.fromkeys(("station_id", "packet_id"), "BIGINT"),
    **dict.fromkeys(("period_start", "sampled_at", "received_at"), "TIMESTAMPTZ"),
    **dict.fromkeys(("value", "raw_value", "minimum", "maximum", "load"), "DOUBLE"),
}
_SINCE = "raw_flag"
"""A column that files of before it lack: it is NULL there, and adds nothing to a checksum where it is."""
COLUMN_LIST = ", ".join(_TYPES)
_TIMES = frozenset(name for name, kind in _TYPES.items() if kind == "TIMESTAMPTZ")

# A row of a station and month lies together: of a large file only a few groups of rows are read for it.
_FORMAT = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 61440"
_MEMORY = "512MB"
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
# PostgreSQL counts the microseconds of a time from 2000 on.
_YEAR_2000_US = 946_684_800_000_000


class ArchiveUnreadable(RiverchiefError):
    """A file of archived readings is missing or damaged."""

    status, code = 503, "archive_unreadable"


@contextmanager
def _reading(paths: Iterable[Path]) -> Iterator[None]:
    """Name the files that cannot be read; damage is told by DuckDB in many ways, lack of memory in one of its own."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        names = ", ".join(map(str, paths))
        raise ArchiveUnreadable(
            f"归档读数文件 {names} 无法读取：{error}|The archived readings in {names} cannot be read: {error}",
            cure="请从备份恢复该文件。|Restore the file from a backup.",
        ) from error


# -- checksums


def _in_database(name: str, kind: str) -> str:
    if name == _SINCE:
        return name
    match kind:
        case "TIMESTAMPTZ":
            return f"encode(timestamptz_send({name}), 'hex')"
        case "DOUBLE":
            return f"coalesce(CASE WHEN {name} = 'NaN' THEN 'nan' ELSE encode(float8send({name}), 'hex') END, '~')"
        case _:
            return f"coalesce({name}::text, '~')"


def _in_file(name: str, kind: str) -> str:
    if name == _SINCE:
        return name
    match kind:
        case "TIMESTAMPTZ":
            return f"printf('%016x', epoch_us({name}) - {_YEAR_2000_US})"
        case "DOUBLE":
            return f"coalesce(CASE WHEN isnan({name}) THEN 'nan' ELSE printf('%016x', {name}::BIT::BIGINT) END, '~')"
        case _:
            return f"coalesce({name}::VARCHAR, '~')"


_DATABASE_TEXT = ", ".join(_in_database(name, kind) for name, kind in _TYPES.items())
_FILE_TEXT = ", ".join(_in_file(name, kind) for name, kind in _TYPES.items())
CHECKSUM_IN_DATABASE = (
    "SELECT count(*), coalesce(sum("
    f"('x' || left(md5(concat_ws('|', {_DATABASE_TEXT})), 15))::bit(60)::bigint), 0) FROM "
)
"""To be completed by the name of a table of readings; answers how many rows, and their checksum."""
_CHECKSUM_IN_FILE = (
    f"SELECT count(*), coalesce(sum(('0x' || left(md5(concat_ws('|', {_FILE_TEXT})), 15))::BIGINT), 0) FROM "
)

# What PostgreSQL is to write for `write`: the times in UTC, nothing told from an empty text by its own mark.
COPY_OPTIONS = r"(FORMAT csv, NULL '\N')"


@dataclass(frozen=True)
class Content:
    """How many rows, and the checksum over all of their values."""

    rows: int
    checksum: Decimal

    @classmethod
    def of(cls, found: Sequence[Any]) -> "Content":
        """From what a database says: count and sum."""
        return cls(int(found[0]), Decimal(int(found[1])))

    def __add__(self, other: "Content") -> "Content":
        return Content(self.rows + other.rows, self.checksum + other.checksum)

    def __sub__(self, other: "Content") -> "Content":
        return Content(self.rows - other.rows, self.checksum - other.checksum)


# -- writing


def write(rows: Path, target: Path) -> None:
    """Write the rows of a file that PostgreSQL has copied out (`COPY_OPTIONS`), in their order, to a Parquet file."""
    with _workshop(target.parent) as workshop:
        workshop.execute(f"COPY (SELECT * FROM {_copied(rows)}) TO '{_quoted(target)}' ({_FORMAT})")


def write_merged(before: Path, rows: Path, target: Path) -> Content:
    """Write an archive anew with rows in the place of those of the same keys; tells what it no longer holds."""
    old, new = _stored([before]), _copied(rows)
    with _workshop(target.parent) as workshop, _reading([before]):
        workshop.execute(f"CREATE TABLE late AS SELECT * FROM {new}")
        replaced = workshop.execute(
            f"{_CHECKSUM_IN_FILE} (SELECT old.* FROM {old} old SEMI JOIN late USING ({_KEY_LIST}))"
        ).fetchone()
        workshop.execute(
            f"COPY (SELECT old.* FROM {old} old ANTI JOIN late USING ({_KEY_LIST}) UNION ALL SELECT * FROM late "
            f"ORDER BY {_KEY_LIST}) TO '{_quoted(target)}' ({_FORMAT})"
        )
    assert replaced is not None
    return Content.of(replaced)


def _stored(paths: Sequence[Path]) -> str:
    """The rows of files, whether they have the column of later ones or not."""
    return (
        f"(SELECT * FROM read_parquet({_list(paths)}, union_by_name = true) "
        f"UNION ALL BY NAME SELECT NULL::{_TYPES[_SINCE]} AS {_SINCE} WHERE false)"
    )


def _copied(rows: Path) -> str:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _TYPES.items())
    return (
        f"read_csv({_list([rows])}, columns = {{{columns}}}, auto_detect = false, header = false, delim = ',', "
        r"""quote = '"', escape = '"', nullstr = '\N', allow_quoted_nulls = false, parallel = false)"""
    )


def synchronise(path: Path) -> None:
    """Have a file on the disk, its name as well."""
    for each, flags in ((path, os.O_RDWR), (path.parent, os.O_RDONLY)):
        descriptor = os.open(each, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# -- reading


def content_of(path: Path) -> Content:
    """What is really in a file, read to its end."""
    with _workshop(path.parent) as workshop, _reading([path]):
        found = workshop.execute(f"{_CHECKSUM_IN_FILE} {_stored([path])}").fetchone()
    assert found is not None
    return Content.of(found)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def select(
    paths: Sequence[Path],
    columns: Sequence[str],
    *,
    stations: Sequence[int],
    start: datetime,
    end: datetime,
    parameters: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    measured: bool = False,
    last: int | None = None,
    distinct: bool = False,
) -> list[tuple[Any, ...]]:
    """Columns of the readings in files, in order of time, as `retrieval.retrieve` means it."""
    conditions = ["period_start BETWEEN ? AND ?", f"station_id IN ({_marks(stations)})"]
    values: list[Any] = [start, end, *stations]
    for name, wanted in (("parameter", parameters), ("kind", kinds)):
        if wanted is not None:
            conditions.append(f"{name} IN ({_marks(wanted)})")
            values += wanted
    if measured:
        conditions.append("flag = 'N' AND value IS NOT NULL")
    shown = ", ".join(_shown(name) for name in columns)
    order = "" if distinct else f"ORDER BY period_start {'DESC' if last else ''}"
    query = (
        f"SELECT {'DISTINCT' if distinct else ''} {shown} FROM {_stored(paths)} "
        f"WHERE {' AND '.join(conditions)} {order} {f'LIMIT {last}' if last else ''}"
    )
    rows = _rows(query, values, columns, paths)
    return rows[::-1] if last else rows


def of_keys(path: Path, keys: Sequence[Sequence[Any]]) -> list[ReadingRow]:
    """The rows of a file that have these keys."""
    wanted = ", ".join(f"unnest(?::{_TYPES[name]}[]) AS {name}" for name in KEY)
    shown = ", ".join(_shown(name) for name in _TYPES)
    query = f"SELECT {shown} FROM {_stored([path])} SEMI JOIN (SELECT {wanted}) USING ({_KEY_LIST})"
    rows = _rows(query, [list(column) for column in zip(*keys, strict=True)], tuple(_TYPES), [path])
    return [ReadingRow(*row) for row in rows]


def _rows(
    query: str, values: Sequence[Any], columns: Sequence[str], paths: Sequence[Path]
) -> list[tuple[Any, ...]]:
    """The rows of an answer. Column by column, since DuckDB makes Python's values of whole columns in half the time."""
    with _reading(paths):
        found = _shared().cursor().execute(query, values).fetchnumpy()
    parts = []
    for name in columns:
        part = found[name].tolist()  # what is masked, for there is nothing, becomes None
        parts.append([_1970 + timedelta(0, 0, since) for since in part] if name in _TIMES else part)
    return list(zip(*parts, strict=True))


def _shown(name: str) -> str:
    return f"epoch_us({name}) AS {name}" if name in _TIMES else name


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _list(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(f"'{_quoted(Path(glob.escape(str(path))))}'" for path in paths) + "]"


# -- DuckDB

_lock = threading.Lock()
_connection: duckdb.DuckDBPyConnection | None = None


def _connect(temp_directory: str) -> duckdb.DuckDBPyConnection:
    # Nothing is fetched from anywhere: what is needed is in the wheel.
    connection = duckdb.connect(
        config={
            "memory_limit": _MEMORY,
            "temp_directory": temp_directory,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    # A file never changes, so its footer need be read once only.
    connection.execute("SET parquet_metadata_cache = true")
    return connection


def _shared() -> duckdb.DuckDBPyConnection:
    """The connection of this process for reading; each reader takes a cursor of it."""
    global _connection
    with _lock:
        if _connection is None:
            _connection = _connect("")
        return _connection


@contextmanager
def _workshop(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one long piece of work, which may put aside what does not fit into memory."""
    connection = _connect(str(folder / ".duckdb"))
    try:
        yield connection
    finally:
        connection.close()
