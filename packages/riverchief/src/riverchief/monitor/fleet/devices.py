"""What the last packets tell of loggers: protocol and edition, and how far the clock is off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from riverkit.errors import ProtocolError
from riverkit.protocols import hj212

from riverchief.monitor.dialogue.models import State, StationRequest
from riverchief.monitor.models import Latest, Packet
from riverchief.monitor.telemetry.json_reports import JsonReport
from riverchief.monitor.telemetry.uploads import Upload, read_stored

_EDITIONS = {0: "HJ/T 212-2005", 1: "HJ 212-2017", 2: "HJ 212-2025"}
_TIME_QUERY = "1011"


@dataclass(frozen=True)
class Device:
    """A logger as its last packet shows it.

    `edition` is what its Flag claims, which need not be what it speaks. `clock_ahead_s` is negative where the clock is
    behind; `clock_by`: "query" where the logger was asked, "packet" where the number of the last packet tells, which
    holds the way over the line too.
    """

    edition: str
    received_at: datetime
    clock_ahead_s: float | None
    clock_by: str


def devices_of(stations: Iterable[int]) -> dict[int, Device]:
    """The devices of stations (primary keys) that have sent a packet which is still kept; four queries at most."""
    keys = list(stations)
    last = dict(
        Latest.objects.filter(station_id__in=keys).values_list("station_id").annotate(Max("received_at"))
    )
    packets = Packet.objects.filter(
        received_at__in=set(last.values()), station_id__in=keys, state=Packet.State.STORED
    ).order_by("received_at", "id")
    asked: dict[int, float] = {}
    for station_id, result in (
        StationRequest.objects.filter(station_id__in=keys, cn=_TIME_QUERY, state=State.DONE)
        .order_by("station_id", "-finished_at")
        .distinct("station_id")
        .values_list("station_id", "result")
    ):
        if "clock_ahead_s" in result:
            asked[station_id] = result["clock_ahead_s"]
    return {
        row.station_id: device
        for row in packets
        if row.station_id is not None and row.received_at == last[row.station_id]
        if (device := _device(row, asked)) is not None
    }


def _device(row: Packet, asked: Mapping[int, float]) -> Device | None:
    """None where the packet, taken once, is refused by now: what is possible has been told more strictly since."""
    try:
        upload = read_stored(bytes(row.raw))
    except ProtocolError:
        return None
    ahead = asked.get(row.station_id or 0)
    if ahead is not None:
        return Device(_edition(upload), row.received_at, ahead, "query")
    sent_at = _sent_at(upload)
    told = None if sent_at is None else round((sent_at - row.received_at).total_seconds(), 1)
    return Device(_edition(upload), row.received_at, told, "" if told is None else "packet")


def _edition(upload: Upload) -> str:
    if isinstance(upload, JsonReport):
        return "JSON"
    if not isinstance(upload, hj212.Packet):
        return "SL 651-2014"
    # One without Flag is of 2005; versions beyond those known are told as such.
    version = 0 if upload.flag is None else upload.flag >> 2
    return _EDITIONS.get(version, f"HJ 212 (V{version})")


def _sent_at(upload: Upload) -> datetime | None:
    if isinstance(upload, JsonReport):
        return None
    if not isinstance(upload, hj212.Packet):
        return upload.packet.sent_at
    digits = upload.qn or ""
    if len(digits) != 17:
        return None
    try:
        return datetime.strptime(f"{digits}000", "%Y%m%d%H%M%S%f").replace(tzinfo=hj212.CHINA_STANDARD_TIME)
    except ValueError:
        return None  # a number of the exchange that is no time
