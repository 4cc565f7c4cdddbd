"""Rows of a problem's clocks. Problems are named as text: `rectify.models` imports this module."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import User


class Urging(models.Model):
    """That the office urged the unit on 催办, and what the unit answered: both stored and timed."""

    problem = models.ForeignKey("rectify.Problem", on_delete=models.PROTECT, related_name="urgings")
    message = models.TextField()
    urged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    urged_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="urging_answered_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.problem_id} {self.urged_at:%F %R}"


class Extension(models.Model):
    """That the unit asked for a later deadline, and what the office decided. Only a granted one moves the deadline."""

    problem = models.ForeignKey("rectify.Problem", on_delete=models.PROTECT, related_name="extensions")
    due_before = models.DateTimeField()
    asked_until = models.DateTimeField()
    reason = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    granted = models.BooleanField(null=True)
    due_after = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("problem",), condition=Q(granted__isnull=True), name="one_extension_asked_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(granted__isnull=True, decided_by__isnull=True, due_after__isnull=True)
                | (
                    Q(granted__isnull=False, decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decision="")
                    & (Q(granted=False, due_after__isnull=True) | Q(granted=True, due_after__isnull=False))
                ),
                name="extension_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("asked_by")), name="nobody_grants_their_own_extension"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem_id} → {self.asked_until:%F}"


class Pause(models.Model):
    """That a problem's deadline stood still, for a reason and until a time. `ended_by` empty: it ended by itself."""

    problem = models.ForeignKey("rectify.Problem", on_delete=models.PROTECT, related_name="pauses")
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    paused_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("problem",), condition=Q(ended_at__isnull=True), name="one_pause_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("since")) & ~Q(reason=""), name="pause_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem_id} {self.since:%F} – {self.until:%F}"
