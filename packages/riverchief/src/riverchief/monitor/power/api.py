"""Power meters over HTTP."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.base.http import Moment, idempotent
from riverchief.monitor.power import queries
from riverchief.monitor.power.actions import AnnounceStop, RegisterPowerMeter, RetirePowerMeter, WithdrawStop
from riverchief.monitor.power.schemas import PlannedStopIn, PowerMade, PowerMeterIn, PowerOut, StopReasonIn

router = Router(tags=["power meters"], auth=auth)
_manages = SessionAuth(Capability.MANAGE_STATIONS)
_stops = SessionAuth(Capability.RECORD_STOP)

_DEFAULT_SPAN = timedelta(days=2)
_LONGEST_SPAN = timedelta(days=14)


@router.get("/outfalls/{int:outfall_id}/power", response=PowerOut)
def read_power(
    request: HttpRequest, outfall_id: int, start: Moment | None = None, end: Moment | None = None
) -> dict[str, Any]:
    """Production and treatment of an outfall side by side, and what stands out; without times of the last two days."""
    end = end or clock.now()
    start = start or end - _DEFAULT_SPAN
    if not start < end <= start + _LONGEST_SPAN:
        raise InvalidInput(
            f"起止时间须先后有序，且不超过 {_LONGEST_SPAN.days} 天。|The times must be in order, {_LONGEST_SPAN.days} days apart at most.",
            cure="请改正时间。|Correct the times.",
            field="start",
        )
    return queries.power(request.user, outfall_id, start, end)


@router.post("/outfalls/{int:outfall_id}/power_meters", response=PowerMade, auth=_manages)
@idempotent
def register_power_meter(request: HttpRequest, outfall_id: int, body: PowerMeterIn) -> dict[str, Any]:
    """A parameter of a station of the outfall is the power of production, or of treatment."""
    row = RegisterPowerMeter(actor=signed_in(request), outfall_id=outfall_id, **body.dict()).run()
    return {"id": row.pk}


@router.post("/power_meters/{int:meter_id}/retire", response=PowerMade, auth=_manages)
@idempotent
def retire_power_meter(request: HttpRequest, meter_id: int) -> dict[str, Any]:
    """The meter was taken away."""
    return {"id": RetirePowerMeter(actor=signed_in(request), meter_id=meter_id).run().pk}


@router.post("/outfalls/{int:outfall_id}/planned_stops", response=PowerMade, auth=_stops)
@idempotent
def announce_stop(request: HttpRequest, outfall_id: int, body: PlannedStopIn) -> dict[str, Any]:
    """The treatment is to stand still, as was announced."""
    return {"id": AnnounceStop(actor=signed_in(request), outfall_id=outfall_id, **body.dict()).run().pk}


@router.post("/planned_stops/{int:stop_id}/withdraw", response=PowerMade, auth=_stops)
@idempotent
def withdraw_stop(request: HttpRequest, stop_id: int, body: StopReasonIn) -> dict[str, Any]:
    """The stop was entered wrongly, or called off."""
    return {"id": WithdrawStop(actor=signed_in(request), stop_id=stop_id, reason=body.reason).run().pk}
