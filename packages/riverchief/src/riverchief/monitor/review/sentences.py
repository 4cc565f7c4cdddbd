"""What a doubt says, in Chinese and in English: the figure, and what it was compared with. No verdict, and nobody's fault."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from riverkit.detection import Finding, QualityRules

from riverchief.base.clock import SHANGHAI
from riverchief.monitor.codes import FLAG_WORDS
from riverchief.monitor.fleet.models import Stoppage
from riverchief.monitor.wording import capitalised, parameter_names
from riverchief.registry.models import Station


class Sentences(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


def sentence_of(
    finding: Finding,
    readings: int,
    lasted: timedelta,
    unit: str,
    rules: QualityRules,
    neighbour: Station | None,
) -> Sentences:
    """The sentence of a finding about values; `neighbour` is the station that it was compared with, if any."""
    zh, en = parameter_names(finding.parameter)
    en = capitalised(en)
    limits = rules.parameters[finding.parameter]
    value, compared = amount(finding.value, unit), amount(finding.limit, unit)
    said = {
        "range": lambda: _range(finding, zh, en, unit),
        "rate": lambda: Sentences(
            f"{zh}在 {hours(timedelta(seconds=finding.over_s))} 内由 {compared} 变为 {value}；每小时最多可能变化 {amount(limits.most_change_per_hour, unit)}",
            f"{en} went from {compared} to {value} within {hours(timedelta(seconds=finding.over_s))}; at most {amount(limits.most_change_per_hour, unit)} an hour is possible",
        ),
        "stuck": lambda: Sentences(
            f"{zh}连续 {hours(lasted)} 恒为 {value}；一般不超过 {limits.stuck_hours:g}\u202fh",
            f"{en} has been exactly {value} for {hours(lasted)}; at most {limits.stuck_hours:g}\u202fh are plausible",
        ),
        "spike": lambda: Sentences(
            f"{zh}孤立突变为 {value}，前一读数 {compared}，随后恢复",
            f"{en} leapt to {value} and back; the reading before was {compared}",
        ),
        "logic": lambda: _logic(finding, zh, en, unit, rules),
        "neighbour": lambda: _neighbour(finding, zh, en, unit, rules, neighbour),
    }[finding.rule]()
    if readings > 1:
        return Sentences(f"{said.zh}（{readings} 个读数）。", f"{said.en} ({readings} readings).")
    return Sentences(f"{said.zh}。", f"{said.en}.")


def _range(finding: Finding, zh: str, en: str, unit: str) -> Sentences:
    value, compared = amount(finding.value, unit), amount(finding.limit, unit)
    if finding.value == finding.limit == 0:
        return Sentences(
            f"{zh}恰为 0，该参数在水体中不会为 0", f"{en} is exactly 0, which it never is in a river"
        )
    if finding.value < finding.limit:
        return Sentences(
            f"{zh} {value}，不可能低于 {compared}",
            f"{en} is {value}; it cannot be lower than {compared}",
        )
    return Sentences(
        f"{zh} {value}，不可能高于 {compared}", f"{en} is {value}; it cannot be higher than {compared}"
    )


def _logic(finding: Finding, zh: str, en: str, unit: str, rules: QualityRules) -> Sentences:
    value, compared = amount(finding.value, unit), amount(finding.limit, unit)
    if finding.parameter == "do":
        share = 100 * (rules.most_oxygen_saturation or 0)
        return Sentences(
            f"{zh} {value}，高于该水温下饱和值的 {share:.0f}\u202f%（{compared}）",
            f"{en} is {value}, above {share:.0f}\u202f% of saturation at this temperature ({compared})",
        )
    wholes = [pair.whole for pair in rules.not_above if pair.part == finding.parameter]
    whole_zh, whole_en = (" / ".join(names) for names in zip(*map(parameter_names, wholes), strict=True))
    return Sentences(
        f"{zh} {value} 高于{whole_zh} {compared}，部分不会大于总量，至少一项有误",
        f"{en} {value} is above {whole_en} {compared}: a part is never more than the whole, so one of them is wrong",
    )


def _neighbour(
    finding: Finding, zh: str, en: str, unit: str, rules: QualityRules, neighbour: Station | None
) -> Sentences:
    assert neighbour is not None  # no such finding without one
    value, compared = amount(finding.value, unit), amount(finding.limit, unit)
    most = amount(rules.parameters[finding.parameter].most_from_neighbour, unit)
    return Sentences(
        f"{zh} {value}，上游{neighbour.name_zh}同期为 {compared}，相差超过 {most}",
        f"{en} is {value} and {compared} at {neighbour.name_en} upstream at the same time: more than {most} apart",
    )


def marked(
    parameter: str,
    readings: int,
    values: tuple[float, float],
    unit: str,
    flags: Sequence[str],
    received_at: datetime,
) -> Sentences:
    """That values first sent as measurements were flagged otherwise since; `values`: the least and the most of them."""
    zh, en = parameter_names(parameter)
    low, high = (f"{value:.4g}" for value in values)
    span = amount(values[0], unit) if readings == 1 else f"{low}–{amount(values[1], unit)}"
    span = amount(values[1], unit) if low == high else span
    words = [FLAG_WORDS[flag] for flag in flags]
    return Sentences(
        f"{zh} {readings} 个读数（{span}）先报为有效，后改标记为“{'、'.join(word[0] for word in words)}”（{at(received_at)} 收到），"
        "不再计入统计。点位可标记自己的数据；请核对当时有无相应的维护、故障记录。",
        f"{capitalised(en)}: {readings} reading{'s' if readings != 1 else ''} ({span}), first sent as measured, "
        f"{'were' if readings != 1 else 'was'} flagged “{', '.join(word[1].lower() for word in words)}” later (received {at(received_at)}) "
        "and no longer count. A station may mark its own data; see whether its records of upkeep or faults say the same.",
    )


def silent(since: datetime, usual: timedelta) -> Sentences:
    """That a station sends nothing at all."""
    return Sentences(
        f"自 {at(since)} 起无任何数据，平时每 {hours(usual)} 一次。无数据不等于停运，请向运维单位核实。",
        f"Nothing has come since {at(since)}; usually something comes every {hours(usual)}. "
        "Silent is not shut: ask whoever keeps the station.",
    )


def stopped(stoppage: Stoppage) -> Sentences:
    """That somebody has said that a station stands still, and when they said so."""
    zh, en = stoppage.entry.said
    since = at(stoppage.since)
    return Sentences(
        f"已登记停运：自 {since}，{stoppage.reason}（{zh or stoppage.announced_by.name_zh}）。",
        f"A stoppage is on record: since {since}, {stoppage.reason} ({en or stoppage.announced_by.name_en}).",
    )


def stale(first_at: datetime, late: timedelta) -> Sentences:
    """That what a station sends comes hours late."""
    return Sentences(
        f"{at(first_at)} 的数据迟到 {hours(late)}，现况可能已不同。",
        f"The reading of {at(first_at)} came {hours(late)} late: the water may be different by now.",
    )


def missing(parameter: str, since: datetime, usual: timedelta) -> Sentences:
    """That one parameter is missing while the station sends others."""
    zh, en = parameter_names(parameter)
    return Sentences(
        f"{zh}自 {at(since)} 起缺测，平时每 {hours(usual)} 一次；同期其他参数有数据。",
        f"No {en} since {at(since)}, usually every {hours(usual)}, while other parameters came.",
    )


def amount(value: float | None, unit: str) -> str:
    """A figure with its unit."""
    assert value is not None
    return f"{value:.4g}\u202f{unit}" if unit not in ("", "1") else f"{value:.4g}"


def hours(span: timedelta) -> str:
    """A span of time, short."""
    if span < timedelta(minutes=1):
        return f"{span.total_seconds():.2g}\u202fs"
    minutes = round(span.total_seconds() / 60)
    return f"{minutes}\u202fmin" if minutes < 120 else f"{minutes / 60:.3g}\u202fh"


def at(when: datetime) -> str:
    """A time of the place."""
    return f"{when.astimezone(SHANGHAI):%m-%d %H:%M}"
