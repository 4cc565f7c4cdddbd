"""What an alarm says: what happened, how sure, what to do. Short, and "suspected" until a person confirms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from riverkit.detection import BloomDay, BloomRules, Reason
from riverkit.quality import WaterClass, standard

from riverchief.base.clock import SHANGHAI
from riverchief.monitor.codes import OTHER_PARAMETERS
from riverchief.monitor.models import Alarm, AlarmStep, Event
from riverchief.monitor.series import moment
from riverchief.registry.models import PermitLimit, Station


@dataclass(frozen=True)
class Finding:
    """What an alarm is about; values in the parameter's own unit."""

    kind: str
    station: Station
    parameter: str
    at: datetime
    value: float
    unit: str
    baseline: float | None
    limit: float
    target_class: int
    readings: int
    """How many readings it rests on."""
    habit_days: int


def parameter_names(key: str) -> tuple[str, str]:
    """A parameter in Chinese and in English; a factor code that nobody knows names itself."""
    item = standard().parameters.get(key)
    if item is not None:
        return item.name_zh, item.name
    return OTHER_PARAMETERS.get(key, (key, key))


def alarm_messages(finding: Finding) -> tuple[str, str]:
    """The alarm in Chinese and in English, without the time to acknowledge it by: that ends when somebody has."""
    name_zh, name_en = parameter_names(finding.parameter)
    unit = f"\u202f{finding.unit}" if finding.unit not in ("", "1") else ""
    value, limit = f"{finding.value:.3g}{unit}", f"{finding.limit:.3g}{unit}"
    target = WaterClass(finding.target_class)
    fell = finding.baseline is not None and finding.value < finding.baseline
    if finding.kind == Event.Kind.CLASS_DROP:
        day = f"{finding.at.astimezone(SHANGHAI):%Y-%m-%d}"
        return (
            f"{finding.station.name_zh}水质类别下降：{name_zh}近两日均值 {value}（前 {finding.habit_days} 天 "
            f"{_or_unknown(finding.baseline, unit, '不详')}，{target.label_zh}类限值 {limit}，截至 {day}）。"
            f"依据 {finding.readings} 个有效读数，属疑似，尚未现场确认。请核对设备与上游来水。",
            f"The class at {finding.station.name_en} has fallen: {name_en} averages {value} over two days "
            f"({_or_unknown(finding.baseline, unit, 'unknown')} in the {finding.habit_days} days before; class "
            f"{target.label} allows {limit}; to {day}). {finding.readings} valid readings: suspected, not confirmed "
            "on site. Check the analyser and the inflow from upstream.",
        )
    moment = f"{finding.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return (
        f"{finding.station.name_zh}{name_zh} {moment} {'降至' if fell else '升至'} {value}"
        f"（前 {finding.habit_days} 天中位值 {_or_unknown(finding.baseline, unit, '不详')}，"
        f"{target.label_zh}类限值 {limit}）。连续 {finding.readings} 个有效读数，属疑似，尚未现场确认。"
        "请核对设备与上游来水。",
        f"{name_en} at {finding.station.name_en} {'fell' if fell else 'rose'} to {value} at {moment} "
        f"(median of the {finding.habit_days} days before: {_or_unknown(finding.baseline, unit, 'unknown')}; class "
        f"{target.label} allows {limit}). {finding.readings} valid readings in a row: suspected, not confirmed on "
        "site. Check the analyser and the inflow from upstream.",
    )


def further_messages(finding: Finding) -> tuple[str, str]:
    """What an alarm adds when the same water stands out by a further parameter, in Chinese and in English."""
    name_zh, name_en = parameter_names(finding.parameter)
    unit = f"\u202f{finding.unit}" if finding.unit not in ("", "1") else ""
    value, limit = f"{finding.value:.3g}{unit}", f"{finding.limit:.3g}{unit}"
    moment = f"{finding.at.astimezone(SHANGHAI):%m-%d %H:%M}"
    return (
        f"同一股水：{finding.station.name_zh}{name_zh} {moment} 为 {value}（限值 {limit}）。",
        f"The same water: {name_en} at {finding.station.name_en} was {value} at {moment} (limit {limit}).",
    )


