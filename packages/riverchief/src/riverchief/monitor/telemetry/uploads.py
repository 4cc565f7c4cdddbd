"""The questions that gateway and quarantine ask of an upload, whichever standard it speaks."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from riverkit.errors import ProtocolError
from riverkit.protocols import hj212, sl651
from riverkit.protocols.hj212 import FrameError

from riverchief.monitor.readings import ReadingChecks, ReadingRow
from riverchief.monitor.readings import rows_of as hj212_rows
from riverchief.monitor.telemetry import json_reports
from riverchief.monitor.telemetry.json_reports import JsonReport
from riverchief.monitor.telemetry.sl651_messages import LINK_REPORT, NO_TIME, Message, MessageDecoder
from riverchief.monitor.telemetry.sl651_readings import rows_of as sl651_rows

Upload = hj212.Packet | Message | JsonReport

_SL651_BEGINS = (b"\x7e", b"\x01")
_FRAME_BEGIN = re.compile(rb"##|\x7e\x7e|\x01[0-9A-Fa-f]{12}")
_LONGEST_MARK = 12
"""Of a mark that is not whole yet."""
_LONGEST_BEGIN = 1024
"""Of what a connection may begin with before it is kept as garbage."""
_PASSWORD = re.compile(r"(?<=PW=)[^;,&]*")
_SL651_PASSWORD = re.compile(r"(7E7E[0-9A-F]{12}|\\x01[0-9A-Fa-f]{12})[0-9A-Fa-f]{4}")
_JSON_PASSWORD = re.compile(r'("password"\s*:\s*")(?:[^"\\]|\\.)*"')
_NOTICES = frozenset(cn for cn, command in hj212.commands().items() if command.kind == "notice")
_ANSWERS = frozenset({"9011", "9012", "9013", "9014"})


class Decoder(Protocol):
    """Finds uploads in a connection's bytes, in whatever portions they come."""

    def feed(self, data: bytes) -> "list[hj212.Packet | FrameError] | list[Message | FrameError]":
        """Take some bytes; give what they completed, in order."""

    def close(self) -> "list[hj212.Packet | FrameError] | list[Message | FrameError]":
        """The connection has ended: give what was left."""


class UploadDecoder:
    """The decoder of a connection: it begins with the first thing that can be the begin of a frame, and keeps to its standard.

    What comes before (line noise, the registration of a modem) is kept by that decoder as garbage, so it decides nothing.
    """

    def __init__(self, ask: Callable[[bytes], object], now_s: Callable[[], float]) -> None:
        self._ask = ask
        self._now_s = now_s
        self._chosen: Decoder | None = None
        self._begin = b""

    def feed(self, data: bytes) -> "list[hj212.Packet | FrameError] | list[Message | FrameError]":
        """Take some bytes; give what they completed, in order."""
        if self._chosen is not None:
            return self._chosen.feed(data)
        self._begin += data
        mark = _FRAME_BEGIN.search(self._begin)
        if mark is not None:
            whole, self._begin = self._begin, b""
            self._chosen = (
                MessageDecoder(self._ask, self._now_s)
                if mark[0].startswith(_SL651_BEGINS)
                else hj212.StreamDecoder(mode="salvage")
            )
            return self._chosen.feed(whole)
        if len(self._begin) <= _LONGEST_BEGIN:
            return []
        rubbish, self._begin = self._begin[:-_LONGEST_MARK], self._begin[-_LONGEST_MARK:]
        return _as_garbage(rubbish)

    def close(self) -> "list[hj212.Packet | FrameError] | list[Message | FrameError]":
        """The connection has ended: give what was left."""
        return _as_garbage(self._begin) if self._chosen is None else self._chosen.close()


def _as_garbage(rubbish: bytes) -> list[hj212.Packet | FrameError]:
    decoder = hj212.StreamDecoder(mode="salvage")
    return [*decoder.feed(rubbish), *decoder.close()]


