"""The duty desk over HTTP."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from riverchief.accounts.api import SessionAuth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.base.http import Moment, Page, PageQuery, idempotent, language_of, page_of
from riverchief.monitor.actions.escalation import EndMute, MuteAlarm
from riverchief.monitor.actions.hand_over import SignHandOver, WriteHandOver
from riverchief.monitor.actions.roster import ChangeShift, ImportRoster, PlanShift, RemoveShift
from riverchief.monitor.duty import queries
from riverchief.monitor.duty.schemas import (
    DeskAlarmOut,
    DeskOut,
    HandOverIn,
    HandOverOut,
    Made,
    MuteIn,
    NamedOut,
    NewShiftIn,
    RemarkIn,
    RosterForm,
    RosterImported,
    RosterOut,
    ShiftIn,
)

DESK = SessionAuth(Capability.ACKNOWLEDGE_ALARM)
OFFICE = SessionAuth(Capability.MANAGE_ROSTER)
LARGEST_TABLE = 5_000_000
_MONTH = timedelta(days=31)

router = Router(tags=["duty"], auth=DESK)


@router.get("/duty/desk", response=DeskOut)
def read_desk(request: HttpRequest, area: str = "") -> dict[str, Any]:
    """The desk of an area (without one: the widest of the reader's own) as it is now."""
    return queries.desk(request.user, area)


@router.get("/duty/alarms/{int:alarm_id}", response=DeskAlarmOut)
def read_alarm(request: HttpRequest, alarm_id: int) -> dict[str, Any]:
    """One alarm as the desk shows it."""
    return queries.alarm(request.user, alarm_id)


@router.post("/alarms/{int:alarm_id}/mute", response=Made)
@idempotent
def mute_alarm(request: HttpRequest, alarm_id: int, body: MuteIn) -> dict[str, Any]:
    """Keep the alarm from going further until a time."""
    MuteAlarm(actor=signed_in(request), alarm_id=alarm_id, **body.dict()).run()
    return {"id": alarm_id}


@router.post("/alarms/{int:alarm_id}/unmute", response=Made)
@idempotent
def unmute_alarm(request: HttpRequest, alarm_id: int) -> dict[str, Any]:
    """End a mute before its time."""
    EndMute(actor=signed_in(request), alarm_id=alarm_id).run()
    return {"id": alarm_id}


@router.get("/duty/roster", response=RosterOut)
def read_roster(
    request: HttpRequest, area: str = "", start: Moment | None = None, end: Moment | None = None
) -> dict[str, Any]:
    """The roster of an area; without times that of the coming 31 days."""
    start = start or clock.now()
    return queries.roster(request.user, area, start, end or start + _MONTH)


@router.get("/duty/people", response=Page[NamedOut])
def list_people_for(
    request: HttpRequest, page: Query[PageQuery], area: str = "", q: str = ""
) -> dict[str, Any]:
    """Who may stand in the roster of an area; `q`: a text in the name."""
    return page_of(queries.people_for(request.user, area, q), page, lambda row: row)


@router.post("/duty/shifts", response=Made, auth=OFFICE)
@idempotent
def plan_shift(request: HttpRequest, body: NewShiftIn) -> dict[str, Any]:
    """Put a shift into a roster."""
    given = body.dict()
    return {"id": PlanShift(actor=signed_in(request), area_code=given.pop("area"), **given).run().pk}


@router.post("/duty/shifts/{int:shift_id}", response=Made, auth=OFFICE)
@idempotent
def change_shift(request: HttpRequest, shift_id: int, body: ShiftIn) -> dict[str, Any]:
    """Change a shift that is not over."""
    return {"id": ChangeShift(actor=signed_in(request), shift_id=shift_id, **body.dict()).run().pk}


@router.post("/duty/shifts/{int:shift_id}/remove", response=Made, auth=OFFICE)
@idempotent
def remove_shift(request: HttpRequest, shift_id: int) -> dict[str, Any]:
    """Take a shift that has not begun out of the roster."""
    RemoveShift(actor=signed_in(request), shift_id=shift_id).run()
    return {"id": shift_id}


@router.post("/duty/roster/import", response=RosterImported, auth=OFFICE)
def import_roster(request: HttpRequest, form: Form[RosterForm], file: File[UploadedFile]) -> dict[str, Any]:
    """Shifts from a table (CSV): good rows are kept, bad ones told. A dry run changes nothing."""
    if (file.size or 0) > LARGEST_TABLE:
        raise InvalidInput("文件超过 5 MB。|The file is larger than 5 MB.", field="file")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"roster{Path(file.name or '').suffix.lower()}"
        path.write_bytes(file.read())
        result = ImportRoster(
            actor=signed_in(request),
            area_code=form.area,
            path=path,
            file_name=Path(file.name or path.name).name,
            dry_run=form.dry_run,
        ).run()
    return result.as_json(language_of(request))


@router.get("/duty/hand_overs", response=Page[HandOverOut])
def list_hand_overs(request: HttpRequest, page: Query[PageQuery], area: str = "") -> dict[str, Any]:
    """The hand-over log of an area, the newest first."""
    return page_of(queries.hand_overs(request.user, area), page, queries.shown_hand_over)


@router.post("/duty/hand_overs", response=Made)
@idempotent
def write_hand_over(request: HttpRequest, body: HandOverIn) -> dict[str, Any]:
    """Hand over: what is open is listed by itself."""
    return {"id": WriteHandOver(actor=signed_in(request), area_code=body.area, note=body.note).run().pk}


@router.post("/duty/hand_overs/{int:hand_over_id}/sign", response=Made)
@idempotent
def sign_hand_over(request: HttpRequest, hand_over_id: int, body: RemarkIn) -> dict[str, Any]:
    """Take over."""
    SignHandOver(actor=signed_in(request), hand_over_id=hand_over_id, remark=body.remark).run()
    return {"id": hand_over_id}
