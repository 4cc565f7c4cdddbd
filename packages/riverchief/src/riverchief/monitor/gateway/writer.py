"""Batches of arrivals into the database: one commit each, the answers only after it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import islice
from typing import TypeVar

import psycopg
import structlog
from django.db import connection as django_connection
from riverkit.protocols.hj212 import FrameError

from riverchief.base import clock
from riverchief.monitor.gateway.connection import Arrival
from riverchief.monitor.gateway.counters import Counters
from riverchief.monitor.gateway.directory import Directory
from riverchief.monitor.gateway.quota import Quota
from riverchief.monitor.gateway.rows import MISREAD, Numbered, claimed_mn, prepared, refusals, refused_parts
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.store import ENSURE_PARTITION, NEXT_PACKET_IDS, PacketRow, months_of, statements
from riverchief.monitor.telemetry.uploads import Upload, answer_to

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_STATEMENT_TIMEOUT_MS = 30_000

Result = TypeVar("Result")

logger = structlog.get_logger("riverchief.gateway")


class BatchWriter:
    """Stores what was taken, in order, and answers.

    While the database is away nothing is answered and nothing is given up: the batch stays in memory and is written
    again, under the same packet numbers, until its commit is known to stand.
    """

    def __init__(
        self,
        directory: Callable[[], Directory | None],
        counters: Counters,
        stored: Callable[[], None],
        *,
        quota: Quota,
    ) -> None:
        self._directory = directory
        self._counters = counters
        self._stored = stored
        self._quota = quota
        self._connection: psycopg.AsyncConnection | None = None

    async def write(self, batch: list[Arrival]) -> None:
        """Store a batch, however long the database takes, then answer it."""
        needed = [1 + len(refusals(arrival)) for arrival in batch]
        numbers = iter(await self._patiently(lambda: self._numbers(sum(needed))))
        await self._store(
            [
                Numbered(tuple(islice(numbers, count)), arrival)
                for count, arrival in zip(needed, batch, strict=True)
            ]
        )

    async def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _patiently(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Do something with the database, again and again until it is there; a fault of the data is raised."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return await work()
            except (psycopg.DataError, psycopg.IntegrityError):
                raise
            except psycopg.Error as error:
                self._counters.database_failures += 1
                logger.warning("database away, packets wait", error=str(error).strip(), pause_s=pause_s)
                await self.close()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _connected(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            known = django_connection.get_connection_params()
            names = ("dbname", "user", "password", "host", "port")
            self._connection = await psycopg.AsyncConnection.connect(
                **{name: known[name] for name in names if name in known},
                autocommit=True,
                connect_timeout=10,
                options=f"-c statement_timeout={_STATEMENT_TIMEOUT_MS}",
                application_name="riverchief gateway",
            )
        return self._connection

    async def _numbers(self, count: int) -> list[int]:
        cursor = await (await self._connected()).execute(NEXT_PACKET_IDS, [count])
        return [number for (number,) in await cursor.fetchall()]

    async def _store(self, batch: list[Numbered], refused: str = "") -> None:
        """Commit a batch and answer it. Of a batch that the database refuses, everything but the culprit is stored."""
        try:
            await self._patiently(lambda: self._commit_and_answer(batch, refused))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if refused:
                raise
            if len(batch) == 1:
                logger.error(
                    "a packet cannot be stored as it is", mn=claimed_mn(batch[0].arrival), error=str(error)
                )
                await self._store(batch, refused="not_storable")
            else:
                half = len(batch) // 2
                await self._store(batch[:half])
                await self._store(batch[half:])

    async def _commit_and_answer(self, batch: list[Numbered], refused: str) -> None:
        directory = self._directory()
        if directory is None:
            raise psycopg.OperationalError("the registry has not been read yet")
        packets: list[PacketRow] = []
        readings: list[ReadingRow] = []
        share = self._quota.share(batch[-1].arrival.received_at)
        for item in batch:
            packet, rows = prepared(item, directory, refused)
            if packet.state != "stored" and not share.take(item.arrival.connection.address):
                continue
            packets.append(packet)
            readings += rows
            if packet.state != "rejected" and (parts := refused_parts(item)):
                share.add(item.arrival.connection.address, len(parts))
                packets += parts
        connection = await self._connected()
        for month in months_of(readings, batch[-1].arrival.received_at):
            await connection.execute(ENSURE_PARTITION, ["monitor_reading", month])
        async with connection.transaction(), connection.cursor() as cursor:
            for sql, parameters in statements(packets, readings):
                await cursor.execute(sql, parameters)
        # From here on the batch is committed: only now may a device be told.
        self._count(packets, readings, share.commit())
        now = clock.now()
        answerable = {packet.id for packet in packets if packet.state != "rejected"}
        for item in batch:
            upload = item.arrival.item
            if item.id in answerable and not isinstance(upload, FrameError):
                reply = _answer(upload, now)
                self._counters.answers += reply is not None and item.arrival.connection.send(reply)
        if readings:
            self._stored()

    def _count(self, packets: list[PacketRow], readings: list[ReadingRow], over_quota: int) -> None:
        states = [packet.state for packet in packets]
        self._counters.commits += 1
        if packets:
            self._counters.last_packet_s = int(packets[-1].received_at.timestamp())
        self._counters.packets += states.count("stored")
        self._counters.packets_quarantined += states.count("quarantined")
        self._counters.frames_rejected += states.count("rejected")
        self._counters.packets_over_quota += over_quota
        self._counters.readings += len(readings)
        self._counters.readings_refused += sum(bool(row.reason) for row in readings)


def _answer(upload: Upload, now: datetime) -> bytes | None:
    """The answer to a packet that is stored; None where it wants none, or none can be written."""
    try:
        return answer_to(upload, now)
    except MISREAD:
        logger.exception("a packet that is stored cannot be answered", mn=upload.mn)
        return None
