"""Faults on demand: what goes wrong on the line, with what is sent, and with a station as a whole."""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from riverchief.monitor.virtual.analyser import Sample, Values
from riverchief.monitor.virtual.line import Line

ON_THE_LINE = {
    "cut": "the connection breaks, in the middle of a packet or before its answer",
    "half-open": "the station is gone without a word and calls anew; its old connection stands",
    "garbage": "random bytes before the packet",
    "split": "the packet comes in pieces",
    "crc": "a wrong check code; sent again, it is right",
    "duplicate": "the packet comes twice",
}
WITH_THE_DATA = {
    "password": "a wrong password: kept as of a stranger",
    "late": "kept back, and sent after later ones",
    "flag-m": "values flagged M, maintenance (SL 651: a test report)",
    "flag-d": "values flagged D, defect (SL 651: no valid value)",
    "silence": "nothing is sent for three to ten intervals",
}
OF_THE_STATION = {"clock": "its clock is off by up to four hours either way"}
FAULTS = {**ON_THE_LINE, **WITH_THE_DATA, **OF_THE_STATION}
"""Every fault by name, and what it is."""

_LONGEST_GARBAGE = 200
_END = 8
"""Check code and line end: a frame without its last bytes may be whole to who reads it."""
_MOST_PIECES, _LONGEST_PAUSE_S = 5, 0.2


@dataclass
class Interference:
    """How a frame goes over the line under a fault. It comes once: at every further attempt the line is good.

    `forsaken` collects the connections that were left standing; whoever plays them closes them in the end.
    """

    fault: str
    chance: random.Random
    forsaken: list[Line]
    frames: int = 0
    """How many whole frames were written."""

    async def __call__(self, line: Line, frame: bytes, attempt: int) -> None:
        """Send a frame."""
        if attempt or self.fault not in ON_THE_LINE:
            await self._send(line, frame)
        elif self.fault == "cut":
            if self.chance.random() < 0.5:
                await self._send(line, frame)
            else:
                await line.send(frame[: self.chance.randrange(1, len(frame) - _END)])
            await asyncio.sleep(self.chance.uniform(0, 0.05))
            raise ConnectionResetError("cut, as was asked for")
        elif self.fault == "half-open":
            await self._send(line, frame)
            await line.forsake()
            self.forsaken.append(line)
            raise ConnectionAbortedError("forsaken, as was asked for")
        elif self.fault == "garbage":
            await line.send(self.chance.randbytes(self.chance.randint(1, _LONGEST_GARBAGE)))
            await self._send(line, frame)
        elif self.fault == "split":
            self.frames += 1
            for piece in _pieces(frame, self.chance):
                await line.send(piece)
                await asyncio.sleep(self.chance.uniform(0, _LONGEST_PAUSE_S))
        elif self.fault == "crc":
            await line.send(_spoilt(frame))
        else:
            await self._send(line, frame)
            await self._send(line, frame)

    async def _send(self, line: Line, frame: bytes) -> None:
        self.frames += 1
        await line.send(frame)


def _pieces(frame: bytes, chance: random.Random) -> Iterable[bytes]:
    cuts = sorted(chance.sample(range(1, len(frame)), chance.randint(1, _MOST_PIECES - 1)))
    return (frame[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(frame)], strict=True))


def _spoilt(frame: bytes) -> bytes:
    """With another check code: both standards have it at the end, HJ 212 before a line end."""
    whole = frame.rstrip(b"\r\n") if frame.startswith(b"##") else frame
    other = b"0" if whole[-1:] != b"0" else b"1"
    return whole[:-1] + other + frame[len(whole) :]


def flagged(sample: Sample, fault: str) -> Sample:
    """A sample under `flag-m` or `flag-d`, as its standard says that; any other fault leaves it as it is."""
    if fault not in ("flag-m", "flag-d"):
        return sample
    if sample.cn == "2011":
        flag = fault[-1].upper()
        return replace(sample, values={code: (value, flag) for code, (value, _) in sample.values.items()})
    if fault == "flag-m":
        return replace(sample, cn="30")
    values: Values = dict.fromkeys(sample.values, (None, None))
    return replace(sample, values=values)


def drawn(shares: Mapping[str, float], among: Sequence[str], chance: random.Random) -> str:
    """At most one of some faults, each with its share; "" for none."""
    number = chance.random()
    for fault in among:
        if number < (share := shares.get(fault, 0.0)):
            return fault
        number -= share
    return ""
