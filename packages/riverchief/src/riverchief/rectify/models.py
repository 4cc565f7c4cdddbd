"""Clues, problems, orders and their evidence.

A clue may name a suspect and is for the office and enforcement; a problem exists only after a person confirmed.
What must never be is refused by the database too: a problem without the person who opened it, a verification by
the one who reported, a state without the facts it rests on.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Area, Organisation, User
from riverchief.base.models import Evidence
from riverchief.monitor.models import Event, IdleTreatment, OverflowRecord
from riverchief.rectify.campaigns.models import Campaign, FigureEdition, FigureRow
from riverchief.rectify.clocks.models import Extension, Pause, Urging
from riverchief.rectify.codes import (
    Basis,
    ClueSource,
    ClueState,
    ProblemState,
    RectificationClass,
    Standing,
)
from riverchief.rectify.documents.models import (
    Document,
    DocumentFile,
    DocumentReceiver,
    DocumentStep,
    Interview,
)
from riverchief.rectify.enforcement.models import Case, CaseStep
from riverchief.rectify.escalation.models import EscalationStep
from riverchief.rectify.figures import STATES
from riverchief.rectify.importing.models import LedgerImport, TakenOver
from riverchief.rectify.packs.models import InspectionPack
from riverchief.rectify.relapse.models import CallBack, Suspicion
from riverchief.rectify.remediation.models import (
    Remediation,
    RemediationEvidence,
    RemediationStep,
)
from riverchief.rectify.tally.models import ProblemTally
from riverchief.rectify.watch.models import RiverWatch
from riverchief.registry.models import Outfall, Reach
from riverchief.trace.models import Trace

__all__ = [
    "CallBack",
    "Campaign",
    "Case",
    "CaseStep",
    "Clue",
    "ClueEvidence",
    "Document",
    "DocumentFile",
    "DocumentReceiver",
    "DocumentStep",
    "EscalationStep",
    "EvidenceUpload",
    "Extension",
    "FigureEdition",
    "FigureRow",
    "InspectionPack",
    "Interview",
    "LedgerImport",
    "NumberSeries",
    "Order",
    "Pause",
    "Problem",
    "ProblemEvidence",
    "ProblemTally",
    "Remediation",
    "RemediationEvidence",
    "RemediationStep",
    "RiverWatch",
    "Suspicion",
    "TakenOver",
    "Urging",
]

_ON_EARTH = Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90)


class NumberSeries(models.Model):
    """The last number given in a series, such as the problems of a year; its row is locked to give the next."""

    name = models.CharField(max_length=60, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.last}"


class EvidenceUpload(models.Model):
    """That a person handed in a file. The store keeps equal bytes once; each who handed them in may use them."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="uploads")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="evidence_uploads")
    name = models.CharField(max_length=200)
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("evidence", "uploaded_by"), name="evidence_uploaded_once_each")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.uploaded_by})"


class Clue(models.Model):
    """A clue 线索: something suspected. Seen by the office and enforcement only, until a person has confirmed it."""

    number = models.CharField(max_length=30, unique=True)
    source = models.CharField(max_length=20)
    state = models.CharField(max_length=12, default=ClueState.OPEN)
    kind = models.CharField(max_length=30)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    reach = models.ForeignKey(Reach, null=True, on_delete=models.PROTECT, related_name="+")
    lon = models.FloatField()
    lat = models.FloatField()
    occurred_at = models.DateTimeField(null=True)
    event = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="clues")
    trace = models.ForeignKey(Trace, null=True, on_delete=models.PROTECT, related_name="clues")
    overflow = models.ForeignKey(OverflowRecord, null=True, on_delete=models.PROTECT, related_name="clues")
    idle_treatment = models.ForeignKey(
        IdleTreatment, null=True, on_delete=models.PROTECT, related_name="clues"
    )
    # The suspect of a trace, or what was seen running: absent from titles, messages, exports and everything below the office.
    outfall = models.ForeignKey(Outfall, null=True, on_delete=models.PROTECT, related_name="+")
    reporter_name = models.CharField(max_length=60, blank=True)
    reporter_phone = models.CharField(max_length=30, blank=True)
    registered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    basis = models.CharField(max_length=12, blank=True)
    decision_reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")

    class Meta:
        ordering = ("-registered_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=("state", "area"), name="clues_by_state_and_area"),
            models.Index(fields=("-registered_at", "-id"), name="clues_newest"),
            # what lies near by
            models.Index(fields=("lat", "lon"), name="clues_by_place"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=list(ClueState)), name="clue_state_known"),
            models.CheckConstraint(condition=Q(source__in=list(ClueSource)), name="clue_source_known"),
            models.CheckConstraint(condition=_ON_EARTH, name="clue_on_earth"),
            models.CheckConstraint(
                condition=~Q(source=ClueSource.TRACE) | Q(trace__isnull=False, event__isnull=False),
                name="clue_of_a_trace_has_it",
            ),
            # Every decision is a person's, with a reason; a confirmation also says by what.
            models.CheckConstraint(
                condition=Q(state=ClueState.OPEN, decided_by__isnull=True, decided_at__isnull=True)
                | (
                    ~Q(state=ClueState.OPEN)
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decision_reason="")
                ),
                name="clue_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(state=ClueState.CONFIRMED, basis__in=list(Basis))
                | (~Q(state=ClueState.CONFIRMED) & Q(basis="")),
                name="clue_confirmed_by_something",
            ),
            models.CheckConstraint(
                condition=Q(state=ClueState.MERGED, merged_into__isnull=False)
                | (~Q(state=ClueState.MERGED) & Q(merged_into__isnull=True)),
                name="clue_merged_into_another",
            ),
            models.UniqueConstraint(
                fields=("event",), condition=Q(source=ClueSource.TRACE), name="one_traced_clue_per_event"
            ),
            models.UniqueConstraint(fields=("overflow",), name="one_clue_per_overflow"),
            models.UniqueConstraint(fields=("idle_treatment",), name="one_clue_per_idle_treatment"),
        ]

    def __str__(self) -> str:
        return self.number


