"""Sampling by hand over HTTP: plans, rounds, points, bottles and their custody, results under review."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import require_any, signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock, evidence
from riverchief.base.errors import NotFound
from riverchief.base.http import (
    Page,
    PageQuery,
    attachment,
    idempotent,
    language_of,
    page_of,
    page_shown_together,
    picture,
)
from riverchief.monitor.sampling import queries, schemas, sheet_queries
from riverchief.monitor.sampling.checks import results_in
from riverchief.monitor.sampling.custody import MoveBottles
from riverchief.monitor.sampling.fieldwork import AddPhoto, MissPoint, TakeSamples
from riverchief.monitor.sampling.planning import GenerateRound, MakePlan
from riverchief.monitor.sampling.results import EnterResult
from riverchief.monitor.sampling.sheets import AdvanceSheet, SendBackSheet, SubmitResults

router = Router(tags=["sampling by hand"], auth=auth)
_plans = SessionAuth(Capability.PLAN_SAMPLING)
_takes = SessionAuth(Capability.TAKE_SAMPLES)
_analyses = SessionAuth(Capability.ANALYSE_SAMPLES)
_moves = SessionAuth(Capability.TAKE_SAMPLES, Capability.ANALYSE_SAMPLES)
_reviews = SessionAuth(Capability.REVIEW_LAB_RESULTS, Capability.ANALYSE_SAMPLES)


@router.get("/sampling/plans", response=Page[schemas.PlanOut])
def list_plans(request: HttpRequest, page: Query[PageQuery], area: str = "") -> dict[str, Any]:
    """The plans of the reader's areas."""
    return page_of(queries.plans(request.user, area=area), page, queries.shown_plan)


@router.post("/sampling/plans", response=schemas.SamplingMade, auth=_plans)
@idempotent
def make_plan(request: HttpRequest, body: schemas.SamplingPlanIn) -> dict[str, Any]:
    """A new plan."""
    return {"id": MakePlan(actor=signed_in(request), **body.dict()).run().pk}


@router.post("/sampling/plans/{int:plan_id}", response=schemas.SamplingMade, auth=_plans)
@idempotent
def revise_plan(request: HttpRequest, plan_id: int, body: schemas.SamplingPlanIn) -> dict[str, Any]:
    """The whole of a plan written anew; rounds that were made stay as they are."""
    return {"id": MakePlan(actor=signed_in(request), plan_id=plan_id, **body.dict()).run().pk}


@router.post("/sampling/plans/{int:plan_id}/rounds", response=schemas.SamplingMade, auth=_plans)
@idempotent
def generate_round(request: HttpRequest, plan_id: int, body: schemas.RoundMonthIn) -> dict[str, Any]:
    """The round of a month: made, or the one that is there."""
    month = date.fromisoformat(f"{body.month}-01")
    return {"id": GenerateRound(actor=signed_in(request), plan_id=plan_id, month=month).run().pk}


@router.get("/sampling/rounds", response=Page[schemas.RoundOut])
def list_rounds(
    request: HttpRequest, page: Query[PageQuery], which: Query[schemas.RoundFilter]
) -> dict[str, Any]:
    """The rounds of the reader's areas, the latest month first."""
    rows = queries.rounds(request.user, **which.dict())
    return page_shown_together(rows, page, lambda found: queries.shown_rounds(request.user, found))


@router.get("/sampling/rounds/{int:round_id}", response=schemas.RoundDetailOut)
def read_round(request: HttpRequest, round_id: int) -> dict[str, Any]:
    """A round, and what the reader may do in it."""
    return queries.shown_round(request.user, queries.round_of(request.user, round_id))


@router.get("/sampling/rounds/{int:round_id}/labels.pdf")
def read_labels(request: HttpRequest, round_id: int) -> HttpResponse:
    """The printable labels; they name blanks and duplicates outside the label, so they are not for the laboratory."""
    # Not at the top: the pages of a round need no typesetter.
    from riverchief.monitor.sampling.labels import labels_pdf

    user, made = signed_in(request), queries.round_of(request.user, round_id)
    require_any(user, queries.SEES_POINTS, made.plan.area.path)
    content = labels_pdf(made, language=language_of(request), made_for=user.label, at=clock.now())
    return attachment(content, "application/pdf", f"labels-{made.month:%Y-%m}-{made.plan_id}.pdf")


@router.get("/sampling/rounds/{int:round_id}/visits", response=Page[schemas.VisitOut])
def list_visits(
    request: HttpRequest, round_id: int, page: Query[PageQuery], which: Query[schemas.VisitFilter]
) -> dict[str, Any]:
    """The points of a round, for who plans or takes samples."""
    made = queries.round_of(request.user, round_id)
    return page_of(queries.visits(request.user, made, **which.dict()), page, queries.shown_visit)


@router.post("/sampling/visits/{int:visit_id}/take", response=schemas.SamplingMade, auth=_takes)
@idempotent
def take_samples(request: HttpRequest, visit_id: int, body: schemas.TakeIn) -> dict[str, Any]:
    """The bottles of a point are filled."""
    return {"id": TakeSamples(actor=signed_in(request), visit_id=visit_id, **body.dict()).run().pk}


@router.post("/sampling/visits/{int:visit_id}/miss", response=schemas.SamplingMade, auth=_takes)
@idempotent
def miss_point(request: HttpRequest, visit_id: int, body: schemas.MissIn) -> dict[str, Any]:
    """No water was taken at a point, for a reason."""
    return {"id": MissPoint(actor=signed_in(request), visit_id=visit_id, **body.dict()).run().pk}


