"""Listening to a real broker (Mosquitto): acknowledged means committed, whatever happens in between."""

import asyncio
import contextlib
import getpass
import json
import shutil
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as paho
import psycopg
import pytest
from django.db import connection
from paho.mqtt.enums import CallbackAPIVersion
from riverchief.base.models import Heartbeat
from riverchief.monitor import quarantine
from riverchief.monitor.models import Packet, Reading
from riverchief.monitor.sources.configuration import Broker
from riverchief.monitor.sources.mqtt import Subscriber
from riverchief.monitor.sources.topics import topic_of
from riverchief.registry.models import Station
from riverkit.protocols.hj212 import build_upload, crc, write_qn

from .conftest import PASSWORD, ago, in_thread, make_stream, until

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(MOSQUITTO is None, reason="no Mosquitto here: apt-get install mosquitto"),
]


@pytest.fixture
def stream(transactional_db):
    return make_stream()


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A broker of our own that asks for a password."""
    folder = tmp_path_factory.mktemp("mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    passwords = folder / "passwords"
    made = [
        shutil.which("mosquitto_passwd") or "mosquitto_passwd",
        "-c",
        "-b",
        str(passwords),
        "us",
        "secret",
    ]
    subprocess.run(made, check=True)
    (folder / "conf").write_text(
        f"user {getpass.getuser()}\nlistener {number} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\npersistence false\n"
    )
    process = subprocess.Popen([MOSQUITTO, "-c", str(folder / "conf")], stderr=subprocess.DEVNULL)
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", number)):
            break
        time.sleep(0.02)
    yield number
    process.terminate()
    process.wait()


def publish(port: int, *messages: tuple[str, bytes]) -> None:
    """Publish with QoS 1, and wait until the broker has taken it."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("us", "secret")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


@contextlib.asynccontextmanager
async def listening(port: int, client_id: str, **options):
    broker = Broker(
        host="127.0.0.1",
        topics=(topic_of("stations/{station}/data"), topic_of("frames/#")),
        port=port,
        client_id=client_id,
        username="us",
        password="secret",
        tls=False,
        ca_file=None,
    )
    subscriber = Subscriber(broker, stored=lambda: None, **options)
    running = asyncio.create_task(subscriber.run())
    try:
        await until(lambda: running.done() or subscriber.counters.connections == 1)
        yield subscriber
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def report(value: float, at: datetime, **more) -> bytes:
    values = [{"parameter": "nh3n", "value": value, "unit": "mg/L", "flag": "N"}]
    return json.dumps({"time": at.isoformat(), "values": values} | more).encode()


def test_reports_and_frames_become_readings_and_what_cannot_be_read_is_kept_with_its_reason(stream, port):
    """In JSON by the topic's station, with units of its own; HJ 212 as it is; rubbish, strangers and impostors."""
    at = ago(minutes=3)
    frame = build_upload(
        stream.b.mn, PASSWORD, "2011", at, {"w21003": (0.7, "N")}, write_qn(datetime.now(UTC))
    )
    ancient = f"ST=21;CN=2011;PW={PASSWORD};MN={stream.b.mn};CP=&&DataTime=00010101000000;w21003-Rtd=1&&"
    old = f"##{len(ancient):04d}{ancient}{crc(ancient.encode()):04X}\r\n".encode()
    micrograms = {
        "time": at.isoformat(),
        "values": [
            {"parameter": "w21003", "value": 400, "unit": "µg/L", "flag": "M"},
            {"parameter": "tp", "value": 0.2},
        ],
    }

    async def scenario():
        async with listening(port, "one") as subscriber:
            await asyncio.to_thread(
                publish,
                port,
                (f"stations/{stream.a.mn}/data", json.dumps(micrograms).encode()),
                ("frames/x", frame),
                ("frames/x", frame.replace(b"MN=A1", b"MN=A2")),
                ("frames/y", report(1.0, at, station=stream.a.mn, password="wrong")),
                (f"stations/{stream.a.mn}/data", report(1.0, at, station=stream.b.mn)),
                ("stations/NEW-1/data", report(0.5, at)),
                (f"stations/{stream.a.mn}/data", report(0.5, datetime.min.replace(tzinfo=UTC))),
                ("frames/x", old),
            )
            await until(lambda: subscriber.counters.answers == 8)
            return await in_thread(lambda: Heartbeat.objects.filter(process="mqtt").exists())

    assert asyncio.run(scenario())
    assert set(Reading.objects.values_list("station__code", "parameter", "value", "unit", "flag")) == {
        ("A", "nh3n", 0.4, "mg/L", "M"),
        ("B", "nh3n", 0.7, "mg/L", "N"),
    }
    kept = set(Packet.objects.values_list("mn", "state", "error"))
    assert kept >= {
        (stream.a.mn, "stored", ""),
        (stream.a.mn, "rejected", "json_unit"),
        (stream.a.mn, "quarantined", "wrong_password"),
        (stream.a.mn, "rejected", "json_other_station"),
        ("NEW-1", "quarantined", "unknown_mn"),
        (stream.a.mn, "rejected", "json_time"),
        (stream.b.mn, "rejected", "time"),
    }
    assert "crc" in {error for _, _, error in kept}
    new = Packet.objects.get(mn="NEW-1")
    assert bytes(new.raw).endswith(report(0.5, at))
    Station.objects.filter(pk=stream.c.pk).update(mn="NEW-1")
    assert quarantine.replay("NEW-1") == 1
    assert Reading.objects.get(station=stream.c).value == 0.5


def test_what_is_published_while_we_are_away_waits_and_is_stored_once(stream, port):
    topic, start = f"stations/{stream.a.mn}/data", ago(hours=1)

    async def scenario():
        async with listening(port, "two"):
            pass
        reports = [(topic, report(0.1 * n, start + timedelta(minutes=n))) for n in range(1, 31)]
        await asyncio.to_thread(publish, port, *reports)
        async with listening(port, "two") as subscriber:
            await until(lambda: subscriber.counters.answers == 30)
        async with listening(port, "two") as again:
            await asyncio.sleep(0.2)
            return again.counters.packets

    assert asyncio.run(scenario()) == 0
    assert Reading.objects.count() == 30
    assert Packet.objects.filter(state="stored").count() == 30


def test_nothing_is_acknowledged_before_its_commit(stream, port):
    """While the table is held by somebody else the broker keeps the message, and a listener that is gone loses nothing."""
    topic = f"stations/{stream.a.mn}/data"

    def held_up() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return cursor.fetchone()[0] > 0

    async def scenario():
        names = ("dbname", "user", "password", "host", "port")
        known = connection.get_connection_params()
        holder = psycopg.connect(**{name: known[name] for name in names if name in known})
        async with listening(port, "three") as subscriber:
            holder.execute("LOCK TABLE monitor_packet IN EXCLUSIVE MODE")
            await asyncio.to_thread(publish, port, (topic, report(0.3, ago(minutes=2))))
            await until(held_up)
            before = subscriber.counters.answers
        holder.rollback()
        holder.close()
        async with listening(port, "three") as subscriber:
            await until(lambda: subscriber.counters.answers == 1)
        return before

    assert asyncio.run(scenario()) == 0
    assert Reading.objects.get().value == 0.3
