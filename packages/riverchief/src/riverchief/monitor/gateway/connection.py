"""One connection of a device: bytes in, decoded items to the gateway, answers out; nothing is stored here."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from riverkit.protocols.hj212 import FrameError, Packet, StreamDecoder

from riverchief.base import clock

_LARGEST_UNREAD_ANSWERS = 64 * 1024
_LARGEST_REJECTED_RAW = 4096


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something decoded, and where its answer goes."""

    item: Packet | FrameError
    received_at: datetime
    connection: "Connection"

    @property
    def raw(self) -> bytes:
        """The bytes to keep; of what is no packet, the beginning."""
        return self.item.raw if isinstance(self.item, Packet) else self.item.raw[:_LARGEST_REJECTED_RAW]


class Receiver(Protocol):
    """What a connection needs of the gateway."""

    def admit(self, connection: "Connection") -> bool:
        """Take note of a new connection; False where there are too many."""

    def take(self, arrivals: list[Arrival]) -> None:
        """Take what came."""

    def forget(self, connection: "Connection") -> None:
        """The connection is gone."""


class Connection(asyncio.Protocol):
    """Decodes the stream of one device.

    A peer that does not read its answers, or sends only what cannot be read, is cut off.
    """

    def __init__(self, receiver: Receiver, *, most_bad_frames: int) -> None:
        self._receiver = receiver
        self._most_bad_frames = most_bad_frames
        self._decoder = StreamDecoder(mode="salvage")
        self._transport: asyncio.Transport | None = None
        self._bad_frames = 0
        self.peer = ""
        self.last_heard = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A device has called."""
        # Not an isinstance check: the transports of uvloop have no base class of asyncio's.
        line = cast(asyncio.Transport, transport)
        self._transport = line
        self.peer = "{}:{}".format(*(line.get_extra_info("peername") or ("", ""))[:2])
        self.last_heard = asyncio.get_running_loop().time()
        line.set_write_buffer_limits(high=_LARGEST_UNREAD_ANSWERS)
        if not self._receiver.admit(self):
            line.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        self.last_heard = asyncio.get_running_loop().time()
        self._hand_on(self._decoder.feed(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended; what was cut off in the middle is kept as it is."""
        self._transport = None
        self._receiver.forget(self)
        self._hand_on(self._decoder.close())

    def pause_writing(self) -> None:
        """The peer does not read: it cannot be waiting for answers."""
        self.abort()

    def answer(self, frame: bytes) -> bool:
        """Send an answer; False where nobody is there any more."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(frame)
        return True

    def pause(self) -> None:
        """Read no further: the kernel's buffers fill, and the device waits."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Send what is written, then end."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()

    def _hand_on(self, items: list[Packet | FrameError]) -> None:
        if not items:
            return
        now = clock.now()
        self._receiver.take([Arrival(item, now, self) for item in items])
        for item in items:
            self._bad_frames = 0 if isinstance(item, Packet) else self._bad_frames + 1
        if self._bad_frames > self._most_bad_frames:
            self.abort()
