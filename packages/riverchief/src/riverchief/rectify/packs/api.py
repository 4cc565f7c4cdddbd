"""Inspection packs over HTTP."""

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base.http import Page, PageQuery, idempotent, language_of, page_of, streamed
from riverchief.rectify.packs.actions import AskPack, TakePack
from riverchief.rectify.packs.queries import packs, shown
from riverchief.rectify.packs.schemas import PackIn, PackMade, PackOut
from riverchief.rectify.packs.store import file_of

router = Router(tags=["rectify"], auth=auth)
_OFFICE = SessionAuth(Capability.EXPORT_PACK)


@router.post("/packs", response=PackMade, auth=_OFFICE)
@idempotent
def ask_pack(request: HttpRequest, body: PackIn) -> dict[str, Any]:
    """Ask for an inspection pack: everything about a river, area, period or campaign, with what is missing."""
    pack = AskPack(actor=signed_in(request), language=language_of(request), **body.dict()).run()
    return {"id": pack.pk}


@router.get("/packs", response=Page[PackOut], auth=_OFFICE)
def list_packs(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """The inspection packs that were asked for, the newest first."""
    language = language_of(request)
    return page_of(packs(signed_in(request)), page, lambda row: shown(row, language))


@router.get("/packs/{int:pack_id}/pack.zip", auth=_OFFICE)
def take_pack(request: HttpRequest, pack_id: int) -> StreamingHttpResponse:
    """The file of an inspection pack; who took it is in the log."""
    pack = TakePack(actor=signed_in(request), pack_id=pack_id).run()
    return streamed(file_of(pack), "application/zip", f"pack-{pack.pk}.zip")
