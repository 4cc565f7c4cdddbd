"""Behind a balancer: whose word on an address is believed, and that nothing is lost on the way to knowing it."""

import asyncio
import contextlib
import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverchief.monitor.gateway.introduction import IntroductionError, introduced
from riverchief.monitor.models import Packet

from .conftest import ago, gateway, make_stream, until
from .test_gateway import upload

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LOCAL = SIGNATURE + b"\x20\x00\x00\x00"


def line(source: str, port: int) -> bytes:
    family = "TCP4" if "." in source else "TCP6"
    return f"PROXY {family} {source} {source} {port} 9212\r\n".encode()


def header(source: str, port: int, more: bytes = b"") -> bytes:
    address = ipaddress.ip_address(source)
    body = address.packed * 2 + struct.pack("!HH", port, 9212) + more
    return SIGNATURE + struct.pack("!BBH", 0x21, 0x11 if address.version == 4 else 0x21, len(body)) + body


@given(
    st.ip_addresses().map(str),
    st.integers(1, 65_535),
    st.sampled_from([line, header]),
    st.binary(max_size=40),
)
def test_an_introduction_is_understood_however_it_is_cut_and_what_follows_is_kept(source, port, write, rest):
    said = write(source, port)
    for cut in range(len(said)):
        assert introduced(said[:cut]) is None
    assert introduced(said + rest) == ((source, port), rest)


def test_a_check_of_health_introduces_nobody():
    assert introduced(LOCAL) == (None, b"")
    assert introduced(b"PROXY UNKNOWN\r\n##") == (None, b"##")
    assert introduced(header("10.9.8.7", 5, b"\x04\x00\x01x")) == (("10.9.8.7", 5), b"")


@pytest.mark.parametrize(
    "said",
    [
        b"##0101QN=2016",
        b"PROXY TCP4 300.1.1.1 10.0.0.1 1 2\r\n",
        b"PROXY TCP4 1.1.1.1\r\n",
        b"PROXY " + b"x" * 200,
        SIGNATURE + b"\x99\x11\x00\x0c" + bytes(12),
        SIGNATURE + b"\x21\x11\x00\x04" + bytes(4),
        SIGNATURE + b"\x21\x11\xff\xff",
    ],
)
def test_what_is_no_introduction_is_refused(said):
    with pytest.raises(IntroductionError):
        introduced(said)


async def told(port: int, said: bytes) -> bool:
    """Whether what was said is answered; False where the gateway ends the connection instead."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        return bool(await asyncio.wait_for(reader.read(4096), 2))
    except (ConnectionResetError, TimeoutError):
        return False
    finally:
        writer.close()
        with contextlib.suppress(ConnectionResetError):
            await writer.wait_closed()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("balancers", ["127.0.0.0/8", "192.0.2.0/24"])
def test_a_gateway_believes_its_balancers_and_nobody_else(transactional_db, balancers):
    frame = upload(make_stream().a, 0.4, ago(minutes=3))
    rubbish = b"rubbish"

    async def scenario() -> list[bool]:
        async with gateway(balancers=[ipaddress.ip_network(balancers)], handshake_s=0.5) as running:
            return [
                await told(running.port, said)
                for said in (
                    line("10.1.1.1", 700) + rubbish + frame,
                    header("10.1.1.2", 701) + rubbish + frame,
                    LOCAL + frame,
                    frame,
                    line("10.1.1.3", 702)[:9],
                )
            ]

    answered = asyncio.run(scenario())
    senders = set(Packet.objects.filter(state=Packet.State.REJECTED).values_list("peer", flat=True))
    if balancers.startswith("127"):
        assert answered == [True, True, True, False, False], "of a balancer an introduction is required"
        assert senders == {"10.1.1.1:700", "10.1.1.2:701"}
    else:
        assert answered[:4] == [True] * 4
        assert {sender.partition(":")[0] for sender in senders} == {"127.0.0.1"}


@pytest.mark.django_db(transaction=True)
def test_the_places_of_an_address_are_counted_by_whom_the_balancer_introduces(transactional_db):
    frame = upload(make_stream().a, 0.4, ago(minutes=3))

    async def scenario() -> list[bool]:
        balancers = [ipaddress.ip_network("127.0.0.1")]
        async with gateway(balancers=balancers, connections_per_address=1) as running:
            _, first = await asyncio.open_connection("127.0.0.1", running.port)
            first.write(line("10.1.1.1", 700) + frame)
            try:
                await until(lambda: running.counters.packets == 1)
                return [
                    await told(running.port, line(source, 701) + frame) for source in ("10.1.1.1", "10.1.1.2")
                ]
            finally:
                first.close()
                await first.wait_closed()

    assert asyncio.run(scenario()) == [False, True]
