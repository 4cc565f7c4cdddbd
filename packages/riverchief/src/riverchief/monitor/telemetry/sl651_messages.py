"""Reports of SL 651 stations out of a connection's bytes: whole ones, split ones put together, link reports let pass.

Pure but for the frame by which a missing part is asked for, which goes to whoever `ask` is.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from riverkit.protocols.hj212 import Refusal
from riverkit.protocols.sl651 import (
    STATION_CLASSES,
    Assembler,
    Assembly,
    AssemblyKey,
    AssemblyProblem,
    ElementValue,
    FrameError,
    Packet,
    StreamDecoder,
    answer,
)

from riverchief.base import clock

LARGEST_MESSAGE = 64 * 1024
"""Of all unfinished messages of one connection together, with what keeping a part costs."""

_COST_OF_A_PART = 512
_PATIENCE_S = 600.0
LINK_REPORT = "2F"
"""It keeps the line alive, and nobody answers it."""
NO_TIME = "sl651_no_time"
"""The reason of values without an observation time."""

_MOST_STATIONS_REMEMBERED = 100
# Errors of the same name mean another thing in HJ 212, and are cured otherwise.
_OF_ITS_OWN = frozenset({"crc", "length", "end_mark", "split_numbers"})


@dataclass(frozen=True, slots=True)
class Message:
    """A report as the station meant it, under the names that packets of HJ 212 have.

    Attributes:
        packet: the whole of it.
        last: the frame that is answered; of a split message the one that completed it.
        raw: all frames, in order.
        values: what was measured.
    """

    packet: Packet
    last: Packet
    raw: bytes
    values: tuple[ElementValue, ...]

    @classmethod
    def of(cls, packet: Packet, last: Packet, raw: bytes) -> "Message":
        """A message with its values read."""
        return cls(packet, last, raw, tuple(packet.values()))

    @property
    def mn(self) -> str:
        """The address of the station (遥测站地址), ten hex digits: by it the registry knows the device."""
        return self.packet.station

    @property
    def pw(self) -> str:
        """The password, four hex digits."""
        return self.packet.password

    @property
    def st(self) -> str:
        """The class of the station (测站分类码), a letter; "" where the body names none of the standard's."""
        letter = self.packet.station_class
        return letter if letter and letter in STATION_CLASSES else ""

    @property
    def cn(self) -> str:
        """The function code (功能码)."""
        return self.packet.function

    @property
    def qn(self) -> str:
        """The serial number, four hex digits; "" where the body has none."""
        return "" if self.packet.serial is None else f"{self.packet.serial:04X}"

    @property
    def data_time(self) -> datetime | None:
        """The first observation time."""
        return self.packet.observed_at

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Values of no possible time: they can be no readings."""
        return tuple(
            Refusal(f"{value.symbol or value.lead}={value.value}", NO_TIME, "no observation time")
            for value in self.values
            if value.observed_at is None
        )


class MessageDecoder:
    """Finds the messages in a connection's bytes.

    A split message (M3) is handed on once it is whole; after its last part a missing one is asked for. If the last part comes
    again, the answer was lost: the message is handed on again. Of link reports the first of each station is handed on:
    they come every minute and say no more than that the line stands.
    """

    def __init__(
        self, ask: Callable[[bytes], object] = lambda frame: None, now_s: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._ask = ask
        self._now_s = now_s
        self._frames = StreamDecoder()
        self._assembler = Assembler(_PATIENCE_S)
        self._unfinished: dict[AssemblyKey, int] = {}
        self._whole: Message | None = None
        self._linked: set[str] = set()

    def feed(self, data: bytes) -> list[Message | FrameError]:
        """Take some bytes; give what they completed, in order."""
        found: list[Message | FrameError] = [
            self._given_up(problem, "sl651_incomplete") for problem in self._assembler.expire(self._now_s())
        ]
        for item in self._frames.feed(data):
            found += [_named(item)] if isinstance(item, FrameError) else self._take(item)
        return found

    def close(self) -> list[Message | FrameError]:
        """The connection has ended: what is unfinished is kept as it is."""
        rest = [_named(item) for item in self._frames.close() if isinstance(item, FrameError)]
        return [*rest, *self._give_up_all("sl651_incomplete")]

    def _take(self, packet: Packet) -> list[Message | FrameError]:
        key = packet.assembly_key
        if packet.direction == "up" and packet.function == LINK_REPORT:
            return [] if self._linked_before(packet.station) else [Message.of(packet, packet, packet.raw)]
        if packet.direction == "down" or key is None:
            return [Message.of(packet, packet, packet.raw)]
        if key not in self._unfinished and self._whole is not None and packet.raw == self._whole.last.raw:
            return [self._whole]
        outcome = self._assembler.add(packet, self._now_s())
        if isinstance(outcome, Assembly):
            if outcome.packet is packet:
                return [_named(FrameError("split_numbers", 0, "no possible number of a part", packet.raw))]
            del self._unfinished[key]
            self._assembler.forget(key)
            whole = replace(outcome.packet, raw=b"".join(part.raw for part in outcome.parts))
            self._whole = Message.of(whole, packet, whole.raw)
            return [self._whole]
        found: list[Message | FrameError] = []
        if isinstance(outcome, AssemblyProblem):
            found.append(self._given_up(outcome, "sl651_incomplete"))
        self._unfinished[key] = self._unfinished.get(key, 0) + len(packet.raw) + _COST_OF_A_PART
        if sum(self._unfinished.values()) > LARGEST_MESSAGE:
            return [*found, *self._give_up_all("sl651_too_long")]
        if packet.end == "ETX":
            wanted = replace(packet, pno=self._assembler.missing(packet)[0])
            self._ask(answer(wanted, clock.now(), "NAK"))
        return found

    def _linked_before(self, station: str) -> bool:
        if station in self._linked:
            return True
        if len(self._linked) >= _MOST_STATIONS_REMEMBERED:
            self._linked.clear()
        self._linked.add(station)
        return False

    def _give_up_all(self, name: str) -> list[FrameError]:
        return [self._given_up(problem, name) for problem in self._assembler.expire(math.inf)]

    def _given_up(self, problem: AssemblyProblem, name: str) -> FrameError:
        self._unfinished.pop(problem.key, None)
        return FrameError(name, 0, problem.message, b"".join(part.raw for part in problem.parts))


def _named(error: FrameError) -> FrameError:
    return replace(error, name=f"sl651_{error.name}") if error.name in _OF_ITS_OWN else error
