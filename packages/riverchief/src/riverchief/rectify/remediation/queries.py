"""Reads of remediation: the list of outfalls, one outfall's file, and how many were found, monitored, traced, remediated."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from riverchief.accounts.models import Area, Organisation, User
from riverchief.accounts.policies import allows
from riverchief.accounts.queries import named_like, organisations_around
from riverchief.accounts.roles import Capability
from riverchief.base import audit, clock
from riverchief.base.errors import NotFound
from riverchief.rectify import access as ledger
from riverchief.rectify.access import organisations_acting
from riverchief.rectify.filters import in_area
from riverchief.rectify.queries import action_row, evidence_row, outfall_brief
from riverchief.rectify.remediation import access
from riverchief.rectify.remediation.brief import remediation_of
from riverchief.rectify.remediation.codes import RemediationState, StepState
from riverchief.rectify.remediation.history import history_of
from riverchief.rectify.remediation.models import Remediation, RemediationStep
from riverchief.rectify.shown import named
from riverchief.registry.models import Outfall

Shown = dict[str, Any]

_S = RemediationState
REACHED: dict[str, Q] = {
    "found": Q(),
    "monitored": Q(remediation__monitored_on__isnull=False),
    "traced": Q(remediation__decided_by__isnull=False),
    "remediated": Q(remediation__state__in=[_S.ACCEPTED, _S.WRITTEN_OFF]),
    "written_off": Q(remediation__state=_S.WRITTEN_OFF),
}
"""查, 测, 溯, 治: how far an outfall has come. Remediated is accepted by another person; what was written off is a part of it."""


def outfalls(
    user: ledger.Reader,
    *,
    state: str = "",
    reached: str = "",
    measure: str = "",
    area: str = "",
    overdue: bool = False,
    search: str = "",
) -> "QuerySet[Outfall]":
    """The outfalls of whose remediation `user` may know, by code; an unknown state, count or measure has none."""
    rows = (
        access.visible_outfalls(user)
        .select_related("area", "reach__river", "reach__basin", "remediation")
        .prefetch_related("remediation__steps")
    )
    if state == _S.FOUND:
        rows = rows.filter(Q(remediation__isnull=True) | Q(remediation__state=_S.FOUND))
    elif state:
        rows = rows.filter(remediation__state=state)
    if reached:
        rows = rows.filter(REACHED[reached]) if reached in REACHED else rows.none()
    if measure:
        rows = rows.filter(remediation__measure=measure)
    if overdue:
        late = RemediationStep.objects.filter(state=StepState.OPEN, due_date__lt=clock.today())
        rows = rows.filter(access.worked_on(user), pk__in=late.values("remediation__outfall"))
    if search:
        rows = rows.filter(
            Q(code__icontains=search) | Q(name_zh__icontains=search) | Q(name_en__icontains=search)
        )
    return in_area(rows, area) if area else rows


def _row_of(outfall: Outfall) -> Remediation | None:
    return getattr(outfall, "remediation", None)


def outfall_rows(user: User, rows: Sequence[Outfall]) -> list[Shown]:
    """Outfalls as the list shows them; how many steps are open and late is for those who work on it."""
    return [
        {
            **_state(outfall, row),
            "steps": _step_counts(row) if access.sees_steps(user, outfall, row) else None,
        }
        for outfall in rows
        for row in [_row_of(outfall)]
    ]


def _step_counts(row: Remediation | None) -> dict[str, int]:
    steps = list(row.steps.all()) if row else []
    waiting = [step for step in steps if step.state == StepState.OPEN]
    return {
        "all": len(steps),
        "open": len(waiting),
        "overdue": sum(step.due_date < clock.today() for step in waiting),
    }


def _state(outfall: Outfall, row: Remediation | None) -> Shown:
    """What everybody may know who watches over the area: which outfall, how it stands, which measure."""
    river = outfall.reach.river
    return {
        "outfall": outfall_brief(outfall),
        "kind": outfall.kind,
        "area_code": outfall.area.code,
        "area_name_zh": outfall.area.name_zh,
        "area_name_en": outfall.area.name_en,
        "reach_id": outfall.reach_id,
        "river_zh": river.name_zh if river else "",
        "river_en": river.name_en if river else "",
        "synthetic": outfall.reach.basin.synthetic,
        "state": row.state if row else _S.FOUND,
        "measure": (row.measure or None) if row else None,
        "monitored_on": row.monitored_on if row else None,
        "traced": row is not None and row.decided_by_id is not None,
        "accepted_at": row.accepted_at if row else None,
        "written_off_at": row.written_off_at if row else None,
    }


def remediation_file(user: User, outfall_id: int) -> Shown:
    """Everything about an outfall's remediation that `user` may see."""
    outfall = outfalls(user).filter(pk=outfall_id).first()
    if outfall is None:
        raise NotFound(f"没有编号为 {outfall_id} 的排污口。|There is no outfall {outfall_id}.")
    row = remediation_of(outfall)
    entity = access.sees_entity(user, outfall, row)
    works = access.sees_steps(user, outfall, row)
    office = allows(user, Capability.VIEW_CLUE, outfall.area.path)
    shown = {
        **_state(outfall, row),
        "id": outfall.pk,
        "restricted": not works,
        "entity": _entity(outfall, row) if entity and row and row.decided_by_id else None,
        "policy": (row.policy or None) if entity and row else None,
        "steps": [],
        "evidence": [],
        "history": [],
        "problems": _problems(user, outfall),
        "allowed_actions": [action_row(one) for one in access.offered(user, outfall, row)],
        "chain": None,
    }
    if works:
        uses = access.readable_remediation_evidence(user).filter(remediation__outfall=outfall)
        entries = audit.entries(f"outfall:{outfall.pk}")
        shown |= {
            "steps": [
                _step(user, outfall, row, step, office=office) for step in (row.steps.all() if row else [])
            ],
            "evidence": [
                {**evidence_row(use.evidence, use.action), "step_id": use.step_id}
                for use in uses.select_related("evidence").distinct()
            ],
            "history": history_of(outfall.pk, entity=entity, units=office or entity),
            "chain": {"ok": not any(audit.broken_links(f"outfall:{outfall.pk}")), "entries": len(entries)},
        }
    return shown


