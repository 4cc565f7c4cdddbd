"""What those do who a letter is sent to, and what comes of an interview."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.base.models import Evidence
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import optional_text, text
from riverchief.rectify.attachments import usable
from riverchief.rectify.documents.actions.document import DocumentAction
from riverchief.rectify.documents.codes import FileRole
from riverchief.rectify.documents.models import Document, Interview
from riverchief.rectify.documents.steps import STEPS, Step


@dataclass(kw_only=True)
class SignForDocument(DocumentAction):
    """签收: the organisation has received it."""

    step: ClassVar[Step] = STEPS["sign_for"]
    name: ClassVar[str] = step.name

    def execute(self) -> Document:
        """Write down who and when."""
        receiver = self.receiver
        assert receiver is not None  # checked
        receiver.signed_for_by, receiver.signed_for_at = person(self.actor), clock.now()
        receiver.save()
        return self.changed(
            self.document,
            receiver_zh=receiver.organisation.name_zh,
            receiver_en=receiver.organisation.name_en,
            late=self.document.sign_due_at is not None and clock.now() > self.document.sign_due_at,
        )


@dataclass(kw_only=True)
class _WithFiles(DocumentAction):
    evidence_ids: list[int]
    files: list[Evidence] = field(init=False, repr=False)

    def find_files(self) -> None:
        """At least one file that is the person's to use."""
        self.files = usable(person(self.actor), self.evidence_ids)
        if not self.files:
            raise InvalidInput(
                "须附签字或盖章的扫描件。|A scan, signed or sealed, must be handed in.",
                cure="请上传 PDF 或照片。|Upload a PDF or a photo.",
                field="evidence_ids",
            )


@dataclass(kw_only=True)
class ReplyToDocument(_WithFiles):
    """复函: the signed and sealed reply, scanned."""

    step: ClassVar[Step] = STEPS["reply"]
    name: ClassVar[str] = step.name
    note: str = ""

    def check_input(self) -> None:
        """A scan."""
        self.note = optional_text(self.note, "note")
        self.find_files()

    def execute(self) -> Document:
        """Keep it with the letter."""
        receiver = self.receiver
        assert receiver is not None  # checked
        receiver.replied_by, receiver.replied_at = person(self.actor), clock.now()
        receiver.reply_note = self.note
        receiver.save()
        return self.changed(
            self.document,
            receiver_zh=receiver.organisation.name_zh,
            receiver_en=receiver.organisation.name_en,
            files=self.attach(self.files, FileRole.REPLY),
            note=self.note,
        )


@dataclass(kw_only=True)
class RecordInterview(_WithFiles):
    """约谈: it was held; the signed record is attached."""

    step: ClassVar[Step] = STEPS["record_interview"]
    name: ClassVar[str] = step.name
    held_at: datetime
    place: str
    present: str
    outcome: str

    def check_input(self) -> None:
        """When it was, where, who was there, and what all of them signed."""
        if self.held_at > clock.now():
            raise InvalidInput(
                "约谈时间在将来。|The interview lies in the future.",
                cure="请在约谈之后记录。|Record it after it was held.",
                field="held_at",
            )
        self.place = text(self.place, "place", longest=200)
        self.present, self.outcome = text(self.present, "present"), text(self.outcome, "outcome")
        self.find_files()

    def execute(self) -> Document:
        """Write it down, once."""
        Interview.objects.create(
            document=self.document,
            held_at=self.held_at,
            place=self.place,
            present=self.present,
            outcome=self.outcome,
            recorded_by=person(self.actor),
            recorded_at=clock.now(),
        )
        return self.changed(
            self.document,
            held_at=self.held_at.isoformat(),
            place=self.place,
            present=self.present,
            outcome=self.outcome,
            files=self.attach(self.files, FileRole.RECORD),
        )