def unusual_messages(
    station: Station, reasons: Sequence[Reason], units: Mapping[str, str]
) -> tuple[str, str]:
    """The alarm of water that is not as it always is, the most unusual parameter first, in Chinese and in English."""
    parts_zh, parts_en = [], []
    for reason in reasons:
        name_zh, name_en = parameter_names(reason.parameter)
        unit = f"\u202f{units[reason.parameter]}" if units[reason.parameter] not in ("", "1") else ""
        at = f"{moment(reason.time_s).astimezone(SHANGHAI):%m-%d %H:%M}"
        figures = (f"{reason.value:.3g}{unit}", f"{reason.expected:.3g}{unit}", f"{reason.usual:.2g}{unit}")
        parts_zh.append(
            f"{name_zh} {at} 为 {figures[0]}（平时此时约 {figures[1]}，一般相差不超过 {figures[2]}）"
        )
        parts_en.append(
            f"{name_en} was {figures[0]} at {at} (usually about {figures[1]} at that hour, rarely more than "
            f"{figures[2]} from it)"
        )
    return (
        f"{station.name_zh}水质异于平时：{'；'.join(parts_zh)}。只与本站平时相比，未必超限；属疑似，尚未现场确认。"
        "请先核对设备，再看降雨与上游来水。",
        f"The water at {station.name_en} is not as usual: {'; '.join(parts_en)}. Compared with this station's own "
        "normal, not with a limit; suspected, not confirmed on site. Check the analyser first, then rain and the "
        "inflow from upstream.",
    )


def bloom_messages(station: Station, run: Sequence[BloomDay], rules: BloomRules) -> tuple[str, str]:
    """The warning of an algal bloom by the days that tell of it, in Chinese and in English."""
    last = run[-1]
    parts: list[tuple[str, str]] = []
    if last.chlorophyll is not None and last.chlorophyll >= rules.chlorophyll_sign:
        value, limit = f"{last.chlorophyll:.3g}\u202fµg/L", f"{rules.chlorophyll_sign:g}"
        parts.append(
            (
                f"叶绿素 a 日中位值 {value}（参考 {limit}）",
                f"chlorophyll-a {value} by the day's median (sign: {limit})",
            )
        )
    if "do" in last.signs:
        swing = "" if last.oxygen_swing is None else f"{last.oxygen_swing:.2g}\u202fmg/L"
        share = "" if last.oxygen_saturation is None else f"{100 * last.oxygen_saturation:.0f}\u202f%"
        parts.append(
            (
                f"溶解氧昼夜相差 {swing or '不详'}、最高饱和度 {share or '不详'}",
                f"dissolved oxygen swings by {swing or 'an unknown amount'} a day, up to {share or 'an unknown share'} of saturation",
            )
        )
    if "ph" in last.signs:
        parts.append((f"pH 最高 {last.ph:.2f}", f"pH up to {last.ph:.2f}"))
    river = station.reach.river
    water_zh = f"{river.name_zh}（{station.name_zh}）" if river else station.name_zh
    water_en = f"{river.name_en} at {station.name_en}" if river else station.name_en
    return (
        f"{water_zh}疑似水华：连续 {len(run)} 天{'，'.join(zh for zh, _ in parts)}。属疑似：未做藻类计数与毒素检测。"
        "请到现场看水色，采样计数；附近有取水口的通知供水单位。",
        f"Suspected algal bloom in {water_en}: for {len(run)} days {', '.join(en for _, en in parts)}. Suspected: no cells "
        "were counted, no toxin was tested. Look at the water on site, have a sample counted, and tell waterworks with an "
        "intake near by.",
    )


_MEANS = {
    PermitLimit.Averaging.HOUR: ("小时均值", "the hour's mean", "%Y-%m-%d %H:%M"),
    PermitLimit.Averaging.DAY: ("日均值", "the day's mean", "%Y-%m-%d"),
    PermitLimit.Averaging.MONTH: ("月均值", "the month's mean", "%Y-%m"),
}


