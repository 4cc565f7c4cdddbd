"""What a device sent that never stood at a station goes back into quarantine, and the station's readings are what they would
be without it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet
from procrastinate.contrib.django import app
from riverkit.errors import ProtocolError

from riverchief.base import clock, outbox
from riverchief.base.rules import get_rule
from riverchief.monitor.adoption.models import Adoption
from riverchief.monitor.gateway.directory import UNKNOWN_MN, WRONG_PASSWORD
from riverchief.monitor.lab_readings import reading_of, share_of_limit
from riverchief.monitor.models import DailyCount, DailyValue, Kind, LabResult, Latest, Packet
from riverchief.monitor.readings import ReadingChecks, ReadingRow
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.review.readings import hold_reviews, mark_unchecked
from riverchief.monitor.rollup import refresh_days
from riverchief.monitor.sources.push import announce_stored
from riverchief.monitor.store import Key, write
from riverchief.monitor.telemetry.uploads import Upload, is_vouched, read_stored, rows_of
from riverchief.registry.models import Station

_BATCH = 500
_AROUND = timedelta(days=1)
"""A packet may tell of a day before its own time, and a clock may be ahead."""
_GATEWAYS_KNOW_WITHIN = timedelta(hours=1)
_REFUSED_IN_A_ROW = 1000
# What a file or a laboratory brought stands: no packet did.
_FORGET = """
DELETE FROM monitor_reading r USING unnest(%s::text[], %s::text[], %s::timestamptz[]) AS k (parameter, kind, period_start)
WHERE r.station_id = %s AND (r.parameter, r.kind, r.period_start) = (k.parameter, k.kind, k.period_start)
    AND r.packet_id IS NOT NULL
"""


def packets_since(adoption: Adoption) -> "QuerySet[Packet]":
    """The packets under the device's number that the station has got since the first that was adopted, whoever sent them."""
    return Packet.objects.filter(
        mn=adoption.mn,
        station_id=adoption.station_id,
        state=Packet.State.STORED,
        received_at__gte=adoption.first_at,
    )


def lately_taken_back() -> list[int]:
    """The adoptions of which a gateway that had not read the registry yet may have stored something meanwhile."""
    since = clock.now() - _GATEWAYS_KNOW_WITHIN
    return list(Adoption.objects.filter(taken_back_at__gte=since).values_list("pk", flat=True))


def give_back(adoption_id: int) -> int:
    """Return what the device of an adoption that was taken back has sent; tells how many packets.

    A batch is a transaction: packets and the readings that rest on them go together, and a job that is cut off goes on.
    """
    adoption = Adoption.objects.get(pk=adoption_id)
    if adoption.taken_back_at is None:
        return 0
    checks = ReadingChecks.of(get_rule("monitor.reading_checks"))
    done, after = 0, None
    while True:
        rows = packets_since(adoption).order_by("received_at", "id")
        batch = list((rows if after is None else rows.filter(pk__gt=after))[:_BATCH])
        if not batch:
            return done
        after = batch[-1].pk
        sent = [(row, upload) for row in batch if (upload := _read(row)) and _came_from(adoption, upload)]
        if sent:
            with transaction.atomic():
                done += _return(adoption, sent, checks)


def _came_from(adoption: Adoption, upload: Upload) -> bool:
    """Whether an upload under the number was sent by the device that was adopted."""
    if not (adoption.vouched or is_vouched(upload)):
        return Station(password=adoption.password).check_password(upload.pw or "")
    return adoption.vouched and is_vouched(upload)


def _read(row: Packet) -> Upload | None:
    try:
        return read_stored(bytes(row.raw))
    except ProtocolError:
        # It was readable when it was stored; what is told more strictly since brought nothing that this could undo.
        return None


def _return(adoption: Adoption, found: Sequence[tuple[Packet, Upload]], checks: ReadingChecks) -> int:
    """Return those of some packets that are still there: two jobs that run at once take turns."""
    Adoption.objects.select_for_update().get(pk=adoption.pk)
    keys = [row.pk for row, _ in found]
    there = set(Packet.objects.filter(pk__in=keys, state=Packet.State.STORED).values_list("pk", flat=True))
    sent = [(row, upload) for row, upload in found if row.pk in there]
    gone = {reading.key for row, upload in sent for reading in _readings(adoption, row, upload, checks)}
    _rebuild(adoption, gone, checks)
    error = WRONG_PASSWORD if adoption.mn_before == adoption.mn else UNKNOWN_MN
    for row, _ in sent:
        Packet.objects.filter(pk=row.pk).update(
            state=Packet.State.QUARANTINED, station=None, error=error, refused=[]
        )
    Adoption.objects.filter(pk=adoption.pk).update(returned=F("returned") + len(sent))
    return len(sent)


