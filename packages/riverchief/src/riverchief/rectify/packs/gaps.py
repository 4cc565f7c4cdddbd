"""What is missing, row by row: a pack says it itself, before an inspector does."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from riverchief.base import clock
from riverchief.base.audit.faults import Fault
from riverchief.base.models import Evidence
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.documents.models import Document, DocumentReceiver
from riverchief.rectify.figures import REPORTED, VERIFIED_IN_ALL
from riverchief.rectify.models import Problem
from riverchief.rectify.packs.codes import GAPS, GapKind
from riverchief.registry.models import Outfall

COLUMNS = ("kind", "kind_zh", "kind_en", "row", "detail_zh", "detail_en")
_TAKEN = ("image/", "video/")


@dataclass(frozen=True)
class Gap:
    """Something that is missing: what, of which row, and more in words."""

    kind: GapKind
    row: str
    detail_zh: str = ""
    detail_en: str = ""

    def as_data(self) -> dict[str, Any]:
        """For a file."""
        zh, en = GAPS[self.kind]
        return {
            "kind": str(self.kind),
            "kind_zh": zh,
            "kind_en": en,
            "row": self.row,
            "detail_zh": self.detail_zh,
            "detail_en": self.detail_en,
        }


def gaps_of_problem(problem: Problem) -> Iterator[Gap]:
    """Of a problem with its orders, files and suspicions; what was merged into another is looked at there."""
    if problem.state == ProblemState.MERGED:
        return
    number = problem.number
    if problem.due_at is None:
        yield Gap(GapKind.NO_DEADLINE, number)
    if problem.chief_id is None:
        yield Gap(GapKind.NO_CHIEF, number)
    for order in problem.orders.all():
        if order.signed_for_at is None:
            day = clock.day_of(order.issued_at)
            yield Gap(
                GapKind.ORDER_NOT_SIGNED_FOR,
                f"{number} · {order.number}",
                f"{day} 下达{order.unit.name_zh}",
                f"issued on {day} to {order.unit.name_en or order.unit.name_zh}",
            )
    uses = list(problem.evidence.all())
    steps = {use.step for use in uses if use.step != "verify" or _was_taken(use.evidence)}
    if problem.state in REPORTED and "report_rectified" not in steps:
        yield Gap(GapKind.RECTIFIED_WITHOUT_EVIDENCE, number)
    if problem.state == ProblemState.RECTIFIED and problem.rectified_at is not None:
        day = clock.day_of(problem.rectified_at)
        yield Gap(GapKind.NOT_VERIFIED, number, f"{day} 上报", f"reported on {day}")
    if problem.state in VERIFIED_IN_ALL and "verify" not in steps:
        yield Gap(GapKind.VERIFIED_WITHOUT_PHOTO, number)
    yield from gaps_of_photos(number, [(use.step, use.evidence) for use in uses])
    for suspicion in problem.suspicions.all():
        if not suspicion.judgement:
            day = clock.day_of(suspicion.raised_at)
            yield Gap(GapKind.RELAPSE_NOT_JUDGED, number, f"{day} 提出", f"raised on {day}")


def gaps_of_photos(row: str, files: Iterable[tuple[str, Evidence]]) -> Iterator[Gap]:
    """Of photos and films: when and where they were taken."""
    for step, file in files:
        if not _was_taken(file):
            continue
        where = f"{row} · {step} · {file.sha256[:12]}"
        if file.taken_at is None:
            yield Gap(GapKind.PHOTO_WITHOUT_TIME, where)
        if file.lon is None:
            yield Gap(GapKind.PHOTO_WITHOUT_POSITION, where)


def gaps_of_document(document: Document, receivers: Sequence[DocumentReceiver]) -> Iterator[Gap]:
    """Of a letter: receipts and replies, with the day by which they are due."""
    for receiver in receivers:
        row = f"{document.number} → {receiver.organisation.name_zh}"
        if receiver.signed_for_at is None and document.sign_due_at is not None:
            yield Gap(GapKind.LETTER_NOT_SIGNED_FOR, row, *_due(document.sign_due_at))
        if not receiver.is_copy and receiver.replied_at is None and document.reply_due_at is not None:
            yield Gap(GapKind.LETTER_WITHOUT_REPLY, row, *_due(document.reply_due_at))


def gaps_of_outfall(outfall: Outfall, today: date) -> Iterator[Gap]:
    """Of an outfall: who answers for it, and whether what is registered as permitted has a permit in force."""
    remediation = getattr(outfall, "remediation", None)
    if remediation is None or remediation.decided_by_id is None:
        yield Gap(GapKind.OUTFALL_WITHOUT_ENTITY, outfall.code, outfall.name_zh, outfall.name_en)
    terms = [term for outlet in outfall.permit_outlets.all() for term in outlet.permit.terms.all()]
    if outfall.permitted and not any(term.valid_from <= today <= term.valid_to for term in terms):
        yield Gap(GapKind.OUTFALL_WITHOUT_PERMIT, outfall.code, outfall.name_zh, outfall.name_en)


def gap_of_chain(fault: Fault) -> Gap:
    """A broken link of the log."""
    return Gap(GapKind.CHAIN_BROKEN, fault.where, fault.zh, fault.en)


def gap_of_file(sha256: str, why: str) -> Gap:
    """A file that the store no longer has as it was handed in; `why` in both languages, "zh|en"."""
    zh, _, en = why.partition("|")
    return Gap(GapKind.FILE_MISSING, f"evidence/{sha256[:12]}", zh, en)


def _was_taken(file: Evidence) -> bool:
    return file.media_type.startswith(_TAKEN)


def _due(at: datetime) -> tuple[str, str]:
    moment = f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    return f"期限 {moment}", f"due {moment}"
