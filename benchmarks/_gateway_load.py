"""The devices of `benchmarks.gateway`, in a process of their own: each sends a packet, waits for its answer, sends the next.

Run as ``python -m benchmarks._gateway_load PORT DEVICES SECONDS``; prints one JSON line.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import uvloop
from riverkit.protocols.hj212 import build_upload, write_qn

from benchmarks._devices import PASSWORD, mn_of

FACTORS = ("w01001", "w01009", "w01019", "w21003", "w21011")
"""pH, oxygen, permanganate index, ammonia, total phosphorus."""

PREPARED = 60
"""Packets of a device that are written before the clock starts; a device that has used them up falls silent, and the benchmark says so."""

CONNECTS_AT_ONCE = 100
END = b"\r\n"


def frames_of(number: int, now: datetime, count: int) -> list[bytes]:
    """Packets of a device, one for each of the last minutes."""
    frames = []
    for minute in range(count):
        at = now - timedelta(minutes=count - minute)
        # Water changes from minute to minute, and no two devices see the same.
        values: dict[str, tuple[float | None, str | None]] = {
            factor: (round(1.0 + 0.01 * ((7 * minute + 3 * number + place) % 90), 2), "N")
            for place, factor in enumerate(FACTORS)
        }
        frames.append(build_upload(mn_of(number), PASSWORD, "2011", at, values, write_qn(at)))
    return frames


class Device(asyncio.Protocol):
    """One connection."""

    def __init__(self, frames: list[bytes], waits: list[float]) -> None:
        self._frames = frames
        self._waits = waits
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.answered = 0
        self.stopped = False
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """The gateway hung up."""
        self.gone = True

    def send(self) -> None:
        """The next packet."""
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(self._frames[self.answered])

    def data_received(self, data: bytes) -> None:
        """An answer, which is a line."""
        self._received += data
        if not self._received.endswith(END):
            return
        assert b"CN=9014" in self._received
        self._received = b""
        self._waits.append(time.perf_counter() - self._sent_at)
        self.answered += 1
        if not self.stopped and self.answered < len(self._frames):
            self.send()


def _same(device: Device) -> Device:
    return device


async def run(port: int, count: int, seconds: float) -> dict[str, object]:
    """All devices for so long; the answers, and for how many packets of every device."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    waits: list[float] = []
    devices = [Device(frames_of(number, now, PREPARED), waits) for number in range(count)]
    loop = asyncio.get_running_loop()
    for begin in range(0, count, CONNECTS_AT_ONCE):
        await asyncio.gather(
            *(
                loop.create_connection(partial(_same, device), "127.0.0.1", port)
                for device in devices[begin : begin + CONNECTS_AT_ONCE]
            )
        )
    began = time.perf_counter()
    for device in devices:
        device.send()
    await asyncio.sleep(seconds)
    for device in devices:
        device.stopped = True
    taken = time.perf_counter() - began
    acknowledged_in_time = len(waits)
    await asyncio.sleep(3.0)
    p50, p99 = (float(np.percentile(waits, share)) * 1_000.0 for share in (50, 99))
    return {
        "packets_per_second": acknowledged_in_time / taken,
        "ack_p50_ms": p50,
        "ack_p99_ms": p99,
        "answered": [device.answered for device in devices],
        "hung_up": sum(device.gone for device in devices),
        "used_up": sum(device.answered == PREPARED for device in devices),
        "processor_seconds": time.process_time(),
    }


if __name__ == "__main__":
    port, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(uvloop.run(run(port, count, seconds))), flush=True)
