"""Everything that changes overflow records: written down, ended, withdrawn, and announced as running in dry weather."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import IntegrityError, transaction

from riverchief.accounts.models import User
from riverchief.accounts.policies import require, require_person
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action, SystemAction
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.overflows.models import OverflowRecord
from riverchief.monitor.overflows.weather import is_dry_weather_discharge
from riverchief.registry.models import Outfall, Reach

LONGEST_NOTE = 300
MOST_RAIN_MM = 2_000.0
MOST_VOLUME_M3 = 1e8
LONGEST_RUN = timedelta(days=366)
"""Whoever enters an older one that still runs has mistyped its start."""

SLACK = timedelta(minutes=15)
"""A clock at the bank may be so far ahead of ours."""


@dataclass(kw_only=True)
class RecordOverflow(Action[OverflowRecord]):
    """Write down that an outfall ran over, or runs; without a reach named, into its own.

    Whoever reports a stop says how much it was, or that it was not metered.
    """

    name: ClassVar[str] = "monitor.record_overflow"
    outfall_id: int
    source: str
    started_at: datetime
    stopped_at: datetime | None = None
    rainfall_mm: float | None = None
    volume_m3: float | None = None
    not_metered: bool = False
    receiving_reach_id: int | None = None
    note: str = ""
    outfall: Outfall = field(init=False, repr=False)
    reach: Reach = field(init=False, repr=False)

    def load(self) -> None:
        """The outfall, locked: two reports of one overflow take turns; and the reach that takes the water."""
        rows = Outfall.objects.select_for_update(of=("self",)).select_related("area", "reach")
        found = rows.filter(pk=self.outfall_id).first()
        if found is None:
            raise NotFound(f"没有编号为 {self.outfall_id} 的排污口。|There is no outfall {self.outfall_id}.")
        self.outfall = found
        self.reach = found.reach
        if self.receiving_reach_id is not None:
            reach = Reach.objects.filter(pk=self.receiving_reach_id, basin_id=found.reach.basin_id).first()
            if reach is None:
                raise InvalidInput(
                    "受纳河段不在该流域。|The receiving reach is not in the basin of the outfall.",
                    cure="请选择该流域的河段，或留空（排口所在河段）。"
                    "|Choose a reach of its basin, or leave it empty: that of the outfall.",
                    field="receiving_reach_id",
                )
            self.reach = reach

    def check_permission(self) -> None:
        """In the area of the outfall."""
        require_person(self.actor)
        require(self.actor, Capability.RECORD_OVERFLOW, self.outfall.area.path)

    def check_state(self) -> None:
        """Times in order and not ahead, amounts that can be."""
        if self.source not in OverflowRecord.Source.values:
            raise InvalidInput(
                f"没有来源“{self.source}”。|There is no source “{self.source}”.",
                cure=f"可用：{'、'.join(OverflowRecord.Source.values)}。"
                f"|Use one of {', '.join(OverflowRecord.Source.values)}.",
                field="source",
            )
        check_times(self.started_at, self.stopped_at)
        check_volume(self.volume_m3, not_metered=self.not_metered, stopped=self.stopped_at is not None)
        if self.rainfall_mm is not None and not 0 <= self.rainfall_mm <= MOST_RAIN_MM:
            raise InvalidInput(
                f"雨量须在 0 与 {MOST_RAIN_MM:g} mm 之间。|The rain must lie between 0 and {MOST_RAIN_MM:g} mm.",
                cure="不知道时请留空。|Leave it empty where it is not known.",
                field="rainfall_mm",
            )
        self.note = checked_note(self.note)

    def execute(self) -> OverflowRecord:
        """Write it, and say that there is one."""
        assert isinstance(self.actor, User)  # checked
        row = OverflowRecord(
            outfall=self.outfall,
            source=self.source,
            known_by=OverflowRecord.KnownBy.PERSON,
            started_at=self.started_at,
            stopped_at=self.stopped_at,
            rainfall_mm=self.rainfall_mm,
            volume_m3=self.volume_m3,
            not_metered=self.not_metered,
            receiving_reach=self.reach,
            note=self.note,
            entered_by=self.actor,
            entered_at=clock.now(),
        )
        save_apart(row)
        self.log(row.chain, **logged(row))
        self.announce("monitor.overflow_recorded", area=self.outfall.area.path, overflow_id=row.pk)
        return row


@dataclass(kw_only=True)
class _OnRecord(Action[OverflowRecord]):
    """Something done to one record by somebody of the outfall's area."""

    overflow_id: int
    row: OverflowRecord = field(init=False, repr=False)

    def load(self) -> None:
        """The record, locked."""
        rows = OverflowRecord.objects.select_for_update(of=("self",)).select_related("outfall__area")
        found = rows.filter(pk=self.overflow_id).first()
        if found is None:
            raise NotFound(
                f"没有编号为 {self.overflow_id} 的溢流记录。|There is no overflow record {self.overflow_id}."
            )
        self.row = found

    def check_permission(self) -> None:
        """In the area of the outfall."""
        require_person(self.actor)
        require(self.actor, Capability.RECORD_OVERFLOW, self.row.outfall.area.path)

    def check_state(self) -> None:
        """It must hold."""
        if self.row.withdrawn_at is not None:
            raise StateRefused("该记录已撤回。|This record has been withdrawn.")

    def changed(self) -> OverflowRecord:
        """Announce it."""
        self.announce("monitor.overflow_recorded", area=self.row.outfall.area.path, overflow_id=self.row.pk)
        return self.row


