"""The gateway over real sockets and a real database: acknowledged means committed."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection
from riverchief.base.models import Heartbeat
from riverchief.monitor.gateway import rows
from riverchief.monitor.models import Latest, Packet, Reading, Unexamined
from riverchief.monitor.sources.queries import state_of_sources
from riverchief.monitor.virtual.analyser import Analyser, Sample
from riverchief.registry.models import Station
from riverkit.protocols.hj212 import CHINA_STANDARD_TIME, StreamDecoder, build_upload, crc, write_qn

from .conftest import PASSWORD, ago, gateway, in_thread, make_stream, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stream(transactional_db):
    return make_stream()


def upload(station, value, at, *, code="w21003", flag="N", password=PASSWORD, cn="2011"):
    qn = write_qn(datetime.now(UTC))
    return build_upload(
        station if isinstance(station, str) else station.mn, password, cn, at, {code: (value, flag)}, qn
    )


async def exchange(port: int, *frames: bytes, answers: int, pause_s: float = 0.0) -> list:
    """Send frames over one connection and wait for a number of answers."""
    reader, writer_ = await asyncio.open_connection("127.0.0.1", port)
    decoder, heard = StreamDecoder(), []
    for frame in frames:
        writer_.write(frame)
        await asyncio.sleep(pause_s)
    async with asyncio.timeout(10):
        while len(heard) < answers:
            received = await reader.read(4096)
            if not received:
                break
            heard += decoder.feed(received)
    writer_.close()
    await writer_.wait_closed()
    return heard


def samples(count: int, start: datetime) -> list[Sample]:
    return [
        Sample(
            start + timedelta(minutes=5 * index), {"w21003": (0.4 + index / 100, "N"), "w01001": (7.5, "N")}
        )
        for index in range(count)
    ]


def test_one_bad_factor_does_not_cost_the_packet_its_good_ones(stream):
    """It is stored without it and answered, and the bad part is where rejected frames are looked at."""
    at = ago(minutes=3).astimezone(CHINA_STANDARD_TIME)
    area = f"DataTime={at:%Y%m%d%H%M%S};w21003-Rtd=0.3,w21003-Flag=N;w01009-Rtd=abc,w01009-Flag=N"
    segment = (
        f"QN={write_qn(datetime.now(UTC))};ST=21;CN=2011;PW={PASSWORD};MN={stream.a.mn};Flag=5;CP=&&{area}&&"
    )

    async def scenario():
        async with gateway() as running:
            return await exchange(running.port, framed(segment), answers=1)

    (heard,) = asyncio.run(scenario())
    assert heard.cn == "9014"
    assert list(Reading.objects.values_list("parameter", "value", "flag")) == [("nh3n", 0.3, "N")]
    refused = Packet.objects.get(state="rejected")
    assert (bytes(refused.raw), refused.error, refused.mn) == (b"w01009-Rtd=abc", "number", stream.a.mn)
    assert refused.refused == [["do", "number"]]
    assert Packet.objects.get(state="stored").station == stream.a


def framed(segment: str) -> bytes:
    return f"##{len(segment):04d}{segment}{crc(segment.encode()):04X}\r\n".encode()


def test_no_packet_ends_the_gateway_and_the_good_one_behind_is_answered(stream, monkeypatch):
    """Years without another zone's time, a password that no answer can repeat, and whatever our own code stumbles over."""
    at = ago(minutes=3)
    now = f"{at.astimezone(CHINA_STANDARD_TIME):%Y%m%d%H%M%S}"
    said = "ST=21;CN=2011;PW={};MN=STRANGER0;Flag=5;CP=&&DataTime={};w01018-Rtd=5{},w01018-Flag=N&&"
    ready = rows._prepared

    def stumbling(item, *rest):
        if rows.claimed_mn(item.arrival) == stream.c.mn:
            raise OverflowError("date value out of range")
        return ready(item, *rest)

    monkeypatch.setattr(rows, "_prepared", stumbling)

    async def scenario():
        async with gateway() as running:
            return await exchange(
                running.port,
                framed(said.format("zzzzzz", "00010101000000", "")),
                framed(said.format("zzzzzz", "99991231235959", "")),
                framed(said.format("zzzzzz", now, ",w01018-SampleTime=00010101000000")),
                framed(said.format("zz&zzz", now, "")),
                upload(stream.c, 0.5, at),
                upload(stream.a, 0.5, at),
                answers=2,
            )

    assert {each.mn for each in asyncio.run(scenario())} == {"STRANGER0", stream.a.mn}
    refused = Packet.objects.filter(state="rejected").values_list("error", flat=True)
    assert sorted(refused) == ["bad_pw", "not_storable", "time", "time", "time"]
    assert Reading.objects.get().station == stream.a


