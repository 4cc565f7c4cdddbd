"""The shapes of the API's requests and answers about documents."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Moment
from riverchief.rectify.schemas import ActionOut, ChainOut, EvidenceOut, HistoryOut, Named, ReasonIn

__all__ = ["Named", "ReasonIn"]


class DocumentFilter(Schema):
    """Which letters."""

    box: str = ""
    kind: str = ""
    state: str = ""
    area: str = ""
    problem: int | None = Field(None, ge=1, le=2**31 - 1)


class DocumentRow(Schema):
    """A letter in a list; a draft has no number."""

    id: int
    kind: str
    state: str
    number: str
    title: str
    urgency: str
    issuer: Named
    area_code: str
    drafted_by: Named
    drafted_at: datetime
    issued_at: datetime | None
    sign_due_at: datetime | None
    reply_due_at: datetime | None
    reply_provisional: bool
    receivers_count: int
    signed_count: int
    replies_wanted: int
    replied_count: int
    receipt_late: bool
    reply_late: bool


class ReceiverOut(Schema):
    """Whom a letter is sent to, their receipt and their reply."""

    organisation: Named
    is_copy: bool
    signed_for_at: datetime | None
    signed_for_by: Named | None
    sign_late: bool
    replied_at: datetime | None
    replied_by: Named | None
    reply_late: bool
    reply_note: str
    reply_files: list[EvidenceOut]


class ProblemCovered(Schema):
    """A problem that a letter is about, where the reader sees it."""

    id: int
    number: str
    title: str


class DocumentBrief(Schema):
    """Another letter."""

    id: int
    number: str


class VersionOut(Schema):
    """A step of the drafting chain with the text as it then was; for the issuing office."""

    step: str
    by: Named
    at: datetime
    note: str
    title: str
    body: str
    digest: str


class InterviewOut(Schema):
    """What was recorded of an interview."""

    held_at: datetime
    place: str
    present: str
    outcome: str
    recorded_by: Named
    recorded_at: datetime
    files: list[EvidenceOut]


class DocumentOut(DocumentRow):
    """A letter; `open`: what is still to be filled in."""

    body: str
    digest: str
    open: list[str]
    reply_working_days: int | None
    meeting_at: datetime | None
    meeting_place: str
    issued_by: Named | None
    receivers: list[ReceiverOut]
    problems: list[ProblemCovered]
    attachments: list[EvidenceOut]
    synthetic: bool
    replaces: DocumentBrief | None
    replaced_by: DocumentBrief | None
    interview: InterviewOut | None
    versions: list[VersionOut]
    may_edit: bool
    history: list[HistoryOut]
    allowed_actions: list[ActionOut]
    chain: ChainOut


class DocumentGiven(Schema):
    """What is given of a letter besides its text."""

    receiver_ids: list[int] = Field(max_length=200)
    copy_ids: list[int] = Field(default_factory=list, max_length=200)
    urgency: str = "normal"
    meeting_at: Moment | None = None
    meeting_place: str = ""


class DraftIn(DocumentGiven):
    """A letter to be drafted from the template of its kind; `issuer_id` only for who belongs to several offices."""

    kind: str
    problem_ids: list[int] = Field(max_length=200)
    issuer_id: int | None = None
    replaces_id: int | None = None


class EditIn(DocumentGiven):
    """The whole draft as it shall be; `based_on`: the digest of its last version when it was opened."""

    title: str
    body: str
    based_on: str
    reply_working_days: int | None = None
    evidence_ids: list[int] = Field(default_factory=list, max_length=50)


class ReplyIn(Schema):
    """The scanned reply."""

    evidence_ids: list[int] = Field(default_factory=list, max_length=50)
    note: str = ""


class InterviewIn(Schema):
    """What came of an interview, with the signed record."""

    held_at: Moment
    place: str
    present: str
    outcome: str
    evidence_ids: list[int] = Field(max_length=50)


class DocumentChanged(Schema):
    """How the letter stands after an action."""

    id: int
    number: str
    state: str
