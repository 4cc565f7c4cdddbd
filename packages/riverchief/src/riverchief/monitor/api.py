"""Measuring over HTTP: stations with what they say now, readings, events and alarms, quarantine, rejected frames."""

from datetime import timedelta
from functools import partial
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import require, signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.base.http import Moment, Page, PageQuery, idempotent, page_shown_together
from riverchief.monitor import permits, queries
from riverchief.monitor.actions import AcknowledgeAlarm, AdoptStation, CloseEvent, RecordSample
from riverchief.monitor.dialogue.api import router as dialogue
from riverchief.monitor.duty import api as duty
from riverchief.monitor.schemas import (
    AdoptedOut,
    AdoptIn,
    AlarmOut,
    EventOut,
    NoteIn,
    ReadingsOut,
    RejectedFrameOut,
    SampleIn,
    SampleMade,
    StationDetailOut,
    StationFilter,
    StationOut,
    UnknownDeviceOut,
)
from riverchief.registry.models import Station

router = Router(tags=["monitor"], auth=auth)
router.add_router("", dialogue)
router.add_router("", duty.router)

_DEFAULT_SPAN = timedelta(days=2)
_LONGEST_PARAMETER = 40


@router.get("/stations", response=Page[StationOut])
def list_stations(
    request: HttpRequest, page: Query[PageQuery], which: Query[StationFilter]
) -> dict[str, Any]:
    """The stations on the reader's map, with their last values."""
    rows = queries.stations(request.user, basin=which.basin, area=which.area, q=which.q)
    return page_shown_together(rows, page, partial(queries.shown_stations, request.user))


def _station(request: HttpRequest, station_id: int, by: Capability = Capability.VIEW_MAP) -> Station:
    row = queries.station(request.user, station_id, by)
    if row is None:
        raise NotFound("没有这个监测点位。|There is no such station.")
    return row


@router.get("/stations/{int:station_id}", response=StationDetailOut)
def read_station(request: HttpRequest, station_id: int) -> dict[str, Any]:
    """A station."""
    return queries.shown_station(request.user, _station(request, station_id))


@router.get("/stations/{int:station_id}/readings", response=ReadingsOut)
def read_readings(
    request: HttpRequest,
    station_id: int,
    parameter: str,
    kind: Literal["", "instant", "minute", "hour", "day"] = "",
    start: Moment | None = None,
    end: Moment | None = None,
) -> dict[str, Any]:
    """The readings of a parameter; without times those of the last two days. Of too many the last are given."""
    require(request.user, Capability.VIEW_READINGS)
    row = _station(request, station_id, Capability.VIEW_READINGS)
    end = end or clock.now()
    start = start or end - _DEFAULT_SPAN
    if start > end or len(parameter) > _LONGEST_PARAMETER:
        raise InvalidInput(
            "开始时间晚于结束时间，或参数名过长。|The start lies after the end, or the parameter's name is too long.",
            cure="请改正查询条件。|Correct the query.",
            field="start" if start > end else "parameter",
        )
    permit = permits.held_at(row, parameter, clock.day_of(end))
    found = queries.readings(request.user, station_id, parameter, start, end, kind, permitted=bool(permit))
    return {
        "station_id": station_id,
        "parameter": parameter,
        "unit": found.unit,
        "kind": found.kind,
        "limits": queries.limits_of(row, parameter),
        "permit": permit,
        "points": found.points,
        "raw_values": found.raw_values,
        "raw_flags": found.raw_flags,
        "reasons": found.reasons,
        "truncated": found.truncated,
    }


@router.get("/events", response=Page[EventOut])
def list_events(
    request: HttpRequest,
    page: Query[PageQuery],
    state: Literal["", "open", "closed"] = "",
    area: str = "",
) -> dict[str, Any]:
    """The events in the reader's areas, the newest first."""
    return page_shown_together(
        queries.events(request.user, state=state, area=area), page, queries.shown_events
    )


def _event(request: HttpRequest, event_id: int) -> dict[str, Any]:
    row = queries.events(request.user).filter(pk=event_id).first()
    if row is None:
        raise NotFound("没有这个事件。|There is no such event.")
    return queries.shown_events([row])[0]


@router.get("/events/{int:event_id}", response=EventOut)
def read_event(request: HttpRequest, event_id: int) -> dict[str, Any]:
    """An event."""
    return _event(request, event_id)


@router.post(
    "/events/{int:event_id}/close", response=EventOut, auth=SessionAuth(Capability.ACKNOWLEDGE_ALARM)
)
def close_event(request: HttpRequest, event_id: int, body: NoteIn) -> dict[str, Any]:
    """The event is dealt with: it ends, and its alarm is resolved."""
    CloseEvent(actor=signed_in(request), event_id=event_id, note=body.note).run()
    return _event(request, event_id)


@router.post(
    "/events/{int:event_id}/samples", response=SampleMade, auth=SessionAuth(Capability.RECORD_SAMPLE)
)
@idempotent
def record_sample(request: HttpRequest, event_id: int, body: SampleIn) -> dict[str, Any]:
    """A bottle's result for an event: kept as it is, and traced with."""
    return {"id": RecordSample(actor=signed_in(request), event_id=event_id, **body.dict()).run().pk}


@router.post(
    "/alarms/{int:alarm_id}/acknowledge", response=AlarmOut, auth=SessionAuth(Capability.ACKNOWLEDGE_ALARM)
)
def acknowledge_alarm(request: HttpRequest, alarm_id: int, body: NoteIn) -> dict[str, Any]:
    """The duty desk has seen the alarm."""
    alarm = AcknowledgeAlarm(actor=signed_in(request), alarm_id=alarm_id, note=body.note).run()
    return queries.shown_alarm(alarm)


@router.get("/quarantine", response=Page[UnknownDeviceOut])
def list_quarantine(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """The devices that send under an unknown name or a wrong password."""
    rows = queries.quarantine(request.user)
    shown = queries.shown_quarantine(rows[page.offset : page.offset + page.limit])
    return {"items": shown, "count": len(rows)}


@router.get("/rejected_frames", response=Page[RejectedFrameOut])
def list_rejected_frames(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """The frames that could not be read or stored, and those with a value that cannot be true, by peer and reason."""
    return page_shown_together(queries.rejected_frames(request.user), page, queries.shown_rejected_frames)


@router.post("/quarantine/{str:mn}/adopt", response=AdoptedOut, auth=SessionAuth(Capability.MANAGE_STATIONS))
def adopt_station(request: HttpRequest, mn: str, body: AdoptIn) -> dict[str, Any]:
    """The device stands at a station: what it has sent becomes readings, by a job."""
    station = AdoptStation(actor=signed_in(request), mn=mn, **body.dict()).run()
    return {"station_id": station.pk, "mn": station.mn}
