"""The file of HJ 212 test vectors: packets from the standard, from the field and made, each with a verdict."""

import re
from dataclasses import dataclass
from pathlib import Path

FILE = "telemetry/hj212_packets.txt"
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([rnt\\]))")
_ESCAPED = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}


@dataclass(frozen=True)
class Vector:
    """``verdict`` is valid, invalid, quirk, lenient, stream or split; a file may hold others."""

    name: str
    verdict: str
    note: str
    frame: bytes


def read_vectors(path: Path) -> list[Vector]:
    """The vectors of a file: lines of name, verdict, source, note and packet, separated by tabs."""
    found = []
    for line in path.read_text("utf-8").split("\n"):
        if line and not line.startswith("#"):
            name, verdict, _source, note, text = line.split("\t")
            found.append(Vector(name, verdict, note, _ESCAPE.sub(_unescaped, text.encode())))
    return found


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode()) if match[1] else _ESCAPED[match[2]]
