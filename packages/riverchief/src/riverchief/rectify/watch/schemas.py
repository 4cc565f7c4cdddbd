"""The shapes of the API's answers about the river's watch."""

from datetime import datetime

from ninja import Schema


class WatchStation(Schema):
    """A station by name."""

    id: int
    name_zh: str
    name_en: str


class WatchLevel(Schema):
    """The level of a parameter that means it is back."""

    parameter: str
    level: float


class ExplainedRise(Schema):
    """A rise that rain or the inflow explains."""

    parameter: str
    most: float
    start: datetime
    end: datetime
    cause: str
    rain_mm: float | None


class RiverWatchOut(Schema):
    """What the river says: `of_hours` were judged, `heard_hours` of them had readings."""

    state: str
    started_at: datetime
    until: datetime
    judged_until: datetime
    ended_at: datetime | None
    heard_hours: int
    of_hours: int
    station: WatchStation | None
    distance_m: float | None
    levels: list[WatchLevel]
    explained: list[ExplainedRise]
