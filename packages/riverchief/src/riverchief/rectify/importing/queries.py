"""What is shown of old ledgers: a file before it is taken over, and those that were."""

from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import filter_rows
from riverchief.accounts.roles import Capability
from riverchief.base.errors import NotFound, in_language
from riverchief.base.http import PageQuery
from riverchief.rectify.codes import Standing
from riverchief.rectify.figures import REPORTED, STATES
from riverchief.rectify.importing.models import LedgerImport
from riverchief.rectify.importing.plan import Plan, plan_of
from riverchief.rectify.importing.rows import LedgerRow
from riverchief.rectify.importing.settings import FIELDS, NEEDED, Reading
from riverchief.rectify.shown import campaign_brief, named

MOST_WORDS = 300
"""Texts shown of one field: a column of sentences has one in each row, and is no column of states."""


def preview(
    path: Path, name: str, reading: Reading, user: User, page: PageQuery, only: str, language: str
) -> dict[str, Any]:
    """A file as it would be taken over: counts, columns, words, and one page of its rows (`only`: "refused" ones)."""
    plan = plan_of(path, name, reading, user)
    ready = {row.row: row for row in plan.ready}
    numbers = sorted(plan.refused) if only == "refused" else sorted(plan.cells)
    shown = numbers[page.offset : page.offset + page.limit]
    words: dict[str, list[dict[str, Any]]] = {}
    for word in plan.words:
        row = {"text": word.text, "count": word.count, "key": word.key}
        if len(words.setdefault(word.field, [])) < MOST_WORDS:
            words[word.field].append(row)
    return {
        "columns": plan.table.columns,
        "fields": [
            {"name": field, "needed": field in NEEDED, "column": plan.columns.get(field)} for field in FIELDS
        ],
        "words": [{"field": field, "texts": texts} for field, texts in words.items()],
        "note": in_language(plan.table.note, language),
        "assumed": [
            {"what": in_language(what, language), "count": count}
            for what, count in plan.assumed.most_common()
        ],
        "rows": len(plan.cells),
        "ready": len(ready),
        "refused": len(plan.refused),
        "known": len(plan.known),
        "left_out": len(set(reading.left_out)),
        "figures": _figures(plan),
        "fingerprint": plan.fingerprint,
        "count": len(numbers),
        "items": [_row(plan, number, ready.get(number), language) for number in shown],
    }


def _figures(plan: Plan) -> dict[str, int]:
    """The figures that the rows to be taken over give by themselves."""
    states = [row.state for row in plan.ready]
    return {
        "found": len(states),
        "outstanding": sum(state in STATES[Standing.OUTSTANDING] for state in states),
        "reported": sum(state in REPORTED for state in states),
        "written_off": sum(state in STATES[Standing.WRITTEN_OFF] for state in states),
    }


def _row(plan: Plan, number: int, row: LedgerRow | None, language: str) -> dict[str, Any]:
    error = plan.refused.get(number)
    known, left_out = number in plan.known, number in plan.reading.left_out
    return {
        "row": number,
        "standing": "refused" if error else "left_out" if left_out else "known" if known else "ready",
        "cells": plan.cells[number],
        "corrected": sorted(plan.reading.corrections.get(number, {})),
        "state": row.state if row else None,
        "field": error.field if error else None,
        "message": in_language(error.message, language) if error else None,
        "cure": in_language(error.cure, language) if error else None,
    }


def ledger_imports(user: User) -> "QuerySet[LedgerImport]":
    """The ledgers that were taken over in areas whose clues the person sees: the file tells all that was written there."""
    rows = LedgerImport.objects.select_related("file", "area", "campaign", "imported_by")
    return filter_rows(rows, user, Capability.ASSIGN_PROBLEM)


def ledger_import(user: User, import_id: int) -> LedgerImport:
    """One of them."""
    row = ledger_imports(user).filter(pk=import_id).first()
    if row is None:
        raise NotFound(f"没有编号为 {import_id} 的导入。|There is no import {import_id}.")
    return row


def ledger_import_row(row: LedgerImport) -> dict[str, Any]:
    """A ledger in the list of those taken over."""
    return {
        "id": row.pk,
        "name": row.name,
        "sha256": row.file.sha256,
        "area_code": row.area_id,
        "area_name_zh": row.area.name_zh,
        "area_name_en": row.area.name_en,
        "campaign": campaign_brief(row.campaign),
        "taken": row.taken,
        "imported_by": named(row.imported_by),
        "imported_at": row.imported_at,
    }
