"""How samples, and where to take the next ones, are shown by the API."""

from datetime import datetime

from ninja import Schema


class SampledWhereOut(Schema):
    """A place on a river by what is neutral: the river, and the nearest station on the way of the water.

    `above_m`: how far above that station, below 0 for a place below it; None without one.
    """

    river_zh: str
    river_en: str
    reach_code: str
    station_zh: str
    station_en: str
    above_m: float | None


class MovedOut(Schema):
    """A candidate, by rank, whose probability an outcome would change."""

    rank: int
    before: float
    after: float


class OutcomeOut(Schema):
    """What a result between `low` and `high` (mg/L; None: open) would mean, and how probable it is."""

    low: float | None
    high: float | None
    probability: float
    rises: list[MovedOut]
    falls: list[MovedOut]


class PeriodOut(Schema):
    """From when to when."""

    begin: datetime
    end: datetime


class SuggestionOut(Schema):
    """A bottle worth filling: `passage` is when the plume passes, `passed` that the window is over."""

    where: SampledWhereOut
    lon: float
    lat: float
    at: datetime
    window: PeriodOut
    passage: PeriodOut | None
    bits: float
    passed: bool
    outcomes: list[OutcomeOut]


class CrewOut(Schema):
    """What the crew is taken to be able to do."""

    preparation_minutes: float
    speed_km_h: float
    handling_minutes: float
    work_from_hour: float
    work_to_hour: float
    horizon_hours: float
    relative_error: float


class SamplingOut(Schema):
    """Where to sample next, by the moment `asked_at`: of `places` compared, what would tell most of the `open_bits`."""

    asked_at: datetime
    open_bits: float
    places: int
    crew: CrewOut
    suggestions: list[SuggestionOut]


class ExpectedOut(Schema):
    """What a candidate, by rank, led to expect of a sample, mg/L, the 90 % interval of a single result, and whether it `fits`."""

    rank: int
    mean: float
    low: float
    high: float
    fits: bool


class SampleOut(Schema):
    """A bottle's result as it was entered; `used` in this attempt, `corrected` by a later one.

    `unexplained`: it lies outside of what every leading candidate led to expect, here and elsewhere: its label, time or place
    may be wrong, or the source unknown.
    """

    id: int
    where: SampledWhereOut
    lon: float
    lat: float
    taken_at: datetime
    taken_by: str
    value: float
    unit: str
    below_limit: bool
    note: str
    entered_by: str
    entered_at: datetime
    corrects: int | None
    corrected: bool
    used: bool
    expected: list[ExpectedOut]
    unexplained: bool
