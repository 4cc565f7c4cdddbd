"""The fleet: every station with a device that a reader may see, and how it is; a few queries however many stations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import filter_rows, scope, within
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.monitor.dialogue.exchange import living_gateways
from riverchief.monitor.dialogue.models import StationLink, StationRequest
from riverchief.monitor.fleet.counts import Counts, begun_at, counts_of
from riverchief.monitor.fleet.devices import Device, devices_of
from riverchief.monitor.fleet.models import Stoppage
from riverchief.monitor.fleet.states import in_force, with_states
from riverchief.monitor.fleet.strip import strip_of
from riverchief.monitor.models import Doubt, Packet
from riverchief.monitor.review.rates import rates_from
from riverchief.monitor.rhythm import recent_series, usual_interval_s
from riverchief.registry.models import Station

Reader = User | AnonymousUser
Shown = dict[str, Any]

REFUSED_DAYS = 7
"""What was refused longer ago says little of how a device is."""
STRIP_DAYS = 30
_STATE = ("state",)
"""An annotation, which the type checker does not know."""


def fleet(
    user: Reader,
    *,
    state: str = "",
    kind: str = "",
    river: int | None = None,
    organisation: int | None = None,
    area: str = "",
    q: str = "",
) -> "QuerySet[Station]":
    """The stations with a device in use whose readings the reader may see, those first that somebody must look after.

    Whose outfall a station stands at is told only to those who may know it: of others the filter finds nothing.
    """
    rows = filter_rows(Station.objects.all(), user, Capability.VIEW_READINGS).filter(active=True)
    rows = rows.exclude(kind=Station.Kind.MANUAL)
    if kind:
        rows = rows.filter(kind=kind)
    if river is not None:
        rows = rows.filter(reach__river_id=river)
    if organisation is not None:
        rows = rows.filter(_owner_known(user), outfall__organisation_id=organisation)
    if area:
        rows = rows.filter(area__path__contains=f"/{area}/")
    if q:
        rows = rows.filter(Q(name_zh__icontains=q) | Q(name_en__icontains=q) | Q(code__icontains=q))
    rows = with_states(rows, clock.now())
    if state:
        rows = rows.filter(**{"state": state})
    return rows.select_related(
        "area", "reach__river", "reach__basin", "outfall__organisation", "outfall__area"
    )


def _owner_known(user: Reader) -> Q:
    return within(_owner_scope(user), "outfall__area__path")


def _owner_scope(user: Reader) -> list[str]:
    return [*scope(user, Capability.VIEW_TRACE), *scope(user, Capability.MANAGE_REGISTRY)]


def states(rows: "QuerySet[Station]") -> dict[str, int]:
    """How many stations are in each state."""
    names: list[str] = list(rows.values_list(*_STATE, flat=True))
    return dict(Counter(names))


def shown_fleet(user: Reader, rows: Sequence[Station]) -> list[Shown]:
    """Stations as the API shows them. What a reader may not know is null: doubts, packets and requests are for those who
    review, manage and ask."""
    now, today = clock.now(), clock.today()
    keys = [row.pk for row in rows]
    first = min(today.replace(day=1), today - timedelta(days=STRIP_DAYS - 1))
    counts = counts_of(keys, first, today)
    facts = _Facts(user, keys, counts, begun_at(rows, counts, first), now)
    days = [today - timedelta(days=back) for back in reversed(range(STRIP_DAYS))]
    return [_shown(row, facts, days, now) for row in rows]


class _Facts:
    """What is known of the stations of a page, by station."""

    def __init__(
        self,
        user: Reader,
        keys: Sequence[int],
        counts: Mapping[int, Counts],
        begun: Mapping[int, Mapping[str, datetime]],
        now: datetime,
    ) -> None:
        stations = Station.objects.filter(pk__in=keys)
        self.counts, self.begun = counts, begun
        self.series = recent_series(now, keys)
        self.devices: dict[int, Device] = devices_of(keys)
        self.links = set(
            StationLink.objects.filter(station_id__in=keys, gateway__in=living_gateways()).values_list(
                "station_id", flat=True
            )
        )
        self.stoppages = {
            row.station_id: row
            for row in Stoppage.objects.filter(in_force(now), station_id__in=keys).select_related(
                "announced_by"
            )
        }
        self.reviews, self.manages, self.asks, self.owners = (
            tuple(paths)
            for paths in (
                scope(user, Capability.REVIEW_READINGS),
                scope(user, Capability.MANAGE_STATIONS),
                scope(user, Capability.ASK_STATION),
                _owner_scope(user),
            )
        )
        self.doubts = dict(
            Doubt.objects.filter(station_id__in=keys, state=Doubt.State.OPEN)
            .order_by()
            .values_list("station_id")
            .annotate(Count("pk"))
        )
        mns = stations.filter(within(self.manages), mn__isnull=False).values("mn")
        packets = Packet.objects.filter(mn__in=mns).order_by().values_list("mn")
        self.quarantined = dict(packets.filter(state=Packet.State.QUARANTINED).annotate(Count("id")))
        refused = packets.filter(received_at__gte=now - timedelta(days=REFUSED_DAYS)).exclude(error="")
        self.refused = dict(refused.exclude(state=Packet.State.QUARANTINED).annotate(Count("id")))
        self.requests = {
            row.station_id: row
            for row in StationRequest.objects.filter(station_id__in=keys)
            .order_by("station_id", "-asked_at", "-id")
            .distinct("station_id")
        }


def _shown(row: Station, facts: _Facts, days: Sequence[date], now: datetime) -> Shown:
    path, river, outfall = row.area.path, row.reach.river, row.outfall
    parameters = facts.counts.get(row.pk, {})
    month = _from(parameters, days[-1].replace(day=1))
    begun = facts.begun.get(row.pk, {})
    rates = rates_from(row, month, days[-1], begun, now)
    device = facts.devices.get(row.pk)
    stoppage = facts.stoppages.get(row.pk)
    owner = outfall.organisation if outfall and outfall.area.path.startswith(facts.owners) else None
    manages, asks = path.startswith(facts.manages), path.startswith(facts.asks)
    request = facts.requests.get(row.pk) if asks else None
    last_at: datetime | None = row.last_at  # type: ignore[attr-defined]
    return {
        "id": row.pk,
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "kind": row.kind,
        "owner": row.owner,
        "area_code": row.area_id,
        "river_zh": river.name_zh if river else "",
        "river_en": river.name_en if river else "",
        "organisation": (
            {"id": owner.pk, "name_zh": owner.name_zh, "name_en": owner.name_en} if owner else None
        ),
        "state": row.state,  # type: ignore[attr-defined]
        "connected": row.pk in facts.links,
        "last_at": last_at,
        "age_s": None if last_at is None else max((now - last_at).total_seconds(), 0.0),
        "interval_s": usual_interval_s(facts.series.get(row.pk, {})),
        "stoppage": _stoppage(stoppage) if stoppage else None,
        "transmission": rates.transmission,
        "validity": rates.validity,
        "doubts": facts.doubts.get(row.pk, 0) if path.startswith(facts.reviews) else None,
        "edition": device.edition if device else "",
        "last_packet_at": device.received_at if device else None,
        "clock_ahead_s": device.clock_ahead_s if device else None,
        "clock_by": device.clock_by if device else "",
        "refused": facts.refused.get(row.mn or "", 0) if manages else None,
        "quarantined": facts.quarantined.get(row.mn or "", 0) if manages else None,
        "last_request": (
            {"cn": request.cn, "state": request.state, "asked_at": request.asked_at} if request else None
        ),
        "may_stop": manages,
        "strip": [
            [day.measured, day.flagged, day.stopped, day.missing]
            for day in strip_of(_from(parameters, days[0]), days, begun, now)
        ],
        "synthetic": row.reach.basin.synthetic,
    }


def _stoppage(row: Stoppage) -> Shown:
    zh, en = row.entry.said
    names = ("since", "until", "reason")
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in names},
        "afterwards_zh": zh,
        "afterwards_en": en,
    }


def _from(parameters: Counts, first: date) -> Counts:
    own = {name: [day for day in days if day.day >= first] for name, days in parameters.items()}
    return {name: days for name, days in own.items() if days}
