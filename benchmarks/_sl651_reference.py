"""A plain decoder of SL 651 HEX frames, line by line as the standard reads: the peer of riverkit's.

It does what a straightforward receiver does: the printed eight shifts a byte for the check code, one element after the
other by its definition byte, a number and a time for each. It checks no digits, names no deviations, knows no ASCII
frames, series or split messages, and finds no frames in a stream.
"""

from datetime import datetime
from decimal import Decimal


def check_code(data: bytes) -> int:
    """CRC-16/MODBUS, bit by bit."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            if register & 1:
                register = (register >> 1) ^ 0xA001
            else:
                register >>= 1
    return register


def decode(frame: bytes) -> dict[str, object]:
    """Header, times and elements (lead-in to value) of a frame that goes up; ValueError if it is none."""
    if frame[0] != 0x7E or frame[1] != 0x7E:
        raise ValueError("start")
    length = (frame[11] << 8 | frame[12]) & 0x0FFF
    end = 14 + length
    if len(frame) != end + 3:
        raise ValueError("length")
    if check_code(frame[: end + 1]) != (frame[end + 1] << 8 | frame[end + 2]):
        raise ValueError("check code")
    packet: dict[str, object] = {
        "centre": frame[2],
        "station": frame[3:8].hex(),
        "password": frame[8:10].hex(),
        "function": frame[10],
        "serial": frame[14] << 8 | frame[15],
        "sent": _time(frame[16:22]),
        "end": frame[end],
    }
    elements: dict[str, Decimal | None] = {}
    position = 22
    while position < end:
        lead = frame[position]
        if lead == 0xF1:
            packet["class"] = frame[position + 7]
            position += 8
        elif lead == 0xF0:
            packet["observed"] = _time(frame[position + 2 : position + 7])
            position += 7
        else:
            size = frame[position + 1] >> 3
            decimals = frame[position + 1] & 0x07
            data = frame[position + 2 : position + 2 + size]
            elements[f"{lead:02X}"] = _number(data, decimals)
            position += 2 + size
    packet["elements"] = elements
    return packet


def _time(data: bytes) -> datetime:
    year, month, day, hour, minute = ((byte >> 4) * 10 + (byte & 0x0F) for byte in data[:5])
    second = (data[5] >> 4) * 10 + (data[5] & 0x0F) if len(data) > 5 else 0
    return datetime(2000 + year, month, day, hour, minute, second)  # noqa: DTZ001


def _number(data: bytes, decimals: int) -> Decimal | None:
    if all(byte == 0xFF for byte in data):
        return None
    negative = data[0] == 0xFF
    number = 0
    for byte in data[1:] if negative else data:
        number = number * 100 + (byte >> 4) * 10 + (byte & 0x0F)
    value = Decimal(number).scaleb(-decimals)
    return -value if negative else value
