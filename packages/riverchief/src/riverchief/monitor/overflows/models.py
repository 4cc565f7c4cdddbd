"""The table of overflow records."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import User
from riverchief.base.constraints import finite
from riverchief.registry.models import Outfall, Reach


class OverflowRecord(models.Model):
    """That an outfall ran over: from when to when (no `stopped_at`: it still runs), and how much.

    The volume is a number or expressly not metered; while it runs it may be neither. `rainfall_mm` is what whoever reports
    it says; what gauges measured is computed beside it. A record is never deleted: a wrong one is withdrawn, with a
    reason. The database refuses two records of one outfall and source at one time (migration 0010).
    """

    class Source(models.TextChoices):
        """Out of what it ran."""

        OVERFLOW = "overflow", "溢流口"
        PUMP_STATION = "pump_station", "泵站"
        PLANT_BYPASS = "plant_bypass", "污水厂旁路"

    class KnownBy(models.TextChoices):
        """Who or what says so."""

        DEVICE = "device", "设备"
        PERSON = "person", "人工"
        IMPORT = "import", "导入"

    outfall = models.ForeignKey(Outfall, on_delete=models.PROTECT, related_name="overflow_records")
    source = models.CharField(max_length=12, choices=Source.choices)
    known_by = models.CharField(max_length=8, choices=KnownBy.choices)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    rainfall_mm = models.FloatField(null=True, blank=True)
    volume_m3 = models.FloatField(null=True, blank=True)
    not_metered = models.BooleanField(default=False)
    receiving_reach = models.ForeignKey(Reach, on_delete=models.PROTECT, related_name="overflow_records")
    note = models.CharField(max_length=300, blank=True)
    entered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    dry_announced_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-started_at", "-id")
        indexes: ClassVar = [
            # what runs now, asked every few minutes
            models.Index(
                fields=("started_at",),
                name="overflow_running",
                condition=Q(stopped_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(stopped_at__gt=F("started_at")),
                name="overflow_stops_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(not_metered=True, volume_m3__isnull=True)
                | Q(not_metered=False, volume_m3__isnull=False, volume_m3__gte=0)
                | Q(not_metered=False, volume_m3__isnull=True, stopped_at__isnull=True),
                name="overflow_volume_or_not_metered",
            ),
            models.CheckConstraint(condition=finite("rainfall_mm", "volume_m3"), name="overflow_is_finite"),
            models.CheckConstraint(
                condition=Q(rainfall_mm__isnull=True) | Q(rainfall_mm__gte=0),
                name="overflow_rain_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["overflow", "pump_station", "plant_bypass"]),
                name="overflow_source_known",
            ),
            models.CheckConstraint(
                condition=Q(known_by__in=["device", "import"])
                | Q(known_by="person", entered_by__isnull=False),
                name="overflow_known_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason=""),
                name="overflow_withdrawn_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outfall_id} {self.started_at:%F %R}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds this record's history."""
        return f"overflow:{self.pk}"
