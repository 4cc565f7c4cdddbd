"""Reads of letters, as the API shows them to a person."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from riverchief.accounts.models import Organisation, User
from riverchief.accounts.queries import named_like
from riverchief.accounts.roles import CAPABILITIES, Capability
from riverchief.base import audit, clock
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.rectify.access import visible_problems, whole_problems
from riverchief.rectify.documents.access import (
    may_edit,
    offered,
    offices_of,
    receivers_around,
    receiving,
    sees_drafting,
    visible_documents,
)
from riverchief.rectify.documents.codes import DocumentState, FileRole
from riverchief.rectify.documents.kinds import order_template
from riverchief.rectify.documents.models import Document, DocumentReceiver, Interview
from riverchief.rectify.documents.text import chinese_day, fill, open_words, words_of
from riverchief.rectify.filters import in_area
from riverchief.rectify.models import Order
from riverchief.rectify.queries import action_row, evidence_row, history
from riverchief.rectify.shown import named

Shown = dict[str, Any]
_TOLD_TO_RECEIVERS = {
    "document.issue",
    "document.sign_for",
    "document.reply",
    "document.record_interview",
}
"""Who wrote a letter, and who sent it back and why, is the office's own business."""


def _main(**conditions: Any) -> Exists:
    rows = DocumentReceiver.objects.filter(document=OuterRef("pk"), **conditions)
    return Exists(rows)


def in_box(rows: "QuerySet[Document]", user: User, box: str) -> "QuerySet[Document]":
    """The letters of a box: drafts, those that wait for `user`'s review or signature, issued, receipt or reply due.

    Raises:
        InvalidInput: there is no such box.
    """
    mine = Q(drafted_by=user) | Q(reviewed_by=user) | Q(countersigned_by=user)
    unsigned = _main(signed_for_at__isnull=True)
    unanswered = _main(is_copy=False, replied_at__isnull=True)
    boxes = {
        "drafts": rows.filter(state=DocumentState.DRAFT),
        "to_review": rows.filter(state__in=[DocumentState.REVIEWING, DocumentState.COUNTERSIGNING]).exclude(
            mine
        ),
        "to_sign": rows.filter(state=DocumentState.SIGNING).exclude(mine),
        "issued": rows.filter(state=DocumentState.ISSUED),
        "receipts_due": rows.filter(unsigned, state=DocumentState.ISSUED),
        "replies_due": rows.filter(unanswered, state=DocumentState.ISSUED, reply_due_at__isnull=False),
        "replies_late": rows.filter(unanswered, reply_due_at__lt=clock.now()),
    }
    if box not in boxes:
        raise InvalidInput(
            f"没有“{box}”这一栏。|There is no box “{box}”.",
            cure=f"可选：{'、'.join(boxes)}。|Choose one of: {', '.join(boxes)}.",
            field="box",
        )
    return boxes[box]


def documents(
    user: User, *, box: str = "", kind: str = "", state: str = "", area: str = "", problem: int | None = None
) -> "QuerySet[Document]":
    """The letters that `user` may see, the newest first."""
    rows = visible_documents(user)
    if box:
        rows = in_box(rows, user, box)
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    if problem is not None:
        rows = rows.filter(problems=problem)
    if area:
        rows = _in_area(rows, area)
    shown = Document.objects.filter(pk__in=rows.values("pk"))
    return shown.select_related("issuer__area", "drafted_by", "issued_by").prefetch_related(
        "receivers__organisation", "receivers__signed_for_by", "receivers__replied_by"
    )


def _in_area(rows: "QuerySet[Document]", area: str) -> "QuerySet[Document]":
    return rows.filter(issuer__in=in_area(Organisation.objects.all(), area))


def document_row(document: Document) -> Shown:
    """A letter in a list."""
    receivers = list(document.receivers.all())
    main = [row for row in receivers if not row.is_copy]
    now = clock.now()
    return {
        "id": document.pk,
        "kind": document.kind,
        "state": document.state,
        "number": document.number,
        "title": document.title,
        "urgency": document.urgency,
        "issuer": named(document.issuer),
        "area_code": document.issuer.area_id,
        "drafted_by": named(document.drafted_by),
        "drafted_at": document.drafted_at,
        "issued_at": document.issued_at,
        "sign_due_at": document.sign_due_at,
        "reply_due_at": document.reply_due_at,
        "reply_provisional": document.reply_provisional,
        "receivers_count": len(receivers),
        "signed_count": sum(row.signed_for_at is not None for row in receivers),
        "replies_wanted": len(main) if document.reply_due_at else 0,
        "replied_count": sum(row.replied_at is not None for row in main),
        "receipt_late": any(_sign_late(document, row, now) for row in receivers),
        "reply_late": any(_reply_late(document, row, now) for row in main),
    }


def _sign_late(document: Document, row: DocumentReceiver, now: datetime) -> bool:
    return document.sign_due_at is not None and document.sign_due_at < (row.signed_for_at or now)


def _reply_late(document: Document, row: DocumentReceiver, now: datetime) -> bool:
    return (
        not row.is_copy
        and document.reply_due_at is not None
        and document.reply_due_at < (row.replied_at or now)
    )


