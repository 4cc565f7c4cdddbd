"""The tables of the review queue: doubts, and the stations whose new readings no rule has looked at yet."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import User
from riverchief.registry.models import Station


class Rule(models.TextChoices):
    """What a doubt is about; the last three are about no value but about a station or an instrument."""

    RANGE = "range", "超出可能范围"
    RATE = "rate", "变化过快"
    STUCK = "stuck", "恒值"
    SPIKE = "spike", "孤立突变"
    LOGIC = "logic", "参数间不合逻辑"
    NEIGHBOUR = "neighbour", "与上游相邻点位不符"
    MARKED = "marked", "事后改标记"
    MISSING = "missing", "单项缺测"
    SILENT = "silent", "点位无数据"
    STALE = "stale", "数据迟到"


ABOUT_VALUES = (Rule.RANGE, Rule.RATE, Rule.STUCK, Rule.SPIKE, Rule.LOGIC, Rule.NEIGHBOUR)
"""Only of these can somebody say that what was sent is no measurement."""
CONDITIONS = (Rule.MISSING, Rule.SILENT, Rule.STALE)


class Doubt(models.Model):
    """A doubt 疑问: readings of a station that a rule finds hard to believe, until a person has decided.

    `parameter` and `kind` are "" where it is about the whole station. `first_at` to `last_at` are times of readings, both in
    the run; no `last_at`: it lasts. `value` was compared with `compared`, in `unit`. The sentences are what was
    said when the doubt arose or grew, with the rules of `rules_version`. Raising a doubt changes no reading. The database
    refuses two open doubts by one rule about overlapping runs (migration 0014).
    """

    class State(models.TextChoices):
        """What became of it. Passed: by itself, before anybody decided."""

        OPEN = "open", "待审核"
        KEPT = "kept", "数据有效"
        INVALIDATED = "invalidated", "判为无效"
        PASSED = "passed", "自行消除"

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="doubts")
    parameter = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=8, blank=True)
    rule = models.CharField(max_length=12, choices=Rule.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True, blank=True)
    readings = models.PositiveIntegerField(default=0)
    value = models.FloatField(null=True)
    compared = models.FloatField(null=True)
    unit = models.CharField(max_length=16, blank=True)
    sentence_zh = models.TextField()
    sentence_en = models.TextField()
    rules_version = models.CharField(max_length=40)
    raised_at = models.DateTimeField()
    statutory = models.BooleanField(default=False)
    """When it was decided, the monitor was one that the law makes an enterprise keep."""
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    authorisation = models.CharField(max_length=120, blank=True)
    """The document that allows to invalidate what a statutory monitor sent."""

    class Meta:
        ordering = ("-raised_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=("state", "-raised_at", "-id"), name="doubt_queue"),
            models.Index(fields=("station", "first_at"), name="doubt_of_a_station"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(rule__in=Rule.values), name="doubt_rule_known"),
            models.CheckConstraint(
                condition=Q(last_at__isnull=True, rule__in=CONDITIONS) | Q(last_at__gte=F("first_at")),
                name="doubt_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True, reason="")
                | Q(state="passed", decided_by__isnull=True, decided_at__isnull=False)
                | Q(state__in=["kept", "invalidated"], decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(reason=""),
                name="doubt_decided_by_somebody_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="invalidated") | Q(rule__in=ABOUT_VALUES),
                name="only_values_are_invalidated",
            ),
            models.CheckConstraint(
                condition=~Q(state="invalidated", statutory=True) | ~Q(authorisation=""),
                name="statutory_review_authorised",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.parameter} {self.rule} {self.first_at:%F %R}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds this doubt's history."""
        return f"doubt:{self.pk}"


class Unchecked(models.Model):
    """That a station has readings, from `since` on, which no rule of quality control has looked at.

    Written when readings are examined, and when a review has changed some; `marks` grows with each, so that a row goes
    only if nothing has come since it was read.
    """

    station = models.OneToOneField(Station, primary_key=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    marks = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.station_id} since {self.since}"