@dataclass(kw_only=True)
class StopOverflow(_OnRecord):
    """A running overflow has stopped: when, and how much it was or that it was not metered."""

    name: ClassVar[str] = "monitor.stop_overflow"
    stopped_at: datetime
    volume_m3: float | None = None
    not_metered: bool = False
    rainfall_mm: float | None = None

    def check_state(self) -> None:
        """It must still run."""
        super().check_state()
        if self.row.stopped_at is not None:
            raise StateRefused(
                "该溢流已登记停止。|This overflow has been ended already.",
                cure="如有误，请撤回该记录后重新登记。|If that is wrong, withdraw the record and enter it anew.",
            )
        check_times(self.row.started_at, self.stopped_at)
        check_volume(self.volume_m3, not_metered=self.not_metered, stopped=True)

    def execute(self) -> OverflowRecord:
        """Write it."""
        row = self.row
        assert isinstance(self.actor, User)  # checked
        row.stopped_at, row.volume_m3, row.not_metered = self.stopped_at, self.volume_m3, self.not_metered
        if row.known_by == OverflowRecord.KnownBy.DEVICE:
            # From now on it is a person's word, which no device changes.
            row.known_by, row.entered_by = OverflowRecord.KnownBy.PERSON, self.actor
        if self.rainfall_mm is not None:
            row.rainfall_mm = self.rainfall_mm
        save_apart(row)
        self.log(row.chain, **logged(row))
        return self.changed()


@dataclass(kw_only=True)
class WithdrawOverflow(_OnRecord):
    """A record was wrong: it counts for nothing from now on, and stays readable with the reason."""

    name: ClassVar[str] = "monitor.withdraw_overflow"
    reason: str

    def check_state(self) -> None:
        """With a reason."""
        super().check_state()
        self.reason = checked_note(self.reason)
        if not self.reason:
            raise InvalidInput(
                "请说明撤回的原因。|Say why it is withdrawn.",
                cure="例如“登记错排口”。|Such as “entered for the wrong outfall”.",
                field="reason",
            )

    def execute(self) -> OverflowRecord:
        """Mark it."""
        assert isinstance(self.actor, User)  # checked
        row = self.row
        row.withdrawn_by, row.withdrawn_at, row.withdrawn_reason = self.actor, clock.now(), self.reason
        row.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
        self.log(row.chain, withdrawn_reason=self.reason)
        return self.changed()


@dataclass(kw_only=True)
class AnnounceDryWeatherDischarge(SystemAction[OverflowRecord]):
    """The system tells, once, that an outfall runs although it has not rained for long."""

    name: ClassVar[str] = "monitor.announce_dry_weather_discharge"
    overflow_id: int
    row: OverflowRecord = field(init=False, repr=False)

    def load(self) -> None:
        """The record, locked."""
        rows = OverflowRecord.objects.select_for_update(of=("self",)).select_related("outfall__area")
        self.row = rows.get(pk=self.overflow_id)

    def check_state(self) -> None:
        """It must not have been told, and be so."""
        told = self.row.dry_announced_at is not None or self.row.withdrawn_at is not None
        if told or not is_dry_weather_discharge(self.row, get_rule("monitor.rain")):
            raise StateRefused("不是新的旱天排放。|This is no dry-weather discharge that has not been told.")

    def execute(self) -> OverflowRecord:
        """Mark it, and tell whoever may see clues."""
        row = self.row
        row.dry_announced_at = clock.now()
        row.save(update_fields=["dry_announced_at"])
        self.log(row.chain, dry_announced_at=row.dry_announced_at.isoformat())
        self.announce(
            "monitor.dry_weather_discharge",
            area=row.outfall.area.path,
            restricted=True,
            overflow_id=row.pk,
        )
        return row


