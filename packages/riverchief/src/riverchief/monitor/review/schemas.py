"""What the API of the review queue says and takes."""

from datetime import date, datetime
from typing import Literal

from ninja import Schema

from riverchief.base.http import Day
from riverchief.monitor.schemas import NamedOut


class DoubtFilter(Schema):
    """Which doubts: their state and rule, of a station or basin (id), below an area (code)."""

    state: Literal["", "open", "kept", "invalidated", "passed"] = "open"
    rule: str = ""
    station: int | None = None
    basin: int | None = None
    area: str = ""


class ReviewedStationOut(Schema):
    """A station by name; `statutory`: an enterprise's own monitor, of which a review needs a special authority."""

    id: int
    code: str
    name_zh: str
    name_en: str
    area_code: str
    statutory: bool


class DoubtOut(Schema):
    """A doubt. No `last_at`: it lasts. `value` was compared with `compared`; `may_*`: what the reader may do now."""

    id: int
    station: ReviewedStationOut
    parameter: str
    kind: str
    rule: str
    state: str
    first_at: datetime
    last_at: datetime | None
    readings: int
    value: float | None
    compared: float | None
    unit: str
    sentence_zh: str
    sentence_en: str
    rules_version: str
    raised_at: datetime
    decided_by: NamedOut | None
    decided_at: datetime | None
    reason: str
    authorisation: str
    may_keep: bool
    may_invalidate: bool
    may_reopen: bool
    synthetic: bool


class ReviewIn(Schema):
    """Why somebody decides so."""

    reason: str


class InvalidateIn(ReviewIn):
    """Why readings are no measurement; of a statutory monitor also the document that allows to say so."""

    authorisation: str = ""


class RatesFilter(Schema):
    """Of which stations and which month (any day of it): of a basin (id), below an area (code)."""

    month: Day | None = None
    basin: int | None = None
    area: str = ""


class RatesOut(Schema):
    """A station's month and its two rates, null where nothing tells what was to be expected.

    Intervals `expected` and `sent` (with a reading); readings that `came`, those of them `stopped` and `valid`. Of the
    intervals without a reading those of stoppages that were `announced`, and of such as were entered `afterwards`: neither
    changes a rate.
    """

    station: ReviewedStationOut
    month: date
    expected: int
    sent: int
    came: int
    stopped: int
    valid: int
    announced: int
    afterwards: int
    transmission: float | None
    validity: float | None


class DoubtMade(Schema):
    """The doubt that was decided."""

    id: int
