"""What the API of rain and overflows says and takes."""

from datetime import date, datetime

from ninja import Schema

from riverchief.base.http import Moment
from riverchief.monitor.schemas import NamedOut


class PlaceOut(Schema):
    """An outfall or a station by name, and where it is."""

    id: int
    code: str
    name_zh: str
    name_en: str
    lon: float
    lat: float


class ReachNameOut(Schema):
    """A reach by its code and river."""

    id: int
    code: str
    river_zh: str
    river_en: str


class OverflowOut(Schema):
    """An overflow; no `stopped_at`: it runs. `measured_mm` is what gauges measured, from some hours before it on.

    `dry_weather`: it ran after so many dry hours that no rain can be the reason; null where nobody can tell, and for
    readers who may not see clues.
    """

    id: int
    outfall: PlaceOut
    source: str
    known_by: str
    started_at: datetime
    stopped_at: datetime | None
    running: bool
    rainfall_mm: float | None
    measured_mm: float | None
    volume_m3: float | None
    not_metered: bool
    receiving_reach: ReachNameOut
    area_code: str
    note: str
    entered_by: NamedOut | None
    entered_at: datetime
    dry_weather: bool | None
    withdrawn_by: NamedOut | None
    withdrawn_at: datetime | None
    withdrawn_reason: str
    may_change: bool
    synthetic: bool


class OverflowIn(Schema):
    """An overflow to write down; without a reach, into that of the outfall. A stop needs a volume or `not_metered`."""

    outfall_id: int
    source: str
    started_at: Moment
    stopped_at: Moment | None = None
    rainfall_mm: float | None = None
    volume_m3: float | None = None
    not_metered: bool = False
    receiving_reach_id: int | None = None
    note: str = ""


class StopIn(Schema):
    """That it has stopped: when, and how much it was or that it was not metered."""

    stopped_at: Moment
    volume_m3: float | None = None
    not_metered: bool = False
    rainfall_mm: float | None = None


class ReasonIn(Schema):
    """Why a record is withdrawn."""

    reason: str


class OverflowMade(Schema):
    """The record that was made or changed."""

    id: int


class GaugeOut(PlaceOut):
    """A gauge with what it measured; `coverage` is the share of the time it was heard."""

    total_mm: float | None
    coverage: float


class RainOut(Schema):
    """The rain of a period at the gauges of an area or around a place.

    `mean_mm` is the mean of the gauges that were heard for enough of the time, `most_mm` the most of any; `hours` gives the
    start of an hour with the mean and the most of the gauges. `dry`: less than `dry_mm` fell in the `dry_hours` before the
    end, at every gauge; null where no gauge tells.
    """

    start: datetime
    end: datetime
    mean_mm: float | None
    most_mm: float | None
    hours: list[tuple[datetime, float, float]]
    gauges: list[GaugeOut]
    dry: bool | None
    dry_hours: float
    dry_mm: float


class PermitLimitOut(Schema):
    """What a permit allows an outfall; `averaging` is the mean that is held against it.

    `source` (a permit's number names its holder) is "" for a reader who may not know whose the outfall is.
    """

    id: int
    parameter: str
    averaging: str
    least: float | None
    most: float | None
    unit: str
    valid_from: date
    valid_to: date | None
    source: str


class PermitDayOut(Schema):
    """A day (or the month that begins on it) held against a limit: its mean, from how many valid hours, and how many were left out for their flag.

    `hours_beyond` are hours beyond a limit that holds for the mean of a day: a hint, no exceedance.
    """

    day: date
    parameter: str
    averaging: str
    limit: PermitLimitOut
    mean: float | None
    valid_hours: int
    left_out: int
    verdict: str
    hours_beyond: list[tuple[datetime, float]]


class PermitOut(Schema):
    """The limits of an outfall's permit, and its last days judged by the permit's own rule."""

    limits: list[PermitLimitOut]
    days: list[PermitDayOut]
