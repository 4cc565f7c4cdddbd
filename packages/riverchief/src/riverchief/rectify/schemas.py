"""The shapes of the API's requests and answers about clues, problems and evidence."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Day


class Named(Schema):
    """An organisation or a person."""

    id: int
    name_zh: str
    name_en: str


class ProblemBrief(Schema):
    """A problem by number."""

    id: int
    number: str


class OutfallBrief(Named):
    """An outfall by name."""

    code: str


class Placed(Schema):
    """Where something is."""

    area_code: str
    area_name_zh: str
    area_name_en: str
    reach_id: int | None
    river_zh: str
    river_en: str
    synthetic: bool


class FieldOut(Schema):
    """An input of an action."""

    name: str
    kind: str
    label_zh: str
    label_en: str
    required: bool
    options: str | None


class ActionOut(Schema):
    """An action that is offered now; `moves_on`: it takes the matter a step further; `aside`: seldom the next step."""

    action: str
    label_zh: str
    label_en: str
    consequence_zh: str
    consequence_en: str
    moves_on: bool
    aside: bool
    fields: list[FieldOut]


class HistoryOut(Schema):
    """A line of the history."""

    action: str
    actor: str
    at: datetime
    data: dict[str, Any]
    sentence_zh: str
    sentence_en: str


class EvidenceOut(Schema):
    """A file that belongs to a clue or a step of a problem."""

    id: int
    sha256: str
    name: str
    media_type: str
    size: int
    taken_at: datetime | None
    lon: float | None
    lat: float | None
    step: str


class UploadOut(Schema):
    """A file that has just been handed in."""

    id: int
    sha256: str
    name: str
    media_type: str
    size: int


class CampaignBrief(Schema):
    """An order or campaign by number and title."""

    id: int
    number: str
    title: str


class ProblemWhich(Schema):
    """How a list of problems is narrowed; `figure` names a figure of the ledger, `part` the stock or the new finds."""

    state: str = ""
    area: str = ""
    overdue: bool | None = None
    figure: str = ""
    campaign: int | None = Field(None, ge=1, le=2**63 - 1)
    part: str = ""
    kind: str = ""
    unit: int | None = Field(None, ge=0, le=2**63 - 1)
    department: str = ""
    age: str = ""
    reopened: bool | None = None
    taken_over: bool | None = None


class ProblemRow(Placed):
    """A problem in a list; the very place only for those who work on it."""

    id: int
    lon: float | None
    lat: float | None
    number: str
    title: str
    title_en: str
    kind: str
    state: str
    unit: Named | None
    chief: Named | None
    rectification_class: str | None
    due_at: datetime | None
    due_provisional: bool
    paused_until: datetime | None
    overdue: bool
    campaign: CampaignBrief | None
    new_find: bool
    opened_at: datetime
    rectified_at: datetime | None
    verified_at: datetime | None
    written_off_at: datetime | None


class OrderOut(Schema):
    """The order in force; what it requires is for those who work on the problem."""

    number: str
    unit: Named
    requirement: str | None
    due_at: datetime
    issued_at: datetime
    issued_by: Named
    signed_for_at: datetime | None
    signed_for_by: Named | None


class ChainOut(Schema):
    """Whether the history is as it was written."""

    ok: bool
    entries: int


class RemediationBrief(Schema):
    """How the remediation of the problem's outfall stands, with the kinds of the steps that are open."""

    outfall_id: int
    state: str
    measure: str | None
    open_steps: list[str]


class ShareOut(Schema):
    """A part of a whole, with the whole said."""

    figure: str
    count: int
    of_figure: str
    of: int
    share: float | None


class FiguresOut(Schema):
    """The figures of the ledger at a moment.

    Where the found stand now: `outstanding`, `rectified` (not verified), `verified` (not written off), `written_off`. How far
    they have come: `reported`, `verified_in_all`, whatever came after. `mixed`: several denominators, so no share is taken.
    `taken_over`: of the reported those of which an old ledger says so, and nobody here; null in editions, which freeze states.
    """

    as_of: datetime
    found: int
    rectified: int
    verified: int
    written_off: int
    outstanding: int
    reported: int
    verified_in_all: int
    overdue: int
    mixed: bool
    shares: list[ShareOut]
    taken_over: int | None = None


class BreakdownRow(Schema):
    """The figures of one area, department, kind, unit or age; `filter` is what the list of problems is narrowed by."""

    key: str
    filter: str
    name_zh: str
    name_en: str
    found: int
    rectified: int
    verified: int
    written_off: int
    outstanding: int
    reported: int
    verified_in_all: int
    overdue: int
    mixed: bool
    shares: list[ShareOut]


class DurationsOut(Schema):
    """How long it took on average, of how many, and how many were reopened."""

    reported: int
    days_to_report: float | None
    written_off: int
    days_to_write_off: float | None
    reopened: int


class ReasonIn(Schema):
    """A reason."""

    reason: str


class MergeIn(ReasonIn):
    """Which clue goes on."""

    into_id: int


class ProblemChanged(Schema):
    """How the problem stands after an action."""

    id: int
    number: str
    state: str


class AssignIn(Schema):
    """What a unit is asked to do, and by when."""

    organisation_id: int
    requirement: str
    rectification_class: str
    due_date: Day | None = None
    chief_id: int | None = None


class ChangeChiefIn(ReasonIn):
    """Who is to answer for the problem."""

    chief_id: int


class TransferIn(ReasonIn):
    """To which unit a problem goes."""

    organisation_id: int


class TransferAreaIn(ReasonIn):
    """To which area a problem goes."""

    area_code: str


class SplitIn(ReasonIn):
    """What becomes a problem of its own."""

    title: str
    kind: str = ""


class SetCampaignIn(ReasonIn):
    """Under which campaign a problem is counted; none: under no one."""

    campaign_id: int | None = None


class PlanIn(Schema):
    """What will be done."""

    measures: str


class ReportIn(Schema):
    """What was done."""

    summary: str
    evidence_ids: list[int] = Field(default_factory=list, max_length=50)
    without_evidence_reason: str = ""


class SendBackIn(ReasonIn):
    """Why the work does not do."""

    evidence_ids: list[int] = Field(default_factory=list, max_length=50)


class WriteOffIn(ReasonIn):
    """The remark; and why before the river's watch is over, where it is not."""

    early_reason: str = ""


class VerifyIn(Schema):
    """What was found on site."""

    finding: str
    evidence_ids: list[int] = Field(default_factory=list, max_length=50)
    lon: float | None = None
    lat: float | None = None
    exception_reason: str = ""
