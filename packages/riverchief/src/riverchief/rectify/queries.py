"""Reads of clues and problems, as the API and reports show them to a person."""

from typing import Any

from django.db.models import Case, Prefetch, QuerySet, Value, When

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import allows
from riverchief.accounts.roles import Capability
from riverchief.base import audit, clock
from riverchief.base.errors import NotFound
from riverchief.base.models import AuditEntry, Evidence
from riverchief.monitor.queries import events
from riverchief.rectify import access
from riverchief.rectify.clocks.queries import clocks_of
from riverchief.rectify.codes import Standing
from riverchief.rectify.documents.steps import Step
from riverchief.rectify.figures import STATES
from riverchief.rectify.filters import ProblemFilter, in_area
from riverchief.rectify.history import sentences
from riverchief.rectify.importing.brief import taken_over_of
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Clue, Order
from riverchief.rectify.relapse.queries import after_of
from riverchief.rectify.remediation.brief import remediation_brief
from riverchief.rectify.remediation.transitions import RemediationTransition
from riverchief.rectify.shown import campaign_brief, named, problem_brief
from riverchief.rectify.transitions import ClueTransition, Transition
from riverchief.rectify.watch.queries import river_of
from riverchief.rectify.wording import (
    DRY_WEATHER_CLUE,
    POWER_CLUE,
    TRACE_CLUE,
    dry_weather_clue_titles,
    neutral_titles,
    power_clue_titles,
    trace_clue_titles,
)
from riverchief.registry.models import Outfall, Reach
from riverchief.trace.visibility import visible_traces

Shown = dict[str, Any]


def clues(user: access.Reader, *, state: str = "", area: str = "") -> "QuerySet[Clue]":
    """The clues that `user` may see."""
    rows = access.visible_clues(user).select_related(
        "area",
        "reach__river",
        "reach__basin",
        "registered_by",
        "event__station",
        "overflow__receiving_reach__river",
    )
    if state:
        rows = rows.filter(state=state)
    return in_area(rows, area) if area else rows


def problems(user: access.Reader, which: ProblemFilter = ProblemFilter()) -> "QuerySet[Any]":  # noqa: B008 - frozen
    """The problems that `user` may see; `whole` of a row says whether everything about it."""
    # Of the row itself: a subquery would be asked for every row of the ledger, not for the fifty that are shown.
    whole = Case(When(access.whole_to(user), then=Value(True)), default=Value(False))
    rows = (
        access.visible_problems(user)
        .select_related("area", "reach__river", "reach__basin", "unit", "chief", "campaign")
        .annotate(whole=whole)
    )
    return which.of(rows)


def clue_row(clue: Clue) -> Shown:
    """A clue in a list: no suspect, no reporter."""
    title_zh, title_en = ("", "")
    if clue.event:
        title_zh, title_en = trace_clue_titles(clue.event.station)
    elif clue.overflow:
        title_zh, title_en = dry_weather_clue_titles(clue.area, clue.overflow.receiving_reach)
    elif clue.idle_treatment_id and clue.reach:
        title_zh, title_en = power_clue_titles(clue.area, clue.reach)
    return {
        "id": clue.pk,
        "number": clue.number,
        "source": clue.source,
        "state": clue.state,
        "kind": clue.kind,
        "title": clue.title,
        "title_en": title_en if clue.title == title_zh else "",
        "registered_at": clue.registered_at,
        "occurred_at": clue.occurred_at,
        **_place(clue.area, clue.reach),
        "lon": clue.lon,
        "lat": clue.lat,
    }


