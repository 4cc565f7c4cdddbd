"""The gateway itself: listens, holds back when the database is slow, hands batches to the writer, keeps house."""

import asyncio
import contextlib
import gc
import signal
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
import uvloop
from django.conf import settings
from django.db import DatabaseError

from riverchief.monitor.dialogue.exchange import process_name
from riverchief.monitor.gateway.connection import Arrival, Connection, Rate
from riverchief.monitor.gateway.counters import Counters
from riverchief.monitor.gateway.dialogue import Dialogue
from riverchief.monitor.gateway.directory import KeptDirectory, keep_house
from riverchief.monitor.gateway.introduction import Introduction, Network
from riverchief.monitor.gateway.lane import Lane, waiting
from riverchief.monitor.gateway.quota import Quota
from riverchief.monitor.gateway.writer import BatchWriter
from riverchief.monitor.tasks import ask_for_examination

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""About a batch and what is made of it."""

logger = structlog.get_logger("riverchief.gateway")


@dataclass(frozen=True)
class Limits:
    """What one process takes on."""

    connections: int = 4000
    connections_per_address: int = 2000
    """Half of all: no address takes every place. Many stations may share one (a carrier's)."""
    bytes_per_s: float = 64 * 1024
    """Of one connection, about 250 packets; what is more waits at the device …"""
    burst_bytes: float = 1024 * 1024
    """… after so much at once, for what it has kept while the line was down."""
    handshake_s: float = 10.0
    """With TLS: who has not ended the handshake by then is cut off; so is a balancer that says nobody's address."""
    waiting_high: int = 5000
    """Decoded packets in memory at which no connection is read any more …"""
    waiting_low: int = 1000
    """… and at which they are read again."""
    lanes: int = 2
    """While the database works on the batch of one, that of another is made ready."""
    batch_packets: int = 500
    batch_wait_s: float = 0.02
    idle_s: float = 3 * 3600
    """An hourly analyser that stays connected is silent for an hour; after three it is gone."""
    bad_frames: int = 100
    """In a row; then the peer is cut off."""
    unaccepted_per_day: int = 200_000
    """Quarantined and rejected rows, about 100 MB: strangers cannot fill the disk. What comes beyond them is neither kept
    nor answered, so that an honest device sends it again."""
    unaccepted_per_address: int = 20_000
    """A tenth of it: one address does not take the place of all, and 60 new stations behind one may report every 5 minutes."""
    directory_s: float = 5.0
    strangers_s: float = 0.5
    """How old the view of the registry may be that makes somebody a stranger."""
    house_s: float = 10.0
    dialogue_s: float = 1.0
    """How often a gateway looks for what is wanted of its stations."""
    examination_s: float = 1.0
    farewell_s: float = 10.0
    """How long a stopping gateway waits for the database to take what it holds."""


class Gateway:
    """Takes packets on one port until it is stopped."""

    def __init__(
        self,
        host: str,
        port: int,
        limits: Limits | None = None,
        *,
        name: str = "",
        tls: ssl.SSLContext | None = None,
        balancers: Sequence[Network] = (),
        stored: Callable[[], None] = ask_for_examination,
    ) -> None:
        self.host = host
        self.port = port
        self.name = name
        self._tls = tls
        self._balancers = balancers
        self._of_address: Counter[str] = Counter()
        self.limits = limits or Limits()
        self.counters = Counters()
        self._stored = stored
        self._directory = KeptDirectory(self.limits.directory_s, self.limits.strangers_s)
        self._something_stored = asyncio.Event()
        self._connections: set[Connection] = set()
        self._paused = False
        self._quota = Quota(self.limits.unaccepted_per_day, self.limits.unaccepted_per_address)
        self._lanes = [
            Lane(
                BatchWriter(
                    lambda: self._directory.current,
                    self.counters,
                    self._something_stored.set,
                    quota=self._quota,
                )
            )
            for _ in range(self.limits.lanes)
        ]
        self._dialogue = Dialogue(lambda: self._directory.current, self.counters, self.limits.dialogue_s)
        self._server: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # -- what connections need (see connection.Receiver)

    def admit(self, connection: Connection) -> bool:
        """Take note of a connection, unless there are too many."""
        address = connection.address
        if (
            len(self._connections) >= self.limits.connections
            or self._of_address[address] >= self.limits.connections_per_address
        ):
            self.counters.connections_refused += 1
            return False
        self._connections.add(connection)
        self._of_address[address] += 1
        if self._paused:
            connection.pause()
        return True

    def forget(self, connection: Connection) -> None:
        """A connection has ended."""
        if connection in self._connections:
            self._connections.remove(connection)
            self._of_address[connection.address] -= 1
            if not self._of_address[connection.address]:
                del self._of_address[connection.address]
        self._dialogue.forget(connection)

    def take(self, arrivals: list[Arrival]) -> None:
        """Keep what came until it is stored; above the high mark stop reading, so that devices wait, not memory."""
        for arrival in arrivals:
            # Of one station everything takes the same lane: what came later is stored later.
            self._lanes[hash(arrival.sender) % len(self._lanes)].take(arrival)
        if not self._paused and waiting(self._lanes) >= self.limits.waiting_high:
            self._paused = True
            for connection in self._connections:
                connection.pause()

    # -- running

    async def start(self) -> None:
        """Listen. With port 0 the system chooses one, and `port` says which."""
        loop = asyncio.get_running_loop()
        rate = Rate(self.limits.bytes_per_s, self.limits.burst_bytes)

        def connection() -> Connection:
            return Connection(self, most_bad_frames=self.limits.bad_frames, rate=rate)

        def introduction() -> Introduction:
            return Introduction(connection, self._balancers, self.limits.handshake_s)

        self._server = await loop.create_server(
            introduction if self._balancers else connection,
            self.host,
            self.port,
            backlog=1024,
            ssl=self._tls,
            ssl_handshake_timeout=self.limits.handshake_s if self._tls else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.name = self.name or f"{socket.gethostname()[:24]}:{self.port}"
        self._tasks = [
            asyncio.create_task(work)
            for work in (
                *(self._write(lane) for lane in self._lanes),
                self._directory.keep(),
                self._keep_house(),
                self._ask(),
                self._hang_up_the_idle(),
                self._dialogue.run(self.name),
            )
        ]
        logger.info("gateway listens", host=self.host, port=self.port)

    async def stop(self) -> None:
        """Take no more, store and answer what is there, end. What stays unstored was not answered either."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.pause()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.farewell_s):
                while any(lane.waiting or lane.writing for lane in self._lanes):
                    await asyncio.sleep(0.02)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections):
            connection.close()
        for lane in self._lanes:
            await lane.writer.close()
        await self._dialogue.close()
        logger.info("gateway stopped", **self.counters.as_dict())

    async def failed(self) -> None:
        """Wait until one of the gateway's tasks fails, which none should, and raise what it raised."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _write(self, lane: Lane) -> None:
        while True:
            batch = await lane.batch(self.limits.batch_packets, self.limits.batch_wait_s)
            await self._directory.look_again_for(batch)
            await lane.writer.write(batch)
            self._dialogue.hear(batch)
            lane.writing = False
            if self._paused and waiting(self._lanes) <= self.limits.waiting_low:
                self._paused = False
                for connection in self._connections:
                    connection.resume()

    async def _keep_house(self) -> None:
        while True:
            self.counters.connections = len(self._connections)
            self.counters.waiting = waiting(self._lanes)
            try:
                detail = {"counters": self.counters.as_dict(), "quota": self._quota.as_dict()}
                await asyncio.to_thread(keep_house, process_name(self.name), detail)
            except DatabaseError as error:
                logger.warning("no sign of life given", error=str(error).strip())
            await asyncio.sleep(self.limits.house_s)

    async def _ask(self) -> None:
        """Ask for the examination of what was stored, at most once per `examination_s`."""
        while True:
            await self._something_stored.wait()
            self._something_stored.clear()
            try:
                await asyncio.to_thread(self._stored)
            except DatabaseError as error:
                # The mark of the unexamined stations is in the database: the next batch or the periodic job asks.
                logger.warning("examination not asked for", error=str(error).strip())
            await asyncio.sleep(self.limits.examination_s)

    async def _hang_up_the_idle(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(30.0, self.limits.idle_s / 4))
            if not self._paused:
                silent_since = loop.time() - self.limits.idle_s
                for connection in [each for each in self._connections if each.last_heard < silent_since]:
                    connection.close()


def tls_context(certificate: str, key: str) -> ssl.SSLContext | None:
    """What makes the gateway speak TLS 1.2 or later; None without a certificate. Stations prove themselves by MN and PW."""
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key or None)
    return context


async def serve() -> None:
    """Run until SIGTERM or SIGINT."""
    gateway = Gateway(
        settings.RIVERCHIEF_GATEWAY_HOST,
        settings.RIVERCHIEF_GATEWAY_PORT,
        Limits(**settings.RIVERCHIEF_GATEWAY_LIMITS),
        name=settings.RIVERCHIEF_GATEWAY_NAME,
        tls=tls_context(*settings.RIVERCHIEF_GATEWAY_TLS),
        balancers=settings.RIVERCHIEF_GATEWAY_BALANCERS,
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await gateway.start()
    waits = [asyncio.create_task(gateway.failed()), asyncio.create_task(stopped.wait())]
    done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await gateway.stop()
    for task in done:
        task.result()


def main() -> None:
    """Entry point of the process; Django is set up by the caller."""
    # What is there by now stays. To look through all of it for cycles stops the loop for a tenth of a second, and batches,
    # which have none, made that happen over and over.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    uvloop.run(serve())
