"""Reads of inspection packs. A full pack is for the office that asked for it, a district's copy for that district's office too."""

from typing import Any

from django.db.models import Q, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import scope, within
from riverchief.accounts.roles import Capability
from riverchief.base.errors import in_language
from riverchief.rectify.models import InspectionPack
from riverchief.rectify.packs.codes import PackAudience
from riverchief.rectify.shown import campaign_brief

Shown = dict[str, Any]


def packs(user: User) -> "QuerySet[InspectionPack]":
    """Those that `user` may see, the newest first."""
    paths = scope(user, Capability.EXPORT_PACK)
    copies = within(paths) & Q(audience=PackAudience.DISTRICT)
    rows = InspectionPack.objects.filter(within(paths, "asked_in__path") | copies)
    return rows.select_related("area", "river", "campaign", "requested_by")


def shown(row: InspectionPack, language: str) -> Shown:
    """A pack as the API shows it."""
    return {
        "id": row.pk,
        "area_code": row.area_id,
        "area_name_zh": row.area.name_zh,
        "area_name_en": row.area.name_en,
        "river_zh": row.river.name_zh if row.river else "",
        "river_en": row.river.name_en if row.river else "",
        "campaign": campaign_brief(row.campaign),
        "since": row.since,
        "until": row.until,
        "audience": row.audience,
        "state": row.state,
        "progress": row.progress,
        "error": in_language(row.error, language) or None,
        "requested_by": row.requested_by.label,
        "requested_at": row.requested_at,
        "finished_at": row.finished_at,
        "problems": row.problems,
        "files": row.files,
        "size": row.size,
        "sha256": row.sha256 or None,
        "gaps": [{"kind": kind, "count": n} for kind, n in sorted(row.gaps.items(), key=lambda one: -one[1])],
    }
