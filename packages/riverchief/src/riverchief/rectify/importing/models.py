"""Rows of what was taken over. Problems are named as text: `rectify.models` imports this module."""

from typing import ClassVar

from django.db import models

from riverchief.accounts.models import Area, User
from riverchief.base.models import Evidence
from riverchief.rectify.campaigns.models import Campaign


class LedgerImport(models.Model):
    """An old ledger that somebody took over: the very file, how it was read, and the smallest area that holds its rows."""

    file = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.PROTECT, related_name="+")
    # Columns, words, fillings and corrections, as the person confirmed them.
    settings = models.JSONField()
    taken = models.PositiveIntegerField()
    imported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name

    @property
    def chain(self) -> str:
        """The chain of the log that tells of this import."""
        return f"ledger_import:{self.pk}"


class TakenOver(models.Model):
    """Where a problem stood in the old ledger; what people there reported or approved was not witnessed here."""

    class Placed(models.TextChoices):
        """What its position is: the file's, that of the outfall it names, or just somewhere on the reach it names."""

        FILE = "file"
        OUTFALL = "outfall"
        REACH = "reach"

    problem = models.OneToOneField("Problem", on_delete=models.PROTECT, related_name="taken_over")
    ledger = models.ForeignKey(LedgerImport, on_delete=models.PROTECT, related_name="entries")
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.PROTECT, related_name="+")
    row = models.PositiveIntegerField()
    old_number = models.CharField(max_length=60)
    old_state = models.CharField(max_length=60)
    requirement = models.TextField(blank=True)
    placed_by = models.CharField(max_length=8, choices=Placed.choices)

    class Meta:
        ordering = ("ledger", "row")
        constraints: ClassVar = [
            # The same ledger read twice doubles nothing, also one that stands under no campaign.
            models.UniqueConstraint(
                fields=("campaign", "old_number"), nulls_distinct=False, name="taken_over_once"
            )
        ]

    def __str__(self) -> str:
        return self.old_number
