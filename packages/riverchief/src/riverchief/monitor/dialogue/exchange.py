"""The part of the dialogue that needs the database: whose station is it, what is wanted of it, what has it said.

Every function runs in a thread, for a gateway, and leaves no connection behind. Everything that outlives a second is in
the database, so that a station may move from one gateway to another in the middle of an exchange, and a gateway may die.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from riverkit.protocols.hj212 import CHINA_STANDARD_TIME, write_qn

from riverchief.base import clock
from riverchief.base.actions import SYSTEM, Action
from riverchief.base.errors import StateRefused
from riverchief.base.models import Heartbeat
from riverchief.base.rules import get_rule
from riverchief.monitor.actions import FailToSend, GiveUp, HoldBack, RecordAnswer, RecordUploads, SendRequest
from riverchief.monitor.dialogue.models import UNDER_WAY, State, StationLink, StationRequest

GATEWAY = "gateway"
SILENCE = timedelta(seconds=60)
"""A gateway that has given no sign of life for so long is gone."""
_AT_ONCE = 200

_DROP_LINKS = """
DELETE FROM monitor_stationlink l USING unnest(%s::bigint[], %s::timestamptz[]) AS t (id, since)
WHERE l.station_id = t.id AND l.since = t.since AND l.gateway = %s
"""
_KEEP_LINKS = """
INSERT INTO monitor_stationlink AS l (station_id, gateway, peer, since)
SELECT s.id, %s, t.peer, t.since
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS t (id, peer, since)
JOIN registry_station s ON s.id = t.id
LEFT JOIN monitor_stationlink known ON known.station_id = t.id
WHERE known.since IS NULL OR known.since < t.since
ON CONFLICT (station_id) DO UPDATE SET gateway = excluded.gateway, peer = excluded.peer, since = excluded.since
WHERE l.since < excluded.since
"""
_GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class Expected:
    """A request that a station is at, as the gateway needs it to recognise what belongs to it."""

    request_id: int
    station_id: int
    cn: str
    qn: str
    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Reply:
    """A 9011 or 9012 of a station."""

    station_id: int
    cn: str
    qn: str
    code: int


@dataclass
class Uploaded:
    """What a station has sent of what it was asked for."""

    count: int = 0
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """That a station speaks over a connection of this gateway."""

    station_id: int
    peer: str
    since: datetime


@dataclass(frozen=True)
class Outgoing:
    """A request that is to go out now."""

    expected: Expected
    parameters: tuple[tuple[str, str], ...]


def process_name(gateway: str) -> str:
    """The name of a gateway's sign of life."""
    return f"{GATEWAY}:{gateway}"


def living_gateways() -> "set[str]":
    """The gateways that have given a sign of life."""
    prefix = process_name("")
    alive = Heartbeat.objects.filter(process__startswith=prefix, at__gte=clock.now() - SILENCE)
    return {name.removeprefix(prefix) for name in alive.values_list("process", flat=True)}


def keep_links(gateway: str, links: Iterable[Link], gone: Iterable[Link]) -> None:
    """Write which stations speak to this gateway. Of two connections the newer holds, of whichever gateway it is."""
    with connection.cursor() as cursor:
        if lost := list(gone):
            cursor.execute(_DROP_LINKS, [[r.station_id for r in lost], [r.since for r in lost], gateway])
        if rows := sorted(links, key=lambda link: link.station_id):
            columns = ([r.station_id for r in rows], [r.peer for r in rows], [r.since for r in rows])
            cursor.execute(_KEEP_LINKS, [gateway, *columns])


def forget_dead_gateways(gateway: str) -> None:
    """Drop the links of gateways that died without taking leave; their stations call another one.

    Their last sign of life is kept for a day, for a person to see which one it was.
    """
    StationLink.objects.exclude(gateway__in=living_gateways() | {gateway}).delete()
    Heartbeat.objects.filter(process__startswith=GATEWAY, at__lt=clock.now() - timedelta(days=1)).delete()


def forget_own_links(gateway: str) -> None:
    """At start and at stop: nobody speaks to this gateway."""
    StationLink.objects.filter(gateway=gateway).delete()


def record_replies(replies: Iterable[Reply]) -> None:
    """Bring requests on by what stations answered; an answer without a request of its QN changes nothing."""
    for reply in replies:
        row = StationRequest.objects.filter(
            station_id=reply.station_id, qn=reply.qn, state__in=UNDER_WAY
        ).first()
        if row is not None:
            _take(RecordAnswer(actor=SYSTEM, request_id=row.pk, cn=reply.cn, code=reply.code))


