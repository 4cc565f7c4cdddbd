"""Rows of inspection packs: what each is about, who asked, how far it is, what came of it. The file lies in a folder."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Area, User
from riverchief.rectify.campaigns.models import Campaign
from riverchief.rectify.packs.codes import PackAudience, PackState
from riverchief.registry.models import River


class InspectionPack(models.Model):
    """A pack about an area, or a river or campaign in it, and what was on the ledger at some time from `since` to `until`.

    `asked_in` is the area in whose office it was asked for: the full pack is for that office's own people. `gaps` counts what
    is missing, by kind. `sha256` is that of the file: it stands in the log, and tells whether a copy is the one made here.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    asked_in = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    river = models.ForeignKey(River, null=True, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.PROTECT, related_name="packs")
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    audience = models.CharField(max_length=12)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=8, default=PackState.QUEUED)
    progress = models.FloatField(default=0.0)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    problems = models.PositiveIntegerField(null=True)
    files = models.PositiveIntegerField(null=True)
    gaps = models.JSONField(default=dict)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-requested_at", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=list(PackState)), name="pack_state_known"),
            models.CheckConstraint(condition=Q(audience__in=list(PackAudience)), name="pack_audience_known"),
            models.CheckConstraint(condition=Q(language__in=["zh", "en"]), name="pack_language_known"),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=F("since")),
                name="pack_period_in_order",
            ),
            models.CheckConstraint(condition=Q(progress__gte=0, progress__lte=1), name="pack_progress_share"),
            models.CheckConstraint(
                condition=~Q(state__in=[PackState.DONE, PackState.REMOVED])
                | (Q(finished_at__isnull=False, size__isnull=False) & ~Q(sha256="")),
                name="pack_made_with_its_hash",
            ),
            models.CheckConstraint(
                condition=~Q(state=PackState.FAILED) | (Q(finished_at__isnull=False) & ~Q(error="")),
                name="pack_failed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.requested_at:%F} {self.audience}"

    @property
    def chain(self) -> str:
        """The chain of the log that tells who asked for it and who took it."""
        return f"pack:{self.pk}"
