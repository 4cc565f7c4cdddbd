"""The shapes of the API's requests and answers about enforcement."""

from datetime import date, datetime
from decimal import Decimal

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Day
from riverchief.rectify.schemas import EvidenceOut, Named, ProblemBrief


class CaseFilter(Schema):
    """How the list of cases is narrowed."""

    problem: int | None = Field(None, ge=1, le=2**63 - 1)
    state: str = ""
    step: str = ""


class CaseIn(Schema):
    """A case as it is filed."""

    number: str
    party: str
    reason: str
    filed_on: Day


class CaseStepIn(Schema):
    """What was done in a case."""

    kind: str
    on: Day
    note: str
    amount_yuan: Decimal | None = Field(None, max_digits=14, decimal_places=2)
    evidence_ids: list[int] = Field(default_factory=list, max_length=50)


class CaseMade(Schema):
    """The case."""

    id: int
    number: str


class CaseRow(Schema):
    """A case in a list."""

    id: int
    number: str
    party: str
    filed_on: date
    closed_on: date | None
    problem: ProblemBrief
    area_name_zh: str
    area_name_en: str


class CaseStepOut(Schema):
    """A step of a case."""

    kind: str
    on: date
    note: str
    amount_yuan: Decimal | None
    recorded_by: Named
    recorded_at: datetime
    evidence: list[EvidenceOut]


class CaseOut(CaseRow):
    """A case with its steps."""

    reason: str
    filed_by: Named
    may_record: bool
    steps: list[CaseStepOut]


class EnforcementFigures(Schema):
    """Counts of problems, each by itself: no one is a part of another but of `found`."""

    as_of: datetime
    found: int
    filed: int
    punished: int
    police: int
    rectified: int
