"""Reads of what was measured, shared by pages, API and the slices above; all of them within the reader's areas."""

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import CharField, Count, F, Func, Max, Min, Q, QuerySet, Value
from riverkit.quality import WaterClass, standard

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, filter_rows, require, scope, within
from riverchief.accounts.roles import Capability
from riverchief.base.errors import PermissionRefused
from riverchief.monitor.class_drop import water_body_of
from riverchief.monitor.concern import events_concerning
from riverchief.monitor.duty.standing import answer_by, duty_rules
from riverchief.monitor.live_values import LiveStation, latest_classes
from riverchief.monitor.models import Alarm, Event, EventStation, Kind, Latest, Packet
from riverchief.monitor.permits import measures_discharge
from riverchief.monitor.power.queries import hidden_meters
from riverchief.monitor.readings import REFUSED_FLAG, own_flag, shown_flag
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.senders import senders_of
from riverchief.monitor.series import target_of
from riverchief.monitor.telemetry.uploads import shown
from riverchief.registry.models import Outfall, Station

Reader = User | AnonymousUser
Shown = dict[str, Any]

MOST_POINTS = 5000

# -- stations


def stations(user: Reader, *, basin: int | None = None, area: str = "", q: str = "") -> "QuerySet[Station]":
    """The stations in use on the reader's map: of a basin, below an area (code), with a text in name or code."""
    rows = _in_use(filter_rows(Station.objects.all(), user, Capability.VIEW_MAP))
    if basin is not None:
        rows = rows.filter(reach__basin_id=basin)
    if area:
        rows = rows.filter(area__path__contains=f"/{area}/")
    if q:
        rows = rows.filter(Q(name_zh__icontains=q) | Q(name_en__icontains=q) | Q(code__icontains=q))
    return rows.order_by("code")


def station(user: Reader, station_id: int, by: Capability = Capability.VIEW_MAP) -> Station | None:
    """A station in use where the reader may do `by`, or one that saw an event which concerns their areas."""
    return _in_use(Station.objects.filter(_reachable(user, by))).filter(pk=station_id).first()


def _reachable(user: Reader, by: Capability) -> Q:
    seen = EventStation.objects.filter(event__in=events(user).values("pk")).values("station_id")
    first = events(user).values("station_id")
    return within(scope(user, by)) | Q(pk__in=seen) | Q(pk__in=first)


def _in_use(rows: "QuerySet[Station]") -> "QuerySet[Station]":
    return rows.filter(active=True).select_related("reach__river", "reach__basin", "section", "outfall")


def shown_stations(user: Reader, rows: Sequence[Station]) -> list[Shown]:
    """Stations as the API shows them, with the event there that the reader may be told of.

    Their last values are for who may read their readings, and those of power meters for who may see the outfall's power.
    """
    live = latest_classes(rows)
    told = events(user).filter(state=Event.State.OPEN).values("pk")
    open_events = dict(
        EventStation.objects.filter(station__in=rows, event__in=told)
        .order_by("event__opened_at")
        .values_list("station_id", "event_id")
    )
    read = set(
        Station.objects.filter(
            _reachable(user, Capability.VIEW_READINGS), pk__in=[row.pk for row in rows]
        ).values_list("pk", flat=True)
    )
    hidden = set(hidden_meters(user).filter(station__in=rows).values_list("station_id", "parameter"))
    return [
        _station(row, live[row.pk], _values(row.pk, live[row.pk], read, hidden), open_events.get(row.pk))
        for row in rows
    ]


def shown_station(user: Reader, row: Station) -> Shown:
    """One station, with the name of its device for who manages it: that is half of what lets one speak for it."""
    manages = allows(user, Capability.MANAGE_STATIONS, row.area.path)
    return {**shown_stations(user, [row])[0], "mn": row.mn if manages else None}


def _values(
    station_id: int, live: LiveStation, read: Container[int], hidden: Container[tuple[int, str]]
) -> Shown:
    if station_id not in read:
        return {}
    return {
        key: {"value": value.value, "unit": value.unit, "at": value.sampled_at, "flag": value.flag}
        for key, value in sorted(live.values.items())
        if (station_id, key) not in hidden
    }


def _station(row: Station, live: LiveStation, values: Shown, event_id: int | None) -> Shown:
    river = row.reach.river
    verdict = live.verdict
    discharge = measures_discharge(row)
    current = live.state in ("ok", "stale") and not discharge
    return {
        "id": row.pk,
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "kind": row.kind,
        "owner": row.owner,
        "lon": row.lon,
        "lat": row.lat,
        "area_code": row.area_id,
        "basin_id": row.reach.basin_id,
        "reach_id": row.reach_id,
        "river_zh": river.name_zh if river else "",
        "river_en": river.name_en if river else "",
        "water_body": row.water_body,
        "discharge": discharge,
        "outfall": named(row.outfall) if row.outfall else None,
        "target_class": None if discharge else target_of(row),
        "class_now": int(verdict.grade) if current and verdict.grade is not None else None,
        "deciding": list(verdict.deciding) if current else [],
        "assessed": verdict.assessed,
        "of": verdict.of,
        "last_at": live.last_at,
        "state": live.state,
        "values": values,
        "active_event_id": event_id,
        "synthetic": row.reach.basin.synthetic,
    }


