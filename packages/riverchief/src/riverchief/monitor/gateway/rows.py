"""What arrived as the rows that keep it: the packet, what was refused of it, and its readings.

Without I/O: every way in, the gateway, a broker, a platform that is asked, makes its rows here.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import structlog
from riverkit.errors import RiverkitError
from riverkit.protocols.hj212 import FrameError, Packet, Refusal, factor_of

from riverchief.monitor.gateway.connection import Arrival
from riverchief.monitor.gateway.directory import Directory
from riverchief.monitor.readings import ReadingRow, refused_of
from riverchief.monitor.store import PacketRow
from riverchief.monitor.telemetry.uploads import Upload, fault_of, rows_of

logger = structlog.get_logger("riverchief.gateway")

MISREAD = (RiverkitError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError)
"""What Python raises where data are not what the code took them for. It condemns one packet, which is kept, and never the
process: its other stations must not pay, and a packet that is sent again would end it again. Faults of the machine (memory,
files, the database) are not among them, for they pass."""

_LARGEST_REFUSED_PART = 256
_FACTOR = re.compile(r"([0-9A-Za-z_-]{1,40})-[A-Za-z]+=")
_CLAIMED_MN = re.compile(rb"MN=([0-9A-Za-z_-]{1,64})[;,]")
_CLAIMED_STATION = re.compile(rb"\x7e\x7e.(.{5})|\x01[0-9A-F]{2}([0-9A-F]{10})", re.DOTALL)
_VOUCHED_STATION = re.compile(rb"JSON station=([0-9A-Za-z_.-]{1,40}) ")


@dataclass(frozen=True, slots=True)
class Numbered:
    """An arrival and the numbers its packet rows will have, however often they are written.

    The first is that of the packet, the others are those of what was refused of it.
    """

    ids: tuple[int, ...]
    arrival: Arrival

    @property
    def id(self) -> int:
        """The number of the packet."""
        return self.ids[0]


def claimed_mn(arrival: Arrival) -> str:
    """The MN or station address that a frame claims; of one that could not be read, for a person to look at."""
    if not isinstance(arrival.item, FrameError):
        return arrival.item.mn[:64]
    if (vouched := _VOUCHED_STATION.match(arrival.raw)) is not None:
        return vouched[1].decode()
    if (address := _CLAIMED_STATION.match(arrival.raw)) is not None:
        return address[2].decode() if address[1] is None else address[1].hex().upper()
    found = _CLAIMED_MN.search(arrival.raw)
    return found[1].decode() if found else ""


def refusals(arrival: Arrival) -> tuple[Refusal, ...]:
    """What could not be read of something that could."""
    return () if isinstance(arrival.item, FrameError) else arrival.item.refused


def refused_parts(item: Numbered) -> list[PacketRow]:
    """What could not be read of a packet, each part as a row of its own beside those that could not be read at all.

    The packet itself is answered: sent again, it would be no better.
    """
    return [
        _packet_row(item, state="rejected", error=part.name)._replace(
            id=number,
            raw=part.text.encode()[:_LARGEST_REFUSED_PART],
            refused=json.dumps(_named(item.arrival.item, part)),
        )
        for number, part in zip(item.ids[1:], refusals(item.arrival), strict=True)
    ]


def _named(packet: Upload | FrameError, part: Refusal) -> list[tuple[str, str]]:
    """The factor that a part speaks of, under the name that its readings have, and the reason; [] where it has none."""
    found = _FACTOR.match(part.text)
    if found is None or not isinstance(packet, Packet):
        return []
    factor = factor_of(found[1], packet.st)
    return [(factor.key if factor and factor.key else found[1], part.name)]


def prepared(item: Numbered, directory: Directory, refused: str) -> tuple[PacketRow, list[ReadingRow]]:
    """The rows of an arrival. `refused`: the database would not have it otherwise; keep its bytes.

    Of a packet that our own code stumbles over the bytes are kept too, as `not_storable`.
    """
    try:
        return _prepared(item, directory, refused)
    except MISREAD:
        logger.exception("a packet cannot be made ready for the database", mn=claimed_mn(item.arrival))
        return _packet_row(item, state="rejected", error="not_storable"), []


def _prepared(item: Numbered, directory: Directory, refused: str) -> tuple[PacketRow, list[ReadingRow]]:
    arrival, packet = item.arrival, item.arrival.item
    if isinstance(packet, FrameError):
        return _packet_row(item, state="rejected", error=refused or packet.name), []
    if fault := refused or fault_of(packet):
        return _packet_row(item, state="rejected", error=fault), []
    data_time = packet.data_time
    station_id, error = directory.station_of(packet)
    fields: dict[str, Any] = {
        "st": packet.st,
        "cn": packet.cn,
        "qn": packet.qn or "",
        "data_time": data_time.astimezone(UTC) if data_time else None,
    }
    if station_id is None:
        return _packet_row(item, state="quarantined", error=error, **fields), []
    readings = rows_of(
        packet,
        station_id=station_id,
        packet_id=item.id,
        received_at=arrival.received_at,
        checks=directory.checks,
    )
    if refused_values := refused_of(readings):
        fields |= {"error": refused_values[0][1], "refused": json.dumps(refused_values)}
    return _packet_row(item, state="stored", station_id=station_id, **fields), readings


def _packet_row(item: Numbered, **values: Any) -> PacketRow:
    arrival = item.arrival
    return PacketRow(
        id=item.id,
        received_at=arrival.received_at,
        mn=claimed_mn(arrival),
        peer=arrival.connection.peer,
        raw=arrival.raw,
        **values,
    )
