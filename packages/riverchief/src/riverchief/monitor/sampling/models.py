"""The tables of sampling by hand in the field: plans and rounds, visits and bottles, custody. Results: `result_models`.

What has happened to a bottle and what was found in it is only ever added to: triggers of migration 0017 refuse to change or
remove a link of custody or a result, and a link out of order.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from riverchief.accounts.models import Area, Organisation, User
from riverchief.base.models import Evidence
from riverchief.registry.models import Station

EVERY_MONTHS = (1, 2, 3, 6, 12)


class SamplingPlan(models.Model):
    """A plan 监测计划: which points an organisation samples in an area, for which parameters, every how many months."""

    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="sampling_plans")
    team = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    parameters = models.JSONField()
    """riverkit's keys."""
    every_months = models.PositiveSmallIntegerField(default=1)
    stations = models.ManyToManyField(Station, related_name="sampling_plans")
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("area", "name_zh")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("area", "name_zh"), name="sampling_plan_once_per_area"),
            models.CheckConstraint(
                condition=Q(every_months__in=EVERY_MONTHS), name="sampling_plan_repeats_in_a_year"
            ),
        ]

    def __str__(self) -> str:
        return self.name_zh

    @property
    def chain(self) -> str:
        """The chain of the log that holds this plan's history."""
        return f"sampling_plan:{self.pk}"


class SamplingRound(models.Model):
    """A round 采样轮次 of a plan: that of a month. `seed` chose the points of blanks and duplicates and dealt the labels."""

    plan = models.ForeignKey(SamplingPlan, on_delete=models.PROTECT, related_name="rounds")
    month = models.DateField()
    parameters = models.JSONField()
    seed = models.BigIntegerField()
    preservation_version = models.CharField(max_length=40)
    quality_version = models.CharField(max_length=40)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-month", "plan", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("plan", "month"), name="sampling_round_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="sampling_round_is_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.month:%Y-%m}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds this round's history."""
        return f"sampling_round:{self.pk}"


class MissedReason(models.TextChoices):
    """Why no water was taken at a point."""

    DRY = "dry", "河干"
    FROZEN = "frozen", "封冻"
    NO_ACCESS = "no_access", "无法到达"
    FLOOD = "flood", "洪水"
    WORKS = "works", "施工"
    OTHER = "other", "其他"


class Visit(models.Model):
    """A point in a round: to be visited, sampled, or missed for a reason.

    `lon`, `lat` is where the sampler's device said it was; `away_m` how far that is from the point.
    """

    class State(models.TextChoices):
        """What came of it."""

        OPEN = "open", "待采样"
        SAMPLED = "sampled", "已采样"
        MISSED = "missed", "未采到"

    round = models.ForeignKey(SamplingRound, on_delete=models.PROTECT, related_name="visits")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="visits")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    taken_at = models.DateTimeField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    away_m = models.FloatField(null=True)
    missed_reason = models.CharField(max_length=12, blank=True, choices=MissedReason.choices)
    photo = models.ForeignKey(Evidence, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    told_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("round", "station__code")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("round", "station"), name="visit_once_a_round"),
            models.CheckConstraint(
                condition=Q(state="open", taken_at__isnull=True, missed_reason="", told_by__isnull=True)
                | Q(state="sampled", taken_at__isnull=False, missed_reason="", told_by__isnull=False)
                | Q(state="missed", taken_at__isnull=True, told_by__isnull=False) & ~Q(missed_reason=""),
                name="visit_sampled_or_missed_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True)
                | Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="visit_position_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.station_id}"


class Step(models.TextChoices):
    """The steps of custody 流转."""

    TAKEN = "taken", "已采"
    HANDED_OVER = "handed_over", "已移交"
    RECEIVED = "received", "实验室已接收"
    ANALYSED = "analysed", "已分析"
    LOST = "lost", "损失"


FOLLOWS: dict[str, tuple[str, ...]] = {
    "": (Step.TAKEN, Step.LOST),
    Step.TAKEN: (Step.HANDED_OVER, Step.LOST),
    Step.HANDED_OVER: (Step.HANDED_OVER, Step.RECEIVED, Step.LOST),
    Step.RECEIVED: (Step.ANALYSED, Step.LOST),
    Step.ANALYSED: (),
    Step.LOST: (),
}
"""What may follow a step; "" is a bottle that is still empty. Migration 0017 holds the same."""

WAITING = (Step.TAKEN, Step.HANDED_OVER, Step.RECEIVED)
"""The steps at which a holding time runs."""


class Bottle(models.Model):
    """A bottle 样品瓶 of a round: what is preserved alike at one point. The record of on-site measurements travels as one.

    The label says nothing of the point nor of the role, so that who analyses it cannot know. `step` is that of the last link
    of custody (kept by a trigger); `due_at` is when the shortest holding time runs out of what is not analysed yet.
    """

    class Role(models.TextChoices):
        """What it is filled with."""

        SAMPLE = "sample", "水样"
        DUPLICATE = "duplicate", "现场平行样"
        BLANK = "blank", "全程序空白"

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="bottles")
    label = models.CharField(max_length=20, unique=True)
    group = models.CharField(max_length=40)
    """Key of the preservation group, or the parameter's where no rule says how it is preserved."""
    role = models.CharField(max_length=10, choices=Role.choices)
    parameters = models.JSONField()
    holding_h = models.JSONField()
    """Hours that a parameter keeps, by key; one that is not there has no holding time set."""
    step = models.CharField(max_length=12, blank=True, choices=Step.choices)
    due_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("label",)
        indexes: ClassVar = [
            models.Index(fields=("due_at",), name="bottle_due", condition=Q(due_at__isnull=False))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("visit", "group", "role"), name="bottle_once_a_visit"),
            models.CheckConstraint(
                condition=Q(role__in=["sample", "duplicate", "blank"]), name="bottle_role_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class CustodyLink(models.Model):
    """A link of the custody chain 流转记录 of a bottle: who did what with it, when, where."""

    bottle = models.ForeignKey(Bottle, on_delete=models.PROTECT, related_name="links")
    sequence = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=12, choices=Step.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=120, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    note = models.CharField(max_length=300, blank=True)
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ("bottle", "sequence")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("bottle", "sequence"), name="custody_in_sequence"),
            models.CheckConstraint(condition=~Q(step="lost") | ~Q(note=""), name="custody_lost_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.bottle_id} {self.step}"
