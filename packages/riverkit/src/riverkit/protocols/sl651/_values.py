"""The measured values in a packet's groups: numbers from digits, times for every value of a series."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from ._codes import Element
from ._groups import ElementValue, Group

NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
VOID = re.compile(rb"F+")
_EXPONENTS = tuple(f"E-{decimals}" for decimals in range(8))
_FIVE_MINUTES = timedelta(minutes=5)
_STEP_UNITS = {"D": "days", "H": "hours", "N": "minutes"}
# An element whose values are fixed in table C.1: bytes of one value, decimals.
_FIXED = {"rain_series": (1, 1), "level_series": (2, 2)}


def bcd_value(digits: str, decimals: int) -> Decimal | None:
    """The number that hex digits of packed decimals mean; None for all F (no valid value).

    A leading FF is the minus sign. Raises ValueError for other letters.

        assert bcd_value("0762", 2) == Decimal("7.62")
        assert bcd_value("ff0345", 3) == Decimal("-0.345")
        assert bcd_value("ffff", 1) is None
    """
    if digits.isdigit():
        return Decimal(digits + _EXPONENTS[decimals])
    if not digits.strip("f"):
        return None
    if digits.startswith("ff") and digits[2:].isdigit():
        return Decimal(f"-{digits[2:]}{_EXPONENTS[decimals]}")
    raise ValueError(f"{digits} are no packed decimal digits")


def read_values(groups: tuple[Group, ...], function: str) -> list[ElementValue]:
    """All values in the groups of a packet; see Packet.values."""
    if "40" <= function <= "43":
        return []
    reader = _Reader(series=function in ("31", "38"))
    for group in groups:
        reader.read(group)
    return reader.found


class _Reader:
    """Goes through the groups and remembers the time that holds, and the step of a series."""

    def __init__(self, *, series: bool) -> None:
        self.series = series
        self.found: list[ElementValue] = []
        self.observed_at: datetime | None = None
        self.step: timedelta | None = None
        # Symbols of an ASCII series that still wait for values.
        self.named: list[tuple[str, Element | None]] = []

    def read(self, group: Group) -> None:
        element, definition = group.element, group.definition
        kind = element.kind if element else "number"
        if kind == "number" and definition is not None:
            self._read_numbers(group, element, definition)
        elif kind == "number":
            self._read_words(group, element)
        elif kind == "time":
            self.observed_at = group.time
        elif kind == "step":
            self.step = _step(group)
        elif kind in ("bits", "rain_series", "level_series"):
            self._read_binary(group, element)

    def _read_numbers(self, group: Group, element: Element | None, definition: int) -> None:
        digits, size = group.data.hex(), definition >> 3 << 1
        if len(digits) == size:
            self._add(group.lead, element, _bcd_or_none(digits, definition & 7), self.observed_at)
            return
        for index, begin in enumerate(range(0, len(digits), size) if size else ()):
            value = _bcd_or_none(digits[begin : begin + size], definition & 7)
            self._add(group.lead, element, value, self._time_of(index, self.step))

    def _read_binary(self, group: Group, element: Element | None) -> None:
        data = group.data
        if group.definition is None:
            try:
                data = bytes.fromhex(data.decode("ascii"))
            except ValueError:  # no hex digits: the group keeps what was sent
                return
        if element is None or not data:
            return
        if element.kind == "bits":
            self._add(group.lead, element, Decimal(int.from_bytes(data, "big")), self.observed_at)
            return
        size, decimals = _FIXED[element.kind]
        void = (1 << 8 * size) - 1
        for index in range(len(data) // size):
            number = int.from_bytes(data[index * size : (index + 1) * size], "big")
            value = None if number == void else Decimal(f"{number}E-{decimals}")
            self._add(group.lead, element, value, self._time_of(index, _FIVE_MINUTES))

    def _read_words(self, group: Group, element: Element | None) -> None:
        words = group.data.split()
        if not words and self.series:
            self.named.append((group.lead, element))
            return
        # A series names its elements once and then sends one value of each, again and again.
        names = [*self.named, (group.lead, element)]
        self.named = []
        for index, word in enumerate(words):
            lead, known = names[index % len(names)]
            value = Decimal(word.decode()) if NUMBER.fullmatch(word) else None
            self._add(lead, known, value, self._time_of(index // len(names), self.step))

    def _time_of(self, index: int, step: timedelta | None) -> datetime | None:
        if index == 0 or self.observed_at is None:
            return self.observed_at
        try:
            return None if step is None else self.observed_at + index * step
        except OverflowError:  # an absurd step leads beyond the calendar
            return None

    def _add(self, lead: str, element: Element | None, value: Decimal | None, when: datetime | None) -> None:
        if element is None:
            self.found.append(ElementValue(lead, "", None, value, "", when))
        else:
            self.found.append(
                ElementValue(element.lead, element.symbol, element.key, value, element.unit, when)
            )


def _bcd_or_none(digits: str, decimals: int) -> Decimal | None:
    try:
        return bcd_value(digits, decimals)
    except ValueError:
        return None


def _step(group: Group) -> timedelta | None:
    if group.definition is None:
        return timedelta(**{_STEP_UNITS[group.lead[2]]: int(group.lead[3:])})
    digits = group.data.hex()
    if len(digits) != 6 or not digits.isdigit():
        return None
    return timedelta(days=int(digits[:2]), hours=int(digits[2:4]), minutes=int(digits[4:]))
