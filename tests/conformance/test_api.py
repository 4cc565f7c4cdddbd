"""An outside client that has only read the API's document finds no server error and no answer that it does not describe.

A short, seeded version runs in every test run, inside one transaction; `make conformance` sends many more over HTTP to
the running product.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
import requests
from django.db import transaction
from django.test import Client
from riverchief.accounts.roles import Role
from riverchief.base.clock import use_clock
from schemathesis import Case
from urllib3 import HTTPResponse

from tests.conformance.generated import defects, operations
from tests.e2e.stage import Stage, demo_stage
from tests.riverchief.permissions.world import World, make_world
from tests.riverchief.rectify.office import NOON, make_office

FEW = 2
MANY = int(os.environ.get("RIVERCHIEF_EXAMPLES", "200"))

# Ends the session of the test itself; how it answers is seen in the tests of permissions.
SIGN_OUT = ("DELETE", "/api/v1/session")

TOKEN = "c" * 32


@pytest.fixture
def world(db, settings) -> Iterator[World]:
    settings.RIVERCHIEF_STATION_CONTROL = True
    with use_clock(NOON):
        yield make_world(make_office())


def numbers_in(world: World) -> dict[str, int | str]:
    """What there is in the world, by the names of the parameters in addresses."""
    return {
        "reach_id": world.office.reach.pk,
        "outfall_id": world.office.suspect.pk,
        "station_id": world.office.event.station_id,
        "event_id": world.office.event.pk,
        "alarm_id": world.alarm.pk,
        "trace_id": world.trace.pk,
        "clue_id": world.clue.pk,
        "problem_id": world.problems["assigned"].pk,
        "evidence_id": world.evidence_id,
        "shift_id": world.shift.pk,
        "hand_over_id": world.hand_over.pk,
        "message_id": world.message_of(Role.CITY_OFFICE),
    }


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answer_of(client: Client, case: Case) -> requests.Response:
    """Send what an outside client would, through Django's own, so that it stays within the test's transaction."""
    request = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    content_type = request.headers.pop("Content-Type", "")
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in {"Content-Length", "Cookie", "Accept-Encoding"}
    }
    sent = client.generic(
        request.method, request.path_url, request.body or b"", content_type, headers=headers
    )
    answer = requests.Response()
    answer.status_code, answer.request, answer.url = sent.status_code, request, request.url
    answer.headers.update(sent.headers)
    # Of a file that is streamed the document says no more than its type.
    body = b"" if sent.streaming else sent.content
    answer._content = body
    answer.raw = HTTPResponse(body=body, headers=dict(sent.headers), status=sent.status_code)
    answer.elapsed = timedelta()
    return answer


def test_the_api_answers_as_its_document_says(world: World) -> None:
    client = Client(headers={"X-CSRFToken": TOKEN})
    client.force_login(world.here[Role.CITY_OFFICE], backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies["sessionid"].value

    def call(case: Case) -> requests.Response:
        client.cookies = SimpleCookie({"sessionid": session, "csrftoken": TOKEN})
        return answer_of(client, case)

    found = {
        operation.label: lines
        for operation in operations()
        if (lines := defects(operation, call, numbers_in(world), FEW, taken_back))
    }
    assert found == {}, "\n".join(f"{name}: {line}" for name, lines in found.items() for line in lines)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with demo_stage() as running:
        yield running


@pytest.mark.conformance
def test_the_running_product_answers_as_its_document_says(stage: Stage) -> None:
    stage.discharge()
    session = requests.Session()
    session.get(f"{stage.url}/api/v1/session")
    headers = {"X-CSRFToken": session.cookies["csrftoken"]}
    credentials = {"username": "office", "password": stage.passwords["office"]}
    session.post(f"{stage.url}/api/v1/session", json=credentials, headers=headers).raise_for_status()
    headers = {"X-CSRFToken": session.cookies["csrftoken"]}

    def call(case: Case) -> requests.Response:
        return case.call(base_url=stage.url, session=session, headers=headers)

    # The numbers of a fresh installation start at one.
    known = dict.fromkeys(
        (
            "reach_id",
            "outfall_id",
            "station_id",
            "event_id",
            "alarm_id",
            "trace_id",
            "clue_id",
            "problem_id",
            "evidence_id",
            "shift_id",
            "hand_over_id",
        ),
        1,
    )
    found = {
        operation.label: lines
        for operation in operations()
        if (operation.method.upper(), operation.path) != SIGN_OUT
        and (lines := defects(operation, call, known, MANY, nullcontext))
    }
    assert found == {}, "\n".join(f"{name}: {line}" for name, lines in found.items() for line in lines)