def clue_detail(user: User, clue_id: int) -> Shown:
    """Everything about a clue that `user` may see."""
    clue = (
        clues(user)
        .select_related("outfall__organisation", "decided_by", "merged_into", "problem")
        .filter(pk=clue_id)
        .first()
    )
    if clue is None:
        raise NotFound(f"没有编号为 {clue_id} 的线索。|There is no clue {clue_id}.")
    whole = allows(user, Capability.VIEW_CLUE, clue.area.path)
    problem = getattr(clue, "problem", None)
    shown = {
        **clue_row(clue),
        "description": clue.description,
        "description_en": dict((TRACE_CLUE, DRY_WEATHER_CLUE, POWER_CLUE)).get(clue.description, ""),
        "registered_by": named(clue.registered_by),
        "reporter": (
            {"name": clue.reporter_name, "phone": clue.reporter_phone}
            if access.sees_reporter(user, clue) and (clue.reporter_name or clue.reporter_phone)
            else None
        ),
        "event_id": _if_there(events(user), clue.event_id),
        "trace_id": None,
        "suspect": None,
        "basis": clue.basis or None,
        "decision_reason": None,
        "decided_by": None,
        "decided_at": clue.decided_at,
        "merged_into_id": None,
        "problem_id": problem.pk if problem else None,
        "evidence": [],
        "history": [],
        "allowed_actions": [],
    }
    if whole:
        files = Evidence.objects.filter(clue_uses__clue=clue).order_by("clue_uses__id")
        shown |= {
            "trace_id": (
                _if_there(visible_traces(user), clue.trace_id)
                if allows(user, Capability.VIEW_TRACE)
                else None
            ),
            "suspect": _suspect(clue),
            "decision_reason": clue.decision_reason or None,
            "decided_by": named(clue.decided_by),
            "merged_into_id": clue.merged_into_id,
            "evidence": [evidence_row(file, "register") for file in files],
            "history": history(audit.entries(f"clue:{clue.pk}"), whole=True),
            "allowed_actions": [action_row(row) for row in access.offered_on_clue(user, clue)],
        }
    return shown


def _if_there(rows: "QuerySet[Any]", key: int | None) -> int | None:
    """The number of what the reader would find; a link to anything else would lead nowhere."""
    return key if key is not None and rows.filter(pk=key).exists() else None


def _suspect(clue: Clue) -> Shown | None:
    """What the trace points at, the overflow that runs, the outfall of the meters. Suspected: it is for people to find out who is responsible."""
    if clue.trace_id is None and clue.overflow_id is None and clue.idle_treatment_id is None:
        return None
    first = clue.trace.candidates.filter(rank=1).first() if clue.trace else None
    organisation = clue.outfall.organisation if clue.outfall else None
    return {
        "outfall": outfall_brief(clue.outfall),
        "organisation": named(organisation),
        "probability": first.probability if first else None,
    }


def problem_row(problem: Any) -> Shown:
    """A row of `problems` in a list: what everybody may know who watches over the area.

    The very place is for those who work on it: it is that of an outfall, and says which one as its name would.
    """
    title_zh, title_en = neutral_titles(problem.area, problem.reach, problem.kind)
    late = problem.due_at is not None and problem.due_at < clock.now()
    return {
        "id": problem.pk,
        "number": problem.number,
        "title": problem.title,
        "title_en": title_en if problem.title == title_zh else "",
        "kind": problem.kind,
        "state": problem.state,
        **_place(problem.area, problem.reach),
        "lon": problem.lon if problem.whole else None,
        "lat": problem.lat if problem.whole else None,
        "unit": named(problem.unit),
        "chief": named(problem.chief),
        "rectification_class": problem.rectification_class or None,
        "due_at": problem.due_at,
        "due_provisional": problem.due_provisional,
        "paused_until": problem.paused_until,
        "overdue": late and problem.paused_until is None and problem.state in STATES[Standing.OUTSTANDING],
        "campaign": campaign_brief(problem.campaign),
        "new_find": problem.new_find,
        "opened_at": problem.opened_at,
        "rectified_at": problem.rectified_at,
        "verified_at": problem.verified_at,
        "written_off_at": problem.written_off_at,
    }


