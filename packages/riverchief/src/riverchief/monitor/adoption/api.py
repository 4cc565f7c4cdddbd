"""Adoptions over HTTP."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base.http import Page, PageQuery, idempotent, page_of
from riverchief.monitor.adoption import queries
from riverchief.monitor.adoption.actions import TakeBackAdoption
from riverchief.monitor.adoption.schemas import AdoptionOut, TakeBackIn, TakenBack

router = Router(tags=["quarantine"], auth=auth)


@router.get("/adoptions", response=Page[AdoptionOut])
def list_adoptions(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """The devices that were taken out of quarantine, the last first."""
    return page_of(queries.adoptions(request.user), page, queries.shown_adoption)


@router.post(
    "/adoptions/{int:adoption_id}/take_back", response=TakenBack, auth=SessionAuth(Capability.MANAGE_STATIONS)
)
@idempotent
def take_back_adoption(request: HttpRequest, adoption_id: int, body: TakeBackIn) -> dict[str, Any]:
    """A device does not stand there after all: what it has sent goes back into quarantine, by a job."""
    row = TakeBackAdoption(actor=signed_in(request), adoption_id=adoption_id, reason=body.reason).run()
    return {"id": row.pk}
