"""An outfall and its permits: the outlets that end in it, what they may emit in a year, and what has gone out so far."""

from collections.abc import Iterable
from typing import Any

from riverchief.base import clock
from riverchief.monitor.permitting.loads import load_so_far
from riverchief.registry.models import Outfall, OutletMouth, Permit, PermitOutlet, PermittedLoad
from riverchief.registry.permits.queries import mouth_of, outlets_at, shown_requirement, shown_term

Shown = dict[str, Any]


def permits_of(outfall: Outfall, *, named: bool) -> list[Shown]:
    """The permit outlets that end in a mouth; number, holder and sources only for who may know (`named`)."""
    return [_shown(outlet, named=named) for outlet in outlets_at(outfall.pk)]


def _shown(outlet: PermitOutlet, *, named: bool) -> Shown:
    permit, today = outlet.permit, clock.today()
    terms = list(permit.terms.all())
    year = today.year
    own = [row for row in outlet.permitted_loads.all() if row.year == year]
    whole = [row for row in permit.permitted_loads.all() if row.year == year]
    holder = permit.holder
    return {
        "outlet": outlet.code,
        "name_zh": outlet.name_zh if named else "",
        "number": permit.number if named else "",
        "holder": (
            {"id": holder.pk, "name_zh": holder.name_zh, "name_en": holder.name_en} if named else None
        ),
        "valid": any(term.valid_from <= today <= term.valid_to for term in terms),
        "terms": [{**shown_term(term), "source": term.source if named else ""} for term in terms],
        # Elsewhere the same permit's mouths say as much as its number does.
        "mouths": [mouth_of(row) for row in outlet.mouths.all()] if named else [],
        "loads": [
            *(_load(row, [mouth.pk for mouth in outlet.mouths.all()], [outlet.pk]) for row in own),
            *(_load(row, *_all_of(permit)) for row in whole if named),
        ],
        "self_monitoring": [shown_requirement(row) for row in outlet.self_monitoring.all()],
    }


def _all_of(permit: Permit) -> tuple[list[int], list[int]]:
    """The mouths and the outlets of a permit."""
    ends = OutletMouth.objects.filter(outlet__permit=permit).values_list("outfall_id", "outlet_id")
    return sorted({mouth for mouth, _ in ends}), sorted({outlet for _, outlet in ends})


def _load(row: PermittedLoad, mouths: Iterable[int], outlets: Iterable[int]) -> Shown:
    """A permitted load with what has gone out: unknown where a mouth carries other outlets too, for it measures their mixture."""
    mouths = list(mouths)
    shared = OutletMouth.objects.filter(outfall__in=mouths).exclude(outlet__in=list(outlets)).exists()
    so_far = None if shared else load_so_far(mouths, row.parameter, row.year)
    return {
        "whole_permit": row.permit_id is not None,
        "parameter": row.parameter,
        "year": row.year,
        "permitted_t": row.tonnes,
        "so_far_t": None if so_far is None or so_far.kg is None else so_far.kg / 1000,
        "covered": 0.0 if so_far is None else so_far.covered,
        "shared_mouth": shared,
    }
