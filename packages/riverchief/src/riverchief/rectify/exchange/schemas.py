"""The shapes of the API's requests and answers about the exchange with districts."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

from riverchief.base.http import PageQuery
from riverchief.rectify.schemas import ProblemBrief


class ExchangeExportQuery(Schema):
    """Which problems go out."""

    area: str = Field(max_length=20)
    campaign: int | None = Field(None, ge=1, le=2**63 - 1)


class ExchangeForm(PageQuery):
    """Which rows of the answer are shown; `outcome` "" for all."""

    outcome: Literal["", "ready", "done", "unchanged", "needs_photo", "conflict", "refused", "missing"] = ""


class ExchangeCount(Schema):
    """How many rows have an outcome."""

    outcome: str
    count: int


class ExchangeRowOut(Schema):
    """A row of the file (0: not in it) and what becomes of it; who changed the problem since, where that is the conflict."""

    row: int
    outcome: str
    problem: ProblemBrief | None
    state: str | None
    state_then: str | None
    action: str | None
    text: str
    message: str | None
    cure: str | None
    changed_by: str | None
    changed_at: datetime | None


class ExchangeOut(Schema):
    """A filled file, read back. `count`: of the list of which `items` are a part."""

    applied: bool
    counts: list[ExchangeCount]
    count: int
    items: list[ExchangeRowOut]
