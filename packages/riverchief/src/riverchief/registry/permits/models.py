"""The tables of permits 排污许可证: terms, permit outlets and the mouths they end in, limits, loads of a year, self-monitoring."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Organisation


class Permit(models.Model):
    """A permit: its number stays the same through renewals; when it holds, its terms say."""

    number = models.CharField(max_length=60, unique=True)
    holder = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="permits")

    class Meta:
        ordering = ("number",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(number=""), name="permit_has_a_number"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def chain(self) -> str:
        """The chain of the log that holds this permit's history."""
        return f"permit:{self.pk}"


class PermitTerm(models.Model):
    """A time for which a permit holds, both days included; terms of one permit never overlap (migration 0010)."""

    class Kind(models.TextChoices):
        """By what decision it holds."""

        FIRST = "first", "首次申领"
        RENEWED = "renewed", "延续"
        CHANGED = "changed", "变更"
        REISSUED = "reissued", "重新申请"

    permit = models.ForeignKey(Permit, on_delete=models.PROTECT, related_name="terms")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    valid_from = models.DateField()
    valid_to = models.DateField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ("permit", "valid_from")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("permit", "valid_from"), name="permit_term_once"),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="permit_term_in_order"),
            models.CheckConstraint(
                condition=Q(kind__in=["first", "renewed", "changed", "reissued"]),
                name="permit_term_kind_known",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="permit_term_with_its_source"),
        ]

    def __str__(self) -> str:
        return f"{self.permit} {self.valid_from}–{self.valid_to}"


class PermitOutlet(models.Model):
    """A permit outlet 排放口 (DW001): the place that the permit speaks of, before the river is reached."""

    permit = models.ForeignKey(Permit, on_delete=models.PROTECT, related_name="outlets")
    code = models.CharField(max_length=20)
    name_zh = models.CharField(max_length=120, blank=True)
    mouths: "models.ManyToManyField[models.Model, OutletMouth]" = models.ManyToManyField(
        "registry.Outfall", through="OutletMouth", related_name="permit_outlets"
    )

    class Meta:
        ordering = ("permit", "code")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("permit", "code"), name="permit_outlet_once"),
            models.CheckConstraint(condition=~Q(code=""), name="permit_outlet_has_a_code"),
        ]

    def __str__(self) -> str:
        return f"{self.permit} {self.code}"


class OutletMouth(models.Model):
    """That a permit outlet ends in a river outfall: an outlet may end in several, a mouth may carry several."""

    outlet = models.ForeignKey(PermitOutlet, on_delete=models.PROTECT, related_name="ends")
    outfall = models.ForeignKey("registry.Outfall", on_delete=models.PROTECT, related_name="outlet_ends")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("outlet", "outfall"), name="outlet_ends_in_a_mouth_once")
        ]

    def __str__(self) -> str:
        return f"{self.outlet} → {self.outfall}"


class PermitLimit(models.Model):
    """What a permit allows at an outfall: bounds of a parameter, and the mean that they hold for.

    An hour above a limit that holds for the mean of a day is no exceedance. `least` is for pH and the like. `outlet` is the
    permit outlet that the limit is of, where it is known; it must end in that mouth. The database refuses two limits of one
    outlet, parameter and mean on one day (migrations 0003, 0010).
    """

    class Averaging(models.TextChoices):
        """The mean that is held against the limit."""

        MONTH = "month", "月均值"
        DAY = "day", "日均值"
        HOUR = "hour", "小时均值"

    outfall = models.ForeignKey("registry.Outfall", on_delete=models.PROTECT, related_name="permit_limits")
    outlet = models.ForeignKey(
        PermitOutlet, null=True, blank=True, on_delete=models.PROTECT, related_name="limits"
    )
    parameter = models.CharField(max_length=40)
    averaging = models.CharField(max_length=8, choices=Averaging.choices)
    least = models.FloatField(null=True, blank=True)
    most = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=16, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ("outfall", "parameter", "averaging", "valid_from")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(least__isnull=False) | Q(most__isnull=False), name="permit_limit_has_a_bound"
            ),
            models.CheckConstraint(
                condition=Q(least__isnull=True) | Q(most__isnull=True) | Q(least__lte=F("most")),
                name="permit_limit_bounds_in_order",
            ),
            models.CheckConstraint(
                condition=Q(averaging__in=["month", "day", "hour"]), name="permit_averaging_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="permit_limit_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="permit_limit_with_its_source"),
        ]

    def __str__(self) -> str:
        return f"{self.outfall} {self.parameter} {self.averaging}"


class PermittedLoad(models.Model):
    """How much of a parameter may go out in a year (许可年排放量): through one outlet, or by the whole permit."""

    permit = models.ForeignKey(
        Permit, null=True, blank=True, on_delete=models.PROTECT, related_name="permitted_loads"
    )
    outlet = models.ForeignKey(
        PermitOutlet, null=True, blank=True, on_delete=models.PROTECT, related_name="permitted_loads"
    )
    parameter = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    tonnes = models.FloatField()

    class Meta:
        ordering = ("parameter", "year")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(permit__isnull=False, outlet__isnull=True)
                | Q(permit__isnull=True, outlet__isnull=False),
                name="permitted_load_of_a_permit_or_an_outlet",
            ),
            models.UniqueConstraint(
                fields=("permit", "parameter", "year"), name="permitted_load_of_a_permit_once"
            ),
            models.UniqueConstraint(
                fields=("outlet", "parameter", "year"), name="permitted_load_of_an_outlet_once"
            ),
            models.CheckConstraint(condition=Q(tonnes__gt=0), name="permitted_load_is_something"),
            models.CheckConstraint(
                condition=Q(year__gte=2000, year__lte=2099), name="permitted_load_of_a_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.permit or self.outlet} {self.parameter} {self.year}"


class SelfMonitoring(models.Model):
    """What the holder must measure at an outlet (自行监测): all the time by an instrument, or so often by hand."""

    class Manner(models.TextChoices):
        """How it is measured."""

        AUTOMATIC = "automatic", "自动监测"
        MANUAL = "manual", "手工监测"

    class Per(models.TextChoices):
        """The time in which it is due so many times."""

        DAY = "day", "日"
        WEEK = "week", "周"
        MONTH = "month", "月"
        QUARTER = "quarter", "季"
        HALF_YEAR = "half_year", "半年"
        YEAR = "year", "年"

    outlet = models.ForeignKey(PermitOutlet, on_delete=models.PROTECT, related_name="self_monitoring")
    parameter = models.CharField(max_length=40)
    manner = models.CharField(max_length=10, choices=Manner.choices)
    times = models.PositiveSmallIntegerField(null=True, blank=True)
    per = models.CharField(max_length=10, choices=Per.choices, blank=True)

    class Meta:
        ordering = ("outlet", "parameter", "manner")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("outlet", "parameter", "manner"), name="self_monitoring_once"),
            models.CheckConstraint(
                condition=Q(manner="automatic", times__isnull=True, per="")
                | Q(
                    manner="manual",
                    times__isnull=False,
                    times__gte=1,
                    per__in=["day", "week", "month", "quarter", "half_year", "year"],
                ),
                name="self_monitoring_all_the_time_or_so_often",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outlet} {self.parameter} {self.manner}"
