"""`python -m benchmarks.gateway`: 2,000 connected devices, every packet acknowledged after the commit that holds it.

A PostgreSQL of its own (every commit waited for), the gateway and the devices (`_gateway_load`) are processes on this machine
and share its cores. A device sends its next packet when the last was answered, so that 2,000 packets are on their way at any
time; what a device waits is then 2,000 over the packets per second. Afterwards the database is asked for what was
acknowledged: a packet that is missing is lost, one that stands twice is doubled.

Beside it stands the store alone: the same statements for the same rows, in batches of the same size, with nothing decoded
and nobody to answer.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks._devices import database, mn_of
from benchmarks._gateway_load import FACTORS, frames_of
from benchmarks._report import report

REPOSITORY = Path(__file__).resolve().parent.parent
DEVICES, SECONDS = 2_000, 15.0
STORE_BATCHES, BATCH = 60, 500


def main() -> None:
    """Measure the gateway, then, the database emptied, the store alone."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=DEVICES)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "riverchief.site.settings"
    with database(arguments.devices):
        load = _through_the_gateway(arguments.devices, arguments.seconds)
        lost, doubled = _lost_and_doubled(load["answered"])
        _empty()
        store_per_second = _store_alone(arguments.devices)
    if load["hung_up"]:
        sys.exit(f"{load['hung_up']} connections were cut off by the gateway.")
    if load["used_up"]:
        sys.exit("A device has sent all its packets before the end: take fewer --seconds.")
    per_second = float(load["packets_per_second"])
    ratio = per_second / store_per_second
    report(
        "The gateway: acknowledged after the commit",
        [
            ("connections; values a packet", f"{arguments.devices:,}; {len(FACTORS)}"),
            ("packets acknowledged per second", f"{per_second:,.0f}"),
            (
                "wait for an answer, median and 99 %",
                f"{load['ack_p50_ms']:.0f} and {load['ack_p99_ms']:.0f} ms",
            ),
            (
                "packets acknowledged; of them lost; stored twice",
                f"{sum(load['answered']):,}; {lost}; {doubled}",
            ),
            ("the same statements without sockets, packets per second", f"{store_per_second:,.0f}"),
            ("the gateway over that", f"{ratio:.2f}"),
            (
                "processor seconds of the devices, of the gateway",
                f"{load['processor_seconds']:.1f}, {load['gateway_seconds']:.1f}",
            ),
        ],
        {
            "connections": arguments.devices,
            "values_per_packet": len(FACTORS),
            "packets_per_second": per_second,
            "ack_p50_ms": load["ack_p50_ms"],
            "ack_p99_ms": load["ack_p99_ms"],
            "store_packets_per_second": store_per_second,
            "ratio_to_store": ratio,
            "lost": lost,
            "doubled": doubled,
            "acknowledged": sum(load["answered"]),
            "cores": os.cpu_count(),
        },
    )


def _through_the_gateway(devices: int, seconds: float) -> dict[str, Any]:
    """What the devices report, and the gateway's processor seconds."""
    port = _free_port()
    environment = {
        **os.environ,
        "RIVERCHIEF_GATEWAY_HOST": "127.0.0.1",
        "RIVERCHIEF_GATEWAY_PORT": str(port),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    gateway = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import django; django.setup()\nfrom riverchief.monitor.gateway.server import main; main()",
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        load = subprocess.run(
            [sys.executable, "-m", "benchmarks._gateway_load", str(port), str(devices), str(seconds)],
            cwd=REPOSITORY,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        ticks = Path(f"/proc/{gateway.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        gateway_seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    finally:
        gateway.terminate()
        gateway.wait()
    return {**json.loads(load.stdout), "gateway_seconds": gateway_seconds}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int) -> None:
    """Until the gateway listens."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    sys.exit("The gateway did not start: run `riverchief gateway` to see why.")


def _lost_and_doubled(answered: Sequence[int]) -> tuple[int, int]:
    """Of acknowledged packets those of which a value is missing, and those that stand more than once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.mn, count(*) FROM monitor_reading r JOIN registry_station s ON s.id = r.station_id "
            "WHERE r.value IS NOT NULL GROUP BY s.mn"
        )
        readings = dict(cursor.fetchall())
        cursor.execute("SELECT mn, count(*), count(DISTINCT raw) FROM monitor_packet GROUP BY mn")
        packets = {mn: (rows, different) for mn, rows, different in cursor.fetchall()}
    lost = doubled = 0
    for number, count in enumerate(answered):
        rows, different = packets.get(mn_of(number), (0, 0))
        lost += max(0, count - min(different, readings.get(mn_of(number), 0) // len(FACTORS)))
        doubled += rows - different
    return lost, doubled


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE monitor_packet, monitor_reading, monitor_latest, monitor_unexamined")


def _store_alone(devices: int) -> float:
    """Packets per second of the same statements for the same rows, over one connection."""
    import psycopg
    from django.db import connection
    from riverchief.base.rules import get_rule
    from riverchief.monitor.readings import ReadingChecks, ReadingRow, rows_of
    from riverchief.monitor.store import PacketRow, write
    from riverchief.registry.models import Station
    from riverkit.protocols.hj212 import decode

    now = datetime.now(UTC).replace(second=0, microsecond=0)
    checks = ReadingChecks.of(get_rule("monitor.reading_checks"))
    ids = dict(Station.objects.values_list("mn", "id"))
    per_device = -(-STORE_BATCHES * BATCH // devices)
    frames = [frames_of(number, now, per_device) for number in range(devices)]
    rows: list[tuple[PacketRow, list[ReadingRow]]] = []
    for minute in range(per_device):
        for number in range(devices):
            packet = decode(frames[number][minute])
            packet_id, station_id = len(rows), ids[packet.mn]
            readings = rows_of(
                packet, station_id=station_id, packet_id=packet_id, received_at=now, checks=checks
            )
            row = PacketRow(
                id=packet_id,
                received_at=now,
                mn=packet.mn,
                peer="127.0.0.1:50000",
                raw=packet.raw,
                state="stored",
                station_id=station_id,
                st=packet.st,
                cn=packet.cn,
                qn=packet.qn or "",
                data_time=packet.data_time,
            )
            rows.append((row, readings))
    known = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: known[name] for name in names if name in known}, autocommit=True) as own:
        began = time.perf_counter()
        for begin in range(0, STORE_BATCHES * BATCH, BATCH):
            part = rows[begin : begin + BATCH]
            with own.transaction(), own.cursor() as cursor:
                write(cursor, [row for row, _ in part], [each for _, readings in part for each in readings])
        return STORE_BATCHES * BATCH / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