def problem_detail(user: User, problem_id: int) -> Shown:
    """Everything about a problem that `user` may see."""
    problem = (
        problems(user)
        .select_related("outfall", "split_from", "merged_into", "taken_over__ledger")
        .prefetch_related(
            Prefetch("orders", Order.objects.select_related("unit", "issued_by", "signed_for_by"))
        )
        .filter(pk=problem_id)
        .first()
    )
    if problem is None:
        raise NotFound(f"没有编号为 {problem_id} 的问题。|There is no problem {problem_id}.")
    whole: bool = problem.whole
    entries = audit.entries(problem.chain)
    orders = list(problem.orders.all())
    uses = problem.evidence.select_related("evidence") if whole else []
    return {
        **problem_row(problem),
        "clue_id": _if_there(access.whole_clues(user), problem.clue_id),
        "department": department_row(problem.kind),
        "split_from": problem_brief(problem.split_from),
        "merged_into": problem_brief(problem.merged_into),
        "clocks": clocks_of(problem, whole=whole),
        "after": after_of(problem, whole=whole),
        "river": river_of(problem, whole=whole),
        "taken_over": taken_over_of(problem, whole=whole),
        "outfall": outfall_brief(problem.outfall) if whole else None,
        "remediation": remediation_brief(problem.outfall) if whole else None,
        "order": order_row(orders[-1], whole=whole) if orders else None,
        "history": history(entries, whole=whole),
        "evidence": [evidence_row(use.evidence, use.step) for use in uses],
        "allowed_actions": [action_row(row) for row in access.offered(user, problem)],
        "chain": {"ok": not any(audit.broken_links(problem.chain)), "entries": len(entries)},
    }


def department_row(kind: str) -> Shown | None:
    """The department that the source names for a kind; None where it names none, and the office decides."""
    found = kinds().departments.get(kind)
    if found is None:
        return None
    return {"key": found.key, "name_zh": found.label[0], "name_en": found.label[1], "where": found.where}


def order_row(order: Order, *, whole: bool) -> Shown:
    """The order in force."""
    return {
        "number": order.number,
        "unit": named(order.unit),
        "requirement": order.requirement if whole else None,
        "due_at": order.due_at,
        "issued_at": order.issued_at,
        "issued_by": named(order.issued_by),
        "signed_for_at": order.signed_for_at,
        "signed_for_by": named(order.signed_for_by),
    }


def history(entries: list[AuditEntry], *, whole: bool) -> list[Shown]:
    """The lines of a history."""
    actors = {entry.actor_id for entry in entries if entry.actor_id is not None}
    english: dict[int | None, str] = dict(User.objects.filter(pk__in=actors).values_list("pk", "name_en"))
    return [_history_row(entry, english.get(entry.actor_id, ""), whole=whole) for entry in entries]


def _history_row(entry: AuditEntry, actor_en: str, *, whole: bool) -> Shown:
    chinese, english = sentences(entry, actor_en, whole=whole)
    return {
        "action": entry.action,
        "actor": entry.actor_label,
        "at": entry.at,
        "data": entry.data if whole else {},
        "sentence_zh": chinese,
        "sentence_en": english,
    }


def evidence_row(file: Evidence, step: str) -> Shown:
    """A file; its content is fetched by its number."""
    return {
        "id": file.pk,
        "sha256": file.sha256,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "taken_at": file.taken_at,
        "lon": file.lon,
        "lat": file.lat,
        "step": step,
    }


def action_row(row: Transition | ClueTransition | RemediationTransition | Step) -> Shown:
    """An action that is offered, with what follows from it and what it asks for."""
    return {
        "action": row.action,
        "label_zh": row.label_zh,
        "label_en": row.label_en,
        "consequence_zh": row.consequence_zh,
        "consequence_en": row.consequence_en,
        "moves_on": row.moves_on if isinstance(row, RemediationTransition) else row.becomes is not None,
        "aside": isinstance(row, Transition) and row.aside,
        "fields": [
            {
                "name": field.name,
                "kind": field.kind,
                "label_zh": field.label_zh,
                "label_en": field.label_en,
                "required": field.required,
                "options": field.options or None,
            }
            for field in row.fields
        ],
    }


def outfall_brief(outfall: Outfall | None) -> Shown | None:
    """An outfall by name."""
    if outfall is None:
        return None
    return {
        "id": outfall.pk,
        "code": outfall.code,
        "name_zh": outfall.name_zh,
        "name_en": outfall.name_en,
    }


def _place(area: Area, reach: Reach | None) -> Shown:
    river = reach.river if reach else None
    return {
        "area_code": area.code,
        "area_name_zh": area.name_zh,
        "area_name_en": area.name_en,
        "reach_id": reach.pk if reach else None,
        "river_zh": river.name_zh if river else "",
        "river_en": river.name_en if river else "",
        "synthetic": reach.basin.synthetic if reach else False,
    }