def test_a_packet_is_stored_and_answered_with_its_own_qn(stream):
    at = ago(minutes=3)

    async def scenario():
        async with gateway() as running:
            return await exchange(running.port, upload(stream.a, 0.42, at), answers=1)

    (answer,) = asyncio.run(scenario())
    reading = Reading.objects.get()
    packet = Packet.objects.get()
    assert answer.cn == "9014"
    assert answer.qn == packet.qn
    assert (reading.station_id, reading.parameter, reading.kind) == (stream.a.pk, "nh3n", "instant")
    assert (reading.value, reading.unit, reading.flag, reading.raw_value) == (0.42, "mg/L", "N", None)
    assert reading.period_start == reading.sampled_at == at
    assert (packet.state, packet.station_id) == ("stored", stream.a.pk)
    assert bytes(packet.raw).startswith(b"##")
    assert reading.packet_id == packet.id
    assert Latest.objects.get(station=stream.a).value == 0.42
    assert Unexamined.objects.get(station=stream.a).since == at


def test_a_packet_that_wants_no_answer_is_stored_and_gets_none(stream):
    frame = build_upload(
        stream.a.mn,
        PASSWORD,
        "2011",
        ago(minutes=1),
        {"w21003": (1, "N")},
        write_qn(ago(minutes=1)),
        answer=False,
    )

    async def scenario():
        async with gateway() as running:
            heard = await exchange(running.port, frame, upload(stream.a, 2, ago(minutes=2)), answers=1)
            return heard, running.counters.answers

    heard, answers = asyncio.run(scenario())
    assert len(heard) == answers == 1
    assert Reading.objects.count() == 2


def test_a_wrong_check_code_is_refused_and_the_next_packet_of_the_same_read_is_taken(stream):
    good = upload(stream.a, 0.5, ago(minutes=2))
    bad = upload(stream.a, 0.6, ago(minutes=1)).replace(b"w21003", b"w21004")

    async def scenario():
        async with gateway() as running:
            return await exchange(running.port, bad + good, answers=1)

    assert [answer.cn for answer in asyncio.run(scenario())] == ["9014"]
    assert Reading.objects.get().value == 0.5
    rejected = Packet.objects.get(state="rejected")
    assert rejected.error == "crc"
    assert rejected.mn == stream.a.mn  # as claimed
    assert b"w21004" in bytes(rejected.raw)


@pytest.mark.parametrize(
    ("mn", "password", "error"), [("UNKNOWN0001", PASSWORD, "unknown_mn"), (None, "000000", "wrong_password")]
)
def test_a_stranger_and_a_wrong_password_are_kept_apart_and_answered_alike(stream, mn, password, error):
    async def scenario():
        async with gateway() as running:
            frame = upload(mn or stream.a.mn, 0.5, ago(minutes=2), password=password)
            return await exchange(running.port, frame, answers=1)

    assert [answer.cn for answer in asyncio.run(scenario())] == ["9014"]
    packet = Packet.objects.get()
    assert (packet.state, packet.error, packet.station_id) == ("quarantined", error, None)
    assert not Reading.objects.exists()


def test_strangers_cannot_fill_the_disk(stream):
    async def scenario():
        async with gateway(unaccepted_per_day=3, lanes=1) as running:
            frames = [upload("UNKNOWN0001", 1, ago(minutes=minutes)) for minutes in range(6)]
            heard = await exchange(running.port, *frames, upload(stream.a, 1, ago(minutes=1)), answers=4)
            return len(heard), running.counters.packets_over_quota

    heard, over_quota = asyncio.run(scenario())
    assert (heard, over_quota) == (4, 3)
    assert Packet.objects.filter(state="quarantined").count() == 3
    assert Reading.objects.count() == 1


