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
from django.db.models import Q
from riverkit.errors import NetworkError
from riverkit.quality import standard

from riverchief.base.clock import SHANGHAI
from riverchief.base.errors import RiverchiefError
from riverchief.base.rules import get_rule
from riverchief.monitor import rain
from riverchief.monitor.class_drop import water_body_of
from riverchief.monitor.codes import FLAG_WORDS
from riverchief.monitor.detection import Scale
from riverchief.monitor.kinship import next_upstream
from riverchief.monitor.models import Doubt, Event, OverflowRecord
from riverchief.monitor.overflows.queries import ran
from riverchief.monitor.readings import MEASURED_FLAG, shown_flag
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.series import target_of
from riverchief.monitor.wording import parameter_names
from riverchief.registry.queries import location_of, network_of

NO_FLAG = "U"
"""Nothing was sent: that says nothing of the instrument."""
BEFORE = timedelta(hours=24)
"""How far back from an event the lines look."""
EARLIER = timedelta(days=30)
"""How far back events of the same station are told."""
MOST_DOUBTS = 3
"""More lines about one event's readings say nothing more."""
FARTHEST_M = 50_000.0
"""Further up than this a station tells nothing of what comes in."""


class Hint(StrEnum):
    """What a line suggests to do first."""

    NONE = "none"
    INSTRUMENT = "instrument"
    RAIN = "rain"
    UPSTREAM = "upstream"
    NEARBY = "nearby"
    BLOOM = "bloom"
    OUTFALL = "outfall"


@dataclass(frozen=True)
class ContextLine:
    """A line in both languages, and what it suggests."""

    zh: str
    en: str
    hint: Hint = Hint.NONE


Provider = Callable[[Event], Iterable[ContextLine]]


def marked_readings(event: Event) -> Iterator[ContextLine]:
    """What the analyser says of itself: readings that it marked as maintenance, fault, calibration and so on; and how many
    are measurements."""
    said = retrieve(
        ("flag", "reason"),
        stations=[event.station_id],
        start=event.opened_at - BEFORE,
        end=event.last_at,
        parameters=[event.parameter],
    )
    valid = sum(flag == MEASURED_FLAG for flag, _ in said)
    share_zh = f"有效读数 {valid}/{len(said)}。"
    share_en = f"Valid readings: {valid} of {len(said)}."
    marks = Counter(shown_flag(flag, reason) for flag, reason in said if flag not in (MEASURED_FLAG, NO_FLAG))
    if not marks:
        yield ContextLine(
            f"仪器未报异常：此前 24 h 至今没有带标记的读数。{share_zh}",
            f"The analyser reports nothing wrong: no marked reading since 24 h before. {share_en}",
        )
        return
    zh = "、".join(f"{FLAG_WORDS[flag][0]} {n} 个" for flag, n in marks.most_common())
    en = ", ".join(f"{n} × {FLAG_WORDS[flag][1].lower()}" for flag, n in marks.most_common())
    yield ContextLine(
        f"此前 24 h 至今有未计入的带标记读数：{zh}。{share_zh}可能与仪器有关。",
        f"Marked readings since 24 h before, not counted: {en}. {share_en} The instrument may be the cause.",
        Hint.INSTRUMENT,
    )


def doubted_readings(event: Event) -> Iterator[ContextLine]:
    """What rules of quality control find hard to believe of the very readings, until a person has decided."""
    doubts = Doubt.objects.filter(
        station_id=event.station_id,
        parameter=event.parameter,
        state=Doubt.State.OPEN,
        first_at__lte=event.last_at,
        last_at__gte=event.opened_at,
    )
    for doubt in doubts.order_by("first_at", "id")[:MOST_DOUBTS]:
        yield ContextLine(
            f"读数存疑，待审核：{doubt.sentence_zh}",
            f"Doubted, and not reviewed yet: {doubt.sentence_en}",
            Hint.INSTRUMENT,
        )


def earlier_events(event: Event) -> Iterator[ContextLine]:
    """Whether the station has had events in the month before: how many, and what the last one was."""
    before = Event.objects.filter(
        station_id=event.station_id, opened_at__gte=event.opened_at - EARLIER, opened_at__lt=event.opened_at
    )
    if event.alarm_id is not None:
        before = before.exclude(alarm_id=event.alarm_id)
    last = before.order_by("-opened_at", "-id").first()
    if last is None:
        yield ContextLine(
            f"此前 {EARLIER.days} 天本站没有其他事件。",
            f"No other event here in the {EARLIER.days} days before.",
        )
        return
    zh, en = parameter_names(last.parameter)
    day = f"{last.opened_at.astimezone(SHANGHAI):%m-%d}"
    count = before.count()
    yield ContextLine(
        f"此前 {EARLIER.days} 天本站已有 {count} 起事件，最近一起：{day} {zh}。",
        f"Events here in the {EARLIER.days} days before: {count}, the last on {day} ({en}).",
    )


def rain_before(event: Event) -> Iterator[ContextLine]:
    """What fell in the hours that make weather dry or not (72), before the event, or that no gauge is near."""
    rule = get_rule("monitor.rain")
    hours = rule["dry_hours"]
    gauges = rain.near(event.station.lon, event.station.lat, rule)
    if not gauges:
        yield ContextLine(
            f"{rule['near_km']:g}\u202fkm 内没有雨量站，降雨情况不明。",
            f"No rain gauge within {rule['near_km']:g}\u202fkm: whether it rained is not known.",
        )
        return
    fell = rain.rain_at(gauges, event.opened_at - timedelta(hours=hours), event.opened_at, rule)
    if fell.most_mm is None:
        yield ContextLine(
            f"此前 {hours} h 附近雨量站没有可用的数据。",
            f"Gauges around told nothing in the {hours} h before.",
        )
        return
    yield ContextLine(
        f"此前 {hours} h 附近雨量站最多 {fell.most_mm:.3g}\u202fmm。",
        f"Up to {fell.most_mm:.3g}\u202fmm of rain at gauges around in the {hours} h before.",
    )


