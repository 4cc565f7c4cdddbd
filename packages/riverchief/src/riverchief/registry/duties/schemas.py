"""What the API of duties says and takes."""

from datetime import date

from ninja import Field, Schema

from riverchief.accounts.api import PersonOut
from riverchief.base.http import Day
from riverchief.registry.duties.models import Duty


class StandInOut(Schema):
    """Who acts for the holder, from when to when."""

    person: PersonOut
    valid_from: date
    valid_to: date


class DutyOut(Schema):
    """A duty: whose, for what, on which tier (`level` of the area), since when.

    `phone` is "" for a reader who may not know it; `stand_in` who acts on the day that was asked for.
    """

    id: int
    kind: str
    level: str
    area_code: str
    area_zh: str
    area_en: str
    river_id: int | None
    reach_id: int | None
    reach_code: str
    water_zh: str
    water_en: str
    person: PersonOut
    phone: str
    position: str
    valid_from: date
    valid_to: date | None
    stand_in: StandInOut | None


class DutyFileOut(DutyOut):
    """A duty among those around it, on a day; the subordinates are a list of their own."""

    may_change: bool
    superiors: list[DutyOut]
    upstream: list[DutyOut]
    downstream: list[DutyOut]
    before: list[DutyOut]
    stand_ins: list[StandInOut]


class ChiefOut(Schema):
    """A person with all duties that the reader may see, over time."""

    person: PersonOut
    phone: str
    active: bool
    duties: list[DutyOut]


class RiverAreaOut(Schema):
    """A highest area of a river."""

    code: str
    name_zh: str
    name_en: str


class RiverAreasOut(Schema):
    """In which highest areas a river has chiefs, and which its reaches suggest."""

    areas: list[RiverAreaOut]
    suggested: list[RiverAreaOut]
    may_change: bool


class RiverAreasIn(Schema):
    """Codes of the highest areas."""

    areas: list[str] = Field(max_length=50)


class DutyFilter(Schema):
    """Which duties: of a kind, in and below an area (code), for a river or a reach (id: with those of its river and
    its areas), with a text in a name; held `on` a day (today), or, with `past`, on any day."""

    kind: Duty.Kind | None = None
    area: str = ""
    river: int | None = Field(None, ge=1, le=2**63 - 1)
    reach: int | None = Field(None, ge=1, le=2**63 - 1)
    q: str = ""
    on: Day | None = None
    past: bool = False


class AppointIn(Schema):
    """A person, a kind, and what it is for: nothing for a head, a river, a reach or another water else."""

    user_id: int = Field(ge=1, le=2**63 - 1)
    kind: Duty.Kind
    area: str
    river_id: int | None = Field(None, ge=1, le=2**63 - 1)
    reach_id: int | None = Field(None, ge=1, le=2**63 - 1)
    standing_water: str = Field("", description="Code of the lake, pond or wetland.")
    position: str = Field("", max_length=160)
    valid_from: Day
    valid_to: Day | None = None


class HandOverDutyIn(Schema):
    """Who takes the duty over, from which day on."""

    user_id: int = Field(ge=1, le=2**63 - 1)
    since: Day
    position: str = Field("", max_length=160)


class EndDutyIn(Schema):
    """The last day."""

    last_day: Day


class StandInIn(Schema):
    """Who stands in, from when to when, and why."""

    user_id: int = Field(ge=1, le=2**63 - 1)
    valid_from: Day
    valid_to: Day
    reason: str = Field(max_length=200)
