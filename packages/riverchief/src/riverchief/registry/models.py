"""Basins, rivers, reaches, and what stands on them: sections, stations, outfalls, duties."""

import hashlib
import hmac
import secrets
from typing import ClassVar

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from riverkit.network import Regime

from riverchief.accounts.models import Area, Organisation
from riverchief.registry.duties.models import Duty, RiverArea, StandIn, StandingWater
from riverchief.registry.fields import BoxField
from riverchief.registry.permits.models import (
    OutletMouth,
    Permit,
    PermitLimit,
    PermitOutlet,
    PermittedLoad,
    PermitTerm,
    SelfMonitoring,
)

__all__ = [
    "MEASURES_WATER",
    "ON_EARTH",
    "Basin",
    "Duty",
    "Outfall",
    "OutletMouth",
    "Permit",
    "PermitLimit",
    "PermitOutlet",
    "PermitTerm",
    "PermittedLoad",
    "Placed",
    "Reach",
    "River",
    "Section",
    "SelfMonitoring",
    "Station",
    "WaterBody",
]

__all__ = [
    "MEASURES_WATER",
    "Basin",
    "Duty",
    "Outfall",
    "PermitLimit",
    "Reach",
    "River",
    "RiverArea",
    "Section",
    "StandIn",
    "StandingWater",
    "Station",
    "WaterBody",
]

ON_EARTH = Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90)


class WaterBody(models.TextChoices):
    """Which limits of the standard hold: phosphorus and nitrogen differ between rivers and lakes."""

    RIVER = "river", "河流"
    LAKE = "lake", "湖库"


class Basin(models.Model):
    """A basin 流域: one network, read into memory as a whole.

    `version` grows with every change of the network; whatever is derived from it is cached under it.
    """

    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    synthetic = models.BooleanField(default=False)
    source = models.TextField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name_zh


class River(models.Model):
    """A river 河流 by name: the reaches that people call so."""

    basin = models.ForeignKey(Basin, on_delete=models.PROTECT, related_name="rivers")
    code = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)

    class Meta:
        ordering = ("basin", "code")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("basin", "code"), name="river_code_once_per_basin")
        ]

    def __str__(self) -> str:
        return self.name_zh


class Reach(models.Model):
    """A reach 河段: a stretch of channel without confluence inside, water flowing from `up_node` to `down_node`.

    Hydraulics are section means; empty means unknown. `estimated` names the fields that a formula filled.
    """

    basin = models.ForeignKey(Basin, on_delete=models.PROTECT, related_name="reaches")
    code = models.CharField(max_length=60)
    river = models.ForeignKey(River, null=True, blank=True, on_delete=models.PROTECT, related_name="reaches")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="reaches")
    up_node = models.CharField(max_length=60)
    down_node = models.CharField(max_length=60)
    length_m = models.FloatField()
    geometry = models.JSONField(null=True, blank=True)
    bounds = BoxField(null=True, blank=True)
    discharge_m3s = models.FloatField(null=True, blank=True)
    velocity_m_s = models.FloatField(null=True, blank=True)
    width_m = models.FloatField(null=True, blank=True)
    depth_m = models.FloatField(null=True, blank=True)
    dispersion_m2s = models.FloatField(null=True, blank=True)
    drainage_km2 = models.FloatField(null=True, blank=True)
    flow_share = models.FloatField(null=True, blank=True)
    regime = models.CharField(
        max_length=12,
        default=Regime.FREE.value,
        choices=[
            (Regime.FREE.value, "自由流"),
            (Regime.BACKWATER.value, "回水"),
            (Regime.GATED.value, "闸控"),
            (Regime.TIDAL.value, "感潮"),
        ],
    )
    estimated = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ("basin", "code")
        indexes: ClassVar = [
            # vector tiles: the reaches in a window of the map
            GistIndex(fields=["bounds"], name="reach_bounds")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("basin", "code"), name="reach_code_once_per_basin"),
            models.CheckConstraint(condition=Q(length_m__gt=0), name="reach_has_length"),
            models.CheckConstraint(
                condition=Q(discharge_m3s__isnull=True) | Q(discharge_m3s__gt=0),
                name="reach_discharge_positive",
            ),
            models.CheckConstraint(
                condition=Q(velocity_m_s__isnull=True) | Q(velocity_m_s__gt=0),
                name="reach_velocity_positive",
            ),
            models.CheckConstraint(
                condition=Q(flow_share__isnull=True) | Q(flow_share__gte=0, flow_share__lte=1),
                name="reach_flow_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(regime__in=[regime.value for regime in Regime]), name="reach_regime_known"
            ),
            models.CheckConstraint(
                condition=Q(geometry__isnull=True, bounds__isnull=True)
                | Q(geometry__isnull=False, bounds__isnull=False),
                name="reach_bounds_follow_geometry",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Placed(models.Model):
    """Something that stands at a place on a reach.

    `chainage_m` counts from the reach's upper end; a trigger keeps it within the reach (migration 0002).
    """

    code = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    reach = models.ForeignKey(Reach, on_delete=models.PROTECT, related_name="%(class)ss")
    chainage_m = models.FloatField()
    lon = models.FloatField()
    lat = models.FloatField()
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="%(class)ss")

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(condition=ON_EARTH, name="%(class)s_position_on_earth"),
            models.CheckConstraint(condition=Q(chainage_m__gte=0), name="%(class)s_chainage_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name_zh


class Section(Placed):
    """A section 断面 with a target class (水质目标) set by an authority."""

    class Level(models.TextChoices):
        """Who controls the section."""

        NATIONAL = "national", "国控"
        PROVINCIAL = "provincial", "省控"
        CITY = "city", "市控"
        COUNTY = "county", "区县控"

    level = models.CharField(max_length=12, choices=Level.choices)
    target_class = models.PositiveSmallIntegerField()
    water_body = models.CharField(max_length=8, choices=WaterBody.choices, default=WaterBody.RIVER)

    class Meta(Placed.Meta):
        ordering = ("code",)
        constraints: ClassVar = [
            *Placed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(target_class__gte=1, target_class__lte=5), name="section_target_is_a_class"
            ),
            models.CheckConstraint(
                condition=Q(level__in=["national", "provincial", "city", "county"]),
                name="section_level_known",
            ),
            models.CheckConstraint(
                condition=Q(water_body__in=["river", "lake"]), name="section_water_body_known"
            ),
        ]


