"""From a frame to a packet: header, serial number and sending time; what the body holds, and what is unusual."""

import re
from typing import Literal

from .._common import Deviation
from ._body import Body, read_body
from ._codes import functions
from ._errors import Sl651Error
from ._frame import HEADER, Frame, diagnose, frame_at, frame_stop
from ._packet import Direction, Encoding, Packet
from ._times import read_time

Mode = Literal["lenient", "strict"]

_LINE_ENDS = (b"", b"\r\n", b"\n", b"\r")
_STATION_DIGITS = 10
_FRONT_BYTES = {"hex": 2 + 6, "ascii": 4 + 12}
_FRONT = re.compile(r"[0-9A-Fa-f]{4}[0-9]{12}", re.ASCII)
_PART_NUMBERS = re.compile(r"[0-9A-Fa-f]{6}")
_UP_ENDS = frozenset({"ETX", "ETB"})


def decode(frame: bytes, *, mode: Mode = "lenient") -> Packet:
    """Read one whole frame, HEX or ASCII, from its start mark to its check code, with or without a line end.

    Raises Sl651Error, in both modes, for what is no frame: a wrong start, length, end mark or check code, SYN without
    the numbers of the part. Lenient mode takes every other frame: the check code is a true CRC-16, so the bytes are what the station meant to send. What breaks
    the standard is named in ``packet.deviations``, what cannot be understood is kept raw. Strict mode refuses
    deviations that break the written form.
    """
    if HEADER.match(frame) is None:
        raise Sl651Error(
            "header",
            "the frame does not begin with 7E7E or 01, addresses, password, function, length and STX or SYN",
            where="byte 0",
            cure="give one whole frame; use StreamDecoder for bytes from a connection",
        )
    found = frame_at(frame, 0) if frame_stop(frame, 0) <= len(frame) else None
    if found is None:
        raise diagnose(frame)
    if frame[found.stop :] not in _LINE_ENDS:
        raise Sl651Error(
            "trailing_bytes",
            f"{len(frame) - found.stop} bytes follow the check code",
            where=f"byte {found.stop}",
            cure="give one frame at a time; use StreamDecoder for several",
        )
    return decode_frame(found, frame[: found.stop], mode)


def decode_frame(frame: Frame, raw: bytes, mode: Mode) -> Packet:
    """Read the body of a frame whose length and check code are right."""
    packet = _Reader(frame, raw).read()
    broken = tuple(deviation for deviation in packet.deviations if deviation.syntax)
    if broken and mode == "strict":
        raise Sl651Error(
            broken[0].name,
            "; ".join(deviation.message for deviation in broken),
            where=broken[0].where,
            cure="write it as SL 651-2014 prescribes, or read in lenient mode",
            deviations=packet.deviations,
        )
    return packet


def read_message(
    data: bytes, encoding: Encoding, direction: Direction, function: str, *, cut: bool
) -> tuple[int | None, str | None, Body]:
    """Serial number, sending time (its digits) and groups of a body that is not a later part of a split message.

    ``cut``: more parts follow, so the last group may be incomplete.
    """
    size = _FRONT_BYTES[encoding]
    front = data[:size].hex() if encoding == "hex" else data[:size].decode("latin-1")
    if len(data) < size or not (encoding == "hex" or _FRONT.fullmatch(front)):
        deviation = Deviation(
            "short_body", "body", "no serial number and sending time begin the body", syntax=True
        )
        return None, None, Body((), data, (deviation,))
    sent = front[4:]
    body = read_body(data[size:], encoding, direction, function, cut=cut)
    found = []
    if encoding == "ascii" and front != front.upper():
        found.append(Deviation("lower_case", "serial number", "hex digits are in lower case"))
    if read_time(sent) is None:
        message = f"{sent} is no possible time"
        found.append(Deviation("impossible_time", "sending time", message, syntax=True))
    return int(front[:4], 16), sent, Body(body.groups, body.rest, (*found, *body.deviations))


