"""Writing a letter: drafted from the problems it covers, edited while it is a draft, withdrawn."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from riverchief.accounts.models import Organisation
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, PermissionRefused, StateRefused
from riverchief.base.models import Evidence
from riverchief.rectify.access import person, visible_problems
from riverchief.rectify.actions.inputs import one_of, optional_text, text
from riverchief.rectify.attachments import usable
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.documents.access import may_edit, offices_of, receivers_around, visible_documents
from riverchief.rectify.documents.actions.document import (
    LONGEST_BODY,
    DocumentAction,
    OnDocument,
    locked,
)
from riverchief.rectify.documents.codes import KINDS, URGENCIES, DocumentState, FileRole
from riverchief.rectify.documents.kinds import kind_of
from riverchief.rectify.documents.models import Document, DocumentFile, DocumentReceiver
from riverchief.rectify.documents.steps import STEPS, Step
from riverchief.rectify.documents.text import digest_of, fill, refuse_suspects, words_of
from riverchief.rectify.models import ClueEvidence, Problem

MOST_PROBLEMS = 100


@dataclass(kw_only=True)
class _Writing(OnDocument):
    """What is given of a letter besides its text."""

    receiver_ids: list[int]
    copy_ids: list[int] = field(default_factory=list)
    urgency: str = "normal"
    meeting_at: datetime | None = None
    meeting_place: str = ""
    receivers: list[Organisation] = field(init=False, repr=False)

    def check_around(self, issuer: Organisation) -> None:
        """Receivers that may be written to from there, each once; urgency and place."""
        one_of(self.urgency, URGENCIES, "urgency")
        self.meeting_place = optional_text(self.meeting_place, "meeting_place", longest=200)
        wanted = [*self.receiver_ids, *self.copy_ids]
        if not self.receiver_ids or len(set(wanted)) < len(wanted):
            raise InvalidInput(
                "主送单位不能为空，同一单位不能出现两次。|A letter needs a main receiver, and names nobody twice.",
                cure="请选择主送与抄送单位，各一次。|Choose receivers and copies, each once.",
                field="receiver_ids",
            )
        found = {row.pk: row for row in receivers_around(issuer).filter(pk__in=wanted)}
        missing = [pk for pk in wanted if pk not in found]
        if missing:
            raise InvalidInput(
                f"不能向编号为 {missing} 的单位发文：不在本区域、是企业，或没有可签收的人员。"
                f"|No letter can go to organisation {missing}: it is not of this area, an enterprise, or nobody there could sign for it.",
                cure="请选择本区域有账号的单位、部门或河长办。|Choose a unit, department or office of the area whose people have accounts.",
                field="receiver_ids",
            )
        self.receivers = [found[pk] for pk in wanted]

    def write_receivers(self, document: Document) -> None:
        """The receivers, in the order given."""
        document.receivers.all().delete()
        DocumentReceiver.objects.bulk_create(
            [
                DocumentReceiver(document=document, organisation=row, is_copy=row.pk in self.copy_ids)
                for row in self.receivers
            ]
        )


@dataclass(kw_only=True)
class DraftDocument(_Writing):
    """Draft a letter about problems that are assigned: a clue is never written about."""

    name: ClassVar[str] = "document.draft"
    kind: str
    problem_ids: list[int]
    issuer_id: int | None = None
    replaces_id: int | None = None
    issuer: Organisation = field(init=False, repr=False)
    problems: list[Problem] = field(init=False, repr=False)
    replaces: Document | None = field(init=False, default=None, repr=False)

    def check_permission(self) -> None:
        """Somebody of an office."""
        user = person(self.actor)
        require(user, Capability.DRAFT_DOCUMENT)
        offices = list(offices_of(user))
        chosen = [row for row in offices if self.issuer_id in (None, row.pk)]
        if not chosen:
            raise PermissionRefused(
                "您所在的行政区没有登记河长办，不能发文。|No river-chief office is registered for your area: nobody could send a letter.",
                cure="请管理员为本区域登记一个“河长办”类型的单位。|Ask the administrator to register an organisation of the kind “office” for the area.",
            )
        if len(chosen) > 1:
            names = "、".join(f"{row.pk} {row.name_zh}" for row in chosen)
            raise InvalidInput(
                f"您属于多个河长办：{names}。|You belong to several offices: {names}.",
                cure="请指明发文单位。|Say which one sends the letter.",
                field="issuer_id",
            )
        self.issuer = chosen[0]

    def check_state(self) -> None:
        """A kind, receivers, problems that are assigned."""
        one_of(self.kind, KINDS, "kind")
        self.check_around(self.issuer)
        self.problems = self._find_problems()
        if self.replaces_id is not None:
            self.replaces = self._find_replaced(self.replaces_id)

    def _find_problems(self) -> list[Problem]:
        wanted = sorted(set(self.problem_ids))
        if not 0 < len(wanted) <= MOST_PROBLEMS:
            raise InvalidInput(
                f"公文须针对 1 至 {MOST_PROBLEMS} 件问题。|A letter is about 1 to {MOST_PROBLEMS} problems.",
                cure="请从台账选择问题。|Choose problems of the ledger.",
                field="problem_ids",
            )
        rows = list(
            visible_problems(person(self.actor))
            .filter(pk__in=wanted, area__path__startswith=self.issuer.area.path)
            .select_related("area", "unit", "reach__river")
            .order_by("number")
        )
        refused = sorted({*wanted} - {row.pk for row in rows})
        refused += [row.pk for row in rows if row.state == ProblemState.REGISTERED]
        if refused:
            raise InvalidInput(
                f"问题 {refused} 不在本区域台账，或尚未交办，不能写入公文。"
                f"|Problem {refused} is not in the ledger of this area or not assigned yet: no letter can be about it.",
                cure="请先交办。|Assign it first.",
                field="problem_ids",
            )
        return rows

    def _find_replaced(self, replaces_id: int) -> Document:
        old = visible_documents(person(self.actor)).filter(pk=replaces_id, issuer=self.issuer).first()
        if old is None or old.state != DocumentState.ISSUED:
            raise InvalidInput(
                "只能替代本单位已签发的公文。|Only a letter that this office has issued can be replaced.",
                cure="未签发的稿件请直接修改。|Edit a draft instead.",
                field="replaces_id",
            )
        if old.replaced_by.exclude(state=DocumentState.WITHDRAWN).exists():
            raise StateRefused(
                f"{old.number} 已有替代的公文或稿件。|{old.number} is replaced already, or a draft will replace it."
            )
        return old

    def execute(self) -> Document:
        """Write the first draft from the template of its kind."""
        kind = kind_of(self.kind)
        title, body = fill(
            kind.template,
            words_of(
                self.problems,
                reply_working_days=kind.reply_working_days,
                meeting_at=self.meeting_at,
                place=self.meeting_place,
            ),
        )
        if self.replaces is not None:
            body += f"\n本文替代{self.replaces.number}，该文自本文签发之日起不再执行。"
        document = Document.objects.create(
            kind=self.kind,
            issuer=self.issuer,
            title=title[:200],
            body=body,
            urgency=self.urgency,
            reply_working_days=kind.reply_working_days,
            meeting_at=self.meeting_at,
            meeting_place=self.meeting_place,
            replaces=self.replaces,
            drafted_by=person(self.actor),
            drafted_at=clock.now(),
        )
        document.problems.set(self.problems)
        self.write_receivers(document)
        return self.note_step(
            document,
            "draft",
            document_kind=self.kind,
            problems=[row.number for row in self.problems],
            replaces=self.replaces.number if self.replaces else None,
        )


@dataclass(kw_only=True)
class EditDocument(_Writing):
    """Write on a draft. Whoever does is an author from then on, and takes no later step of it.

    `based_on`: the digest of the text that was read before, so that nobody overwrites what another wrote meanwhile.
    """

    name: ClassVar[str] = "document.edit"
    document_id: int
    title: str
    body: str
    reply_working_days: int | None
    based_on: str
    evidence_ids: list[int] = field(default_factory=list)
    document: Document = field(init=False, repr=False)
    files: list[Evidence] = field(init=False, repr=False)

    def load(self) -> None:
        """The draft, locked."""
        self.document = locked(self.actor, self.document_id)

    def check_permission(self) -> None:
        """Somebody of the office or the level above."""
        require(self.actor, Capability.DRAFT_DOCUMENT, self.document.issuer.area.path)

    def check_state(self) -> None:
        """A draft; a text that names no suspect; attachments that belong to no clue."""
        if not may_edit(person(self.actor), self.document):
            raise StateRefused(
                "此文已送核或已结束，不能再改。|The document is no draft any more: its text stands.",
                cure="未签发的可退回修改；已签发的请另发一文替代。|Send it back where it waits; an issued one is replaced by another.",
            )
        if self.based_on != digest_of(self.document):
            raise StateRefused(
                "打开之后已有他人修改此稿。|Somebody else has edited the draft since you opened it.",
                cure="请复制您的文字，重新打开后再改。|Copy your text, open the draft again and put it in there.",
            )
        self.title = text(self.title, "title", longest=200)
        self.body = text(self.body, "body", longest=LONGEST_BODY)
        if self.reply_working_days is not None and not 1 <= self.reply_working_days <= 250:
            raise InvalidInput(
                "答复时限须为 1 至 250 个工作日。|A reply can be asked for within 1 to 250 working days.",
                cure="不要求答复的请留空。|Leave it empty where no reply is asked for.",
                field="reply_working_days",
            )
        self.check_around(self.document.issuer)
        self.files = usable(person(self.actor), self.evidence_ids)
        of_clues = ClueEvidence.objects.filter(evidence__in=self.files).exclude(
            clue__problem__in=self.document.problems.all()
        )
        if of_clues.exists():
            raise InvalidInput(
                "附件中有线索的材料，不能随公文发出。|An attachment belongs to a clue: it cannot go out with a letter.",
                cure="请去掉该附件。|Leave it out.",
                field="evidence_ids",
            )

    def execute(self) -> Document:
        """Write it down; the text before is kept."""
        document = self.document
        for name in ("title", "body", "urgency", "reply_working_days", "meeting_at", "meeting_place"):
            setattr(document, name, getattr(self, name))
        refuse_suspects(person(self.actor), document)
        document.save()
        self.write_receivers(document)
        document.files.filter(role=FileRole.ATTACHMENT).delete()
        DocumentFile.objects.bulk_create(
            [DocumentFile(document=document, evidence=row, role=FileRole.ATTACHMENT) for row in self.files]
        )
        return self.note_step(document, "edit")


@dataclass(kw_only=True)
class WithdrawDocument(DocumentAction):
    """The letter will not be sent; its drafts are kept."""

    step: ClassVar[Step] = STEPS["withdraw"]
    name: ClassVar[str] = step.name
    reason: str

    def check_input(self) -> None:
        """Never without a reason."""
        self.reason = text(self.reason, "reason")

    def execute(self) -> Document:
        """End it."""
        self.document.state = DocumentState.WITHDRAWN
        self.document.save()
        return self.note_step(self.document, "withdraw", self.reason)
