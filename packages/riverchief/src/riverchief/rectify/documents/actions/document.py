"""What all actions on a letter have in common: the row locked, permission, state, log, announcement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound
from riverchief.base.models import Evidence
from riverchief.rectify.access import person, raise_if
from riverchief.rectify.documents.access import (
    outsider_refusal,
    permission_refusal,
    receiving,
    state_refusal,
    visible_documents,
)
from riverchief.rectify.documents.codes import FileRole
from riverchief.rectify.documents.models import Document, DocumentFile, DocumentReceiver, DocumentStep
from riverchief.rectify.documents.steps import Step
from riverchief.rectify.documents.text import digest_of

LONGEST_BODY = 20_000


@dataclass(kw_only=True)
class OnDocument(Action[Document]):
    """Logs and tells what became of a letter."""

    def note_step(self, document: Document, step: str, note: str = "", **data: Any) -> Document:
        """Keep the text as it is at this step, write the log, tell the others."""
        digest = document.digest or digest_of(document)
        DocumentStep.objects.create(
            document=document,
            step=step,
            by=person(self.actor),
            at=clock.now(),
            note=note,
            title=document.title,
            body=document.body,
            digest=digest,
        )
        return self.changed(document, text_sha256=digest, **({"reason": note} if note else {}), **data)

    def changed(self, document: Document, **data: Any) -> Document:
        """Write the log, tell the others."""
        self.log(document.chain, state=document.state, **data)
        self.announce(
            "rectify.document_changed",
            area=document.issuer.area.path,
            restricted=True,
            document_id=document.pk,
            action=self.name.removeprefix("document."),
            state=document.state,
        )
        return document


def locked(actor: Any, document_id: int) -> Document:
    """The letter, locked; one that the person may not know of does not exist for them.

    Raises:
        NotFound: there is none for them.
    """
    user = person(actor)
    if not visible_documents(user).filter(pk=document_id).exists():
        raise NotFound(
            f"没有编号为 {document_id} 的公文。|There is no document {document_id}.",
            cure="请在公文列表中查找。|Look for it in the list of documents.",
        )
    rows = Document.objects.select_for_update(of=("self",)).select_related("issuer__area")
    return rows.get(pk=document_id)


@dataclass(kw_only=True)
class DocumentAction(OnDocument):
    """A row of the table of steps, in code. Subclasses check their input and change the letter."""

    step: ClassVar[Step]
    document_id: int
    document: Document = field(init=False, repr=False)
    receiver: DocumentReceiver | None = field(init=False, repr=False)

    def load(self) -> None:
        """The letter, and as whom the person has received it."""
        raise_if(outsider_refusal(self.actor, self.step))
        self.document = locked(self.actor, self.document_id)
        self.receiver = receiving(person(self.actor), self.document).select_for_update(of=("self",)).first()

    def check_permission(self) -> None:
        """Role, area, organisation, and no second step by one person."""
        raise_if(permission_refusal(self.actor, self.step, self.document))

    def check_state(self) -> None:
        """The state must be one that the table accepts; then the input."""
        raise_if(state_refusal(self.step, self.document, self.receiver))
        self.check_input()

    def check_input(self) -> None:
        """Refuse input that cannot be used."""

    def attach(self, files: Sequence[Evidence], role: FileRole) -> list[str]:
        """Let files belong to the letter; returns their hashes, for the log."""
        of = self.receiver if role == FileRole.REPLY else None
        DocumentFile.objects.bulk_create(
            [DocumentFile(document=self.document, receiver=of, evidence=file, role=role) for file in files]
        )
        return [file.sha256 for file in files]
