"""A virtual analyser: it speaks HJ 212 over real TCP as a logger in the field does, and says what was acknowledged.

A logger sends one packet, waits for its 9014, sends it again when none comes, and gives up after the third resend. Where the
connection is broken, or three times in a row nobody answers on it, it calls again. Asked for its time it tells it, asked for history it sends what it remembers; other
requests it does not know.
"""

import asyncio
import math
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Literal

from riverkit.protocols.hj212 import (
    Packet,
    StreamDecoder,
    answer,
    build_upload,
    encode,
    read_time,
    write_qn,
)

from riverchief.monitor.virtual.line import Decoder, Heard, Line

Values = Mapping[str, tuple[float | None, str | None]]
"""Factor code to (value in the factor's own unit, data flag)."""

FOR_EVER = math.inf
"""So many resends has who sends until it is acknowledged."""

_ACKNOWLEDGEMENT = "9014"
_DONE, _UNKNOWN_COMMAND, _NO_DATA = 1, 8, 100
_HISTORY = frozenset({"2051", "2061", "2031"})
_MOST_HISTORY = 1000
"""Uploads on one request."""
_MOST_UNANSWERED = 3
"""In a row on one connection; then the centre is called anew: the line may be dead without a word."""


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
    history: int = 0
    """Uploads sent because the centre asked for them."""


Transmit = Callable[[Line, bytes, int], Awaitable[None]]
"""How a frame goes over the line, at its first, second … attempt (from 0)."""


async def plainly(line: Line, frame: bytes, attempt: int) -> None:
    """As it is."""
    await line.send(frame)


@dataclass
class Analyser:
    """One logger (数采仪) with its analysers."""

    mn: str
    password: str
    host: str
    port: int
    answer_timeout_s: float = 10.0
    resends: float = 3
    pause_s: float = 0.0
    """Between two uploads, in real time."""
    reconnect_s: float = 0.2
    st: str = "21"
    edition: Literal["2005", "2017"] = "2017"
    clock_ahead: timedelta = timedelta(0)
    history: Callable[[str, datetime, datetime], Iterable[Sample]] | None = None
    """What it remembers from the first to the last period of a kind (2051, 2061 or 2031); None: it has no memory."""
    outcome: Outcome = field(default_factory=Outcome)
    _line: Line | None = field(default=None, init=False, repr=False)
    _unanswered: int = field(default=0, init=False, repr=False)
    _last_qn: datetime = field(default=datetime(2000, 1, 1, tzinfo=UTC), init=False, repr=False)

    async def run(self, samples: Iterable[Sample] | AsyncIterable[Sample]) -> Outcome:
        """Send everything, one after the other; ends when the samples do."""
        try:
            async for sample in _each(samples):
                await self.upload(sample)
                if self.pause_s:
                    await asyncio.sleep(self.pause_s)
        finally:
            await self.hang_up()
        return self.outcome

    async def upload(self, sample: Sample, transmit: Transmit = plainly, *, password: str = "") -> bool:
        """Send one, until it is acknowledged or given up; whether it was acknowledged. `password`: other than its own."""
        frame, number = self.frame(sample, password or self.password)
        for attempt in count():
            if await self._answered(frame, number, attempt, transmit):
                self.outcome.acknowledged.append(sample.data_time)
                return True
            if attempt >= self.resends:
                break
            self.outcome.resent += 1
        self.outcome.unacknowledged.append(sample.data_time)
        return False

    async def hang_up(self) -> None:
        """End the connection, if there is one."""
        if self._line is not None:
            line, self._line = self._line, None
            await line.close()

    # -- what a device of another standard does otherwise

    def frame(self, sample: Sample, password: str) -> tuple[bytes, str]:
        """The upload, and the number by which it is acknowledged."""
        qn = self._next_qn(sample.data_time)
        upload = build_upload(
            self.mn,
            password,
            sample.cn,
            sample.data_time,
            sample.values,
            qn,
            st=self.st,
            edition=self.edition,
        )
        return upload, qn

    def decoder(self) -> Decoder:
        """Finds what the centre says."""
        return StreamDecoder()

    def understand(self, item: object) -> Heard:
        """What the centre said, and what to answer."""
        if not isinstance(item, Packet):
            return Heard()
        if item.cn == _ACKNOWLEDGEMENT:
            return Heard(acknowledged=item.qn)
        return Heard(reply=None if item.cn.startswith("9") else b"".join(self._reply(item)))

    # --

    async def _answered(self, frame: bytes, number: str, attempt: int, transmit: Transmit) -> bool:
        try:
            async with asyncio.timeout(self.answer_timeout_s):
                if self._line is None:
                    self._line = await Line.call(self.host, self.port, self.decoder(), self.understand)
                await transmit(self._line, frame, attempt)
                await self._line.hear(number)
                self._unanswered = 0
                return True
        except TimeoutError:
            self._unanswered += 1
            if self._unanswered >= _MOST_UNANSWERED:
                await self._call_again()
            return False
        except OSError:
            await self._call_again()
            await asyncio.sleep(self.reconnect_s)
            return False

    async def _call_again(self) -> None:
        """Drop the line; the next attempt calls."""
        if self._line is not None:
            line, self._line = self._line, None
            await line.drop()
        self._unanswered = 0
        self.outcome.reconnected += 1

    def _reply(self, request: Packet) -> Iterator[bytes]:
        """What is said to a request: the time or the history, where that is asked; anything else it does not know."""
        if request.cn == "1011":
            yield answer(request, "9011", result=_DONE)
            told = (("SystemTime", write_qn(datetime.now(UTC) + self.clock_ahead)[:14]),)
            flag = (request.flag or 0) & 0b1111_1100
            yield encode(replace(request, flag=flag, fields=(told,), raw=b"", deviations=()))
            yield answer(request, "9012", result=_DONE)
        elif request.cn in _HISTORY and self.history is not None:
            begin, end = (read_time(request.get(name) or "") for name in ("BeginTime", "EndTime"))
            yield answer(request, "9011", result=_DONE)
            samples = [] if begin is None or end is None else self.history(request.cn, begin, end)
            before = self.outcome.history
            for sample in islice(samples, _MOST_HISTORY):
                self.outcome.history += 1
                yield self.frame(sample, self.password)[0]
            sent = self.outcome.history > before
            yield answer(request, "9012", result=_DONE if sent else _NO_DATA)
        else:
            yield answer(request, "9011", result=_UNKNOWN_COMMAND)

    def _next_qn(self, moment: datetime) -> str:
        """A request number: the data time, moved on by a millisecond where two uploads are of one instant."""
        self._last_qn = max(moment, self._last_qn + timedelta(milliseconds=1))
        return write_qn(self._last_qn)


async def _each(samples: Iterable[Sample] | AsyncIterable[Sample]) -> AsyncIterable[Sample]:
    if isinstance(samples, AsyncIterable):
        async for sample in samples:
            yield sample
    else:
        for sample in samples:
            yield sample