@router.post("/sampling/visits/{int:visit_id}/photo", response=schemas.SamplingMade, auth=_takes)
def add_photo(request: HttpRequest, visit_id: int, file: File[UploadedFile]) -> dict[str, Any]:
    """A photo of a point, once."""
    action = AddPhoto(
        actor=signed_in(request), visit_id=visit_id, content=file.read(), file_name=file.name or ""
    )
    return {"id": action.run().pk}


@router.get("/sampling/visits/{int:visit_id}/photo")
def read_photo(request: HttpRequest, visit_id: int) -> HttpResponse:
    """The photo of a point."""
    photo = queries.visit_of(request.user, visit_id).photo
    if photo is None:
        raise NotFound("没有照片。|There is no photo.")
    return picture(evidence.read(photo), photo.media_type)


@router.get("/sampling/rounds/{int:round_id}/bottles", response=Page[schemas.BottleOut])
def list_bottles(
    request: HttpRequest, round_id: int, page: Query[PageQuery], which: Query[schemas.BottleFilter]
) -> dict[str, Any]:
    """The bottles of a round and their custody; the laboratory is told neither point nor role."""
    made = queries.round_of(request.user, round_id)
    points = queries.may(request.user, made, *queries.SEES_POINTS)
    rows = queries.bottles(request.user, made, **which.dict())
    return page_of(rows, page, lambda row: queries.shown_bottle(row, points=points))


@router.post("/sampling/rounds/{int:round_id}/custody", response=schemas.Moved, auth=_moves)
@idempotent
def move_bottles(request: HttpRequest, round_id: int, body: schemas.MoveIn) -> dict[str, Any]:
    """Bottles are handed over, received or lost: all that are named, or none."""
    return {"bottles": MoveBottles(actor=signed_in(request), round_id=round_id, **body.dict()).run()}


@router.post("/sampling/rounds/{int:round_id}/results", response=schemas.SamplingMade, auth=_analyses)
@idempotent
def enter_result(request: HttpRequest, round_id: int, body: schemas.ResultIn) -> dict[str, Any]:
    """What was found in a bottle; many at once by an import of the kind `bottle_results`."""
    return {"id": EnterResult(actor=signed_in(request), round_id=round_id, **body.dict()).run().pk}


@router.get("/sampling/rounds/{int:round_id}/sheets", response=Page[schemas.SheetOut])
def list_sheets(request: HttpRequest, round_id: int, page: Query[PageQuery]) -> dict[str, Any]:
    """The sheets of a round, the newest first, for the laboratory and the office."""
    rows = sheet_queries.sheets(request.user, queries.round_of(request.user, round_id))
    return page_of(rows, page, lambda row: sheet_queries.shown_sheet(request.user, row))


@router.post("/sampling/rounds/{int:round_id}/sheets", response=schemas.SamplingMade, auth=_analyses)
@idempotent
def submit_results(request: HttpRequest, round_id: int, body: schemas.SubmitIn) -> dict[str, Any]:
    """The results that wait go to be checked, in one sheet."""
    return {"id": SubmitResults(actor=signed_in(request), round_id=round_id, **body.dict()).run().pk}


@router.get("/sampling/sheets/{int:sheet_id}", response=schemas.SheetDetailOut)
def read_sheet(request: HttpRequest, sheet_id: int) -> dict[str, Any]:
    """A sheet, its checks in counts and its history."""
    return sheet_queries.sheet_detail(request.user, sheet_queries.sheet_of(request.user, sheet_id))


@router.get("/sampling/sheets/{int:sheet_id}/lines", response=Page[schemas.SheetLineOut])
def list_lines(request: HttpRequest, sheet_id: int, page: Query[PageQuery]) -> dict[str, Any]:
    """The results of a sheet, each with what is remarked on it."""
    sheet = sheet_queries.sheet_of(request.user, sheet_id)
    return page_shown_together(
        results_in(sheet), page, lambda found: sheet_queries.shown_lines(request.user, sheet, found)
    )


@router.get("/sampling/sheets/{int:sheet_id}/checks", response=Page[schemas.CheckOut])
def list_checks(request: HttpRequest, sheet_id: int, page: Query[PageQuery]) -> dict[str, Any]:
    """The blanks and duplicates of a sheet's parameters whose results are in, those that are not well first; none to who entered results."""
    checks = sheet_queries.sheet_checks(request.user, sheet_queries.sheet_of(request.user, sheet_id))
    return page_of(checks, page, sheet_queries.shown_check)


@router.post("/sampling/sheets/{int:sheet_id}/advance", response=schemas.SamplingMade, auth=_reviews)
@idempotent
def advance_sheet(request: HttpRequest, sheet_id: int, body: schemas.AdvanceIn) -> dict[str, Any]:
    """A sheet goes one level on: checked, reviewed, issued; or submitted again."""
    return {"id": AdvanceSheet(actor=signed_in(request), sheet_id=sheet_id, **body.dict()).run().pk}


@router.post(
    "/sampling/sheets/{int:sheet_id}/send_back",
    response=schemas.SamplingMade,
    auth=SessionAuth(Capability.REVIEW_LAB_RESULTS),
)
@idempotent
def send_back_sheet(request: HttpRequest, sheet_id: int, body: schemas.SheetSendBackIn) -> dict[str, Any]:
    """A sheet goes back to the laboratory, with the reason."""
    return {"id": SendBackSheet(actor=signed_in(request), sheet_id=sheet_id, reason=body.reason).run().pk}
