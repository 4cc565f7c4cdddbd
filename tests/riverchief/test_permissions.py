"""Every operation of the API is for whom the table says, in their own area, and for nobody else."""

import re
import zlib
from collections.abc import Collection, Iterator

import pytest
from django.db import transaction
from django.test import Client
from riverchief.accounts.models import User
from riverchief.accounts.roles import Role
from riverchief.base.clock import use_clock
from riverchief.base.models import AuditEntry
from riverchief.rectify.transitions import TRANSITIONS, Party
from riverchief.site.api import api
from riverchief.site.live import read_viewer

from tests.riverchief.accounts.signing_in import FAST, Browser
from tests.riverchief.permissions.calls import Operation
from tests.riverchief.permissions.operations import OPERATIONS
from tests.riverchief.permissions.own import give_ways_in
from tests.riverchief.permissions.table import OPEN_TO_STRANGERS, ROLES, expectations
from tests.riverchief.permissions.world import World, make_world
from tests.riverchief.rectify.office import NOON, make_office

PREFIX = "/api/v1"
EXPECTED = expectations()
UPLOADS = {"POST /imports", "POST /imports/preview"}
"""What may be imported by whom depends on the kind of file, so that must be known first."""


def documented() -> set[str]:
    """The operations that the API's own document lists."""
    document = api.get_openapi_schema(path_prefix=f"{PREFIX}/")
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, methods in document["paths"].items()
        for method in methods
    }


def changing(operations: set[str]) -> list[str]:
    return sorted(operation for operation in operations if not operation.startswith("GET "))


@pytest.fixture
def world(db, settings) -> Iterator[World]:
    settings.RIVERCHIEF_STATION_CONTROL = True
    settings.PASSWORD_HASHERS = FAST
    with use_clock(NOON):
        made = make_world(make_office())
        give_ways_in([*made.people, made.office["chief"]])
        yield made


def client_of(user: User, **options: bool) -> Client:
    client = Client(**options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def clients_of_all(world: World) -> dict[int, Client]:
    """Everybody signed in once, by the number of the user: signing in costs more than most requests."""
    return {user.pk: client_of(user) for user in world.people}


def outcome(operation: Operation, client: Client, world: World, role: Role) -> str:
    """What came of it: done, shown, empty or refused. Whatever it changed is taken back, in the browser too."""
    before = AuditEntry.objects.count()
    cookies = {name: cookie.value for name, cookie in client.cookies.items()}
    with transaction.atomic():
        answer = operation.send(client, world, role)
        written = AuditEntry.objects.count() - before
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies)
    if answer.status_code in {403, 404}:
        assert answer.json()["code"] in {"permission_refused", "not_found"}
        assert written == 0, "refused, and yet something was written"
        return "refused"
    assert 200 <= answer.status_code < 300, (answer.status_code, answer.content)
    if operation.shows is None:
        return "done"
    return "shown" if operation.shows(answer, world, role) else "empty"


ALLOWED = {"done", "shown"}
KEPT_OUT = {"empty", "refused"}
MEANING = {
    "area": (ALLOWED, KEPT_OUT),
    "any": (ALLOWED, ALLOWED),
    "none": ({"empty"}, {"empty"}),
    "-": ({"refused"}, {"refused"}),
}


def test_every_operation_of_the_api_stands_in_the_table_and_nothing_else_does() -> None:
    in_table = set(EXPECTED) | OPEN_TO_STRANGERS
    assert documented() == in_table, "say in permissions/table.py whom each operation is for"
    assert set(OPERATIONS) == set(EXPECTED)


def found_for(
    name: str, role: Role, world: World, clients: dict[int, Client], places: Collection[str]
) -> str:
    """The mark that describes how an operation answers the people of a role: here, and seen from a sister area, from
    within (what is tried lies in the area above) and from a foreign one; of these, from `places`. Of marks that describe it
    alike, the one that the table has."""
    here = outcome(OPERATIONS[name], clients[world.here[role].pk], world, role)
    elsewhere = {
        place: outcome(OPERATIONS[name], clients[people[role].pk], world, role)
        for place, people in world.elsewhere.items()
        if place in places
    }
    marks = {
        mark
        for mark, (wanted_here, wanted_elsewhere) in MEANING.items()
        if here in wanted_here and wanted_elsewhere.issuperset(elsewhere.values())
    }
    below = {place: seen for place, seen in elsewhere.items() if place != "parent"}
    if here in ALLOWED and elsewhere.get("parent", here) in ALLOWED and KEPT_OUT.issuperset(below.values()):
        marks.add("down")
    wanted = EXPECTED[name][role]
    return wanted if wanted in marks else f"{here} here, {elsewhere}"


