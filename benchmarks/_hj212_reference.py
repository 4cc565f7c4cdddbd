"""A plain HJ 212 decoder to measure against: the standard's text line by line, in straightforward Python.

It does what a reader of one faultless packet must do: length, check code, header, every item of the data area, numbers
as Decimal, times as datetime, data flags. It knows no lenient mode, no factor table and no streams.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

_FLAGS = ("N", "F", "M", "S", "D", "C", "T", "B")
_KINDS = ("Rtd", "Avg", "Min", "Max", "Cou")


def crc_as_printed(segment: bytes) -> int:
    """The check code by the steps of annex A: eight shifts for every byte."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            low_bit = register & 1
            register >>= 1
            if low_bit:
                register ^= 0xA001
    return register


def _shifted(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


_TABLE = [_shifted(value) for value in range(256)]


def crc_by_table(segment: bytes) -> int:
    """The same code with the eight shifts looked up: one step for every byte."""
    register = 0xFFFF
    for byte in segment:
        register = _TABLE[(register >> 8) ^ byte]
    return register


@dataclass
class ReferenceValue:
    """One measured value."""

    code: str
    kind: str
    value: Decimal
    flag: str | None
    sample_time: datetime | None


@dataclass
class ReferencePacket:
    """What a packet says."""

    header: dict[str, str]
    sent: datetime
    data_time: datetime
    values: list[ReferenceValue]


def read_packet(line: bytes, crc: Callable[[bytes], int]) -> ReferencePacket:
    """Read one packet of measurements; ValueError for what is not one."""
    line = line.rstrip(b"\r\n")
    if not line.startswith(b"##"):
        raise ValueError("no ##")
    length = int(line[2:6])
    segment = line[6 : 6 + length]
    if len(segment) != length or len(line) != length + 10:
        raise ValueError("wrong length")
    if crc(segment) != int(line[-4:], 16):
        raise ValueError("wrong check code")
    head, area = segment.decode("utf-8").split("CP=&&", 1)
    if not area.endswith("&&"):
        raise ValueError("data area not closed")
    header = {}
    for field in head.rstrip(";").split(";"):
        name, value = field.split("=", 1)
        header[name] = value
    for name in ("ST", "CN", "PW", "MN"):
        if not header.get(name):
            raise ValueError(f"no {name}")
    if not 0 <= int(header["Flag"]) <= 255:
        raise ValueError("impossible Flag")
    sent = datetime.strptime(header["QN"] + "000", "%Y%m%d%H%M%S%f")  # noqa: DTZ007
    data_time = None
    values = []
    for group in area[:-2].split(";"):
        pairs = {}
        for item in group.split(","):
            key, value = item.split("=", 1)
            pairs[key] = value
        if "DataTime" in pairs:
            data_time = datetime.strptime(pairs["DataTime"], "%Y%m%d%H%M%S")  # noqa: DTZ007
            continue
        for key, value in pairs.items():
            code, kind = key.rsplit("-", 1)
            if kind in _KINDS:
                flag = pairs.get(f"{code}-Flag")
                if flag is not None and flag not in _FLAGS:
                    raise ValueError("unknown data flag")
                sampled = pairs.get(f"{code}-SampleTime")
                sample_time = datetime.strptime(sampled, "%Y%m%d%H%M%S") if sampled else None  # noqa: DTZ007
                values.append(ReferenceValue(code, kind, Decimal(value), flag, sample_time))
    if data_time is None:
        raise ValueError("no DataTime")
    return ReferencePacket(header, sent, data_time, values)
