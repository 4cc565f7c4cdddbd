"""Frames: ``##`` + four digits + segment + four hex digits. Which bytes are one, and why others are not."""

import re
from itertools import islice
from typing import NamedTuple

from .._common import Deviation
from ._crc import crc
from ._errors import Hj212Error

HEADER_BYTES = 6
CRC_BYTES = 4
LONGEST_SEGMENT = 9999  # what four digits can announce
HEADER = re.compile(rb"##[0-9]{4}")
_SEGMENT_END = re.compile(rb"&&([0-9A-Fa-f]{4})")
# A segment is at most 1024 bytes in the standard; beyond twice that an end belongs to another packet.
_END_WINDOW = 2048
_MOST_ENDS = 16
_LOWER_CASE_CRC = Deviation("lower_case_crc", "check code", "the check code is in lower case")
_IN_CHARACTERS = Deviation("length_in_characters", "length field", "the length counts characters, not bytes")


class Frame(NamedTuple):
    """One frame whose length and check code agree; ``end`` is where it ends in the buffer, without its line end."""

    segment: bytes
    end: int
    deviations: tuple[Deviation, ...]


def stated_length(buffer: bytes | bytearray, start: int) -> int:
    """The four digits after ``##`` at ``start``; the caller has matched HEADER there."""
    return int(buffer[start + 2 : start + HEADER_BYTES])


def frame_in_bytes(buffer: bytes | bytearray, start: int) -> Frame | None:
    """The frame at ``start`` if its length counts bytes and its code is right. The buffer must reach its end."""
    end = start + HEADER_BYTES + stated_length(buffer, start)
    return _frame_ending_at(buffer, start, end, in_characters=False)


def frame_in_characters(buffer: bytes | bytearray, start: int) -> Frame | None:
    """The frame at ``start`` if its length counts characters of UTF-8 and its code is right."""
    end = end_in_characters(buffer, start)
    return _frame_ending_at(buffer, start, end, in_characters=True)


def end_in_characters(buffer: bytes | bytearray, start: int) -> int:
    """Where the segment at ``start`` ends if its length counts characters of UTF-8.

    While the buffer holds too few characters this is the least end still possible, beyond the buffer.
    """
    position = start + HEADER_BYTES
    missing = stated_length(buffer, start)
    while missing and position < len(buffer):
        # A character has at least one byte: so many bytes can be taken without going too far.
        chunk = buffer[position : position + missing]
        position += len(chunk)
        missing -= sum(byte & 0xC0 != 0x80 for byte in chunk)
    while position < len(buffer) and buffer[position] & 0xC0 == 0x80:
        position += 1  # the rest of the last character
    return position + missing


def _frame_ending_at(buffer: bytes | bytearray, start: int, end: int, *, in_characters: bool) -> Frame | None:
    closing = _SEGMENT_END.match(buffer, max(end - 2, start + HEADER_BYTES))
    if closing is None:
        return None
    segment = bytes(buffer[start + HEADER_BYTES : end])
    text = closing[1]
    if crc(segment) != int(text, 16):
        return None
    deviations: tuple[Deviation, ...] = () if text == text.upper() else (_LOWER_CASE_CRC,)
    if in_characters:
        deviations += (_IN_CHARACTERS,)
    return Frame(segment, end + CRC_BYTES, deviations)


def diagnose(buffer: bytes | bytearray, start: int) -> Hj212Error:
    """Why there is no frame at the header at ``start``: a wrong length, a wrong check code, or no end."""
    length = stated_length(buffer, start)
    first = start + HEADER_BYTES
    # Hostile bytes may hold thousands of ends, and each costs a check code of what precedes it.
    window = first + max(length, 1024) + _END_WINDOW
    ends = list(islice(_SEGMENT_END.finditer(buffer, first, window), _MOST_ENDS))
    for match in ends:
        segment = bytes(buffer[first : match.start() + 2])
        if crc(segment) == int(match.group(1), 16):
            return Hj212Error(
                "length",
                f"the header announces {length} bytes, the segment has {len(segment)}",
                where="length field",
                cure="count the bytes from QN= to the closing &&",
            )
    if not ends:
        return Hj212Error(
            "unfinished",
            "no closing && with a check code follows the header",
            where="end of the frame",
            cure="send the whole packet again",
        )
    # "CP=&&" is followed by data, whose first characters may look like hex digits: the last end is the likely one.
    match = next((end for end in ends if end.start() + 2 - first == length), ends[-1])
    computed = crc(bytes(buffer[first : match.start() + 2]))
    found = match.group(1).decode()
    swapped = int(found, 16) == (computed >> 8 | (computed & 0xFF) << 8)
    cure = (
        "write the high byte first"
        if swapped
        else "compute it over the segment's bytes as in annex A (not Modbus)"
    )
    return Hj212Error(
        "crc", f"the check code is {found}, the segment gives {computed:04X}", where="check code", cure=cure
    )