def test_one_address_takes_no_more_than_its_share_and_the_office_is_told(stream):
    async def scenario():
        async with gateway(unaccepted_per_day=4, unaccepted_per_address=2, lanes=1) as running:
            own = [upload(f"UNKNOWN000{n}", 1, ago(minutes=n)) for n in range(4)]
            await exchange(running.port, *own, upload(stream.a, 1, ago(minutes=1)), answers=3)
            other = socket.create_connection(("127.0.0.1", running.port), source_address=("127.0.0.2", 0))
            with other:
                other.sendall(upload("UNKNOWN0009", 1, ago(minutes=1)))
                await until(lambda: running.counters.packets_quarantined == 3)
            await until(in_heartbeat)
            return running.counters.packets_over_quota

    def in_heartbeat():
        beat = Heartbeat.objects.filter(process__startswith="gateway").first()
        return beat is not None and beat.detail["quota"]["kept"] == 3

    assert asyncio.run(scenario()) == 2
    (row,), _ = state_of_sources()
    assert row["state"] == "failing"
    assert "neither kept nor answered: 2, from 127.0.0.1." in row["fault_en"]


def test_a_resend_is_a_second_packet_but_one_reading(stream):
    frame = upload(stream.a, 0.42, ago(minutes=3))

    async def scenario():
        async with gateway() as running:
            return await exchange(running.port, frame, frame, answers=2, pause_s=0.05)

    assert len(asyncio.run(scenario())) == 2
    assert Packet.objects.count() == 2
    assert Reading.objects.get().raw_value is None


@pytest.mark.parametrize("pause_s", [0.0, 0.1], ids=["in one batch", "in two batches"])
def test_a_changed_resend_holds_and_the_first_value_is_kept_beside_it(stream, pause_s):
    at = ago(minutes=3)
    frames = [upload(stream.a, value, at) for value in (0.4, 0.9, 0.7)]

    async def scenario():
        async with gateway() as running:
            await exchange(running.port, *frames, answers=3, pause_s=pause_s)

    asyncio.run(scenario())
    reading = Reading.objects.get()
    assert (reading.value, reading.raw_value) == (0.7, 0.4)
    assert Latest.objects.get().value == 0.7


def test_what_cannot_be_true_is_kept_with_its_reason_and_never_the_last_word(stream):
    async def scenario():
        async with gateway() as running:
            await exchange(
                running.port,
                upload(stream.a, 0.5, ago(minutes=10)),
                upload(stream.a, -1, ago(minutes=5)),
                upload(stream.a, 15, ago(minutes=4), code="w01001"),
                upload(stream.a, 1, ago(hours=-2)),
                upload(stream.a, 1, datetime(1999, 1, 1, tzinfo=UTC)),
                answers=5,
            )

    asyncio.run(scenario())
    refused = Reading.objects.filter(flag="X").order_by("period_start").values_list("reason", "value")
    assert list(refused) == [("too_old", 1), ("below_possible", -1), ("above_possible", 15), ("future", 1)]
    assert Latest.objects.get().value == 0.5
    told = Packet.objects.order_by("id").values_list("state", "error")
    assert list(told) == [
        ("stored", reason) for reason in ("", "below_possible", "above_possible", "future", "too_old")
    ]


def test_every_impossible_value_of_a_packet_is_named(stream):
    values = {"w21003": (-9, "N"), "w01001": (15, "N"), "w01009": (8, "N")}
    frame = build_upload(stream.a.mn, PASSWORD, "2011", ago(minutes=3), values, write_qn(datetime.now(UTC)))

    async def scenario():
        async with gateway() as running:
            await exchange(running.port, frame, answers=1)

    asyncio.run(scenario())
    packet = Packet.objects.get()
    assert (packet.state, packet.error) == ("stored", "below_possible")
    assert packet.refused == [["nh3n", "below_possible"], ["ph", "above_possible"]]


