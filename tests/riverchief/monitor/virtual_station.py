"""A station as the gateway meets it: a logger on a real socket that uploads, and answers what it is asked."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from riverkit.protocols.hj212 import (
    CHINA_STANDARD_TIME,
    Packet,
    StreamDecoder,
    build_upload,
    encode,
    write_qn,
)

INTERACTION = "91"
STEPS = {"2051": timedelta(minutes=10), "2061": timedelta(hours=1), "2031": timedelta(days=1)}


@dataclass
class VirtualStation:
    """Speaks to one gateway at a time; what it hears and how it answers can be looked at and changed."""

    mn: str
    password: str = "123456"
    silent: bool = False
    """Hears, and says nothing."""
    deaf_times: int = 0
    """So many requests go unheard before it answers."""
    request_result: int = 1
    execution_result: int = 1
    clock_ahead: timedelta = timedelta(0)
    drop_execution: bool = False
    """Never says how it went."""
    before_answer: Callable[[Packet], None] | None = None
    heard: list[Packet] = field(default_factory=list)
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
    _listening: asyncio.Task[None] | None = None
    _qn: datetime = datetime(2020, 1, 1, tzinfo=UTC)

    async def call(self, port: int, **ssl) -> "VirtualStation":
        """Connect, and make itself known by a first upload."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port, **ssl)
        self._listening = asyncio.create_task(self._listen())
        self.upload("2011", datetime.now(UTC).replace(microsecond=0))
        return self

    async def hang_up(self) -> None:
        """End the connection."""
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if self._writer:
            self._writer.close()
            await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)

    def upload(self, cn: str, at: datetime, value: float = 0.5) -> None:
        """One value of ammonia."""
        self._qn = max(datetime.now(UTC), self._qn + timedelta(milliseconds=1))
        values = {"w21003": (value, "N")}
        self.send(build_upload(self.mn, self.password, cn, at, values, write_qn(self._qn)))

    def send(self, frame: bytes) -> None:
        """Anything."""
        assert self._writer is not None
        self._writer.write(frame)

    def requests(self) -> list[Packet]:
        """What it was asked."""
        return [packet for packet in self.heard if not packet.cn.startswith("9")]

    async def _listen(self) -> None:
        assert self._reader is not None
        decoder = StreamDecoder()
        while received := await self._reader.read(4096):
            for packet in decoder.feed(received):
                assert isinstance(packet, Packet)
                self.heard.append(packet)
                if not packet.cn.startswith("9") and not self.silent:
                    self._answer(packet)

    def _answer(self, request: Packet) -> None:
        if self.deaf_times > 0:
            self.deaf_times -= 1
            return
        if self.before_answer:
            self.before_answer(request)
        self.say(request, "9011", QnRtn=self.request_result)
        if self.request_result != 1:
            return
        if request.cn in STEPS:
            at, end = (
                datetime.strptime(request.get(name), "%Y%m%d%H%M%S").replace(tzinfo=CHINA_STANDARD_TIME)
                for name in ("BeginTime", "EndTime")
            )
            while at <= end:
                self.upload(request.cn, at)
                at += STEPS[request.cn]
        elif request.cn == "1011":
            told = (datetime.now(CHINA_STANDARD_TIME) + self.clock_ahead).strftime("%Y%m%d%H%M%S")
            self.say(request, "1011", SystemTime=told)
        elif request.cn in ("1061", "1063"):
            name = "RtdInterval" if request.cn == "1061" else "MinInterval"
            self.say(request, request.cn, **{name: 30})
        if not self.drop_execution:
            self.say(request, "9012", ExeRtn=self.execution_result)

    def say(self, request: Packet, cn: str, *, qn: str | None = None, **values: object) -> None:
        """Something that belongs to a request."""
        self.send(
            encode(
                replace(
                    request,
                    raw=b"",
                    deviations=(),
                    st=INTERACTION if cn.startswith("9") else "21",
                    cn=cn,
                    qn=qn or request.qn,
                    flag=4,
                    fields=tuple(((key, str(value)),) for key, value in values.items()),
                )
            )
        )