def document_detail(user: User, document_id: int) -> Shown:
    """Everything about a letter that `user` may see."""
    document = documents(user).filter(pk=document_id).select_related("replaces", "interview").first()
    if document is None:
        raise NotFound(f"没有编号为 {document_id} 的公文。|There is no document {document_id}.")
    inside = sees_drafting(user, document)
    own = set(receiving(user, document).values_list("pk", flat=True))
    entries = audit.entries(document.chain)
    told = entries if inside else [entry for entry in entries if entry.action in _TOLD_TO_RECEIVERS]
    now = clock.now()
    files = document.files.select_related("evidence")
    replaced = document.replaced_by.filter(state=DocumentState.ISSUED).first()
    problems = visible_problems(user).filter(documents=document).order_by("number")
    return {
        **document_row(document),
        "body": document.body,
        "digest": document.digest,
        "open": open_words(document.title, document.body),
        "reply_working_days": document.reply_working_days,
        "meeting_at": document.meeting_at,
        "meeting_place": document.meeting_place,
        "issued_by": named(document.issued_by),
        "receivers": [
            {
                "organisation": named(row.organisation),
                "is_copy": row.is_copy,
                "signed_for_at": row.signed_for_at,
                "signed_for_by": named(row.signed_for_by),
                "sign_late": _sign_late(document, row, now),
                "replied_at": row.replied_at,
                "replied_by": named(row.replied_by),
                "reply_late": _reply_late(document, row, now),
                "reply_note": row.reply_note if inside or row.pk in own else "",
                "reply_files": (
                    [evidence_row(use.evidence, "reply") for use in files if use.receiver_id == row.pk]
                    if inside or row.pk in own
                    else []
                ),
            }
            for row in document.receivers.all()
        ],
        "problems": [{"id": row.pk, "number": row.number, "title": row.title} for row in problems],
        "attachments": [
            evidence_row(use.evidence, "attachment") for use in files if use.role == FileRole.ATTACHMENT
        ],
        "synthetic": document.problems.filter(reach__basin__synthetic=True).exists(),
        "replaces": _brief(document.replaces),
        "replaced_by": _brief(replaced),
        "interview": _interview(document, inside=inside or _is_main(document, own)),
        "versions": [
            {
                "step": step.step,
                "by": named(step.by),
                "at": step.at,
                "note": step.note,
                "title": step.title,
                "body": step.body,
                "digest": step.digest,
            }
            for step in (document.steps.select_related("by") if inside else [])
        ],
        "may_edit": may_edit(user, document),
        "history": history(told, whole=True),
        "allowed_actions": [action_row(step) for step in offered(user, document)],
        "chain": {"ok": not any(audit.broken_links(document.chain)), "entries": len(entries)},
    }


def _is_main(document: Document, own: set[int]) -> bool:
    return any(row.pk in own and not row.is_copy for row in document.receivers.all())


def _brief(document: Document | None) -> Shown | None:
    return {"id": document.pk, "number": document.number} if document else None


def _interview(document: Document, *, inside: bool) -> Shown | None:
    """What was recorded of the interview: for the office and those who were called."""
    row: Interview | None = getattr(document, "interview", None)
    if row is None or not inside:
        return None
    files = document.files.filter(role=FileRole.RECORD).select_related("evidence")
    return {
        "held_at": row.held_at,
        "place": row.place,
        "present": row.present,
        "outcome": row.outcome,
        "recorded_by": named(row.recorded_by),
        "recorded_at": row.recorded_at,
        "files": [evidence_row(use.evidence, "record") for use in files],
    }


def possible_receivers(user: User, text: str) -> "QuerySet[Organisation]":
    """Whom the offices of `user` can write to, with `text` in their name."""
    rows = Organisation.objects.none()
    for office in offices_of(user):
        rows = rows | receivers_around(office)
    return rows.filter(named_like(text)).order_by("name_zh", "pk")


def order_of(user: User, problem_id: int) -> Shown:
    """The order in force of a problem of which `user` sees everything, as it stands on paper.

    The order is the ledger's: nothing of it is kept a second time. What is not known stays open on the paper.
    """
    problem = (
        whole_problems(user)
        .filter(pk=problem_id)
        .select_related("area", "unit", "reach__river", "reach__basin")
        .first()
    )
    order = problem.orders.select_related("unit", "issued_by").last() if problem else None
    if problem is None or order is None:
        raise NotFound(
            f"问题 {problem_id} 没有交办单。|Problem {problem_id} has no order.",
            cure="交办后才有交办单。|There is one once it is assigned.",
        )
    words = words_of([problem], reply_working_days=None, meeting_at=None, place="")
    due = chinese_day(order.due_at - timedelta(seconds=1))
    title, body = fill(order_template(), {**words, "整改要求": order.requirement, "整改期限": due})
    office = _office_behind(order)
    return {
        "issuer": office.name_zh if office else "【待填：发文机关】",
        "number": order.number,
        "urgency": "",
        "title": title,
        "body": body,
        "receivers": [order.unit.name_zh],
        "copies": [],
        "attachments": [],
        "issued_at": order.issued_at,
        "synthetic": problem.reach is not None and problem.reach.basin.synthetic,
    }


def _office_behind(order: Order) -> Organisation | None:
    """The office for which the order was issued: that of whoever issued it; None where that is not certain."""
    held = order.issued_by.memberships.filter(
        role__in=[role for role, items in CAPABILITIES.items() if Capability.ASSIGN_PROBLEM in items]
    )
    offices = Organisation.objects.filter(kind="office", area__in=held.values("area"))[:2]
    return offices[0] if len(offices) == 1 else None
