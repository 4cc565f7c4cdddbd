"""Closing a month of readings into a file, and merging what came late into a new one.

The file is written, brought onto the disk, read back and compared with the database before anything else changes. Then one
transaction records the file and empties the partition. Wherever a crash falls, readings lie in one place and no other;
what is left behind is at worst a file that nothing names, which `tidy` removes.
"""

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg import sql

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import RiverchiefError, StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.archiving import ArchiveMonth, Fingerprint, fingerprint, require_unchanged
from riverchief.monitor.archive import parquet
from riverchief.monitor.archive.models import ArchivedMonth, partition_of, span_of
from riverchief.monitor.archive.parquet import Content
from riverchief.monitor.partitions import ensure
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.retrieval import file_of
from riverchief.monitor.review.models import CONDITIONS, Doubt
from riverchief.monitor.store import write

GRACE = timedelta(days=1)
"""How long a file that a merge has replaced is kept: a reader or a backup that began before may still need it."""
_CHUNK = 2000

logger = structlog.get_logger("riverchief.archive")


class ArchiveMismatch(RiverchiefError):
    """What was read back from a new file is not what the database holds; nothing was changed."""

    status, code = 500, "archive_mismatch"


@dataclass(frozen=True)
class MonthState:
    """Where the readings of a month lie. `in_database` is the delta where `archived` is not None.

    `doubts` about its values wait for a person, who could invalidate what a file holds for good: until then it is not due.
    """

    month: date
    in_database: int
    archived: ArchivedMonth | None
    doubts: int
    due: bool


def months() -> list[MonthState]:
    """Every month of which there are readings, in order, but for those of broken clocks."""
    archived = {row.month: row for row in ArchivedMonth.objects.all()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'monitor_reading'::regclass AND c.relname ~ '_[0-9]{6}$' ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            digits = table.rpartition("_")[2]
            month = date(int(digits[:4]), int(digits[4:]), 1)
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            rows = cursor.fetchone()[0]
            if rows or month in archived:
                doubts = _doubts(month)
                due = bool(rows) and month < _open_from() and not doubts
                found.append(MonthState(month, rows, archived.get(month), doubts, due))
    return found


def _doubts(month: date) -> int:
    """Open doubts about readings of a month."""
    start, end = span_of(month)
    return (
        Doubt.objects.filter(state=Doubt.State.OPEN, first_at__lt=end, last_at__gte=start)
        .exclude(rule__in=CONDITIONS)
        .count()
    )


def _open_from() -> date:
    """The first month that the rule leaves open."""
    days = get_rule("monitor.archive")["days_after_end"]
    return (clock.today() - timedelta(days=days)).replace(day=1)


def close_due() -> list[ArchivedMonth]:
    """Close every month that the rule wants closed, merge what came late, and clear away what nothing names any more.

    Raises:
        RiverchiefError, OperationalError: the first reason why a month was left as it was; the others are done.
    """
    done: list[ArchivedMonth] = []
    failures: list[Exception] = []
    for state in months():
        if state.due:
            # A month that cannot be closed now must not keep the others open.
            try:
                done.append(close(state.month))
            except (RiverchiefError, OperationalError) as error:
                logger.warning("month not archived", month=f"{state.month:%Y-%m}", error=str(error))
                failures.append(error)
    tidy()
    if failures:
        raise failures[0]
    return done


def close(month: date) -> ArchivedMonth:
    """Bring the readings of a month that is over into a file, whether it has one already or not.

    Raises:
        StateRefused: the month is not over, doubts about it are open, it has no readings in the database, or got some in the
            meantime.
        ArchiveMismatch: what was read back is not what was to be written.
    """
    month = month.replace(day=1)
    if span_of(month)[1] > clock.now():
        raise StateRefused(
            f"{month:%Y-%m} 尚未结束，不能归档。|{month:%Y-%m} is not over: it cannot be archived.",
            cure="请在月末之后再归档。|Archive it after its end.",
        )
    if doubts := _doubts(month):
        raise StateRefused(
            f"{month:%Y-%m} 有 {doubts} 条数据疑问待审核，暂不能归档。"
            f"|{doubts} doubts about readings of {month:%Y-%m} wait for a review: it cannot be archived yet.",
            cure="请先在审核队列中处理（riverchief review list）。|Decide them first (`riverchief review list`).",
        )
    ensure([("monitor_reading", span_of(month)[0])])
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone():
        before = ArchivedMonth.objects.filter(pk=month).first()
        if before is not None:
            _settle(before)
        mark = fingerprint(month)
        if not mark.rows:
            raise StateRefused(
                f"{month:%Y-%m} 在数据库中没有读数。|The database holds no readings of {month:%Y-%m}.",
                cure="用 riverchief archive --status 查看各月。|`riverchief archive --status` lists the months.",
            )
        # A name of its own: a file that is named is never written again.
        file = _folder() / f"{month:%Y-%m}.{secrets.token_hex(8)}.parquet"
        content = _write(month, before, file, mark)
        return ArchiveMonth(actor=SYSTEM, month=month, file=file, content=content, mark=mark).run()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One at a time, whoever asks; the database lets go when the process ends, however it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('monitor.archive', 0))")
        if not cursor.fetchone()[0]:
            raise StateRefused(
                "另一进程正在归档。|Another process is archiving.", cure="请稍后再试。|Try again later."
            )
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('monitor.archive', 0))")