def test_a_reading_of_a_month_without_partition_makes_one(stream):
    async def scenario():
        async with gateway() as running:
            await exchange(running.port, upload(stream.a, 0.5, ago(days=300)), answers=1)

    asyncio.run(scenario())
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM monitor_reading")
        (name,) = cursor.fetchone()
    local = ago(days=300) + timedelta(hours=8)
    assert name == f"monitor_reading_{local:%Y%m}"


def test_many_analysers_lose_nothing_while_the_database_keeps_cutting_the_line(stream):
    stations = [stream.a, stream.b, stream.c, stream.d]
    start = ago(hours=10)

    def cut() -> int:
        # Another session than Django's own: the test must survive its own attack.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'riverchief gateway' AND datname = current_database()"
            )
            (count,) = cursor.fetchone()
        return count

    async def scenario():
        cuts = 0
        async with gateway() as running:
            analysers = [Analyser(station.mn, PASSWORD, "127.0.0.1", running.port) for station in stations]
            runs = [asyncio.create_task(each.run(samples(25, start))) for each in analysers]
            while not all(run.done() for run in runs):
                cuts += await in_thread(cut)
                await asyncio.sleep(0.15)
            return cuts, running.counters.database_failures, [run.result() for run in runs]

    cuts, failures, outcomes = asyncio.run(scenario())
    assert cuts > 0
    assert failures > 0
    for station, outcome in zip(stations, outcomes, strict=True):
        stored = Reading.objects.filter(station=station, parameter="nh3n").values_list(
            "period_start", flat=True
        )
        assert set(outcome.acknowledged) <= set(stored)
        assert len(outcome.acknowledged) == 25


def test_no_answer_is_given_before_the_commit(stream):
    """The commit is held up by a lock: the answer must wait exactly as long."""

    async def scenario():
        async with gateway() as running:
            await until(lambda: running._directory.current is not None)
            known = connection.get_connection_params()
            names = ("dbname", "user", "password", "host", "port")
            other = await psycopg.AsyncConnection.connect(**{n: known[n] for n in names if n in known})
            await other.execute("LOCK TABLE monitor_reading IN SHARE MODE")
            reader, writer_ = await asyncio.open_connection("127.0.0.1", running.port)
            writer_.write(upload(stream.a, 0.5, ago(minutes=1)))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(reading := asyncio.create_task(reader.read(100))), 0.5)
            assert running.counters.answers == 0
            await other.rollback()
            await other.close()
            answered = await asyncio.wait_for(reading, 10)
            writer_.close()
            await writer_.wait_closed()
            return answered

    assert b"CN=9014" in asyncio.run(scenario())
    assert Reading.objects.count() == 1


