"""Packets of devices that were unknown, turned into readings once the registry knows the device."""

from django.db import connection, transaction
from procrastinate.contrib.django import app
from riverkit.errors import ProtocolError
from riverkit.protocols.hj212 import Hj212Error

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.monitor.models import Packet
from riverchief.monitor.partitions import ensure
from riverchief.monitor.readings import ReadingChecks, ReadingRow, refused_of
from riverchief.monitor.store import months_of, write
from riverchief.monitor.telemetry.uploads import Upload, is_vouched, read_stored, rows_of
from riverchief.registry.models import Station

_BATCH = 500


def adoptable() -> list[str]:
    """The devices in quarantine that a station is registered under by now."""
    waiting = Packet.objects.filter(state=Packet.State.QUARANTINED).values("mn").distinct()
    return list(Station.objects.filter(active=True, mn__in=waiting).values_list("mn", flat=True))  # type: ignore[arg-type]


def replay(mn: str) -> int:
    """Store what a device sent while it was unknown; returns how many packets left quarantine.

    Each batch is a transaction of its own, so that a job that is cut off goes on where it was. Readings keep the time
    at which they were received.
    """
    station = Station.objects.filter(mn=mn, active=True).first()
    if station is None:
        return 0
    checks = ReadingChecks.of(get_rule("monitor.reading_checks"))
    done, after = 0, None
    while True:
        rows = Packet.objects.filter(mn=mn, state=Packet.State.QUARANTINED).order_by("received_at", "id")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        batch = list(rows[:_BATCH])
        if not batch:
            return done
        after = batch[-1].pk
        read = [(row, upload) for row in batch if (upload := _read(row)) is not None]
        accepted = [
            (row, packet)
            for row, packet in read
            if is_vouched(packet) or station.check_password(packet.pw or "")
        ]
        _store(accepted, station, checks)
        done += len(accepted)


def _read(row: Packet) -> Upload | None:
    """The upload that was quarantined; None where it is refused by now, as what is possible has been told more strictly since."""
    try:
        return read_stored(bytes(row.raw))
    except ProtocolError as error:
        name = error.name if isinstance(error, Hj212Error) else "not_storable"
        Packet.objects.filter(pk=row.pk).update(state=Packet.State.REJECTED, error=name)
        return None


def _store(accepted: list[tuple[Packet, Upload]], station: Station, checks: ReadingChecks) -> None:
    readings: list[ReadingRow] = []
    refusals = []
    for row, packet in accepted:
        own = rows_of(
            packet, station_id=station.pk, packet_id=row.id, received_at=row.received_at, checks=checks
        )
        readings += own
        refusals.append(refused_of(own))
    ensure(("monitor_reading", month) for month in months_of(readings, clock.now()))
    with transaction.atomic(), connection.cursor() as cursor:
        write(cursor, [], readings)
        for (row, _), refused in zip(accepted, refusals, strict=True):
            Packet.objects.filter(pk=row.pk).update(
                state=Packet.State.STORED,
                station=station,
                error=refused[0][1] if refused else "",
                refused=refused,
            )


@app.task(name="monitor.replay_quarantined", queue="default", lock="monitor.replay_quarantined")
def replay_quarantined(mn: str) -> None:
    """The job of `replay`."""
    replay(mn)
