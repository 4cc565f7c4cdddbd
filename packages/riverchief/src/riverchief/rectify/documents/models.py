"""Letters of an office, whom they are for, and every text they ever had.

What must never be is refused by the database: a letter issued by its author, two steps of the chain by one person, a
number on a draft, a change of an issued letter (migrations 0030 and 0031).
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Organisation, User
from riverchief.base.models import Evidence
from riverchief.rectify.documents.codes import DocumentKind, DocumentState, FileRole, Urgency

_S = DocumentState
_REVIEWED = [_S.COUNTERSIGNING, _S.SIGNING, _S.ISSUED]
_COUNTERSIGNED = [_S.SIGNING, _S.ISSUED]


def _exactly_in(states: list[DocumentState], *fields: str) -> Q:
    """The fields are filled in these states, and empty in all others."""
    filled = Q(state__in=states, **{f"{field}__isnull": False for field in fields})
    return filled | (~Q(state__in=states) & Q(**{f"{field}__isnull": True for field in fields}))


class Document(models.Model):
    """A letter of an office. Its text is frozen when it is issued: what was wrong is put right by another that replaces it.

    `digest`: SHA-256 of all that was signed (`text.digest_of`); a draft has none.
    """

    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default=DocumentState.DRAFT)
    issuer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="documents_issued")
    number = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=200)
    body = models.TextField()
    urgency = models.CharField(max_length=16, default=Urgency.NORMAL)
    reply_working_days = models.PositiveSmallIntegerField(null=True)
    meeting_at = models.DateTimeField(null=True)
    meeting_place = models.CharField(max_length=200, blank=True)
    problems = models.ManyToManyField("rectify.Problem", related_name="documents")
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    countersigned_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    issued_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    sign_due_at = models.DateTimeField(null=True)
    reply_due_at = models.DateTimeField(null=True)
    reply_provisional = models.BooleanField(default=False)

    class Meta:
        ordering = ("-drafted_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=("state", "-drafted_at", "-id"), name="documents_by_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=list(DocumentKind)), name="document_kind_known"),
            models.CheckConstraint(condition=Q(state__in=list(DocumentState)), name="document_state_known"),
            models.CheckConstraint(condition=Q(urgency__in=list(Urgency)), name="document_urgency_known"),
            models.CheckConstraint(
                condition=Q(state=_S.ISSUED) & ~Q(number="") & ~Q(digest="")
                | ~Q(state=_S.ISSUED) & Q(number="", digest=""),
                name="document_numbered_when_issued",
            ),
            models.CheckConstraint(
                condition=_exactly_in(_REVIEWED, "reviewed_by"), name="document_reviewed_before_it_goes_on"
            ),
            models.CheckConstraint(
                condition=_exactly_in(_COUNTERSIGNED, "countersigned_by"),
                name="document_countersigned_before_it_goes_on",
            ),
            models.CheckConstraint(
                condition=_exactly_in([_S.ISSUED], "issued_by", "issued_at", "sign_due_at"),
                name="document_issued_by_somebody",
            ),
            # One person, one step: a comparison with an empty field holds.
            models.CheckConstraint(
                condition=~Q(reviewed_by=F("drafted_by"))
                & ~Q(countersigned_by=F("drafted_by"))
                & ~Q(countersigned_by=F("reviewed_by"))
                & ~Q(issued_by=F("drafted_by"))
                & ~Q(issued_by=F("reviewed_by"))
                & ~Q(issued_by=F("countersigned_by")),
                name="each_step_of_a_document_by_another",
            ),
            models.CheckConstraint(
                condition=Q(reply_due_at__isnull=True) | Q(reply_due_at__gt=F("issued_at")),
                name="document_reply_due_after_issue",
            ),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="document_replaces_another"),
            models.UniqueConstraint(
                fields=("issuer", "number"), condition=~Q(number=""), name="document_number_once_per_office"
            ),
            models.UniqueConstraint(
                fields=("replaces",), condition=~Q(state=_S.WITHDRAWN), name="document_replaced_once"
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.kind} {self.pk}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds this letter's history."""
        return f"document:{self.pk}"


class DocumentStep(models.Model):
    """A step of the drafting chain with the text as it then was. The database takes new rows only."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=16)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    title = models.CharField(max_length=200)
    body = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.document_id} · {self.step}"


class DocumentReceiver(models.Model):
    """Whom a letter is for: a main receiver 主送, who signs for it and may owe a reply, or one of the copies 抄送."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="receivers")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="documents_received"
    )
    is_copy = models.BooleanField(default=False)
    signed_for_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    signed_for_at = models.DateTimeField(null=True)
    replied_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    replied_at = models.DateTimeField(null=True)
    reply_note = models.TextField(blank=True)

    class Meta:
        ordering = ("is_copy", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("document", "organisation"), name="document_receiver_once"),
            models.CheckConstraint(
                condition=Q(signed_for_by__isnull=True, signed_for_at__isnull=True)
                | Q(signed_for_by__isnull=False, signed_for_at__isnull=False),
                name="document_signed_for_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(replied_by__isnull=True, replied_at__isnull=True)
                | Q(replied_by__isnull=False, replied_at__isnull=False, is_copy=False),
                name="document_replied_by_a_main_receiver",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} → {self.organisation_id}"


class DocumentFile(models.Model):
    """A file that belongs to a letter: an attachment, a reply scanned back, the record of an interview."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="files")
    receiver = models.ForeignKey(
        DocumentReceiver, null=True, on_delete=models.PROTECT, related_name="reply_files"
    )
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="document_uses")
    role = models.CharField(max_length=12)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("document", "receiver", "evidence", "role"),
                name="document_file_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(role__in=[FileRole.ATTACHMENT, FileRole.RECORD], receiver__isnull=True)
                | Q(role=FileRole.REPLY, receiver__isnull=False),
                name="document_reply_of_a_receiver",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} · {self.role}"


class Interview(models.Model):
    """That an interview 约谈 was held: when, where, who was there. Its signed record is a file of the letter."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="interview")
    held_at = models.DateTimeField()
    place = models.CharField(max_length=200)
    present = models.TextField()
    outcome = models.TextField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(held_at__lte=F("recorded_at")) & ~Q(present="") & ~Q(place=""),
                name="interview_held_before_it_is_recorded",
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.held_at:%F}"
