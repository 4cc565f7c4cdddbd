"""Clues, problems, evidence and figures over HTTP: parse, call an action or a query, answer."""

from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, UploadedFile

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import evidence
from riverchief.base.errors import NotFound
from riverchief.base.http import (
    Moment,
    Page,
    PageQuery,
    attachment,
    idempotent,
    language_of,
    page_of,
    picture,
)
from riverchief.rectify import actions, clue_schemas, queries, schemas
from riverchief.rectify.attachments import readable_evidence
from riverchief.rectify.breakdown import breakdown, durations
from riverchief.rectify.figures import figures
from riverchief.rectify.filters import ProblemFilter
from riverchief.rectify.http import changed, who_decides, who_may
from riverchief.rectify.paging import LongPage, LongPageQuery, long_page_of
from riverchief.rectify.places import places_to_check
from riverchief.rectify.problem_schemas import ProblemOut
from riverchief.rectify.similar import similar_clues
from riverchief.rectify.tally.queries import groups

router = Router(tags=["rectify"], auth=auth)


@router.get("/clues", response=LongPage[clue_schemas.ClueRow])
def list_clues(
    request: HttpRequest, page: Query[LongPageQuery], state: str = "", area: str = ""
) -> dict[str, Any]:
    """The clues that the person may see, the newest first."""
    rows = queries.clues(signed_in(request), state=state, area=area)
    return long_page_of(rows, page, queries.clue_row, "registered_at")


@router.post("/clues", response=clue_schemas.ClueMade, auth=SessionAuth(Capability.REGISTER_CLUE))
@idempotent
def register_clue(request: HttpRequest, body: clue_schemas.ClueIn) -> dict[str, Any]:
    """Register by hand what somebody has told or seen."""
    clue = actions.RegisterClue(actor=signed_in(request), **body.dict()).run()
    return {"id": clue.pk, "number": clue.number, "state": clue.state}


@router.post(
    "/traces/{int:trace_id}/hand_over",
    response=clue_schemas.ClueMade,
    auth=SessionAuth(Capability.VIEW_TRACE),
)
@idempotent
def hand_over_candidate(
    request: HttpRequest, trace_id: int, body: clue_schemas.CandidateIn
) -> dict[str, Any]:
    """Open the clue of an event for a candidate of a trace that a person chooses."""
    clue = actions.HandOverCandidate(actor=signed_in(request), trace_id=trace_id, **body.dict()).run()
    return {"id": clue.pk, "number": clue.number, "state": clue.state}


@router.get("/clues/{int:clue_id}", response=clue_schemas.ClueOut)
def read_clue(request: HttpRequest, clue_id: int) -> dict[str, Any]:
    """A clue."""
    return queries.clue_detail(signed_in(request), clue_id)


@router.get("/clues/{int:clue_id}/places", response=clue_schemas.CluePlaces, auth=who_decides("confirm"))
def list_clue_places(request: HttpRequest, clue_id: int, q: str = "") -> dict[str, Any]:
    """Where to look: the candidates of the clue's trace by rank, and other outfalls, near it or with a text in code or name."""
    return places_to_check(signed_in(request), clue_id, q)


@router.get("/clues/{int:clue_id}/similar", response=clue_schemas.SimilarClues, auth=who_decides("merge"))
def list_similar_clues(request: HttpRequest, clue_id: int) -> dict[str, Any]:
    """The clues near by, that this one may be merged into: a person decides."""
    return {"items": similar_clues(signed_in(request), clue_id)}


@router.post("/clues/{int:clue_id}/confirm", response=clue_schemas.ProblemMade, auth=who_decides("confirm"))
@idempotent
def confirm_clue(request: HttpRequest, clue_id: int, body: clue_schemas.ConfirmIn) -> dict[str, Any]:
    """Confirm a clue: a problem is opened."""
    problem = actions.ConfirmClue(actor=signed_in(request), clue_id=clue_id, **body.dict()).run()
    return {"problem_id": problem.pk, "number": problem.number}


@router.post("/clues/{int:clue_id}/dismiss", response=clue_schemas.ClueMade, auth=who_decides("dismiss"))
@idempotent
def dismiss_clue(request: HttpRequest, clue_id: int, body: schemas.ReasonIn) -> dict[str, Any]:
    """Dismiss a clue."""
    clue = actions.DismissClue(actor=signed_in(request), clue_id=clue_id, **body.dict()).run()
    return {"id": clue.pk, "number": clue.number, "state": clue.state}