# -- readings


@dataclass(frozen=True)
class Readings:
    """A series of one parameter and kind, in order of time; `truncated`: only the last `MOST_POINTS` are here.

    `raw_values`: time and value first sent of the points that were corrected since, `raw_flags`: time and flag first sent of
    those that were flagged otherwise since; `reasons`: time and reason of those that were not accepted, by our check or by a
    review.
    """

    kind: str
    unit: str
    points: list[tuple[datetime, float | None, str]]
    truncated: bool
    raw_values: list[tuple[datetime, float]]
    raw_flags: list[tuple[datetime, str]]
    reasons: list[tuple[datetime, str]]


def readings(
    user: Reader,
    station_id: int,
    parameter: str,
    start: datetime,
    end: datetime,
    kind: str = "",
    most: int = MOST_POINTS,
    *,
    permitted: bool = False,
) -> Readings:
    """The readings of a time (time, value, flag as shown), whatever their flag; without a kind, of the one last heard of.

    Where a permit limits them (`permitted`) it speaks of means of an hour, a day or a month: without a kind the hours are
    given where there are any, for a limit beside instants says nothing.

    Raises:
        PermissionRefused: they are the power of an outfall, which the reader may not see.
    """
    if hidden_meters(user).filter(station=station_id, parameter=parameter).exists():
        raise PermissionRefused(
            "这是排污口的用电数据，您无权查看。|This is the power of an outfall, which you may not see.",
            cure="可查看溯源的人员（河长办、执法）可以查看。|Those who may see traces (offices, enforcement) may.",
        )
    if not kind and permitted:
        hours = retrieve(
            ("period_start",),
            stations=[station_id],
            start=start,
            end=end,
            parameters=[parameter],
            kinds=[Kind.HOUR],
            last=1,
        )
        kind = Kind.HOUR if hours else ""
    if not kind:
        latest = Latest.objects.filter(station_id=station_id, parameter=parameter)
        kind = latest.order_by("-period_start").values_list("kind", flat=True).first() or "instant"
    rows = retrieve(
        ("period_start", "value", "flag", "reason", "raw_value", "raw_flag", "unit"),
        stations=[station_id],
        start=start,
        end=end,
        parameters=[parameter],
        kinds=[kind],
        last=most + 1,
    )
    kept = rows[-most:]
    unit = next((unit for *_, unit in reversed(kept) if unit), "")
    return Readings(
        kind,
        unit,
        [(at, value, shown_flag(flag, reason)) for at, value, flag, reason, *_ in kept],
        len(rows) > most,
        [(at, raw) for at, value, _, _, raw, _, _ in kept if raw is not None and raw != value],
        [(at, raw) for at, _, flag, reason, _, raw, _ in kept if raw and raw != own_flag(flag, reason)],
        [
            (at, reason)
            for at, _, flag, reason, *_ in kept
            if reason and shown_flag(flag, reason) == REFUSED_FLAG
        ],
    )


def limits_of(station: Station, parameter: str) -> dict[str, float]:
    """The limits of classes I to V by numeral; empty where the standard gives none that is one number per class, and for
    what an outfall discharges."""
    item = standard().parameters.get(parameter)
    body = water_body_of(station)
    if measures_discharge(station) or item is None or body not in item.limits or item.rule == "range":
        return {}
    return {WaterClass(grade).label: float(limit) for grade, limit in enumerate(item.limits[body], start=1)}


# -- events


def events(user: Reader, *, state: str = "", area: str = "") -> "QuerySet[Event]":
    """The events that concern the reader's areas, the newest first.

    `state` "open": those that go on, and those that ended by themselves before anybody acknowledged the alarm, so that
    it does not vanish from the duty desk's list; "closed": the others.
    """
    rows = Event.objects.filter(events_concerning(scope(user, Capability.VIEW_READINGS)))
    if state:
        unseen = Q(alarm__isnull=False, alarm__acknowledged_at=None, alarm__resolved_by=None)
        still = Q(state=Event.State.OPEN) | unseen
        rows = rows.filter(still) if state == Event.State.OPEN else rows.exclude(still)
    if area:
        rows = rows.filter(area__path__contains=f"/{area}/")
    return (
        rows.select_related("station__reach__basin", "alarm__acknowledged_by")
        .prefetch_related("alarm__steps", "alarm__mutes")
        .order_by("-opened_at", "-id")
    )


def shown_events(rows: Sequence[Event]) -> list[Shown]:
    """Events as the API shows them, each with its alarm and the stations it was seen at, in order of time."""
    seen_at: dict[int, list[EventStation]] = defaultdict(list)
    for seen in (
        EventStation.objects.filter(event__in=rows).select_related("station").order_by("first_at", "id")
    ):
        seen_at[seen.event_id].append(seen)
    return [_event(row, seen_at[row.pk]) for row in rows]


