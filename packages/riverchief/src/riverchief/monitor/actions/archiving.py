"""The step at which a month of readings passes from the database to its file."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, NamedTuple

from django.db import connection
from psycopg import sql

from riverchief.base import clock
from riverchief.base.actions import Action, require_system
from riverchief.base.errors import StateRefused
from riverchief.monitor.archive import parquet
from riverchief.monitor.archive.models import ArchivedMonth, partition_of
from riverchief.monitor.archive.parquet import Content


class Fingerprint(NamedTuple):
    """By what it is told whether a partition has changed: rows, and a sum over them that is quick to compute."""

    rows: int
    total: Decimal


def fingerprint(month: date) -> Fingerprint:
    """The fingerprint of the partition of a month."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT count(*), coalesce(sum(hash_record_extended(r, 0)), 0) FROM {} r").format(
                sql.Identifier(partition_of(month))
            )
        )
        return Fingerprint(*cursor.fetchone())


def require_unchanged(month: date, mark: Fingerprint) -> None:
    """Raise `StateRefused` if the partition of a month no longer has a fingerprint."""
    if fingerprint(month) != mark:
        raise StateRefused(
            f"归档期间 {month:%Y-%m} 又有读数到达。|Readings of {month:%Y-%m} came in while it was archived.",
            cure="请稍后再试。|Try again later.",
        )


@dataclass(kw_only=True)
class ArchiveMonth(Action[ArchivedMonth]):
    """Record the file of a month and empty its partition, if that is still what the file was written from.

    Attributes:
        mark: of the partition, taken before its rows were copied out.
    """

    name: ClassVar[str] = "readings.archive"
    month: date
    file: Path
    content: Content
    mark: Fingerprint

    def load(self) -> None:
        """Keep writers out for the moment; wait for nobody who is busy with the month for long."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(self._on("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE"))

    def check_permission(self) -> None:
        """The system's own housekeeping; whoever holds the command line is the system."""
        require_system(self.actor)

    def check_state(self) -> None:
        """Refuse if a reading came while the file was written: it would be lost."""
        require_unchanged(self.month, self.mark)

    def execute(self) -> ArchivedMonth:
        """Both at once: before the commit the partition holds, after it the file."""
        now = clock.now()
        before = ArchivedMonth.objects.filter(pk=self.month).first()
        row = ArchivedMonth(
            month=self.month,
            file=self.file.name,
            previous_file=before.file if before else "",
            rows=self.content.rows,
            checksum=self.content.checksum,
            sha256=parquet.sha256_of(self.file),
            size=self.file.stat().st_size,
            closed_at=before.closed_at if before else now,
            merged_at=now if before else None,
        )
        row.save()
        with connection.cursor() as cursor:
            cursor.execute(self._on("TRUNCATE {}"))
        self.log(
            f"readings:{self.month:%Y-%m}",
            file=row.file,
            rows=row.rows,
            checksum=str(row.checksum),
            sha256=row.sha256,
            merged=before is not None,
        )
        return row

    def _on(self, statement: str) -> sql.Composed:
        return sql.SQL(statement).format(sql.Identifier(partition_of(self.month)))
