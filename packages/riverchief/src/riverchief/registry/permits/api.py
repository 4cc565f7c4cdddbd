"""Permits over HTTP."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.http import Page, PageQuery, idempotent, page_of
from riverchief.registry.permits import queries
from riverchief.registry.permits.actions import SavePermitOutlet, SavePermitTerm
from riverchief.registry.permits.schemas import PermitOutletIn, PermitRow, PermitSaved, PermitTermIn

router = Router(tags=["permits"], auth=auth)


@router.get("/permits", response=Page[PermitRow])
def list_permits(request: HttpRequest, page: Query[PageQuery], q: str = "") -> dict[str, Any]:
    """The permits in the reader's areas, for those who may know whose an outfall is."""
    rows = queries.permits(request.user)
    today = clock.today()
    return page_of(queries.search(rows, q) if q else rows, page, lambda row: queries.shown_permit(row, today))


@router.post("/permits", response=PermitSaved, auth=SessionAuth(Capability.MANAGE_REGISTRY))
@idempotent
def save_permit_term(request: HttpRequest, body: PermitTermIn) -> dict[str, Any]:
    """Register a permit with its first term, or write down a renewal."""
    return {"id": SavePermitTerm(actor=signed_in(request), **body.dict()).run().permit_id}


@router.post(
    "/permits/{int:permit_id}/outlets",
    response=PermitSaved,
    auth=SessionAuth(Capability.MANAGE_REGISTRY),
)
@idempotent
def save_permit_outlet(request: HttpRequest, permit_id: int, body: PermitOutletIn) -> dict[str, Any]:
    """Write down a permit outlet and the mouths it ends in."""
    SavePermitOutlet(actor=signed_in(request), permit_id=permit_id, **body.dict()).run()
    return {"id": permit_id}
