"""Reads of enforcement, for the office and enforcement of an area. Found, punished and rectified are three counts, never mixed."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, filter_rows
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import NotFound
from riverchief.rectify.access import Reader
from riverchief.rectify.codes import CaseStepKind
from riverchief.rectify.enforcement.models import Case, CaseStep
from riverchief.rectify.figures import FIGURE_STATES
from riverchief.rectify.filters import ProblemFilter
from riverchief.rectify.models import Problem
from riverchief.rectify.queries import evidence_row
from riverchief.rectify.shown import named, problem_brief

Shown = dict[str, Any]

PUNISHED = (CaseStepKind.PENALTY, CaseStepKind.POLICE)


def cases(user: Reader, *, problem: int | None = None, state: str = "", step: str = "") -> "QuerySet[Case]":
    """The cases that `user` may see; `state` open or closed, `step` one of the kinds of steps that was taken."""
    rows = filter_rows(Case.objects.all(), user, Capability.VIEW_ENFORCEMENT, "problem__area__path")
    rows = rows.select_related("problem__area", "filed_by")
    if problem is not None:
        rows = rows.filter(problem_id=problem)
    if state:
        rows = rows.filter(closed_on__isnull=state != "closed")
    if step:
        rows = rows.filter(Exists(CaseStep.objects.filter(case=OuterRef("pk"), kind=step)))
    return rows


def case_row(row: Case) -> Shown:
    """A case in a list."""
    return {
        "id": row.pk,
        "number": row.number,
        "party": row.party,
        "filed_on": row.filed_on,
        "closed_on": row.closed_on,
        "problem": problem_brief(row.problem),
        "area_name_zh": row.problem.area.name_zh,
        "area_name_en": row.problem.area.name_en,
    }


def case_detail(user: User, case_id: int) -> Shown:
    """A case with its steps."""
    row = cases(user).filter(pk=case_id).first()
    if row is None:
        raise NotFound(f"没有编号为 {case_id} 的案件。|There is no case {case_id}.")
    may = allows(user, Capability.ENFORCE, row.problem.area.path) and row.closed_on is None
    return {
        **case_row(row),
        "reason": row.reason,
        "filed_by": named(row.filed_by),
        "may_record": may,
        "steps": [
            {
                "kind": step.kind,
                "on": step.on,
                "note": step.note,
                "amount_yuan": step.amount_yuan,
                "recorded_by": named(step.recorded_by),
                "recorded_at": step.recorded_at,
                "evidence": [evidence_row(file, step.kind) for file in step.files.all()],
            }
            for step in row.steps.select_related("recorded_by").prefetch_related("files")
        ],
    }


def enforcement_figures(user: Reader, which: ProblemFilter) -> Shown:
    """Found, with a case, punished, handed to the police, rectified as reported: counts of problems, each by itself."""
    rows = filter_rows(Problem.objects.all(), user, Capability.VIEW_ENFORCEMENT)
    found = which.of(rows).filter(state__in=FIGURE_STATES["found"])
    taken = CaseStep.objects.filter(case__problem=OuterRef("pk"))
    counted = {
        "found": found.count(),
        "filed": found.filter(Exists(Case.objects.filter(problem=OuterRef("pk")))).count(),
        "punished": found.filter(Exists(taken.filter(kind__in=PUNISHED))).count(),
        "police": found.filter(Exists(taken.filter(kind=CaseStepKind.POLICE))).count(),
        "rectified": found.filter(state__in=FIGURE_STATES["reported"]).count(),
    }
    return {"as_of": clock.now(), **counted}
