"""Behind a balancer: whom a connection is from, as the balancer says first (PROXY protocol, versions 1 and 2)."""

import asyncio
import ipaddress
import struct
from collections.abc import Callable, Sequence
from typing import cast

import structlog

from riverchief.monitor.gateway.connection import Connection

logger = structlog.get_logger("riverchief.gateway")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Peer = tuple[str, int]

_V1, _V1_LONGEST = b"PROXY ", 107
_V2, _V2_HEAD, _V2_LONGEST = b"\r\n\r\n\x00\r\nQUIT\n", 16, 1024
_LOCAL, _FORWARDED = 0x20, 0x21
_STREAMS = {0x11: (4, ipaddress.IPv4Address), 0x21: (16, ipaddress.IPv6Address)}


class IntroductionError(Exception):
    """The first bytes of a balancer's connection say nothing of whom it is from."""


def introduced(received: bytes) -> tuple[Peer | None, bytes] | None:
    """Who is introduced, None for the balancer itself, and what follows; None while the introduction is not complete.

    Source: The PROXY protocol, versions 1 and 2 (W. Tarreau, HAProxy), sections 2.1 and 2.2.

    Raises:
        IntroductionError: it is none.
    """
    if received.startswith(_V2[: len(received)]):
        return _second_version(received)
    if received.startswith(_V1[: len(received)]):
        return _first_version(received)
    raise IntroductionError("the connection does not begin with a PROXY header")


def _first_version(received: bytes) -> tuple[Peer | None, bytes] | None:
    line, end, rest = received[:_V1_LONGEST].partition(b"\r\n")
    if not end:
        if len(received) >= _V1_LONGEST:
            raise IntroductionError("the PROXY line does not end")
        return None
    rest = received[len(line) + 2 :]
    words = line.split(b" ")
    if words[1:2] == [b"UNKNOWN"]:
        return None, rest
    try:
        _, family, source, _, port, _ = (word.decode("ascii") for word in words)
        address = {"TCP4": ipaddress.IPv4Address, "TCP6": ipaddress.IPv6Address}[family](source)
        return (str(address), int(port)), rest
    except (ValueError, KeyError) as error:
        raise IntroductionError(f"the PROXY line {line!r} cannot be read") from error


def _second_version(received: bytes) -> tuple[Peer | None, bytes] | None:
    if len(received) < _V2_HEAD:
        return None
    command, family, length = struct.unpack_from("!BBH", received, len(_V2))
    if command not in (_LOCAL, _FORWARDED) or length > _V2_LONGEST:
        raise IntroductionError(f"PROXY command {command:#x} with {length} bytes is unknown")
    if len(received) < _V2_HEAD + length:
        return None
    body, rest = received[_V2_HEAD : _V2_HEAD + length], received[_V2_HEAD + length :]
    if command == _LOCAL or family not in _STREAMS:
        return None, rest
    size, address = _STREAMS[family]
    if length < 2 * size + 4:
        raise IntroductionError(f"the PROXY header has {length} bytes, too few for its addresses")
    (port,) = struct.unpack_from("!H", body, 2 * size)
    return (str(address(body[:size])), port), rest


class Introduction(asyncio.Protocol):
    """Stands before a connection until it is known whom it is from. Only a balancer is believed; others are who they are.

    Args:
        connection: what takes over.
        balancers: their addresses.
        patience_s: a balancer that has introduced nobody by then is cut off.
    """

    def __init__(
        self, connection: Callable[[], Connection], balancers: Sequence[Network], patience_s: float
    ) -> None:
        self._connection = connection
        self._balancers = balancers
        self._patience_s = patience_s
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has called."""
        self._transport = cast(asyncio.Transport, transport)
        own: Peer = (transport.get_extra_info("peername") or ("", 0))[:2]
        if self._is_balancer(own[0]):
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(self._patience_s, self._transport.abort)
        else:
            self._hand_over(None, b"")

    def data_received(self, data: bytes) -> None:
        """A part of the introduction, or all of it and more."""
        self._received += data
        try:
            found = introduced(self._received)
        except IntroductionError as error:
            logger.warning("a balancer introduced nobody", error=str(error))
            assert self._transport is not None
            self._transport.abort()
            return
        if found is not None:
            self._hand_over(*found)

    def connection_lost(self, exc: Exception | None) -> None:
        """It ended before it was known whom it was from, as a balancer's check of health does."""
        if self._waiting is not None:
            self._waiting.cancel()

    def _is_balancer(self, address: str) -> bool:
        try:
            own = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(own, "ipv4_mapped", None) or own
        return any(mapped in network for network in self._balancers)

    def _hand_over(self, peer: Peer | None, rest: bytes) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        assert self._transport is not None
        connection = self._connection()
        connection.introduced = peer
        self._transport.set_protocol(connection)
        connection.connection_made(self._transport)
        if rest and connection.connected:
            connection.data_received(rest)
