"""What the API of power meters says and takes."""

from datetime import datetime

from ninja import Field, Schema

from riverchief.base.http import Moment

PowerPoint = tuple[datetime, float | None, str]
"""Time, value, flag."""


class PowerMeterOut(Schema):
    """A meter and what it said; only points with flag N are judged."""

    id: int
    station_id: int
    parameter: str
    line: str
    name_zh: str
    name_en: str
    runs_from: float
    unit: str
    kind: str
    points: list[PowerPoint]


class PlannedStopOut(Schema):
    """An announced stop of the treatment: nothing is suspected while it lasts. `afterwards_*`: that it was entered when it had
    long begun, by whom and when, "" where it was not; such a stop excuses nothing from before."""

    id: int
    starts_at: datetime
    ends_at: datetime
    reason: str
    afterwards_zh: str
    afterwards_en: str


class IdleTreatmentOut(Schema):
    """A span worth a look: suspected, and no finding. Why it is told, and what it is not, in words."""

    id: int
    kind: str
    started_at: datetime
    known_to: datetime
    ended: bool
    why_zh: str
    why_en: str


class PowerOut(Schema):
    """The lines of an outfall over some time, what stands out, and what that does not mean."""

    start: datetime
    end: datetime
    meters: list[PowerMeterOut]
    stops: list[PlannedStopOut]
    spans: list[IdleTreatmentOut]
    is_not_zh: str
    is_not_en: str


class PowerMeterIn(Schema):
    """A meter: which parameter of which station tells how which line runs; `unit` of a code of the device's own."""

    station_id: int
    parameter: str = Field(max_length=40)
    unit: str = Field("", max_length=4)
    line: str = Field(max_length=12)
    name_zh: str = Field(max_length=60)
    name_en: str = Field(max_length=60)
    runs_from: float


class PlannedStopIn(Schema):
    """An announced stop."""

    starts_at: Moment
    ends_at: Moment
    reason: str = Field(max_length=300)


class StopReasonIn(Schema):
    """Why it is withdrawn."""

    reason: str = Field(max_length=300)


class PowerMade(Schema):
    """What was made or changed."""

    id: int