def record_uploads(uploads: Iterable[tuple[int, Uploaded]]) -> None:
    """Count what came for requests (by id)."""
    for request_id, uploaded in uploads:
        _take(
            RecordUploads(actor=SYSTEM, request_id=request_id, count=uploaded.count, result=uploaded.result)
        )


def _take(step: Action[Any]) -> bool:
    """Take a step; False where the request had moved on meanwhile."""
    try:
        step.run()
    except StateRefused:
        return False
    return True


def take_due(gateway: str, ready: Callable[[int, str], bool]) -> list[Outgoing]:
    """What this gateway has to send now: what waits for its stations, and what was not answered in time.

    `ready` says whether a station (id, MN) can be asked over its connection now. Each request is written as sent before
    it is given out, under a lock: no two gateways send it.
    """
    now = clock.now()
    mine = Q(station__link__gateway=gateway, station__active=True)
    busy = StationRequest.objects.filter(station=OuterRef("station"), state__in=UNDER_WAY)
    waiting = StationRequest.objects.filter(mine, ~Exists(busy), state=State.WAITING)
    overdue = StationRequest.objects.filter(mine, state__in=UNDER_WAY, due_at__lte=now)
    resends: int = get_rule("monitor.station_requests")["resends"]
    out: list[Outgoing] = []
    with transaction.atomic():
        for row in _locked(overdue):
            if row.state == State.SENT and row.sends <= resends:
                out += _send(row, gateway, ready)
            else:
                GiveUp(actor=SYSTEM, request_id=row.pk).run()
        asked: set[int] = set()
        for row in _locked(waiting):
            if row.station_id not in asked:
                sent = _send(row, gateway, ready)
                out += sent
                asked.update(each.expected.station_id for each in sent)
    return out


def fail_to_send(request_id: int, why: str) -> None:
    """End a request that cannot be put into a frame; one that has ended meanwhile stays as it is."""
    _take(FailToSend(actor=SYSTEM, request_id=request_id, why=why))


def _locked(rows: Any) -> list[StationRequest]:
    return list(
        rows.select_related("station")
        .order_by("asked_at", "id")
        .select_for_update(of=("self",), skip_locked=True)[:_AT_ONCE]
    )


def _send(row: StationRequest, gateway: str, ready: Callable[[int, str], bool]) -> list[Outgoing]:
    if not row.station.mn or not ready(row.station_id, row.station.mn):
        return []
    try:
        # A savepoint: where another gateway was faster, only this step is taken back.
        with transaction.atomic():
            sent = SendRequest(
                actor=SYSTEM, request_id=row.pk, gateway=gateway, qn=write_qn(clock.now())
            ).run()
    except IntegrityError:
        return []
    except StateRefused as error:
        HoldBack(actor=SYSTEM, request_id=row.pk, why=error.message).run()
        return []
    return [Outgoing(expected_of(sent), tuple(_on_the_wire(sent)))]


def _on_the_wire(row: StationRequest) -> Iterable[tuple[str, str]]:
    yield from row.parameters.items()
    if row.cn == "1012":
        yield "SystemTime", _digits(clock.now())
    if row.begin and row.end:
        yield from (("BeginTime", _digits(row.begin)), ("EndTime", _digits(row.end)))


def _digits(moment: datetime) -> str:
    return moment.astimezone(CHINA_STANDARD_TIME).strftime("%Y%m%d%H%M%S")


def expected_of(row: StationRequest) -> Expected:
    """A request as the gateway remembers it."""
    return Expected(row.pk, row.station_id, row.cn, row.qn, row.begin, row.end)


def under_way(gateway: str) -> list[Expected]:
    """The requests that this gateway's stations are at, whichever gateway sent them."""
    rows = StationRequest.objects.filter(station__link__gateway=gateway, state__in=UNDER_WAY)
    return [expected_of(row) for row in rows]


def give_up_overdue() -> int:
    """End what no gateway looks after: never decided, never called, or left behind by a gateway that died."""
    now = clock.now()
    unheard = Q(state__in=[State.PROPOSED, State.WAITING], due_at__lte=now)
    left = Q(state__in=UNDER_WAY, due_at__lte=now - _GRACE)
    given_up = 0
    for row in StationRequest.objects.filter(unheard | left):
        given_up += _take(GiveUp(actor=SYSTEM, request_id=row.pk))
    return given_up
