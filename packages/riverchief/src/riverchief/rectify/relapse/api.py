"""What comes after the write-off, over HTTP."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from riverchief.accounts.api import auth
from riverchief.accounts.policies import signed_in
from riverchief.base.http import idempotent
from riverchief.rectify.http import changed, who_may
from riverchief.rectify.relapse import actions, schemas
from riverchief.rectify.schemas import ProblemChanged

router = Router(tags=["rectify"], auth=auth)


@router.post("/problems/{int:problem_id}/call_back", response=ProblemChanged, auth=who_may("call_back"))
@idempotent
def call_back(request: HttpRequest, problem_id: int, body: schemas.CallBackIn) -> dict[str, Any]:
    """Look again after the write-off."""
    action = actions.CallBackProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/suspect_relapse", response=ProblemChanged, auth=who_may("suspect_relapse")
)
@idempotent
def suspect_relapse(request: HttpRequest, problem_id: int, body: schemas.SuspectIn) -> dict[str, Any]:
    """Record what speaks for a relapse."""
    action = actions.SuspectRelapse(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/dismiss_relapse", response=ProblemChanged, auth=who_may("dismiss_relapse")
)
@idempotent
def dismiss_relapse(request: HttpRequest, problem_id: int, body: schemas.ReasonIn) -> dict[str, Any]:
    """It is no relapse."""
    action = actions.DismissRelapse(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/reopen", response=ProblemChanged, auth=who_may("reopen"))
@idempotent
def reopen(request: HttpRequest, problem_id: int, body: schemas.ReopenIn) -> dict[str, Any]:
    """Take a write-off back."""
    action = actions.ReopenProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/archive", response=ProblemChanged, auth=who_may("archive"))
@idempotent
def archive(request: HttpRequest, problem_id: int, body: schemas.ReasonIn) -> dict[str, Any]:
    """Close the file."""
    action = actions.ArchiveProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())
