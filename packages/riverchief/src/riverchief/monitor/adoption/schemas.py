"""What the API of adoptions says and takes."""

from datetime import datetime

from ninja import Schema

from riverchief.monitor.schemas import NamedOut


class AdoptionOut(Schema):
    """That a device stands at a station. Taken back: `returned` of its packets are in quarantine again, so far."""

    id: int
    mn: str
    station: NamedOut
    adopted_by: NamedOut | None
    adopted_at: datetime
    reason: str
    taken_back_by: NamedOut | None
    taken_back_at: datetime | None
    taken_back_reason: str
    returned: int
    may_take_back: bool


class TakeBackIn(Schema):
    """Why a device does not stand there."""

    reason: str


class TakenBack(Schema):
    """The adoption."""

    id: int
