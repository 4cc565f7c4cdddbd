"""How an operation is called in the world, and how its answer shows whether something was seen."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client
from riverchief.accounts.roles import Role

from tests.riverchief.permissions.world import World

Send = Callable[[Client, World, Role], Any]
Shows = Callable[[Any, World, Role], bool]


@dataclass(frozen=True)
class Operation:
    """An operation as the test calls it; `shows` is given for those whose answer depends on the reader's areas."""

    send: Send
    shows: Shows | None = None


def read(path: str, shows: Shows | None = None) -> Operation:
    """A GET."""
    return Operation(lambda client, world, role: client.get(_filled(path, world, role)), shows)


def write(path: str, body: Callable[[World], dict[str, Any]] = lambda world: {}) -> Operation:
    """A POST of JSON."""

    def send(client: Client, world: World, role: Role) -> Any:
        return client.post(_filled(path, world, role), body(world), content_type="application/json")

    return Operation(send)


def upload(path: str, body: Callable[[World], dict[str, Any]]) -> Operation:
    """A POST of a form with a file."""
    return Operation(lambda client, world, role: client.post(_filled(path, world, role), body(world)))


def _filled(path: str, world: World, role: Role) -> str:
    office = world.office
    return "/api/v1" + path.format(
        message=world.message_of(role),
        county=office.county.pk,
        reach=office.reach.pk,
        river=office.reach.river_id,
        duty=world.duty.pk,
        chief=office["chief"].pk,
        closed=world.closed.pk,
        membership=office["chief"].memberships.get().pk,
        outfall=office.suspect.pk,
        station=office.event.station_id,
        event=office.event.pk,
        alarm=world.alarm.pk,
        muted_alarm=world.muted_alarm.pk,
        overflow=world.overflow.pk,
        meter=world.meter.pk,
        permit=world.permit.pk,
        adoption=world.adoption.pk,
        traced=world.remediated.traced.pk,
        planned_outfall=world.remediated.planned.pk,
        ready=world.remediated.ready.pk,
        accepted=world.remediated.accepted.pk,
        open_step=world.remediated.open_step.pk,
        done_step=world.remediated.done_step.pk,
        stop=world.stop.pk,
        doubt=world.doubts["open"].pk,
        stoppage=world.stoppage.pk,
        kept_doubt=world.doubts["kept"].pk,
        seen_event=world.seen_event.pk,
        shift=world.shift.pk,
        hand_over=world.hand_over.pk,
        trace=world.trace.pk,
        known_trace=world.known_trace.pk,
        adjustment=world.adjustment.pk,
        siting=world.siting.pk,
        pack=world.pack.pk,
        control=world.control.pk,
        asked=world.control.station_id,
        clue=world.clue.pk,
        campaign=world.campaign.pk,
        ledger=world.ledger.pk,
        edition=world.edition.pk,
        case=world.case.pk,
        evidence=world.evidence_id,
        sampling_plan=world.sampling.plan,
        round=world.sampling.round,
        visited=world.sampling.visited,
        unvisited=world.sampling.open,
        sheet=world.sampling.sheet,
        **{f"letter_{state}": letter.pk for state, letter in world.letters.items()},
        **{state: problem.pk for state, problem in world.problems.items()},
    )


def lists(key: str, value: Callable[[World], Any]) -> Shows:
    """Whether an item of the list has `value` under `key`."""

    def shows(answer: HttpResponse, world: World, role: Role) -> bool:
        return any(item[key] == value(world) for item in json.loads(answer.content)["items"])

    return shows