def what_a_bloom_is_not(event: Event) -> Iterator[ContextLine]:
    """What signs of algae do not say."""
    if event.kind == Event.Kind.BLOOM:
        yield ContextLine(
            "只是藻类活动的迹象：没有藻类计数，也没有毒素检测，不说明藻种、是否有毒；不是某个排污口排放的证据。"
            "水草旺盛、探头附着生物也会如此。",
            "Only signs of algae: no cells were counted and no toxin was tested, so neither the kind nor any danger is known; "
            "no evidence of a discharge. Lush water plants or a fouled probe do the same.",
            Hint.BLOOM,
        )


def what_a_permits_mean_is_not(event: Event) -> Iterator[ContextLine]:
    """What a mean beyond a permit's limit rests on, and what it does not settle."""
    if event.kind == Event.Kind.PERMIT:
        yield ContextLine(
            "按许可规定的均值判断，带标记的小时未计入；单个小时高于日均限值不在此列。是否构成超标排放，由主管部门核实认定。",
            "Judged by the mean that the permit names, without marked hours; a single hour above a day's limit is not "
            "told here. Whether it is a violation is for the authority to establish.",
            Hint.OUTFALL,
        )


def inflow_from_upstream(event: Event) -> Iterator[ContextLine]:
    """What the next station up the river saw in the water before it came here.

    Against limits: of an event that passed none this would tell nothing.
    """
    if event.kind not in Event.OF_LIMITS:
        return
    found = next_upstream(event.station, FARTHEST_M)
    if found is None:
        yield ContextLine(
            "上游 50 km 内没有监测点位，是否上游来水无从判断。",
            "No station within 50 km upstream: whether it came from there cannot be told.",
        )
        return
    above, distance_m = found
    place_zh = f"上游{above.name_zh}（{distance_m / 1000:.1f} km）"
    place_en = f"{above.name_en}, {distance_m / 1000:.1f} km upstream,"
    measured = retrieve(
        ("value",),
        stations=[above.pk],
        start=event.opened_at - BEFORE,
        end=event.last_at,
        parameters=[event.parameter],
        measured=True,
    )
    values = [value for (value,) in measured]
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


def rain_and_overflows(event: Event) -> Iterator[ContextLine]:
    """What gauges around measured, and which outfalls upstream are on record as running over.

    An overflow of another area is counted, not named: who sees it there decides who hears of it.
    """
    rule = get_rule("monitor.rain")
    station = event.station
    fell = rain.rain_at(
        rain.near(station.lon, station.lat, rule),
        event.opened_at - timedelta(hours=rule["before_overflow_hours"]),
        event.last_at,
        rule,
    )
    ran = _ran_upstream(event)
    here = [row for row in ran if row.outfall.area.path.startswith(event.area.path)]
    if ran:
        names_zh, names_en = [row.outfall.name_zh for row in here], [row.outfall.name_en for row in here]
        if elsewhere := len(ran) - len(here):
            names_zh.append(f"上游其他辖区 {elsewhere} 处")
            names_en.append(f"{elsewhere} in other areas upstream")
        fallen_zh = "雨量未知" if fell.most_mm is None else f"降雨 {fell.most_mm:.3g}\u202fmm"
        fallen_en = "Rain unknown" if fell.most_mm is None else f"Rain {fell.most_mm:.3g}\u202fmm"
        yield ContextLine(
            f"{fallen_zh}；有溢流记录：{'、'.join(names_zh)}。可能是雨天溢流。",
            f"{fallen_en}; on record as running over: {', '.join(names_en)}. It may be an overflow of rain.",
            Hint.RAIN,
        )
    elif fell.most_mm is not None and fell.most_mm >= rule["dry_mm"]:
        yield ContextLine(
            f"附近雨量站最多测得 {fell.most_mm:.3g}\u202fmm；上游没有溢流记录。可能与降雨有关。",
            f"Up to {fell.most_mm:.3g}\u202fmm of rain at gauges around, no overflow on record upstream. "
            "Rain may be the cause.",
            Hint.RAIN,
        )
    elif fell.dry:
        yield ContextLine(
            "附近雨量站无雨，不像雨天溢流。", "No rain at gauges around: hardly an overflow of rain."
        )


def _ran_upstream(event: Event) -> list[OverflowRecord]:
    """Records of outfalls whose water comes by, that ran in the day before or since; each outfall once."""
    station = event.station
    try:
        above = network_of(station.reach.basin_id).upstream(location_of(station).reach_id, FARTHEST_M)
    except (NetworkError, RiverchiefError):
        return []
    rows = ran(event.opened_at - BEFORE, event.last_at).filter(
        Q(outfall__reach_id__in=[int(name) for name in above if name != str(station.reach_id)])
        | Q(outfall__reach_id=station.reach_id, outfall__chainage_m__lte=station.chainage_m)
    )
    by_outfall = {row.outfall_id: row for row in rows.select_related("outfall__area").order_by("-started_at")}
    return sorted(by_outfall.values(), key=lambda row: row.outfall.code)


PROVIDERS: tuple[Provider, ...] = (
    marked_readings,
    doubted_readings,
    earlier_events,
    what_a_bloom_is_not,
    what_a_permits_mean_is_not,
    rain_before,
    rain_and_overflows,
    inflow_from_upstream,
)


def context_lines(event: Event) -> list[ContextLine]:
    """All that is known around an event."""
    return [line for provider in PROVIDERS for line in provider(event)]
