"""What speaks for or against an event being a discharge nearby: one line per thing that is known.

A provider is a function from an event to lines. To let the desk know of something more (rain, an overflow that runs),
write one and add it to `PROVIDERS`; nothing else changes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
from riverkit.errors import NetworkError
from riverkit.quality import standard

from riverchief.base.errors import RiverchiefError
from riverchief.monitor.class_drop import water_body_of
from riverchief.monitor.codes import FLAG_WORDS
from riverchief.monitor.detection import Scale
from riverchief.monitor.models import Event, Reading
from riverchief.monitor.readings import MEASURED_FLAG
from riverchief.monitor.series import target_of
from riverchief.registry.models import Station
from riverchief.registry.queries import location_of, network_of

NO_FLAG = "U"
"""Nothing was sent: that says nothing of the instrument."""
BEFORE = timedelta(hours=24)
"""How far back from an event the lines look."""
FARTHEST_M = 50_000.0
"""Further up than this a station tells nothing of what comes in."""


class Hint(StrEnum):
    """What a line suggests to do first."""

    NONE = "none"
    INSTRUMENT = "instrument"
    RAIN = "rain"
    UPSTREAM = "upstream"
    NEARBY = "nearby"


@dataclass(frozen=True)
class ContextLine:
    """A line in both languages, and what it suggests."""

    zh: str
    en: str
    hint: Hint = Hint.NONE


Provider = Callable[[Event], Iterable[ContextLine]]


def marked_readings(event: Event) -> Iterator[ContextLine]:
    """What the analyser says of itself: readings that it marked as maintenance, fault, calibration and so on."""
    marks = Counter(
        Reading.objects.filter(
            station_id=event.station_id,
            parameter=event.parameter,
            period_start__gte=event.opened_at - BEFORE,
            period_start__lte=event.last_at,
        )
        .exclude(flag__in=[MEASURED_FLAG, NO_FLAG])
        .values_list("flag", flat=True)
    )
    if not marks:
        yield ContextLine(
            "仪器未报异常：此前 24 h 至今没有带标记的读数。",
            "The analyser reports nothing wrong: no marked reading since 24 h before.",
        )
        return
    zh = "、".join(f"{FLAG_WORDS[flag][0]} {n} 个" for flag, n in marks.most_common())
    en = ", ".join(f"{n} × {FLAG_WORDS[flag][1].lower()}" for flag, n in marks.most_common())
    yield ContextLine(
        f"此前 24 h 至今有未计入的带标记读数：{zh}。可能与仪器有关。",
        f"Marked readings since 24 h before, not counted: {en}. The instrument may be the cause.",
        Hint.INSTRUMENT,
    )


def inflow_from_upstream(event: Event) -> Iterator[ContextLine]:
    """What the next station up the river saw in the water before it came here."""
    found = _next_upstream(event.station)
    if found is None:
        yield ContextLine(
            "上游 50 km 内没有监测点位，是否上游来水无从判断。",
            "No station within 50 km upstream: whether it came from there cannot be told.",
        )
        return
    above, distance_m = found
    place_zh = f"上游{above.name_zh}（{distance_m / 1000:.1f} km）"
    place_en = f"{above.name_en}, {distance_m / 1000:.1f} km upstream,"
    values = list(
        Reading.objects.filter(
            station=above,
            parameter=event.parameter,
            flag=MEASURED_FLAG,
            value__isnull=False,
            period_start__gte=event.opened_at - BEFORE,
            period_start__lte=event.last_at,
        ).values_list("value", flat=True)
    )
    target = target_of(event.station)
    scale = Scale.of(standard(), event.parameter, water_body_of(event.station), target) if target else None
    if not values or scale is None:
        yield ContextLine(
            f"{place_zh}同期没有可比的读数，是否上游来水无从判断。",
            f"{place_en} has no comparable reading: whether it came from there cannot be told.",
        )
        return
    badness = scale.badness(np.array(values, dtype=np.float64))
    worst = float(values[int(np.argmax(badness))] or 0.0)
    unit = f"\u202f{event.unit}" if event.unit not in ("", "1") else ""
    if float(badness.max()) > scale.limit:
        yield ContextLine(
            f"{place_zh}此前 24 h 内已达 {worst:.3g}{unit}，也超过限值：可能是上游来水。",
            f"{place_en} reached {worst:.3g}{unit}, beyond the limit too: it may have come from there.",
            Hint.UPSTREAM,
        )
    else:
        yield ContextLine(
            f"{place_zh}同期最差 {worst:.3g}{unit}，未超限：不像上游来水，源头多在两站之间。",
            f"{place_en} was {worst:.3g}{unit} at worst, within the limit: hardly from there, rather from in between.",
            Hint.NEARBY,
        )


def _next_upstream(station: Station) -> tuple[Station, float] | None:
    """The nearest station up the flow and how far it is; None without one, or where the network cannot tell."""
    try:
        network, here = network_of(station.reach.basin_id), location_of(station)
        above = network.upstream(here.reach_id, FARTHEST_M)
        rows = Station.objects.filter(reach_id__in=[int(name) for name in above], active=True)
        near = [
            (distance, row.pk, row)
            for row in rows.exclude(pk=station.pk).select_related("reach", "section")
            if (distance := network.distance_m(location_of(row), here)) is not None and distance <= FARTHEST_M
        ]
    except (NetworkError, RiverchiefError):
        return None
    if not near:
        return None
    distance_m, _, row = min(near, key=lambda item: item[:2])
    return row, distance_m


PROVIDERS: tuple[Provider, ...] = (marked_readings, inflow_from_upstream)


def context_lines(event: Event) -> list[ContextLine]:
    """All that is known around an event."""
    return [line for provider in PROVIDERS for line in provider(event)]
