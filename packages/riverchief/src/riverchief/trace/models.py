"""Traces of events, their candidates, and studies of where to put stations.

A trace keeps the values it was computed from, not references to them.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Area, User
from riverchief.monitor.models import Event
from riverchief.registry.models import Basin, Outfall, Reach
from riverchief.trace.codes import NAMES_NOBODY, AdjustmentKind, CandidateKind, SitingGoal, TraceState


class Trace(models.Model):
    """One attempt to find where the water of an event came from. Later attempts leave earlier ones as they are."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="traces")
    attempt = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default=TraceState.QUEUED)
    reason = models.CharField(max_length=300, blank=True)
    # Made in bulk, long afterwards, to see what the rules of today would have said: opens no clue, renews no suspicion.
    retrospective = models.BooleanField(default=False)
    requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    progress = models.FloatField(default=0.0)
    inputs = models.JSONField(null=True)
    versions = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    # Whether the reader sees all its suspects; given by `visibility.unveiled_to` where a reader is known.
    unveiled: bool

    class Meta:
        ordering = ("event", "-attempt")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("event", "attempt"), name="trace_attempt_once"),
            models.UniqueConstraint(
                fields=("event",), condition=Q(state=TraceState.QUEUED), name="one_trace_waiting_per_event"
            ),
            models.CheckConstraint(condition=Q(state__in=list(TraceState)), name="trace_state_known"),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="trace_progress_share"
            ),
            models.CheckConstraint(
                condition=~Q(state=TraceState.DONE)
                | Q(
                    result__isnull=False,
                    inputs__isnull=False,
                    started_at__isnull=False,
                    finished_at__isnull=False,
                ),
                name="trace_done_with_inputs_and_result",
            ),
            models.CheckConstraint(
                condition=~Q(state=TraceState.FAILED) | (Q(finished_at__isnull=False) & ~Q(error="")),
                name="trace_failed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"trace {self.pk} of event {self.event_id}"

    @property
    def note(self) -> str:
        """What the reader should know of the whole answer, a key of `trace_notes`: with one, its candidates are no finding."""
        return str((self.result or {}).get("note", ""))

    @property
    def chain(self) -> str:
        """The chain of the log that holds this trace's history."""
        return f"trace:{self.pk}"


class Adjustment(models.Model):
    """What a person changed of what the traces of an event are asked: it holds for later attempts until withdrawn.

    `key` names the candidate as the inputs of a trace do; `factor` is how many times as likely as by the rules. Of rain
    it is known from when to when it fell, and perhaps how much.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="trace_adjustments")
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=40)
    factor = models.FloatField()
    label = models.CharField(max_length=100, blank=True)
    reach = models.ForeignKey(Reach, null=True, on_delete=models.PROTECT, related_name="+")
    chainage_m = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    begins_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    amount_mm = models.FloatField(null=True)
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("event", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("event", "key"),
                condition=Q(withdrawn_at__isnull=True),
                name="trace_adjustment_once_per_candidate",
            ),
            models.CheckConstraint(
                condition=Q(kind=AdjustmentKind.EXCLUDE, factor=0, reach__isnull=True)
                | Q(kind=AdjustmentKind.WEIGHT, factor__gt=0, reach__isnull=True)
                | Q(kind=AdjustmentKind.PLACE, factor__gt=0, reach__isnull=False, chainage_m__isnull=False)
                | Q(kind=AdjustmentKind.RAIN, factor=1, reach__isnull=True),
                name="trace_adjustment_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind=AdjustmentKind.RAIN, begins_at__isnull=False, ends_at__isnull=False)
                & Q(ends_at__gt=F("begins_at"))
                & (Q(amount_mm__isnull=True) | Q(amount_mm__gt=0))
                | ~Q(kind=AdjustmentKind.RAIN)
                & Q(begins_at__isnull=True, ends_at__isnull=True, amount_mm__isnull=True),
                name="trace_adjustment_hours_of_rain",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="trace_adjustment_with_a_reason"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason=""),
                name="trace_adjustment_withdrawn_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} · {self.kind} {self.key}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds what people changed for the event's traces."""
        return f"trace_adjustments:{self.event_id}"


class SourcesAtOnce(models.Model):
    """Whether the readings of a trace speak for more than one source at a time: asked for by a person, answered by a job.

    It is computed from the inputs of the trace and from `settings`, and changes nothing of the trace. It is queued until
    there is an answer, or none for a reason; how far the job is, `progress` tells.
    """

    trace = models.OneToOneField(Trace, on_delete=models.CASCADE, related_name="at_once")
    state = models.CharField(max_length=10, default=TraceState.QUEUED)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    progress = models.FloatField(default=0.0)
    settings = models.JSONField()
    settings_version = models.CharField(max_length=20)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=[TraceState.QUEUED, TraceState.DONE, TraceState.FAILED]),
                name="at_once_state_known",
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="at_once_progress_share"
            ),
            models.CheckConstraint(
                condition=~Q(state=TraceState.DONE) | Q(result__isnull=False, finished_at__isnull=False),
                name="at_once_done_with_a_result",
            ),
            models.CheckConstraint(
                condition=~Q(state=TraceState.FAILED) | (Q(finished_at__isnull=False) & ~Q(error="")),
                name="at_once_failed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"sources at once of {self.trace}"


class SitingStudy(models.Model):
    """Where so many further stations would do most in a basin: asked for by a person, computed by a job from the registry.

    Places are sought in `area` alone; sources and the stations that are there are the basin's. It is queued until there is
    an answer, or none for a reason; how far the job is, `progress` tells.
    """

    basin = models.ForeignKey(Basin, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveSmallIntegerField()
    goal = models.CharField(max_length=10)
    state = models.CharField(max_length=10, default=TraceState.QUEUED)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    progress = models.FloatField(default=0.0)
    settings = models.JSONField()
    settings_version = models.CharField(max_length=20)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("-requested_at", "-id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("area",), condition=Q(state=TraceState.QUEUED), name="one_siting_waiting_per_area"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[TraceState.QUEUED, TraceState.DONE, TraceState.FAILED]),
                name="siting_state_known",
            ),
            models.CheckConstraint(
                condition=Q(goal__in=list(SitingGoal), count__gte=1), name="siting_question_known"
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="siting_progress_share"
            ),
            models.CheckConstraint(
                condition=~Q(state=TraceState.DONE) | Q(result__isnull=False, finished_at__isnull=False),
                name="siting_done_with_a_result",
            ),
            models.CheckConstraint(
                condition=~Q(state=TraceState.FAILED) | (Q(finished_at__isnull=False) & ~Q(error="")),
                name="siting_failed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.basin} · {self.goal} {self.count}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds its history."""
        return f"siting:{self.pk}"


class TraceCandidate(models.Model):
    """A place or cause from which the water of an event may have come, with what the readings say about it.

    Times bound the start of the release, durations and masses how long it lasted and what was released, each as 90 %
    interval and median. Beside the
    probability stand what was believed beforehand (`prior`), what the rules alone would have come to
    (`probability_by_rule`), and what the readings say with every candidate alike beforehand (`…_by_evidence`);
    None in attempts from before these were kept.
    """

    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="candidates")
    rank = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    outfall = models.ForeignKey(Outfall, null=True, on_delete=models.PROTECT, related_name="+")
    reach = models.ForeignKey(Reach, null=True, on_delete=models.PROTECT, related_name="+")
    adjustment = models.ForeignKey(Adjustment, null=True, on_delete=models.PROTECT, related_name="+")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    probability = models.FloatField()
    prior = models.FloatField(null=True)
    probability_by_rule = models.FloatField(null=True)
    probability_by_evidence = models.FloatField(null=True)
    started_low = models.DateTimeField(null=True)
    started_median = models.DateTimeField(null=True)
    started_high = models.DateTimeField(null=True)
    duration_s_low = models.FloatField(null=True)
    duration_s_median = models.FloatField(null=True)
    duration_s_high = models.FloatField(null=True)
    released_kg_low = models.FloatField(null=True)
    released_kg_median = models.FloatField(null=True)
    released_kg_high = models.FloatField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("trace", "rank")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("trace", "rank"), name="trace_candidate_rank_once"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="trace_candidate_rank_from_one"),
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=1), name="trace_candidate_probability"
            ),
            models.CheckConstraint(
                condition=Q(kind=CandidateKind.OUTFALL, outfall__isnull=False)
                | Q(kind=CandidateKind.UNLISTED, outfall__isnull=True, reach__isnull=False)
                | Q(kind=CandidateKind.PLACE, outfall__isnull=True, adjustment__isnull=False)
                | Q(kind=CandidateKind.BOUNDARY, outfall__isnull=True, reach__isnull=False)
                | Q(kind__in=NAMES_NOBODY, outfall__isnull=True, reach__isnull=True),
                name="trace_candidate_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(started_low__isnull=True) | Q(started_low__lte=F("started_high")),
                name="trace_candidate_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trace} · {self.rank}"

    @property
    def key(self) -> str:
        """What names it in the inputs, and makes candidates of two attempts the same."""
        numbers = {
            CandidateKind.OUTFALL: self.outfall_id,
            CandidateKind.UNLISTED: self.reach_id,
            CandidateKind.PLACE: self.adjustment_id,
            CandidateKind.BOUNDARY: self.reach_id,
        }
        return f"{self.kind}:{numbers[CandidateKind(self.kind)]}" if self.kind in numbers else self.kind
