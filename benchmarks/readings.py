"""`python -m benchmarks.readings`: a year of readings, asked while it is in the database and when its months are archived.

A PostgreSQL of its own. Every station has ten parameters of surface water (the nine of the basic assessment and electrical
conductivity) in hourly readings over twelve months, so that the number of rows decides how many stations there are. Values
are synthetic: a level, a day's and a year's course, noise that remembers, rounded as an analyser rounds; one reading in
fifty is flagged, and a packet is received some seconds to minutes after its hour. Rows are loaded by COPY, hour by hour over all
stations, as they would have come, so that the index is as loose as in service.

Measured are the product's own functions, connection and caches warm, the median of several calls of which each asks for another
station: the last values of all stations, and with them their state and class; one station's month of all ten parameters (7,200
readings or so as rows in memory), and of one parameter as its chart gets it; the means of every station, parameter and month of
the year, which the product computes from daily values (they stay in the database when months are archived).
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks._devices import database
from benchmarks._report import report

ROWS = 10_000_000
REPEATS = 25
_HOURS_AT_ONCE = 240
_ZONE = ZoneInfo("Asia/Shanghai")
_YEAR_2000 = np.datetime64("2000-01-01T00:00:00", "us")

PARAMETERS = {
    # level, amplitude of day and year, noise, decimals, unit
    "wt": (18.0, 8.0, 0.3, 1, "°C"),
    "ph": (7.6, 0.3, 0.05, 2, "1"),
    "do": (7.8, 2.0, 0.2, 2, "mg/L"),
    "ec": (420.0, 60.0, 8.0, 0, "µS/cm"),
    "turb": (25.0, 12.0, 4.0, 1, "NTU"),
    "codmn": (3.1, 0.6, 0.2, 2, "mg/L"),
    "cod": (13.0, 2.0, 1.0, 1, "mg/L"),
    "nh3n": (0.35, 0.1, 0.04, 3, "mg/L"),
    "tp": (0.09, 0.02, 0.008, 3, "mg/L"),
    "tn": (2.4, 0.5, 0.15, 2, "mg/L"),
}


def main() -> None:
    """Load, ask, archive, ask again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=ROWS, help="about so many readings")
    arguments = parser.parse_args()
    end = datetime.now(_ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = end.replace(year=end.year - 1)
    hours = round((end - start) / timedelta(hours=1))
    stations = max(1, round(arguments.rows / (hours * len(PARAMETERS))))
    os.environ["DJANGO_SETTINGS_MODULE"] = "riverchief.site.settings"
    with database(stations), TemporaryDirectory(prefix="readings.") as folder:
        from django.conf import settings
        from riverchief.base import clock

        settings.RIVERCHIEF_ARCHIVE_DIR = Path(folder)
        with clock.use_clock(end):
            _measure(stations, start, end, hours)


def _measure(stations: int, start: datetime, end: datetime, hours: int) -> None:
    from riverchief.monitor.archive import closing
    from riverchief.registry.models import Station

    keys = list(Station.objects.order_by("pk").values_list("pk", flat=True))
    began = time.perf_counter()
    _load(keys, start, hours)
    load_s = time.perf_counter() - began
    began = time.perf_counter()
    _roll_up(keys, start, end)
    roll_up_s = time.perf_counter() - began
    rows = stations * hours * len(PARAMETERS)
    bytes_hot = _bytes_in_database() / rows
    hot = _ask(keys, start, end)
    began = time.perf_counter()
    archived = [closing.close(month) for month in _months(start)]
    archive_s = time.perf_counter() - began
    if sum(month.rows for month in archived) != rows:
        raise SystemExit(f"{sum(month.rows for month in archived)} readings were archived instead of {rows}.")
    cold = _ask(keys, start, end)
    bytes_archived = sum(month.size for month in archived) / rows
    shown = {
        "latest_ms": "last values of all stations",
        "latest_classes_ms": "last values, state and class of all stations",
        "station_month_ms": "a station's month, all parameters",
        "chart_month_ms": "a station's month, one parameter, as the chart gets it",
        "monthly_means_ms": "monthly means of all stations, 12 months, from daily values",
    }
    report(
        "Readings in the database and in the archive",
        [
            (
                "readings; stations × parameters × hours",
                f"{rows:,}; {stations} × {len(PARAMETERS)} × {hours:,}",
            ),
            ("loaded; daily values computed", f"{rows / load_s:,.0f} readings/s; {roll_up_s:.0f} s"),
            *(
                (
                    f"{text}: hot, archived (slowest)",
                    f"{hot[name][0]:.1f} ({hot[name][1]:.1f}), {cold[name][0]:.1f} ({cold[name][1]:.1f}) ms",
                )
                for name, text in shown.items()
            ),
            ("bytes a reading in the database, with its index", f"{bytes_hot:.1f}"),
            ("bytes a reading in the archive", f"{bytes_archived:.1f}"),
            ("closing the months: written, read back, compared", f"{rows / archive_s:,.0f} readings/s"),
        ],
        {
            "rows": rows,
            "stations": stations,
            "parameters": len(PARAMETERS),
            "hours": hours,
            **{name: max(hot[name][0], cold[name][0]) for name in shown},
            **{f"{name[:-3]}_hot_ms": hot[name][0] for name in shown},
            **{f"{name[:-3]}_archived_ms": cold[name][0] for name in shown},
            "bytes_per_reading_hot": bytes_hot,
            "bytes_per_reading_archived": bytes_archived,
            "loaded_per_second": rows / load_s,
            "archived_per_second": rows / archive_s,
            "cores": os.cpu_count(),
        },
    )


def _months(start: datetime) -> list[date]:
    """The twelve months from `start` on, by their first days."""
    numbers = [start.month - 1 + index for index in range(12)]
    return [date(start.year + number // 12, number % 12 + 1, 1) for number in numbers]


# -- loading


def _load(stations: Sequence[int], start: datetime, hours: int) -> None:
    """All readings into their partitions by COPY, and what they say last."""
    from django.db import connection
    from riverchief.monitor.archive.parquet import COLUMN_LIST
    from riverchief.monitor.partitions import ensure

    ensure(("monitor_reading", start + timedelta(days=15 + 30 * index)) for index in range(12))
    rng = np.random.default_rng(20261130)
    states = dict.fromkeys(PARAMETERS, np.zeros(len(stations)))
    first = np.datetime64(int(start.timestamp()), "s").astype("datetime64[us]")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY monitor_reading ({COLUMN_LIST}) FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for begin in range(0, hours, _HOURS_AT_ONCE):
            count = min(_HOURS_AT_ONCE, hours - begin)
            times = first + np.arange(begin, begin + count) * np.timedelta64(1, "h")
            copy.write(_block(stations, times, begin, states, rng))
        copy.write(b"\xff\xff")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO monitor_latest (station_id, parameter, kind, period_start, sampled_at, value, unit, flag, received_at) "
            "SELECT station_id, parameter, kind, period_start, sampled_at, value, unit, flag, received_at "
            "FROM monitor_reading WHERE period_start = %s",
            [start + timedelta(hours=hours - 1)],
        )
        cursor.execute("VACUUM ANALYZE")


def _block(
    stations: Sequence[int],
    times: NDArray[np.datetime64],
    begin: int,
    states: dict[str, NDArray[np.float64]],
    rng: np.random.Generator,
) -> bytes:
    """Some hours of all stations as rows of COPY, hour by hour."""
    shape = (len(times), len(stations))
    since_2000 = ((times - _YEAR_2000) // np.timedelta64(1, "us")).astype(np.int64)[:, None]
    received = since_2000 + rng.integers(5_000_000, 300_000_000, shape)
    packets = np.arange(begin * shape[1], (begin + shape[0]) * shape[1]).reshape(shape)
    flags = np.where(rng.random(shape) < 0.02, b"M", b"N")
    hour = begin + np.arange(shape[0])
    course = 0.4 * np.sin(2 * np.pi * hour / 24) + 0.6 * np.sin(2 * np.pi * hour / 8766)
    blocks = []
    for name, (level, amplitude, noise, decimals, unit) in PARAMETERS.items():
        values = np.empty(shape)
        for index in range(shape[0]):
            states[name] = 0.9 * states[name] + rng.normal(0.0, noise, shape[1])
            values[index] = np.round(level + amplitude * course[index] + states[name], decimals)
        columns = {
            "station_id": np.array(stations),
            "parameter": name.encode(),
            "kind": b"hour",
            "period_start": since_2000,
            "sampled_at": since_2000,
            "value": values,
            "unit": unit.encode(),
            "flag": flags,
            "received_at": received,
            "reason": b"",
            "packet_id": packets,
        }
        blocks.append(_rows(shape, columns).view(np.uint8).reshape(shape[0], -1))
    return np.hstack(blocks).tobytes()


def _rows(shape: tuple[int, int], columns: dict[str, Any]) -> NDArray[np.void]:
    """Rows as COPY takes them in binary: how many columns, then of each its size, -1 for none, and its bytes."""
    from riverchief.monitor.readings import ReadingRow

    layout: list[tuple[str, str]] = [("columns", ">i2")]
    sizes = {}
    for name in ReadingRow._fields:
        layout.append((f"size of {name}", ">i4"))
        content = columns.get(name)
        if content is None:
            sizes[name] = -1
        elif isinstance(content, bytes):
            sizes[name] = len(content)
            layout += [(name, f"S{len(content)}")] if content else []
        else:
            sizes[name] = content.dtype.itemsize
            layout.append((name, content.dtype.newbyteorder(">").str))
    rows = np.zeros(shape, np.dtype(layout))
    rows["columns"] = len(sizes)
    for name, size in sizes.items():
        rows[f"size of {name}"] = size
        if size > 0:
            rows[name] = columns[name]
    return rows


def _roll_up(stations: Sequence[int], start: datetime, end: datetime) -> None:
    from django.db import transaction
    from riverchief.monitor.rollup import refresh_days

    with transaction.atomic():
        refresh_days([(station, start) for station in stations], end)


def _bytes_in_database() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'monitor_reading'::regclass"
        )
        return int(cursor.fetchone()[0])


# -- asking


def _ask(stations: Sequence[int], start: datetime, end: datetime) -> dict[str, tuple[float, float]]:
    """By what was asked: milliseconds, the median of the calls and the slowest."""
    from django.contrib.auth.models import AnonymousUser
    from riverchief.monitor.live_values import latest_classes, latest_values
    from riverchief.monitor.queries import readings
    from riverchief.monitor.retrieval import retrieve
    from riverchief.monitor.rollup import monthly_means
    from riverchief.registry.models import Station

    rows = list(Station.objects.select_related("section"))
    low = datetime.combine(_months(start)[5], datetime.min.time(), _ZONE)
    high = datetime.combine(_months(start)[6], datetime.min.time(), _ZONE) - timedelta(microseconds=1)
    hours = (high - low) // timedelta(hours=1) + 1

    def latest(_: int) -> None:
        assert all(len(values) == len(PARAMETERS) for values in latest_values(stations).values())

    def classes(_: int) -> None:
        assert all(live.state == "ok" for live in latest_classes(rows).values())

    def month(station: int) -> None:
        found = retrieve(
            ("parameter", "period_start", "value", "flag"), stations=[station], start=low, end=high
        )
        assert len(found) == hours * len(PARAMETERS)

    def chart(station: int) -> None:
        assert len(readings(AnonymousUser(), station, "nh3n", low, high).points) == hours

    def means(_: int) -> None:
        found = monthly_means(stations, start.date(), (end - timedelta(days=1)).date())
        assert len(found) == len(stations) * len(PARAMETERS) * 12

    return {
        "latest_ms": _time(latest, stations),
        "latest_classes_ms": _time(classes, stations),
        "station_month_ms": _time(month, stations),
        "chart_month_ms": _time(chart, stations),
        "monthly_means_ms": _time(means, stations),
    }


def _time(call: Callable[[int], None], stations: Sequence[int]) -> tuple[float, float]:
    call(stations[0])
    taken = []
    for index in range(REPEATS):
        station = stations[(1 + index * 37) % len(stations)]
        began = time.perf_counter()
        call(station)
        taken.append(1000.0 * (time.perf_counter() - began))
    return statistics.median(taken), max(taken)


if __name__ == "__main__":
    main()
