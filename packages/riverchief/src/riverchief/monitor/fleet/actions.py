"""Announcing that a station stands still, and that it runs again."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from riverchief.accounts.models import User
from riverchief.accounts.policies import require, require_person
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.monitor.fleet.models import Stoppage
from riverchief.monitor.moments import check_within_a_year
from riverchief.registry.models import Station

LONGEST_REASON = 300


def _required(reason: str) -> str:
    text = reason.strip()
    if not 0 < len(text) <= LONGEST_REASON:
        raise InvalidInput(
            f"请说明停运原因（不超过 {LONGEST_REASON} 字）。|Say why it is stopped, in {LONGEST_REASON} characters at most.",
            cure="例如“设备大修，企业来函第 12 号”。|Such as “overhaul, letter no. 12 of the enterprise”.",
            field="reason",
        )
    return text


@dataclass(kw_only=True)
class AnnounceStoppage(Action[Stoppage]):
    """A station is or will be stopped: until then nobody takes it for silent. Its readings, if any come, count as always."""

    name: ClassVar[str] = "station.announce_stoppage"
    station_id: int
    since: datetime
    until: datetime | None = None
    reason: str
    station: Station = field(init=False, repr=False)

    def load(self) -> None:
        """The station, locked."""
        rows = Station.objects.select_for_update(of=("self",)).select_related("area")
        found = rows.filter(pk=self.station_id, active=True).exclude(kind=Station.Kind.MANUAL).first()
        if found is None:
            raise NotFound("没有这个在用的自动站点。|There is no such automatic station in use.")
        self.station = found

    def check_permission(self) -> None:
        """Whoever manages the stations of the area."""
        require_person(self.actor)
        require(self.actor, Capability.MANAGE_STATIONS, self.station.area.path)

    def check_state(self) -> None:
        """With a reason, times that can be, and one at a time."""
        self.reason = _required(self.reason)
        check_within_a_year(self.since, "since")
        if self.until is not None and self.until <= self.since:
            raise InvalidInput(
                "恢复时间须晚于停运时间。|It runs again after it has stopped.",
                cure="请核对两个时间；恢复时间未知时留空。|Check both times; leave the second empty while it is not known.",
                field="until",
            )
        others = Stoppage.objects.filter(station=self.station, ended_at__isnull=True).exclude(
            until__lte=self.since
        )
        if self.until is not None:
            others = others.filter(since__lt=self.until)
        if others.exists():
            raise StateRefused(
                "该时段已有停运记录。|A stoppage of that time is on record.",
                cure="请先结束那条记录。|End that one first.",
            )

    def execute(self) -> Stoppage:
        """Write it down."""
        assert isinstance(self.actor, User)  # checked
        row = Stoppage.objects.create(
            station=self.station,
            since=self.since,
            until=self.until,
            reason=self.reason,
            announced_by=self.actor,
            announced_at=clock.now(),
        )
        self.log(
            row.chain,
            stoppage=row.pk,
            since=row.since.isoformat(),
            until=row.until.isoformat() if row.until else None,
            reason=row.reason,
        )
        self.announce(
            "monitor.station_stoppage", area=self.station.area.path, station_id=self.station.pk, stopped=True
        )
        return row


@dataclass(kw_only=True)
class EndStoppage(Action[Stoppage]):
    """A station runs again, or the announcement was wrong: from now on it is expected to speak."""

    name: ClassVar[str] = "station.end_stoppage"
    stoppage_id: int
    row: Stoppage = field(init=False, repr=False)

    def load(self) -> None:
        """The stoppage, locked."""
        rows = Stoppage.objects.select_for_update(of=("self",)).select_related("station__area")
        found = rows.filter(pk=self.stoppage_id).first()
        if found is None:
            raise NotFound("没有这条停运记录。|There is no such stoppage.")
        self.row = found

    def check_permission(self) -> None:
        """Whoever manages the stations of the area."""
        require_person(self.actor)
        require(self.actor, Capability.MANAGE_STATIONS, self.row.station.area.path)

    def check_state(self) -> None:
        """It must not be over."""
        if self.row.ended_at is not None or (self.row.until is not None and self.row.until <= clock.now()):
            raise StateRefused("该停运已结束。|This stoppage is over.")

    def execute(self) -> Stoppage:
        """End it."""
        assert isinstance(self.actor, User)  # checked
        row = self.row
        row.ended_by, row.ended_at = self.actor, clock.now()
        row.save(update_fields=["ended_by", "ended_at"])
        self.log(row.chain, stoppage=row.pk, ended_at=row.ended_at.isoformat())
        self.announce(
            "monitor.station_stoppage", area=row.station.area.path, station_id=row.station_id, stopped=False
        )
        return row
