"""What a pack is about: which problems, outfalls, letters, campaigns and cases."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from riverchief.base import clock
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.documents.access import visible_documents
from riverchief.rectify.documents.codes import DocumentState
from riverchief.rectify.enforcement.queries import cases
from riverchief.rectify.models import Campaign, Case, Document, InspectionPack, Problem
from riverchief.rectify.packs.codes import PackAudience
from riverchief.registry.models import Outfall


@dataclass(frozen=True)
class Scope:
    """A pack as what it holds; whatever whoever asked for it may not see is not in it."""

    pack: InspectionPack

    @property
    def district(self) -> bool:
        """Whether it is the copy for a district."""
        return self.pack.audience == PackAudience.DISTRICT

    def _inside(self, path: str = "area__path") -> Q:
        return Q(**{f"{path}__startswith": self.pack.area.path})

    def problems(self) -> "QuerySet[Problem]":
        """Those on the ledger at some time of the period: found before its end, and not off the ledger before it began."""
        pack = self.pack
        rows = Problem.objects.filter(self._inside())
        if pack.river_id is not None:
            rows = rows.filter(reach__river=pack.river_id)
        if pack.campaign_id is not None:
            rows = rows.filter(campaign=pack.campaign_id)
        if pack.until is not None:
            rows = rows.filter(opened_at__lt=clock.end_of(pack.until))
        if pack.since is not None:
            start = clock.start_of(pack.since)
            gone = Q(written_off_at__lt=start) | Q(state=ProblemState.MERGED, state_since__lt=start)
            rows = rows.exclude(gone)
        return (
            rows.select_related("area", "reach__river", "outfall", "unit", "chief", "campaign")
            .select_related("clue__registered_by", "clue__decided_by", "split_from__clue")
            .select_related("opened_by", "rectified_by", "verified_by", "written_off_by")
            .order_by("opened_at", "pk")
        )

    def outfalls(self) -> "QuerySet[Outfall]":
        """Those at which the problems are; of a whole river or area, all of it."""
        at_problems = Q(pk__in=self.problems().values("outfall"))
        if self.pack.campaign_id is not None:
            rows = Outfall.objects.filter(at_problems, self._inside())
        elif self.pack.river_id is not None:
            rows = Outfall.objects.filter(at_problems | Q(reach__river=self.pack.river_id), self._inside())
        else:
            rows = Outfall.objects.filter(self._inside())
        return (
            rows.select_related("area", "remediation__entity", "remediation__decided_by")
            .select_related("remediation__accepted_by", "remediation__written_off_by")
            .prefetch_related("remediation__steps__unit", "permit_outlets__permit__terms")
            .prefetch_related("permit_outlets__permit__holder")
            .order_by("code")
        )

    def documents(self) -> "QuerySet[Document]":
        """The issued letters about the problems; in a district's copy those that went to somebody in it."""
        rows = visible_documents(self.pack.requested_by).filter(
            state=DocumentState.ISSUED, problems__in=self.problems().values("pk")
        )
        if self.district:
            rows = rows.filter(self._inside("receivers__organisation__area__path"))
        shown = Document.objects.filter(pk__in=rows.values("pk")).select_related("issuer", "issued_by")
        return shown.order_by("issued_at", "pk")

    def campaigns(self) -> "QuerySet[Campaign]":
        """The orders and campaigns under which the problems are put right."""
        named = Q(pk__in=self.problems().values("campaign")) | Q(pk=self.pack.campaign_id)
        return Campaign.objects.filter(named).select_related("area").order_by("starts_on", "pk")

    def cases(self) -> "QuerySet[Case]":
        """The cases of enforcement about the problems; none in a district's copy."""
        if self.district:
            return Case.objects.none()
        return cases(self.pack.requested_by).filter(problem__in=self.problems().values("pk")).order_by("pk")

    def as_data(self) -> dict[str, Any]:
        """For a file."""
        pack = self.pack
        return {
            "area": {"code": pack.area.code, "name_zh": pack.area.name_zh, "name_en": pack.area.name_en},
            "river": {"name_zh": pack.river.name_zh, "name_en": pack.river.name_en} if pack.river else None,
            "campaign": {"number": pack.campaign.number, "title": pack.campaign.title}
            if pack.campaign
            else None,
            "since": pack.since.isoformat() if pack.since else None,
            "until": pack.until.isoformat() if pack.until else None,
        }
