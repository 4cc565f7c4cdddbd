"""What areas were before, and which areas took the place of which."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

LEVELS = [("province", "省"), ("city", "市"), ("county", "区县"), ("town", "乡镇"), ("village", "村")]


class AreaPast(models.Model):
    """What an area was until a day: its names, its level and what it lay in.

    The present stands in `Area`; a day before the first of these is not known better than by the first of them. The
    database refuses two pasts of one area on one day (migration 0003).
    """

    area = models.ForeignKey("accounts.Area", on_delete=models.PROTECT, related_name="pasts")
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    level = models.CharField(max_length=10, choices=LEVELS)
    parent = models.ForeignKey(
        "accounts.Area", null=True, blank=True, on_delete=models.PROTECT, related_name="former_children"
    )
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField()

    class Meta:
        ordering = ("area", "valid_to")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="area_past_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name_zh} (–{self.valid_to})"


class AreaSuccession(models.Model):
    """An area took the place of another on a day; after a merger it has several before it, after a split one has several."""

    predecessor = models.ForeignKey("accounts.Area", on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey("accounts.Area", on_delete=models.PROTECT, related_name="precessions")
    since = models.DateField()

    class Meta:
        ordering = ("since", "predecessor", "successor")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("predecessor", "successor"), name="area_succession_once"),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="area_does_not_succeed_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"
