"""How organisations, people, campaigns and problems are named wherever they are mentioned."""

from typing import Any

from riverchief.accounts.models import Organisation, User
from riverchief.rectify.models import Campaign, Problem

Shown = dict[str, Any]


def campaign_brief(campaign: Campaign | None) -> Shown | None:
    """An order or campaign by number and title."""
    return {"id": campaign.pk, "number": campaign.number, "title": campaign.title} if campaign else None


def named(row: Organisation | User | None) -> Shown | None:
    """An organisation or a person by name."""
    return {"id": row.pk, "name_zh": row.name_zh, "name_en": row.name_en} if row else None


def problem_brief(problem: Problem | None) -> Shown | None:
    """A problem by number; its title is on its own page."""
    return {"id": problem.pk, "number": problem.number} if problem else None
