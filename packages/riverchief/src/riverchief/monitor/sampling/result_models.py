"""The tables of what the laboratory found in bottles, and of the sheets in which it is reviewed."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import User
from riverchief.base.constraints import finite
from riverchief.monitor.sampling.models import Bottle, SamplingRound


class ResultSheet(models.Model):
    """A sheet of results 检测结果单 under three-level review 三级审核: checked 校核, reviewed 审核, issued 签发.

    The four who submit, check, review and issue are four persons; the database holds to it.
    """

    class State(models.TextChoices):
        """What it waits for."""

        SUBMITTED = "submitted", "待校核"
        CHECKED = "checked", "待审核"
        REVIEWED = "reviewed", "待签发"
        ISSUED = "issued", "已签发"
        RETURNED = "returned", "已退回"

    round = models.ForeignKey(SamplingRound, on_delete=models.PROTECT, related_name="sheets")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.SUBMITTED)
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    checked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    issued_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    returned_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("round", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("round", "number"), name="result_sheet_numbered"),
            models.CheckConstraint(
                condition=Q(
                    state="submitted",
                    checked_by__isnull=True,
                    reviewed_by__isnull=True,
                    issued_by__isnull=True,
                )
                | Q(
                    state="checked",
                    checked_by__isnull=False,
                    reviewed_by__isnull=True,
                    issued_by__isnull=True,
                )
                | Q(
                    state="reviewed",
                    checked_by__isnull=False,
                    reviewed_by__isnull=False,
                    issued_by__isnull=True,
                )
                | Q(
                    state="issued",
                    checked_by__isnull=False,
                    reviewed_by__isnull=False,
                    issued_by__isnull=False,
                )
                & Q(issued_at__isnull=False)
                | Q(
                    state="returned",
                    checked_by__isnull=True,
                    reviewed_by__isnull=True,
                    issued_by__isnull=True,
                )
                & Q(returned_by__isnull=False)
                & ~Q(returned_reason=""),
                name="result_sheet_goes_level_by_level",
            ),
            models.CheckConstraint(
                condition=(Q(checked_by__isnull=True) | ~Q(checked_by=F("submitted_by")))
                & (
                    Q(reviewed_by__isnull=True)
                    | ~Q(reviewed_by=F("submitted_by")) & ~Q(reviewed_by=F("checked_by"))
                )
                & (
                    Q(issued_by__isnull=True)
                    | ~Q(issued_by=F("submitted_by"))
                    & ~Q(issued_by=F("checked_by"))
                    & ~Q(issued_by=F("reviewed_by"))
                ),
                name="result_sheet_by_different_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id}/{self.number}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds this sheet's history."""
        return f"result_sheet:{self.pk}"


class BottleResult(models.Model):
    """What the laboratory found of a parameter in a bottle; a correction is the next version, with its reason.

    `value` is in `unit`, that of the quality standards; with `below_limit` it is the detection limit. `sheet` is the one it is
    reviewed in (none: not submitted yet), the only thing that is ever set later, once.
    """

    bottle = models.ForeignKey(Bottle, on_delete=models.PROTECT, related_name="results")
    parameter = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    value = models.FloatField()
    unit = models.CharField(max_length=16, blank=True)
    below_limit = models.BooleanField()
    written = models.CharField(max_length=40)
    method = models.CharField(max_length=120, blank=True)
    analysed_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    sheet = models.ForeignKey(ResultSheet, null=True, on_delete=models.PROTECT, related_name="results")
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ("bottle", "parameter", "version")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("bottle", "parameter", "version"), name="bottle_result_version_once"
            ),
            models.CheckConstraint(
                condition=Q(version=1, reason="") | Q(version__gt=1) & ~Q(reason=""),
                name="bottle_result_corrected_for_a_reason",
            ),
            models.CheckConstraint(condition=finite("value"), name="bottle_result_is_finite"),
            models.CheckConstraint(
                condition=Q(below_limit=False) | Q(value__gt=0), name="bottle_result_below_a_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bottle_id} {self.parameter} v{self.version}"
