"""The tables of duties: who answers for what, who stands in, and how far up a river's chiefs go."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Area, User


class StandingWater(models.Model):
    """A lake or reservoir, pond or wetland 湖库、坑塘、湿地 that has a chief of its own."""

    class Kind(models.TextChoices):
        """What it is."""

        LAKE = "lake", "湖库"
        POND = "pond", "坑塘"
        WETLAND = "wetland", "湿地"

    code = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="standing_waters")

    class Meta:
        ordering = ("code",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["lake", "pond", "wetland"]), name="standing_water_kind_known"
            )
        ]

    def __str__(self) -> str:
        return self.name_zh


class RiverArea(models.Model):
    """A highest area of a river: its chiefs are found there and below, and none above.

    None of a river's lies in another, and two counties of one city are refused: such a river belongs to the city. The
    database refuses both (migration 0004).
    """

    river = models.ForeignKey("registry.River", on_delete=models.CASCADE, related_name="highest_areas")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="rivers_from_here")

    class Meta:
        ordering = ("river", "area")
        constraints: ClassVar = [models.UniqueConstraint(fields=("river", "area"), name="river_area_once")]

    def __str__(self) -> str:
        return f"{self.river} · {self.area}"


class Duty(models.Model):
    """A duty 职责: a person, a kind, and what it is for, in an area (which is its tier), from when to when.

    The duty, not the person, is what changes hands. Heads answer for the whole area and name no water. Of most kinds
    a water has one holder in an area at a time; of two dual heads each has a `seat` (1, 2); deputies and volunteers are as many
    as there are (migration 0004). `position` is the office for which the person holds it: "XX镇镇长".
    """

    class Kind(models.TextChoices):
        """Which duty."""

        CHIEF = "chief", "河长"
        HEAD = "head", "总河长"
        DUAL_HEAD = "dual_head", "双总河长"
        DEPUTY_HEAD = "deputy_head", "副总河长"
        DEPUTY = "deputy", "副河长"
        POLICE_CHIEF = "police_chief", "河道警长"
        VOLUNTEER = "volunteer", "民间河长"
        LAKE_CHIEF = "lake_chief", "湖长"
        POND_CHIEF = "pond_chief", "坑长"
        WETLAND_CHIEF = "wetland_chief", "湿地长"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="duties")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="duties")
    river = models.ForeignKey(
        "registry.River", null=True, blank=True, on_delete=models.PROTECT, related_name="duties"
    )
    reach = models.ForeignKey(
        "registry.Reach", null=True, blank=True, on_delete=models.PROTECT, related_name="duties"
    )
    standing_water = models.ForeignKey(
        StandingWater, null=True, blank=True, on_delete=models.PROTECT, related_name="duties"
    )
    seat = models.PositiveSmallIntegerField(default=1)
    position = models.CharField(max_length=160, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("area", "kind", "valid_from")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="duty_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["head", "dual_head", "deputy_head"],
                    river__isnull=True,
                    reach__isnull=True,
                    standing_water__isnull=True,
                )
                | Q(
                    kind__in=["chief", "deputy", "police_chief", "volunteer"],
                    river__isnull=False,
                    reach__isnull=True,
                    standing_water__isnull=True,
                )
                | Q(
                    kind__in=["chief", "deputy", "police_chief", "volunteer"],
                    river__isnull=True,
                    reach__isnull=False,
                    standing_water__isnull=True,
                )
                | Q(
                    kind__in=[
                        "lake_chief",
                        "pond_chief",
                        "wetland_chief",
                        "deputy",
                        "police_chief",
                        "volunteer",
                    ],
                    river__isnull=True,
                    reach__isnull=True,
                    standing_water__isnull=False,
                ),
                name="duty_has_its_object",
            ),
            models.CheckConstraint(
                condition=Q(seat=1) | Q(seat=2, kind="dual_head"), name="duty_second_seat_is_a_dual_heads"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_kind_display()} · {self.area}"


K = Duty.Kind
OF_AREAS = (K.HEAD, K.DUAL_HEAD, K.DEPUTY_HEAD)
"""They answer for an area and name no water."""
OF_STANDING_WATER = {K.LAKE_CHIEF: "lake", K.POND_CHIEF: "pond", K.WETLAND_CHIEF: "wetland"}
"""They answer for water of one kind that stands."""
AS_MANY_AS_THERE_ARE = (K.DEPUTY_HEAD, K.DEPUTY, K.VOLUNTEER)
"""Of these a water or an area may have several at once."""
WITHOUT_ROLE = (K.POLICE_CHIEF, K.VOLUNTEER)
"""These hold a duty without being chiefs in the sense of the roles."""


class StandIn(models.Model):
    """Somebody acts for the holder of a duty 代理 for a time; the duty stays whose it is.

    The database refuses two of one duty at once (migration 0004).
    """

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="stand_ins")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="stand_ins")
    valid_from = models.DateField()
    valid_to = models.DateField()
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ("duty", "valid_from")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="stand_in_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.duty}"
