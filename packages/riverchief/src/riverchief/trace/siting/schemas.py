"""The bodies of requests and answers about studies of stations."""

from datetime import datetime

from ninja import Schema


class SitingIn(Schema):
    """A basin, how many stations, and what they are to do: "soonest" or "telling"."""

    basin_id: int
    count: int
    goal: str


class SitingMade(Schema):
    """The study that was queued."""

    id: int


class SitedPlaceOut(Schema):
    """A place for a station: what is reached with it and those before it, and what it adds.

    `above_m`: how far above the named station, below 0 for a place below it; None without one.
    """

    reach_id: int
    chainage_m: float
    lon: float | None
    lat: float | None
    reach_code: str
    river_zh: str
    river_en: str
    station_zh: str
    station_en: str
    above_m: float | None
    after: float
    gain: float


class SitingResultOut(Schema):
    """What was found: hours until a release is seen (goal "soonest"), or the share of sources that look like the true one.

    No choice of as many places comes below `bound` (proven). `unseen`: share of the releases that no station notices then.
    """

    before: float
    bound: float
    unseen: float
    places: list[SitedPlaceOut]
    compared: int
    sources: int
    stations: int
    reaches_left_out: int


class AssumedOut(Schema):
    """The release that is taken as typical, the rise a station notices, and as what counts what nobody notices, h."""

    mass_kg: float
    duration_h: float
    threshold_mg_l: float
    horizon_h: float


class SitingOut(Schema):
    """A study."""

    id: int
    basin_id: int
    area_name_zh: str
    area_name_en: str
    count: int
    goal: str
    state: str
    progress: float
    error: str | None
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    assumed: AssumedOut
    result: SitingResultOut | None
