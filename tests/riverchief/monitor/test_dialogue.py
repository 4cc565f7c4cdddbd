"""Stations are asked over real sockets, and what they are asked is followed to its end."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, transaction
from django.test import Client
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.clock import SHANGHAI, use_clock
from riverchief.base.errors import InvalidInput, PermissionRefused, StateRefused
from riverchief.base.models import Heartbeat, RuleVersion
from riverchief.monitor.actions import AskStation, GiveUp, RecordAnswer, SendRequest
from riverchief.monitor.dialogue import exchange
from riverchief.monitor.dialogue.command import station_query_command
from riverchief.monitor.models import Packet, Reading, StationLink, StationRequest
from riverchief.monitor.virtual.analyser import Analyser
from riverchief.registry.models import Station
from riverchief.site import health, metrics
from riverkit.protocols.hj212 import Packet as Decoded
from riverkit.protocols.hj212 import StreamDecoder, encode, write_qn

from .conftest import PASSWORD, ago, gateway, in_thread, make_stream, until
from .test_gateway import samples
from .virtual_station import VirtualStation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stream(transactional_db):
    made = make_stream()
    wait(answer_s=5)
    return made


def wait(**seconds: float) -> None:
    """Change how long things are waited for."""
    rule = RuleVersion.objects.get(name="monitor.station_requests")
    rule.body |= seconds
    rule.save()


def ask(station: Station, cn: str = "1011", **more) -> StationRequest:
    return AskStation(actor=SYSTEM, station_id=station.pk, cn=cn, **more).run()


def ended(row: StationRequest) -> bool:
    row.refresh_from_db()
    return row.finished_at is not None


def steps(row: StationRequest) -> list[str]:
    """What the log of the station tells of a request."""
    assert not list(audit.broken_links(row.chain))
    return [
        entry.data.get("state", "asked")
        for entry in audit.entries(row.chain)
        if entry.data.get("request") == row.pk
    ]


def dialogue(work, **limits):
    """Run `work(gateway)` beside a gateway that looks for requests often."""

    async def scenario():
        async with gateway(dialogue_s=0.02, **limits) as running:
            return await work(running)

    return asyncio.run(scenario())


def test_a_station_is_asked_for_its_time_and_the_answer_is_kept(stream):
    async def work(running):
        station = await VirtualStation(stream.a.mn, clock_ahead=timedelta(minutes=7)).call(running.port)
        row = await in_thread(lambda: ask(stream.a))
        await until(lambda: ended(row))
        await station.hang_up()
        return row, station.requests()

    row, (request,) = dialogue(work)
    assert row.state == "done"
    assert (request.cn, request.qn, request.mn, request.pw) == ("1011", row.qn, stream.a.mn, PASSWORD)
    assert request.st == "21"
    assert request.wants_answer
    assert request.version_bits == 1
    assert (row.request_result, row.execution_result, row.uploads, row.sends) == (1, 1, 1, 1)
    assert set(row.result) == {"SystemTime", "clock_ahead_s"}
    assert row.result["clock_ahead_s"] == pytest.approx(420, abs=5)
    # The three replies may be seen in one look: then the log tells of them in the order of their meaning.
    told = steps(row)
    assert told[:2] == ["asked", "sent"]
    assert told[-1] == "done"
    assert set(told[2:-1]) <= {"accepted", "data"}


def test_history_comes_as_readings_and_is_counted(stream):
    end = ago(hours=2).replace(minute=0, second=0)

    async def work(running):
        station = await VirtualStation(stream.a.mn).call(running.port)
        row = await in_thread(lambda: ask(stream.a, "2061", begin=end - timedelta(hours=4), end=end))
        await until(lambda: ended(row))
        await until(lambda: Reading.objects.filter(kind="hour").count() == 5)
        acknowledged = [packet for packet in station.heard if packet.cn == "9014"]
        await station.hang_up()
        return row, acknowledged

    row, acknowledged = dialogue(work)
    assert (row.state, row.uploads) == ("done", 5)
    assert len(acknowledged) == 6  # each upload by its own number, and the first one
    assert {packet.qn for packet in acknowledged}.isdisjoint({row.qn})


def test_a_station_that_refuses_is_believed_and_its_reason_kept(stream):
    async def work(running):
        station = await VirtualStation(stream.a.mn, request_result=8).call(running.port)
        row = await in_thread(lambda: ask(stream.a, "1063"))
        await until(lambda: ended(row))
        await station.hang_up()
        return row

    row = dialogue(work)
    assert (row.state, row.request_result, row.execution_result) == ("refused", 8, None)
    assert steps(row) == ["asked", "sent", "refused"]


def test_an_execution_that_fails_says_how(stream):
    async def work(running):
        station = await VirtualStation(stream.a.mn, execution_result=100).call(running.port)
        row = await in_thread(lambda: ask(stream.a, "1061"))
        await until(lambda: ended(row))
        await station.hang_up()
        return row

    row = dialogue(work)
    assert (row.state, row.execution_result) == ("failed", 100)


def test_an_unheard_request_is_sent_again_under_its_number_and_not_for_ever(stream):
    wait(answer_s=0.5, resends=5)

    async def work(running):
        hard_of_hearing = await VirtualStation(stream.a.mn, deaf_times=2).call(running.port)
        mute = await VirtualStation(stream.b.mn, silent=True).call(running.port)
        rows = [await in_thread(lambda station=station: ask(station)) for station in (stream.a, stream.b)]
        for row in rows:
            await until(lambda row=row: ended(row))
        for station in (hard_of_hearing, mute):
            await station.hang_up()
        return rows, hard_of_hearing.requests(), mute.requests()

    (first, second), heard, unanswered = dialogue(work)
    assert first.state == "done"
    assert len(heard) == first.sends >= 3  # an answer may cross with one more resend
    assert (second.state, second.sends, len(unanswered)) == ("timed_out", 6, 6)
    assert {packet.qn for packet in heard} == {first.qn}
    assert {packet.qn for packet in unanswered} == {second.qn}


def test_an_execution_that_never_ends_is_given_up(stream):
    wait(execution_s=0.2)

    async def work(running):
        station = await VirtualStation(stream.a.mn, drop_execution=True).call(running.port)
        row = await in_thread(lambda: ask(stream.a))
        await until(lambda: ended(row))
        await station.hang_up()
        return row

    row = dialogue(work)
    assert (row.state, row.sends, row.request_result) == ("timed_out", 1, 1)


def test_an_answer_under_another_number_changes_nothing(stream):
    wait(answer_s=0.3)

    async def work(running):
        station = await VirtualStation(stream.a.mn, silent=True).call(running.port)
        row = await in_thread(lambda: ask(stream.a))
        await until(lambda: bool(station.requests()))
        (request,) = station.requests()
        other = write_qn(ago(days=1))
        station.say(request, "9011", qn=other, QnRtn=2)
        station.say(request, "1011", qn=other, SystemTime="20200101000000")
        station.say(request, "9012", qn=other, ExeRtn=1)
        station.say(request, "9013")
        station.say(request, "9014")
        station.say(request, "9011", QnRtn="x")
        await until(lambda: ended(row))
        await station.hang_up()
        return row

    row = dialogue(work)
    assert (row.state, row.request_result, row.uploads, row.result) == ("timed_out", None, 0, {})


def test_another_station_cannot_answer_for_the_one_that_was_asked(stream):
    wait(answer_s=0.3)

    async def work(running):
        mute = await VirtualStation(stream.a.mn, silent=True).call(running.port)
        other = await VirtualStation(stream.b.mn).call(running.port)
        row = await in_thread(lambda: ask(stream.a))
        await until(lambda: bool(mute.requests()))
        (request,) = mute.requests()
        forged = Decoded(
            st="91",
            cn="9012",
            mn=stream.b.mn,
            pw=PASSWORD,
            qn=request.qn,
            flag=4,
            fields=((("ExeRtn", "1"),),),
        )
        other.send(encode(forged))
        # Neither does somebody who knows the number and the name, but not the password.
        _reader, stranger = await asyncio.open_connection("127.0.0.1", running.port)
        stranger.write(
            encode(
                Decoded(
                    st="91",
                    cn="9012",
                    mn=stream.a.mn,
                    pw="000000",
                    qn=request.qn,
                    flag=4,
                    fields=((("ExeRtn", "1"),),),
                )
            )
        )
        await until(lambda: ended(row))
        stranger.close()
        for station in (mute, other):
            await station.hang_up()
        return row

    assert dialogue(work).state == "timed_out"


def test_a_late_answer_does_not_wake_a_request_that_was_given_up(stream):
    row = ask(stream.a)
    SendRequest(actor=SYSTEM, request_id=row.pk, gateway="g", qn="20260101000000000").run()
    GiveUp(actor=SYSTEM, request_id=row.pk).run()
    with pytest.raises(StateRefused):
        RecordAnswer(actor=SYSTEM, request_id=row.pk, cn="9012", code=1).run()
    exchange.record_replies([exchange.Reply(stream.a.pk, "9012", "20260101000000000", 1)])
    row.refresh_from_db()
    assert row.state == "timed_out"


def test_a_station_that_is_not_connected_is_waited_for_and_then_given_up(stream):
    async def work(running):
        row = await in_thread(lambda: ask(stream.a))
        assert not await in_thread(exchange.give_up_overdue)
        await asyncio.sleep(0.1)
        station = await VirtualStation(stream.a.mn).call(running.port)
        await until(lambda: ended(row))
        await station.hang_up()
        return row

    assert dialogue(work).state == "done"
    row = ask(stream.b)
    with use_clock(datetime.now(UTC) + timedelta(minutes=11)):
        assert exchange.give_up_overdue() == 1
    row.refresh_from_db()
    assert row.state == "not_connected"
    assert steps(row) == ["asked", "not_connected"]


def test_a_station_is_asked_one_thing_at_a_time(stream):
    seen = []

    async def work(running):
        station = VirtualStation(stream.a.mn)
        station.before_answer = lambda request: seen.append(
            (request.cn, sum(packet.cn.startswith("1") for packet in station.heard))
        )
        await station.call(running.port)
        rows = [await in_thread(lambda cn=cn: ask(stream.a, cn)) for cn in ("1011", "1061", "1063")]
        for row in rows:
            await until(lambda row=row: ended(row))
        await station.hang_up()
        return rows

    rows = dialogue(work)
    assert [row.state for row in rows] == ["done"] * 3
    assert seen == [("1011", 1), ("1061", 2), ("1063", 3)]
    assert rows[0].finished_at <= rows[1].sent_at <= rows[1].finished_at <= rows[2].sent_at


def test_two_stations_behind_one_connection_are_asked_one_after_the_other(stream):
    """A platform forwards what several loggers send."""
    most = []

    async def work(running):
        platform = VirtualStation(stream.a.mn, drop_execution=True)
        await platform.call(running.port)
        platform.mn = stream.b.mn
        platform.upload("2011", ago(minutes=1))
        await until(lambda: StationLink.objects.count() == 2)
        rows = [await in_thread(lambda station=station: ask(station)) for station in (stream.a, stream.b)]
        for _ in range(2):
            await until(lambda: StationRequest.objects.filter(state__in=["accepted", "data"]).exists())
            most.append(
                await in_thread(lambda: StationRequest.objects.filter(state__in=exchange.UNDER_WAY).count())
            )
            platform.say(platform.requests()[-1], "9012", ExeRtn=1)
            done = len(most)
            await until(lambda done=done: StationRequest.objects.filter(state="done").count() == done)
        await platform.hang_up()
        return rows

    dialogue(work)
    assert most == [1, 1]


def test_a_notice_is_answered_as_one_and_an_answer_never(stream):
    async def work(running):
        station = await VirtualStation(stream.a.mn).call(running.port)
        for number, cn in enumerate(["1013", "9011", "9014", "2081"]):
            station.send(
                encode(
                    Decoded(
                        st="21",
                        cn=cn,
                        mn=stream.a.mn,
                        pw=PASSWORD,
                        qn=write_qn(ago(minutes=number + 1)),
                        flag=5,
                    )
                )
            )
        await until(lambda: len(station.heard) == 3)
        await station.hang_up()
        return sorted(packet.cn for packet in station.heard)

    assert dialogue(work) == ["9013", "9014", "9014"]
    assert Packet.objects.filter(state="stored").count() == 5


# -- several gateways side by side


def both(work, **limits):
    """Run `work(first, second)` beside two gateways on one database."""

    async def scenario():
        async with gateway(dialogue_s=0.02, **limits) as first, gateway(dialogue_s=0.02, **limits) as second:
            return await work(first, second)

    return asyncio.run(scenario())


def test_each_gateway_takes_only_what_is_asked_of_its_own_stations(stream):
    async def work(first, second):
        here = await VirtualStation(stream.a.mn).call(first.port)
        there = await VirtualStation(stream.b.mn).call(second.port)
        rows = [
            await in_thread(lambda station=station, cn=cn: ask(station, cn))
            for cn in ("1011", "1061")
            for station in (stream.a, stream.b)
        ]
        for row in rows:
            await until(lambda row=row: ended(row))
        for station in (here, there):
            await station.hang_up()
        return rows, (first.name, second.name), (here.requests(), there.requests())

    rows, (first, second), heard = both(work)
    assert [row.gateway for row in rows] == [first, second] * 2
    assert [row.sends for row in rows] == [1] * 4
    assert [len(each) for each in heard] == [2, 2]


def test_a_station_that_moves_to_another_gateway_ends_there_what_it_was_asked_here(stream):
    async def work(first, second):
        station = await VirtualStation(stream.a.mn, silent=True).call(first.port)
        row = await in_thread(lambda: ask(stream.a))
        await until(lambda: bool(station.requests()))
        (request,) = station.requests()
        await station.hang_up()
        moved = await VirtualStation(stream.a.mn).call(second.port)
        await until(lambda: StationLink.objects.filter(station=stream.a, gateway=second.name).exists())
        moved.say(request, "9011", QnRtn=1)
        moved.say(request, "9012", ExeRtn=1)
        await until(lambda: ended(row))
        later = await in_thread(lambda: ask(stream.a, "1061"))
        await until(lambda: ended(later))
        await moved.hang_up()
        return row, later, (first.name, second.name)

    row, later, (first, second) = both(work)
    assert (row.state, row.gateway) == ("done", first)
    assert (later.state, later.gateway) == ("done", second)


def test_of_two_connections_the_newer_is_asked_and_after_its_end_the_older_again(stream):
    async def work(first, second):
        older = await VirtualStation(stream.a.mn).call(first.port)
        await until(lambda: StationLink.objects.filter(gateway=first.name).exists())
        newer = await VirtualStation(stream.a.mn).call(second.port)
        await until(lambda: StationLink.objects.filter(gateway=second.name).exists())
        row = await in_thread(lambda: ask(stream.a))
        await until(lambda: ended(row))
        await newer.hang_up()
        await until(lambda: StationLink.objects.filter(gateway=first.name).exists(), seconds=20)
        again = await in_thread(lambda: ask(stream.a))
        await until(lambda: ended(again))
        await older.hang_up()
        return row.gateway == second.name, again.gateway == first.name

    assert both(work) == (True, True)


def test_links_of_a_gateway_that_died_are_dropped_and_what_it_left_is_given_up(stream):
    Heartbeat.objects.create(process="gateway:dead", at=datetime.now(UTC) - timedelta(minutes=5))
    Heartbeat.objects.create(process="gateway:alive", at=datetime.now(UTC))
    for station, name in ((stream.a, "dead"), (stream.b, "alive")):
        StationLink.objects.create(station=station, gateway=name, peer="", since=datetime.now(UTC))
    row = ask(stream.a)
    SendRequest(actor=SYSTEM, request_id=row.pk, gateway="dead", qn="20260101000000000").run()
    exchange.forget_dead_gateways("mine")
    assert [link.gateway for link in StationLink.objects.all()] == ["alive"]
    with use_clock(datetime.now(UTC) + timedelta(seconds=70)):
        assert exchange.give_up_overdue() == 1
    row.refresh_from_db()
    assert row.state == "timed_out"


def test_a_stopped_gateway_takes_leave_of_its_stations(stream):
    async def work(running):
        station = await VirtualStation(stream.a.mn).call(running.port)
        await until(lambda: StationLink.objects.exists())
        await running.stop()
        await station.hang_up()

    dialogue(work)
    assert not StationLink.objects.exists()


def test_requests_wait_while_the_database_is_away_and_go_on_after(stream, monkeypatch):
    from django.db import OperationalError

    failing = {"left": 3}
    original = exchange.record_replies

    def sometimes(replies):
        if replies and failing["left"]:
            failing["left"] -= 1
            raise OperationalError("the database is away")
        original(replies)

    monkeypatch.setattr(exchange, "record_replies", sometimes)

    async def work(running):
        station = await VirtualStation(stream.a.mn).call(running.port)
        row = await in_thread(lambda: ask(stream.a))
        await until(lambda: ended(row))
        await station.hang_up()
        return row

    row = dialogue(work)
    assert (row.state, row.uploads, failing["left"]) == ("done", 1, 0)


# -- what may be asked


@pytest.mark.parametrize(
    ("cn", "begin", "end", "field"),
    [
        ("3012", None, None, "cn"),
        ("9999", None, None, "cn"),
        ("2061", None, None, "begin"),
        ("2061", ago(hours=1), ago(hours=3), "begin"),
        ("2061", ago(hours=1), ago(hours=-3), "end"),
        ("2051", ago(hours=40), ago(hours=1), "end"),
        ("1011", ago(hours=2), ago(hours=1), "begin"),
        ("2061", datetime(1, 1, 1, tzinfo=SHANGHAI), datetime(1, 1, 2, tzinfo=SHANGHAI), "begin"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_field(stream, cn, begin, end, field):
    with pytest.raises(InvalidInput) as refused:
        ask(stream.a, cn, begin=begin, end=end)
    assert refused.value.field == field
    assert not StationRequest.objects.exists()


def test_a_request_that_fits_into_no_frame_fails_and_the_others_are_asked(stream):
    unsayable = ask(stream.a)
    # What an older release may have let in.
    StationRequest.objects.filter(pk=unsayable.pk).update(parameters={"PolId": "w01018;Flag=1&&"})
    other = ask(stream.b)

    async def work(running):
        stations = [await VirtualStation(each.mn).call(running.port) for each in (stream.a, stream.b)]
        await until(lambda: ended(unsayable) and ended(other))
        for station in stations:
            await station.hang_up()

    dialogue(work)
    assert (unsayable.state, other.state) == ("failed", "done")
    assert unsayable.result["error"]
    with pytest.raises(IntegrityError), transaction.atomic():
        StationRequest.objects.filter(pk=other.pk).update(
            begin=datetime(1, 1, 2, tzinfo=UTC), end=datetime(1, 1, 3, tzinfo=UTC)
        )


def test_a_person_gives_a_reason_and_asks_only_stations_of_their_area(stream, people):
    with pytest.raises(InvalidInput):
        AskStation(actor=people.monitoring, station_id=stream.a.pk, cn="1011").run()
    with pytest.raises(PermissionRefused):
        AskStation(actor=people.monitoring, station_id=stream.c.pk, cn="1011", reason="核对时钟").run()
    with pytest.raises(PermissionRefused):
        AskStation(actor=people.unit, station_id=stream.a.pk, cn="1011", reason="核对时钟").run()
    row = AskStation(actor=people.monitoring, station_id=stream.a.pk, cn="1011", reason="核对时钟").run()
    assert (row.asked_by, row.reason) == (people.monitoring, "核对时钟")


def test_not_more_than_so_many_requests_wait_for_a_station(stream):
    for _ in range(10):
        ask(stream.a)
    with pytest.raises(StateRefused, match="10"):
        ask(stream.a)
    assert ask(stream.b)


def test_a_manual_station_and_one_without_device_are_not_asked(stream):
    Station.objects.filter(pk=stream.a.pk).update(mn=None)
    Station.objects.filter(pk=stream.b.pk).update(active=False)
    for station in (stream.a, stream.b):
        with pytest.raises(StateRefused):
            ask(station)


def test_the_database_keeps_a_station_to_one_exchange(stream):
    rows = [ask(stream.a), ask(stream.a)]
    SendRequest(actor=SYSTEM, request_id=rows[0].pk, gateway="g", qn="20260101000000000").run()
    with pytest.raises(IntegrityError), transaction.atomic():
        SendRequest(actor=SYSTEM, request_id=rows[1].pk, gateway="h", qn="20260101000000001").run()


def test_steps_of_an_exchange_are_the_systems_alone(stream, people):
    row = ask(stream.a)
    for step in (
        SendRequest(actor=people.city_office, request_id=row.pk, gateway="g", qn="1"),
        GiveUp(actor=people.city_office, request_id=row.pk),
        RecordAnswer(actor=people.city_office, request_id=row.pk, cn="9012", code=1),
    ):
        with pytest.raises(PermissionRefused):
            step.run()


def test_a_request_is_a_frame_of_the_standard(stream):
    """As table C.5 prints it, but for number, password and name."""
    from riverchief.monitor.gateway.connection import Connection
    from riverchief.monitor.gateway.dialogue import Voice

    class Nobody:
        peer = ""

    nobody: Connection = Nobody()  # type: ignore[assignment]
    voice = Voice(1, nobody, "010000A8900016F000169DC0", "123456", "32", 5, datetime.now(UTC))
    expected = exchange.Expected(1, 1, "1061", "20160801085857223", None, None)
    frame = voice.frame(exchange.Outgoing(expected, ()))
    assert frame == (
        b"##0087QN=20160801085857223;ST=32;CN=1061;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&&&3B80\r\n"
    )
    (read,) = StreamDecoder().feed(frame)
    assert read.wants_answer


# -- over HTTP and from the command line


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_request_is_asked_for_and_listed_over_http(stream, people):
    client = sign_in(people.monitoring)
    address = f"/api/v1/stations/{stream.a.pk}"
    dialogue = client.get(f"{address}/dialogue").json()
    assert (dialogue["connected"], dialogue["control_enabled"], dialogue["statutory"]) == (
        False,
        False,
        False,
    )
    assert not any(command["control"] for command in dialogue["commands"])
    body = {"cn": "2061", "begin": "2026-01-01T00:00:00+08:00", "end": "2026-01-01T05:00:00+08:00"}
    refused = client.post(f"{address}/requests", body, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (422, "reason")
    for number in range(3):
        made = client.post(
            f"{address}/requests", {**body, "reason": f"补数 {number}"}, content_type="application/json"
        )
        assert made.json()["state"] == "waiting"
    listed = client.get(f"{address}/requests?limit=2&offset=1").json()
    assert listed["count"] == 3
    assert [item["reason"] for item in listed["items"]] == ["补数 1", "补数 0"]
    first = listed["items"][0]
    assert first["asked_by"]["id"] == people.monitoring.pk
    assert (first["may_approve"], first["may_decline"]) == (False, False)


def test_the_page_says_over_which_gateway_a_station_speaks(stream, people):
    Heartbeat.objects.create(process="gateway:north", at=datetime.now(UTC))
    StationLink.objects.create(station=stream.a, gateway="north", peer="10.0.0.7:4711", since=ago(hours=1))
    StationLink.objects.create(station=stream.b, gateway="gone", peer="10.0.0.8:4711", since=ago(hours=1))
    client = sign_in(people.monitoring)
    told = [client.get(f"/api/v1/stations/{row.pk}/dialogue").json() for row in (stream.a, stream.b)]
    assert [(each["connected"], each["gateway"]) for each in told] == [(True, "north"), (False, "")]


def test_a_station_is_asked_from_the_command_line(stream, people):
    async def work(running):
        station = await VirtualStation(stream.a.mn).call(running.port)

        def command():
            return CliRunner().invoke(
                station_query_command, [stream.a.code, "1011", "--as", "monitoring", "--reason", "核对"]
            )

        answered = await in_thread(command)
        await station.hang_up()
        return answered

    answered = dialogue(work)
    assert answered.exit_code == 0, answered.output
    assert "monitoring · 1011 · Get the logger's time · Done · 1 packet · SystemTime" in answered.output
    listed = CliRunner().invoke(station_query_command, [stream.a.mn])
    assert answered.output.endswith(listed.output)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "no station"),
        (["A", "1011"], "--as"),
        (["A", "1012", "--as", "monitoring", "--reason", "x"], "not sent this way"),
        (["A", "1011", "--as", "unit", "--reason", "x"], "permission"),
        (["A", "2061", "--as", "monitoring", "--reason", "x", "--begin", "0001-01-01"], "1970"),
        (["A", "1011", "--as", "monitoring", "--reason", "x", "--wait", "0"], "Is a gateway running?"),
    ],
)
def test_the_command_line_says_what_is_missing(stream, people, words, told):
    result = CliRunner().invoke(station_query_command, words)
    assert result.exit_code in (1, 2)
    assert told in result.output


# -- several gateways, seen from outside


def test_health_is_well_while_one_gateway_lives_and_tells_how_many(stream):
    assert not health.CHECKS["gateway"]().ok
    Heartbeat.objects.create(process="gateway:one", at=datetime.now(UTC) - timedelta(minutes=5))
    told = health.CHECKS["gateway"]()
    assert not told.ok
    Heartbeat.objects.create(process="gateway:two", at=datetime.now(UTC))
    Heartbeat.objects.create(process="gateway:three", at=datetime.now(UTC))
    told = health.CHECKS["gateway"]()
    assert told.ok
    assert told.detail.startswith("2 alive")


def test_metrics_tell_the_figures_of_each_gateway_that_lives(stream):
    for name, age, packets in (("one", 0, 5), ("two", 0, 7), ("dead", 600, 99)):
        Heartbeat.objects.create(
            process=f"gateway:{name}",
            at=datetime.now(UTC) - timedelta(seconds=age),
            detail={"counters": {"packets": packets, "connections": 1}},
        )
    text = metrics.exposition().decode()
    assert 'riverchief_gateway_packets_total{gateway="one"} 5.0' in text
    assert 'riverchief_gateway_packets_total{gateway="two"} 7.0' in text
    assert 'riverchief_gateway_connections{gateway="one"} 1.0' in text
    assert 'riverchief_gateway_packets_total{gateway="dead"}' not in text


def test_each_gateway_gives_its_own_sign_of_life(stream):
    async def work(first, second):
        await until(lambda: exchange.living_gateways() == {first.name, second.name})

    both(work)


def test_loggers_that_report_to_two_gateways_at_once_lose_nothing_and_double_nothing(stream):
    """The same periods come over both, in batches that are written at the same time."""
    stations = [stream.a, stream.b, stream.c, stream.d]
    start = ago(hours=10)

    async def work(first, second):
        analysers = [
            Analyser(station.mn, PASSWORD, "127.0.0.1", port)
            for station in stations
            for port in (first.port, second.port)
        ]
        return await asyncio.gather(*(each.run(samples(30, start)) for each in analysers))

    outcomes = both(work)
    assert all(len(outcome.acknowledged) == 30 for outcome in outcomes)
    assert Packet.objects.filter(state="stored").count() == 240
    assert Reading.objects.filter(parameter="nh3n").count() == 120