def _event(row: Event, seen_at: Sequence[EventStation]) -> Shown:
    alarm = row.alarm
    return {
        "id": row.pk,
        "station": named(row.station),
        "stations": [
            {
                **named(seen.station),
                "first_at": seen.first_at,
                "last_at": seen.last_at,
                "peak_value": seen.peak_value,
                "peak_at": seen.peak_at,
                "settled_at": seen.settled_at,
            }
            for seen in seen_at
        ],
        "area_code": row.area_id,
        "parameter": row.parameter,
        "kind": row.kind,
        "state": row.state,
        "opened_at": row.opened_at,
        "last_at": row.last_at,
        "closed_at": row.closed_at,
        "peak_value": row.peak_value,
        "unit": row.unit,
        "baseline": row.baseline,
        "limit_value": row.limit_value,
        "class_before": row.class_before,
        "class_now": row.class_now,
        "alarm": shown_alarm(alarm) if alarm else None,
        "synthetic": row.station.reach.basin.synthetic,
    }


def shown_alarm(row: Alarm) -> Shown:
    """An alarm as the API shows it."""
    return {
        "id": row.pk,
        "state": row.state,
        "raised_at": row.raised_at,
        "answer_by": answer_by(row, duty_rules()),
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": named(row.acknowledged_by) if row.acknowledged_by else None,
        "note": row.note,
        "message_zh": row.message_zh,
        "message_en": row.message_en,
    }


def named(row: Station | Outfall | User) -> Shown:
    """A place or a person by name, in both languages."""
    return {"id": row.pk, "name_zh": row.name_zh, "name_en": row.name_en}


# -- quarantine, and what could not be read


def quarantine(user: Reader) -> list[Shown]:
    """The devices in quarantine, the last heard first, for those who manage stations.

    A device that nobody knows belongs to no area; one that uses the name of a station with a wrong password shows where
    that station is managed.
    """
    require(user, Capability.MANAGE_STATIONS)
    groups = list(
        Packet.objects.filter(state=Packet.State.QUARANTINED)
        .values("mn")
        .annotate(
            packets=Count("id"), first_at=Min("received_at"), last_at=Max("received_at"), error=Max("error")
        )
        .order_by("-last_at", "mn")
    )
    known = {row.mn: row for row in Station.objects.filter(mn__in=[group["mn"] for group in groups])}
    mine = set(
        filter_rows(Station.objects.filter(mn__in=known), user, Capability.MANAGE_STATIONS).values_list(
            "mn", flat=True
        )
    )
    return [
        {**group, "station": named(known[group["mn"]]) if group["mn"] in known else None}
        for group in groups
        if group["mn"] not in known or group["mn"] in mine
    ]


def shown_quarantine(groups: Sequence[Shown]) -> list[Shown]:
    """Devices in quarantine as the API shows them, each with those who call under its number."""
    senders = senders_of(group["mn"] for group in groups)
    return [{**group, "senders": [each.shown() for each in senders.get(group["mn"], [])]} for group in groups]


def rejected_frames(user: Reader) -> "QuerySet[Any, Any]":
    """The frames that could not be read or stored, and those with a value that cannot be true; the last first.

    For those who manage stations. What one peer sends for one device and is refused for one reason is one entry, so
    that a peer that sends nothing else hides nobody's: a peer is an address, for each connection has a port of its own.

    One that claims the number of a station shows where that station is managed; the others belong to no area.
    """
    require(user, Capability.MANAGE_STATIONS)
    mine = filter_rows(Station.objects.all(), user, Capability.MANAGE_STATIONS)
    others = Station.objects.filter(mn__isnull=False).exclude(pk__in=mine.values("pk"))
    refused = Packet.objects.exclude(error="").exclude(state=Packet.State.QUARANTINED)
    rows = refused.exclude(mn__in=others.values("mn"))
    host = Func(F("peer"), Value(r":\d*$"), Value(""), function="regexp_replace", output_field=CharField())
    return (
        rows.annotate(host=host)
        .values("mn", "host", "error", "refused")
        .annotate(
            count=Count("id"), first_at=Min("received_at"), last_at=Max("received_at"), last_id=Max("id")
        )
        .order_by("-last_at", "-last_id")
    )


def shown_rejected_frames(groups: Sequence[Shown]) -> list[Shown]:
    """Rejected frames as the API shows them, each with the text of its last: bytes that are no text escaped, the device's
    password blotted out."""
    if not groups:
        return []
    # Packets lie in partitions of a day: the span spares the others.
    lasts = Packet.objects.filter(
        received_at__gte=min(group["first_at"] for group in groups),
        received_at__lte=max(group["last_at"] for group in groups),
        id__in=[group["last_id"] for group in groups],
    )
    raw = {row.id: shown(bytes(row.raw)) for row in lasts}
    return [
        {
            "id": group["last_id"],
            "mn": group["mn"],
            "peer": group["host"],
            "error": group["error"],
            "refused": [{"parameter": parameter, "error": error} for parameter, error in group["refused"]],
            "count": group["count"],
            "first_at": group["first_at"],
            "last_at": group["last_at"],
            "raw": raw[group["last_id"]],
        }
        for group in groups
    ]
