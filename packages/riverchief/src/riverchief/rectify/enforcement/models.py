"""Rows of enforcement. Problems are named as text: `rectify.models` imports this module."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import User
from riverchief.base.models import Evidence
from riverchief.rectify.codes import CaseStepKind


class Case(models.Model):
    """A case 案件 about a problem: seen by the office and enforcement only, for `party` names somebody."""

    problem = models.ForeignKey("rectify.Problem", on_delete=models.PROTECT, related_name="cases")
    number = models.CharField(max_length=80, unique=True)
    party = models.CharField(max_length=160)
    reason = models.TextField()
    filed_on = models.DateField()
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()
    closed_on = models.DateField(null=True)

    class Meta:
        ordering = ("-filed_on", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(party="") & ~Q(reason=""), name="case_says_what_it_is"
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("filed_on")),
                name="case_closed_after_it_was_filed",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def chain(self) -> str:
        """The chain of the log that tells of this case: apart from the problem's, which more people read."""
        return f"case:{self.pk}"


class CaseStep(models.Model):
    """What was done in a case, on a day, with its documents; the database takes new rows only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12)
    on = models.DateField()
    note = models.TextField()
    amount_yuan = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    files = models.ManyToManyField(Evidence, related_name="case_uses")

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=list(CaseStepKind)), name="case_step_known"),
            models.CheckConstraint(condition=~Q(note=""), name="case_step_says_something"),
            models.CheckConstraint(
                condition=Q(amount_yuan__isnull=True) | Q(kind=CaseStepKind.PENALTY, amount_yuan__gt=0),
                name="only_a_penalty_has_an_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.on:%F}"
