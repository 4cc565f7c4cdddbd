"""Code tables of SL 651-2014: elements (table C.1), functions (B.1), station classes (A.1), control characters."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

ElementKind = Literal[
    "number",  # binary-coded decimal
    "bits",  # an unsigned binary number
    "rain_series",  # twelve bytes, 0.1 mm each
    "level_series",  # twelve pairs of bytes, 0.01 m each
    "step",  # days, hours, minutes between the values of a series
    "time",
    "address",
    "text",
    "picture",
    "batch",
]
Layout = Literal["elements", "series", "parameters", "identifiers", "rest"]
EndMark = Literal["ETX", "ETB", "ENQ", "EOT", "ACK", "NAK", "ESC"]

STX = 0x02
SYN = 0x16

END_MARKS: Mapping[EndMark, int] = MappingProxyType(
    {"ETX": 0x03, "ETB": 0x17, "ENQ": 0x05, "EOT": 0x04, "ACK": 0x06, "NAK": 0x15, "ESC": 0x1B}
)
"""Control characters that end a frame. Up: ETX last, ETB more follow. Down: ENQ asks, EOT done and leave, ESC done and
stay on line, ACK go on, NAK send again."""

STATION_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "P": "rain",
        "H": "river",
        "K": "reservoir or lake",
        "Z": "gate or dam",
        "D": "pump",
        "T": "tide",
        "M": "soil moisture",
        "G": "groundwater",
        "Q": "water quality",
        "I": "intake",
        "O": "outlet",
    }
)
"""Station classes (测站分类码): the letter, which is also the byte in HEX frames."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element (要素) of table C.1.

    ``lead`` is the lead-in byte in hex (HEX frames), ``symbol`` the name in ASCII frames; ``key`` is the quantity's name
    in riverkit (``"codmn"``), None where it has none. ``digits`` and ``decimals`` are the format a writer uses, 0 for what
    is no number: a reader obeys the definition byte of the packet instead.
    """

    lead: str
    symbol: str
    key: str | None
    name_zh: str
    name: str
    unit: str
    kind: ElementKind
    digits: int
    decimals: int


@dataclass(frozen=True, slots=True)
class Function:
    """One function code (功能码) of table B.1. ``up`` and ``down`` tell how the body is built; None: not sent that way."""

    code: str
    name: str
    name_zh: str
    up: Layout | None
    down: Layout | None


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@cache
def elements() -> Mapping[str, Element]:
    """Table C.1 by lead-in byte in upper-case hex: 131 elements."""
    return MappingProxyType(
        {
            row["lead"]: Element(
                lead=row["lead"],
                symbol=row["symbol"],
                key=row["key"] or None,
                name_zh=row["name_zh"],
                name=row["name"],
                unit=row["unit"],
                kind=row["kind"],  # type: ignore[arg-type]
                digits=int(row["digits"] or 0),
                decimals=int(row["decimals"] or 0),
            )
            for row in _rows("elements.csv")
        }
    )


@cache
def functions() -> Mapping[str, Function]:
    """Table B.1 by function code in upper-case hex: 30 functions."""
    table = {}
    for row in _rows("functions.csv"):
        up, down = row.pop("up") or None, row.pop("down") or None
        table[row["code"]] = Function(**row, up=up, down=down)  # type: ignore[arg-type]
    return MappingProxyType(table)


@cache
def _by_symbol() -> Mapping[str, Element]:
    return {element.symbol: element for element in elements().values()}


def element_of(lead: str) -> Element | None:
    """The element of a lead-in byte in upper-case hex (``"4C"``); None for what is not in the table."""
    return elements().get(lead)


def element_named(symbol: str) -> Element | None:
    """The element of a symbol in an ASCII frame (``"NH4N"``); None for what is not in the table.

    The symbols of time steps carry their length: DRD01 (days), DRH06 (hours), DRN05 (minutes).
    """
    if len(symbol) == 5 and symbol[:3] in ("DRD", "DRH", "DRN") and symbol[3:].isdecimal():
        symbol = "DRxnn"
    return _by_symbol().get(symbol)
