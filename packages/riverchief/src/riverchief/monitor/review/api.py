"""The review queue over HTTP: doubts and what people decide, transmission and validity rates."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.http import Page, PageQuery, idempotent, page_shown_together
from riverchief.monitor.review import queries
from riverchief.monitor.review.actions import InvalidateReadings, KeepReadings, ReopenDoubt
from riverchief.monitor.review.schemas import (
    DoubtFilter,
    DoubtMade,
    DoubtOut,
    InvalidateIn,
    RatesFilter,
    RatesOut,
    ReviewIn,
)

router = Router(tags=["review of readings"], auth=auth)
_reviews = SessionAuth(Capability.REVIEW_READINGS)


@router.get("/doubts", response=Page[DoubtOut])
def list_doubts(request: HttpRequest, page: Query[PageQuery], which: Query[DoubtFilter]) -> dict[str, Any]:
    """The doubts in the reader's areas, the newest first; without a state those that wait for a person."""
    rows = queries.doubts(request.user, **which.dict())
    return page_shown_together(rows, page, lambda found: queries.shown_doubts(request.user, found))


@router.get("/doubts/{int:doubt_id}", response=DoubtOut)
def read_doubt(request: HttpRequest, doubt_id: int) -> dict[str, Any]:
    """A doubt."""
    return queries.shown_doubt(request.user, doubt_id)


@router.post("/doubts/{int:doubt_id}/keep", response=DoubtMade, auth=_reviews)
@idempotent
def keep_readings(request: HttpRequest, doubt_id: int, body: ReviewIn) -> dict[str, Any]:
    """The readings are right after all."""
    return {"id": KeepReadings(actor=signed_in(request), doubt_id=doubt_id, reason=body.reason).run().pk}


@router.post("/doubts/{int:doubt_id}/invalidate", response=DoubtMade, auth=_reviews)
@idempotent
def invalidate_readings(request: HttpRequest, doubt_id: int, body: InvalidateIn) -> dict[str, Any]:
    """The readings are no measurement: they count for nothing, and stay as they were sent."""
    return {"id": InvalidateReadings(actor=signed_in(request), doubt_id=doubt_id, **body.dict()).run().pk}


@router.post("/doubts/{int:doubt_id}/reopen", response=DoubtMade, auth=_reviews)
@idempotent
def reopen_doubt(request: HttpRequest, doubt_id: int, body: ReviewIn) -> dict[str, Any]:
    """A decision was wrong: what it made invalid counts again."""
    return {"id": ReopenDoubt(actor=signed_in(request), doubt_id=doubt_id, reason=body.reason).run().pk}


@router.get("/rates", response=Page[RatesOut])
def list_rates(request: HttpRequest, page: Query[PageQuery], which: Query[RatesFilter]) -> dict[str, Any]:
    """Transmission and validity rates of the stations in the reader's areas, of a month (this one)."""
    rows = queries.reviewed_stations(request.user, basin=which.basin, area=which.area)
    month = which.month or clock.today()
    return page_shown_together(rows, page, lambda found: queries.shown_rates(found, month))