@router.post("/clues/{int:clue_id}/merge", response=clue_schemas.ClueMade, auth=who_decides("merge"))
@idempotent
def merge_clue(request: HttpRequest, clue_id: int, body: schemas.MergeIn) -> dict[str, Any]:
    """Merge a clue into another."""
    clue = actions.MergeClue(actor=signed_in(request), clue_id=clue_id, **body.dict()).run()
    return {"id": clue.pk, "number": clue.number, "state": clue.state}


@router.get("/problems", response=LongPage[schemas.ProblemRow])
def list_problems(
    request: HttpRequest, page: Query[LongPageQuery], which: Query[schemas.ProblemWhich]
) -> dict[str, Any]:
    """The problems that the person may see, the newest first."""
    rows = queries.problems(signed_in(request), ProblemFilter(**which.dict()))
    return long_page_of(rows, page, queries.problem_row, "opened_at")


@router.get("/problems/{int:problem_id}", response=ProblemOut)
def read_problem(request: HttpRequest, problem_id: int) -> dict[str, Any]:
    """A problem, with its history and the actions the person can take now."""
    return queries.problem_detail(signed_in(request), problem_id)


@router.get("/problems/{int:problem_id}/case_file.zip")
def read_case_file(request: HttpRequest, problem_id: int) -> HttpResponse:
    """The case file of a problem: everything of it in one zip that proves itself; who took it is in the history."""
    # Not at the top: the page of a problem needs none of it.
    from riverchief.rectify.casefile.export import LARGEST_DOWNLOAD, export_case

    target = BytesIO()
    name = export_case(signed_in(request), problem_id, language_of(request), target, largest=LARGEST_DOWNLOAD)
    return attachment(target.getvalue(), "application/zip", name)


@router.post("/problems/{int:problem_id}/assign", response=schemas.ProblemChanged, auth=who_may("assign"))
@idempotent
def assign_problem(request: HttpRequest, problem_id: int, body: schemas.AssignIn) -> dict[str, Any]:
    """Assign a problem to a unit."""
    action = actions.AssignProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/change_chief", response=schemas.ProblemChanged, auth=who_may("change_chief")
)
@idempotent
def change_chief(request: HttpRequest, problem_id: int, body: schemas.ChangeChiefIn) -> dict[str, Any]:
    """Let another chief answer for a problem."""
    action = actions.ChangeChief(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/set_campaign", response=schemas.ProblemChanged, auth=who_may("set_campaign")
)
@idempotent
def set_campaign(request: HttpRequest, problem_id: int, body: schemas.SetCampaignIn) -> dict[str, Any]:
    """Count a problem under another order or campaign."""
    action = actions.SetCampaign(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/sign_for", response=schemas.ProblemChanged, auth=who_may("sign_for"))
@idempotent
def sign_for_problem(request: HttpRequest, problem_id: int) -> dict[str, Any]:
    """Sign for an order."""
    return changed(actions.SignForProblem(actor=signed_in(request), problem_id=problem_id).run())


@router.post("/problems/{int:problem_id}/refuse", response=schemas.ProblemChanged, auth=who_may("refuse"))
@idempotent
def refuse_problem(request: HttpRequest, problem_id: int, body: schemas.ReasonIn) -> dict[str, Any]:
    """Refuse an order."""
    action = actions.RefuseProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/plan", response=schemas.ProblemChanged, auth=who_may("plan"))
@idempotent
def plan_rectification(request: HttpRequest, problem_id: int, body: schemas.PlanIn) -> dict[str, Any]:
    """Say what will be done."""
    action = actions.PlanRectification(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/report_rectified",
    response=schemas.ProblemChanged,
    auth=who_may("report_rectified"),
)
@idempotent
def report_rectified(request: HttpRequest, problem_id: int, body: schemas.ReportIn) -> dict[str, Any]:
    """Report the work as done."""
    action = actions.ReportRectified(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/send_back", response=schemas.ProblemChanged, auth=who_may("send_back")
)
@idempotent
def send_back_problem(request: HttpRequest, problem_id: int, body: schemas.SendBackIn) -> dict[str, Any]:
    """Send the work back."""
    action = actions.SendBackProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/verify", response=schemas.ProblemChanged, auth=who_may("verify"))
@idempotent
def verify_problem(request: HttpRequest, problem_id: int, body: schemas.VerifyIn) -> dict[str, Any]:
    """Verify what was reported."""
    action = actions.VerifyProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/write_off", response=schemas.ProblemChanged, auth=who_may("write_off")
)
@idempotent
def write_off_problem(request: HttpRequest, problem_id: int, body: schemas.WriteOffIn) -> dict[str, Any]:
    """Take a problem off the ledger."""
    action = actions.WriteOffProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/transfer", response=schemas.ProblemChanged, auth=who_may("transfer"))