_BEFORE_ASSIGNMENT = {ProblemState.REGISTERED, ProblemState.MERGED}
_AFTER_ASSIGNMENT = [state for state in ProblemState if state not in _BEFORE_ASSIGNMENT]
_AFTER_SIGNING = [
    ProblemState.SIGNED_FOR,
    ProblemState.PLANNED,
    ProblemState.RECTIFIED,
    ProblemState.SENT_BACK,
    ProblemState.REOPENED,
    ProblemState.VERIFIED,
    ProblemState.WRITTEN_OFF,
    ProblemState.ARCHIVED,
]
_OFF = [ProblemState.WRITTEN_OFF, ProblemState.ARCHIVED]
_CHECKED = [ProblemState.VERIFIED, *_OFF]
_REPORTED = [ProblemState.RECTIFIED, *_CHECKED]
TAKEN_OVER_AS = [
    ProblemState.REGISTERED,
    ProblemState.SIGNED_FOR,
    ProblemState.PLANNED,
    ProblemState.RECTIFIED,
    ProblemState.WRITTEN_OFF,
]
"""What an old ledger can hand over. Never verified: that is what two people do here."""
_REPORTED_BEFORE = Q(taken_over_as__in=[ProblemState.RECTIFIED, ProblemState.WRITTEN_OFF])
_OFF_BEFORE = Q(taken_over_as=ProblemState.WRITTEN_OFF)
PAUSABLE = [
    ProblemState.SIGNED_FOR,
    ProblemState.PLANNED,
    ProblemState.SENT_BACK,
    ProblemState.REOPENED,
]


