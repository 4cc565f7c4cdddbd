"""Reads of adoptions, within the reader's areas."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import filter_rows, require
from riverchief.accounts.roles import Capability
from riverchief.monitor.adoption.models import Adoption
from riverchief.monitor.queries import named


def adoptions(user: User | AnonymousUser) -> "QuerySet[Adoption]":
    """The adoptions at the stations that the reader manages, the last first."""
    require(user, Capability.MANAGE_STATIONS)
    rows = filter_rows(Adoption.objects.all(), user, Capability.MANAGE_STATIONS, "station__area__path")
    return rows.select_related("station", "adopted_by", "taken_back_by").order_by("-adopted_at", "-id")


def shown_adoption(row: Adoption) -> dict[str, Any]:
    """An adoption as the API shows it."""
    return {
        "id": row.pk,
        "mn": row.mn,
        "station": named(row.station),
        "adopted_by": named(row.adopted_by) if row.adopted_by else None,
        "adopted_at": row.adopted_at,
        "reason": row.reason,
        "taken_back_by": named(row.taken_back_by) if row.taken_back_by else None,
        "taken_back_at": row.taken_back_at,
        "taken_back_reason": row.taken_back_reason,
        "returned": row.returned,
        "may_take_back": row.taken_back_at is None and row.station.mn == row.mn,
    }