def check_times(started_at: datetime, stopped_at: datetime | None) -> None:
    """An overflow starts, then stops, and both have happened."""
    for name, moment in (("started_at", started_at), ("stopped_at", stopped_at)):
        if moment is not None and moment.tzinfo is None:
            raise InvalidInput(
                "时间没有时区。|The time has no time zone.",
                cure="请写作 2026-11-20T04:00:00Z。|Write it as 2026-11-20T04:00:00Z.",
                field=name,
            )
        if moment is not None and moment > clock.now() + SLACK:
            raise InvalidInput(
                "时间在将来。|The time lies in the future.", cure="请核对时间。|Check the time.", field=name
            )
    if stopped_at is None and started_at < clock.now() - LONGEST_RUN:
        raise InvalidInput(
            f"{LONGEST_RUN.days} 天前开始的溢流须有停止时间。|An overflow that began more than {LONGEST_RUN.days} days ago needs its stop.",
            cure="请核对开始时间，或填写停止时间。|Check the start, or say when it stopped.",
            field="started_at",
        )
    if stopped_at is not None and stopped_at <= started_at:
        raise InvalidInput(
            "停止须晚于开始。|It stops after it starts.",
            cure="请核对两个时间；仍在溢流时，停止时间留空。|Check both times; while it runs, leave the stop empty.",
            field="stopped_at",
        )


def check_volume(volume_m3: float | None, *, not_metered: bool, stopped: bool) -> None:
    """A volume, or that there is no meter; while it runs neither need be said."""
    if not_metered and volume_m3 is not None:
        raise InvalidInput(
            "“未计量”与溢流量只能填一项。|Give a volume or say that it was not metered, not both.",
            cure="请删去其中一项。|Take one of them away.",
            field="volume_m3",
        )
    if stopped and not not_metered and volume_m3 is None:
        raise InvalidInput(
            "已停止的溢流须填溢流量，或注明“未计量”。"
            "|An overflow that has stopped needs its volume, or that it was not metered.",
            cure="请填写其中一项。|Give one of them.",
            field="volume_m3",
        )
    if volume_m3 is not None and not (math.isfinite(volume_m3) and 0 <= volume_m3 <= MOST_VOLUME_M3):
        raise InvalidInput(
            f"溢流量 {volume_m3:g} m³ 不可能。|A volume of {volume_m3:g} m³ is not possible.",
            cure="请核对单位（立方米）。|Check the unit (cubic metres).",
            field="volume_m3",
        )


def checked_note(text: str) -> str:
    """A text without the space around it, short enough."""
    if len(text.strip()) > LONGEST_NOTE:
        raise InvalidInput(
            f"说明不超过 {LONGEST_NOTE} 字。|A note has at most {LONGEST_NOTE} characters.",
            cure="请缩短。|Shorten it.",
            field="note",
        )
    return text.strip()


def _overlapping(row: OverflowRecord) -> OverflowRecord | None:
    """Another record of the outfall and source that holds for a part of the same time."""
    others = OverflowRecord.objects.filter(
        outfall_id=row.outfall_id, source=row.source, withdrawn_at__isnull=True
    ).exclude(pk=row.pk)
    if row.stopped_at is not None:
        others = others.filter(started_at__lt=row.stopped_at)
    return others.exclude(stopped_at__lte=row.started_at).order_by("started_at").first()


def save_apart(row: OverflowRecord) -> None:
    """Save a record; one outfall does not run over twice at one time."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        other = _overlapping(row)
        if other is None:
            raise
        raise StateRefused(
            f"与同一排口的另一条记录（{_span(other)}）时间重叠。"
            f"|It overlaps another record of this outfall ({_span(other)}).",
            cure="请补充或撤回那条记录；同一次溢流只登记一条。"
            "|Complete or withdraw that record: one overflow is one record.",
            field="started_at",
        ) from error


def _span(row: OverflowRecord) -> str:
    """From when to when, where the office is."""
    start = f"{row.started_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    return (
        f"{start} – {row.stopped_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
        if row.stopped_at
        else f"{start} –"
    )


def logged(row: OverflowRecord) -> dict[str, object]:
    """What the log keeps of a record."""
    return {
        "outfall_id": row.outfall_id,
        "source": row.source,
        "known_by": row.known_by,
        "started_at": row.started_at.isoformat(),
        "stopped_at": row.stopped_at.isoformat() if row.stopped_at else None,
        "rainfall_mm": row.rainfall_mm,
        "volume_m3": row.volume_m3,
        "not_metered": row.not_metered,
        "receiving_reach_id": row.receiving_reach_id,
        "note": row.note,
    }
