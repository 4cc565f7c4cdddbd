"""Rain, overflows and permits over HTTP."""

from datetime import timedelta
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import filter_rows, require, signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.base.http import Day, Moment, Page, PageQuery, idempotent, page_shown_together
from riverchief.base.rules import get_rule
from riverchief.monitor import permits, rain
from riverchief.monitor.overflows import queries
from riverchief.monitor.overflows.actions import RecordOverflow, StopOverflow, WithdrawOverflow
from riverchief.monitor.overflows.schemas import (
    OverflowIn,
    OverflowMade,
    OverflowOut,
    PermitLimitOut,
    PermitOut,
    RainOut,
    ReasonIn,
    StopIn,
)
from riverchief.registry.models import Outfall, PermitLimit
from riverchief.registry.queries import may_know_owner, outfalls

router = Router(tags=["rain and overflows"], auth=auth)

LONGEST_HOURS = 31 * 24
_LAST_DAYS = timedelta(days=6)
_MOST_DAYS = timedelta(days=92)


class OverflowFilter(Schema):
    """Which overflows: of a basin or an outfall (id), below an area (code), running or ended."""

    state: Literal["", "running", "ended", "withdrawn"] = ""
    basin: int | None = None
    area: str = ""
    outfall: int | None = None


class RainQuery(Schema):
    """Of which gauges and which time: of a basin (id) or an area (code), or around an outfall (id)."""

    basin: int | None = None
    area: str = ""
    outfall: int | None = None
    hours: int = Field(72, ge=1, le=LONGEST_HOURS)
    end: Moment | None = None


@router.get("/overflows", response=Page[OverflowOut])
def list_overflows(
    request: HttpRequest, page: Query[PageQuery], which: Query[OverflowFilter]
) -> dict[str, Any]:
    """The overflows in the reader's areas, those that run first."""
    rows = queries.overflows(
        request.user, state=which.state, basin=which.basin, area=which.area, outfall=which.outfall
    )
    return page_shown_together(rows, page, lambda found: queries.shown_overflows(found, request.user))


@router.post("/overflows", response=OverflowMade, auth=SessionAuth(Capability.RECORD_OVERFLOW))
@idempotent
def record_overflow(request: HttpRequest, body: OverflowIn) -> dict[str, Any]:
    """Write down that an outfall ran over, or runs."""
    return {"id": RecordOverflow(actor=signed_in(request), **body.dict()).run().pk}


@router.post(
    "/overflows/{int:overflow_id}/stop", response=OverflowMade, auth=SessionAuth(Capability.RECORD_OVERFLOW)
)
@idempotent
def stop_overflow(request: HttpRequest, overflow_id: int, body: StopIn) -> dict[str, Any]:
    """A running overflow has stopped."""
    return {"id": StopOverflow(actor=signed_in(request), overflow_id=overflow_id, **body.dict()).run().pk}


@router.post(
    "/overflows/{int:overflow_id}/withdraw",
    response=OverflowMade,
    auth=SessionAuth(Capability.RECORD_OVERFLOW),
)
@idempotent
def withdraw_overflow(request: HttpRequest, overflow_id: int, body: ReasonIn) -> dict[str, Any]:
    """A record was wrong: it counts for nothing any more, and stays readable with the reason."""
    done = WithdrawOverflow(actor=signed_in(request), overflow_id=overflow_id, reason=body.reason).run()
    return {"id": done.pk}


@router.get("/rain", response=RainOut)
def read_rain(request: HttpRequest, which: Query[RainQuery]) -> dict[str, Any]:
    """The rain of the hours before `end` (now), and whether it is dry."""
    require(request.user, Capability.VIEW_READINGS)
    end = which.end or clock.now()
    if which.outfall is not None:
        outfall = _outfall(request, which.outfall)
        stations = rain.near(outfall.lon, outfall.lat, get_rule("monitor.rain"))
    else:
        stations = list(queries.gauges(request.user, basin=which.basin, area=which.area))
    return queries.shown_rain(stations, end - timedelta(hours=which.hours), end)


@router.get("/outfalls/{int:outfall_id}/permit", response=PermitOut)
def read_permit(
    request: HttpRequest, outfall_id: int, first: Day | None = None, last: Day | None = None
) -> dict[str, Any]:
    """The limits of an outfall's permit, and its days judged by the permit's own rule; without days the last seven."""
    outfall = _outfall(request, outfall_id)
    require(request.user, Capability.VIEW_READINGS)
    last = last or clock.today()
    first = first or last - _LAST_DAYS
    if not first <= last <= first + _MOST_DAYS:
        raise InvalidInput(
            f"起止日期须先后有序，且不超过 {_MOST_DAYS.days} 天。|The days must be in order, and {_MOST_DAYS.days} at most.",
            cure="请改正日期。|Correct the days.",
            field="first",
        )
    named = may_know_owner(request.user, outfall)
    return {
        "limits": [_limit(row, named=named) for row in permits.limits_of(outfall, first, last)],
        "days": [
            {
                "day": row.day,
                "parameter": row.limit.parameter,
                "averaging": row.limit.averaging,
                "limit": _limit(row.limit, named=named),
                "mean": row.mean,
                "valid_hours": row.valid_hours,
                "left_out": row.left_out,
                "verdict": row.verdict,
                "hours_beyond": row.hours_beyond,
            }
            for row in permits.judged(outfall, first, last)
        ],
    }


def _outfall(request: HttpRequest, outfall_id: int) -> Outfall:
    row = (
        filter_rows(outfalls(request.user), request.user, Capability.VIEW_READINGS)
        .filter(pk=outfall_id)
        .first()
    )
    if row is None:
        raise NotFound("没有这个排污口。|There is no such outfall.")
    return row


def _limit(row: PermitLimit, *, named: bool) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in PermitLimitOut.model_fields}
    return shown if named else {**shown, "source": ""}
