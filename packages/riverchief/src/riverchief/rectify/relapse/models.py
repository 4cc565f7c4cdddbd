"""Rows of what comes after the write-off. Problems are named as text: `rectify.models` imports this module."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from riverchief.accounts.models import User


class Suspicion(models.Model):
    """A suspected relapse 疑似反弹, with what speaks for it, until a person has judged it. It reopens nothing by itself.

    `raised_by` empty: readings downstream raised it; `facts` then holds them, the rain, the inflow and their quality.
    """

    class Judgement(models.TextChoices):
        """What a person found."""

        DISMISSED = "dismissed"
        REOPENED = "reopened"

    problem = models.ForeignKey("rectify.Problem", on_delete=models.PROTECT, related_name="suspicions")
    observation = models.TextField()
    facts = models.JSONField(default=dict)
    raised_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    judgement = models.CharField(max_length=12, blank=True)
    reason = models.TextField(blank=True)
    judged_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("problem",), condition=Q(judgement=""), name="one_suspicion_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(judgement="", judged_by__isnull=True)
                | (
                    Q(judgement__in=["dismissed", "reopened"], judged_by__isnull=False)
                    & Q(judged_at__isnull=False)
                    & ~Q(reason="")
                ),
                name="suspicion_judged_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem_id} {self.raised_at:%F}"


class CallBack(models.Model):
    """That somebody looked again after the write-off 回访, and whether it still holds."""

    problem = models.ForeignKey("rectify.Problem", on_delete=models.PROTECT, related_name="call_backs")
    holds = models.BooleanField()
    finding = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.problem_id} {self.at:%F}"