def permit_messages(
    station: Station,
    limit: PermitLimit,
    passed: float,
    start: datetime,
    value: float,
    valid_hours: int,
    left_out: int,
) -> tuple[str, str]:
    """The alarm of a mean from `start` on beyond what a permit allows (`passed`), in Chinese and in English.

    Neither the permit's number nor its holder is named: more people read alarms than may know whose an outfall is.
    """
    name_zh, name_en = parameter_names(limit.parameter)
    mean_zh, mean_en, pattern = _MEANS[PermitLimit.Averaging(limit.averaging)]
    unit = f"\u202f{limit.unit}" if limit.unit not in ("", "1") else ""
    at = f"{start.astimezone(SHANGHAI):{pattern}}"
    figure, allowed = f"{value:.3g}{unit}", f"{passed:.3g}{unit}"
    under = value < passed
    hours_zh, hours_en = "", ""
    if limit.averaging != PermitLimit.Averaging.HOUR:
        hours_zh = f"，有效 {valid_hours} 小时，未计入 {left_out} 小时"
        hours_en = f"; {valid_hours} valid hours, {left_out} not counted"
    return (
        f"{station.name_zh}{name_zh} {at} {mean_zh} {figure}，{'低于' if under else '超过'}许可限值 {allowed}"
        f"（许可按{mean_zh}限定{hours_zh}）。属疑似：仪器数据，尚未核实。请先核对设备与数据标记，再派人到排口采样。",
        f"{capitalised(name_en)} at {station.name_en}, {at}: {mean_en} {figure} is {'below' if under else 'above'} the permit's limit of "
        f"{allowed} (which holds for {mean_en}{hours_en}). Suspected: an analyser's data, not confirmed. Check the "
        "analyser and the marks of its data first, then have the outfall sampled.",
    )


def subject_of(alarm: Alarm) -> tuple[str, str]:
    """What an alarm is about, by station and parameters, in Chinese and in English."""
    events = sorted(alarm.events.all(), key=lambda event: (event.opened_at, event.pk))
    names = [parameter_names(key) for key in dict.fromkeys(event.parameter for event in events)]
    station = alarm.event.station
    zh = f"{station.name_zh} {'、'.join(zh for zh, _ in names)}"
    return zh, capitalised(f"{', '.join(en for _, en in names)} at {station.name_en}")


def text_message(alarm: Alarm, to: str) -> str:
    """What a text message says of an alarm to acknowledge. It passes through other hands: no station, which may bear the name of
    an enterprise, no outfall, no value, nobody who is suspected; the desk has all of it."""
    names = dict.fromkeys(parameter_names(event.parameter)[0] for event in alarm.events.all())
    raised = f"{alarm.raised_at.astimezone(SHANGHAI):%m-%d %H:%M}"
    return (
        f"水质报警 {alarm.pk} 号待确认（{AlarmStep.To(to).label}）：{alarm.event.area.name_zh}，{'、'.join(names)}，{raised}。"
        "请登录值班台确认。"
    )


def capitalised(text: str) -> str:
    """At the start of a sentence; a word such as pH keeps its own spelling."""
    return text[:1].upper() + text[1:] if text[:2].islower() else text


def step_titles(alarm: Alarm, to: str, waited: timedelta, *, roster_is_empty: bool) -> tuple[str, str]:
    """The line in the inbox of those whom an alarm has reached, in Chinese and in English."""
    zh, en = subject_of(alarm)
    minutes = round(waited.total_seconds() / 60)
    if to == AlarmStep.To.OFFICE and roster_is_empty:
        lead_zh, lead_en = "无人值班，请全体注意：报警待确认", "Nobody is on duty. Alarm to acknowledge"
    elif to == AlarmStep.To.PERSON or not minutes:
        lead_zh, lead_en = "报警待确认", "Alarm to acknowledge"
    else:
        lead_zh, lead_en = (
            f"{minutes} 分钟无人确认，转{AlarmStep.To(to).label}",
            f"Alarm unanswered for {minutes} min",
        )
    return f"{lead_zh}：{zh}", f"{lead_en}: {en}"


def _or_unknown(value: float | None, unit: str, unknown: str) -> str:
    return unknown if value is None else f"{value:.3g}{unit}"