def _write(month: date, before: ArchivedMonth | None, file: Path, mark: Fingerprint) -> Content:
    """Write the file of a month under its name, if what is read back from it is what it must hold; tells what that is."""
    rows, draft = file.with_suffix(".csv"), file.with_suffix(".draft")
    try:
        _copy(month, rows)
        wanted = _content(month)
        # Else a reading that came between the two would pass for a fault of the disk.
        require_unchanged(month, mark)
        if before is None:
            parquet.write(rows, draft)
        else:
            replaced = parquet.write_merged(file_of(before), rows, draft)
            wanted += Content(before.rows, before.checksum) - replaced
        found = parquet.content_of(draft)
        if found != wanted:
            raise ArchiveMismatch(
                f"{month:%Y-%m} 的归档文件与数据库不一致（{found}，应为 {wanted}），未作任何改动。"
                f"|The archive of {month:%Y-%m} differs from the database ({found} instead of {wanted}); nothing was changed.",
                cure="请检查磁盘后重试。|Check the disk, then try again.",
            )
        draft.replace(file)
    finally:
        rows.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
    parquet.synchronise(file)
    return found


def _copy(month: date, target: Path) -> None:
    """The rows of a partition in the order of their keys, as text in a file."""
    query = sql.SQL(
        "COPY (SELECT {} FROM {} ORDER BY station_id, parameter, kind, period_start) TO STDOUT {}"
    ).format(sql.SQL(parquet.COLUMN_LIST), sql.Identifier(partition_of(month)), sql.SQL(parquet.COPY_OPTIONS))
    with connection.cursor() as cursor, target.open("xb") as file, cursor.copy(query) as copy:
        for block in copy:
            file.write(block)


def _content(month: date) -> Content:
    with connection.cursor() as cursor:
        cursor.execute(parquet.CHECKSUM_IN_DATABASE + partition_of(month))
        return Content.of(cursor.fetchone())


def _settle(month: ArchivedMonth) -> None:
    """Make the delta say what stands: the archived readings of its keys go back, and what came late is stored over them.

    By the store itself, so that late data of a closed month count as they would have in an open one. To readers it says
    the same as before, and settling again changes nothing.
    """
    columns, table = sql.SQL(parquet.COLUMN_LIST), sql.Identifier(partition_of(month.month))
    after: tuple[Any, ...] = (0, "", "", span_of(month.month)[0])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table))
        while late := _next_rows(cursor, columns, table, after):
            keys = [row.key for row in late]
            after = keys[-1]
            cursor.execute(
                sql.SQL(
                    "DELETE FROM {} WHERE (station_id, parameter, kind, period_start) "
                    "BETWEEN (%s, %s, %s, %s) AND (%s, %s, %s, %s)"
                ).format(table),
                [*keys[0], *after],
            )
            write(cursor, [], parquet.of_keys(file_of(month), keys), examine=False)
            write(cursor, [], late, examine=False)


def _next_rows(
    cursor: Any, columns: sql.SQL, table: sql.Identifier, after: Sequence[Any]
) -> list[ReadingRow]:
    cursor.execute(
        sql.SQL(
            "SELECT {} FROM {} WHERE (station_id, parameter, kind, period_start) > (%s, %s, %s, %s) "
            "ORDER BY station_id, parameter, kind, period_start LIMIT %s"
        ).format(columns, table),
        [*after, _CHUNK],
    )
    return [ReadingRow(*row) for row in cursor.fetchall()]


def tidy() -> list[str]:
    """Remove what no archived month needs any more: files replaced a day ago, and leavings of a run that was cut off."""
    now = clock.now()
    needed = set()
    for row in ArchivedMonth.objects.all():
        needed.add(row.file)
        if row.merged_at is not None and row.merged_at > now - GRACE:
            needed.add(row.previous_file)
    old = [
        path
        for path in _folder().glob("*")
        if path.is_file() and path.name not in needed and path.stat().st_mtime < (now - GRACE).timestamp()
    ]
    for path in old:
        path.unlink()
    return sorted(path.name for path in old)


def _folder() -> Path:
    return Path(settings.RIVERCHIEF_ARCHIVE_DIR)