def _readings(adoption: Adoption, row: Packet, upload: Upload, checks: ReadingChecks) -> list[ReadingRow]:
    return rows_of(
        upload,
        station_id=adoption.station_id,
        packet_id=row.id,
        received_at=row.received_at,
        checks=checks,
    )


def _rebuild(adoption: Adoption, gone: Collection[Key], checks: ReadingChecks) -> None:
    """Let readings say what they would without the device, and whatever is computed from them as well."""
    if not gone:
        return
    columns = [list(column) for column in zip(*(key[1:] for key in gone), strict=True)]
    times = sorted({key[3] for key in gone})
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [*columns, adoption.station_id])
        write(
            cursor, [], [*_of_laboratory(adoption, gone), *_of_others(adoption, gone, checks)], examine=False
        )
    hold_reviews(adoption.station_id, times)
    days = {
        "station_id": adoption.station_id,
        "day__gte": clock.day_of(times[0]),
        "day__lte": clock.day_of(times[-1]),
    }
    DailyValue.objects.filter(**days).delete()
    DailyCount.objects.filter(**days).delete()
    refresh_days([(adoption.station_id, times[0])], times[-1] + timedelta(days=1))
    for parameter, kind in sorted({key[1:3] for key in gone}):
        _say_last(adoption.station_id, parameter, kind)
    mark_unchecked({adoption.station_id: times[0]})
    outbox.announce("monitor.readings_stored", {"station_ids": [adoption.station_id]})
    announce_stored({adoption.station_id: times[0]})


def _of_others(adoption: Adoption, gone: Collection[Key], checks: ReadingChecks) -> list[ReadingRow]:
    """What others sent of these readings, in order of receipt; nobody did where the station had no device before."""
    if not adoption.mn_before:
        return []
    first, last = (pick(key[3] for key in gone) for pick in (min, max))
    packets = Packet.objects.filter(
        station_id=adoption.station_id,
        state=Packet.State.STORED,
        data_time__gte=first - _AROUND,
        data_time__lte=last + _AROUND,
        received_at__gte=first - _AROUND,
    )
    uploads = [(row, upload) for row in packets.order_by("received_at", "id") if (upload := _read(row))]
    rows = (
        reading
        for row, upload in uploads
        if not _came_from(adoption, upload)
        for reading in _readings(adoption, row, upload, checks)
    )
    return [row for row in rows if row.key in gone]


def _of_laboratory(adoption: Adoption, gone: Collection[Key]) -> list[ReadingRow]:
    """The readings of laboratory results that the device had taken the place of."""
    results = LabResult.objects.filter(
        station_id=adoption.station_id, sampled_at__in={key[3] for key in gone if key[2] == Kind.INSTANT}
    )
    share = share_of_limit()
    rows = (reading_of(row, share) for row in results.order_by("version"))
    return [row for row in rows if row.key in gone]


def _say_last(station_id: int, parameter: str, kind: str) -> None:
    """Let the last word of a series be one that stands."""
    names = ("period_start", "sampled_at", "value", "unit", "flag", "received_at", "reason")
    rows = retrieve(
        names,
        stations=[station_id],
        start=datetime(1970, 1, 1, tzinfo=clock.SHANGHAI),
        end=clock.now() + timedelta(days=1),
        parameters=[parameter],
        kinds=[kind],
        last=_REFUSED_IN_A_ROW,
    )
    Latest.objects.filter(station_id=station_id, parameter=parameter, kind=kind).delete()
    for *said, reason in reversed(rows):
        if not reason:
            given = dict(zip(names, said, strict=False))
            Latest.objects.create(station_id=station_id, parameter=parameter, kind=kind, **given)
            return


@app.task(name="monitor.return_packets", queue="default", lock="monitor.replay_quarantined")
def return_packets(adoption_id: int) -> None:
    """The job of `give_back`; in turn with those that take packets out of quarantine."""
    give_back(adoption_id)
