"""What a camera wrote into a photo: when and where it was taken, and by what device. Pure.

Only what is needed of Exif 2.3 in JPEG; a photo that says nothing, or is damaged there, simply tells nothing.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

_MODEL, _EXIF, _GPS = 0x0110, 0x8769, 0x8825
_TAKEN, _OFFSET = 0x9003, 0x9011
_LAT_REF, _LAT, _LON_REF, _LON = 1, 2, 3, 4
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_MOST_FIELDS = 500
_OFFICE = "+08:00"


@dataclass(frozen=True)
class Exif:
    """What a photo says of itself; a time without a zone is that of the office."""

    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    device: str = ""


def read(content: bytes) -> Exif:
    """What a JPEG says of itself; nothing of any other file."""
    for segment in _segments(content):
        if segment.startswith(b"Exif\0\0"):
            try:
                return _told(segment[6:])
            except (struct.error, ValueError, KeyError, IndexError, ZeroDivisionError, OverflowError):
                return Exif()
    return Exif()


def _segments(content: bytes) -> Iterator[bytes]:
    """The application segments of a JPEG, which stand before its picture."""
    if not content.startswith(b"\xff\xd8"):
        return
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] != 0xDA:
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if content[place + 1] == 0xE1:
            yield content[place + 4 : place + 2 + length]
        place += 2 + max(length, 2)


def _told(tiff: bytes) -> Exif:
    order = {b"II": "<", b"MM": ">"}[tiff[:2]]
    first = _fields(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0])
    shot = _fields(tiff, order, _number(first, _EXIF, order)) if _EXIF in first else {}
    place = _fields(tiff, order, _number(first, _GPS, order)) if _GPS in first else {}
    lat = _degrees(place, _LAT, _LAT_REF, order, b"S")
    lon = _degrees(place, _LON, _LON_REF, order, b"W")
    known = (
        lat is not None and lon is not None and (abs(lat) <= 90 and abs(lon) <= 180) and (lat, lon) != (0, 0)
    )
    return Exif(
        taken_at=_time(_text(shot, _TAKEN), _text(shot, _OFFSET)),
        lon=lon if known else None,
        lat=lat if known else None,
        device=_text(first, _MODEL)[:80],
    )


def _fields(tiff: bytes, order: str, start: int) -> dict[int, bytes]:
    """The fields of a directory, as bytes."""
    found = {}
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for index in range(min(count, _MOST_FIELDS)):
        tag, kind, n, _ = struct.unpack_from(f"{order}HHII", tiff, start + 2 + 12 * index)
        size = _SIZES.get(kind, 0) * n
        at = start + 10 + 12 * index
        if size > 4:
            (at,) = struct.unpack_from(f"{order}I", tiff, at)
        if size and at + size <= len(tiff):
            found[tag] = tiff[at : at + size]
    return found


def _number(fields: dict[int, bytes], tag: int, order: str) -> int:
    number: int = struct.unpack_from(f"{order}I", fields[tag])[0]
    return number


def _text(fields: dict[int, bytes], tag: int) -> str:
    return fields.get(tag, b"").split(b"\0")[0].decode("ascii", errors="ignore").strip()


def _degrees(fields: dict[int, bytes], tag: int, ref: int, order: str, negative: bytes) -> float | None:
    """Degrees out of three ratios: degrees, minutes, seconds."""
    if tag not in fields:
        return None
    parts = struct.unpack_from(f"{order}6I", fields[tag])
    value: float = sum(parts[2 * i] / parts[2 * i + 1] / 60**i for i in range(3))
    return -value if fields.get(ref, b"").startswith(negative) else value


def _time(text: str, offset: str) -> datetime | None:
    """A time such as "2026:11:20 12:00:00", with its zone where one is given such as "+08:00"."""
    if not text or text.startswith("0000"):
        return None
    return datetime.strptime(f"{text} {offset or _OFFICE}", "%Y:%m:%d %H:%M:%S %z")
