"""The shapes of the API's requests and answers about campaigns and the editions of their figures."""

from datetime import date, datetime

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Day
from riverchief.rectify.schemas import FiguresOut, Named, ProblemRow


class CampaignRow(Schema):
    """A campaign in a list; `stock_closed_on`: from that day on what is found counts as a new find."""

    id: int
    number: str
    title: str
    issuer: str
    kind: str
    area_code: str
    area_name_zh: str
    area_name_en: str
    starts_on: date
    ends_on: date | None
    stock_closed_on: date | None


class PartOut(FiguresOut):
    """The figures of the old stock (`stock`) or of the new finds (`new`)."""

    part: str


class CampaignOut(CampaignRow):
    """A campaign with its figures now; `whole`: they are of all its problems, not of those in the reader's areas."""

    whole: bool
    may_manage: bool
    parts: list[PartOut]


class CampaignFields(Schema):
    """What a campaign says of itself."""

    number: str
    title: str
    issuer: str
    kind: str
    starts_on: Day
    ends_on: Day | None = None
    stock_closed_on: Day | None = None


class CampaignIn(CampaignFields):
    """A new campaign."""

    area_code: str


class CampaignChangeIn(CampaignFields):
    """A change, with its reason."""

    reason: str


class CampaignMade(Schema):
    """The campaign."""

    id: int
    number: str


class EditionRow(Schema):
    """An edition of a campaign's figures in a list."""

    id: int
    campaign_id: int
    day: date
    number: int
    as_of: datetime
    reason: str
    signed_by: Named
    signed_at: datetime


class EditionOut(EditionRow):
    """An edition; `intact`: its rows are those that were signed; `undone`: so many the ledger has undone since."""

    intact: bool
    whole: bool
    parts: list[PartOut]
    may_correct: bool
    undone: int


class FigureRowOut(Schema):
    """A problem as an edition counts it, and as it stands now."""

    counted_as: str
    overdue_then: bool
    corrected: bool
    problem: ProblemRow


class CorrectIn(Schema):
    """Which problems were not put right after all, and why the figures are corrected."""

    problem_ids: list[int] = Field(max_length=5_000)
    reason: str


class EditionMade(Schema):
    """The edition."""

    id: int
    day: date
    number: int
