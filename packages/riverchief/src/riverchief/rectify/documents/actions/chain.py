"""The drafting chain 拟稿 → 核稿 → 会签 → 签发, each step by another person."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from riverchief.base import clock
from riverchief.base.calendar import due_date
from riverchief.base.errors import InvalidInput
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import text
from riverchief.rectify.documents.actions.document import DocumentAction
from riverchief.rectify.documents.codes import DocumentState
from riverchief.rectify.documents.kinds import kind_of, next_number
from riverchief.rectify.documents.models import Document
from riverchief.rectify.documents.steps import STEPS, Step
from riverchief.rectify.documents.text import digest_of, open_words, refuse_suspects


@dataclass(kw_only=True)
class _Onward(DocumentAction):
    """A step that takes the letter on: its text must be whole and name no suspect, as clues may have come since."""

    def check_input(self) -> None:
        """Nothing open, nobody named who is suspected."""
        still_open = open_words(self.document.title, self.document.body)
        if still_open:
            names = "、".join(still_open)
            raise InvalidInput(
                f"文中尚有待填内容：{names}。|The text still has open places: {names}.",
                cure="请填写或删去“【待填：…】”后再办理。|Fill them in or take them out, then go on.",
                field="body",
            )
        refuse_suspects(person(self.actor), self.document)

    def go_on(self) -> Document:
        """Into the state that follows."""
        assert self.step.becomes is not None
        self.document.state = self.step.becomes
        self.document.save()
        return self.note_step(self.document, self.step.action)


@dataclass(kw_only=True)
class SubmitDocument(_Onward):
    """The draft is ready to be reviewed."""

    step: ClassVar[Step] = STEPS["submit"]
    name: ClassVar[str] = step.name

    def execute(self) -> Document:
        """Let it wait for a reviewer."""
        return self.go_on()


@dataclass(kw_only=True)
class ReviewDocument(_Onward):
    """核稿: text and facts are right."""

    step: ClassVar[Step] = STEPS["review"]
    name: ClassVar[str] = step.name

    def execute(self) -> Document:
        """Let it wait to be countersigned."""
        self.document.reviewed_by = person(self.actor)
        return self.go_on()


@dataclass(kw_only=True)
class CountersignDocument(_Onward):
    """会签: whoever else is concerned agrees."""

    step: ClassVar[Step] = STEPS["countersign"]
    name: ClassVar[str] = step.name

    def execute(self) -> Document:
        """Let it wait to be issued."""
        self.document.countersigned_by = person(self.actor)
        return self.go_on()


@dataclass(kw_only=True)
class IssueDocument(_Onward):
    """签发: number and date are given, the text is frozen, the clocks of receipt and reply start."""

    step: ClassVar[Step] = STEPS["issue"]
    name: ClassVar[str] = step.name

    def execute(self) -> Document:
        """Issue it."""
        document, now = self.document, clock.now()
        document.digest = digest_of(document)
        document.number = next_number(document)
        document.issued_by, document.issued_at = person(self.actor), now
        document.sign_due_at = now + timedelta(hours=kind_of(document.kind).sign_within_hours)
        if document.reply_working_days is not None:
            deadline = due_date(now, document.reply_working_days)
            document.reply_due_at, document.reply_provisional = deadline.at, deadline.provisional
        document.state = DocumentState.ISSUED
        document.save()
        return self.note_step(
            document,
            "issue",
            number=document.number,
            reply_due_at=document.reply_due_at.isoformat() if document.reply_due_at else None,
        )


@dataclass(kw_only=True)
class SendBackDocument(DocumentAction):
    """The text does not do: it is a draft again, and goes through the whole chain anew."""

    step: ClassVar[Step] = STEPS["send_back"]
    name: ClassVar[str] = step.name
    reason: str

    def check_input(self) -> None:
        """Never without a reason."""
        self.reason = text(self.reason, "reason")

    def execute(self) -> Document:
        """Forget who took the steps of this round; the log keeps them."""
        document = self.document
        document.state = DocumentState.DRAFT
        document.reviewed_by = document.countersigned_by = None
        document.save()
        return self.note_step(document, "send_back", self.reason)
