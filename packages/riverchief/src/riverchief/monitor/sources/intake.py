"""Reports that were fetched, into the database: packets and readings in one transaction with whatever must not be apart."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from riverchief.base import clock
from riverchief.monitor.gateway.connection import Arrival
from riverchief.monitor.gateway.directory import Directory
from riverchief.monitor.gateway.rows import Numbered, prepared, refusals, refused_parts
from riverchief.monitor.partitions import ensure
from riverchief.monitor.store import NEXT_PACKET_IDS, months_of, write
from riverchief.monitor.telemetry.json_reports import read_report


@dataclass(frozen=True, slots=True)
class Origin:
    """A place that something came from where nobody waits for a frame: a topic of a broker, a platform that was asked."""

    name: str

    @property
    def address(self) -> str:
        """The place itself."""
        return self.name

    @property
    def peer(self) -> str:
        """For people to read."""
        return self.name[:60]

    def send(self, frame: bytes) -> bool:
        """Nobody hears it."""
        return False


def store_reports(
    reports: Iterable[bytes], origin: str, directory: Directory, also: Callable[[int, int], None]
) -> None:
    """Store reports; `also`, in the same transaction, is told how many packets are kept, and how many of them are not accepted."""
    now, platform = clock.now(), Origin(origin)
    arrivals = [Arrival(read_report(report), now, platform) for report in reports]
    packets, readings = [], []
    with connection.cursor() as cursor:
        for arrival in arrivals:
            cursor.execute(NEXT_PACKET_IDS, [1 + len(refusals(arrival))])
            item = Numbered(tuple(number for (number,) in cursor.fetchall()), arrival)
            packet, rows = prepared(item, directory, "")
            packets.append(packet)
            readings += rows
            if packet.state != "rejected":
                packets += refused_parts(item)
        ensure([("monitor_packet", now), *(("monitor_reading", month) for month in months_of(readings, now))])
        with transaction.atomic():
            write(cursor, packets, readings)
            also(len(packets), sum(packet.state != "stored" for packet in packets))
