"""Enforcement over HTTP: for the office and enforcement only."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base.http import Page, PageQuery, idempotent, page_of
from riverchief.rectify.enforcement import queries, schemas
from riverchief.rectify.enforcement.actions import FileCase, RecordCaseStep
from riverchief.rectify.filters import ProblemFilter
from riverchief.rectify.schemas import ProblemWhich

router = Router(tags=["enforcement"], auth=auth)
_views = SessionAuth(Capability.VIEW_ENFORCEMENT)
_enforces = SessionAuth(Capability.ENFORCE)


@router.get("/enforcement/cases", response=Page[schemas.CaseRow], auth=_views)
def list_cases(
    request: HttpRequest, page: Query[PageQuery], which: Query[schemas.CaseFilter]
) -> dict[str, Any]:
    """The cases of the reader's areas, the newest first."""
    return page_of(queries.cases(request.user, **which.dict()), page, queries.case_row)


@router.get("/enforcement/figures", response=schemas.EnforcementFigures, auth=_views)
def read_enforcement_figures(request: HttpRequest, which: Query[ProblemWhich]) -> dict[str, Any]:
    """Found, punished, rectified: three counts beside each other."""
    return queries.enforcement_figures(request.user, ProblemFilter(**which.dict()))


@router.get("/enforcement/cases/{int:case_id}", response=schemas.CaseOut, auth=_views)
def read_case(request: HttpRequest, case_id: int) -> dict[str, Any]:
    """A case with its steps."""
    return queries.case_detail(signed_in(request), case_id)


@router.post("/problems/{int:problem_id}/cases", response=schemas.CaseMade, auth=_enforces)
@idempotent
def file_case(request: HttpRequest, problem_id: int, body: schemas.CaseIn) -> dict[str, Any]:
    """File a case about a problem."""
    case = FileCase(actor=signed_in(request), problem_id=problem_id, **body.dict()).run()
    return {"id": case.pk, "number": case.number}


@router.post("/enforcement/cases/{int:case_id}/steps", response=schemas.CaseMade, auth=_enforces)
@idempotent
def record_case_step(request: HttpRequest, case_id: int, body: schemas.CaseStepIn) -> dict[str, Any]:
    """Record a penalty, a transfer to the police, a completed permit, or the end of the case."""
    case = RecordCaseStep(actor=signed_in(request), case_id=case_id, **body.dict()).run()
    return {"id": case.pk, "number": case.number}