def one_place(name: str, role: Role) -> list[str]:
    """One of the three places from which others try, so that those of an operation are spread over its roles."""
    turn = zlib.crc32(name.encode()) + ROLES.index(role)
    return [("sister", "parent", "foreign")[turn % 3]]


# All operations in one test each: the world takes a second to make, and the comparison shows every difference at once.


def test_each_operation_is_for_the_roles_and_areas_that_the_table_says(world: World) -> None:
    clients = clients_of_all(world)
    found = {
        name: {role: found_for(name, role, world, clients, one_place(name, role)) for role in ROLES}
        for name in EXPECTED
    }
    assert {name: row for name, row in found.items() if row != EXPECTED[name]} == {}


@pytest.mark.soak
def test_each_operation_is_so_from_every_place(world: World) -> None:
    clients = clients_of_all(world)
    found = {
        name: {role: found_for(name, role, world, clients, list(world.elsewhere)) for role in ROLES}
        for name in EXPECTED
    }
    assert {name: row for name, row in found.items() if row != EXPECTED[name]} == {}


def test_a_stranger_is_asked_to_sign_in_and_so_is_who_has_given_only_the_password(world: World) -> None:
    door = Browser()
    assert door.sign_in(world.here[Role.CITY_OFFICE]).json()["second_step"] == "code"
    for client in (Client(), door.client):
        answers = {
            name: OPERATIONS[name].send(client, world, Role.CITY_OFFICE)
            for name in EXPECTED.keys() - OPEN_TO_STRANGERS
        }
        assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 401)
        assert {answer.json()["code"] for answer in answers.values()} == {"sign_in_needed"}
    assert read_viewer(door.client.cookies["sessionid"].value) is None, "nor does the live stream know them"


def test_somebody_whose_account_was_closed_is_a_stranger_from_then_on(world: World) -> None:
    user = world.here[Role.CITY_OFFICE]
    client = client_of(user)
    assert client.get(f"{PREFIX}/codes").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    answers = {
        name: OPERATIONS[name].send(client, world, Role.CITY_OFFICE).status_code
        for name in EXPECTED.keys() - OPEN_TO_STRANGERS
    }
    assert answers == dict.fromkeys(answers, 401)


def test_a_change_without_the_csrf_token_is_refused(world: World) -> None:
    client = client_of(world.here[Role.CITY_OFFICE], enforce_csrf_checks=True)
    credentials = '{"username": "li", "password": "wrong"}'
    answers = {}
    for name in changing(documented()):
        method, path = name.split()
        address = PREFIX + re.sub(r"\{\w+\}", "1", path)
        answers[name] = client.generic(method, address, credentials, "application/json")
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert all("CSRF" in answer.json()["message"] for answer in answers.values())


def test_whoever_never_may_do_a_thing_is_not_told_what_a_request_for_it_looks_like(world: World) -> None:
    never = {
        name: [role for role, mark in EXPECTED[name].items() if mark == "-"]
        for name in changing(set(EXPECTED))
        if name not in UPLOADS
    }
    for step in (row for row in TRANSITIONS.values() if row.party is Party.ASSIGNED):
        # An office can be assigned a problem as well, though it is not here.
        never[f"POST /problems/{{problem_id}}/{step.action}"].remove(Role.COUNTY_OFFICE)
    never["POST /remediation/steps/{step_id}/finish"].remove(Role.COUNTY_OFFICE)
    clients = clients_of_all(world)
    told = {}
    for name, roles in never.items():
        method, path = name.split()
        for role in roles:
            client = clients[world.here[role].pk]
            address = PREFIX + re.sub(r"\{\w+\}", "999999", path)
            answer = client.generic(method, address, "{}", "application/json")
            told[name, role] = (answer.status_code, answer.json()["code"])
    assert told == dict.fromkeys(told, (403, "permission_refused"))
