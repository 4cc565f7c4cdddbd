"""The tables of power meters: which reading is which line of which outfall, announced stops, and spans worth a look."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import User
from riverchief.base.constraints import finite
from riverchief.monitor.announced import Entry
from riverchief.registry.models import Outfall, Station


class PowerMeter(models.Model):
    """A meter 用电监控点: a parameter of a station that tells how a line of the works behind an outfall runs.

    `runs_from`, in the unit of the readings, is what the line draws at least when it runs: from its plate, or measured
    when the meter was put in. `unit` is what a code of the device's own counts in, for its readings do not say. A meter that
    was taken away is retired, not deleted.
    """

    class Line(models.TextChoices):
        """What it feeds."""

        PRODUCTION = "production", "生产设施"
        TREATMENT = "treatment", "治污设施"

    outfall = models.ForeignKey(Outfall, on_delete=models.PROTECT, related_name="power_meters")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="power_meters")
    parameter = models.CharField(max_length=40)
    unit = models.CharField(max_length=4, blank=True)
    line = models.CharField(max_length=12, choices=Line.choices)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    runs_from = models.FloatField()
    registered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("outfall", "line", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("station", "parameter"), condition=Q(retired_at__isnull=True), name="power_meter_once"
            ),
            models.CheckConstraint(condition=finite("runs_from"), name="power_meter_is_finite"),
            models.CheckConstraint(condition=Q(runs_from__gt=0), name="power_meter_runs_from_something"),
            models.CheckConstraint(
                condition=Q(line__in=["production", "treatment"]), name="power_line_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outfall_id} {self.line} {self.name_zh}"

    @property
    def key(self) -> tuple[int, str]:
        """Station and parameter: whose readings are its own."""
        return self.station_id, self.parameter


class PlannedStop(models.Model):
    """An announced stop 计划停运 of the treatment at an outfall: while it lasts nothing is suspected,
    but for what was seen before it was entered. Withdrawn, not deleted."""

    outfall = models.ForeignKey(Outfall, on_delete=models.PROTECT, related_name="planned_stops")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-starts_at", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="planned_stop_ends_later"),
            models.CheckConstraint(condition=~Q(reason=""), name="planned_stop_for_a_reason"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason=""),
                name="planned_stop_withdrawn_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outfall_id} {self.starts_at:%F %R}"

    @property
    def entry(self) -> Entry:
        """Who entered it when."""
        return Entry(self.starts_at, self.entered_at, self.entered_by)

    @property
    def chain(self) -> str:
        """The chain of the log that holds the history of this stop."""
        return f"planned_stop:{self.pk}"


class IdleTreatment(models.Model):
    """A span in which meters say that production ran and treatment did not, or hardly. Suspected: for people to look at.

    `known_to`: until when the meters say so; `ended` once they said otherwise or nothing any more. Dropped at `dropped_at`
    where what it rested on fell away (an announced stop, corrected readings); it is kept, for it was told.
    """

    class Kind(models.TextChoices):
        """What is seen."""

        OFF = "off", "生产运行而治污设施未运行"
        LOW = "low", "排放时治污设施用电远低于平时"

    outfall = models.ForeignKey(Outfall, on_delete=models.PROTECT, related_name="idle_treatments")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    started_at = models.DateTimeField()
    known_to = models.DateTimeField()
    ended = models.BooleanField(default=False)
    treatment = models.FloatField()
    normal = models.FloatField()
    unit = models.CharField(max_length=16)
    rules_version = models.CharField(max_length=20)
    told_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=finite("treatment", "normal"), name="idle_treatment_is_finite"),
            models.CheckConstraint(condition=Q(known_to__gt=F("started_at")), name="idle_treatment_lasts"),
            models.CheckConstraint(condition=Q(kind__in=["off", "low"]), name="idle_treatment_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.outfall_id} {self.kind} {self.started_at:%F %R}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds the history of this span."""
        return f"idle_treatment:{self.pk}"
