"""What the API of the duty desk says and takes."""

from datetime import datetime
from typing import Any

from ninja import Schema

from riverchief.base.http import Moment


class NamedOut(Schema):
    """A person or a station by name."""

    id: int
    name_zh: str
    name_en: str


class DeskAreaOut(Schema):
    """The area of a desk."""

    code: str
    name_zh: str
    name_en: str


class ShiftOut(Schema):
    """A shift; `area` is that of the desk, which may lie above the one that was asked for."""

    id: int
    area: DeskAreaOut
    starts_at: datetime
    ends_at: datetime
    person: NamedOut
    deputy: NamedOut | None
    leader: NamedOut | None


class LinkOut(Schema):
    """A place of the chain, and the minutes that whoever stands there has."""

    to: str
    minutes: float


class LineOut(Schema):
    """A sentence in both languages."""

    zh: str
    en: str


class ReachedOut(NamedOut):
    """Somebody whom a step reaches; `text`: how far the text message to them came (a key of `alarm_texts`), "" where none is sent."""

    text: str = ""


class StepOut(Schema):
    """A step along the chain, taken or to come; without people: nobody stands there, or (office) everybody."""

    to: str
    at: datetime
    people: list[ReachedOut]


class MuteOut(Schema):
    """A mute that holds."""

    by: NamedOut
    at: datetime
    until: datetime
    reason: str


class DeskEventOut(Schema):
    """An event of an alarm, by its first station."""

    id: int
    station: NamedOut
    parameter: str
    state: str
    opened_at: datetime
    last_at: datetime
    peak_value: float
    unit: str
    limit_value: float | None
    baseline: float | None


class DeskAlarmOut(Schema):
    """An alarm at the desk. `ended_at`: when the last of its events ended; null while one goes on.

    `resolved_by` null in a resolved one: by itself. `unseen`: no person has dealt with it yet.
    """

    id: int
    event_id: int
    area_code: str
    subject_zh: str
    subject_en: str
    state: str
    unseen: bool
    raised_at: datetime
    ended_at: datetime | None
    resolved_at: datetime | None
    resolved_by: NamedOut | None
    acknowledged_at: datetime | None
    acknowledged_by: NamedOut | None
    note: str
    message_zh: str
    message_en: str
    events: list[DeskEventOut]
    stations: int
    why: list[LineOut]
    context: list[LineOut]
    first_step: LineOut
    steps: list[StepOut]
    next_step: StepOut | None
    mute: MuteOut | None
    may_act: bool
    synthetic: bool


class HandOverOut(Schema):
    """An entry of the hand-over log; `open_items` as it was then."""

    id: int
    area_code: str
    shift: ShiftOut | None
    written_by: NamedOut
    written_at: datetime
    note: str
    open_items: list[dict[str, Any]]
    signed_by: NamedOut | None
    signed_at: datetime | None
    remark: str


class DeskOut(Schema):
    """The desk now; `at` is the server's time, for clocks that run."""

    area: DeskAreaOut
    at: datetime
    shifts: list[ShiftOut]
    next_shift: ShiftOut | None
    chain: list[LinkOut]
    mute_most_hours: float
    alarms: list[DeskAlarmOut]
    unsigned: list[HandOverOut]


class SpanOut(Schema):
    """A stretch of time."""

    start: datetime
    end: datetime


class RosterOut(Schema):
    """The shifts of a time, its gaps and overlaps."""

    area: DeskAreaOut
    shifts: list[ShiftOut]
    gaps: list[SpanOut]
    overlaps: list[SpanOut]
    may_change: bool


class ShiftIn(Schema):
    """A shift as the office plans it."""

    starts_at: Moment
    ends_at: Moment
    person_id: int
    deputy_id: int | None = None
    leader_id: int | None = None


class NewShiftIn(ShiftIn):
    """And where."""

    area: str


class Made(Schema):
    """What was written, changed or removed."""

    id: int


class MuteIn(Schema):
    """Until when, and why."""

    until: Moment
    reason: str


class HandOverIn(Schema):
    """What the person on duty has to say."""

    area: str
    note: str


class RemarkIn(Schema):
    """What whoever takes over has to say."""

    remark: str = ""


class RosterForm(Schema):
    """Whose roster a table is for."""

    area: str
    dry_run: bool = False


class RowErrorOut(Schema):
    """A row that was left out, why, and the cure."""

    row: int
    field: str
    message: str
    cure: str


class RosterImported(Schema):
    """What came of a table."""

    rows: int
    created: int
    updated: int
    unchanged: int
    errors: list[RowErrorOut]
    dry_run: bool
