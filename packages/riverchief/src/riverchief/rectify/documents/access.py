"""Who sees which letter, and who may take which step.

A letter that is not issued is for the office people of the issuing office and of the levels above; while it waits to be
countersigned also for those of the area who do that. An issued one is for these, whoever countersigned it, and the
members of the organisations it is sent to. To all others there is no such letter.
"""

from django.db.models import Q, QuerySet

from riverchief.accounts.models import Organisation, User
from riverchief.accounts.policies import allows, memberships, scope, within
from riverchief.accounts.queries import organisations_around, somebody_there
from riverchief.accounts.roles import CAPABILITIES, Capability, Role
from riverchief.base.actions import Actor
from riverchief.base.errors import PermissionRefused, StateRefused
from riverchief.rectify.access import Reader, organisations_acting
from riverchief.rectify.documents.codes import STATES, DocumentKind, DocumentState, FileRole
from riverchief.rectify.documents.models import Document, DocumentFile, DocumentReceiver, DocumentStep
from riverchief.rectify.documents.steps import PENDING, STEPS, Side, Step

_RECEIVES = ("unit", "department", "office", "monitoring")
AUTHORING = ("draft", "edit")


def visible_documents(user: Reader) -> "QuerySet[Document]":
    """The letters that `user` may know of."""
    if not isinstance(user, User) or not user.is_active:
        return Document.objects.none()
    office = within(scope(user, Capability.DRAFT_DOCUMENT), "issuer__area__path")
    to_countersign = within(scope(user, Capability.COUNTERSIGN_DOCUMENT), "issuer__area__path")
    received = DocumentReceiver.objects.filter(
        organisation__in=organisations_acting(user, Capability.SIGN_DOCUMENT)
    ).values("document")
    rows = Document.objects.all()
    return (
        rows.filter(office)
        | rows.filter(to_countersign, state=DocumentState.COUNTERSIGNING)
        | rows.filter(countersigned_by=user, state=DocumentState.ISSUED)
        | rows.filter(pk__in=received, state=DocumentState.ISSUED)
    )


def sees_drafting(user: User, document: Document) -> bool:
    """Whether `user` sees how the letter came about: its drafts, who sent it back and why."""
    return allows(user, Capability.DRAFT_DOCUMENT, document.issuer.area.path)


def readable_files(user: User) -> "QuerySet[DocumentFile]":
    """The files of letters that `user` may open: not the reply of another receiver, nor a record of others' interview."""
    acting = organisations_acting(user, Capability.SIGN_DOCUMENT)
    inside = within(scope(user, Capability.DRAFT_DOCUMENT), "document__issuer__area__path")
    called = DocumentReceiver.objects.filter(organisation__in=acting, is_copy=False).values("document")
    return DocumentFile.objects.filter(
        inside
        | Q(role=FileRole.ATTACHMENT, document__in=visible_documents(user).values("pk"))
        | Q(role=FileRole.REPLY, receiver__organisation__in=acting)
        | Q(role=FileRole.RECORD, document__in=called)
    )


def offices_of(user: User) -> "QuerySet[Organisation]":
    """The offices in whose name `user` may draft: those of the very areas where they have that role."""
    areas = [
        held.area_id
        for held in memberships(user)
        if Capability.DRAFT_DOCUMENT in CAPABILITIES[Role(held.role)]
    ]
    return Organisation.objects.filter(kind="office", area__in=areas).select_related("area")


def receivers_around(issuer: Organisation) -> "QuerySet[Organisation]":
    """Whom an office can write to: units, departments, offices of its area, of those above and of those in it.

    Never an enterprise: it is dealt with by enforcement, and may be the suspect.
    """
    around = organisations_around(issuer.area).filter(kind__in=_RECEIVES).exclude(pk=issuer.pk)
    return somebody_there(around)


def receiving(user: User, document: Document) -> "QuerySet[DocumentReceiver]":
    """As whom `user` has received the letter."""
    return document.receivers.filter(
        organisation__in=organisations_acting(user, Capability.SIGN_DOCUMENT)
    ).order_by("is_copy", "pk")


