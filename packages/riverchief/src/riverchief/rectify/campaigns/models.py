"""Rows of campaigns. Problems are named as text: `rectify.models` imports this module."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Area, User
from riverchief.rectify.codes import CampaignKind, ProblemState


class Campaign(models.Model):
    """What problems are put right under: an order of the chief river chiefs 总河长令, a campaign 专项行动, routine work.

    Problems found before `stock_closed_on` are its old stock 存量, later ones its new finds 新增: each has figures of its
    own, and they never share a denominator. Without that day all are stock.
    """

    number = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    issuer = models.CharField(max_length=120)
    kind = models.CharField(max_length=12)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    stock_closed_on = models.DateField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-starts_on", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=list(CampaignKind)), name="campaign_kind_known"),
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(title="") & ~Q(issuer=""), name="campaign_says_what_it_is"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="campaign_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def chain(self) -> str:
        """The chain of the log that tells of this campaign and its editions."""
        return f"campaign:{self.pk}"


class FigureEdition(models.Model):
    """The figures of a campaign as they stood at `as_of`, frozen and signed by a person; the database takes new rows only.

    What turns out to be wrong is corrected by a new edition of the same day, with a reason; the old one stays readable.
    `digest` is the SHA-256 over the rows, which the log holds too.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="editions")
    day = models.DateField()
    number = models.PositiveSmallIntegerField()
    as_of = models.DateTimeField()
    corrects = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")
    reason = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("campaign", "day", "number"), name="edition_once"),
            models.CheckConstraint(
                condition=Q(number=1, corrects__isnull=True)
                | (Q(number__gt=1, corrects__isnull=False) & ~Q(reason="")),
                name="edition_corrects_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.day:%F} ({self.number})"


class FigureRow(models.Model):
    """A problem as an edition counts it; `corrected`: otherwise than the edition before did."""

    edition = models.ForeignKey(FigureEdition, on_delete=models.PROTECT, related_name="rows")
    problem = models.ForeignKey("rectify.Problem", on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    new_find = models.BooleanField()
    state = models.CharField(max_length=12)
    overdue = models.BooleanField()
    corrected = models.BooleanField(default=False)

    class Meta:
        ordering = ("problem_id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("edition", "problem"), name="edition_counts_a_problem_once"),
            models.CheckConstraint(condition=Q(state__in=list(ProblemState)), name="figure_row_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id}: {self.problem_id} {self.state}"
