"""The exchange with districts over HTTP: a workbook out, the filled one back."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, UploadedFile

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import in_language
from riverchief.base.http import XLSX, attachment, language_of
from riverchief.base.uploads import kept
from riverchief.rectify.exchange import schemas
from riverchief.rectify.exchange.export import ExportForFilling
from riverchief.rectify.exchange.reading import Judged, Outcome, TakeBack
from riverchief.rectify.shown import problem_brief

router = Router(tags=["ledger exchange"], auth=auth)
_party = SessionAuth(Capability.ASSIGN_PROBLEM, Capability.SIGN_PROBLEM, Capability.REPORT_RECTIFIED)


@router.get("/ledger/exchange.xlsx", auth=_party)
def export_for_filling(request: HttpRequest, which: Query[schemas.ExchangeExportQuery]) -> HttpResponse:
    """The outstanding problems of an area that the person sees whole, as a workbook to be filled in."""
    content = ExportForFilling(
        actor=signed_in(request),
        area_code=which.area,
        campaign_id=which.campaign,
        language=language_of(request),
    ).run()
    return attachment(content, XLSX, f"outstanding-{which.area}-{clock.today().isoformat()}.xlsx")


@router.post("/ledger/exchange/preview", response=schemas.ExchangeOut, auth=_party)
def preview_filled(
    request: HttpRequest, form: Form[schemas.ExchangeForm], file: File[UploadedFile]
) -> dict[str, Any]:
    """A filled workbook, row by row: what would be done, what is in conflict, what still needs a photo. Nothing is changed."""
    return _read_back(request, form, file, apply=False)


@router.post("/ledger/exchange", response=schemas.ExchangeOut, auth=_party)
def take_filled(
    request: HttpRequest, form: Form[schemas.ExchangeForm], file: File[UploadedFile]
) -> dict[str, Any]:
    """Do what the rows of a filled workbook say, each by the usual action and in the person's own name."""
    return _read_back(request, form, file, apply=True)


def _read_back(
    request: HttpRequest, form: schemas.ExchangeForm, file: UploadedFile, *, apply: bool
) -> dict[str, Any]:
    with kept(file) as path:
        rows = TakeBack(signed_in(request), path, Path(file.name or path.name).name).run(apply=apply)
    counts = Counter(row.outcome for row in rows)
    shown = [row for row in rows if not form.outcome or row.outcome == form.outcome]
    language = language_of(request)
    return {
        "applied": apply,
        "counts": [{"outcome": outcome, "count": counts[outcome]} for outcome in Outcome if counts[outcome]],
        "count": len(shown),
        "items": [_row(row, language) for row in shown[form.offset : form.offset + form.limit]],
    }


def _row(row: Judged, language: str) -> dict[str, Any]:
    return {
        "row": row.row,
        "outcome": row.outcome,
        "problem": problem_brief(row.problem),
        "state": row.problem.state if row.problem else None,
        "state_then": row.state_then or None,
        "action": row.action or None,
        "text": row.text,
        "message": in_language(row.message, language) or None,
        "cure": in_language(row.cure, language) or None,
        "changed_by": in_language(row.changed_by, language) or None,
        "changed_at": row.changed_at,
    }