class Outfall(Placed):
    """A river outfall 入河排污口: the mouth through which something reaches the river."""

    class Kind(models.TextChoices):
        """What comes out."""

        INDUSTRIAL = "industrial", "工业"
        SEWAGE_WORKS = "sewage_works", "污水处理厂"
        OVERFLOW = "overflow", "溢流口"
        STORM = "storm", "雨洪排口"
        AGRICULTURAL = "agricultural", "农业"
        OTHER = "other", "其他"

    class Status(models.TextChoices):
        """Whether it is in use."""

        IN_USE = "in_use", "在用"
        CLOSED = "closed", "已封堵"
        UNVERIFIED = "unverified", "待核实"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="outfalls"
    )
    permitted = models.BooleanField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.IN_USE)

    class Meta(Placed.Meta):
        ordering = ("code",)
        constraints: ClassVar = [
            *Placed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(
                    kind__in=["industrial", "sewage_works", "overflow", "storm", "agricultural", "other"]
                ),
                name="outfall_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["in_use", "closed", "unverified"]), name="outfall_status_known"
            ),
        ]


class Station(Placed):
    """A station 监测点位. One with a device speaks HJ 212 or SL 651 under its `mn` (of SL 651: its address)
    and password once it is adopted.

    A rain gauge measures no water of the river: its reach is the nearest one, however far.
    """

    class Kind(models.TextChoices):
        """How readings come about."""

        AUTOMATIC = "automatic", "自动站"
        MANUAL = "manual", "手工"
        RAIN_GAUGE = "rain_gauge", "雨量站"

    class Owner(models.TextChoices):
        """Who answers for the readings."""

        OFFICE = "office", "政府"
        ENTERPRISE = "enterprise", "企业"

    mn = models.CharField(max_length=40, unique=True, null=True, blank=True)
    password = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    owner = models.CharField(max_length=12, choices=Owner.choices, default=Owner.OFFICE)
    section = models.ForeignKey(
        Section, null=True, blank=True, on_delete=models.PROTECT, related_name="stations"
    )
    outfall = models.ForeignKey(
        Outfall, null=True, blank=True, on_delete=models.PROTECT, related_name="stations"
    )
    water_body = models.CharField(max_length=8, choices=WaterBody.choices, default=WaterBody.RIVER)
    target_class = models.PositiveSmallIntegerField(null=True, blank=True)
    adopted_at = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)

    class Meta(Placed.Meta):
        ordering = ("code",)
        constraints: ClassVar = [
            *Placed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(target_class__isnull=True) | Q(target_class__gte=1, target_class__lte=5),
                name="station_target_is_a_class",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["automatic", "manual", "rain_gauge"]), name="station_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(owner__in=["office", "enterprise"]), name="station_owner_known"
            ),
            models.CheckConstraint(
                condition=Q(water_body__in=["river", "lake"]), name="station_water_body_known"
            ),
        ]

    def set_password(self, password: str) -> None:
        """Keep a salted SHA-256 of the device password; "" takes it away.

        HJ 212 sends the six characters in the clear with every packet, so a slow hash would cost a packet's
        time and protect nothing on the wire; the salt keeps equal passwords from showing in a stolen table.
        """
        if not password:
            self.password = ""
            return
        salt = secrets.token_hex(8)
        self.password = f"{salt}${hashlib.sha256((salt + password).encode()).hexdigest()}"

    def check_password(self, password: str) -> bool:
        """Whether the device gave the password; a station without one takes any."""
        if not self.password:
            return True
        salt, _, digest = self.password.partition("$")
        return hmac.compare_digest(digest, hashlib.sha256((salt + password).encode()).hexdigest())


MEASURES_WATER = ~Q(kind=Station.Kind.RAIN_GAUGE)
"""A condition on stations: not those that say nothing of the river."""
