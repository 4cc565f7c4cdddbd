"""Who may send: the stations by MN, and the checks for their values, read from the database and kept in memory."""

from dataclasses import dataclass, field

from django.db import connection, transaction

from riverchief.base import clock
from riverchief.base.models import Heartbeat
from riverchief.base.rules import get_rule
from riverchief.monitor.dialogue.exchange import process_name
from riverchief.monitor.partitions import ahead, ensure
from riverchief.monitor.readings import ReadingChecks
from riverchief.monitor.telemetry.uploads import Upload, is_vouched
from riverchief.registry.models import Station

UNKNOWN_MN = "unknown_mn"
WRONG_PASSWORD = "wrong_password"  # noqa: S105 - the name of an error


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


def keep_house(gateway: str, figures: dict[str, int]) -> None:
    """Make the coming partitions and give a sign of life with the gateway's counters; runs in a thread."""
    try:
        ensure(ahead(clock.now()))
        Heartbeat.objects.update_or_create(
            process=process_name(gateway), defaults={"at": clock.now(), "detail": {"counters": figures}}
        )
    finally:
        let_go()


def let_go() -> None:
    """Leave no connection behind in a thread that is done."""
    if not transaction.get_connection().in_atomic_block:
        connection.close()
