"""Rows of escalation. Clues and problems are named as text: `rectify.models` imports this module."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from riverchief.accounts.models import User


class EscalationStep(models.Model):
    """That a clue or problem, waiting since `anchor` by a clock, went to a level of the matrix, and whom it reached.

    A deadline that was moved has another anchor, and starts anew. `nobody`: those whose turn it was are no one, so that
    it went up at once.
    """

    clue = models.ForeignKey(
        "rectify.Clue", null=True, on_delete=models.PROTECT, related_name="escalation_steps"
    )
    problem = models.ForeignKey(
        "rectify.Problem", null=True, on_delete=models.PROTECT, related_name="escalation_steps"
    )
    clock = models.CharField(max_length=12)
    anchor = models.DateTimeField()
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    nobody = models.BooleanField()
    people = models.ManyToManyField(User, related_name="+")

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("problem", "clock", "anchor", "level"), name="problem_escalated_once"
            ),
            models.UniqueConstraint(fields=("clue", "clock", "anchor", "level"), name="clue_escalated_once"),
            models.CheckConstraint(
                condition=Q(clue__isnull=True, problem__isnull=False)
                | Q(clue__isnull=False, problem__isnull=True),
                name="escalation_of_a_clue_or_problem",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clue_id or self.problem_id} {self.clock} {self.level}"
