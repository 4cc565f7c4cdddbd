"""Which files a person may use and read, and how they come to a clue or a problem."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import filter_rows
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.base.models import Evidence
from riverchief.rectify.access import Reader, whole_clues, whole_problems
from riverchief.rectify.documents.access import readable_files
from riverchief.rectify.models import CaseStep, Clue, ClueEvidence, EvidenceUpload, Problem, ProblemEvidence
from riverchief.rectify.remediation.access import readable_remediation_evidence


def readable_evidence(user: Reader) -> "QuerySet[Evidence]":
    """The files that `user` handed in, or that belong to a clue, problem or remediation of which they see so much, or to a letter."""
    if not isinstance(user, User):
        return Evidence.objects.none()
    return Evidence.objects.filter(
        Q(pk__in=EvidenceUpload.objects.filter(uploaded_by=user).values("evidence"))
        | Q(pk__in=ClueEvidence.objects.filter(clue__in=whole_clues(user)).values("evidence"))
        | Q(pk__in=_of_cases(user))
        | Q(pk__in=ProblemEvidence.objects.filter(problem__in=whole_problems(user)).values("evidence"))
        | Q(pk__in=readable_remediation_evidence(user).values("evidence"))
        | Q(pk__in=readable_files(user).values("evidence"))
    )


def _of_cases(user: User) -> "QuerySet[Any]":
    steps = filter_rows(
        CaseStep.objects.all(), user, Capability.VIEW_ENFORCEMENT, "case__problem__area__path"
    )
    return steps.filter(files__isnull=False).values("files")


def usable(user: User, evidence_ids: Sequence[int]) -> list[Evidence]:
    """The files of those numbers; refuses one that is not the user's to use, as if it were not there.

    Else a number guessed and attached to one's own problem would open somebody else's file.
    """
    wanted = sorted(set(evidence_ids))
    found = list(readable_evidence(user).filter(pk__in=wanted).order_by("pk"))
    missing = [pk for pk in wanted if pk not in {row.pk for row in found}]
    if missing:
        raise InvalidInput(
            f"没有编号为 {missing} 的文件。|There is no file {missing}.",
            cure="请先上传文件，再引用其编号。|Upload the file first, then name its number.",
            field="evidence_ids",
        )
    return found


def attach_to_clue(clue: Clue, files: Sequence[Evidence]) -> None:
    """Let the files belong to the clue."""
    ClueEvidence.objects.bulk_create([ClueEvidence(clue=clue, evidence=file) for file in files])


def attach_to_problem(problem: Problem, files: Sequence[Evidence], step: str) -> None:
    """Let the files belong to a step of the problem; a file shown again at a later such step stays there once."""
    ProblemEvidence.objects.bulk_create(
        [
            ProblemEvidence(problem=problem, evidence=file, step=step, attached_at=clock.now())
            for file in files
        ],
        ignore_conflicts=True,
    )
