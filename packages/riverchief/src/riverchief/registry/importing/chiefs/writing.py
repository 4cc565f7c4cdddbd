"""Writes a plan in a few statements: 17,500 people would be minutes of one action each."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import IntegrityError
from django.db.models import Q

from riverchief.accounts.actions import CHAIN as ACCOUNTS
from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import Role
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import StateRefused
from riverchief.registry.duties.actions import CHAIN as DUTIES
from riverchief.registry.duties.models import Duty
from riverchief.registry.importing.chiefs.places import Places
from riverchief.registry.importing.chiefs.plan import PersonKey, Plan
from riverchief.registry.importing.result import Progress

BATCH = 2_000
LOGGED_TOGETHER = 500
"""Duties in one line of the log: each is told, and a line stays readable."""

_OURS = re.compile(r"hz(\d{6,})")


def write(plan: Plan, places: Places, action: Action[Any], progress: Progress) -> None:
    """Write people, roles and duties, and log all of them in the name of the action's actor.

    Raises:
        StateRefused: somebody else has changed the same duties since they were read; nothing is written.
    """
    total = len(plan.people) + len(plan.duties) + len(plan.ended)
    users = _people(plan, action)
    progress("writing", len(plan.people), total)
    _roles(plan, users, places)
    for duty, last in plan.ended:
        duty.valid_to = last
    Duty.objects.bulk_update([duty for duty, _ in plan.ended], ["valid_to"], batch_size=BATCH)
    Duty.objects.bulk_update(plan.repositioned, ["position"], batch_size=BATCH)
    for duty, last in plan.ended:
        duty.stand_ins.filter(valid_from__gt=last).delete()
        duty.stand_ins.filter(valid_to__gt=last).update(valid_to=last)
    rows = [
        Duty(
            user_id=users[each.key],
            kind=each.slot[0],
            area_id=each.slot[1],
            river_id=each.slot[2],
            reach_id=each.slot[3],
            standing_water_id=each.slot[4],
            seat=each.seat,
            position=each.position,
            valid_from=each.since,
            valid_to=each.until,
        )
        for each in plan.duties
    ]
    done = len(plan.people) + len(plan.ended)
    try:
        for batch in _batches(rows, BATCH):
            Duty.objects.bulk_create(batch)
            done += len(batch)
            progress("writing", done, total)
    except IntegrityError as error:
        raise StateRefused(
            "同时有人更改了这些职责，因此未写入任何数据。|Somebody changed the same duties meanwhile: nothing is written.",
            cure="请重新检查，再导入一次。|Check the file again, then import it once more.",
        ) from error
    _log(rows, plan, action)


def _people(plan: Plan, action: Action[Any]) -> dict[PersonKey, int]:
    """The accounts by person: new ones without a password, who sign in by a code; a number where there was none."""
    last = max(
        (int(found[1]) for name in User.objects.filter(username__startswith="hz").values_list("username", flat=True) if (found := _OURS.fullmatch(name))),
        default=0,
    )  # fmt: skip
    users: dict[PersonKey, User] = {}
    new: list[User] = []
    numbered: list[User] = []
    for key, person in plan.people.items():
        user = person.user
        if user is None:
            user = User(
                username=f"hz{last + len(new) + 1:06d}",
                name_zh=person.name,
                name_en=person.name,
                phone=person.phone,
            )
            user.set_unusable_password()
            new.append(user)
        elif person.phone and not user.phone:
            user.phone = person.phone
            numbered.append(user)
        users[key] = user
    User.objects.bulk_create(new, batch_size=BATCH)
    User.objects.bulk_update(numbered, ["phone"], batch_size=BATCH)
    action.log(ACCOUNTS, accounts=[user.pk for user in new], numbers_added=[user.pk for user in numbered])
    return {key: user.pk for key, user in users.items()}


def _roles(plan: Plan, users: dict[PersonKey, int], places: Places) -> None:
    """The role of a chief where the list names somebody as one, and no role above covers it."""
    today = clock.today()
    held: dict[int, set[str]] = {}
    for user_id, path in Membership.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today), role=Role.CHIEF.value
    ).values_list("user_id", "area__path"):
        held.setdefault(user_id, set()).add(path)
    new: list[Membership] = []
    for key, person in plan.people.items():
        paths = held.setdefault(users[key], set())
        for code, (since, until) in sorted(
            person.chief_in.items(), key=lambda item: len(places.areas[item[0]].path)
        ):
            path = places.areas[code].path
            if not any(path.startswith(above) for above in paths):
                paths.add(path)
                new.append(
                    Membership(
                        user_id=users[key],
                        role=Role.CHIEF.value,
                        area_id=code,
                        valid_from=since,
                        valid_to=until,
                    )
                )
    Membership.objects.bulk_create(new, batch_size=BATCH)


def _log(rows: Sequence[Duty], plan: Plan, action: Action[Any]) -> None:
    for batch in _batches(rows, LOGGED_TOGETHER):
        action.log(
            DUTIES,
            given=[
                [row.pk, row.user_id, row.kind, row.area_id, row.river_id, row.reach_id, row.standing_water_id,
                 row.valid_from.isoformat(), row.valid_to.isoformat() if row.valid_to else None]
                for row in batch
            ],
        )  # fmt: skip
    for pairs in _batches(plan.ended, LOGGED_TOGETHER):
        action.log(DUTIES, ended=[[duty.pk, last.isoformat()] for duty, last in pairs])
    for changed in _batches(plan.repositioned, LOGGED_TOGETHER):
        action.log(DUTIES, repositioned=[row.pk for row in changed])


def _batches(rows: Sequence[Any], size: int) -> Iterator[list[Any]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch
