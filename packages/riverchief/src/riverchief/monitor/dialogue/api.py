"""The dialogue with stations over HTTP: what they were asked, asking, and the two people of a control command."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from riverchief.accounts.api import SessionAuth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base.errors import NotFound
from riverchief.base.http import Moment, Page, PageQuery, idempotent
from riverchief.monitor import queries as stations
from riverchief.monitor.actions import ApproveControl, AskStation, DeclineControl, ProposeControl
from riverchief.monitor.dialogue import queries
from riverchief.monitor.schemas import NamedOut
from riverchief.registry.models import Station

router = Router(tags=["monitor"])

_asking = SessionAuth(Capability.ASK_STATION)
_controlling = SessionAuth(Capability.CONTROL_STATION)


class CommandFieldOut(Schema):
    """A parameter that a command must hold, by the standard's name, and what it may be."""

    name: str
    allowed: str


class CommandOut(Schema):
    """A command that may be asked for; `period`: with begin and end."""

    cn: str
    control: bool
    period: bool
    fields: list[CommandFieldOut]


class DialogueOut(Schema):
    """Whether a station can be asked now, and what; `statutory`: it is an enterprise's own monitor."""

    connected: bool
    gateway: str
    peer: str
    since: datetime | None
    statutory: bool
    control_enabled: bool
    commands: list[CommandOut]


class RequestOut(Schema):
    """A request to a station; `cn`, `state` and the results are keys of code tables.

    `asked_by` is null where the system asked by itself.
    """

    id: int
    cn: str
    control: bool
    statutory: bool
    parameters: dict[str, str]
    begin: datetime | None
    end: datetime | None
    state: str
    asked_by: NamedOut | None
    asked_at: datetime
    reason: str
    decided_by: NamedOut | None
    decided_at: datetime | None
    decision: str
    authorisation: str
    qn: str
    gateway: str
    sends: int
    sent_at: datetime | None
    accepted_at: datetime | None
    finished_at: datetime | None
    request_result: int | None
    execution_result: int | None
    uploads: int
    result: dict[str, str | float]
    may_approve: bool
    may_decline: bool


class QueryIn(Schema):
    """What a station is to be asked; history with its first and last period."""

    cn: str = Field(max_length=8)
    begin: Moment | None = None
    end: Moment | None = None
    reason: str = ""


class ControlIn(Schema):
    """A control command, and why it is needed."""

    cn: str = Field(max_length=8)
    parameters: dict[str, str | int] = {}
    reason: str = ""


class ApprovalIn(Schema):
    """The second person's word; for an enterprise's own monitor with the document that allows it."""

    authorisation: str = ""


class RefusalReasonIn(Schema):
    """Why not."""

    reason: str = ""


class RequestMade(Schema):
    """The request, and its state."""

    id: int
    state: str


def _station(request: HttpRequest, station_id: int) -> Station:
    row = stations.station(request.user, station_id)
    if row is None:
        raise NotFound("没有这个监测点位。|There is no such station.")
    return row


@router.get("/stations/{int:station_id}/dialogue", response=DialogueOut, auth=_asking)
def read_dialogue(request: HttpRequest, station_id: int) -> dict[str, Any]:
    """Whether a station can be asked now, and what."""
    return queries.dialogue_of(signed_in(request), _station(request, station_id))


@router.get("/stations/{int:station_id}/requests", response=Page[RequestOut], auth=_asking)
def list_requests(request: HttpRequest, station_id: int, page: Query[PageQuery]) -> dict[str, Any]:
    """What a station was asked, the newest first."""
    user = signed_in(request)
    rows = queries.requests_of(user, _station(request, station_id))
    part = list(rows[page.offset : page.offset + page.limit])
    return {"items": queries.shown_requests(user, part), "count": rows.count()}


@router.post("/stations/{int:station_id}/requests", response=RequestMade, auth=_asking)
@idempotent
def ask_station(request: HttpRequest, station_id: int, body: QueryIn) -> dict[str, Any]:
    """Ask a station for its time, an interval or a period of its history; the gateway sends it."""
    return _made(AskStation(actor=signed_in(request), station_id=station_id, **body.dict()))


@router.post("/stations/{int:station_id}/control_requests", response=RequestMade, auth=_controlling)
@idempotent
def propose_control(request: HttpRequest, station_id: int, body: ControlIn) -> dict[str, Any]:
    """Ask for a command that changes something at a station; nothing is sent before a second person approves."""
    return _made(ProposeControl(actor=signed_in(request), station_id=station_id, **body.dict()))


@router.post("/control_requests/{int:request_id}/approve", response=RequestMade, auth=_controlling)
def approve_control(request: HttpRequest, request_id: int, body: ApprovalIn) -> dict[str, Any]:
    """The second person lets a control command go out."""
    return _made(
        ApproveControl(actor=signed_in(request), request_id=request_id, authorisation=body.authorisation)
    )


@router.post("/control_requests/{int:request_id}/decline", response=RequestMade, auth=_controlling)
def decline_control(request: HttpRequest, request_id: int, body: RefusalReasonIn) -> dict[str, Any]:
    """A control command is not sent."""
    return _made(DeclineControl(actor=signed_in(request), request_id=request_id, reason=body.reason))


def _made(action: AskStation | ProposeControl | ApproveControl | DeclineControl) -> dict[str, Any]:
    row = action.run()
    return {"id": row.pk, "state": row.state}
