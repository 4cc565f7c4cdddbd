"""Documents over HTTP: parse, call an action or a query, answer."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.http import Page, PageQuery, attachment, idempotent, page_of
from riverchief.rectify.documents import actions, queries, schemas
from riverchief.rectify.documents.models import Document
from riverchief.rectify.documents.paper import document_pdf, order_pdf
from riverchief.rectify.documents.steps import PENDING, STEPS
from riverchief.rectify.shown import named

router = Router(tags=["documents"], auth=auth)
_drafts = SessionAuth(Capability.DRAFT_DOCUMENT)


def _who_may(step: str) -> SessionAuth:
    """Whoever may take a step somewhere."""
    return SessionAuth(STEPS[step].capability)


def _changed(document: Document) -> dict[str, Any]:
    return {"id": document.pk, "number": document.number, "state": document.state}


@router.get("/documents", response=Page[schemas.DocumentRow])
def list_documents(
    request: HttpRequest, page: Query[PageQuery], which: Query[schemas.DocumentFilter]
) -> dict[str, Any]:
    """The letters that the person may see, the newest first; `box`: drafts, to_review, to_sign, issued, receipts_due, replies_due, replies_late."""
    return page_of(queries.documents(signed_in(request), **which.dict()), page, queries.document_row)


@router.post("/documents", response=schemas.DocumentChanged, auth=_drafts)
@idempotent
def draft_document(request: HttpRequest, body: schemas.DraftIn) -> dict[str, Any]:
    """Draft a letter about problems, from the template of its kind."""
    return _changed(actions.DraftDocument(actor=signed_in(request), **body.dict()).run())


@router.get("/documents/receivers", response=Page[schemas.Named], auth=_drafts)
def list_receivers(request: HttpRequest, page: Query[PageQuery], q: str = "") -> dict[str, Any]:
    """The organisations that the person's office can write to; `q`: a text in the name."""
    return page_of(queries.possible_receivers(signed_in(request), q.strip()), page, named)


@router.get("/documents/{int:document_id}", response=schemas.DocumentOut)
def read_document(request: HttpRequest, document_id: int) -> dict[str, Any]:
    """A letter, with its receivers, and the steps the person can take now."""
    return queries.document_detail(signed_in(request), document_id)


@router.get("/documents/{int:document_id}/document.pdf")
def read_document_pdf(request: HttpRequest, document_id: int) -> HttpResponse:
    """The letter as it is printed for the seal; a draft is marked as one."""
    shown = queries.document_detail(signed_in(request), document_id)
    return attachment(document_pdf(shown, clock.now()), "application/pdf", f"document-{document_id}.pdf")


@router.get("/problems/{int:problem_id}/order.pdf")
def read_order_pdf(request: HttpRequest, problem_id: int) -> HttpResponse:
    """The order in force of a problem, as it is printed for the seal."""
    content = order_pdf(queries.order_of(signed_in(request), problem_id), clock.now())
    return attachment(content, "application/pdf", f"order-{problem_id}.pdf")


@router.post("/documents/{int:document_id}/edit", response=schemas.DocumentChanged, auth=_drafts)
@idempotent
def edit_document(request: HttpRequest, document_id: int, body: schemas.EditIn) -> dict[str, Any]:
    """Write on a draft."""
    action = actions.EditDocument(actor=signed_in(request), document_id=document_id, **body.dict())
    return _changed(action.run())


@router.post("/documents/{int:document_id}/submit", response=schemas.DocumentChanged, auth=_who_may("submit"))
@idempotent
def submit_document(request: HttpRequest, document_id: int) -> dict[str, Any]:
    """Send a draft for review."""
    return _changed(actions.SubmitDocument(actor=signed_in(request), document_id=document_id).run())


@router.post("/documents/{int:document_id}/review", response=schemas.DocumentChanged, auth=_who_may("review"))
@idempotent
def review_document(request: HttpRequest, document_id: int) -> dict[str, Any]:
    """Review a letter."""
    return _changed(actions.ReviewDocument(actor=signed_in(request), document_id=document_id).run())


@router.post(
    "/documents/{int:document_id}/countersign",
    response=schemas.DocumentChanged,
    auth=_who_may("countersign"),
)
@idempotent
def countersign_document(request: HttpRequest, document_id: int) -> dict[str, Any]:
    """Countersign a letter."""
    return _changed(actions.CountersignDocument(actor=signed_in(request), document_id=document_id).run())


@router.post("/documents/{int:document_id}/issue", response=schemas.DocumentChanged, auth=_who_may("issue"))
@idempotent
def issue_document(request: HttpRequest, document_id: int) -> dict[str, Any]:
    """Issue a letter: it gets its number, and is sent."""
    return _changed(actions.IssueDocument(actor=signed_in(request), document_id=document_id).run())


@router.post(
    "/documents/{int:document_id}/send_back",
    response=schemas.DocumentChanged,
    auth=SessionAuth(*PENDING.values()),
)
@idempotent
def send_back_document(request: HttpRequest, document_id: int, body: schemas.ReasonIn) -> dict[str, Any]:
    """Send a letter back to be written anew."""
    action = actions.SendBackDocument(actor=signed_in(request), document_id=document_id, reason=body.reason)
    return _changed(action.run())


@router.post(
    "/documents/{int:document_id}/withdraw", response=schemas.DocumentChanged, auth=_who_may("withdraw")
)
@idempotent
def withdraw_document(request: HttpRequest, document_id: int, body: schemas.ReasonIn) -> dict[str, Any]:
    """Give a draft up."""
    action = actions.WithdrawDocument(actor=signed_in(request), document_id=document_id, reason=body.reason)
    return _changed(action.run())


@router.post(
    "/documents/{int:document_id}/sign_for", response=schemas.DocumentChanged, auth=_who_may("sign_for")
)
@idempotent
def sign_for_document(request: HttpRequest, document_id: int) -> dict[str, Any]:
    """Sign for a letter that one's organisation has received."""
    return _changed(actions.SignForDocument(actor=signed_in(request), document_id=document_id).run())


@router.post("/documents/{int:document_id}/reply", response=schemas.DocumentChanged, auth=_who_may("reply"))
@idempotent
def reply_to_document(request: HttpRequest, document_id: int, body: schemas.ReplyIn) -> dict[str, Any]:
    """Hand in the scanned reply."""
    action = actions.ReplyToDocument(actor=signed_in(request), document_id=document_id, **body.dict())
    return _changed(action.run())


@router.post(
    "/documents/{int:document_id}/record_interview",
    response=schemas.DocumentChanged,
    auth=_who_may("record_interview"),
)
@idempotent
def record_interview(request: HttpRequest, document_id: int, body: schemas.InterviewIn) -> dict[str, Any]:
    """Record that an interview was held."""
    action = actions.RecordInterview(actor=signed_in(request), document_id=document_id, **body.dict())
    return _changed(action.run())
