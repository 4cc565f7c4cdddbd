"""What the API of the fleet says and takes."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from riverchief.base.http import Moment


class FleetFilter(Schema):
    """Which stations: in a state, of a kind, on a river or of an organisation (id), below an area (code), with a text in name
    or code."""

    state: Literal["", "silent", "late", "never", "ok", "stopped"] = ""
    kind: Literal["", "automatic", "rain_gauge"] = ""
    river: int | None = None
    organisation: int | None = None
    area: str = ""
    q: str = Field("", max_length=80)


class HolderOut(Schema):
    """An organisation by name."""

    id: int
    name_zh: str
    name_en: str


class StoppageOut(Schema):
    """An announced stoppage that holds now. `afterwards_*`: that it was entered when it had long begun, by whom and when; ""
    where it was not."""

    id: int
    since: datetime
    until: datetime | None
    reason: str
    afterwards_zh: str
    afterwards_en: str


class LastRequestOut(Schema):
    """What a station was asked last."""

    cn: str
    state: str
    asked_at: datetime


class FleetStationOut(Schema):
    """A station and how its device is. `interval_s`: how often it usually says something, by the last readings of its fastest
    series, the same by which it is found silent. The rates are those of the running month, as in `/rates`. `refused` (in 7 days) and `quarantined` count packets
    under its number. `clock_by`: "query" or "packet". `strip`: of each of the last 30 days how many readings were measured,
    flagged, stopped and missing, the last being today.

    Null where the reader may not know it: `organisation`, `doubts`, `refused`, `quarantined`, `last_request`.
    """

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    owner: str
    area_code: str
    river_zh: str
    river_en: str
    organisation: HolderOut | None
    state: str
    connected: bool
    last_at: datetime | None
    age_s: float | None
    interval_s: float | None
    stoppage: StoppageOut | None
    transmission: float | None
    validity: float | None
    doubts: int | None
    edition: str
    last_packet_at: datetime | None
    clock_ahead_s: float | None
    clock_by: str
    refused: int | None
    quarantined: int | None
    last_request: LastRequestOut | None
    may_stop: bool
    strip: list[tuple[int, int, int, int]]
    synthetic: bool


class FleetOut(Schema):
    """A page of the fleet, and how many stations of it are in each state (whatever state was asked for)."""

    items: list[FleetStationOut]
    count: int
    states: dict[str, int]


class StoppageIn(Schema):
    """From when a station is stopped, until when if that is known, and why."""

    since: Moment
    until: Moment | None = None
    reason: str


class StoppageMade(Schema):
    """The stoppage."""

    id: int
