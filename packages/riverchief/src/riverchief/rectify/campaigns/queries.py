"""Reads of campaigns and of the editions of their figures.

A campaign concerns whoever watches over a part of its area, or of whose area it is a part. Figures are of the problems that the
reader may see: `whole` says whether these are all.
"""

from typing import Any

from django.db.models import Q, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, scope
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import NotFound
from riverchief.rectify import access
from riverchief.rectify.campaigns.editions import groups_of, is_intact, undone_since
from riverchief.rectify.campaigns.models import Campaign, FigureEdition, FigureRow
from riverchief.rectify.figures import counted_in, counts_of, figures, shares_of
from riverchief.rectify.filters import PARTS, ProblemFilter
from riverchief.rectify.queries import problem_row, problems
from riverchief.rectify.shown import named
from riverchief.rectify.tally.queries import groups

Shown = dict[str, Any]


def campaigns(user: access.Reader, *, kind: str = "", current: bool | None = None) -> "QuerySet[Campaign]":
    """The campaigns that concern `user`, the newest first."""
    condition = Q(pk__in=[])
    for path in scope(user, Capability.VIEW_PROBLEM):
        codes = path.strip("/").split("/")
        condition |= Q(area__path__startswith=path) | Q(area_id__in=codes)
    rows = Campaign.objects.filter(condition).select_related("area", "created_by")
    if kind:
        rows = rows.filter(kind=kind)
    if current is not None:
        over = Q(ends_on__lt=clock.today())
        rows = rows.filter(~over if current else over)
    return rows


def campaign_row(row: Campaign) -> Shown:
    """A campaign in a list."""
    return {
        "id": row.pk,
        "number": row.number,
        "title": row.title,
        "issuer": row.issuer,
        "kind": row.kind,
        "area_code": row.area_id,
        "area_name_zh": row.area.name_zh,
        "area_name_en": row.area.name_en,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "stock_closed_on": row.stock_closed_on,
    }


def campaign_detail(user: User, campaign_id: int) -> Shown:
    """A campaign with its figures now: stock and new finds apart."""
    row = campaigns(user).filter(pk=campaign_id).first()
    if row is None:
        raise NotFound(f"没有编号为 {campaign_id} 的行动。|There is no campaign {campaign_id}.")
    parts = ["stock"] if row.stock_closed_on is None else list(PARTS)
    return {
        **campaign_row(row),
        "whole": sees_whole(user, row),
        "may_manage": allows(user, Capability.MANAGE_CAMPAIGNS, row.area.path),
        "parts": [
            {"part": part, **figures(groups(user, ProblemFilter(campaign=row.pk, part=part)))}
            for part in parts
        ],
    }


def sees_whole(user: User, campaign: Campaign) -> bool:
    """Whether the reader watches over the whole area of the campaign."""
    watched = access.watched_paths(user, Capability.VIEW_PROBLEM)
    return any(campaign.area.path.startswith(path) for path in watched)


def editions(user: User, campaign_id: int) -> "QuerySet[FigureEdition]":
    """The editions of a campaign that concerns `user`, the newest first."""
    rows = FigureEdition.objects.select_related("signed_by", "campaign__area")
    return rows.filter(campaign__in=campaigns(user).filter(pk=campaign_id))


def edition_of(user: User, edition_id: int) -> FigureEdition:
    """An edition.

    Raises:
        NotFound: there is none that concerns `user`.
    """
    row = FigureEdition.objects.select_related("signed_by", "campaign__area").filter(pk=edition_id).first()
    if row is None or not campaigns(user).filter(pk=row.campaign_id).exists():
        raise NotFound(f"没有编号为 {edition_id} 的定稿。|There is no edition {edition_id}.")
    return row


def edition_row(row: FigureEdition) -> Shown:
    """An edition in a list."""
    return {
        "id": row.pk,
        "campaign_id": row.campaign_id,
        "day": row.day,
        "number": row.number,
        "as_of": row.as_of,
        "reason": row.reason,
        "signed_by": named(row.signed_by),
        "signed_at": row.signed_at,
    }


def edition_detail(user: User, edition_id: int) -> Shown:
    """An edition: its figures as they were signed, of the problems that the reader may see."""
    edition = edition_of(user, edition_id)
    groups = groups_of(seen_rows(user, edition))
    parts = sorted({group["new_find"] for group in groups} | {False})
    shown = []
    for new in parts:
        counts = counts_of(group for group in groups if group["new_find"] is new)
        shown.append(
            {
                "part": "new" if new else "stock",
                "as_of": edition.as_of,
                **counts,
                "mixed": False,
                "shares": shares_of(counts),
            }
        )
    manages = allows(user, Capability.MANAGE_CAMPAIGNS, edition.campaign.area.path)
    newest = not FigureEdition.objects.filter(corrects=edition).exists()
    return {
        **edition_row(edition),
        "intact": is_intact(edition),
        "whole": sees_whole(user, edition.campaign),
        "parts": shown,
        "may_correct": manages and newest,
        "undone": undone_since(edition).count() if manages and newest else 0,
    }


def edition_rows(
    user: User, edition_id: int, *, figure: str, part: str, undone: bool
) -> "QuerySet[FigureRow]":
    """The rows behind a figure of an edition; `undone`: those that the ledger has undone since."""
    edition = edition_of(user, edition_id)
    rows = undone_since(edition) if undone else edition.rows.all()
    rows = rows.filter(problem__in=access.visible_problems(user)).select_related("problem__area")
    if figure:
        rows = rows.filter(counted_in(figure))
    if figure == "overdue":
        rows = rows.filter(overdue=True)
    return rows.filter(new_find=PARTS[part]) if part in PARTS else rows


def shown_rows(user: User, rows: list[FigureRow]) -> list[Shown]:
    """Rows of an edition: how each problem was counted, and how it stands now."""
    found = {row.pk: row for row in problems(user).filter(pk__in=[row.problem_id for row in rows])}
    return [
        {
            "counted_as": row.state,
            "overdue_then": row.overdue,
            "corrected": row.corrected,
            "problem": problem_row(found[row.problem_id]),
        }
        for row in rows
    ]


def seen_rows(user: User, edition: FigureEdition) -> "QuerySet[FigureRow]":
    """The rows of an edition that the reader may see."""
    rows = edition.rows.all()
    if sees_whole(user, edition.campaign):
        return rows
    return rows.filter(problem__in=access.visible_problems(user))
