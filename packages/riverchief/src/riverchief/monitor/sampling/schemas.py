"""What the API of sampling says and takes."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from riverchief.base.http import Moment

Month = Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
"""A month as 2026-12."""


class PersonNameOut(Schema):
    """A person by name."""

    name_zh: str
    name_en: str


class SamplingPlanIn(Schema):
    """A plan: points by code, parameters by key or name, every how many months, which organisation samples."""

    name_zh: str
    name_en: str = ""
    area_code: str
    parameters: list[str]
    station_codes: list[str]
    every_months: int = 1
    team_id: int | None = None
    active: bool = True


class PlanOut(Schema):
    """A plan; `last_month` is that of its latest round."""

    id: int
    name_zh: str
    name_en: str
    area_code: str
    area_zh: str
    area_en: str
    team_zh: str
    team_en: str
    parameters: list[str]
    every_months: int
    active: bool
    points: int
    last_month: str | None


class RoundMonthIn(Schema):
    """Of which month the round is."""

    month: Month


class SamplingMade(Schema):
    """What was made or changed."""

    id: int


class RoundFilter(Schema):
    """Which rounds: of a month, a plan (id), below an area (code)."""

    month: Annotated[str, Field(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")] = ""
    plan: int | None = None
    area: str = ""


class RoundOut(Schema):
    """A round in counts: points and bottles by state (`empty`: not filled), missed points by reason, sheets by state."""

    id: int
    plan_id: int
    name_zh: str
    name_en: str
    area_zh: str
    area_en: str
    team_zh: str
    team_en: str
    month: str
    parameters: list[str]
    visits: dict[str, int]
    bottles: dict[str, int]
    missed: dict[str, int]
    due_soon: int
    overdue: int
    sheets: dict[str, int]
    synthetic: bool


class GroupOut(Schema):
    """How a group of parameters is preserved."""

    key: str
    zh: str
    en: str
    container_zh: str
    container_en: str
    preservative_zh: str
    preservative_en: str


class RoundDetailOut(RoundOut):
    """A round with what the reader may do in it; `seed` drew the blanks and duplicates, for who plans only."""

    groups: list[GroupOut]
    seed: str | None
    far_m: float
    waiting_results: int
    may_take: bool
    may_receive: bool
    sees_points: bool
    sees_results: bool


class SampledStationOut(Schema):
    """A point by name and place."""

    id: int
    code: str
    name_zh: str
    name_en: str
    lon: float
    lat: float


class VisitBottleOut(Schema):
    """A bottle of a point, as the sampler fills it."""

    label: str
    group: str
    role: str
    step: str


class VisitOut(Schema):
    """A point of a round. `away_m`: how far from it the sampler's device said it was."""

    id: int
    station: SampledStationOut
    state: str
    taken_at: datetime | None
    lon: float | None
    lat: float | None
    away_m: float | None
    missed_reason: str
    note: str
    told_by: PersonNameOut | None
    told_at: datetime | None
    has_photo: bool
    bottles: list[VisitBottleOut]


class VisitFilter(Schema):
    """Which points: their state, part of a code or name."""

    state: Literal["", "open", "sampled", "missed"] = ""
    q: str = Field("", max_length=60)


class TakeIn(Schema):
    """When the bottles of a point were filled, and where the device says that was."""

    taken_at: Moment
    lon: float | None = None
    lat: float | None = None
    note: str = ""


class MissIn(Schema):
    """Why no water was taken."""

    reason: str
    note: str = ""


class CustodyLinkOut(Schema):
    """A link of custody."""

    step: str
    at: datetime
    by: PersonNameOut
    place: str
    note: str
    lon: float | None
    lat: float | None


class BottleOut(Schema):
    """A bottle and its custody. Point, role and the moment of sampling are null or left out for the laboratory.

    Its label is all that names it: a number in the order of the points would tell the laboratory what the label hides.
    """

    label: str
    group: str
    parameters: list[str]
    analysed: list[str]
    step: str
    due_at: datetime | None
    role: str | None
    station: SampledStationOut | None
    links: list[CustodyLinkOut]


class BottleFilter(Schema):
    """Which bottles: at a step (`empty`: not filled), part of a label, those whose holding time runs out."""

    step: Literal["", "empty", "taken", "handed_over", "received", "analysed", "lost"] = ""
    q: str = Field("", max_length=40)
    due: bool = False


class MoveIn(Schema):
    """Bottles by label that are handed over, received or lost; without a time now."""

    step: Literal["handed_over", "received", "lost"]
    labels: list[str]
    at: Moment | None = None
    place: str = ""
    note: str = ""


class Moved(Schema):
    """How many bottles."""

    bottles: int


class ResultIn(Schema):
    """A result as the laboratory wrote it (`<0.05`); a correction with its reason."""

    label: str
    parameter: str
    written: str
    analysed_at: Moment
    unit: str = ""
    method: str = ""
    reason: str = ""


class SubmitIn(Schema):
    """Results of which parameters go into the sheet; none named: all that wait."""

    parameters: list[str] = []


class SheetOut(Schema):
    """A sheet under review. `next` is the step that the reader may take, where there is one."""

    id: int
    number: int
    state: str
    submitted_by: PersonNameOut
    submitted_at: datetime
    checked_by: PersonNameOut | None
    reviewed_by: PersonNameOut | None
    issued_by: PersonNameOut | None
    issued_at: datetime | None
    returned_by: PersonNameOut | None
    returned_reason: str
    results: int
    next: str | None
    may_send_back: bool


class SheetStepOut(Schema):
    """A step of a sheet's history."""

    state: str
    by: PersonNameOut
    at: datetime
    reason: str


class SheetDetailOut(SheetOut):
    """A sheet with its history, and its checks in counts; `blind`: the reader entered results and is told no checks yet."""

    round_id: int
    blind: bool
    checks: dict[str, int]
    history: list[SheetStepOut]


class SheetLineOut(Schema):
    """A result in a sheet; `remarks` are what quality control found of it."""

    label: str
    parameter: str
    version: int
    value: float
    unit: str
    below_limit: bool
    written: str
    method: str
    analysed_at: datetime
    reason: str
    entered_by: PersonNameOut
    remarks: list[str]


class CheckOut(Schema):
    """A blank, or a pair of duplicates with the relative deviation and its limit (shares); `ok` null: not known yet."""

    parameter: str
    role: str
    labels: list[str]
    written: list[str | None]
    deviation: float | None
    limit: float | None
    ok: bool | None


class AdvanceIn(Schema):
    """To which level the sheet goes; with the reason why it is issued before all its checks are in."""

    to: Literal["submitted", "checked", "reviewed", "issued"]
    reason: str = ""


class SheetSendBackIn(Schema):
    """Why."""

    reason: str
