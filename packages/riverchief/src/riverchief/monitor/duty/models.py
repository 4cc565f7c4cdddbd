"""Rows of the duty desk. Alarms are named as text: `monitor.models` imports this module."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Area, User


class Shift(models.Model):
    """A shift 班次 of an area's duty desk: whom an alarm is told to first, then second, then third."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    deputy = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    leader = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("starts_at", "id")
        indexes: ClassVar = [models.Index(fields=("area", "ends_at"), name="shift_of_an_area")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=(Q(deputy__isnull=True) | ~Q(deputy=F("person")))
                & (Q(leader__isnull=True) | ~Q(leader=F("person")))
                & (Q(leader__isnull=True) | Q(deputy__isnull=True) | ~Q(leader=F("deputy"))),
                name="shift_of_different_people",
            ),
            models.UniqueConstraint(fields=("area", "starts_at", "ends_at"), name="shift_once"),
        ]

    def __str__(self) -> str:
        return f"{self.area_id} {self.starts_at:%F %R} {self.person}"

    def covers(self, at: datetime) -> bool:
        """Whether the shift is on at a time; its end belongs to the next."""
        return self.starts_at <= at < self.ends_at


class AlarmStep(models.Model):
    """That an alarm went a step along the chain, and whom it reached; nobody: that place in the chain was empty.

    An alarm that came back after it had resolved itself goes the chain again: `raised_at` tells its rounds apart.
    """

    class To(models.TextChoices):
        """Whom it goes to."""

        PERSON = "person", "值班员"
        DEPUTY = "deputy", "副班"
        LEADER = "leader", "带班领导"
        OFFICE = "office", "河长办全体"

    alarm = models.ForeignKey("monitor.Alarm", on_delete=models.CASCADE, related_name="steps")
    raised_at = models.DateTimeField()
    to = models.CharField(max_length=8, choices=To.choices)
    at = models.DateTimeField()
    people = models.ManyToManyField(User, related_name="+")

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("alarm", "raised_at", "to"), name="alarm_step_once"),
            models.CheckConstraint(
                condition=Q(to__in=["person", "deputy", "leader", "office"]), name="alarm_step_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alarm_id} → {self.to}"


class AlarmText(models.Model):
    """A text message 短信 to somebody whom a step reached: written with the step, sent by a job until the carrier has taken it.

    Neither number nor text is kept: the number is that of the day, the text follows from the alarm. Given up: after the last
    try, because the alarm was acknowledged meanwhile, or because nobody knows the person's number.
    """

    class State(models.TextChoices):
        """How far it came."""

        WAITING = "waiting", "短信待发"
        TAKEN = "taken", "短信已交运营商"
        FAILED = "failed", "短信未发出"
        NOT_NEEDED = "not_needed", "已确认，未再发短信"
        NO_NUMBER = "no_number", "未登记手机号"

    step = models.ForeignKey(AlarmStep, on_delete=models.CASCADE, related_name="texts")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=("next_at",), name="alarm_text_waiting", condition=Q(state="waiting"))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("step", "person"), name="alarm_text_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at__isnull=True)
                | Q(state__in=["taken", "failed", "not_needed", "no_number"], ended_at__isnull=False),
                name="alarm_text_ended_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} → {self.person_id}"


class Mute(models.Model):
    """That an alarm is silent until a time 静音, by whom and why. `ended_by` empty: it ended by itself."""

    alarm = models.ForeignKey("monitor.Alarm", on_delete=models.CASCADE, related_name="mutes")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("alarm",), condition=Q(ended_at=None), name="one_mute_at_a_time"),
            models.CheckConstraint(condition=Q(until__gt=F("at")) & ~Q(reason=""), name="mute_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.alarm_id} until {self.until:%F %R}"


class HandOver(models.Model):
    """An entry of the hand-over log 交接班: what one shift leaves to the next. The database takes new rows only.

    `open_items` is what was open then, as the duty desk listed it by itself; `note` is what the person adds.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="hand_overs")
    shift = models.ForeignKey(Shift, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    note = models.TextField()
    open_items = models.JSONField()

    class Meta:
        ordering = ("-written_at", "-id")
        indexes: ClassVar = [models.Index(fields=("area", "-written_at"), name="hand_overs_of_an_area")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(note=""), name="hand_over_says_something")
        ]

    def __str__(self) -> str:
        return f"{self.area_id} {self.written_at:%F %R}"


class HandOverSignature(models.Model):
    """That the next person has taken over: once, never by the writer (checked in the action), never altered."""

    hand_over = models.OneToOneField(HandOver, on_delete=models.PROTECT, related_name="signature")
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    remark = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.hand_over_id} · {self.signed_by}"
