"""Frames: which bytes are one, by length, end mark and check code; and why others are not."""

import re
from typing import NamedTuple

from ._codes import END_MARKS, SYN, EndMark
from ._crc import crc, crc_after
from ._errors import Sl651Error
from ._packet import Encoding

HEX_START = b"\x7e\x7e"
ASCII_START = b"\x01"
_HEX_HEADER_BYTES = 14  # from the start to the mark before the body, both included
_ASCII_HEADER_BYTES = 24
LONGEST_HEADER = _ASCII_HEADER_BYTES
_HEX_TAIL_BYTES = 3  # end mark and check code
_ASCII_TAIL_BYTES = 5
LONGEST_BODY = 0xFFF  # what twelve bits can announce

# The high four bits of the length field tell the direction: 0 up, 8 down.
HEADER = re.compile(
    rb"\x7e(?=\x7e.{9}[\x00-\x0f\x80-\x8f].[\x02\x16])"
    rb"|\x01(?=[0-9A-Fa-f]{18}[08][0-9A-Fa-f]{3}[\x02\x16])",
    re.DOTALL,
)
HEADER_BEGUN = re.compile(rb"(?:\x7e|\x7e\x7e.{0,11}|\x01[0-9A-Fa-f]{0,22})\Z", re.DOTALL)
_MARK_NAMES: dict[int, EndMark] = {byte: name for name, byte in END_MARKS.items()}
_CRC_TEXT = re.compile(rb"[0-9A-Fa-f]{4}")


class Frame(NamedTuple):
    """One frame whose length, end mark and check code agree.

    ``head`` is the text in hex digits of what stands between start and length, in the order sent: addresses, password,
    function; ``body`` reaches from behind the mark to the end mark.
    """

    encoding: Encoding
    down: bool
    head: str
    split: bool
    body: bytes
    end: EndMark
    stop: int
    lower_case: bool


def _is_hex(buffer: bytes | bytearray, start: int) -> bool:
    return buffer[start] == HEX_START[0]


def _length_field(buffer: bytes | bytearray, start: int) -> int:
    if _is_hex(buffer, start):
        return buffer[start + 11] << 8 | buffer[start + 12]
    return int(buffer[start + 19 : start + 23], 16)


def frame_stop(buffer: bytes | bytearray, start: int) -> int:
    """Where the frame at ``start`` ends by its length; the caller has matched HEADER there."""
    length = _length_field(buffer, start) & LONGEST_BODY
    if _is_hex(buffer, start):
        return start + _HEX_HEADER_BYTES + length + _HEX_TAIL_BYTES
    return start + _ASCII_HEADER_BYTES + length + _ASCII_TAIL_BYTES


def frame_at(buffer: bytes | bytearray, start: int) -> Frame | None:
    """The frame at ``start`` if its end mark and check code are right. The buffer must reach its end."""
    field = _length_field(buffer, start)
    length = field & LONGEST_BODY
    in_hex = _is_hex(buffer, start)
    begin = start + (_HEX_HEADER_BYTES if in_hex else _ASCII_HEADER_BYTES)
    mark = _MARK_NAMES.get(buffer[begin + length])
    if mark is None:
        return None
    checked = bytes(buffer[start : begin + length + 1])
    lower_case = False
    if in_hex:
        stop = begin + length + _HEX_TAIL_BYTES
        stated = buffer[stop - 2] << 8 | buffer[stop - 1]
        head = checked[2:11].hex().upper()
    else:
        stop = begin + length + _ASCII_TAIL_BYTES
        code = bytes(buffer[stop - 4 : stop])
        if _CRC_TEXT.fullmatch(code) is None:
            return None
        stated = int(code, 16)
        written = checked[1:23] + code
        lower_case = written != written.upper()
        head = checked[1:19].decode().upper()
    if crc(checked) != stated:
        return None
    return Frame(
        encoding="hex" if in_hex else "ascii",
        down=field > LONGEST_BODY,
        head=head,
        split=checked[begin - start - 1] == SYN,
        body=checked[begin - start : -1],
        end=mark,
        stop=stop,
        lower_case=lower_case,
    )


def diagnose(raw: bytes) -> Sl651Error:
    """Why there is no frame at the header with which ``raw`` begins: a wrong length or check code, or no end."""
    length = _length_field(raw, 0) & LONGEST_BODY
    in_hex = _is_hex(raw, 0)
    begin = _HEX_HEADER_BYTES if in_hex else _ASCII_HEADER_BYTES
    register = 0xFFFF
    for position, byte in enumerate(raw):
        register = crc_after(register, byte)
        if position < begin or byte not in _MARK_NAMES:
            continue
        code = raw[position + 1 : position + 3] if in_hex else raw[position + 1 : position + 5].upper()
        if code == (register.to_bytes(2, "big") if in_hex else b"%04X" % register):
            return Sl651Error(
                "length",
                f"the header announces {length} bytes, the body has {position - begin}",
                where="length field",
                cure="count the bytes between the mark before the body and the end mark",
            )
    if len(raw) < frame_stop(raw, 0):
        return Sl651Error(
            "unfinished",
            f"the header announces {length} bytes of body, the frame breaks off",
            where="end of the frame",
            cure="send the whole packet again",
        )
    if raw[begin + length] not in _MARK_NAMES:
        return Sl651Error(
            "end_mark",
            f"byte {raw[begin + length]:02X} ends the body",
            where=f"byte {begin + length}",
            cure="end it with ETX, ETB, ENQ, EOT, ACK, NAK or ESC, and count its bytes",
        )
    computed = crc(raw[: begin + length + 1])
    tail = raw[begin + length + 1 : frame_stop(raw, 0)]
    stated = tail.hex().upper() if in_hex else tail.decode("latin-1")
    swapped = stated.upper() == f"{(computed & 0xFF) << 8 | computed >> 8:04X}"
    cure = (
        "write the high byte first"
        if swapped
        else "compute CRC-16/MODBUS from the start mark to the end mark, both included"
    )
    return Sl651Error(
        "crc", f"the check code is {stated}, the frame gives {computed:04X}", where="check code", cure=cure
    )
