"""The supplied SL 651 vectors, own vectors with their derivation, and the strategies by which packets are made."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import strategies as st
from riverkit.protocols.sl651 import END_MARKS, Group, Packet, elements

# Written by hand from the standard's tables: an upload of a water-quality station (class 51), field by field, and the
# centre's answer. Their check codes were computed by the eight shifts a byte of `check_code` below.
UPLOAD = bytes.fromhex(
    "7E7E 01 0012345678 1234 32 0031 02"  # start, centre, station, password, function, up + 49 bytes, STX
    "0001 250701080005"  # serial number, sent 2025-07-01 08:00:05
    "F1F1 0012345678 51 F0F0 2507010800"  # station and class, observed 08:00
    "0311 0123 4612 0762 4711 0091"  # 12.3 degrees, pH 7.62, DO 9.1
    "4C1A 000021 4D1B 000080 3812 1215"  # NH4-N 0.21, TP 0.080, battery 12.15 V
    "03 08E6"  # ETX, check code
)
ANSWER = bytes.fromhex("7E7E 0012345678 01 1234 32 8008 02 0001 250701080006 04 EF8B")
# The same upload in ASCII: 0x60 = 4 + 12 digits and 80 characters of groups stand between STX and ETX.
ASCII_UPLOAD = (
    b"\x01" + b"01001234567812343200" + b"60\x020001250701080005"
    b"ST 0012345678 Q TT 2507010800 C 12.3 pH 7.62 DO 9.1 NH4N 0.21 TP 0.080 VT 12.15 \x034128"
)


def check_code(data: bytes) -> int:
    """CRC-16/MODBUS as printed: eight shifts for each byte."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return register


def hex_frame(
    body: bytes, function: int = 0x32, *, end: int = 0x03, split: bytes = b"", down: bool = False
) -> bytes:
    """A HEX frame around a body, with the addresses of UPLOAD."""
    addresses = ANSWER[2:8] if down else UPLOAD[2:8]
    length = len(body) + len(split) | (0x8000 if down else 0)
    frame = b"\x7e\x7e" + addresses + b"\x12\x34" + bytes([function]) + length.to_bytes(2, "big")
    frame += (b"\x16" + split if split else b"\x02") + body + bytes([end])
    return frame + check_code(frame).to_bytes(2, "big")


def ascii_frame(body: bytes, function: bytes = b"32", *, end: bytes = b"\x03") -> bytes:
    """An ASCII frame around a body, with the addresses of UPLOAD."""
    frame = b"\x010100123456781234" + function + b"%04X\x02" % len(body) + body + end
    return frame + b"%04X" % check_code(frame)


FRONT = bytes.fromhex("0001250701080005")
PLACE = bytes.fromhex("F1F1001234567851F0F02507010800")


@dataclass(frozen=True)
class Vector:
    verdict: str
    function: str
    frame: bytes


@pytest.fixture(scope="session")
def vectors(data_dir: Path) -> list[Vector]:
    path = data_dir / "telemetry" / "sl651_frames.txt"
    if not path.is_file():
        pytest.skip(f"no {path}")
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [Vector(row[0], row[1], bytes.fromhex(row[4])) for row in rows]


_numbers = [element for element in elements().values() if element.kind == "number"]
_words = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ .-", max_size=20).map(str.encode)


@st.composite
def _values(draw: st.DrawFn, encoding: str) -> Group:
    element = draw(st.sampled_from(_numbers))
    size = (element.digits + 1) // 2
    number = draw(st.integers(0, 10**element.digits - 1))
    if encoding == "ascii":
        text = f"{number / 10**element.decimals:.{element.decimals}f}"
        return Group(element.symbol, None, f" {text} ".encode())
    digits = f"{number:0{2 * size}d}"
    negative = draw(st.booleans())
    data = bytes.fromhex("ff" + digits if negative else draw(st.sampled_from([digits, "ff" * size])))
    return Group(element.lead, len(data) << 3 | element.decimals, data)


@st.composite
def make_packets(draw: st.DrawFn) -> Packet:
    """Packets as a correct station or centre may send them."""
    encoding = draw(st.sampled_from(["hex", "ascii"]))
    direction = draw(st.sampled_from(["up", "down"]))
    centre = draw(st.integers(1, 255))
    station = draw(st.integers(0, 10**8 - 1).map("00{:08d}".format))
    moment = draw(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001
    sent = f"{moment:%y%m%d%H%M%S}"
    groups: list[Group] = []
    rest = b""
    if direction == "up":
        if encoding == "hex":
            place = [
                Group("F1", 0xF1, bytes.fromhex(station) + b"Q"),
                Group("F0", 0xF0, bytes.fromhex(sent[:10])),
            ]
        else:
            place = [
                Group("ST", None, f" {station} Q ".encode()),
                Group("TT", None, f" {sent[:10]} ".encode()),
            ]
        kind = draw(st.sampled_from(["values", "rest"]))
        if kind == "values":
            groups = place + draw(st.lists(_values(encoding), max_size=8))
        else:
            rest = draw(_words.filter(lambda text: not text.startswith((b"ST", b" "))))
        function = draw(st.sampled_from(["30", "32", "33", "37"])) if kind == "values" else "45"
        end = draw(st.sampled_from(["ETX", "ETB"]))
    else:
        function = draw(st.sampled_from(["32", "37", "51", "E0"]))
        end = draw(st.sampled_from([name for name in END_MARKS if name not in ("ETX", "ETB")]))
    pnum = draw(st.none() | st.integers(1, 0xFFF)) if direction == "up" else None
    pno = None if pnum is None else draw(st.integers(1, pnum))
    later = pno is not None and pno > 1
    return Packet(
        encoding=encoding,  # type: ignore[arg-type]
        direction=direction,  # type: ignore[arg-type]
        centre=centre,
        station=station,
        password=f"{draw(st.integers(0, 0xFFFF)):04X}",
        function=function,
        end=end,
        serial=None if later else draw(st.integers(0, 0xFFFF)),
        sent=None if later else sent,
        pnum=pnum,
        pno=pno,
        groups=() if later else tuple(groups),
        rest=rest,
    )
