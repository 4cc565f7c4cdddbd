"""The table of adoptions."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from riverchief.accounts.models import User
from riverchief.registry.models import Station


class Adoption(models.Model):
    """That somebody said that a device, under one password, stands at a station; and what was registered there before.

    `first_at` is when the first of its packets had come. Passwords are hashes as in `Station`; `vouched`: it came without
    one, by way of a platform or broker that answers for it. Taken back: nothing of it belongs to the station; `returned` of
    its packets are in quarantine again.
    """

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="adoptions")
    mn = models.CharField(max_length=40)
    sender = models.CharField(max_length=8)
    first_at = models.DateTimeField()
    vouched = models.BooleanField(default=False)
    password = models.CharField(max_length=120, blank=True)
    mn_before = models.CharField(max_length=40, blank=True)
    password_before = models.CharField(max_length=120, blank=True)
    adopted_at_before = models.DateTimeField(null=True, blank=True)
    adopted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    taken_back_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_reason = models.CharField(max_length=300, blank=True)
    returned = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-adopted_at", "-id")
        indexes: ClassVar = [models.Index(fields=("station", "-adopted_at"), name="adoption_of_a_station")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True, returned=0)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False) & ~Q(taken_back_reason=""),
                name="adoption_taken_back_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.mn} at {self.station_id}"