def _entity(outfall: Outfall, row: Remediation) -> Shown:
    """Who is responsible, by what, and who decided it."""
    return {
        "government": row.government,
        "organisation": named(row.entity),
        "area_name_zh": outfall.area.name_zh,
        "area_name_en": outfall.area.name_en,
        "ground": row.entity_ground,
        "decided_by": named(row.decided_by),
        "decided_at": row.decided_at,
    }


def _step(
    user: User, outfall: Outfall, row: Remediation | None, step: RemediationStep, *, office: bool
) -> Shown:
    own = step.unit_id in organisations_acting(user, Capability.SIGN_PROBLEM)
    return {
        "id": step.pk,
        "kind": step.kind,
        "description": step.description if office or own else "",
        "unit": named(step.unit) if office or own else None,
        "due_date": step.due_date,
        "overdue": step.state == StepState.OPEN and step.due_date < clock.today(),
        "state": step.state,
        "done_by": named(step.done_by),
        "done_at": step.done_at,
        "checked_by": named(step.checked_by),
        "checked_at": step.checked_at,
        "dry_hours": step.dry_hours,
        "rain_mm": step.rain_mm,
        "allowed_actions": [action_row(one) for one in access.offered(user, outfall, row, step)],
    }


def _problems(user: User, outfall: Outfall) -> list[Shown]:
    """The problems at the outfall of which the reader sees everything: of others the outfall is not told."""
    rows = ledger.whole_problems(user).filter(outfall=outfall).order_by("-opened_at", "-pk")[:20]
    waiting = set(access.outstanding_dry_weather(outfall).values_list("pk", flat=True))
    return [
        {
            "id": problem.pk,
            "number": problem.number,
            "kind": problem.kind,
            "state": problem.state,
            "keeps_open": problem.pk in waiting,
        }
        for problem in rows
    ]


def entities(user: User, outfall_id: int, search: str) -> "QuerySet[Organisation]":
    """Who may be decided to be responsible for an outfall: the organisations around it, enterprises too."""
    outfall = access.visible_outfalls(user).select_related("area").filter(pk=outfall_id).first()
    if outfall is None or not allows(user, Capability.DECIDE_ENTITY, outfall.area.path):
        raise NotFound(f"没有编号为 {outfall_id} 的排污口。|There is no outfall {outfall_id}.")
    return organisations_around(outfall.area).filter(named_like(search))


def figures(user: User, area: str = "") -> Shown:
    """查测溯治 at this moment: over all outfalls that `user` may know of in an area, and by the areas just below it.

    Without an area, by the areas that the person's own outfalls lie in, on the highest level that parts them.
    """
    numbered = {name: Count("pk", filter=condition) for name, condition in _COUNTED.items()}
    by_area = outfalls(user, area=area).order_by().values("area__path").annotate(**numbered)
    by_path: dict[str, Counter[str]] = {
        path: Counter(dict(zip(_COUNTED, numbers, strict=True)))
        for path, *numbers in by_area.values_list("area__path", *_COUNTED)
    }
    groups: dict[str, Counter[str]] = {}
    depth = _depth(list(by_path), area)
    for path, counts in by_path.items():
        code = path.strip("/").split("/")[:depth][-1]
        groups.setdefault(code, Counter()).update(counts)
    names = Area.objects.in_bulk(list(groups))
    return {
        "as_of": clock.now(),
        **_counts(sum(by_path.values(), Counter())),
        "areas": [
            {
                "area_code": code,
                "area_name_zh": names[code].name_zh,
                "area_name_en": names[code].name_en,
                **_counts(counts),
            }
            for code, counts in sorted(groups.items())
        ],
    }


_COUNTED = {**REACHED, "found": Q(pk__isnull=False)}


def _counts(counts: "Counter[str]") -> dict[str, int]:
    return {name: counts[name] for name in _COUNTED}


def _depth(paths: list[str], area: str) -> int:
    """How many codes of a path name the area that a row is counted in."""
    parts = [path.strip("/").split("/") for path in paths]
    if area:
        return next((row.index(area) + 2 for row in parts if area in row), 1)
    shared = 0
    while parts and len({row[shared] if len(row) > shared else "" for row in parts}) == 1:
        if any(len(row) == shared + 1 for row in parts):
            break
        shared += 1
    return shared + 1
