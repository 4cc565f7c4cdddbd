"""The gateway's side of the dialogue: who speaks over which connection, what is asked of them, what they answer.

It listens to what has been stored, and looks into the database once in `poll_s`; it holds no request of its own.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from django.db import DatabaseError, transaction
from riverkit.protocols.hj212 import CHINA_STANDARD_TIME, Hj212Error, Packet, encode

from riverchief.base.errors import RiverchiefError
from riverchief.monitor.dialogue import exchange
from riverchief.monitor.dialogue.exchange import Expected, Link, Outgoing, Reply, Uploaded
from riverchief.monitor.gateway.connection import Arrival, Connection
from riverchief.monitor.gateway.counters import Counters
from riverchief.monitor.gateway.directory import Directory, let_go

_INTERACTION = "91"
_REPLIES = {"9011": "QnRtn", "9012": "ExeRtn"}
_MOST_REPLIES = 1000
"""Between two looks into the database; a station that answers without end is not worth more memory."""
_LONGEST_RESULT = 200
_RENEWAL_S = 10.0

logger = structlog.get_logger("riverchief.gateway")


@dataclass(slots=True)
class Voice:
    """A station as it speaks over one connection: what it calls itself there is what it is called by."""

    station_id: int
    connection: Connection
    mn: str
    pw: str | None
    st: str
    flag: int | None
    since: datetime

    @property
    def link(self) -> Link:
        """As the database knows it."""
        return Link(self.station_id, self.connection.peer, self.since)

    def frame(self, request: Outgoing) -> bytes:
        """A request in the words of this station: its MN, PW and ST, the edition that it speaks; an answer is wanted."""
        return encode(
            Packet(
                st=self.st,
                cn=request.expected.cn,
                mn=self.mn,
                qn=request.expected.qn,
                pw=self.pw,
                flag=((self.flag or 0) & 0b1111_1100) | 1,
                fields=tuple((pair,) for pair in request.parameters),
            )
        )


@dataclass(slots=True)
class _Heard:
    """What is to be written at one look into the database."""

    links: list[Link]
    gone: list[Link]
    replies: list[Reply]
    uploads: dict[int, Uploaded]
    renew: bool


class Dialogue:
    """Speaks to the stations of one gateway."""

    def __init__(self, directory: Callable[[], Directory | None], counters: Counters, poll_s: float) -> None:
        self.name = ""
        self._directory = directory
        self._counters = counters
        self._poll_s = poll_s
        self._voices: dict[int, Voice] = {}
        self._of_connection: dict[Connection, dict[str, Voice]] = {}
        self._new: set[int] = set()
        self._gone: list[Link] = []
        self._expected: dict[int, Expected] = {}
        self._replies: list[Reply] = []
        self._uploads: dict[int, Uploaded] = {}

    # -- in the loop, with what has been stored

    def hear(self, batch: list[Arrival]) -> None:
        """Take note of who speaks, and of what belongs to a request. Called once the batch is committed."""
        for arrival in batch:
            packet = arrival.item
            if not isinstance(packet, Packet):
                continue
            voice = self._voice(packet, arrival)
            if voice is None:
                continue
            if packet.cn in _REPLIES:
                self._hear_reply(voice, packet)
            elif (expected := self._expected.get(voice.station_id)) is not None:
                self._hear_upload(expected, packet, arrival.received_at)

    def forget(self, connection: Connection) -> None:
        """A connection has ended; the station may have another one here."""
        for voice in self._of_connection.pop(connection, {}).values():
            self._gone.append(voice.link)
            if self._voices.get(voice.station_id) is voice:
                del self._voices[voice.station_id]
                self._new.discard(voice.station_id)

    def _voice(self, packet: Packet, arrival: Arrival) -> Voice | None:
        line = arrival.connection
        if not isinstance(line, Connection):
            return None  # no line to answer on
        voices = self._of_connection.get(line)
        voice = voices.get(packet.mn) if voices else None
        if voice is None:
            directory = self._directory()
            station_id = directory.identify(packet.mn, packet.pw)[0] if directory else None
            if station_id is None or not line.connected:
                return None
            st = "21" if packet.st == _INTERACTION else packet.st
            voice = Voice(station_id, line, packet.mn, packet.pw, st, packet.flag, arrival.received_at)
            self._of_connection.setdefault(line, {})[packet.mn] = voice
            self._voices[station_id] = voice
            self._new.add(station_id)
        elif voice.station_id not in self._voices:
            # Its newer connection has ended; this one still speaks.
            self._voices[voice.station_id] = voice
            self._new.add(voice.station_id)
        return voice

    def _hear_reply(self, voice: Voice, packet: Packet) -> None:
        code = packet.get(_REPLIES[packet.cn]) or ""
        if (
            packet.qn
            and code.isascii()
            and code.isdigit()
            and len(code) < 5
            and len(self._replies) < _MOST_REPLIES
        ):
            self._replies.append(Reply(voice.station_id, packet.cn, packet.qn, int(code)))

    def _hear_upload(self, expected: Expected, packet: Packet, received_at: datetime) -> None:
        if packet.cn != expected.cn:
            return
        result: dict[str, str | float] = {}
        if expected.begin is None or expected.end is None:
            # What is asked for by itself comes under the number of the request.
            if packet.qn != expected.qn:
                return
            result = {key: text[:_LONGEST_RESULT] for group in packet.fields[:20] for key, text in group[:5]}
            if (ahead := _clock_ahead_s(packet, received_at)) is not None:
                result["clock_ahead_s"] = ahead
        elif packet.data_time is None or not expected.begin <= packet.data_time <= expected.end:
            return
        uploaded = self._uploads.setdefault(expected.request_id, Uploaded())
        uploaded.count += 1
        uploaded.result.update(result)

    # -- beside the loop, with the database

    async def run(self, name: str) -> None:
        """Look for what is to be said to the stations of the gateway `name`, until cancelled."""
        self.name = name
        await self._until_done(self._forget_own_links)
        renewed_at = float("-inf")
        while True:
            now = asyncio.get_running_loop().time()
            # All links from time to time: another gateway's newer one may have ended meanwhile.
            renew = now - renewed_at >= _RENEWAL_S
            heard = self._gather(renew)
            try:
                out, self._expected = await asyncio.to_thread(self._look, heard)
            except (DatabaseError, RiverchiefError) as error:
                logger.warning("the dialogue with stations waits", error=str(error).strip())
                self._put_back(heard)
            else:
                renewed_at = now if renew else renewed_at
                for request in out:
                    await self._say(request)
            await asyncio.sleep(self._poll_s)

    async def close(self) -> None:
        """Take leave: the stations will call another gateway."""
        with contextlib.suppress(DatabaseError):
            await asyncio.to_thread(self._forget_own_links)

    async def _until_done(self, work: Callable[[], None]) -> None:
        while True:
            try:
                return await asyncio.to_thread(work)
            except DatabaseError as error:
                logger.warning("the dialogue with stations waits", error=str(error).strip())
                await asyncio.sleep(self._poll_s)

    def _forget_own_links(self) -> None:
        try:
            exchange.forget_own_links(self.name)
        finally:
            let_go()

    def _gather(self, renew: bool) -> "_Heard":
        """What is to be written; from here on new things are gathered for the next time."""
        told = set(self._voices) if renew else self._new
        heard = _Heard(
            links=[self._voices[station_id].link for station_id in told],
            gone=self._gone,
            replies=self._replies,
            uploads=self._uploads,
            renew=renew,
        )
        self._new, self._gone, self._replies, self._uploads = set(), [], [], {}
        return heard

    def _put_back(self, heard: "_Heard") -> None:
        self._new |= {link.station_id for link in heard.links if link.station_id in self._voices}
        self._gone = heard.gone + self._gone
        self._replies = heard.replies + self._replies
        for request_id, uploaded in heard.uploads.items():
            later = self._uploads.setdefault(request_id, Uploaded())
            later.count += uploaded.count
            later.result = uploaded.result | later.result

    def _look(self, heard: "_Heard") -> tuple[list[Outgoing], dict[int, Expected]]:
        """One look into the database, in a thread. All or nothing, so that what was heard can be put back."""
        try:
            with transaction.atomic():
                exchange.keep_links(self.name, heard.links, heard.gone)
                # Uploads first: they came between the two replies.
                exchange.record_uploads(heard.uploads.items())
                exchange.record_replies(heard.replies)
            if heard.renew:
                exchange.forget_dead_gateways(self.name)
            out = exchange.take_due(self.name, self._readiness())
            return out, {each.station_id: each for each in exchange.under_way(self.name)}
        finally:
            let_go()

    def _readiness(self) -> Callable[[int, str], bool]:
        """Whether a station can be asked now: it speaks here, under its name, and over its connection nobody else is asked."""
        asked: dict[Connection, int] = {}
        for station_id in self._expected:
            if (voice := self._voices.get(station_id)) is not None:
                asked[voice.connection] = station_id

        def ready(station_id: int, mn: str) -> bool:
            voice = self._voices.get(station_id)
            if voice is None or voice.mn != mn or asked.get(voice.connection, station_id) != station_id:
                return False
            asked[voice.connection] = station_id
            return True

        return ready

    async def _say(self, request: Outgoing) -> None:
        voice = self._voices.get(request.expected.station_id)
        if voice is None:
            return
        try:
            frame = voice.frame(request)
        except Hj212Error as error:
            # What one station is asked must not keep the others from being asked.
            logger.warning(
                "a request fits into no frame", request=request.expected.request_id, error=str(error)
            )
            await self._until_done(partial(self._fail, request.expected.request_id, str(error)))
            return
        if voice.connection.send(frame):
            self._counters.requests += 1

    def _fail(self, request_id: int, why: str) -> None:
        try:
            exchange.fail_to_send(request_id, why)
        finally:
            let_go()


def _clock_ahead_s(packet: Packet, received_at: datetime) -> float | None:
    """How far the logger's clock is ahead of ours, where a packet tells its time."""
    digits = packet.get("SystemTime")
    if digits is None:
        return None
    with contextlib.suppress(ValueError):
        told = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=CHINA_STANDARD_TIME)
        return round((told - received_at).total_seconds(), 1)
    return None
