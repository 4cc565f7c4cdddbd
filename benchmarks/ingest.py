"""From the wire to the commit: packets acknowledged per second, and how long a device waits for its answer.

Run as ``python -m benchmarks.ingest``. A PostgreSQL of its own (disk writes waited for, as in service), the gateway
and all devices share this machine; devices run in the gateway's process, so its own share is better than it looks.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import django
import numpy as np

from benchmarks._devices import PASSWORD, mn_of, register
from benchmarks._report import report

STATIONS = 200
PACKETS_PER_STATION = 100
PIPELINED = 20
"""Packets a device sends before it waits; 1 would measure how patient devices are, not what the gateway can do."""
FACTORS = ("w01001", "w01009", "w01010", "w01014", "w01019", "w21003", "w21011", "w21001")


@dataclass
class Device:
    """One device: sends its packets, some at a time, and notes how long each answer took (s)."""

    mn: str
    port: int
    waits: list[float]

    async def run(self, start: datetime) -> None:
        """Send everything."""
        from riverkit.protocols.hj212 import StreamDecoder

        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        decoder = StreamDecoder()
        frames = list(self._frames(start))
        for begin in range(0, len(frames), PIPELINED):
            portion = frames[begin : begin + PIPELINED]
            sent = time.perf_counter()
            writer.write(b"".join(portion))
            answered = 0
            while answered < len(portion):
                received = decoder.feed(await reader.read(65_536))
                answered += len(received)
                self.waits += [time.perf_counter() - sent] * len(received)
        writer.close()
        await writer.wait_closed()

    def _frames(self, start: datetime) -> Iterator[bytes]:
        from riverkit.protocols.hj212 import build_upload, write_qn

        for index in range(PACKETS_PER_STATION):
            at = start + timedelta(minutes=index)
            values: dict[str, tuple[float | None, str | None]] = dict.fromkeys(
                FACTORS, (1.0 + index % 7 / 10, "N")
            )
            yield build_upload(self.mn, PASSWORD, "2011", at, values, write_qn(at))


async def _measure(names: list[str]) -> tuple[float, list[float], int]:
    from riverchief.monitor.gateway.server import Gateway

    gateway = Gateway("127.0.0.1", 0, stored=lambda: None)
    await gateway.start()
    waits: list[float] = []
    start = (datetime.now(UTC) - timedelta(minutes=PACKETS_PER_STATION)).replace(second=0, microsecond=0)
    began = time.perf_counter()
    await asyncio.gather(*(Device(name, gateway.port, waits).run(start) for name in names))
    seconds = time.perf_counter() - began
    await gateway.stop()
    return seconds, waits, gateway.counters.commits


def main() -> None:
    """Measure and report."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "riverchief.site.settings"
    from riverchief.site.postgres import temporary_postgres

    server, remove = temporary_postgres({})
    try:
        os.environ["DATABASE_URL"] = server.url
        django.setup()
        names = [mn_of(number) for number in range(STATIONS)]
        register(names)
        import uvloop

        seconds, waits, commits = uvloop.run(_measure(names))
        from riverchief.monitor.models import Reading

        readings = Reading.objects.count()
        from django.db import connections

        connections.close_all()
    finally:
        remove()
    packets = len(waits)
    assert readings == packets * len(FACTORS), "an acknowledged reading is missing"
    p50, p99 = (float(np.percentile(waits, share)) * 1000 for share in (50, 99))
    report(
        "From the wire to the commit",
        [
            ("devices, values a packet", f"{STATIONS}, {len(FACTORS)}"),
            ("packets sent before waiting", f"{PIPELINED}"),
            ("packets acknowledged", f"{packets:,}"),
            ("packets per second", f"{packets / seconds:,.0f}"),
            ("readings per second", f"{readings / seconds:,.0f}"),
            ("wait for an answer, median", f"{p50:.0f} ms"),
            ("wait for an answer, 99 %", f"{p99:.0f} ms"),
            ("commits", f"{commits:,}"),
        ],
        {
            "devices": STATIONS,
            "values_per_packet": len(FACTORS),
            "pipelined": PIPELINED,
            "packets": packets,
            "packets_per_second": packets / seconds,
            "readings_per_second": readings / seconds,
            "answer_ms_p50": p50,
            "answer_ms_p99": p99,
            "commits": commits,
        },
    )


if __name__ == "__main__":
    main()
