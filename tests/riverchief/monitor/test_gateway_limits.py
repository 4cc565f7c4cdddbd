"""TLS, and what one peer may take up: over real sockets."""

import asyncio
import contextlib
import socket
import ssl
import subprocess

import pytest
from riverchief.monitor.gateway.server import tls_context
from riverchief.monitor.models import Packet, Reading, StationRequest
from riverkit.protocols.hj212 import StreamDecoder

from .conftest import ago, gateway, in_thread, make_stream, until
from .test_dialogue import ask
from .test_gateway import upload
from .virtual_station import VirtualStation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stream(transactional_db):
    return make_stream()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[str, str]:
    """A certificate of our own for 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    files = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


def tls_gateway(certificate, **limits):
    return gateway(tls=tls_context(*certificate), dialogue_s=0.02, **limits)


async def closed(reader: asyncio.StreamReader) -> bool:
    """Whether the other side ends the connection."""
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(100), 10) == b""
    return True


def test_a_station_speaks_tls_and_is_asked_over_it(stream, certificate):
    trusted = ssl.create_default_context(cafile=certificate[0])

    async def work():
        async with tls_gateway(certificate) as running:
            station = await VirtualStation(stream.a.mn).call(running.port, ssl=trusted)
            row = await in_thread(lambda: ask(stream.a))
            await until(lambda: StationRequest.objects.filter(pk=row.pk, state="done").exists())
            await station.hang_up()
            return [packet.cn for packet in station.heard if packet.cn == "9014"]

    assert asyncio.run(work()) == ["9014"]
    assert Reading.objects.count() == 1


def test_with_tls_nothing_is_taken_in_the_clear_and_an_unfinished_handshake_is_cut_off(stream, certificate):
    async def work():
        async with tls_gateway(certificate, handshake_s=0.3) as running:
            plain, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(upload(stream.a, 0.5, ago(minutes=1)))
            silent, other = await asyncio.open_connection("127.0.0.1", running.port)
            ends = [await closed(plain), await closed(silent)]
            for each in (writer, other):
                each.close()
            return ends, running.counters.packets

    assert asyncio.run(work()) == ([True, True], 0)
    assert not Packet.objects.exists()


def test_without_a_certificate_there_is_no_tls():
    assert tls_context("", "") is None


def test_one_address_does_not_take_every_place(stream):
    async def work():
        async with gateway(connections_per_address=2) as running:
            lines = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(3)]
            assert await closed(lines[2][0])
            refused = running.counters.connections_refused
            lines[0][1].close()
            await until(lambda: len(running._connections) == 1)
            station = await VirtualStation(stream.a.mn).call(running.port)
            await until(lambda: Reading.objects.exists())
            # Another address of this machine still has its own places.
            elsewhere = await asyncio.open_connection("127.0.0.1", running.port, local_addr=("127.0.0.2", 0))
            elsewhere[1].write(upload(stream.b, 0.5, ago(minutes=1)))
            assert b"CN=9014" in await asyncio.wait_for(elsewhere[0].read(200), 10)
            await station.hang_up()
            for _, writer in (*lines[1:], elsewhere):
                writer.close()
            await until(lambda: not running._connections)
            return refused, dict(running._of_address)

    assert asyncio.run(work()) == (1, {})


def test_who_sends_more_than_its_share_waits_and_loses_nothing_while_others_go_on(stream):
    """A tenth of what it has to send is over its share at once; the rest waits in the kernel, not with us."""
    frames = [upload(stream.a, 1, ago(minutes=minutes)) for minutes in range(1, 121)]
    size = sum(map(len, frames))

    async def work():
        async with gateway(burst_bytes=size // 4, bytes_per_s=size) as running:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            resting = []
            await until(lambda: len(running._connections) == 1)
            (connection,) = running._connections
            original = connection._rest

            def rest(seconds):
                resting.append(seconds)
                original(seconds)

            connection._rest = rest
            writer.write(b"".join(frames))
            station = await VirtualStation(stream.b.mn).call(running.port)
            await until(lambda: Reading.objects.filter(station=stream.b).exists())
            decoder, heard = StreamDecoder(), []
            async with asyncio.timeout(20):
                while len(heard) < len(frames):
                    heard += decoder.feed(await reader.read(65536))
            writer.close()
            await station.hang_up()
            return resting, len(heard)

    resting, heard = asyncio.run(work())
    assert resting
    assert heard == len(frames)
    assert Reading.objects.filter(station=stream.a).count() == len(frames)


def test_a_peer_that_is_gone_without_a_word_is_looked_for(stream):
    """TCP keepalive, on every connection that the gateway accepts."""

    async def work():
        async with gateway() as running:
            _, writer = await asyncio.open_connection("127.0.0.1", running.port)
            await until(lambda: len(running._connections) == 1)
            (connection,) = running._connections
            end = connection._transport.get_extra_info("socket")
            options = [
                end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                *(
                    end.getsockopt(socket.IPPROTO_TCP, option)
                    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
                ),
            ]
            writer.close()
            return options

    assert asyncio.run(work()) == [1, 120, 30, 4]


def test_what_is_no_frame_takes_no_memory(stream):
    """A peer that announces a packet and never ends it is held by four digits."""

    async def work():
        async with gateway() as running:
            _, writer = await asyncio.open_connection("127.0.0.1", running.port)
            await until(lambda: len(running._connections) == 1)
            (connection,) = running._connections
            writer.write(b"##9999" + b"A" * 300_000)
            await writer.drain()
            await until(lambda: Packet.objects.filter(state="rejected").exists())
            kept = sum(
                len(value)
                for value in vars(connection._decoder).values()
                if isinstance(value, bytes | bytearray)
            )
            writer.close()
            return kept

    assert asyncio.run(work()) < 30_000
    assert all(len(bytes(row.raw)) <= 4096 for row in Packet.objects.all())
