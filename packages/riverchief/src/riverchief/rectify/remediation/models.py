"""The tables of remediation: one row per outfall that somebody has begun with, its steps and their evidence.

What must never be is refused by the database too: an entity without evidence that is not the government's fallback, a
decision of nobody, a check of one's own work or without dry weather, an acceptance by who writes off.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Organisation, User
from riverchief.base.models import Evidence
from riverchief.rectify.remediation.codes import (
    DRY_CHECKED,
    Manner,
    Measure,
    RemediationState,
    StepKind,
    StepState,
)
from riverchief.registry.models import Outfall

S = RemediationState
_TRACED = [S.TRACED, S.PLANNED, S.ACCEPTED, S.WRITTEN_OFF]
_PLANNED = [S.PLANNED, S.ACCEPTED, S.WRITTEN_OFF]
_ACCEPTED = [S.ACCEPTED, S.WRITTEN_OFF]


class Remediation(models.Model):
    """The remediation of an outfall. An outfall without a row is found, and nothing more is known."""

    outfall = models.OneToOneField(Outfall, on_delete=models.PROTECT, related_name="remediation")
    state = models.CharField(max_length=12, default=S.FOUND)
    monitored_on = models.DateField(null=True)
    monitored_by = models.CharField(max_length=12, blank=True)
    # Restricted: who is responsible, and by what. Absent from everything below the office, as a suspect is.
    entity = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="remediations")
    government = models.BooleanField(default=False)
    entity_ground = models.TextField(blank=True)
    entity_evidence = models.ForeignKey(Evidence, null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    measure = models.CharField(max_length=10, blank=True)
    policy = models.TextField(blank=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    written_off_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    written_off_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=("state",), name="remediations_by_state")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=list(S)), name="remediation_state_known"),
            models.CheckConstraint(
                condition=Q(monitored_on__isnull=True, monitored_by="")
                | Q(monitored_on__isnull=False, monitored_by__in=list(Manner)),
                name="remediation_monitored_somehow",
            ),
            # Nobody is responsible without evidence; the government is, where nobody was found.
            models.CheckConstraint(
                condition=Q(entity__isnull=True, government=False, entity_evidence__isnull=True)
                | Q(entity__isnull=False, government=False, entity_evidence__isnull=False)
                | Q(entity__isnull=True, government=True),
                name="remediation_entity_has_evidence_or_is_the_government",
            ),
            models.CheckConstraint(
                condition=Q(entity__isnull=True, government=False, decided_by__isnull=True)
                | (
                    (Q(entity__isnull=False) | Q(government=True))
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(entity_ground="")
                ),
                name="remediation_entity_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_TRACED) | Q(decided_by__isnull=False),
                name="remediation_traced_to_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_PLANNED) | (Q(measure__in=list(Measure)) & ~Q(policy="")),
                name="remediation_has_its_policy",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_ACCEPTED, accepted_by__isnull=False, accepted_at__isnull=False)
                | (~Q(state__in=_ACCEPTED) & Q(accepted_by__isnull=True, accepted_at__isnull=True)),
                name="remediation_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state=S.WRITTEN_OFF, written_off_by__isnull=False, written_off_at__isnull=False)
                | (~Q(state=S.WRITTEN_OFF) & Q(written_off_by__isnull=True, written_off_at__isnull=True)),
                name="remediation_written_off_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(written_off_by=F("accepted_by")),
                name="nobody_writes_off_what_they_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outfall} {self.state}"


class RemediationStep(models.Model):
    """A step of an outfall's policy: what is done, by which unit, until when."""

    remediation = models.ForeignKey(Remediation, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12)
    description = models.TextField(blank=True)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="remediation_steps")
    due_date = models.DateField()
    state = models.CharField(max_length=10, default=StepState.OPEN)
    done_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    checked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    # How long it had been dry at the check, and what the gauges around measured in that time.
    dry_hours = models.FloatField(null=True)
    rain_mm = models.FloatField(null=True)

    class Meta:
        ordering = ("due_date", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=list(StepKind)), name="remediation_step_kind_known"),
            models.CheckConstraint(
                condition=Q(state=StepState.OPEN, done_by__isnull=True, done_at__isnull=True)
                | Q(
                    state__in=[StepState.DONE, StepState.CHECKED],
                    done_by__isnull=False,
                    done_at__isnull=False,
                ),
                name="remediation_step_done_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=StepState.CHECKED,
                    kind__in=list(DRY_CHECKED),
                    checked_by__isnull=False,
                    checked_at__isnull=False,
                    dry_hours__isnull=False,
                    dry_hours__gt=0,
                    rain_mm__isnull=False,
                )
                | (
                    ~Q(state=StepState.CHECKED)
                    & Q(
                        checked_by__isnull=True,
                        checked_at__isnull=True,
                        dry_hours__isnull=True,
                        rain_mm__isnull=True,
                    )
                ),
                name="remediation_step_checked_in_dry_weather",
            ),
            models.CheckConstraint(
                condition=~Q(checked_by=F("done_by")), name="nobody_checks_their_own_step"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remediation_id} {self.kind}"

    def reopen(self) -> None:
        """Open again: neither done nor checked. The log keeps what was."""
        self.state = StepState.OPEN
        self.done_by = self.done_at = None
        self.checked_by = self.checked_at = None
        self.dry_hours = self.rain_mm = None


class RemediationEvidence(models.Model):
    """A file that belongs to an action on an outfall's remediation, and where it is one of a step, to that step."""

    remediation = models.ForeignKey(Remediation, on_delete=models.PROTECT, related_name="evidence")
    step = models.ForeignKey(RemediationStep, null=True, on_delete=models.PROTECT, related_name="evidence")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="remediation_uses")
    action = models.CharField(max_length=30)
    attached_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.remediation_id} {self.action} {self.evidence_id}"
