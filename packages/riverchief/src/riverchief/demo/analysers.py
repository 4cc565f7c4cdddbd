"""Virtual analysers: they speak HJ 212 over real TCP as a logger in the field does, and say what was acknowledged.

A logger sends one packet, waits for its 9014, sends it again when none comes, and gives up after the third resend. On a
broken connection it calls again. Asked for its time it tells it; other requests it does not know. The water they report is
made by the pure functions at the end of the module.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from riverkit.protocols.hj212 import Packet, StreamDecoder, answer, build_upload, encode, write_qn

Values = Mapping[str, tuple[float | None, str | None]]
"""Factor code to (value in the factor's own unit, data flag)."""

_ACKNOWLEDGEMENT = "9014"
_UNKNOWN_COMMAND = 8
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Sample:
    """One upload: the time it is of, and what was measured."""

    data_time: datetime
    values: Values
    cn: str = "2011"


@dataclass
class Outcome:
    """What became of an analyser's uploads, in the order sent; times are data times."""

    acknowledged: list[datetime] = field(default_factory=list)
    unacknowledged: list[datetime] = field(default_factory=list)
    resent: int = 0
    reconnected: int = 0


@dataclass
class Analyser:
    """One logger (数采仪) with its analysers."""

    mn: str
    password: str
    host: str
    port: int
    answer_timeout_s: float = 10.0
    resends: int = 3
    pause_s: float = 0.0
    """Between two uploads, in real time."""
    reconnect_s: float = 0.2
    st: str = "21"
    outcome: Outcome = field(default_factory=Outcome)
    _line: "Line | None" = field(default=None, init=False, repr=False)
    _last_qn: datetime = field(default=datetime(2000, 1, 1, tzinfo=UTC), init=False, repr=False)

    async def run(self, samples: Iterable[Sample] | AsyncIterable[Sample]) -> Outcome:
        """Send everything, one after the other; ends when the samples do."""
        try:
            async for sample in _each(samples):
                await self._upload(sample)
                if self.pause_s:
                    await asyncio.sleep(self.pause_s)
        finally:
            await self._hang_up()
        return self.outcome

    async def _upload(self, sample: Sample) -> None:
        frame, number = self.frame(sample)
        for attempt in range(1 + self.resends):
            self.outcome.resent += attempt > 0
            if await self._answered(frame, number):
                self.outcome.acknowledged.append(sample.data_time)
                return
        self.outcome.unacknowledged.append(sample.data_time)

    def frame(self, sample: Sample) -> tuple[bytes, str]:
        """The upload, and the number by which it is acknowledged."""
        qn = self._next_qn(sample.data_time)
        upload = build_upload(
            self.mn, self.password, sample.cn, sample.data_time, sample.values, qn, st=self.st
        )
        return upload, qn

    async def call(self) -> "Line":
        """Call the centre."""
        return await Line.call(self.host, self.port, StreamDecoder(), _understood)

    async def _answered(self, frame: bytes, number: str) -> bool:
        try:
            async with asyncio.timeout(self.answer_timeout_s):
                if self._line is None:
                    self._line = await self.call()
                await self._line.send(frame)
                await self._line.hear(number)
                return True
        except TimeoutError:
            return False
        except OSError:
            await self._hang_up()
            self.outcome.reconnected += 1
            await asyncio.sleep(self.reconnect_s)
            return False

    async def _hang_up(self) -> None:
        if self._line is not None:
            await self._line.close()
            self._line = None

    def _next_qn(self, moment: datetime) -> str:
        """A request number: the data time, moved on by a millisecond where two uploads are of one instant."""
        self._last_qn = max(moment, self._last_qn + timedelta(milliseconds=1))
        return write_qn(self._last_qn)


@dataclass(frozen=True)
class Heard:
    """What the centre said: which upload it acknowledges, and what is to be answered."""

    acknowledged: str | None = None
    reply: bytes | None = None


class Decoder(Protocol):
    """Finds what the centre said in a connection's bytes."""

    def feed(self, data: bytes) -> Sequence[object]:
        """Take some bytes; give what they completed."""


@dataclass
class Line:
    """A connection to the centre, listened to from beginning to end: the centre may ask at any time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    decoder: Decoder
    understood: Callable[[object], Heard]
    acknowledged: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue)
    """The numbers of uploads that were acknowledged, in order; None once the centre has hung up."""
    listening: "asyncio.Task[None] | None" = None

    @classmethod
    async def call(
        cls, host: str, port: int, decoder: Decoder, understood: Callable[[object], Heard]
    ) -> "Line":
        """Connect, and listen from then on."""
        line = cls(*await asyncio.open_connection(host, port), decoder, understood)
        line.listening = asyncio.create_task(line._listen())
        return line

    async def send(self, frame: bytes) -> None:
        """Send an upload."""
        self.writer.write(frame)
        await self.writer.drain()

    async def hear(self, number: str) -> None:
        """Wait for the acknowledgement of an upload; others (late ones) pass by."""
        while (heard := await self.acknowledged.get()) != number:
            if heard is None:
                raise ConnectionResetError("the centre hung up")

    async def close(self) -> None:
        """Hang up."""
        if self.listening is not None:
            self.listening.cancel()
            await asyncio.gather(self.listening, return_exceptions=True)
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def _listen(self) -> None:
        try:
            while received := await self.reader.read(4096):
                for item in self.decoder.feed(received):
                    heard = self.understood(item)
                    if heard.acknowledged is not None:
                        self.acknowledged.put_nowait(heard.acknowledged)
                    if heard.reply is not None:
                        self.writer.write(heard.reply)
        except OSError:
            pass
        finally:
            self.acknowledged.put_nowait(None)


def _understood(item: object) -> Heard:
    if not isinstance(item, Packet):
        return Heard()
    if item.cn == _ACKNOWLEDGEMENT:
        return Heard(acknowledged=item.qn)
    return Heard(reply=None if item.cn.startswith("9") else _reply(item))


def _reply(request: Packet) -> bytes:
    """What a plain logger says to a request: its time, where that is asked; anything else it does not know."""
    if request.cn != "1011":
        return answer(request, "9011", result=_UNKNOWN_COMMAND)
    told = (("SystemTime", write_qn(datetime.now(UTC))[:14]),)
    upload = replace(request, flag=(request.flag or 0) & 0b1111_1100, fields=(told,), raw=b"", deviations=())
    return answer(request, "9011", result=1) + encode(upload) + answer(request, "9012", result=1)


async def _each(samples: Iterable[Sample] | AsyncIterable[Sample]) -> AsyncIterable[Sample]:
    if isinstance(samples, AsyncIterable):
        async for sample in samples:
            yield sample
    else:
        for sample in samples:
            yield sample


# -- the water that analysers report: pure functions of a seeded generator


@dataclass(frozen=True)
class Habit:
    """How a parameter behaves at a station when nothing happens."""

    level: float
    diurnal: float = 0.12
    """Half the swing over a day, as a share of the level."""
    peak_hour: float = 20.0
    """Local hour of the daily maximum."""
    noise: float = 0.04
    """Standard deviation of the noise, as a share of the level."""
    memory: float = 0.7
    """Correlation of the noise from one sample to the next."""
    drift: float = 0.05
    """Half the slow swing over about a week, as a share of the level."""


def usual_water(habit: Habit, time_s: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Values of a quiet river at the times (seconds since 1970, UTC), in the unit of the level; never negative."""
    local_hour = (time_s / 3600.0 + 8.0) % 24.0
    daily = habit.diurnal * np.cos(2 * np.pi * (local_hour - habit.peak_hour) / 24.0)
    weekly = habit.drift * np.sin(2 * np.pi * time_s / (6.5 * _DAY_S) + rng.uniform(0, 2 * np.pi))
    noise = np.empty(len(time_s))
    step = habit.noise * np.sqrt(1 - habit.memory**2)
    previous = rng.normal(0, habit.noise)
    for index, shock in enumerate(rng.normal(0, step, len(time_s))):
        previous = habit.memory * previous + shock
        noise[index] = previous
    return np.maximum(habit.level * (1 + daily + weekly + noise), 0.0)


def gaps(
    count: int, rng: np.random.Generator, *, share: float = 0.01, mean_length: float = 4.0
) -> NDArray[np.bool_]:
    """Which of `count` samples never arrive: runs of geometric length that take up about `share` of the time."""
    missing = np.zeros(count, bool)
    starts = np.flatnonzero(rng.random(count) < share / mean_length)
    for start, length in zip(starts, rng.geometric(1 / mean_length, len(starts)), strict=True):
        missing[start : start + length] = True
    return missing


def maintenance(
    time_s: NDArray[np.float64], *, weekday: int, local_hour: float = 10.0, length_s: float = 3600.0
) -> NDArray[np.bool_]:
    """Which samples fall into the weekly visit of the service (weekday 0 is Monday, hours are local)."""
    local_s = time_s + 8 * 3600.0
    day = np.floor(local_s / _DAY_S).astype(int)
    of_week = (day + 3) % 7  # 1970-01-01 was a Thursday
    into_day = local_s - day * _DAY_S
    begin = local_hour * 3600.0
    visited: NDArray[np.bool_] = (of_week == weekday) & (into_day >= begin) & (into_day < begin + length_s)
    return visited
