"""Putting split messages together again (拆包, HJ 212-2017 tables C.49 and C.50)."""

from dataclasses import dataclass
from typing import Literal

from ._keys import read_key
from ._packet import AssemblyKey, Group, Packet


@dataclass(frozen=True, slots=True)
class Assembly:
    """A whole message: its packets in the order of PNO (one packet for a message that was not split)."""

    parts: tuple[Packet, ...]

    @property
    def fields(self) -> tuple[Group, ...]:
        """The groups of all parts in order, with the DataTime that each part repeats kept once."""
        groups: list[Group] = list(self.parts[0].fields)
        for part in self.parts[1:]:
            for group in part.fields:
                rest = tuple(pair for pair in group if read_key(pair[0]).name != "DataTime")
                groups += [rest] if rest else []
        return tuple(groups)


@dataclass(frozen=True, slots=True)
class AssemblyProblem:
    """A split message that could not be completed, or a part that contradicts an earlier one.

    ``parts`` are the packets concerned, so that nothing they hold is lost: for a timeout the parts that came, for a
    conflict the part kept and the part refused.
    """

    name: Literal["timeout", "conflict"]
    key: AssemblyKey
    message: str
    missing: tuple[int, ...]
    parts: tuple[Packet, ...]


@dataclass(slots=True)
class _Set:
    opened_s: float
    parts: dict[int, Packet]
    done: bool = False


class Assembler:
    """Collects the parts of split messages, in any order, by (MN, ST, CN, DataTime, PNUM).

    A part that is repeated with the same data area is taken as resent; with another one it is a conflict and the
    first stays. Time is handed in (seconds of any steady clock). A set is given up ``timeout_s`` after its first part:
    ``expire`` must be called now and then.
    """

    def __init__(self, timeout_s: float = 600.0) -> None:
        self._timeout_s = timeout_s
        self._sets: dict[AssemblyKey, _Set] = {}

    def add(self, packet: Packet, now_s: float) -> Assembly | AssemblyProblem | None:
        """Take a packet; give the message it completes, a conflict, or None while parts are missing or repeated."""
        key = packet.assembly_key
        if key is None or packet.pno is None:
            return Assembly((packet,))
        known = self._sets.setdefault(key, _Set(now_s, {}))
        earlier = known.parts.setdefault(packet.pno, packet)
        if earlier.fields != packet.fields:
            message = f"part {packet.pno} of {packet.pnum} came twice with different data; the first is kept"
            return AssemblyProblem("conflict", key, message, (), (earlier, packet))
        if known.done or len(known.parts) < key[-1]:
            return None
        known.done = True  # and stays until it expires, so that a late repeat does not open a new set
        return Assembly(tuple(known.parts[number] for number in sorted(known.parts)))

    def expire(self, now_s: float) -> list[AssemblyProblem]:
        """Forget the sets older than the time limit; report those that never became whole."""
        problems = []
        for key, known in list(self._sets.items()):
            if now_s - known.opened_s < self._timeout_s:
                continue
            del self._sets[key]
            if not known.done:
                missing = tuple(number for number in range(1, key[-1] + 1) if number not in known.parts)
                message = f"parts {missing} of {key[-1]} did not come within {self._timeout_s:g} s; ask for them again"
                parts = tuple(known.parts[number] for number in sorted(known.parts))
                problems.append(AssemblyProblem("timeout", key, message, missing, parts))
        return problems