@idempotent
def transfer_problem(request: HttpRequest, problem_id: int, body: schemas.TransferIn) -> dict[str, Any]:
    """Give a problem to another unit."""
    action = actions.TransferProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post(
    "/problems/{int:problem_id}/transfer_area", response=schemas.ProblemChanged, auth=who_may("transfer_area")
)
@idempotent
def transfer_to_area(request: HttpRequest, problem_id: int, body: schemas.TransferAreaIn) -> dict[str, Any]:
    """Give a problem to another area."""
    action = actions.TransferToArea(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/merge", response=schemas.ProblemChanged, auth=who_may("merge"))
@idempotent
def merge_problem(request: HttpRequest, problem_id: int, body: schemas.MergeIn) -> dict[str, Any]:
    """Merge a problem into another."""
    action = actions.MergeProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.post("/problems/{int:problem_id}/split", response=schemas.ProblemChanged, auth=who_may("split"))
@idempotent
def split_problem(request: HttpRequest, problem_id: int, body: schemas.SplitIn) -> dict[str, Any]:
    """Make a part of a problem a problem of its own."""
    action = actions.SplitProblem(actor=signed_in(request), problem_id=problem_id, **body.dict())
    return changed(action.run())


@router.get("/ledger/figures", response=schemas.FiguresOut)
def read_figures(request: HttpRequest, which: Query[schemas.ProblemWhich]) -> dict[str, Any]:
    """The figures over the problems that the person may see, of all or of some."""
    return figures(groups(signed_in(request), ProblemFilter(**which.dict())))


@router.get("/ledger/breakdown", response=Page[schemas.BreakdownRow])
def read_breakdown(
    request: HttpRequest, page: Query[PageQuery], which: Query[schemas.ProblemWhich], by: str = "area"
) -> dict[str, Any]:
    """The figures by area, department, kind, unit or age, those with most outstanding first."""
    rows = breakdown(signed_in(request), ProblemFilter(**which.dict()), by)
    return page_of(rows, page, lambda row: row)


@router.get("/ledger/durations", response=schemas.DurationsOut)
def read_durations(request: HttpRequest, which: Query[schemas.ProblemWhich]) -> dict[str, Any]:
    """How long it took from finding to report and write-off, and how much relapsed."""
    return durations(signed_in(request), ProblemFilter(**which.dict()))


@router.post("/evidence", response=schemas.UploadOut, auth=SessionAuth(Capability.VIEW_PROBLEM))
def upload_evidence(
    request: HttpRequest,
    file: File[UploadedFile],
    taken_at: Form[Moment | None] = None,
    lon: Form[float | None] = None,
    lat: Form[float | None] = None,
) -> dict[str, Any]:
    """Hand in a photo, a video or a document; the same bytes again give the same number."""
    upload = actions.UploadEvidence(
        actor=signed_in(request),
        content=file.read(),
        file_name=file.name or "",
        taken_at=taken_at,
        lon=lon,
        lat=lat,
    ).run()
    return {
        "id": upload.evidence.pk,
        "sha256": upload.evidence.sha256,
        "name": upload.name,
        "media_type": upload.evidence.media_type,
        "size": upload.evidence.size,
    }


@router.get("/evidence/{int:evidence_id}/content")
def read_evidence(request: HttpRequest, evidence_id: int) -> HttpResponse:
    """The content of a file, for who handed it in or sees the clue or problem it belongs to."""
    row = readable_evidence(signed_in(request)).filter(pk=evidence_id).first()
    if row is None:
        raise NotFound(f"没有编号为 {evidence_id} 的文件。|There is no file {evidence_id}.")
    return picture(evidence.read(row), row.media_type)
