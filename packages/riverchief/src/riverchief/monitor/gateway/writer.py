"""Batches of arrivals into the database: one commit each, the answers only after it."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date
from itertools import islice
from typing import Any, TypeVar

import psycopg
import structlog
from django.db import connection as django_connection
from riverkit.protocols.hj212 import FrameError, Packet, Refusal, factor_of

from riverchief.base import clock
from riverchief.monitor.gateway.connection import Arrival
from riverchief.monitor.gateway.counters import Counters
from riverchief.monitor.gateway.directory import Directory
from riverchief.monitor.readings import ReadingRow, refused_of
from riverchief.monitor.store import ENSURE_PARTITION, NEXT_PACKET_IDS, PacketRow, months_of, statements
from riverchief.monitor.telemetry.uploads import Upload, answer_to, fault_of, rows_of

_LARGEST_REFUSED_PART = 256

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_STATEMENT_TIMEOUT_MS = 30_000
_FACTOR = re.compile(r"([0-9A-Za-z_-]{1,40})-[A-Za-z]+=")
_CLAIMED_MN = re.compile(rb"MN=([0-9A-Za-z_-]{1,64})[;,]")
_CLAIMED_STATION = re.compile(rb"\x7e\x7e.(.{5})|\x01[0-9A-F]{2}([0-9A-F]{10})", re.DOTALL)

Result = TypeVar("Result")

logger = structlog.get_logger("riverchief.gateway")


@dataclass(frozen=True, slots=True)
class _Numbered:
    """An arrival and the numbers its packet rows will have, however often they are written.

    The first is that of the packet, the others are those of what was refused of it.
    """

    ids: tuple[int, ...]
    arrival: Arrival

    @property
    def id(self) -> int:
        """The number of the packet."""
        return self.ids[0]


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
        most_unaccepted: int,
    ) -> None:
        self._directory = directory
        self._counters = counters
        self._stored = stored
        self._most_unaccepted = most_unaccepted
        self._connection: psycopg.AsyncConnection | None = None
        self._unaccepted: tuple[date | None, int] = (None, 0)

    async def write(self, batch: list[Arrival]) -> None:
        """Store a batch, however long the database takes, then answer it."""
        needed = [1 + len(_refusals(arrival)) for arrival in batch]
        numbers = iter(await self._patiently(lambda: self._numbers(sum(needed))))
        await self._store(
            [
                _Numbered(tuple(islice(numbers, count)), arrival)
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

    async def _store(self, batch: list[_Numbered], refused: str = "") -> None:
        """Commit a batch and answer it. Of a batch that the database refuses, everything but the culprit is stored."""
        try:
            await self._patiently(lambda: self._commit_and_answer(batch, refused))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if refused:
                raise
            if len(batch) == 1:
                logger.error(
                    "a packet cannot be stored as it is", mn=_claimed_mn(batch[0].arrival), error=str(error)
                )
                await self._store(batch, refused="not_storable")
            else:
                half = len(batch) // 2
                await self._store(batch[:half])
                await self._store(batch[half:])

    async def _commit_and_answer(self, batch: list[_Numbered], refused: str) -> None:
        directory = self._directory()
        if directory is None:
            raise psycopg.OperationalError("the registry has not been read yet")
        packets: list[PacketRow] = []
        readings: list[ReadingRow] = []
        today = batch[-1].arrival.received_at.date()
        unaccepted = self._unaccepted[1] if self._unaccepted[0] == today else 0
        over_quota = 0
        for item in batch:
            packet, rows = _prepare(item, directory, refused)
            if packet.state != "stored" and unaccepted >= self._most_unaccepted:
                over_quota += 1
                continue
            unaccepted += packet.state != "stored"
            packets.append(packet)
            readings += rows
            if packet.state != "rejected":
                parts = _refused_parts(item)
                unaccepted += len(parts)
                packets += parts
        connection = await self._connected()
        for month in months_of(readings, batch[-1].arrival.received_at):
            await connection.execute(ENSURE_PARTITION, ["monitor_reading", month])
        async with connection.transaction(), connection.cursor() as cursor:
            for sql, parameters in statements(packets, readings):
                await cursor.execute(sql, parameters)
        # From here on the batch is committed: only now may a device be told.
        self._unaccepted = (today, unaccepted)
        self._count(packets, readings, over_quota)
        now = clock.now()
        answerable = {packet.id for packet in packets if packet.state != "rejected"}
        for item in batch:
            upload = item.arrival.item
            if item.id in answerable and not isinstance(upload, FrameError):
                reply = answer_to(upload, now)
                self._counters.answers += reply is not None and item.arrival.connection.send(reply)
        if readings:
            self._stored()

    def _count(self, packets: list[PacketRow], readings: list[ReadingRow], over_quota: int) -> None:
        states = [packet.state for packet in packets]
        self._counters.commits += 1
        self._counters.packets += states.count("stored")
        self._counters.packets_quarantined += states.count("quarantined")
        self._counters.frames_rejected += states.count("rejected")
        self._counters.packets_over_quota += over_quota
        self._counters.readings += len(readings)
        self._counters.readings_refused += sum(bool(row.reason) for row in readings)


def _claimed_mn(arrival: Arrival) -> str:
    """The MN or station address that a frame claims; of one that could not be read, for a person to look at."""
    if not isinstance(arrival.item, FrameError):
        return arrival.item.mn[:64]
    if (address := _CLAIMED_STATION.match(arrival.raw)) is not None:
        return address[2].decode() if address[1] is None else address[1].hex().upper()
    found = _CLAIMED_MN.search(arrival.raw)
    return found[1].decode() if found else ""


def _refusals(arrival: Arrival) -> tuple[Refusal, ...]:
    return () if isinstance(arrival.item, FrameError) else arrival.item.refused


def _refused_parts(item: _Numbered) -> list[PacketRow]:
    """What could not be read of a packet, each part as a row of its own beside those that could not be read at all.

    The packet itself is answered: sent again, it would be no better.
    """
    return [
        _packet_row(item, state="rejected", error=part.name)._replace(
            id=number,
            raw=part.text.encode()[:_LARGEST_REFUSED_PART],
            refused=json.dumps(_named(item.arrival.item, part)),
        )
        for number, part in zip(item.ids[1:], _refusals(item.arrival), strict=True)
    ]


def _named(packet: Upload | FrameError, part: Refusal) -> list[tuple[str, str]]:
    """The factor that a part speaks of, under the name that its readings have, and the reason; [] where it has none."""
    found = _FACTOR.match(part.text)
    if found is None or not isinstance(packet, Packet):
        return []
    factor = factor_of(found[1], packet.st)
    return [(factor.key if factor and factor.key else found[1], part.name)]


def _prepare(item: _Numbered, directory: Directory, refused: str) -> tuple[PacketRow, list[ReadingRow]]:
    """The rows of an arrival. `refused`: the database would not have it otherwise; keep its bytes."""
    arrival, packet = item.arrival, item.arrival.item
    if isinstance(packet, FrameError):
        return _packet_row(item, state="rejected", error=refused or packet.name), []
    if fault := refused or fault_of(packet):
        return _packet_row(item, state="rejected", error=fault), []
    data_time = packet.data_time
    station_id, error = directory.identify(packet.mn, packet.pw)
    fields = {
        "st": packet.st,
        "cn": packet.cn,
        "qn": packet.qn or "",
        "data_time": data_time.astimezone(UTC) if data_time else None,
    }
    if station_id is None:
        return _packet_row(item, state="quarantined", error=error, **fields), []
    readings = rows_of(
        packet,
        station_id=station_id,
        packet_id=item.id,
        received_at=arrival.received_at,
        checks=directory.checks,
    )
    refused_values = refused_of(readings)
    packet_row = _packet_row(
        item,
        state="stored",
        station_id=station_id,
        error=refused_values[0][1] if refused_values else "",
        refused=json.dumps(refused_values),
        **fields,
    )
    return packet_row, readings


def _packet_row(item: _Numbered, **values: Any) -> PacketRow:
    arrival = item.arrival
    return PacketRow(
        id=item.id,
        received_at=arrival.received_at,
        mn=_claimed_mn(arrival),
        peer=arrival.connection.peer,
        raw=arrival.raw,
        **values,
    )
