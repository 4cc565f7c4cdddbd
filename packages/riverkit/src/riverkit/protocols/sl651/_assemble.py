"""Putting split messages together again (transmission mode M3, 多包发送一次确认)."""

from dataclasses import dataclass, field, replace
from typing import Literal

from ._decode import read_message
from ._encode import message_of
from ._packet import AssemblyKey, Packet


@dataclass(frozen=True, slots=True)
class Assembly:
    """A whole message: its packets in order, and the packet that it would be had it not been split."""

    parts: tuple[Packet, ...]
    packet: Packet


@dataclass(frozen=True, slots=True)
class AssemblyProblem:
    """A split message that could not be completed, with the parts that came, so that nothing they hold is lost.

    ``timeout``: the others did not come in time. ``superseded``: a part came again with other bytes, so that the station
    has begun another message; that part opened a new set.
    """

    name: Literal["timeout", "superseded"]
    key: AssemblyKey
    message: str
    missing: tuple[int, ...]
    parts: tuple[Packet, ...]


@dataclass(slots=True)
class _Set:
    opened_s: float
    parts: dict[int, Packet] = field(default_factory=dict)

    def missing(self, count: int) -> tuple[int, ...]:
        return tuple(number for number in range(1, count + 1) if number not in self.parts)

    def in_order(self) -> tuple[Packet, ...]:
        return tuple(self.parts[number] for number in sorted(self.parts))


class Assembler:
    """Collects the parts of split messages, in any order, by (station, centre, function, pnum).

    Nothing but those ties the parts of a message together: later parts carry no serial number. So a part that comes again
    with the same bytes is taken as resent, and with other bytes it begins the next message. Time is handed in (seconds
    of any steady clock). A set is given up ``timeout_s`` after its first part: ``expire`` must be called now and then.
    """

    def __init__(self, timeout_s: float = 600.0) -> None:
        self._timeout_s = timeout_s
        self._sets: dict[AssemblyKey, _Set] = {}

    def add(self, packet: Packet, now_s: float) -> Assembly | AssemblyProblem | None:
        """Take a packet; give the message it completes, the one it supersedes, or None while parts are missing."""
        key = packet.assembly_key
        if key is None or packet.pno is None:
            return Assembly((packet,), packet)
        count = key[-1]
        if not 1 <= packet.pno <= count:
            return Assembly((packet,), packet)  # its number belongs to no set; the deviation says so
        known = self._sets.setdefault(key, _Set(now_s))
        earlier = known.parts.get(packet.pno)
        if earlier is not None:
            if message_of(earlier) == message_of(packet):
                return None
            missing = known.missing(count)
            self._sets[key] = _Set(now_s, {packet.pno: packet})
            if not missing:
                return None
            message = f"part {packet.pno} of {count} came again with other bytes; a new message has begun"
            return AssemblyProblem("superseded", key, message, missing, known.in_order())
        known.parts[packet.pno] = packet
        if len(known.parts) < count:
            return None
        # The set stays until it expires, so that a late repeat does not open a new one.
        return _join(known.in_order())

    def missing(self, packet: Packet) -> tuple[int, ...]:
        """The numbers of the parts that the message of ``packet`` still lacks: for a NAK after its last part."""
        key = packet.assembly_key
        known = None if key is None else self._sets.get(key)
        return () if key is None or known is None else known.missing(key[-1])

    def forget(self, key: AssemblyKey) -> None:
        """Give up a set; should its parts come again, they open a new one. For whoever keeps the whole message."""
        self._sets.pop(key, None)

    def expire(self, now_s: float) -> list[AssemblyProblem]:
        """Forget the sets older than the time limit; report those that never became whole."""
        problems = []
        for key, known in list(self._sets.items()):
            if now_s - known.opened_s < self._timeout_s:
                continue
            del self._sets[key]
            if missing := known.missing(key[-1]):
                message = f"parts {missing} of {key[-1]} did not come within {self._timeout_s:g} s; ask for them again"
                problems.append(AssemblyProblem("timeout", key, message, missing, known.in_order()))
        return problems


def _join(parts: tuple[Packet, ...]) -> Assembly:
    first, last = parts[0], parts[-1]
    data = b"".join(message_of(part) for part in parts)
    serial, sent, body = read_message(data, first.encoding, first.direction, first.function, cut=False)
    whole = replace(
        first,
        end=last.end,
        serial=serial,
        sent=sent,
        pnum=None,
        pno=None,
        groups=body.groups,
        rest=body.rest,
        deviations=body.deviations,
        raw=b"",
    )
    return Assembly(parts, whole)
