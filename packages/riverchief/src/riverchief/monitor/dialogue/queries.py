"""Reads of the dialogue with stations, for who may speak to them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability
from riverchief.monitor.actions.requests import is_statutory
from riverchief.monitor.dialogue.commands import COMMANDS, HISTORY
from riverchief.monitor.dialogue.exchange import living_gateways
from riverchief.monitor.dialogue.models import State, StationLink, StationRequest
from riverchief.registry.models import Station

Shown = dict[str, Any]


def requests_of(user: User, station: Station) -> "QuerySet[StationRequest]":
    """What a station was asked, the newest first.

    Not for everybody who sees its readings: that it is asked now tells the unit behind it that somebody looks.
    """
    require(user, Capability.ASK_STATION, station.area.path)
    rows = StationRequest.objects.filter(station=station).select_related("station", "asked_by", "decided_by")
    return rows.order_by("-asked_at", "-id")


def dialogue_of(user: User, station: Station) -> Shown:
    """Whether a station can be asked now, over which gateway, and what the reader may ask it."""
    require(user, Capability.ASK_STATION, station.area.path)
    link = StationLink.objects.filter(station=station, gateway__in=living_gateways()).first()
    may_control = settings.RIVERCHIEF_STATION_CONTROL and allows(
        user, Capability.CONTROL_STATION, station.area.path
    )
    return {
        "connected": link is not None,
        "gateway": link.gateway if link else "",
        "peer": link.peer if link else "",
        "since": link.since if link else None,
        "statutory": is_statutory(station),
        "control_enabled": settings.RIVERCHIEF_STATION_CONTROL,
        "commands": [
            {
                "cn": cn,
                "control": command.control,
                "period": cn in HISTORY,
                "fields": [{"name": name, "allowed": str(field)} for name, field in command.fields.items()],
            }
            for cn, command in COMMANDS.items()
            if may_control or not command.control
        ],
    }


def shown_requests(user: User, rows: Sequence[StationRequest]) -> list[Shown]:
    """Requests as the API shows them, each with what the reader may decide about it."""
    return [_request(user, row) for row in rows]


def _request(user: User, row: StationRequest) -> Shown:
    path = row.station.area.path
    proposed = row.state == State.PROPOSED
    may_control = proposed and allows(user, Capability.CONTROL_STATION, path)
    another = user.pk != row.asked_by_id
    authority = not row.statutory or allows(user, Capability.AUTHORISE_STATUTORY_CONTROL, path)
    return {
        "id": row.pk,
        "cn": row.cn,
        "control": row.control,
        "statutory": row.statutory,
        "parameters": row.parameters,
        "begin": row.begin,
        "end": row.end,
        "state": row.state,
        "asked_by": _named(row.asked_by),
        "asked_at": row.asked_at,
        "reason": row.reason,
        "decided_by": _named(row.decided_by),
        "decided_at": row.decided_at,
        "decision": row.decision,
        "authorisation": row.authorisation,
        "qn": row.qn,
        "gateway": row.gateway,
        "sends": row.sends,
        "sent_at": row.sent_at,
        "accepted_at": row.accepted_at,
        "finished_at": row.finished_at,
        "request_result": row.request_result,
        "execution_result": row.execution_result,
        "uploads": row.uploads,
        "result": row.result,
        "may_approve": may_control and another and authority and settings.RIVERCHIEF_STATION_CONTROL,
        "may_decline": may_control,
    }


def _named(user: User | None) -> Shown | None:
    return {"id": user.pk, "name_zh": user.name_zh, "name_en": user.name_en} if user else None
