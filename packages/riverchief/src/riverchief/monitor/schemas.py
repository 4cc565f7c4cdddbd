"""What the API of measuring says and takes."""

from datetime import datetime

from ninja import Schema

from riverchief.base.http import Moment


class StationFilter(Schema):
    """Which stations: of a basin (id), below an area (code), with a text in name or code."""

    basin: int | None = None
    area: str = ""
    q: str = ""


class NamedOut(Schema):
    """A station, an outfall or a person by name."""

    id: int
    name_zh: str
    name_en: str


class ValueOut(Schema):
    """The last value of a parameter."""

    value: float | None
    unit: str
    at: datetime
    flag: str


class StationOut(Schema):
    """A station and what it says now; `values` as the reader may read them; `class_now` is computed, from `assessed` of `of` parameters.

    One that measures what an outfall discharges (`discharge`) has no class, and no target. `outfall`: where it stands.
    """

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    owner: str
    lon: float
    lat: float
    area_code: str
    basin_id: int
    reach_id: int
    river_zh: str
    river_en: str
    water_body: str
    discharge: bool
    outfall: NamedOut | None
    target_class: int | None
    class_now: int | None
    deciding: list[str]
    assessed: int
    of: int
    last_at: datetime | None
    state: str
    values: dict[str, ValueOut]
    active_event_id: int | None
    synthetic: bool


class StationDetailOut(StationOut):
    """A station with the name its device uses, for who manages the station (null for others)."""

    mn: str | None


class PermitBoundOut(Schema):
    """What a permit allows, in `unit`; `averaging` is the mean that is held against it."""

    averaging: str
    least: float | None
    most: float | None
    unit: str


class ReadingsOut(Schema):
    """A series: time, value (null where none was measured), flag. `raw_values`: time and value first sent, of those of
    which another value came since; `raw_flags` the same of flags. `reasons`: time and why (a key of `reading_reasons`), of those flagged X.

    `limits` are those of the classes, for water of a river; `permit` those that hold at the end for what an outfall
    discharges, none where none is known: null for water of a river.
    """

    station_id: int
    parameter: str
    unit: str
    kind: str
    limits: dict[str, float]
    permit: list[PermitBoundOut] | None
    points: list[tuple[datetime, float | None, str]]
    raw_values: list[tuple[datetime, float]]
    raw_flags: list[tuple[datetime, str]]
    reasons: list[tuple[datetime, str]]
    truncated: bool


class SightingOut(NamedOut):
    """An event as one station saw it."""

    first_at: datetime
    last_at: datetime
    peak_value: float
    peak_at: datetime
    settled_at: datetime | None


class AlarmOut(Schema):
    """The alarm of an event."""

    id: int
    state: str
    raised_at: datetime
    answer_by: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: NamedOut | None
    note: str
    message_zh: str
    message_en: str


class EventOut(Schema):
    """An event with its alarm; values in `unit`."""

    id: int
    station: NamedOut
    stations: list[SightingOut]
    area_code: str
    parameter: str
    kind: str
    state: str
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None
    peak_value: float
    unit: str
    baseline: float | None
    limit_value: float | None
    class_before: int | None
    class_now: int | None
    alarm: AlarmOut | None
    synthetic: bool


class NoteIn(Schema):
    """What a person has to say about it."""

    note: str = ""


class SampleIn(Schema):
    """The result of a bottle: where and when the water was taken, by whom, and what was found in it.

    With `below_limit` the value is the detection limit. `corrects`: the sample that this one puts right; `note` then
    says why.
    """

    lon: float
    lat: float
    taken_at: Moment
    taken_by: str
    value: float
    unit: str
    below_limit: bool = False
    note: str = ""
    corrects: int | None = None


class SampleMade(Schema):
    """The sample that was kept."""

    id: int


class SenderOut(Schema):
    """What came for a device under one password: `key` stands for it, `peers` are addresses that it came from."""

    key: str
    packets: int
    first_at: datetime
    last_at: datetime
    peers: list[str]


class UnknownDeviceOut(Schema):
    """A device in quarantine; `station` where it uses that station's name under a wrong password.

    More than one of `senders`: packets came under several passwords, and some may be somebody else's.
    """

    mn: str
    packets: int
    first_at: datetime
    last_at: datetime
    error: str
    station: NamedOut | None
    senders: list[SenderOut]


class RefusedValue(Schema):
    """A value that was not taken as it is: parameter or factor code, and a key of `packet_errors`."""

    parameter: str
    error: str


class RejectedFrameOut(Schema):
    """Frames that could not be read or stored, or of which a value cannot be true (these are stored and answered): those
    of one peer (its address) for one device that are refused alike, how many and from when to when.

    `error` is a key of the code tables `packet_errors` and `packet_cures`; `refused` names every value that was not taken;
    `mn` is what the frames claim, "" where nothing can be made out; `id` and `raw` are those of the last, as text, of a
    long one the beginning, without the password.
    """

    id: int
    mn: str
    peer: str
    error: str
    refused: list[RefusedValue]
    count: int
    first_at: datetime
    last_at: datetime
    raw: str


class AdoptIn(Schema):
    """Where a device stands; where packets came under several passwords, which of the `senders` it is; and why.

    A reason is needed there, and where the station has this device under another password.
    """

    station_id: int
    reason: str = ""
    sender: str = ""


class AdoptedOut(Schema):
    """The station that a device now belongs to."""

    station_id: int
    mn: str
