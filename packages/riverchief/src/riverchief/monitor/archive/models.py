"""Which months of readings lie in a file, and what must be found in it."""

from datetime import date, datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from riverchief.base.clock import SHANGHAI


class ArchivedMonth(models.Model):
    """A month (of Asia/Shanghai) whose readings lie in a Parquet file.

    The row and the emptied partition are one commit, so that a reading is in exactly one of both places. What the
    partition holds of such a month came later: the delta, which holds over the file until it is merged into a new one.
    `checksum` is that of `parquet`, over every value of every row; `sha256` that of the file. `previous_file` is what a
    reader or a backup that began before the last merge may still need.
    """

    month = models.DateField(primary_key=True)
    file = models.CharField(max_length=60, unique=True)
    previous_file = models.CharField(max_length=60, blank=True)
    rows = models.BigIntegerField()
    checksum = models.DecimalField(max_digits=40, decimal_places=0)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    closed_at = models.DateTimeField()
    merged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("month",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(month__day=1), name="archived_month_begins_on_its_first"),
            models.CheckConstraint(
                condition=Q(rows__gt=0, size__gt=0), name="archived_month_holds_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first instant of the month, and that of the next."""
        return span_of(self.month)


def span_of(month: date) -> tuple[datetime, datetime]:
    """The first instant of a month (a date in it) in Asia/Shanghai, and that of the next month."""
    first = datetime(month.year, month.month, 1, tzinfo=SHANGHAI)
    following = (month.year + month.month // 12, month.month % 12 + 1)
    return first, datetime(*following, 1, tzinfo=SHANGHAI)


def partition_of(month: date) -> str:
    """The name of the partition of the readings of a month."""
    return f"monitor_reading_{month:%Y%m}"