class Problem(models.Model):
    """A problem 问题 of the ledger 台账, opened by the person who confirmed its clue, or who split it from another."""

    number = models.CharField(max_length=30, unique=True)
    clue = models.OneToOneField(Clue, null=True, on_delete=models.PROTECT, related_name="problem")
    split_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parts")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=12, default=ProblemState.REGISTERED)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    reach = models.ForeignKey(Reach, null=True, on_delete=models.PROTECT, related_name="+")
    lon = models.FloatField()
    lat = models.FloatField()
    outfall = models.ForeignKey(Outfall, null=True, on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.PROTECT, related_name="problems")
    # Found on or after the day on which the campaign's stock was closed.
    new_find = models.BooleanField(default=False)
    unit = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="problems")
    chief = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    rectification_class = models.CharField(max_length=12, blank=True)
    due_at = models.DateTimeField(null=True)
    due_provisional = models.BooleanField(default=False)
    paused_until = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    signed_for_at = models.DateTimeField(null=True)
    rectified_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    rectified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(null=True)
    written_off_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    written_off_at = models.DateTimeField(null=True)
    # The clock of the state: who is late now.
    state_since = models.DateTimeField()
    reopenings = models.PositiveSmallIntegerField(default=0)
    # The state in which an old ledger handed it over, "" for what began here: who reported or approved it there is nobody here.
    taken_over_as = models.CharField(max_length=12, blank=True, default="")

    class Meta:
        ordering = ("-opened_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=("state", "area"), name="problems_by_state_and_area"),
            # the lists, the newest first: all, of an area, of a unit, in a state
            models.Index(fields=("-opened_at", "-id"), name="problems_newest"),
            models.Index(fields=("area", "-opened_at", "-id"), name="problems_newest_of_area"),
            models.Index(fields=("unit", "-opened_at", "-id"), name="problems_newest_of_unit"),
            models.Index(fields=("state", "-opened_at", "-id"), name="problems_newest_in_state"),
            models.Index(fields=("kind", "-opened_at", "-id"), name="problems_newest_of_kind"),
            models.Index(fields=("campaign", "-opened_at", "-id"), name="problems_newest_of_campaign"),
            models.Index(
                fields=("-opened_at", "-id"), name="problems_newest_reopened", condition=Q(reopenings__gt=0)
            ),
            # what is late, with all that figures divide it by: counted from the index alone
            models.Index(
                fields=("due_at",),
                include=("area", "campaign", "new_find", "state", "kind", "unit"),
                condition=Q(state__in=STATES[Standing.OUTSTANDING], paused_until__isnull=True),
                name="problems_running_late",
            ),
            models.Index(fields=("lat", "lon"), name="problems_by_place"),
            # what has waited for long in its state
            models.Index(fields=("state", "state_since"), name="problems_by_state_since"),
            # the figures: old stock and new finds of a campaign, by state
            models.Index(fields=("campaign", "new_find", "state"), name="problems_by_campaign"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=list(ProblemState)), name="problem_state_known"),
            models.CheckConstraint(condition=_ON_EARTH, name="problem_on_earth"),
            models.CheckConstraint(
                condition=Q(campaign__isnull=False) | Q(new_find=False), name="new_find_of_a_campaign"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_AFTER_ASSIGNMENT)
                | Q(
                    unit__isnull=False,
                    due_at__isnull=False,
                    assigned_at__isnull=False,
                    rectification_class__in=list(RectificationClass),
                ),
                name="problem_assigned_with_unit_class_and_date",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_AFTER_SIGNING) | Q(signed_for_at__isnull=False),
                name="problem_signed_for_before_work",
            ),
            models.CheckConstraint(
                condition=Q(taken_over_as__in=["", *TAKEN_OVER_AS]), name="taken_over_as_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=_REPORTED, rectified_at__isnull=False)
                    & (_REPORTED_BEFORE | Q(rectified_by__isnull=False))
                )
                | (~Q(state__in=_REPORTED) & Q(rectified_by__isnull=True, rectified_at__isnull=True)),
                name="problem_rectified_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_CHECKED, verified_by__isnull=False, verified_at__isnull=False)
                | (~Q(state__in=_CHECKED) & Q(verified_by__isnull=True, verified_at__isnull=True))
                | (_OFF_BEFORE & Q(state__in=_OFF, verified_by__isnull=True, verified_at__isnull=True)),
                name="problem_verified_by_somebody",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=_OFF, written_off_at__isnull=False)
                    & (_OFF_BEFORE | Q(written_off_by__isnull=False))
                )
                | (~Q(state__in=_OFF) & Q(written_off_by__isnull=True, written_off_at__isnull=True)),
                name="problem_written_off_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(clue__isnull=False, split_from__isnull=True)
                | Q(clue__isnull=True, split_from__isnull=False),
                name="problem_of_a_clue_or_of_a_whole",
            ),
            models.CheckConstraint(
                condition=(Q(state=ProblemState.MERGED, merged_into__isnull=False) & ~Q(merged_into=F("id")))
                | (~Q(state=ProblemState.MERGED) & Q(merged_into__isnull=True)),
                name="problem_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(paused_until__isnull=True) | Q(state__in=PAUSABLE),
                name="problem_paused_while_worked_on",
            ),
            models.CheckConstraint(
                condition=~Q(verified_by=F("rectified_by")), name="nobody_verifies_their_own_report"
            ),
            models.CheckConstraint(
                condition=~Q(written_off_by=F("rectified_by")) & ~Q(written_off_by=F("verified_by")),
                name="nobody_writes_off_their_own_work",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A problem stands in its first state since it was opened."""
        if self._state.adding and self.state_since is None:
            self.state_since = self.opened_at
        super().save(*args, **kwargs)

    @property
    def chain(self) -> str:
        """The chain of the log that holds this problem's history."""
        return f"problem:{self.pk}"


class Order(models.Model):
    """An order 交办单: what a unit is asked to do. Each assignment issues one; the latest is in force."""

    problem = models.ForeignKey(Problem, on_delete=models.PROTECT, related_name="orders")
    number = models.CharField(max_length=60, unique=True)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="orders")
    requirement = models.TextField()
    due_at = models.DateTimeField()
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    signed_for_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    signed_for_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(requirement=""), name="order_requires_something"),
            models.CheckConstraint(
                condition=Q(signed_for_by__isnull=True, signed_for_at__isnull=True)
                | Q(signed_for_by__isnull=False, signed_for_at__isnull=False),
                name="order_signed_for_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ClueEvidence(models.Model):
    """A file that belongs to a clue."""

    clue = models.ForeignKey(Clue, on_delete=models.PROTECT, related_name="evidence")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="clue_uses")

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("clue", "evidence"), name="clue_evidence_once")
        ]

    def __str__(self) -> str:
        return f"{self.clue} · {self.evidence}"


class ProblemEvidence(models.Model):
    """A file that belongs to a step of a problem: its confirmation, its report, its verification."""

    problem = models.ForeignKey(Problem, on_delete=models.PROTECT, related_name="evidence")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="problem_uses")
    step = models.CharField(max_length=30)
    attached_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("problem", "evidence", "step"), name="problem_evidence_once")
        ]

    def __str__(self) -> str:
        return f"{self.problem} · {self.step} · {self.evidence}"
