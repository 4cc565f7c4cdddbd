"""Listening to a broker. A message is acknowledged only after the commit that holds it; until then the broker keeps it.

The session at the broker is persistent: what is published with QoS 1 while we are away waits there. What cannot be read
is kept as it came and refused with its reason, as at our own port, and acknowledged too: it would be no better the next time.
"""

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import paho.mqtt.client as paho
import structlog
from django.db import DatabaseError
from paho.mqtt.enums import CallbackAPIVersion
from riverkit.protocols.hj212 import FrameError

from riverchief.base import clock
from riverchief.base.errors import RiverchiefError
from riverchief.monitor.gateway.connection import Arrival
from riverchief.monitor.gateway.counters import Counters
from riverchief.monitor.gateway.directory import KeptDirectory, keep_house
from riverchief.monitor.gateway.quota import Quota
from riverchief.monitor.gateway.rows import MISREAD
from riverchief.monitor.gateway.writer import BatchWriter
from riverchief.monitor.sources.configuration import Broker, sources
from riverchief.monitor.sources.intake import Origin
from riverchief.monitor.sources.topics import station_by
from riverchief.monitor.tasks import ask_for_examination
from riverchief.monitor.telemetry.json_reports import LARGEST_REPORT
from riverchief.monitor.telemetry.uploads import Upload, read_payload

logger = structlog.get_logger("riverchief.mqtt")

PROCESS = "mqtt"
_BATCH = 200
_MOST_WAITING = 5000
_DIRECTORY_S, _STRANGERS_S = 5.0, 0.5
_HOUSE_S = 10.0
_LONGEST_PAUSE_S = 60
_NO_QUOTA = 2**62
"""Whoever publishes has an account at the broker: there are no strangers who could fill the disk."""


@dataclass(frozen=True, slots=True)
class _Message:
    """A message as it came, and what the acknowledgement needs: the connection that brought it, its number there."""

    topic: str
    payload: bytes
    received_at: datetime
    session: int
    mid: int
    qos: int


class Subscriber:
    """Listens to a broker until it is stopped."""

    def __init__(self, broker: Broker, *, stored: Callable[[], None] = ask_for_examination) -> None:
        self.broker = broker
        self.counters = Counters()
        self.fault = ""
        """Why there is no connection, in words; "" where there is one."""
        self._stored = stored
        self._session = 0
        self._directory = KeptDirectory(_DIRECTORY_S, _STRANGERS_S)
        self._something_stored = False
        self._messages: asyncio.Queue[_Message] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer = BatchWriter(
            lambda: self._directory.current,
            self.counters,
            self._note_stored,
            quota=Quota(_NO_QUOTA, _NO_QUOTA),
        )
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            clean_session=False,
            manual_ack=True,
        )
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._not_connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._received
        self._client.reconnect_delay_set(1, _LONGEST_PAUSE_S)
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            self._client.tls_set(ca_certs=broker.ca_file)

    # -- in the client's own thread

    def _connected(self, client: paho.Client, _: Any, flags: Any, reason: Any, __: Any) -> None:
        if reason.is_failure:
            self.fault = str(reason)
            logger.warning("broker refuses us", reason=self.fault)
            return
        self._session += 1
        self.fault = ""
        self.counters.connections = 1
        client.subscribe([(topic.filter, 1) for topic in self.broker.topics])
        logger.info("broker connected", host=self.broker.host, kept_session=flags.session_present)

    def _not_connected(self, _: Any, __: Any) -> None:
        where = f"{self.broker.host}:{self.broker.port}"
        self.fault = (
            f"{where} 没有回答，或其证书不可信。|{where} does not answer, or its certificate is not trusted."
        )

    def _disconnected(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self.counters.connections = 0
        self.fault = str(reason)

    def _received(self, _: Any, __: Any, message: paho.MQTTMessage) -> None:
        assert self._loop is not None
        if message.qos == 0 and self._messages.qsize() >= _MOST_WAITING:
            self.counters.packets_over_quota += (
                1  # published without a promise; the others the broker holds back
            )
            return
        # A message that is too long is kept by its beginning, as at our own port.
        kept = _Message(
            message.topic,
            bytes(message.payload[: LARGEST_REPORT + 1]),
            clock.now(),
            self._session,
            message.mid,
            message.qos,
        )
        self._loop.call_soon_threadsafe(self._messages.put_nowait, kept)

    # -- in the loop

    async def run(self) -> None:
        """Connect, and store what comes; ends when it is cancelled, or fails."""
        self._loop = asyncio.get_running_loop()
        # Without a view of the registry nothing can be stored: only then is the broker asked for anything.
        while not await self._directory.read():
            await asyncio.sleep(1.0)
        self._client.connect_async(self.broker.host, self.broker.port)
        self._client.loop_start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (self._store(), self._directory.keep(), self._keep_house()):
                    tasks.create_task(work)
        finally:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)
            await self._writer.close()

    async def _store(self) -> None:
        while True:
            batch = [await self._messages.get()]
            while len(batch) < _BATCH and not self._messages.empty():
                batch.append(self._messages.get_nowait())
            arrivals = [arrival for message in batch for arrival in self._read(message)]
            await self._directory.look_again_for(arrivals)
            await self._writer.write(arrivals)
            # Committed. The broker numbers messages per session: a number of an earlier one may be another message's
            # by now; that message comes again, and is stored once more as a packet, not as a reading.
            for message in batch:
                if message.qos and message.session == self._session:
                    self._client.ack(message.mid, message.qos)
                    self.counters.answers += 1
            if self._something_stored:
                self._something_stored = False
                await self._ask()

    def _read(self, message: _Message) -> list[Arrival]:
        origin = Origin(f"mqtt {message.topic}")
        station = station_by(self.broker.topics, message.topic)
        items: Sequence[Upload | FrameError]
        try:
            items = read_payload(message.payload, origin.name, station)
        except MISREAD:
            # Unacknowledged it would come again, and end us again.
            logger.exception("a message cannot be read", topic=message.topic)
            items = [FrameError("not_storable", 0, "our own code cannot read it", message.payload)]
        return [Arrival(item, message.received_at, origin) for item in items]

    async def _ask(self) -> None:
        try:
            await asyncio.to_thread(self._stored)
        except DatabaseError as error:
            # The mark of the unexamined stations is in the database: the periodic job asks.
            logger.warning("examination not asked for", error=str(error).strip())

    def _note_stored(self) -> None:
        self._something_stored = True

    async def _keep_house(self) -> None:
        while True:
            self.counters.waiting = self._messages.qsize()
            detail = {"counters": self.counters.as_dict(), "fault": self.fault}
            try:
                await asyncio.to_thread(keep_house, PROCESS, detail)
            except DatabaseError as error:
                logger.warning("no sign of life given", error=str(error).strip())
            await asyncio.sleep(_HOUSE_S)


async def serve() -> None:
    """Run until SIGTERM or SIGINT."""
    broker = sources().broker
    if broker is None:
        raise RiverchiefError(
            "sources.toml 中没有 [mqtt]。|There is no [mqtt] in sources.toml.",
            cure="请在其中写明代理。|Name the broker there.",
        )
    working = asyncio.create_task(Subscriber(broker).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        logger.info("mqtt stopped")


def main() -> None:
    """Entry point of the process; Django is set up by the caller."""
    asyncio.run(serve())
