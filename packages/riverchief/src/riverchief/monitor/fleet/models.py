"""What every day brought of a station, and the stoppages that somebody has announced."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import User
from riverchief.monitor.announced import Entry
from riverchief.registry.models import Station


class DailyCount(models.Model):
    """How many readings of one parameter and kind came of a day of Asia/Shanghai, by what they are worth.

    `sent` of any flag; `stopped` with flag F; `valid` with flag N and a value. `step_s` is the usual interval within the
    day (the lower median), 0 where one reading came; `hours` has a bit set for each hour with a reading, in whole hours from
    the day's first one on: bit 24 is one just before midnight that the next day counts for. What a laboratory found counts for nothing: no device sent it. Kept beside the daily values, by the same roll-up.
    """

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="daily_counts")
    parameter = models.CharField(max_length=40)
    kind = models.CharField(max_length=8)
    day = models.DateField()
    sent = models.PositiveIntegerField()
    stopped = models.PositiveIntegerField()
    valid = models.PositiveIntegerField()
    step_s = models.FloatField()
    hours = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("station", "parameter", "kind", "day"), name="daily_count_once"),
            models.CheckConstraint(
                condition=Q(sent__gte=F("stopped") + F("valid")), name="daily_count_of_readings"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.parameter} {self.day}"


class Stoppage(models.Model):
    """An announced stoppage 停运: from `since` on a station is not expected to say anything, until `until` if that is known.

    Ended or withdrawn before its time it keeps its row, with `ended_at`. A station that says by flag F that it is stopped
    needs none.
    """

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="stoppages")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300)
    announced_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    announced_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-since", "-id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("station",),
                condition=Q(ended_at__isnull=True, until__isnull=True),
                name="one_open_stoppage",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="stoppage_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="stoppage_ended_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="stoppage_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.since:%F %R}"

    @property
    def entry(self) -> Entry:
        """Who entered it when."""
        return Entry(self.since, self.announced_at, self.announced_by)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends or was ended, whichever is sooner; None while nobody knows."""
        known = [at for at in (self.until, self.ended_at) if at is not None]
        return min(known) if known else None

    @property
    def chain(self) -> str:
        """The chain of the log that tells of it: the station's."""
        return f"station:{self.station_id}"
