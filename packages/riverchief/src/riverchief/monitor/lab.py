"""The table of a laboratory's results for stations."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from riverchief.accounts.models import User
from riverchief.base.constraints import finite
from riverchief.registry.models import Station


class LabResult(models.Model):
    """What a laboratory found in a sample of a station's water, as it wrote it.

    `value` is in `unit`, that of the quality standards; with `below_limit` it is the detection limit, and less than that
    was found. It is written once and stays; of each a reading (instant) follows, so that charts and classes know it. A
    correction is the next version, with its reason; `remarks` are what its own quality control found (`sampling.quality`).
    """

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="lab_results")
    parameter = models.CharField(max_length=40)
    sampled_at = models.DateTimeField()
    value = models.FloatField()
    unit = models.CharField(max_length=16, blank=True)
    below_limit = models.BooleanField(default=False)
    written = models.CharField(max_length=40)
    sample_no = models.CharField(max_length=60, blank=True)
    laboratory = models.CharField(max_length=120, blank=True)
    method = models.CharField(max_length=120, blank=True)
    file_name = models.CharField(max_length=200)
    entered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    version = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=300, blank=True)
    remarks = models.JSONField(default=list)

    class Meta:
        ordering = ("station", "-sampled_at", "parameter", "version")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("station", "parameter", "sampled_at", "version"), name="lab_result_version_once"
            ),
            models.CheckConstraint(
                condition=Q(version=1, reason="") | Q(version__gt=1) & ~Q(reason=""),
                name="lab_result_corrected_for_a_reason",
            ),
            models.CheckConstraint(condition=finite("value"), name="lab_result_is_finite"),
            models.CheckConstraint(
                condition=Q(below_limit=False) | Q(value__gt=0), name="lab_result_below_a_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.parameter} {self.sampled_at:%F %R}"
