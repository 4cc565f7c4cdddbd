"""The shapes of the API's requests and answers about taking an old ledger over."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

from riverchief.base.http import PageQuery
from riverchief.rectify.schemas import CampaignBrief, Named


class LedgerPreviewForm(PageQuery):
    """How the file beside it is to be read (JSON, see `Reading`), and which of its rows are shown."""

    settings: str = ""
    only: Literal["", "refused"] = ""


class LedgerImportForm(Schema):
    """How the file beside it is read, and the fingerprint of the preview that was confirmed."""

    settings: str = ""
    fingerprint: str = Field(max_length=64)


class LedgerFieldOut(Schema):
    """A field of a ledger, and its column."""

    name: str
    needed: bool
    column: str | None


class LedgerTextOut(Schema):
    """A text of the file, how often it stands there, and the key it is taken for."""

    text: str
    count: int
    key: str


class LedgerWordsOut(Schema):
    """The texts of a field whose words are translated."""

    field: str
    texts: list[LedgerTextOut]


class LedgerAssumedOut(Schema):
    """What the file did not say."""

    what: str
    count: int


class LedgerFiguresOut(Schema):
    """The figures that the rows to be taken over give."""

    found: int
    outstanding: int
    reported: int
    written_off: int


class LedgerRowOut(Schema):
    """A row of the file by field; what is wrong with it and the cure, if anything is."""

    row: int
    standing: Literal["ready", "refused", "known", "left_out"]
    cells: dict[str, str]
    corrected: list[str]
    state: str | None
    field: str | None
    message: str | None
    cure: str | None


class LedgerPreviewOut(Schema):
    """A file as it would be taken over. `rows`: in the file; `count`: of the list of which `items` are a part."""

    columns: list[str]
    fields: list[LedgerFieldOut]
    words: list[LedgerWordsOut]
    note: str
    assumed: list[LedgerAssumedOut]
    rows: int
    ready: int
    refused: int
    known: int
    left_out: int
    figures: LedgerFiguresOut
    fingerprint: str
    count: int
    items: list[LedgerRowOut]


class LedgerImportMade(Schema):
    """That a ledger was taken over."""

    id: int
    taken: int
    known: int


class LedgerImportRow(Schema):
    """A ledger that was taken over."""

    id: int
    name: str
    sha256: str
    area_code: str
    area_name_zh: str
    area_name_en: str
    campaign: CampaignBrief | None
    taken: int
    imported_by: Named
    imported_at: datetime


class TakenOverOut(Schema):
    """Where a problem came from an old ledger: in which state, and which number and row it had there."""

    as_state: str
    old_number: str
    old_state: str | None
    requirement: str | None
    row: int
    placed_by: str
    imported_at: datetime
