"""Commands that change something at a station: off by default, by two people, to an enterprise's monitor only as authorised."""

import asyncio

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import Role
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.clock import use_clock
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.monitor.actions import (
    ApproveControl,
    AskStation,
    DeclineControl,
    HoldBack,
    ProposeControl,
    SendRequest,
)
from riverchief.monitor.dialogue import exchange
from riverchief.monitor.models import StationRequest
from riverchief.registry.models import Station

from .conftest import NOW, gateway, in_thread, until
from .virtual_station import VirtualStation

REASON = "时钟偏差 7 分钟"


@pytest.fixture
def on(settings):
    settings.RIVERCHIEF_STATION_CONTROL = True


@pytest.fixture
def colleague(people, stream) -> User:
    """A second person on the duty desk of the county."""
    user = User.objects.create_user("colleague", None, name_zh="同事", name_en="Colleague")
    Membership.objects.create(
        user=user, role=Role.MONITORING.value, area=stream.area, valid_from=NOW.date().replace(year=2020)
    )
    return user


@pytest.fixture
def enterprise(stream) -> Station:
    """Station B, as the monitor that the law makes an enterprise keep."""
    Station.objects.filter(pk=stream.b.pk).update(owner="enterprise")
    stream.b.refresh_from_db()
    return stream.b


def propose(actor, station, cn="1012", **parameters) -> StationRequest:
    return ProposeControl(
        actor=actor, station_id=station.pk, cn=cn, parameters=parameters, reason=REASON
    ).run()


def approve(actor, row, authorisation="") -> StationRequest:
    return ApproveControl(actor=actor, request_id=row.pk, authorisation=authorisation).run()


def told(row) -> list[tuple[str, str]]:
    """Who did what, as the log of the station tells it, after checking the chain."""
    assert not list(audit.broken_links(row.chain))
    return [
        (entry.action, entry.actor_label)
        for entry in audit.entries(row.chain)
        if entry.data.get("request") == row.pk
    ]


def test_by_default_nothing_is_even_proposed(stream, people):
    with pytest.raises(StateRefused, match="反控"):
        propose(people.city_office, stream.a)
    client = Client()
    client.force_login(people.city_office, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        f"/api/v1/stations/{stream.a.pk}/control_requests",
        {"cn": "1012", "reason": REASON},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "state_refused")
    assert not StationRequest.objects.exists()


def test_what_was_approved_is_not_sent_where_control_was_switched_off_since(
    stream, people, colleague, on, settings
):
    row = approve(colleague, propose(people.monitoring, stream.a))
    settings.RIVERCHIEF_STATION_CONTROL = False
    with pytest.raises(StateRefused):
        SendRequest(actor=SYSTEM, request_id=row.pk, gateway="g", qn="20260101000000000").run()
    HoldBack(actor=SYSTEM, request_id=row.pk, why="x|x").run()
    row.refresh_from_db()
    assert (row.state, row.sends, row.qn) == ("declined", 0, "")


def test_one_person_alone_cannot(stream, people, on):
    row = propose(people.monitoring, stream.a)
    assert row.state == "proposed"
    with pytest.raises(StateRefused):
        SendRequest(actor=SYSTEM, request_id=row.pk, gateway="g", qn="20260101000000000").run()
    with pytest.raises(PermissionRefused, match="申请人"):
        approve(people.monitoring, row)
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("proposed", None)
    assert told(row) == [("station_control.propose", "monitoring")]


@pytest.mark.parametrize("name", ["administrator", "county_office", "enforcement", "unit", "elsewhere"])
def test_the_second_person_needs_the_authority_too(stream, people, on, name):
    row = propose(people.monitoring, stream.a)
    with pytest.raises(PermissionRefused):
        approve(getattr(people, name), row)
    with pytest.raises(PermissionRefused):
        propose(getattr(people, name), stream.a)


def test_the_system_neither_proposes_nor_approves(stream, people, on):
    with pytest.raises(PermissionRefused):
        propose(SYSTEM, stream.a)
    with pytest.raises(PermissionRefused):
        approve(SYSTEM, propose(people.monitoring, stream.a))


def test_a_control_command_cannot_be_asked_for_as_a_query_nor_a_query_as_control(stream, people, on):
    with pytest.raises(InvalidInput):
        AskStation(actor=people.city_office, station_id=stream.a.pk, cn="1012", reason=REASON).run()
    with pytest.raises(InvalidInput):
        propose(people.city_office, stream.a, "1011")
    for columns in ({"cn": "1012"}, {"cn": "1011", "control": True, "state": "proposed"}):
        with pytest.raises(IntegrityError, match="control_is_no_query"), transaction.atomic():
            StationRequest.objects.create(station=stream.a, asked_at=NOW, **columns)


def test_the_database_itself_refuses_control_without_two_people(stream, people, colleague, enterprise, on):
    row = propose(people.monitoring, stream.a)
    rows = StationRequest.objects.filter(pk=row.pk)
    for columns in ({}, {"decided_by": people.monitoring}, {"decided_by": colleague, "reason": ""}):
        with pytest.raises(IntegrityError, match="control_by_two_people"), transaction.atomic():
            rows.update(state="sent", **columns)
    at_enterprise = StationRequest.objects.filter(pk=propose(people.monitoring, enterprise).pk)
    with pytest.raises(IntegrityError, match="statutory_control_authorised"), transaction.atomic():
        at_enterprise.update(state="waiting", decided_by=people.city_office)