class _Reader:
    """Reads one frame and gathers its deviations."""

    def __init__(self, frame: Frame, raw: bytes) -> None:
        self.frame = frame
        self.raw = raw
        self.deviations: list[Deviation] = []

    def note(self, name: str, where: str, message: str, *, syntax: bool = False) -> None:
        self.deviations.append(Deviation(name, where, message, syntax))

    def read(self) -> Packet:
        frame = self.frame
        head = frame.head
        direction: Direction = "down" if frame.down else "up"
        if frame.down:
            station, centre = head[:_STATION_DIGITS], head[_STATION_DIGITS : _STATION_DIGITS + 2]
        else:
            centre, station = head[:2], head[2 : _STATION_DIGITS + 2]
        function = head[16:18]
        self._check_header(int(centre, 16), station, function)
        body, pnum, pno = self._part()
        serial: int | None = None
        sent: str | None = None
        # Answers to a later part have both all the same: they are of the message.
        if pno is None or pno <= 1 or frame.down:
            serial, sent, read = read_message(
                body, frame.encoding, direction, function, cut=pnum is not None and pnum > 1
            )
        else:
            read = Body((), body, ())
        self._check_body(read, station)
        return Packet(
            encoding=frame.encoding,
            direction=direction,
            centre=int(centre, 16),
            station=station,
            password=head[12:16],
            function=function,
            end=frame.end,
            serial=serial,
            sent=sent,
            pnum=pnum,
            pno=pno,
            groups=read.groups,
            rest=read.rest,
            deviations=(*self.deviations, *read.deviations),
            raw=self.raw,
        )

    def _check_header(self, centre: int, station: str, function: str) -> None:
        frame = self.frame
        if frame.lower_case:
            self.note("lower_case", "header or check code", "hex digits are in lower case")
        if centre == 0:
            message = "centre 00 is void; perhaps the addresses stand in the order of the other direction"
            self.note("void_centre", "header", message, syntax=True)
        if not station[:6].isdigit() or (station.startswith("00") and not station.isdigit()):
            self.note(
                "station_code", "header", f"station {station} is not written as prescribed", syntax=True
            )
        if function not in functions():
            self.note("unknown_function", "header", f"function {function} is not in SL 651-2014")
        if (frame.end in _UP_ENDS) == frame.down:
            way = "down" if frame.down else "up"
            self.note(
                "end_mark", "end mark", f"{frame.end} does not end a frame that goes {way}", syntax=True
            )

    def _part(self) -> tuple[bytes, int | None, int | None]:
        """The body without the numbers of a split message, and those: how many parts, which part."""
        frame = self.frame
        if not frame.split:
            return frame.body, None, None
        size = 3 if frame.encoding == "hex" else 6
        digits = frame.body[:size].hex() if frame.encoding == "hex" else frame.body[:size].decode("latin-1")
        if not _PART_NUMBERS.fullmatch(digits):
            raise Sl651Error(
                "split_numbers",
                "SYN is not followed by the number of parts and the number of this part",
                where="behind SYN",
                cure="send twelve bits each, or begin the body with STX",
            )
        if frame.encoding == "ascii" and digits != digits.upper():
            self.note("lower_case", "behind SYN", "hex digits are in lower case")
        pnum, pno = int(digits[:3], 16), int(digits[3:], 16)
        if not 1 <= pno <= pnum:
            self.note(
                "split_numbers", "behind SYN", f"part {pno} of {pnum} is no possible number", syntax=True
            )
        return frame.body[size:], pnum, pno

    def _check_body(self, body: Body, station: str) -> None:
        group = next((group for group in body.groups if group.lead.strip() in ("F1", "ST")), None)
        if group is None:
            return
        if group.definition is None:
            words = group.data.split()
            named = words[0].decode("latin-1").upper() if words else ""
        else:
            named = group.data[:5].hex().upper()
        if named != station:
            self.note("other_station", "group F1", f"the body names station {named}, the header {station}")
