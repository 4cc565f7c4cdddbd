"""The sources over HTTP: how they stand, and what was told. Whom this product talks to is no matter of the API."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts.api import auth
from riverchief.base.errors import in_language
from riverchief.base.http import Page, PageQuery, page_of
from riverchief.monitor.sources import queries
from riverchief.monitor.sources.schemas import PushBatchOut, SourcesOut

router = Router(tags=["sources"], auth=auth)


@router.get("/sources", response=SourcesOut)
def list_sources(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """The gateways, the broker, the platforms that are asked and told: how each stands."""
    rows, fault = queries.shown_sources(request.user)
    faults = {"fault_zh": in_language(fault, "zh"), "fault_en": in_language(fault, "en")}
    return {**page_of(rows, page, lambda row: row), **faults}


@router.get("/sources/{str:name}/batches", response=Page[PushBatchOut])
def list_batches(request: HttpRequest, name: str, page: Query[PageQuery]) -> dict[str, Any]:
    """What a platform was told or is to be, the newest first."""
    return page_of(queries.batches(request.user, name), page, queries.shown_batch)
