"""The shapes of the API's requests and answers about remediation."""

from datetime import date, datetime

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Day
from riverchief.rectify.schemas import (
    ActionOut,
    ChainOut,
    EvidenceOut,
    HistoryOut,
    Named,
    OutfallBrief,
    Placed,
)

Files = list[int]


class StepCounts(Schema):
    """How many steps an outfall has, are open, and late."""

    all: int
    open: int
    overdue: int


class RemediationState(Placed):
    """How the remediation of an outfall stands; what everybody may know who watches over the area."""

    outfall: OutfallBrief
    kind: str
    state: str
    measure: str | None
    monitored_on: date | None
    traced: bool
    accepted_at: datetime | None
    written_off_at: datetime | None


class RemediationRow(RemediationState):
    """An outfall in the list; `steps` is null for who does not work on it."""

    steps: StepCounts | None


class EntityOut(Schema):
    """Who is responsible: an organisation, or where none was found the local `government` of the area."""

    government: bool
    organisation: Named | None
    area_name_zh: str
    area_name_en: str
    ground: str
    decided_by: Named | None
    decided_at: datetime


class RemediationStepOut(Schema):
    """A step; `unit` and `description` are for the office and the unit itself. `dry_hours`, `rain_mm`: the weather of its check."""

    id: int
    kind: str
    description: str
    unit: Named | None
    due_date: date
    overdue: bool
    state: str
    done_by: Named | None
    done_at: datetime | None
    checked_by: Named | None
    checked_at: datetime | None
    dry_hours: float | None
    rain_mm: float | None
    allowed_actions: list[ActionOut]


class StepEvidenceOut(EvidenceOut):
    """A file; `step` is the action it belongs to, `step_id` the step of the policy where it belongs to one."""

    step_id: int | None


class OutfallProblem(Schema):
    """A problem at the outfall; `keeps_open`: it is a discharge in dry weather that nobody has reported as rectified."""

    id: int
    number: str
    kind: str
    state: str
    keeps_open: bool


class RemediationFile(RemediationState):
    """The remediation of an outfall. `restricted`: the reader sees state and measure only; entity and policy may be hidden also from others."""

    id: int
    restricted: bool
    entity: EntityOut | None
    policy: str | None
    steps: list[RemediationStepOut]
    evidence: list[StepEvidenceOut]
    history: list[HistoryOut]
    problems: list[OutfallProblem]
    allowed_actions: list[ActionOut]
    chain: ChainOut | None


class Counts(Schema):
    """查, 测, 溯, 治: outfalls found, monitored, traced to an entity, remediated (accepted); written off is a part of the last."""

    found: int
    monitored: int
    traced: int
    remediated: int
    written_off: int


class AreaCounts(Counts):
    """The counts of an area."""

    area_code: str
    area_name_zh: str
    area_name_en: str


class RemediationFigures(Counts):
    """The counts at a moment, of all and by area."""

    as_of: datetime
    areas: list[AreaCounts]


class RemediationChanged(Schema):
    """The outfall whose remediation was changed, and how it stands."""

    outfall_id: int
    state: str


class MonitoringIn(Schema):
    """That the outfall was monitored."""

    manner: str
    monitored_on: Day
    result: str
    evidence_ids: Files = Field(default_factory=list, max_length=50)


class EntityIn(Schema):
    """Who is responsible, and by what."""

    entity: str
    organisation_id: int | None = None
    ground: str
    evidence_ids: Files = Field(default_factory=list, max_length=50)


class PolicyIn(Schema):
    """The outfall's policy."""

    measure: str
    policy: str


class StepIn(Schema):
    """A step of the policy."""

    kind: str
    organisation_id: int
    due_date: Day
    description: str = ""


class FinishIn(Schema):
    """What was done."""

    summary: str
    evidence_ids: Files = Field(default_factory=list, max_length=50)


class RecheckIn(Schema):
    """What a second person saw in dry weather."""

    seen: str
    finding: str
    evidence_ids: Files = Field(default_factory=list, max_length=50)


class AcceptIn(Schema):
    """What was found at the acceptance."""

    finding: str
    evidence_ids: Files = Field(default_factory=list, max_length=50)