def outsider_refusal(actor: Actor, step: Step) -> PermissionRefused | None:
    """Why `actor` may take this step on no letter at all: nothing is sent to who belongs to no organisation."""
    if step.side is not Side.RECEIVER or (
        isinstance(actor, User) and organisations_acting(actor, step.capability)
    ):
        return None
    return _no_receiver()


def _no_receiver() -> PermissionRefused:
    return PermissionRefused(
        "只有收文单位的人员可以办理。|Only members of an organisation that received it may do this.",
        cure="请由收文单位人员登录办理。|A member of the receiving organisation must sign in.",
    )


def permission_refusal(actor: Actor, step: Step, document: Document) -> PermissionRefused | None:
    """Why `actor` may not take this step; None where they may."""
    if not isinstance(actor, User):
        return PermissionRefused("公文须由人员办理。|People deal with documents.")
    if step.side is Side.RECEIVER:
        return None if receiving(actor, document).exists() else _no_receiver()
    needed = PENDING.get(DocumentState(document.state), step.capability) if _judges(step) else step.capability
    if not allows(actor, needed, document.issuer.area.path):
        return PermissionRefused(
            "您在发文单位的区域没有此项权限。|You do not have permission for this in the area of the issuing office.",
            cure="请联系发文单位。|Ask the issuing office.",
        )
    if _judges(step) and actor.pk in _hands_in(document):
        return PermissionRefused(
            "同一公文的拟稿、核稿、会签、签发须由不同人员办理。"
            "|Drafting, reviewing, countersigning and issuing a document are each done by another person.",
            cure="请由另一人办理；办公室只有一人时由上一级办理。"
            "|Somebody else must do it; where an office has one person, the level above does.",
        )
    return None


def _judges(step: Step) -> bool:
    return step.side is Side.JUDGE


def _hands_in(document: Document) -> set[int | None]:
    """Whoever wrote on the letter ever, or took a step of this round."""
    authors = DocumentStep.objects.filter(document=document, step__in=AUTHORING).values_list(
        "by_id", flat=True
    )
    return {*authors, document.drafted_by_id, document.reviewed_by_id, document.countersigned_by_id}


def state_refusal(step: Step, document: Document, receiver: DocumentReceiver | None) -> StateRefused | None:
    """Why the step cannot be taken as the letter stands, by that receiver where it is a receiver's; None where it can."""
    zh, en = STATES[document.state]
    if document.state not in step.accepts:
        return StateRefused(
            f"此文处于“{zh}”，不能“{step.label_zh}”。|The document is “{en}”; “{step.label_en}” is not possible.",
            cure="请刷新后查看当前状态。|Reload, and see how it stands now.",
        )
    if step.action == "sign_for" and (receiver is None or receiver.signed_for_at is not None):
        return StateRefused("本单位已签收。|Your organisation has signed for it already.")
    if step.action == "reply":
        if receiver is None or receiver.is_copy or document.reply_due_at is None:
            return StateRefused("此文不要求本单位答复。|The document asks your organisation for no reply.")
        if receiver.signed_for_at is None:
            return StateRefused("请先签收，再答复。|Sign for it first, then reply.")
        if receiver.replied_at is not None:
            return StateRefused("本单位已答复。|Your organisation has replied already.")
    if step.action == "record_interview":
        if document.kind != DocumentKind.INTERVIEW:
            return StateRefused("此文不是约谈通知。|The document is no notice of an interview.")
        if hasattr(document, "interview"):
            return StateRefused("约谈已记录。|The interview is recorded already.")
    return None


def offered(user: User, document: Document) -> list[Step]:
    """The steps that `user` can take now."""
    receiver = receiving(user, document).first()
    return [
        step
        for step in STEPS.values()
        if state_refusal(step, document, receiver) is None
        and permission_refusal(user, step, document) is None
    ]


def may_edit(user: User, document: Document) -> bool:
    """Whether `user` may write on the letter now."""
    return document.state == DocumentState.DRAFT and sees_drafting(user, document)