@contextlib.asynccontextmanager
async def gateway_process(port: int):
    """The gateway as a process of its own on the test's database."""
    known = connection.get_connection_params()
    url = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(
        **{"password": "", "port": "", **known, "host": quote(known["host"], safe="")}
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import django; django.setup(); from riverchief.monitor.gateway.server import main; main()",
        env=os.environ | {"DATABASE_URL": url, "RIVERCHIEF_GATEWAY_PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def test_what_a_gateway_answered_before_it_was_killed_is_there_and_the_rest_is_sent_again(stream):
    start = ago(hours=20)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def scenario():
        analysers = [
            Analyser(each.mn, PASSWORD, "127.0.0.1", port, answer_timeout_s=2, resends=500)
            for each in (stream.a, stream.b, stream.c)
        ]
        async with gateway_process(port) as process:
            runs = [asyncio.create_task(each.run(samples(60, start))) for each in analysers]
            await until(lambda: Reading.objects.count() > 20, seconds=60)
            process.send_signal(signal.SIGKILL)
            await process.wait()
            before = [list(each.outcome.acknowledged) for each in analysers]
        assert all(len(each) < 60 for each in before), "killed too late to show anything"
        stored = await in_thread(lambda: set(Reading.objects.values_list("station_id", "period_start")))
        for each, acknowledged in zip((stream.a, stream.b, stream.c), before, strict=True):
            assert {(each.pk, at) for at in acknowledged} <= stored
        async with gateway_process(port):
            return [await run for run in runs]

    outcomes = asyncio.run(scenario())
    for station, outcome in zip((stream.a, stream.b, stream.c), outcomes, strict=True):
        assert outcome.unacknowledged == []
        assert outcome.reconnected >= 1
        assert Reading.objects.filter(station=station, parameter="nh3n").count() == 60


def test_a_station_registered_a_moment_ago_is_no_stranger(stream):
    """The gateway's view of the registry is a minute old when the new station's first packet comes."""

    async def scenario():
        async with gateway(directory_s=60, strangers_s=0) as running:
            await until(lambda: running._directory.current is not None)
            await in_thread(lambda: Station.objects.filter(pk=stream.a.pk).update(mn="A" * 24))
            stream.a.mn = "A" * 24
            return await exchange(running.port, upload(stream.a, 0.5, ago(minutes=5)), answers=1)

    assert len(asyncio.run(scenario())) == 1
    assert Reading.objects.get().station_id == stream.a.pk
    assert not Packet.objects.filter(state="quarantined").exists()


def test_one_packet_that_cannot_be_stored_does_not_hold_up_the_others(stream):
    """A station vanishes between authentication and commit: its packet alone is refused."""

    async def scenario():
        async with gateway(directory_s=60, batch_wait_s=0.2) as running:
            await until(lambda: running._directory.current is not None)
            await in_thread(stream.d.delete)
            frames = [
                upload(station, 0.5, ago(minutes=minutes))
                for minutes, station in enumerate([stream.a, stream.d, stream.b, stream.c])
            ]
            return await exchange(running.port, *frames, answers=3)

    assert len(asyncio.run(scenario())) == 3
    assert Reading.objects.count() == 3
    assert Packet.objects.get(state="rejected").error == "not_storable"


def test_reading_stops_while_too_much_waits_and_goes_on_after(stream):
    async def scenario():
        async with gateway(waiting_high=10, waiting_low=2, batch_packets=5) as running:
            paused = []

            def slowed(writer):
                original = writer.write

                async def slow(batch):
                    paused.append(running._paused)
                    await original(batch)

                writer.write = slow

            for lane in running._lanes:
                slowed(lane.writer)
            analysers = [
                exchange(
                    running.port,
                    *[upload(stream.a, 1, ago(minutes=m)) for m in range(40)],
                    answers=40,
                    pause_s=0,
                )
                for _ in range(3)
            ]
            heard = await asyncio.gather(*analysers)
            return paused, [len(each) for each in heard]

    paused, heard = asyncio.run(scenario())
    assert any(paused)
    assert heard == [40, 40, 40]


def test_too_many_connections_are_refused_and_silent_ones_hung_up_on(stream):
    async def scenario():
        async with gateway(connections=1, idle_s=0.4) as running:
            first = await asyncio.open_connection("127.0.0.1", running.port)
            await asyncio.sleep(0.05)
            second = await asyncio.open_connection("127.0.0.1", running.port)
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(second[0].read(10), 5) == b""
            assert running.counters.connections_refused == 1
            assert await asyncio.wait_for(first[0].read(10), 5) == b""
            for _, each in (first, second):
                each.close()

    asyncio.run(scenario())


def test_a_peer_that_sends_only_rubbish_is_cut_off_and_its_rubbish_kept(stream):
    async def scenario():
        async with gateway(bad_frames=3) as running:
            reader, writer_ = await asyncio.open_connection("127.0.0.1", running.port)
            writer_.write(b"##0004AAAA0000\r\n" * 10)
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(reader.read(10), 5) == b""
            writer_.close()
            await until(lambda: Packet.objects.filter(state="rejected").exists())

    asyncio.run(scenario())
    assert not Reading.objects.exists()


def test_the_gateway_gives_a_sign_of_life_with_its_figures(stream):
    async def scenario():
        async with gateway() as running:
            await exchange(running.port, upload(stream.a, 1, ago(minutes=1)), answers=1)
            await until(
                lambda: Heartbeat.objects.filter(
                    process__startswith="gateway:", detail__counters__packets=1
                ).exists()
            )

    asyncio.run(scenario())
