"""The shapes of the API's requests and answers about what comes after the write-off."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Day
from riverchief.rectify.schemas import Named, ReasonIn

__all__ = ["AfterOut", "CallBackIn", "ReasonIn", "ReopenIn", "SuspectIn"]


class CallBackIn(Schema):
    """Whether it holds, and what was found."""

    result: str
    finding: str
    evidence_ids: list[int] = Field(default_factory=list, max_length=50)


class SuspectIn(Schema):
    """What speaks for a relapse."""

    observation: str
    evidence_ids: list[int] = Field(default_factory=list, max_length=50)


class ReopenIn(ReasonIn):
    """Why a write-off is taken back, and by when the work is to be done."""

    due_date: Day | None = None


class CallBackOut(Schema):
    """That somebody looked again."""

    holds: bool
    finding: str | None
    by: Named
    at: datetime


class RelapseSuspicionOut(Schema):
    """A suspected relapse; `judgement` is empty until a person has judged it; `raised_by` null: readings raised it."""

    observation: str | None
    facts: dict[str, Any]
    raised_by: Named | None
    raised_at: datetime
    judgement: str
    reason: str | None
    judged_by: Named | None
    judged_at: datetime | None


class AfterOut(Schema):
    """What came after the write-off."""

    reopenings: int
    call_backs: list[CallBackOut]
    suspicions: list[RelapseSuspicionOut]
