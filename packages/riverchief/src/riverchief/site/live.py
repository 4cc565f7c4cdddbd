"""The live stream: what has just changed, to everybody who may know, as server-sent events.

An ASGI application of its own beside Django, because a stream inside Django would keep a thread and a database
connection for as long as somebody looks at a page. Here all streams of the process share one connection, which reads
the outbox. An event carries ids only; the page then fetches what changed, through the API and its permissions.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from typing import Any

import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from psycopg.rows import namedtuple_row

from riverchief.accounts import policies
from riverchief.accounts.models import User
from riverchief.accounts.roles import Capability

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

POLL_S = 0.5
HEARTBEAT_S = 15.0
RECHECK_S = 60.0  # how long a session that was ended, or a role that was taken away, may still receive ids
LATE_COMMIT_S = 60.0  # a transaction may commit this long after it took its id
LONGEST_QUEUE = 500

logger = structlog.get_logger("riverchief.live")


@dataclass(frozen=True)
class Change:
    """One event of the outbox."""

    id: int
    name: str
    payload: dict[str, Any]
    area: str
    restricted: bool

    def frame(self) -> bytes:
        """As a server-sent event."""
        data = {"id": self.id, "name": self.name, "payload": self.payload, "area": self.area}
        return f"id: {self.id}\nevent: change\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


RESYNC = Change(0, "resync", {}, "", False)
"""Tells a page that it may have missed something and should fetch what it shows."""


_RESTRICTED_TO = {
    "trace.": Capability.VIEW_TRACE,
    "monitor.station_request": Capability.ASK_STATION,
    "monitor.doubt": Capability.REVIEW_READINGS,
}
"""Who is told of the restricted changes whose names begin so; of the others those who see clues."""


@dataclass(frozen=True)
class Viewer:
    """Where a person may know what: area paths by capability."""

    scopes: dict[Capability, tuple[str, ...]]

    def may_know(self, change: Change) -> bool:
        """Whether a change may be told to this person. One without an area concerns everybody, unless restricted."""
        if not change.restricted:
            needed = Capability.VIEW_MAP
        else:
            needed = next(
                (who for names, who in _RESTRICTED_TO.items() if change.name.startswith(names)),
                Capability.VIEW_CLUE,
            )
        paths = self.scopes[needed]
        if not change.area:
            return bool(paths) and not change.restricted
        return any(change.area.startswith(path) for path in paths)


def read_viewer(session_key: str) -> Viewer | None:
    """The person behind a session, None where nobody is signed in. Runs in a thread and leaves no connection."""
    try:
        store = import_module(settings.SESSION_ENGINE).SessionStore
        request = ASGIRequest({"type": "http", "method": "GET", "path": "/live", "headers": []}, BytesIO())
        request.session = store(session_key)
        user = get_user(request)
        if not isinstance(user, User) or not user.is_active:
            return None
        needed = (Capability.VIEW_MAP, Capability.VIEW_CLUE, *_RESTRICTED_TO.values())
        return Viewer({capability: tuple(policies.scope(user, capability)) for capability in needed})
    finally:
        connection.close()


@dataclass
class OutboxReader:
    """Yields each outbox row once, although rows become visible in another order than that of their ids."""

    low_water: int
    seen: dict[int, float] = field(default_factory=dict)

    def fresh(self, changes: list[Change], now_s: float) -> list[Change]:
        """The changes not yet given out; `now_s` is any clock that only goes forward."""
        new = [change for change in changes if change.id not in self.seen]
        self.seen.update({change.id: now_s for change in new})
        settled = [id_ for id_, since in self.seen.items() if now_s - since > LATE_COMMIT_S]
        if settled:
            self.low_water = max(self.low_water, *settled)
            self.seen = {id_: since for id_, since in self.seen.items() if id_ > self.low_water}
        return new


class Broadcaster:
    """Reads the outbox while anybody listens, and hands each change to every listener."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Change]] = set()
        self._reading: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[asyncio.Queue[Change]]:
        """A queue of the changes from now on."""
        queue: asyncio.Queue[Change] = asyncio.Queue(LONGEST_QUEUE)
        self._listeners.add(queue)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_for_ever())
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
            if not self._listeners and self._reading is not None:
                self._reading.cancel()
                self._reading = None

    def hand_out(self, change: Change) -> None:
        """To every listener; one that is too slow loses its backlog and is told so."""
        for queue in self._listeners:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                change_or_resync = RESYNC
            else:
                change_or_resync = change
            queue.put_nowait(change_or_resync)

    async def _read_for_ever(self) -> None:
        while True:
            try:
                await self._read()
            except psycopg.OperationalError as error:
                logger.warning("the live stream lost the database", error=str(error))
                await asyncio.sleep(1)
                self.hand_out(RESYNC)

    async def _read(self) -> None:
        parameters = connection.get_connection_params()
        for name in ("cursor_factory", "context"):
            parameters.pop(name, None)
        async with await psycopg.AsyncConnection.connect(
            **parameters, autocommit=True, row_factory=namedtuple_row
        ) as database:
            first = await (
                await database.execute("SELECT coalesce(max(id), 0) AS id FROM base_outboxevent")
            ).fetchone()
            reader = OutboxReader(first.id if first else 0)
            while True:
                rows = await database.execute(
                    "SELECT id, name, payload, area, restricted FROM base_outboxevent WHERE id > %s ORDER BY id",
                    [reader.low_water],
                )
                changes = [Change(*row) for row in await rows.fetchall()]
                for change in reader.fresh(changes, time.monotonic()):
                    self.hand_out(change)
                await asyncio.sleep(POLL_S)


broadcaster = Broadcaster()


async def live(scope: Message, receive: Receive, send: Send) -> None:
    """The ASGI application behind /live."""
    request = ASGIRequest(scope, BytesIO())
    try:
        request.get_host()
    except DisallowedHost:
        return await _refuse(send, 400, "unknown host")
    if request.method != "GET":
        return await _refuse(send, 405, "GET only")
    session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    viewer = await _viewer(session_key)
    if viewer is None:
        return await _refuse(send, 401, "sign in first")
    stream = asyncio.ensure_future(_stream(session_key, viewer, "Last-Event-ID" in request.headers, send))
    gone = asyncio.ensure_future(_until_disconnected(receive))
    done, pending = await asyncio.wait({stream, gone}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def _viewer(session_key: str) -> Viewer | None:
    return await sync_to_async(read_viewer, thread_sensitive=False)(session_key) if session_key else None


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stream(session_key: str, viewer: Viewer, returning: bool, send: Send) -> None:
    headers = {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
    }
    raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw_headers})

    async def write(content: bytes) -> None:
        await send({"type": "http.response.body", "body": content, "more_body": True})

    async with broadcaster.listen() as queue:
        await write(b"retry: 3000\n\n" + (RESYNC.frame() if returning else b""))
        checked = time.monotonic()
        while True:
            try:
                change: Change | None = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except TimeoutError:
                change = None
            if time.monotonic() - checked > RECHECK_S:
                renewed = await _viewer(session_key)
                if renewed is None:
                    break
                viewer, checked = renewed, time.monotonic()
            if change is None:
                await write(b": still here\n\n")
            elif change is RESYNC or viewer.may_know(change):
                await write(change.frame())
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refuse(send: Send, status: int, reason: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})
