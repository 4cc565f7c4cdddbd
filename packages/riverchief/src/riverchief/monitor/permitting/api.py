"""The permits of an outfall over HTTP."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts.api import auth
from riverchief.accounts.policies import filter_rows
from riverchief.accounts.roles import Capability
from riverchief.base.errors import NotFound
from riverchief.base.http import Page, PageQuery, page_of
from riverchief.monitor.permitting.queries import permits_of
from riverchief.monitor.permitting.schemas import OutfallPermitOut
from riverchief.registry.queries import may_know_owner, outfalls

router = Router(tags=["permits"], auth=auth)


@router.get("/outfalls/{int:outfall_id}/permits", response=Page[OutfallPermitOut])
def list_outfall_permits(request: HttpRequest, outfall_id: int, page: Query[PageQuery]) -> dict[str, Any]:
    """The permit outlets that end in an outfall: validity, load of the year so far, self-monitoring."""
    readable = filter_rows(outfalls(request.user), request.user, Capability.VIEW_READINGS)
    outfall = readable.filter(pk=outfall_id).first()
    if outfall is None:
        raise NotFound("没有这个排污口。|There is no such outfall.")
    named = may_know_owner(request.user, outfall)
    return page_of(permits_of(outfall, named=named), page, lambda row: row)
