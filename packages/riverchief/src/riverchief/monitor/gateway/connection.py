"""One connection of a device: bytes in, decoded items to the gateway, answers out; nothing is stored here."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from riverkit.protocols.hj212 import FrameError

from riverchief.base import clock
from riverchief.monitor.telemetry.uploads import Upload, UploadDecoder

_LARGEST_UNREAD_ANSWERS = 64 * 1024

# A peer that is gone without a word is noticed after about four minutes, not at the next try to send.
_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 120),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
)
_LARGEST_REJECTED_RAW = 4096


class Peer(Protocol):
    """Where something came from."""

    @property
    def address(self) -> str:
        """Whose share of the strangers' quota it takes."""

    @property
    def peer(self) -> str:
        """For people to read; 60 characters at most."""

    def send(self, frame: bytes) -> bool:
        """Send an answer; False where nobody hears it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something decoded, and where its answer goes."""

    item: Upload | FrameError
    received_at: datetime
    connection: Peer

    @property
    def raw(self) -> bytes:
        """The bytes to keep; of what is no packet, the beginning."""
        return self.item.raw[:_LARGEST_REJECTED_RAW] if isinstance(self.item, FrameError) else self.item.raw

    @property
    def sender(self) -> str:
        """Whose it is: of a packet the MN, of what is none the address."""
        return self.connection.peer if isinstance(self.item, FrameError) else self.item.mn


@dataclass(frozen=True, slots=True)
class Rate:
    """How much one connection may send: so much at once, and then so much a second. What is more waits at the device."""

    bytes_per_s: float
    burst_bytes: float


class Receiver(Protocol):
    """What a connection needs of the gateway."""

    def admit(self, connection: "Connection") -> bool:
        """Take note of a new connection; False where there are too many."""

    def take(self, arrivals: list[Arrival]) -> None:
        """Take what came."""

    def forget(self, connection: "Connection") -> None:
        """The connection is gone."""


class Connection(asyncio.Protocol):
    """Decodes the stream of one device, in the standard that it turns out to speak.

    A peer that does not read its answers, or sends only what cannot be read, is cut off.
    """

    def __init__(self, receiver: Receiver, *, most_bad_frames: int, rate: Rate) -> None:
        self._receiver = receiver
        self._most_bad_frames = most_bad_frames
        self._rate = rate
        self._allowance = rate.burst_bytes
        self._held_back = False
        self._resting: asyncio.TimerHandle | None = None
        self._decoder: UploadDecoder | None = None
        self._transport: asyncio.Transport | None = None
        self._bad_frames = 0
        self.introduced: tuple[str, int] | None = None
        """Whom a balancer says that it is from."""
        self.peer = ""
        self.address = ""
        self.last_heard = 0.0

    @property
    def connected(self) -> bool:
        """Whether anything can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A device has called."""
        # Not an isinstance check: the transports of uvloop have no base class of asyncio's.
        line = cast(asyncio.Transport, transport)
        self._transport = line
        self.address, port = self.introduced or (line.get_extra_info("peername") or ("", ""))[:2]
        self.peer = f"{self.address}:{port}"
        self.last_heard = asyncio.get_running_loop().time()
        if (end := line.get_extra_info("socket")) is not None:
            for level, option, value in _KEEPALIVE:
                end.setsockopt(level, option, value)
        line.set_write_buffer_limits(high=_LARGEST_UNREAD_ANSWERS)
        if not self._receiver.admit(self):
            line.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        now = asyncio.get_running_loop().time()
        gained = (now - self.last_heard) * self._rate.bytes_per_s
        self._allowance = min(self._rate.burst_bytes, self._allowance + gained) - len(data)
        self.last_heard = now
        if self._allowance < 0:
            self._rest(-self._allowance / self._rate.bytes_per_s)
        if self._decoder is None:
            self._decoder = UploadDecoder(self.send, asyncio.get_running_loop().time)
        self._hand_on(self._decoder.feed(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended; what was cut off in the middle is kept as it is."""
        self._transport = None
        if self._resting is not None:
            self._resting.cancel()
        self._receiver.forget(self)
        if self._decoder is not None:
            self._hand_on(self._decoder.close())

    def pause_writing(self) -> None:
        """The peer does not read: it cannot be waiting for answers."""
        self.abort()

    def send(self, frame: bytes) -> bool:
        """Send an answer, or a request; False where nobody is there any more."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(frame)
        return True

    def pause(self) -> None:
        """Read no further: the kernel's buffers fill, and the device waits."""
        self._held_back = True
        self._read_or_not()

    def resume(self) -> None:
        """Read on."""
        self._held_back = False
        self._read_or_not()

    def _rest(self, seconds: float) -> None:
        """Read no further for a while: the peer sends more than its share."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(seconds, self._rested)
        self._read_or_not()

    def _rested(self) -> None:
        self._resting = None
        self._read_or_not()

    def _read_or_not(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._held_back or self._resting is not None:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def close(self) -> None:
        """Send what is written, then end."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()

    def _hand_on(self, items: Sequence[Upload | FrameError]) -> None:
        if not items:
            return
        now = clock.now()
        self._receiver.take([Arrival(item, now, self) for item in items])
        for item in items:
            self._bad_frames = self._bad_frames + 1 if isinstance(item, FrameError) else 0
        if self._bad_frames > self._most_bad_frames:
            self.abort()
