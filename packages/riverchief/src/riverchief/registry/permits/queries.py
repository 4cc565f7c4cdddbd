"""Reads of permits. A permit names its holder, and beside a trace that is the name of a suspect."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from riverchief.accounts.policies import scope, within
from riverchief.accounts.roles import Capability
from riverchief.registry.models import Permit, PermitOutlet, SelfMonitoring
from riverchief.registry.queries import Reader

Shown = dict[str, Any]


def permits(user: Reader) -> "QuerySet[Permit]":
    """The permits of holders whose outfalls' owners `user` may know."""
    paths = {*scope(user, Capability.VIEW_TRACE), *scope(user, Capability.MANAGE_REGISTRY)}
    rows = Permit.objects.filter(within(paths, "holder__area__path"))
    return rows.select_related("holder").prefetch_related("terms", "outlets__mouths")


def search(rows: "QuerySet[Permit]", text: str) -> "QuerySet[Permit]":
    """Those with a text in number or holder."""
    return rows.filter(
        Q(number__icontains=text) | Q(holder__name_zh__icontains=text) | Q(holder__name_en__icontains=text)
    )


def shown_permit(row: Permit, today: date) -> Shown:
    """A permit with its terms and outlets; `valid` says whether a term holds today."""
    terms = list(row.terms.all())
    return {
        "id": row.pk,
        "number": row.number,
        "holder": {"id": row.holder.pk, "name_zh": row.holder.name_zh, "name_en": row.holder.name_en},
        "valid": any(term.valid_from <= today <= term.valid_to for term in terms),
        "terms": [shown_term(term) for term in terms],
        "outlets": [
            {
                "id": outlet.pk,
                "code": outlet.code,
                "name_zh": outlet.name_zh,
                "mouths": [mouth_of(mouth) for mouth in outlet.mouths.all()],
            }
            for outlet in row.outlets.all()
        ],
    }


def shown_term(term: Any) -> Shown:
    """A term of a permit."""
    return {name: getattr(term, name) for name in ("kind", "valid_from", "valid_to", "source")}


def mouth_of(outfall: Any) -> Shown:
    """A mouth by name."""
    return {name: getattr(outfall, name) for name in ("id", "code", "name_zh", "name_en")}


def outlets_at(outfall_id: int) -> "QuerySet[PermitOutlet]":
    """The permit outlets that end in a mouth, with what their permits say of them."""
    rows = PermitOutlet.objects.filter(mouths=outfall_id).select_related("permit__holder")
    return rows.prefetch_related(
        "mouths", "permit__terms", "permitted_loads", "permit__permitted_loads", "self_monitoring"
    )


def shown_requirement(row: SelfMonitoring) -> Shown:
    """A requirement of self-monitoring."""
    return {name: getattr(row, name) for name in ("parameter", "manner", "times", "per")}
