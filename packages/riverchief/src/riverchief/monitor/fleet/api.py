"""Fleet health over HTTP: how every station is, as a page and as a table; announced stoppages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.http import PageQuery, attachment, idempotent
from riverchief.monitor.fleet import queries
from riverchief.monitor.fleet.actions import AnnounceStoppage, EndStoppage
from riverchief.monitor.fleet.schemas import FleetFilter, FleetOut, StoppageIn, StoppageMade
from riverchief.monitor.fleet.table import fleet_csv

router = Router(tags=["fleet"], auth=auth)
_manages = SessionAuth(Capability.MANAGE_STATIONS)


@router.get("/fleet", response=FleetOut)
def list_fleet(request: HttpRequest, page: Query[PageQuery], which: Query[FleetFilter]) -> dict[str, Any]:
    """How every station with a device is, in the reader's areas; those first that somebody must look after."""
    given = which.dict()
    counts = queries.states(queries.fleet(request.user, **{**given, "state": ""}))
    rows = queries.fleet(request.user, **given)[page.offset : page.offset + page.limit]
    return {
        "items": queries.shown_fleet(request.user, list(rows)),
        "count": counts.get(which.state, 0) if which.state else sum(counts.values()),
        "states": counts,
    }


@router.get("/fleet.csv")
def read_fleet_table(request: HttpRequest, which: Query[FleetFilter]) -> HttpResponse:
    """All stations of the filter as a table (CSV)."""
    rows = queries.shown_fleet(request.user, list(queries.fleet(request.user, **which.dict())))
    return attachment(fleet_csv(rows), "text/csv", f"fleet-{clock.today():%Y%m%d}.csv")


@router.post("/stations/{int:station_id}/stoppages", response=StoppageMade, auth=_manages)
@idempotent
def announce_stoppage(request: HttpRequest, station_id: int, body: StoppageIn) -> dict[str, Any]:
    """A station is stopped: nobody takes it for silent."""
    return {"id": AnnounceStoppage(actor=signed_in(request), station_id=station_id, **body.dict()).run().pk}


@router.post("/stoppages/{int:stoppage_id}/end", response=StoppageMade, auth=_manages)
@idempotent
def end_stoppage(request: HttpRequest, stoppage_id: int) -> dict[str, Any]:
    """The station runs again."""
    return {"id": EndStoppage(actor=signed_in(request), stoppage_id=stoppage_id).run().pk}
