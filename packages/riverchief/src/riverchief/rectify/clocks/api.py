"""Urging, extensions and pauses over HTTP."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from riverchief.accounts.api import auth
from riverchief.accounts.policies import signed_in
from riverchief.base.http import idempotent
from riverchief.rectify.clocks import actions, schemas
from riverchief.rectify.http import changed, who_may
from riverchief.rectify.schemas import ProblemChanged

router = Router(tags=["rectify"], auth=auth)


@router.post("/problems/{int:problem_id}/urge", response=ProblemChanged, auth=who_may("urge"))
@idempotent
def urge(request: HttpRequest, problem_id: int, body: schemas.UrgeIn) -> dict[str, Any]:
    """Urge the unit on."""
    action = actions.UrgeProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/answer_urging", response=ProblemChanged, auth=who_may("answer_urging")
)
@idempotent
def answer_urging(request: HttpRequest, problem_id: int, body: schemas.AnswerIn) -> dict[str, Any]:
    """Answer the office."""
    action = actions.AnswerUrging(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/ask_extension", response=ProblemChanged, auth=who_may("ask_extension")
)
@idempotent
def ask_extension(request: HttpRequest, problem_id: int, body: schemas.AskExtensionIn) -> dict[str, Any]:
    """Ask for a later deadline."""
    action = actions.AskExtension(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/extend", response=ProblemChanged, auth=who_may("extend"))
@idempotent
def extend(request: HttpRequest, problem_id: int, body: schemas.ExtendIn) -> dict[str, Any]:
    """Grant more time."""
    action = actions.ExtendDeadline(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/decline_extension", response=ProblemChanged, auth=who_may("decline_extension")
)
@idempotent
def decline_extension(request: HttpRequest, problem_id: int, body: schemas.ReasonIn) -> dict[str, Any]:
    """Decline more time."""
    action = actions.DeclineExtension(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/suspend", response=ProblemChanged, auth=who_may("suspend"))
@idempotent
def suspend(request: HttpRequest, problem_id: int, body: schemas.SuspendIn) -> dict[str, Any]:
    """Let the deadline stand still until a day."""
    action = actions.SuspendProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/resume", response=ProblemChanged, auth=who_may("resume"))
@idempotent
def resume(request: HttpRequest, problem_id: int, body: schemas.ReasonIn) -> dict[str, Any]:
    """Let the deadline run again."""
    action = actions.ResumeProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())