def read_stored(raw: bytes) -> Upload:
    """An upload from the bytes that were kept of it.

    Raises:
        ProtocolError: they are none.
    """
    if raw.startswith(json_reports.BEGIN):
        report = json_reports.read_report(raw)
        if isinstance(report, FrameError):
            raise ProtocolError(report.message)
        return report
    if not raw.startswith(_SL651_BEGINS):
        return hj212.decode(raw, mode="salvage")
    decoder = MessageDecoder()
    found = [*decoder.feed(raw), *decoder.close()]
    if len(found) == 1 and isinstance(found[0], Message):
        return found[0]
    whole = sl651.decode(raw)
    return Message.of(whole, whole, raw)


def read_payload(payload: bytes, origin: str, station: str = "") -> Sequence[Upload | FrameError]:
    """What a message that came whole holds: a report in JSON, or frames as they would come over a line.

    Frames say themselves whose they are; `station` is whose a report is where whoever handed it on has said so.
    """
    if payload.lstrip()[:1] in (b"{", b"["):
        return [json_reports.read_report(json_reports.enveloped(payload, origin, station))]
    decoder = UploadDecoder(lambda _: None, lambda: 0.0)
    return [*decoder.feed(payload), *decoder.close()] or [FrameError("garbage", 0, "nothing in it", payload)]


def is_vouched(upload: Upload) -> bool:
    """Whether whoever handed it on has said whose it is, so that no password need."""
    return isinstance(upload, JsonReport) and upload.vouched


def shown(raw: bytes) -> str:
    """Bytes for a person to read, the device's password blotted out: what is no text is escaped, binary frames are hex."""
    if raw.startswith(b"\x7e\x7e"):
        return _SL651_PASSWORD.sub(r"\1****", raw.hex().upper())
    text = raw.decode("utf-8", errors="backslashreplace").replace("\x01", "\\x01")
    if raw.startswith(json_reports.BEGIN):
        return _JSON_PASSWORD.sub(r'\1***"', text)
    return _SL651_PASSWORD.sub(r"\1****", _PASSWORD.sub("***", text))


def fault_of(upload: Upload) -> str:
    """Why an upload that could be read cannot be taken; "" where it can."""
    if isinstance(upload, hj212.Packet):
        return "no_data_time" if upload.period is not None and upload.data_time is None else ""
    if isinstance(upload, JsonReport):
        return ""  # judged value by value
    if upload.packet.direction == "down":
        return "sl651_downlink"
    return NO_TIME if upload.values and len(upload.refused) == len(upload.values) else ""


def rows_of(
    upload: Upload, *, station_id: int, packet_id: int | None, received_at: datetime, checks: ReadingChecks
) -> list[ReadingRow]:
    """The readings in an upload; none where it carries no measurements."""
    if isinstance(upload, hj212.Packet):
        return hj212_rows(
            upload, station_id=station_id, packet_id=packet_id, received_at=received_at, checks=checks
        )
    if isinstance(upload, JsonReport):
        return json_reports.rows_of(
            upload, station_id=station_id, packet_id=packet_id, received_at=received_at, checks=checks
        )
    return sl651_rows(
        upload, station_id=station_id, packet_id=packet_id, received_at=received_at, checks=checks
    )


def answer_to(upload: Upload, now: datetime) -> bytes | None:
    """The frame that tells a station that its upload is stored; None where it waits for none.

    HJ 212: data with 9014, a notice with 9013, if it asks; an answer is not answered, whatever its Flag. SL 651: everything but a
    link report, with EOT, or ACK where the station has announced more. In mode M1 the station does not listen.
    """
    if isinstance(upload, hj212.Packet):
        if not upload.wants_answer or upload.cn in _ANSWERS:
            return None
        return hj212.answer(upload, "9013" if upload.cn in _NOTICES else "9014")
    if isinstance(upload, JsonReport):
        return None  # the broker, or whoever asked, is told in its own way
    packet = upload.packet
    if packet.direction == "down" or packet.function == LINK_REPORT:
        return None
    # Of a split message the last part is answered, which carries no serial number of its own.
    confirmed = replace(upload.last, serial=packet.serial or 0)
    return sl651.answer(confirmed, now, "ACK" if packet.end == "ETB" else "EOT")
