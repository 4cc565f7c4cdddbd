"""The shapes of clues: in lists, on their page, and what people say of them."""

from datetime import datetime

from ninja import Field, Schema

from riverchief.base.http import Moment
from riverchief.rectify.schemas import (
    ActionOut,
    EvidenceOut,
    HistoryOut,
    Named,
    OutfallBrief,
    Placed,
    ProblemBrief,
)


class ClueRow(Placed):
    """A clue in a list."""

    id: int
    lon: float
    lat: float
    number: str
    source: str
    state: str
    kind: str
    title: str
    title_en: str
    registered_at: datetime
    occurred_at: datetime | None


class Reporter(Schema):
    """Who reported."""

    name: str
    phone: str


class Suspect(Schema):
    """What a trace points at."""

    outfall: OutfallBrief | None
    organisation: Named | None
    probability: float | None


class ClueOut(ClueRow):
    """A clue."""

    description: str
    description_en: str
    registered_by: Named | None
    reporter: Reporter | None
    event_id: int | None
    trace_id: int | None
    suspect: Suspect | None
    basis: str | None
    decision_reason: str | None
    decided_by: Named | None
    decided_at: datetime | None
    merged_into_id: int | None
    problem_id: int | None
    evidence: list[EvidenceOut]
    history: list[HistoryOut]
    allowed_actions: list[ActionOut]


class ClueIn(Schema):
    """A clue as it is registered by hand."""

    source: str
    kind: str
    title: str
    description: str = ""
    lon: float
    lat: float
    reach_id: int | None = None
    reporter_name: str = ""
    reporter_phone: str = ""
    occurred_at: Moment | None = None
    evidence_ids: list[int] = Field(default_factory=list, max_length=50)


class SuspectedPlace(Schema):
    """A candidate of the trace of a clue, by its rank there: suspected, to be looked at."""

    rank: int
    kind: str
    outfall: OutfallBrief | None
    label: str
    river_zh: str
    river_en: str
    lon: float
    lat: float


class OutfallNear(OutfallBrief):
    """An outfall in the register, and how far from the clue it is."""

    lon: float
    lat: float
    distance_m: float


class CluePlaces(Schema):
    """Where whoever checks a clue may find something; `whole`: no candidate lies outside the reader's areas."""

    candidates: list[SuspectedPlace]
    whole: bool
    outfalls: list[OutfallNear]


class SimilarClue(ClueRow):
    """A clue near another, which may be about the same matter."""

    same_kind: bool
    distance_m: float
    problem: ProblemBrief | None


class SimilarClues(Schema):
    """The clues near another, those of its kind first."""

    items: list[SimilarClue]


class ClueMade(Schema):
    """The clue that was registered."""

    id: int
    number: str
    state: str


class ConfirmIn(Schema):
    """By what a clue is confirmed, and what was found: an outfall, or the position of a place on no list."""

    basis: str
    reason: str
    evidence_ids: list[int] = Field(default_factory=list, max_length=50)
    title: str = ""
    kind: str = ""
    outfall_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    campaign_id: int | None = None


class CandidateIn(Schema):
    """Which candidate of a trace somebody should look at, by its rank, and why."""

    rank: int
    reason: str


class ProblemMade(Schema):
    """The problem that a confirmation opened."""

    problem_id: int
    number: str
