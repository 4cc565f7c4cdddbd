"""Reading everything of a pack in one snapshot, under a fresh checkpoint that holds every chain as it was read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from riverchief.accounts.policies import allows
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.audit.links import Link, faults_of
from riverchief.base.audit.proof import Proof
from riverchief.base.audit.sealing import proofs_of, seal, signed_of
from riverchief.base.audit.statement import Signed
from riverchief.base.errors import NotFound, StateRefused
from riverchief.base.models import ChainHead, Evidence
from riverchief.rectify.casefile.contents import case_data, links_of, links_without
from riverchief.rectify.casefile.reporters import secrets_of, secrets_of_all
from riverchief.rectify.casefile.verify import chain_data
from riverchief.rectify.figures import figures
from riverchief.rectify.models import InspectionPack, Problem
from riverchief.rectify.packs import contents, gaps
from riverchief.rectify.packs.codes import GapKind
from riverchief.rectify.packs.gaps import Gap
from riverchief.rectify.packs.scope import Scope
from riverchief.rectify.tally.queries import counted

_TRIES = 5
Shown = dict[str, Any]


@dataclass
class Read:
    """Everything of a pack as it stood at one moment; `chains` by name, `evidence` by hash."""

    signed: Signed
    figures: Shown
    problems: list[tuple[str, Shown]] = field(default_factory=list)
    documents: list[Shown] = field(default_factory=list)
    outfalls: list[Shown] = field(default_factory=list)
    campaigns: list[Shown] = field(default_factory=list)
    enforcement: list[Shown] = field(default_factory=list)
    chains: dict[str, list[Link]] = field(default_factory=dict)
    proofs: dict[str, Proof] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)

    def chain_data(self, chain: str) -> Shown:
        """A chain with its proof, for a file."""
        return {"proof": self.proofs[chain].as_data(), "entries": chain_data(self.chains[chain])}

    def keep(self, files: Iterable[Evidence]) -> None:
        """Let files go into the pack, each once."""
        self.evidence.update({file.sha256: file for file in files})


def read(pack: InspectionPack) -> Read:
    """Everything that the pack is to hold.

    Raises:
        StateRefused: the log cannot be signed, or people worked at it all the while.
    """
    for _ in range(_TRIES):
        seal()
        outermost = not connection.in_atomic_block
        with transaction.atomic():
            if outermost:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            try:
                found = _Reader(pack).read()
            except NotFound:  # a matter that began after the checkpoint
                continue
        if all(len(found.chains[chain]) == proof.leaf.length for chain, proof in found.proofs.items()):
            return found
    raise StateRefused(
        "有人正在办理其中的问题，未能生成。|People are working at its problems; the pack could not be made.",
        cure="请稍后再试。|Try again in a moment.",
    )


def file_stem(number: str, key: int) -> str:
    """A problem's number as the name of a file; its key where the number is no good as one."""
    return number if re.fullmatch(r"[\w-]+", number) else str(key)


class _Reader:
    def __init__(self, pack: InspectionPack) -> None:
        self.pack, self.scope, self.user = pack, Scope(pack), pack.requested_by

    def read(self) -> Read:
        self.all = list(
            self.scope.problems().prefetch_related("orders__unit", "evidence__evidence", "suspicions")
        )
        known = ChainHead.objects.values_list("chain", flat=True)
        self.documents, self.outfalls = list(self.scope.documents()), list(self.scope.outfalls())
        self.cases, self.campaigns = list(self.scope.cases()), list(self.scope.campaigns())
        chains = [problem.chain for problem in self.all] + [row.chain for row in self.documents]
        chains += [row.chain for row in self.cases] + [row.chain for row in self.campaigns]
        chains += [f"outfall:{row.pk}" for row in self.outfalls]
        chains = list(known.filter(chain__in=chains))
        checkpoint, proofs = proofs_of(chains)
        self.found = Read(signed_of(checkpoint), figures(counted(self.scope.problems())), proofs=proofs)
        for problem in self.all:
            self._problem(problem)
        for campaign in self.campaigns:
            shown = contents.campaign_data(campaign, self.scope)
            self.found.campaigns.append(shown)
            self._chain(campaign.chain)
            if not shown["editions"]:
                self.found.gaps.append(Gap(GapKind.CAMPAIGN_WITHOUT_EDITION, campaign.number))
        self._documents()
        self._outfalls()
        for case in self.cases:
            self.found.enforcement.append(contents.enforcement_data(case))
            self.found.keep(
                file for step in case.steps.prefetch_related("files") for file in step.files.all()
            )
            self._chain(case.chain, secrets_of(case.problem))
        return self.found

    def _chain(self, chain: str, secrets: list[str] | None = None) -> None:
        """A chain; in a district's copy that of what is not the problem's own is there by its hashes alone."""
        if chain in self.found.proofs:
            links = links_without(chain, secrets or [])
            self.found.gaps += map(gaps.gap_of_chain, faults_of(chain, links))
            if self.scope.district:
                links = [link._replace(body=None) for link in links]
            self.found.chains[chain] = links

    def _problem(self, problem: Problem) -> None:
        found = self.found
        with_clue = not self.scope.district and allows(self.user, Capability.VIEW_CLUE, problem.area.path)
        case = case_data(problem, self.user, self.pack.language, with_clue=with_clue)
        found.problems.append((problem.chain, case))
        found.chains[problem.chain] = links_of(problem)
        found.gaps += map(gaps.gap_of_chain, faults_of(problem.chain, found.chains[problem.chain]))
        found.gaps += gaps.gaps_of_problem(problem)
        found.keep(use.evidence for use in problem.evidence.all())

    def _documents(self) -> None:
        numbers = {problem.number for problem in self.all}
        for document in self.documents:
            receivers = contents.receivers_of(document, self.scope)
            files = contents.files_of_document(document, receivers, self.scope)
            self.found.documents.append(contents.document_data(document, receivers, files, numbers))
            self.found.gaps += gaps.gaps_of_document(document, receivers)
            self.found.keep(use.evidence for use in files)
            about = document.problems.select_related("clue", "split_from__clue")
            self._chain(document.chain, secrets_of_all(about))

    def _outfalls(self) -> None:
        for outfall in self.outfalls:
            files = contents.files_of_outfall(outfall, self.scope)
            self.found.outfalls.append(contents.outfall_data(outfall, files, district=self.scope.district))
            self.found.gaps += gaps.gaps_of_outfall(outfall, clock.today())
            self.found.gaps += gaps.gaps_of_photos(
                outfall.code, ((use.action, use.evidence) for use in files)
            )
            self.found.keep(use.evidence for use in files)
            self._chain(f"outfall:{outfall.pk}")
