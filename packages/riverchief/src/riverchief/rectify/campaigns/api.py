"""Campaigns and the editions of their figures over HTTP."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base.http import Page, PageQuery, idempotent, page_of, page_shown_together
from riverchief.rectify.campaigns import queries, schemas
from riverchief.rectify.campaigns.actions import ChangeCampaign, OpenCampaign
from riverchief.rectify.campaigns.editions import CorrectFigures, FreezeFigures
from riverchief.rectify.campaigns.models import FigureEdition

router = Router(tags=["campaigns"], auth=auth)
_manages = SessionAuth(Capability.MANAGE_CAMPAIGNS)
_views = SessionAuth(Capability.VIEW_PROBLEM)


def _edition_made(edition: FigureEdition) -> dict[str, Any]:
    return {"id": edition.pk, "day": edition.day.isoformat(), "number": edition.number}


@router.get("/campaigns", response=Page[schemas.CampaignRow])
def list_campaigns(
    request: HttpRequest, page: Query[PageQuery], kind: str = "", current: bool | None = None
) -> dict[str, Any]:
    """The orders and campaigns that concern the reader's areas, the newest first; `current`: not over yet."""
    rows = queries.campaigns(request.user, kind=kind, current=current)
    return page_of(rows, page, queries.campaign_row)


@router.post("/campaigns", response=schemas.CampaignMade, auth=_manages)
@idempotent
def open_campaign(request: HttpRequest, body: schemas.CampaignIn) -> dict[str, Any]:
    """Open an order or a campaign."""
    campaign = OpenCampaign(actor=signed_in(request), **body.dict()).run()
    return {"id": campaign.pk, "number": campaign.number}


@router.get("/campaigns/{int:campaign_id}", response=schemas.CampaignOut, auth=_views)
def read_campaign(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """A campaign, with its figures now: old stock and new finds apart."""
    return queries.campaign_detail(signed_in(request), campaign_id)


@router.post("/campaigns/{int:campaign_id}", response=schemas.CampaignMade, auth=_manages)
@idempotent
def change_campaign(request: HttpRequest, campaign_id: int, body: schemas.CampaignChangeIn) -> dict[str, Any]:
    """Change a campaign; editions stay as they were signed."""
    campaign = ChangeCampaign(actor=signed_in(request), campaign_id=campaign_id, **body.dict()).run()
    return {"id": campaign.pk, "number": campaign.number}


@router.get("/campaigns/{int:campaign_id}/editions", response=Page[schemas.EditionRow], auth=_views)
def list_editions(request: HttpRequest, campaign_id: int, page: Query[PageQuery]) -> dict[str, Any]:
    """The editions of a campaign's figures, the newest first."""
    return page_of(queries.editions(signed_in(request), campaign_id), page, queries.edition_row)


@router.post("/campaigns/{int:campaign_id}/editions", response=schemas.EditionMade, auth=_manages)
@idempotent
def freeze_figures(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """Freeze and sign the figures as they stand now."""
    return _edition_made(FreezeFigures(actor=signed_in(request), campaign_id=campaign_id).run())


@router.get("/figure_editions/{int:edition_id}", response=schemas.EditionOut, auth=_views)
def read_edition(request: HttpRequest, edition_id: int) -> dict[str, Any]:
    """An edition, with its figures as they were signed."""
    return queries.edition_detail(signed_in(request), edition_id)


@router.get("/figure_editions/{int:edition_id}/rows", response=Page[schemas.FigureRowOut], auth=_views)
def list_edition_rows(
    request: HttpRequest,
    edition_id: int,
    page: Query[PageQuery],
    figure: str = "",
    part: str = "",
    undone: bool = False,
) -> dict[str, Any]:
    """The problems behind a figure of an edition; `undone`: those sent back or reopened since."""
    user = signed_in(request)
    rows = queries.edition_rows(user, edition_id, figure=figure, part=part, undone=undone)
    return page_shown_together(rows, page, lambda found: queries.shown_rows(user, list(found)))


@router.post("/figure_editions/{int:edition_id}/correct", response=schemas.EditionMade, auth=_manages)
@idempotent
def correct_figures(request: HttpRequest, edition_id: int, body: schemas.CorrectIn) -> dict[str, Any]:
    """A new edition of that day, without what was proven false since."""
    return _edition_made(CorrectFigures(actor=signed_in(request), edition_id=edition_id, **body.dict()).run())
