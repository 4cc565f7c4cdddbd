"""Taking an old ledger over, over HTTP: preview, import, what was imported."""

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, UploadedFile

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import evidence
from riverchief.base.http import Page, PageQuery, attachment, language_of, page_of
from riverchief.base.uploads import kept
from riverchief.rectify.importing import queries, schemas
from riverchief.rectify.importing.action import TakeOverLedger
from riverchief.rectify.importing.settings import reading_of

router = Router(tags=["ledger exchange"], auth=auth)
_office = SessionAuth(Capability.ASSIGN_PROBLEM)


@router.post("/ledger/imports/preview", response=schemas.LedgerPreviewOut, auth=_office)
def preview_ledger(
    request: HttpRequest, form: Form[schemas.LedgerPreviewForm], file: File[UploadedFile]
) -> dict[str, Any]:
    """An old ledger as it would be taken over; nothing is written."""
    with kept(file) as path:
        return queries.preview(
            path,
            _name_of(file, path),
            reading_of(form.settings),
            signed_in(request),
            form,
            form.only,
            language_of(request),
        )


@router.post("/ledger/imports", response=schemas.LedgerImportMade, auth=_office)
def take_over_ledger(
    request: HttpRequest, form: Form[schemas.LedgerImportForm], file: File[UploadedFile]
) -> dict[str, Any]:
    """Take an old ledger over as it was previewed: all of its rows, or nothing."""
    with kept(file) as path:
        action = TakeOverLedger(
            actor=signed_in(request),
            path=path,
            file_name=_name_of(file, path),
            reading=reading_of(form.settings),
            fingerprint=form.fingerprint,
        )
        ledger = action.run()
    return {"id": ledger.pk, "taken": ledger.taken, "known": len(action.plan.known)}


@router.get("/ledger/imports", response=Page[schemas.LedgerImportRow], auth=_office)
def list_ledger_imports(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """The ledgers that were taken over, the newest first."""
    return page_of(queries.ledger_imports(signed_in(request)), page, queries.ledger_import_row)


@router.get("/ledger/imports/{int:import_id}/file", auth=_office)
def read_ledger_file(request: HttpRequest, import_id: int) -> HttpResponse:
    """The very file that was taken over."""
    row = queries.ledger_import(signed_in(request), import_id)
    suffix = Path(row.name).suffix or ".csv"
    return attachment(evidence.read(row.file), row.file.media_type, f"ledger-{row.pk}{suffix}")


def _name_of(file: UploadedFile, path: Path) -> str:
    return Path(file.name or path.name).name[:200]
