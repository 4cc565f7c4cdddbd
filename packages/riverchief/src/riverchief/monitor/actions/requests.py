"""What people ask of a station: queries, and control commands with a second person's decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings

from riverchief.accounts.models import User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.dialogue.commands import check_period, command_of, parameters_of
from riverchief.monitor.dialogue.models import UNDER_WAY, State, StationRequest
from riverchief.registry.models import Station

LONGEST_REASON = 300
LONGEST_AUTHORISATION = 120


def check_text(text: str, field_name: str, longest: int, *, needed: bool) -> str:
    """The text without blanks around it; `InvalidInput` where it is missing or too long."""
    text = text.strip()
    if needed and not text:
        raise InvalidInput("此项必填。|This must be given.", cure="请填写。|Fill it in.", field=field_name)
    if len(text) > longest:
        raise InvalidInput(
            f"文字有 {len(text)} 个字，最多 {longest} 个。|The text has {len(text)} characters; {longest} at most.",
            cure="请缩短。|Shorten it.",
            field=field_name,
        )
    return text


def control_allowed() -> None:
    """Refuse control commands where the installation does not send any, which is the default."""
    if not settings.RIVERCHIEF_STATION_CONTROL:
        raise StateRefused(
            "本系统未开启反控命令。|This installation sends no control commands.",
            cure="确需反控时，由运维人员设置 RIVERCHIEF_STATION_CONTROL=1 后重启。"
            "|Where they are needed, the operator sets RIVERCHIEF_STATION_CONTROL=1 and restarts.",
        )


@dataclass(kw_only=True)
class _Asking(Action[StationRequest]):
    """What asking for a query and for a control command have in common."""

    station_id: int
    cn: str
    reason: str = ""
    station: Station = field(init=False)

    def load(self) -> None:
        """Lock the station: two people who ask at once are counted one after the other."""
        row = (
            Station.objects.select_for_update(of=("self",), no_key=True)
            .select_related("area")
            .filter(pk=self.station_id)
            .first()
        )
        if row is None:
            raise NotFound("没有这个监测点位。|There is no such station.")
        self.station = row

    def check_state(self) -> None:
        """A station with a device; a reason where a person asks; not too much at a time."""
        station = self.station
        if station.kind == Station.Kind.MANUAL or not station.active or not station.mn:
            raise StateRefused(
                f"“{station.name_zh}”没有可联系的设备。|{station.name_en} has no device that could be asked.",
                cure="请选择已登记设备（MN）的在用自动站。|Choose an automatic station in use with a device (MN).",
            )
        self.reason = check_text(self.reason, "reason", LONGEST_REASON, needed=isinstance(self.actor, User))
        most: int = get_rule("monitor.station_requests")["waiting_per_station"]
        open_states = (State.PROPOSED, State.WAITING, *UNDER_WAY)
        if StationRequest.objects.filter(station=station, state__in=open_states).count() >= most:
            raise StateRefused(
                f"“{station.name_zh}”已有 {most} 个请求在等待。|{most} requests to {station.name_en} are waiting already.",
                cure="请待其完成后再试。|Try again when they are done.",
            )

    def _write(self, *, state: State, wait: timedelta, **columns: Any) -> StationRequest:
        now = clock.now()
        row = StationRequest.objects.create(
            station=self.station,
            cn=self.cn,
            reason=self.reason,
            asked_by=self.actor if isinstance(self.actor, User) else None,
            asked_at=now,
            state=state,
            due_at=now + wait,
            **columns,
        )
        self.log(
            row.chain,
            request=row.pk,
            cn=row.cn,
            parameters=row.parameters,
            begin=row.begin.isoformat() if row.begin else None,
            end=row.end.isoformat() if row.end else None,
            reason=row.reason,
        )
        announce_request(self, row, self.station)
        return row


@dataclass(kw_only=True)
class AskStation(_Asking):
    """Ask a station for its time, an interval, or a period of its history: nothing changes there."""

    name: ClassVar[str] = "station_request.ask"
    begin: datetime | None = None
    end: datetime | None = None

    def check_permission(self) -> None:
        """Whoever may speak to the stations of the area."""
        require(self.actor, Capability.ASK_STATION, self.station.area.path)

    def check_state(self) -> None:
        """A query, of a period that can be asked for."""
        super().check_state()
        command_of(self.cn, control=False)
        rule = get_rule("monitor.station_requests")
        check_period(self.cn, self.begin, self.end, clock.now(), rule["longest_hours"])

    def execute(self) -> StationRequest:
        """Queue it for the gateway that the station speaks to."""
        wait = timedelta(seconds=get_rule("monitor.station_requests")["connection_wait_s"])
        return self._write(state=State.WAITING, wait=wait, begin=self.begin, end=self.end)


@dataclass(kw_only=True)
class ProposeControl(_Asking):
    """Ask for a command that changes something at a station. Nothing is sent before a second person has approved."""

    name: ClassVar[str] = "station_control.propose"
    parameters: Mapping[str, str | int] = field(default_factory=dict)

    def check_permission(self) -> None:
        """A person who may control the stations of the area; no job does."""
        _require_person(self.actor)
        require(self.actor, Capability.CONTROL_STATION, self.station.area.path)

    def check_state(self) -> None:
        """Where the installation sends control commands at all; a control command with what it must hold."""
        control_allowed()
        super().check_state()
        self.parameters = parameters_of(command_of(self.cn, control=True), self.parameters)

    def execute(self) -> StationRequest:
        """Lay it before a second person."""
        hours = get_rule("monitor.station_requests")["approval_hours"]
        return self._write(
            state=State.PROPOSED,
            wait=timedelta(hours=hours),
            control=True,
            statutory=is_statutory(self.station),
            parameters=dict(self.parameters),
        )


def is_statutory(station: Station) -> bool:
    """Whether the monitor is one that the law makes an enterprise keep: every monitor of an enterprise counts as one."""
    return station.owner == Station.Owner.ENTERPRISE


@dataclass(kw_only=True)
class _Deciding(Action[StationRequest]):
    request_id: int
    request: StationRequest = field(init=False)

    def load(self) -> None:
        """Lock the request."""
        row = (
            StationRequest.objects.select_for_update(of=("self",))
            .select_related("station__area")
            .filter(pk=self.request_id, control=True)
            .first()
        )
        if row is None:
            raise NotFound("没有这个反控申请。|There is no such control command.")
        self.request = row

    def check_permission(self) -> None:
        """A person who may control the stations of the area."""
        _require_person(self.actor)
        require(self.actor, Capability.CONTROL_STATION, self.request.station.area.path)

    def check_state(self) -> None:
        """Once."""
        if self.request.state != State.PROPOSED:
            raise StateRefused(
                "该申请已有决定或已过期。|It has been decided already, or its time is over.",
                cure="请查看该申请的当前状态。|See how the request stands now.",
            )

    def _decide(self, state: State, **columns: Any) -> StationRequest:
        assert isinstance(self.actor, User)
        row = self.request
        row.state, row.decided_by, row.decided_at = state, self.actor, clock.now()
        for name, value in columns.items():
            setattr(row, name, value)
        row.save(update_fields=["state", "decided_by", "decided_at", *columns])
        self.log(
            row.chain,
            request=row.pk,
            cn=row.cn,
            statutory=row.statutory,
            authorisation=row.authorisation,
            decision=row.decision,
        )
        announce_request(self, row, row.station)
        return row


@dataclass(kw_only=True)
class ApproveControl(_Deciding):
    """The second person lets a control command go out.

    To an enterprise's own monitor only with the authority for that, and naming the document that allows it.
    """

    name: ClassVar[str] = "station_control.approve"
    authorisation: str = ""

    def check_permission(self) -> None:
        """Another person than the one who asked; for an enterprise's monitor one with the authority for that."""
        super().check_permission()
        if self.actor.pk == self.request.asked_by_id:
            raise PermissionRefused(
                "申请人不能批准自己的申请。|Nobody approves what they have asked for.",
                cure="请由另一位有权限的人员批准。|Have another person with the authority approve it.",
            )
        if self._statutory:
            require(self.actor, Capability.AUTHORISE_STATUTORY_CONTROL, self.request.station.area.path)

    @property
    def _statutory(self) -> bool:
        return self.request.statutory or is_statutory(self.request.station)

    def check_state(self) -> None:
        """Still proposed, still allowed; an enterprise's monitor with its document."""
        super().check_state()
        control_allowed()
        self.authorisation = check_text(
            self.authorisation, "authorisation", LONGEST_AUTHORISATION, needed=self._statutory
        )

    def execute(self) -> StationRequest:
        """Queue it for the gateway."""
        wait = timedelta(seconds=get_rule("monitor.station_requests")["connection_wait_s"])
        return self._decide(
            State.WAITING,
            authorisation=self.authorisation,
            statutory=self._statutory,
            due_at=clock.now() + wait,
        )


@dataclass(kw_only=True)
class DeclineControl(_Deciding):
    """A control command is not sent; who asked for it may take it back in the same way."""

    name: ClassVar[str] = "station_control.decline"
    reason: str

    def check_state(self) -> None:
        """Still proposed; why not."""
        super().check_state()
        self.reason = check_text(self.reason, "reason", LONGEST_REASON, needed=True)

    def execute(self) -> StationRequest:
        """Close it."""
        return self._decide(State.DECLINED, decision=self.reason, finished_at=clock.now(), due_at=None)


def _require_person(actor: object) -> None:
    if not isinstance(actor, User):
        raise PermissionRefused(
            "反控须由人申请和批准。|People ask for control commands, and people approve them."
        )


def announce_request(action: Action[Any], row: StationRequest, station: Station) -> None:
    """Tell pages that a request has moved on; only those who may know of it are told more than that."""
    action.announce(
        "monitor.station_request_changed",
        area=station.area.path,
        restricted=True,
        request_id=row.pk,
        station_id=station.pk,
    )
