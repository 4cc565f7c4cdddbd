"""Who is told what about letters. Messages carry kind, number and state only, never a title or a name."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from riverchief.accounts.models import Membership, Organisation
from riverchief.accounts.policies import users_with
from riverchief.accounts.roles import CAPABILITIES, Capability
from riverchief.base import clock
from riverchief.base.models import OutboxEvent
from riverchief.base.notifications import notify
from riverchief.rectify.documents.access import AUTHORING
from riverchief.rectify.documents.codes import KINDS, DocumentState
from riverchief.rectify.documents.models import Document, DocumentReceiver
from riverchief.rectify.documents.steps import PENDING

_SIGNERS = [role.value for role, items in CAPABILITIES.items() if Capability.SIGN_DOCUMENT in items]


def notify_next(event: OutboxEvent) -> None:
    """`rectify.document_changed`: whoever has to do something next, or has been waiting for this."""
    document = Document.objects.select_related("issuer__area").get(pk=event.payload["document_id"])
    action = event.payload["action"]
    if action in {"submit", "review", "countersign"}:
        # Where it has gone on meanwhile, the step after this one tells whom it waits for.
        hands = _next_hands(document) if document.state == event.payload["state"] else []
        _tell(event, document, hands, "待您办理", "waits for you")
    elif action == "send_back":
        _tell(event, document, _authors(document), "已退回修改", "was sent back")
    elif action == "issue":
        receivers = list(document.receivers.select_related("organisation"))
        for row in receivers:
            _tell(event, document, members(row.organisation), "请签收", "please sign for it")
        _tell(event, document, _authors(document), "已签发", "was issued")
    elif action == "reply":
        _tell(event, document, office_of(document), "已收到答复", "was replied to")


def _next_hands(document: Document) -> list[int]:
    """Those of the office itself who can take the next step; where there is nobody, the levels above."""
    needed = PENDING[DocumentState(document.state)]
    path = document.issuer.area.path
    hands = {document.reviewed_by_id, document.countersigned_by_id, *_authors(document)}
    able = [pk for pk in users_with(needed, path) if pk not in hands]
    here = set(_held(area=document.issuer.area_id).filter(user__in=able).values_list("user_id", flat=True))
    return [pk for pk in able if pk in here] or able


def _authors(document: Document) -> list[int]:
    rows = document.steps.filter(step__in=AUTHORING).values_list("by_id", flat=True)
    return sorted(set(rows))


def office_of(document: Document) -> list[int]:
    """Who is told of receipts and replies: those who wrote and issued the letter."""
    return sorted({*_authors(document), *([document.issued_by_id] if document.issued_by_id else [])})


def members(organisation: Organisation) -> list[int]:
    """The people who can sign for an organisation today."""
    return list(
        _held(organisation=organisation, role__in=_SIGNERS).values_list("user_id", flat=True).distinct()
    )


def _held(**conditions: object) -> "QuerySet[Membership]":
    today = clock.today()
    valid = Q(valid_to__isnull=True) | Q(valid_to__gte=today)
    return Membership.objects.filter(valid, valid_from__lte=today, user__is_active=True, **conditions)


def _tell(event: OutboxEvent, document: Document, people: Iterable[int], zh: str, en: str) -> None:
    tell(document, people, zh, en, dedupe=f"{event.name}:{event.pk}")


def tell(document: Document, people: Iterable[int], zh: str, en: str, *, dedupe: str) -> None:
    """A line about a letter in the inbox of each person."""
    name_zh, name_en = KINDS[document.kind]
    called_zh = document.number or f"{name_zh}文稿"
    called_en = document.number or f"Draft ({name_en.lower()})"
    notify(
        people,
        kind="document_changed",
        title_zh=f"{called_zh}：{zh}",
        title_en=f"{called_en}: {en}",
        link=f"/documents/{document.pk}",
        dedupe=dedupe,
    )


def warn_of_late_receipts_and_replies() -> None:
    """Tell receivers and issuers, once each, of letters not signed for by the due hour and of replies past their day."""
    now = clock.now()
    issued = DocumentReceiver.objects.filter(document__state=DocumentState.ISSUED).select_related(
        "document", "organisation"
    )
    unsigned = issued.filter(signed_for_at__isnull=True, document__sign_due_at__lt=now)
    unanswered = issued.filter(is_copy=False, replied_at__isnull=True, document__reply_due_at__lt=now)
    for rows, key, zh, en in (
        (unsigned, "unsigned", "已过签收时限，尚未签收", "not signed for by the due hour"),
        (unanswered, "unanswered", "已过答复期限，尚未答复", "not replied to by the due day"),
    ):
        for row in rows.iterator():
            people = {*members(row.organisation), *office_of(row.document)}
            tell(row.document, people, zh, en, dedupe=f"document_{key}:{row.pk}")
