"""A small town by a river: gauges, overflows, a sewage works and a factory; and rain as gauges would tell it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from riverchief.monitor.backfill import store_history
from riverchief.monitor.readings import ReadingRow
from riverchief.registry.models import Outfall, Station

from tests.riverchief.monitor.conftest import Stream

HOUR = timedelta(hours=1)


@dataclass
class Town:
    """Two gauges, overflows C-07 and C-09, the works' outfall and the factory's, the factory with a monitor."""

    stream: Stream
    gauge: Station
    far_gauge: Station
    c07: Outfall
    c09: Outfall
    works: Outfall
    factory: Outfall
    monitor: Station


def make_town(stream: Stream) -> Town:
    reach = stream.a.reach
    here = {"reach": reach, "lon": 106.5, "lat": 29.5, "area": stream.area}

    def outfall(code: str, kind: str, chainage_m: float, **more) -> Outfall:
        return Outfall.objects.create(
            code=code,
            name_zh=f"{code}排口",
            name_en=f"Outfall {code}",
            kind=kind,
            chainage_m=chainage_m,
            permitted=kind != "overflow",
            **here,
            **more,
        )

    def gauge(code: str, lat: float) -> Station:
        return Station.objects.create(
            code=code,
            name_zh=f"{code}雨量站",
            name_en=f"Gauge {code}",
            kind="rain_gauge",
            chainage_m=100,
            **{**here, "lat": lat},
        )

    factory = outfall("E", "industrial", 300)
    return Town(
        stream=stream,
        gauge=gauge("R1", 29.51),
        far_gauge=gauge("R9", 30.5),
        c07=outfall("C-07", "overflow", 400),
        c09=outfall("C-09", "overflow", 600),
        works=outfall("W", "sewage_works", 800),
        factory=factory,
        monitor=Station.objects.create(
            code="ME",
            name_zh="E 在线监测",
            name_en="Monitor of E",
            kind="automatic",
            owner="enterprise",
            chainage_m=300,
            outfall=factory,
            **here,
        ),
    )


def reading(
    station: Station,
    at: datetime,
    value: float | None,
    parameter: str = "rain",
    kind: str = "hour",
    flag: str = "N",
    unit: str = "mm",
) -> ReadingRow:
    return ReadingRow(station.pk, parameter, kind, at, at, value, unit, flag, at)


def rains(station: Station, first: datetime, amounts: Iterable[float], kind: str = "hour") -> None:
    """Store amounts of hours in a row."""
    store_history(reading(station, first + i * HOUR, float(mm), kind=kind) for i, mm in enumerate(amounts))
