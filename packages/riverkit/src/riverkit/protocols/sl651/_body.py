"""Bodies: from bytes to groups. What cannot be understood stays raw; nothing here refuses a packet.

Two writings: HEX bodies are walked by lead-in and definition bytes, ASCII bodies by words between spaces.
"""

import re
from functools import cache
from typing import NamedTuple

from .._common import Deviation
from ._codes import STATION_CLASSES, Layout, element_named, element_of, functions
from ._groups import Group
from ._packet import Direction, Encoding
from ._values import NUMBER, VOID, bcd_value

_STEP, _TIME, _ADDRESS, _TEXT, _PICTURE, _BATCH, _RESERVED, _PRIVATE = (
    0x04,
    0xF0,
    0xF1,
    0xF2,
    0xF3,
    0xFD,
    0xFE,
    0xFF,
)
_STATION_BYTES = 5
_TIME_BYTES = 5
# Table C.1 fixes their size, whatever the definition byte says: real stations write other definitions (F5 5C).
_FIXED_BYTES = {0xF4: 12, **dict.fromkeys(range(0xF5, 0xFD), 24)}
_CLASSES = frozenset(STATION_CLASSES)
_WORD = re.compile(rb" *[^ ]+ *")


class Body(NamedTuple):
    """The groups of a body and the bytes behind them that have no structure known here."""

    groups: tuple[Group, ...]
    rest: bytes
    deviations: tuple[Deviation, ...]


def read_body(data: bytes, encoding: Encoding, direction: Direction, function: str, *, cut: bool) -> Body:
    """The groups in what follows serial number and sending time. ``cut``: more parts follow, so the end may be missing."""
    known = functions().get(function)
    layout: Layout = "rest"
    if known is not None:
        layout = (known.up if direction == "up" else known.down) or "rest"
    reader = _HexReader if encoding == "hex" else _WordReader
    return reader(data, layout, cut=cut).read()


class _Reader:
    def __init__(self, data: bytes, layout: Layout, *, cut: bool) -> None:
        self.data = data
        self.layout = layout
        self.cut = cut
        self.position = 0
        self.groups: list[Group] = []
        self.deviations: list[Deviation] = []

    def note(self, name: str, where: str, message: str, *, syntax: bool = False) -> None:
        deviation = Deviation(name, where, message, syntax)
        if deviation not in self.deviations[-8:]:
            self.deviations.append(deviation)

    def read(self) -> Body:
        raise NotImplementedError

    def finish(self) -> Body:
        return Body(tuple(self.groups), self.data[self.position :], tuple(self.deviations))

    def give_up(self, message: str) -> Body:
        if not self.cut:
            where = f"byte {self.position} of the groups"
            self.note("unread_bytes", where, f"{message}; the rest is kept raw", syntax=True)
        return self.finish()

    def check_time(self, group: Group) -> None:
        if group.time is None:
            shown = group.data.hex() if group.definition is not None else group.data.decode("latin-1").strip()
            self.note("impossible_time", "observation time", f"{shown} is no possible time", syntax=True)


class _Plan(NamedTuple):
    """How a group is read that begins with a certain lead-in and definition byte."""

    lead: str
    definition: int
    size: int
    is_number: bool


@cache
def _plan(identifier: bytes) -> _Plan | None:
    """The plan of an ordinary element of table C.1; None for whatever needs a closer look."""
    if len(identifier) < 2 or identifier[0] >= _TIME or identifier[0] == _STEP or identifier[1] < 1 << 3:
        return None
    element = element_of(f"{identifier[0]:02X}")
    if element is None:
        return None
    return _Plan(element.lead, identifier[1], identifier[1] >> 3, element.kind == "number")


