"""Reads of the review queue, within the reader's areas."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, filter_rows, require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import NotFound
from riverchief.monitor.actions.requests import is_statutory
from riverchief.monitor.archive.models import ArchivedMonth
from riverchief.monitor.power.queries import hidden_meters
from riverchief.monitor.queries import named
from riverchief.monitor.retrieval import archived_months
from riverchief.monitor.review.models import ABOUT_VALUES, CONDITIONS, Doubt
from riverchief.monitor.review.rates import Rates, rates_of
from riverchief.registry.models import Station

Reader = User | AnonymousUser
Shown = dict[str, Any]


def doubts(
    user: Reader,
    *,
    state: str = "",
    rule: str = "",
    station: int | None = None,
    basin: int | None = None,
    area: str = "",
) -> "QuerySet[Doubt]":
    """The doubts about stations of the reader's areas, the newest first; none of a power meter whose values they may not see.

    Raises:
        PermissionRefused: the reader reviews readings nowhere.
    """
    require(user, Capability.REVIEW_READINGS)
    rows = filter_rows(Doubt.objects.all(), user, Capability.REVIEW_READINGS, "station__area__path")
    given = {"state": state, "rule": rule, "station_id": station, "station__reach__basin_id": basin}
    rows = rows.filter(**{name: value for name, value in given.items() if value not in ("", None)})
    if area:
        rows = rows.filter(station__area__path__contains=f"/{area}/")
    power = hidden_meters(user).filter(station=OuterRef("station"), parameter=OuterRef("parameter"))
    rows = rows.exclude(Exists(power))
    return rows.select_related("station__area", "station__reach__basin", "decided_by").order_by(
        "-raised_at", "-id"
    )


def shown_doubt(user: Reader, doubt_id: int) -> Shown:
    """One doubt."""
    row = doubts(user).filter(pk=doubt_id).first()
    if row is None:
        raise NotFound("没有这个疑问。|There is no such doubt.")
    return shown_doubts(user, [row])[0]


def shown_doubts(user: Reader, rows: Sequence[Doubt]) -> list[Shown]:
    """Doubts as the API shows them."""
    decided = [
        row for row in rows if row.state in (Doubt.State.KEPT, Doubt.State.INVALIDATED) and row.last_at
    ]
    closed: list[ArchivedMonth] = []
    if decided:
        last = max(row.last_at for row in decided if row.last_at)
        closed = archived_months(min(row.first_at for row in decided), last)
    return [_doubt(user, row, closed) for row in rows]


_AS_THEY_ARE = (
    "id",
    "parameter",
    "kind",
    "rule",
    "state",
    "first_at",
    "last_at",
    "readings",
    "value",
    "compared",
    "unit",
    "sentence_zh",
    "sentence_en",
    "rules_version",
    "raised_at",
    "decided_at",
    "reason",
    "authorisation",
)


def _doubt(user: Reader, row: Doubt, closed: Sequence[ArchivedMonth]) -> Shown:
    path, is_open = row.station.area.path, row.state == Doubt.State.OPEN
    reviews = allows(user, Capability.REVIEW_READINGS, path)
    authorised = not is_statutory(row.station) or allows(user, Capability.AUTHORISE_STATUTORY_REVIEW, path)
    over = row.last_at is not None and (
        row.rule in CONDITIONS
        or any(month.span[0] <= row.last_at and row.first_at < month.span[1] for month in closed)
    )
    return {
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        "station": _station(row.station),
        "decided_by": named(row.decided_by) if row.decided_by else None,
        "may_keep": reviews and is_open,
        "may_invalidate": reviews and is_open and authorised and row.rule in ABOUT_VALUES,
        "may_reopen": reviews
        and (row.state == Doubt.State.KEPT or (row.state == Doubt.State.INVALIDATED and authorised))
        and not over,
        "synthetic": row.station.reach.basin.synthetic,
    }


def _station(row: Station) -> Shown:
    return {
        "id": row.pk,
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "area_code": row.area_id,
        "statutory": is_statutory(row),
    }


def reviewed_stations(user: Reader, *, basin: int | None = None, area: str = "") -> "QuerySet[Station]":
    """The automatic stations in use of the reader's areas, by code."""
    require(user, Capability.REVIEW_READINGS)
    rows = filter_rows(Station.objects.all(), user, Capability.REVIEW_READINGS).filter(active=True)
    rows = rows.exclude(kind=Station.Kind.MANUAL)
    if basin is not None:
        rows = rows.filter(reach__basin_id=basin)
    if area:
        rows = rows.filter(area__path__contains=f"/{area}/")
    return rows.order_by("code")


def shown_rates(stations: Sequence[Station], month: date) -> list[Shown]:
    """The transmission and validity rates of stations in a month as the API shows them."""
    return [_rates(row, month) for row in rates_of(stations, month, clock.now())]


def _rates(row: Rates, month: date) -> Shown:
    return {
        "station": _station(row.station),
        "month": month.replace(day=1),
        "expected": row.expected,
        "sent": row.sent,
        "came": row.came,
        "stopped": row.stopped,
        "valid": row.valid,
        "announced": row.announced,
        "afterwards": row.afterwards,
        "transmission": row.transmission,
        "validity": row.validity,
    }