def test_an_enterprises_monitor_is_refused_without_its_authorisation_even_by_api(
    stream, people, colleague, enterprise, on
):
    row = propose(people.monitoring, enterprise)
    assert row.statutory
    with pytest.raises(PermissionRefused):
        approve(
            colleague, row, "渝环函〔2026〕1号"
        )  # the duty desk has no authority over an enterprise's monitor
    client = Client()
    for user, status in ((colleague, 403), (people.city_office, 422)):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.post(
            f"/api/v1/control_requests/{row.pk}/approve", {}, content_type="application/json"
        )
        assert answer.status_code == status
    assert answer.json()["field"] == "authorisation"
    row.refresh_from_db()
    assert row.state == "proposed"
    assert approve(people.city_office, row, "渝环函〔2026〕1号").state == "waiting"


def test_a_station_that_became_an_enterprises_after_approval_is_not_controlled(stream, people, colleague, on):
    row = approve(colleague, propose(people.monitoring, stream.a))
    Station.objects.filter(pk=stream.a.pk).update(owner="enterprise")
    with pytest.raises(StateRefused):
        SendRequest(actor=SYSTEM, request_id=row.pk, gateway="g", qn="20260101000000000").run()


def test_a_station_that_became_an_enterprises_after_the_proposal_needs_the_authorisation(
    stream, people, colleague, on
):
    row = propose(people.monitoring, stream.a)
    Station.objects.filter(pk=stream.a.pk).update(owner="enterprise")
    with pytest.raises(PermissionRefused):
        approve(colleague, row)
    assert approve(people.city_office, row, "文号 1").statutory


def test_a_proposal_is_declined_with_a_reason_or_taken_back(stream, people, colleague, on):
    first, second = (propose(people.monitoring, stream.a) for _ in range(2))
    with pytest.raises(InvalidInput):
        DeclineControl(actor=colleague, request_id=first.pk, reason=" ").run()
    DeclineControl(actor=colleague, request_id=first.pk, reason="时钟无偏差").run()
    DeclineControl(actor=people.monitoring, request_id=second.pk, reason="误操作").run()
    for row in (first, second):
        with pytest.raises(StateRefused):
            approve(people.city_office, row)
    assert told(first)[-1] == ("station_control.decline", "同事")


def test_a_proposal_that_nobody_decides_on_lapses(stream, people, on):
    row = propose(people.monitoring, stream.a)
    with use_clock(row.due_at):
        exchange.give_up_overdue()
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("declined", None)
    assert told(row)[-1] == ("station_request.give_up", "系统")


def test_a_query_is_nothing_to_approve(stream, people, on):
    row = AskStation(actor=people.monitoring, station_id=stream.a.pk, cn="1011", reason=REASON).run()
    with pytest.raises(NotFound):
        approve(people.city_office, row)


@pytest.mark.parametrize(
    ("cn", "parameters", "right"),
    [
        ("1012", {}, True),
        ("1012", {"SystemTime": "20260101000000"}, False),
        ("1000", {"OverTime": 10, "ReCount": 3}, True),
        ("1000", {"OverTime": 100, "ReCount": 3}, False),
        ("1000", {"OverTime": 10}, False),
        ("1062", {"RtdInterval": 30}, True),
        ("1062", {"RtdInterval": 29}, False),
        ("1064", {"MinInterval": 10}, True),
        ("1064", {"MinInterval": 7}, False),
        ("3012", {"PolId": "w01018"}, True),
        ("3012", {"PolId": "a;b"}, False),
        ("3012", {}, False),
        ("1072", {"NewPW": "654321"}, False),
    ],
)
def test_a_control_command_holds_what_the_standard_says(stream, people, on, cn, parameters, right):
    if right:
        assert propose(people.monitoring, stream.a, cn, **parameters).parameters == {
            name: str(value) for name, value in parameters.items()
        }
    else:
        with pytest.raises(InvalidInput):
            propose(people.monitoring, stream.a, cn, **parameters)


@pytest.mark.django_db(transaction=True)
def test_what_two_people_want_reaches_the_station_and_every_step_is_in_the_log(people, colleague, stream, on):
    async def work():
        async with gateway(dialogue_s=0.02) as running:
            station = await VirtualStation(stream.a.mn).call(running.port)
            row = await in_thread(lambda: propose(people.monitoring, stream.a))
            await asyncio.sleep(0.2)
            before = len(station.requests())
            await in_thread(lambda: approve(colleague, row))
            await until(lambda: StationRequest.objects.filter(state="done").exists())
            await station.hang_up()
            return row, before, station.requests()

    row, before, (request,) = asyncio.run(work())
    row.refresh_from_db()
    assert before == 0
    assert request.cn == "1012"
    assert len(request.get("SystemTime")) == 14
    steps = told(row)
    assert steps[:3] == [
        ("station_control.propose", "monitoring"),
        ("station_control.approve", "同事"),
        ("station_request.send", "系统"),
    ]
    assert {action for action, _ in steps[3:]} == {"station_request.answer"}
    last = audit.entries(row.chain)[-1].data
    assert (last["state"], last["execution_result"]) == ("done", 1)


@pytest.mark.django_db(transaction=True)
def test_the_gateway_holds_back_what_is_no_longer_authorised(people, colleague, stream, on):
    async def work():
        async with gateway(dialogue_s=0.02) as running:
            row = await in_thread(lambda: approve(colleague, propose(people.monitoring, stream.a)))
            await in_thread(lambda: Station.objects.filter(pk=stream.a.pk).update(owner="enterprise"))
            station = await VirtualStation(stream.a.mn).call(running.port)
            await until(lambda: StationRequest.objects.filter(state="declined").exists())
            await station.hang_up()
            return row, station.requests()

    row, heard = asyncio.run(work())
    assert heard == []
    assert told(row)[-1] == ("station_control.hold_back", "系统")
