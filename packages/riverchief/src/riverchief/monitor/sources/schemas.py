"""What the API of the sources says."""

from datetime import datetime

from ninja import Schema

from riverchief.base.http import Page


class SourceOut(Schema):
    """A way in or out, and how it stands.

    `host` is whom it talks to. `seen_to`: the newest change that was seen at a platform that is asked. `waiting`: what is
    to be stored, or to be sent. `fault_zh`, `fault_en`: what went wrong at the last try; "" where nothing did.
    """

    name: str
    kind: str
    state: str
    host: str
    last_at: datetime | None
    succeeded_at: datetime | None
    seen_to: datetime | None
    messages: int
    refused: int
    waiting: int
    stations: list[str]
    fault_zh: str
    fault_en: str


class SourcesOut(Page[SourceOut]):
    """Every source; the fault is that of the file that names them."""

    fault_zh: str
    fault_en: str


class PushBatchOut(Schema):
    """A batch that a platform was told, or is to be."""

    key: str
    readings: int
    made_at: datetime
    attempts: int
    next_at: datetime | None
    sent_at: datetime | None
    refused_at: datetime | None
    fault_zh: str
    fault_en: str
