"""A virtual station's connection to the centre."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Heard:
    """What the centre said: which upload it acknowledges, and what is to be answered."""

    acknowledged: str | None = None
    reply: bytes | None = None


class Decoder(Protocol):
    """Finds what the centre said in a connection's bytes."""

    def feed(self, data: bytes) -> Sequence[object]:
        """Take some bytes; give what they completed."""


@dataclass
class Line:
    """A connection to the centre, listened to from beginning to end: the centre may ask at any time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    decoder: Decoder
    understood: Callable[[object], Heard]
    acknowledged: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue)
    """The numbers of uploads that were acknowledged, in order; None once the centre has hung up."""
    listening: "asyncio.Task[None] | None" = None
    forsaken: bool = False
    """Nobody is at this end any more, and the other does not know."""

    @classmethod
    async def call(
        cls, host: str, port: int, decoder: Decoder, understood: Callable[[object], Heard]
    ) -> "Line":
        """Connect, and listen from then on."""
        line = cls(*await asyncio.open_connection(host, port), decoder, understood)
        line.listening = asyncio.create_task(line._listen())
        return line

    async def send(self, frame: bytes) -> None:
        """Send an upload."""
        self.writer.write(frame)
        await self.writer.drain()

    async def hear(self, number: str) -> None:
        """Wait for the acknowledgement of an upload; others (late ones) pass by."""
        while (heard := await self.acknowledged.get()) != number:
            if heard is None:
                raise ConnectionResetError("the centre hung up")

    async def close(self) -> None:
        """Hang up; what was sent still goes out."""
        await self._stop_listening()
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def drop(self) -> None:
        """End the connection at once: over a dead line what was sent never goes out."""
        await self._stop_listening()
        if self.forsaken:
            return
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def forsake(self) -> None:
        """Go away without a word: the connection stands until `close`, but nobody reads it or writes to it."""
        self.forsaken = True
        await self._stop_listening()

    async def _stop_listening(self) -> None:
        if self.listening is not None:
            self.listening.cancel()
            await asyncio.gather(self.listening, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            while received := await self.reader.read(4096):
                for item in self.decoder.feed(received):
                    heard = self.understood(item)
                    if heard.acknowledged is not None:
                        self.acknowledged.put_nowait(heard.acknowledged)
                    if heard.reply is not None:
                        self.writer.write(heard.reply)
        except OSError:
            pass
        finally:
            self.acknowledged.put_nowait(None)
