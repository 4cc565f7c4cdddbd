"""The shapes of the API's requests and answers about a problem's clocks."""

from datetime import datetime

from ninja import Schema

from riverchief.base.http import Day
from riverchief.rectify.schemas import Named, ReasonIn

__all__ = [
    "AnswerIn",
    "AskExtensionIn",
    "ClocksOut",
    "ExtendIn",
    "ReasonIn",
    "SuspendIn",
    "UrgeIn",
]


class UrgeIn(Schema):
    """What the unit is told."""

    message: str


class AnswerIn(Schema):
    """What the unit answers."""

    answer: str


class AskExtensionIn(ReasonIn):
    """Until when, and why."""

    due_date: Day


class ExtendIn(ReasonIn):
    """Why more time is granted; without a day, as long as was asked for."""

    due_date: Day | None = None


class SuspendIn(ReasonIn):
    """Until when the deadline stands still, and why."""

    until_date: Day


class UrgingOut(Schema):
    """That the unit was urged on, and what it answered."""

    message: str | None
    urged_by: Named
    urged_at: datetime
    answer: str | None
    answered_by: Named | None
    answered_at: datetime | None


class ExtensionOut(Schema):
    """That more time was asked for, and what was decided (`granted` null: nothing yet)."""

    due_before: datetime
    asked_until: datetime
    reason: str | None
    asked_by: Named
    asked_at: datetime
    granted: bool | None
    due_after: datetime | None
    decision: str | None
    decided_by: Named | None
    decided_at: datetime | None


class PauseOut(Schema):
    """That the deadline stood still."""

    since: datetime
    until: datetime
    reason: str | None
    paused_by: Named
    ended_at: datetime | None


class ClocksOut(Schema):
    """A problem's clocks: `open_days` since it was found never stop until the write-off, whatever is paused."""

    open_days: int
    paused_days: int
    paused_until: datetime | None
    pauses: list[PauseOut]
    extensions: list[ExtensionOut]
    urgings: list[UrgingOut]
