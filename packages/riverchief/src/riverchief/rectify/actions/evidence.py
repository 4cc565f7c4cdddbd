"""Handing in a photo, a video or a document."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock, evidence, exif
from riverchief.base.actions import Action
from riverchief.rectify.access import person
from riverchief.rectify.models import EvidenceUpload


@dataclass(kw_only=True)
class UploadEvidence(Action[EvidenceUpload]):
    """Keep a file in the evidence store, and that this person handed it in."""

    name: ClassVar[str] = "evidence.upload"
    content: bytes
    file_name: str
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None

    def check_permission(self) -> None:
        """Anybody who sees problems somewhere: what the file may be used for is asked where it is used."""
        require(person(self.actor), Capability.VIEW_PROBLEM)

    def execute(self) -> EvidenceUpload:
        """Store the file, with what the camera wrote into it where nothing else is said."""
        user = person(self.actor)
        told = exif.read(self.content)
        placed = self.lon is not None or self.lat is not None
        row = evidence.store(
            self.content,
            name=self.file_name,
            uploaded_by_id=user.pk,
            taken_at=self.taken_at or told.taken_at,
            lon=self.lon if placed else told.lon,
            lat=self.lat if placed else told.lat,
            device=told.device,
        )
        upload, _ = EvidenceUpload.objects.get_or_create(
            evidence=row,
            uploaded_by=user,
            defaults={"name": self.file_name[:200] or row.name, "uploaded_at": clock.now()},
        )
        self.log(f"evidence:{row.pk}", sha256=row.sha256, file_name=upload.name)
        return upload
