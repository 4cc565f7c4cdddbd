"""The groups of a body, and the values in them."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from ._codes import Element, ElementKind, element_named, element_of
from ._times import read_time


class Group(NamedTuple):
    """One group of a body: an identifier and its data, as sent.

    HEX: ``lead`` is the lead-in byte in hex (``"39"``; ``"FF11"`` for private ones), ``definition`` the byte after it
    (high five bits: bytes of data, low three: decimals; for times, stations, texts and pictures the lead-in again). ASCII:
    ``lead`` is the symbol, ``definition`` None, and ``data`` keeps the spaces.
    """

    lead: str
    definition: int | None
    data: bytes

    @property
    def element(self) -> Element | None:
        """What table C.1 says of it; None for what is not in the table."""
        # Spaces before the first symbol of a body belong to no group: they are kept with its symbol.
        return element_named(self.lead.strip()) if self.definition is None else element_of(self.lead)

    def is_a(self, kind: ElementKind) -> bool:
        """True if it is in table C.1 and of that kind."""
        element = self.element
        return element is not None and element.kind == kind

    @property
    def time(self) -> datetime | None:
        """The time that a group of the kind "time" tells; None if it is impossible."""
        return read_time(self.data.decode("latin-1").strip() if self.definition is None else self.data.hex())


class ElementValue(NamedTuple):
    """One value of one element.

    ``value`` None means that the packet says "no valid value" (all F), not zero. ``lead`` and ``symbol`` are
    those of table C.1; for elements outside it ``lead`` is what was sent, ``symbol`` "" and ``key`` None. ``key`` is
    riverkit's name of the quantity. ``unit`` is the table's: for water quality that of
    the quality standards. For a mean or sum ``observed_at`` is the **end** of its period, in China Standard Time.
    """

    lead: str
    symbol: str
    key: str | None
    value: Decimal | None
    unit: str
    observed_at: datetime | None
