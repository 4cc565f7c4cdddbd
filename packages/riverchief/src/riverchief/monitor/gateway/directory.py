"""Who may send: the stations by MN, and the checks for their values, read from the database and kept in memory."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from riverkit.protocols.hj212 import FrameError

from riverchief.base import clock
from riverchief.base.errors import RiverchiefError
from riverchief.base.models import Heartbeat
from riverchief.base.rules import get_rule
from riverchief.monitor.gateway.connection import Arrival
from riverchief.monitor.partitions import ahead, ensure
from riverchief.monitor.readings import ReadingChecks
from riverchief.monitor.telemetry.uploads import Upload, is_vouched
from riverchief.registry.models import Station

UNKNOWN_MN = "unknown_mn"
WRONG_PASSWORD = "wrong_password"  # noqa: S105 - the name of an error

logger = structlog.get_logger("riverchief.gateway")


@dataclass(frozen=True)
class Directory:
    """A view of the registry at one moment."""

    stations: dict[str, Station]
    checks: ReadingChecks
    _verified: dict[tuple[str, str | None], bool] = field(default_factory=dict)

    def identify(self, mn: str, password: str | None) -> tuple[int | None, str]:
        """The station that a packet comes from, or None and why not."""
        station = self.stations.get(mn)
        if station is None:
            return None, UNKNOWN_MN
        if (mn, password) not in self._verified:
            if len(self._verified) > 4 * len(self.stations) + 1000:
                self._verified.clear()  # somebody is trying passwords
            self._verified[mn, password] = station.check_password(password or "")
        return (station.pk, "") if self._verified[mn, password] else (None, WRONG_PASSWORD)

    def station_of(self, upload: Upload) -> tuple[int | None, str]:
        """The same of an upload; one that somebody vouches for needs no password."""
        if not is_vouched(upload):
            return self.identify(upload.mn, upload.pw)
        station = self.stations.get(upload.mn)
        return (None, UNKNOWN_MN) if station is None else (station.pk, "")


def load() -> Directory:
    """Read the directory; runs in a thread, and leaves no connection behind."""
    try:
        rows = Station.objects.filter(active=True, mn__isnull=False)
        return Directory(
            {row.mn: row for row in rows if row.mn}, ReadingChecks.of(get_rule("monitor.reading_checks"))
        )
    finally:
        let_go()


class KeptDirectory:
    """The directory of a process: read again every few seconds, and before somebody is taken for a stranger.

    Attributes:
        current: the last one that could be read; None before the first.
    """

    def __init__(self, every_s: float, strangers_s: float) -> None:
        self.current: Directory | None = None
        self._every_s = every_s
        self._strangers_s = strangers_s
        self._read_at = float("-inf")

    async def keep(self) -> None:
        """Read it again and again."""
        while True:
            found = await self.read()
            await asyncio.sleep(self._every_s if found else min(1.0, self._every_s))

    async def look_again_for(self, arrivals: Iterable[Arrival]) -> None:
        """Before somebody is quarantined, look whether they were registered a moment ago."""
        known = self.current
        if known is None or asyncio.get_running_loop().time() - self._read_at < self._strangers_s:
            return
        uploads = (arrival.item for arrival in arrivals if not isinstance(arrival.item, FrameError))
        if any(known.station_of(upload)[0] is None for upload in uploads):
            await self.read()

    async def read(self) -> bool:
        """Read it once; whether it could be."""
        began = asyncio.get_running_loop().time()
        try:
            self.current = await asyncio.to_thread(load)
        except (DatabaseError, RiverchiefError) as error:
            # The last view of the registry serves meanwhile; without any, packets wait.
            logger.warning("registry not read", error=str(error).strip())
            return False
        self._read_at = began
        return True


def keep_house(process: str, detail: dict[str, Any]) -> None:
    """Make the coming partitions and give a process's sign of life; runs in a thread."""
    try:
        ensure(ahead(clock.now()))
        Heartbeat.objects.update_or_create(process=process, defaults={"at": clock.now(), "detail": detail})
    finally:
        let_go()


def let_go() -> None:
    """Leave no connection behind in a thread that is done."""
    if not transaction.get_connection().in_atomic_block:
        connection.close()
