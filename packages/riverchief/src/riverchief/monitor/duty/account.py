"""What an alarm says to a tired person: why it rings, what it may be instead, what to do first. In both languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from riverkit.quality import WaterClass

from riverchief.base.clock import SHANGHAI
from riverchief.monitor.duty.context import ContextLine, Hint, context_lines
from riverchief.monitor.duty.course import course_lines
from riverchief.monitor.models import Alarm, Event, EventStation
from riverchief.monitor.series import target_of
from riverchief.monitor.wording import parameter_names

_FIRST_STEPS: dict[Hint, tuple[str, str]] = {
    Hint.INSTRUMENT: (
        "先核对仪器：请运维单位看设备状态与校准，或现场快测一次。",
        "Check the instrument first: ask its keeper for its state, or have one quick test taken on site.",
    ),
    Hint.RAIN: (
        "先核溢流口与泵站是否在排，再决定是否采样。",
        "Check first whether overflows and pumps are running, then decide on a sample.",
    ),
    Hint.UPSTREAM: (
        "先问上游：通报上游值班，请其采样；同时看溯源结果。",
        "Ask upstream first: tell the desk there and have a sample taken; look at the trace meanwhile.",
    ),
    Hint.NEARBY: (
        "先看溯源结果给出的河段与采样点，派人在两站之间采样。",
        "Look at the reach and the places that the trace suggests, and have water sampled between the two stations.",
    ),
    Hint.BLOOM: (
        "先到现场看水色与水面，采样做藻类计数；附近有取水口的，同时通知供水单位。",
        "Look at the colour of the water on site and have a sample counted; where an intake is near, tell the waterworks too.",
    ),
    Hint.OUTFALL: (
        "先核对监测设备、数据标记与校准记录，再派人到排口采样核实。",
        "Check the analyser, the marks of its data and its calibrations first, then have the outfall sampled.",
    ),
    Hint.NONE: (
        "先看溯源结果，核对仪器后派人采样。",
        "Look at the trace, check the instrument, then have a sample taken.",
    ),
}
_FIRST_STEPS_WITHOUT_TRACE: dict[Hint, tuple[str, str]] = {
    Hint.UPSTREAM: (
        "先问上游：通报上游值班，请其采样。",
        "Ask upstream first: tell the desk there and have a sample taken.",
    ),
    Hint.NEARBY: (
        "派人在两站之间采样。",
        "Have water sampled between the two stations.",
    ),
    Hint.NONE: (
        "先核对仪器，再派人采样。",
        "Check the instrument, then have a sample taken.",
    ),
}
"""For those who may not see the trace: nobody is sent where a door is closed to them."""
_PRIORITY = (Hint.BLOOM, Hint.OUTFALL, Hint.RAIN, Hint.INSTRUMENT, Hint.UPSTREAM, Hint.NEARBY)


@dataclass(frozen=True)
class Line:
    """A sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Account:
    """Why, what it may be or is not, and what to do first."""

    why: list[Line]
    context: list[Line]
    first_step: Line


def account_of(alarm: Alarm, sightings: Sequence[EventStation], *, sees_trace: bool) -> Account:
    """The account of an alarm; `sightings` are those of its events, in order of time; whether the reader may see its trace."""
    events = sorted(alarm.events.all(), key=lambda each: (each.opened_at, each.pk))
    why = [_against(event) for event in events]
    places = list(
        dict.fromkeys((seen.station_id, seen.station.name_zh, seen.station.name_en) for seen in sightings)
    )
    if len(places) > 1:
        first_at = {seen.station_id: seen.first_at for seen in reversed(sightings)}
        why.append(
            Line(
                f"同一股水先后经过 {len(places)} 站："
                + " → ".join(f"{zh} {_clock(first_at[key])}" for key, zh, _ in places)
                + "。",
                f"The same water passed {len(places)} stations: "
                + " → ".join(f"{en} {_clock(first_at[key])}" for key, _, en in places)
                + ".",
            )
        )
    why += [Line(line.zh, line.en) for line in course_lines(sightings)]
    lines = context_lines(alarm.event)
    lines.append(
        ContextLine(
            "属疑似：仪器读数，尚无实验室或现场确认；说明水变了，不说明是谁排的。",
            "Suspected: analyser readings that nobody has confirmed; they tell that the water changed, not who did it.",
        )
    )
    hints = {line.hint for line in lines}
    hint = next((each for each in _PRIORITY if each in hints), Hint.NONE)
    steps = _FIRST_STEPS if sees_trace else _FIRST_STEPS | _FIRST_STEPS_WITHOUT_TRACE
    return Account(why, [Line(line.zh, line.en) for line in lines], Line(*steps[hint]))


def _against(event: Event) -> Line:
    """The value against the limit and against the place's own habit, and since when."""
    name_zh, name_en = parameter_names(event.parameter)
    unit = f"\u202f{event.unit}" if event.unit not in ("", "1") else ""
    value = f"{event.peak_value:.3g}{unit}"
    target = target_of(event.station)
    against = event.limit_value if event.limit_value is not None else event.baseline
    lower = against is not None and event.peak_value < against
    if event.kind == Event.Kind.BLOOM:
        since = _clock(event.opened_at)
        return Line(
            f"{event.station.name_zh}：{since} 起有水华迹象，{name_zh}最高 {value}。",
            f"Signs of an algal bloom at {event.station.name_en} since {since}; {name_en} {value} at most.",
        )
    if event.kind == Event.Kind.PERMIT:
        since, allowed = _clock(event.opened_at), f"{against:.3g}{unit}"
        return Line(
            f"{event.station.name_zh}{name_zh}：{since} 起超许可限值，均值最{'低' if lower else '高'} {value}；许可限值 {allowed}。",
            f"{name_en[:1].upper()}{name_en[1:]} at {event.station.name_en}: beyond the permit's limit since {since}, "
            f"{'lowest' if lower else 'highest'} mean {value}; the permit's limit is {allowed}.",
        )
    worst_zh, worst_en = ("最低", "lowest") if lower else ("最高", "highest")
    if event.kind == Event.Kind.CLASS_DROP:
        worst_zh, worst_en = "近两日均值", "mean of two days"
    zh = f"{event.station.name_zh}{name_zh}：{_clock(event.opened_at)} 起，{worst_zh} {value}"
    en = f"{name_en[:1].upper()}{name_en[1:]} at {event.station.name_en}: since {_clock(event.opened_at)}, {worst_en} {value}"
    if event.limit_value is not None:
        label_zh = f"{WaterClass(target).label_zh}类" if target else ""
        label_en = f"class {WaterClass(target).label} " if target else ""
        zh += f"；{label_zh}限值 {event.limit_value:.3g}{unit}"
        en += f"; {label_en}limit {event.limit_value:.3g}{unit}"
    if event.baseline is None:
        return Line(zh + "；平时水平不详。", en + "; its usual level is unknown.")
    zh += f"；平时 {event.baseline:.3g}{unit}"
    en += f"; usually {event.baseline:.3g}{unit}"
    if not lower and event.baseline > 0 and event.peak_value >= 2 * event.baseline:
        zh += f"，为平时的 {event.peak_value / event.baseline:.2g} 倍"
        en += f", {event.peak_value / event.baseline:.2g} times that"
    return Line(zh + "。", en + ".")


def _clock(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"
