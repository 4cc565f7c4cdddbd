"""The way of some stations' packets to the database, one batch after another and so in order."""

import asyncio
from collections import deque
from collections.abc import Iterable

from riverchief.monitor.gateway.connection import Arrival
from riverchief.monitor.gateway.writer import BatchWriter


class Lane:
    """What waits, and who writes it.

    Attributes:
        waiting: in the order in which it came.
        writing: whether a batch is with the database.
    """

    def __init__(self, writer: BatchWriter) -> None:
        self.writer = writer
        self.waiting: deque[Arrival] = deque()
        self.writing = False
        self._something_waits = asyncio.Event()

    def take(self, arrival: Arrival) -> None:
        """Add to what waits."""
        self.waiting.append(arrival)
        self._something_waits.set()

    async def batch(self, most: int, patience_s: float) -> list[Arrival]:
        """The next batch, once there is something: what comes within `patience_s`, but for `most`."""
        await self._something_waits.wait()
        if len(self.waiting) < most:
            await asyncio.sleep(patience_s)
        self.writing = True
        found = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
        if not self.waiting:
            self._something_waits.clear()
        return found


def waiting(lanes: Iterable[Lane]) -> int:
    """How many packets wait in all of them."""
    return sum(len(lane.waiting) for lane in lanes)
