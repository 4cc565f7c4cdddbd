"""The shapes of the API's requests and answers about inspection packs."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Day
from riverchief.rectify.schemas import CampaignBrief


class PackIn(Schema):
    """What a pack is to be about; `area_code` empty: the office's own area."""

    audience: str
    area_code: str = Field("", max_length=12)
    river_id: int | None = Field(None, ge=1, le=2**63 - 1)
    campaign_id: int | None = Field(None, ge=1, le=2**63 - 1)
    since: Day | None = None
    until: Day | None = None


class PackMade(Schema):
    """The pack that is in the queue."""

    id: int


class PackGap(Schema):
    """How often something is missing."""

    kind: str
    count: int


class PackOut(Schema):
    """A pack; `gaps` by kind, the most frequent first: the rows are in its file."""

    id: int
    area_code: str
    area_name_zh: str
    area_name_en: str
    river_zh: str
    river_en: str
    campaign: CampaignBrief | None
    since: Day | None
    until: Day | None
    audience: str
    state: str
    progress: float
    error: str | None
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    problems: int | None
    files: int | None
    size: int | None
    sha256: str | None
    gaps: list[PackGap]
