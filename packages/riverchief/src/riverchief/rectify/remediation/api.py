"""Remediation of outfalls over HTTP: parse, call an action or a query, answer."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.base.http import Page, PageQuery, idempotent, page_of, page_shown_together
from riverchief.rectify.remediation import actions, queries, schemas
from riverchief.rectify.remediation.models import Remediation
from riverchief.rectify.remediation.transitions import REMEDIATION_TRANSITIONS
from riverchief.rectify.schemas import Named, ReasonIn
from riverchief.rectify.shown import named

router = Router(tags=["remediation"], auth=auth)

_OUTFALL = "/outfalls/{int:outfall_id}/remediation"
_STEP = "/remediation/steps/{int:step_id}"


class RemediationFilter(Schema):
    """Which outfalls: in a state; that have come so far (found, monitored, traced, remediated, written_off); with a measure;
    below an area (code); with a step that is late; with a text in name or code."""

    state: str = ""
    reached: str = ""
    measure: str = ""
    area: str = ""
    overdue: bool = False
    q: str = ""


def _who_may(action: str) -> SessionAuth:
    """Whoever may take a step of remediation somewhere."""
    return SessionAuth(REMEDIATION_TRANSITIONS[action].capability)


def _changed(row: Remediation) -> dict[str, Any]:
    return {"outfall_id": row.outfall_id, "state": row.state}


@router.get("/remediation", response=Page[schemas.RemediationRow])
def list_remediation(
    request: HttpRequest, page: Query[PageQuery], which: Query[RemediationFilter]
) -> dict[str, Any]:
    """The outfalls with how far each has come."""
    user = signed_in(request)
    rows = queries.outfalls(
        user,
        state=which.state,
        reached=which.reached,
        measure=which.measure,
        area=which.area,
        overdue=which.overdue,
        search=which.q.strip(),
    )
    return page_shown_together(rows, page, lambda found: queries.outfall_rows(user, found))


@router.get("/remediation/figures", response=schemas.RemediationFigures)
def read_remediation_figures(request: HttpRequest, area: str = "") -> dict[str, Any]:
    """How many outfalls were found, monitored, traced and remediated, and by area."""
    return queries.figures(signed_in(request), area)


@router.get(_OUTFALL, response=schemas.RemediationFile)
def read_remediation(request: HttpRequest, outfall_id: int) -> dict[str, Any]:
    """The remediation of an outfall, as far as the reader may see it."""
    return queries.remediation_file(signed_in(request), outfall_id)


@router.get(f"{_OUTFALL}/entities", response=Page[Named], auth=_who_may("decide_entity"))
def list_entities(
    request: HttpRequest, outfall_id: int, page: Query[PageQuery], q: str = ""
) -> dict[str, Any]:
    """Who may be decided to be responsible for an outfall."""
    return page_of(queries.entities(signed_in(request), outfall_id, q.strip()), page, named)


@router.post(
    f"{_OUTFALL}/record_monitoring", response=schemas.RemediationChanged, auth=_who_may("record_monitoring")
)
@idempotent
def record_monitoring(request: HttpRequest, outfall_id: int, body: schemas.MonitoringIn) -> dict[str, Any]:
    """Record that an outfall was monitored."""
    action = actions.RecordMonitoring(actor=signed_in(request), outfall_id=outfall_id, **body.dict())
    return _changed(action.run())


@router.post(f"{_OUTFALL}/decide_entity", response=schemas.RemediationChanged, auth=_who_may("decide_entity"))
@idempotent
def decide_entity(request: HttpRequest, outfall_id: int, body: schemas.EntityIn) -> dict[str, Any]:
    """Decide who is responsible for an outfall."""
    action = actions.DecideEntity(actor=signed_in(request), outfall_id=outfall_id, **body.dict())
    return _changed(action.run())


@router.post(f"{_OUTFALL}/adopt_policy", response=schemas.RemediationChanged, auth=_who_may("adopt_policy"))
@idempotent
def adopt_policy(request: HttpRequest, outfall_id: int, body: schemas.PolicyIn) -> dict[str, Any]:
    """Adopt the policy of an outfall."""
    action = actions.AdoptPolicy(actor=signed_in(request), outfall_id=outfall_id, **body.dict())
    return _changed(action.run())


@router.post(f"{_OUTFALL}/add_step", response=schemas.RemediationChanged, auth=_who_may("add_step"))
@idempotent
def add_step(request: HttpRequest, outfall_id: int, body: schemas.StepIn) -> dict[str, Any]:
    """Add a step to the policy."""
    action = actions.AddStep(actor=signed_in(request), outfall_id=outfall_id, **body.dict())
    return _changed(action.run())


@router.post(f"{_OUTFALL}/accept", response=schemas.RemediationChanged, auth=_who_may("accept"))
@idempotent
def accept_remediation(request: HttpRequest, outfall_id: int, body: schemas.AcceptIn) -> dict[str, Any]:
    """Accept the remediation of an outfall."""
    action = actions.AcceptRemediation(actor=signed_in(request), outfall_id=outfall_id, **body.dict())
    return _changed(action.run())


@router.post(f"{_OUTFALL}/write_off", response=schemas.RemediationChanged, auth=_who_may("write_off"))
@idempotent
def write_off_remediation(request: HttpRequest, outfall_id: int, body: ReasonIn) -> dict[str, Any]:
    """Close the remediation of an outfall."""
    action = actions.WriteOffRemediation(actor=signed_in(request), outfall_id=outfall_id, **body.dict())
    return _changed(action.run())


@router.post(f"{_STEP}/finish", response=schemas.RemediationChanged, auth=_who_may("finish"))
@idempotent
def finish_step(request: HttpRequest, step_id: int, body: schemas.FinishIn) -> dict[str, Any]:
    """Report a step as done."""
    return _changed(actions.FinishStep(actor=signed_in(request), step_id=step_id, **body.dict()).run())


@router.post(f"{_STEP}/recheck", response=schemas.RemediationChanged, auth=_who_may("recheck"))
@idempotent
def recheck_step(request: HttpRequest, step_id: int, body: schemas.RecheckIn) -> dict[str, Any]:
    """Say what was seen in dry weather."""
    return _changed(actions.RecheckStep(actor=signed_in(request), step_id=step_id, **body.dict()).run())


@router.post(f"{_STEP}/reopen", response=schemas.RemediationChanged, auth=_who_may("reopen"))
@idempotent
def reopen_step(request: HttpRequest, step_id: int, body: ReasonIn) -> dict[str, Any]:
    """Open a step again."""
    return _changed(actions.ReopenStep(actor=signed_in(request), step_id=step_id, **body.dict()).run())