class _HexReader(_Reader):
    def read(self) -> Body:
        data, end = self.data, len(self.data)
        if self.layout == "rest":
            if data[:2] == b"\xf1\xf1" and end >= 2 + _STATION_BYTES:
                self._take("F1", _ADDRESS, 2, _STATION_BYTES)
            return self.finish()
        planned = self.layout != "identifiers"
        measured = self.layout in ("elements", "series")
        digits = data.hex()
        while (begin := self.position) < end:
            plan = _plan(data[begin : begin + 2]) if planned else None
            if plan is not None and (stop := begin + 2 + plan.size) <= end:
                self.groups.append(Group(plan.lead, plan.definition, data[begin + 2 : stop]))
                self.position = stop
                if plan.is_number and measured and not (number := digits[2 * begin + 4 : 2 * stop]).isdigit():
                    self._check_digits(plan.lead, number)
                continue
            message = self._read_unplanned()
            if message:
                return self.give_up(message)
            if self.layout == "series" and data[begin] == _STEP:
                self._read_series()
        return self.finish()

    def _read_unplanned(self) -> str:
        """Read the next group with a closer look; why it cannot be read, "" if it was."""
        data, end = self.data, len(self.data)
        lead = data[self.position]
        head = 3 if lead == _PRIVATE else 2
        if self.position + head > end or lead == _RESERVED:
            return "no identifier begins here"
        definition = data[self.position + head - 1]
        name = data[self.position : self.position + head - 1].hex().upper()
        size = self._size(lead, definition, head)
        if size is None:
            return f"group {name} has no data"
        if self.position + head + size > end:
            return f"group {name} breaks off"
        group = self._take(name, definition, head, size)
        if self.layout != "identifiers" and lead >= _TIME and lead != _PRIVATE:
            self._check_special(lead, definition, group)
        elif self.layout in ("elements", "series") and element_of(name) is None:
            self.note("unknown_element", f"group {name}", f"element {name} is not in SL 651-2014; it is kept")
        return ""

    def _read_series(self) -> None:
        """Behind a time step an element is named once and then has a value for every step, to the end of the body."""
        begin = self.position
        plan = _plan(self.data[begin : begin + 2])
        if plan is None:
            return
        count = (len(self.data) - begin - 2) // plan.size
        group = self._take(plan.lead, plan.definition, 2, count * plan.size)
        if plan.is_number:
            for at in range(0, len(group.data), plan.size):
                number = group.data[at : at + plan.size].hex()
                if not number.isdigit():
                    self._check_digits(plan.lead, number)

    def _take(self, name: str, definition: int, head: int, size: int) -> Group:
        begin = self.position + head
        group = Group(name, definition, self.data[begin : begin + size])
        self.groups.append(group)
        self.position = begin + size
        return group

    def _size(self, lead: int, definition: int, head: int) -> int | None:
        """How many bytes of data a group has; None if it cannot have so few."""
        left = len(self.data) - self.position - head
        if self.layout == "identifiers" and lead != _ADDRESS:
            return 0
        if lead == _TIME:
            return _TIME_BYTES
        if lead == _ADDRESS:
            return _STATION_BYTES + self._has_class(self.position + head + _STATION_BYTES)
        if lead in (_TEXT, _PICTURE, _BATCH):
            return left
        return _FIXED_BYTES.get(lead) or definition >> 3 or None

    def _has_class(self, at: int) -> bool:
        """True if a station class follows the station: one that is known, or any before an observation time."""
        if self.layout not in ("elements", "series") or at >= len(self.data):
            return False
        following = self.data[at + 1 : at + 3]
        if following == b"\xf0\xf0" and self.data[at : at + 2] != b"\xf0\xf0":
            return True
        return chr(self.data[at]) in _CLASSES and self.data[at : at + 2] != b"\xf0\xf0"

    def _check_special(self, lead: int, definition: int, group: Group) -> None:
        if lead in _FIXED_BYTES:
            if definition >> 3 != _FIXED_BYTES[lead]:
                message = f"definition {definition:02X} does not fit the fixed {_FIXED_BYTES[lead]} bytes"
                self.note("definition", f"group {group.lead}", message)
        elif definition != lead and lead != _BATCH:
            message = f"identifier {lead:02X} is followed by {definition:02X}, not by itself"
            self.note("identifier", f"group {group.lead}", message, syntax=True)
        if lead == _TIME:
            self.check_time(group)
        elif lead == _ADDRESS and self.layout in ("elements", "series"):
            station_class = group.data[_STATION_BYTES:]
            if not station_class:
                self.note("missing_class", "group F1", "no station class follows the station", syntax=True)
            elif chr(station_class[0]) not in _CLASSES:
                self.note("unknown_class", "group F1", f"{station_class.hex().upper()} is no station class")

    def _check_digits(self, name: str, digits: str) -> None:
        try:
            bcd_value(digits, 0)
        except ValueError:
            self.note("not_bcd", f"group {name}", f"{digits} are no packed decimal digits", syntax=True)


class _WordReader(_Reader):
    def read(self) -> Body:
        if self.layout == "rest":
            if self.data.lstrip(b" ").startswith(b"ST "):
                self._take_words(2)
            return self.finish()
        words = [match.group().strip() for match in _WORD.finditer(self.data)]
        index = 0
        while index < len(words):
            symbol = words[index]
            if not (symbol[:1].isalpha() and symbol.isalnum() and symbol.isascii()):
                return self.give_up("no symbol begins here")
            count = self._count(symbol, words[index + 1 :])
            self._take_words(1 + count)
            self._check(self.groups[-1])
            index += 1 + count
        return self.finish()

    def _take_words(self, count: int) -> None:
        """Make the next words, with all spaces around them, a group."""
        begin = end = self.position
        for _ in range(count):
            match = _WORD.match(self.data, end)
            end = match.end() if match else len(self.data)
        text = self.data[begin:end]
        at = len(text) - len(text.lstrip(b" "))
        symbol = re.match(rb"[^ ]*", text[at:])
        assert symbol is not None
        stop = at + symbol.end()
        # Spaces before the first symbol belong to no group; they are kept with its name.
        self.groups.append(Group(text[:stop].decode("latin-1"), None, text[stop:]))
        self.position = end

    def _count(self, symbol: bytes, following: list[bytes]) -> int:
        """How many words after a symbol are its data."""
        element = element_named(symbol.decode())
        kind = element.kind if element else "number"
        if self.layout == "identifiers" and kind != "address":
            return 0
        if kind in ("text", "picture", "batch"):
            return len(following)
        if kind in ("time", "bits", "rain_series", "level_series"):
            return min(1, len(following))
        if kind == "address":
            has_class = len(following) > 1 and len(following[1]) == 1 and following[1].isalpha()
            return min(1 + has_class, len(following))
        if kind == "step":
            return 0
        count = 0
        while count < len(following) and _is_value(following[count]):
            count += 1
        return count

    def _check(self, group: Group) -> None:
        if self.layout not in ("elements", "series"):
            return
        element = group.element
        name = group.lead
        if element is None:
            self.note("unknown_element", f"group {name}", f"element {name} is not in SL 651-2014; it is kept")
        elif element.kind == "time":
            self.check_time(group)
        elif element.kind == "number":
            for word in group.data.split():
                if not NUMBER.fullmatch(word) and not VOID.fullmatch(word):
                    message = f"{word.decode('latin-1')} is no number"
                    self.note("not_a_number", f"group {name}", message, syntax=True)


def _is_value(word: bytes) -> bool:
    return not word[:1].isalpha() or (VOID.fullmatch(word) is not None and len(word) > 1)
