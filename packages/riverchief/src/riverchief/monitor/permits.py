"""Readings of an outfall held against its permit, by the mean that the permit itself names.

A mean of a day or a month is judged when that is over and enough of its hours are valid; an hour above the limit of a day's mean
is a hint to look, and no exceedance. Hours that are flagged (maintenance, calibration, fault …) enter no mean. Where a mouth
carries several permit outlets, what is measured there is their mixture, and says of none that it kept its limit or did not.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.monitor.models import Kind
from riverchief.monitor.readings import MEASURED_FLAG
from riverchief.monitor.retrieval import retrieve
from riverchief.registry.models import Outfall, PermitLimit, Station

Hour = tuple[datetime, float]
HourSaid = tuple[datetime, float | None]
"""An hour, with None where nothing valid is known of it."""
Told = dict[tuple[str, date], list[HourSaid]]
"""What was said of each parameter and day."""


class Verdict(StrEnum):
    """What a day, or a month, says of a limit."""

    WITHIN = "within"
    EXCEEDED = "exceeded"
    ONGOING = "ongoing"
    UNDECIDED = "undecided"
    MIXED = "mixed"


@dataclass(frozen=True)
class JudgedDay:
    """A day (Asia/Shanghai) held against a limit; where the limit is one of a month's mean, the month that begins on `day`.

    `mean` is of the valid hours; `left_out` counts hours that have a flag or no value; `hours_beyond` are the valid ones
    beyond the limit, which for a limit of a day's mean are hints only.
    """

    day: date
    limit: PermitLimit
    mean: float | None
    valid_hours: int
    left_out: int
    verdict: Verdict
    hours_beyond: list[Hour] = field(default_factory=list)
    hours_within: list[Hour] = field(default_factory=list)
    """The other valid ones; both are empty for a month."""


def limits_of(outfall: Outfall, first: date, last: date) -> list[PermitLimit]:
    """The limits of an outfall that hold on a day from `first` to `last`."""
    rows = outfall.permit_limits.filter(valid_from__lte=last).exclude(valid_to__lt=first)
    return list(rows.order_by("parameter", "averaging", "valid_from"))


def held_at(station: Station, parameter: str, day: date) -> list[PermitLimit] | None:
    """What the permit allows of a parameter on a day where a station measures a discharge; None where it measures a river.

    Empty where no limit is known, or nobody has said at which outfall an enterprise's monitor stands.
    """
    if not measures_discharge(station):
        return None
    if station.outfall is None:
        return []
    return [row for row in limits_of(station.outfall, day, day) if row.parameter == parameter]


def measures_discharge(station: Station) -> bool:
    """Whether it measures what an outfall discharges: that water has permit limits, and no class."""
    return station.outfall_id is not None or station.owner == Station.Owner.ENTERPRISE


def judged(outfall: Outfall, first: date, last: date) -> list[JudgedDay]:
    """Every day, or month, from `first` to `last` that the outfall's own stations said something of, held against every limit.

    The newest first; a month is judged whole. The readings are those of the hours, or where a station sends none, the means of shorter ones.
    """
    limits = limits_of(outfall, first, last)
    if not limits:
        return []
    least_hours: int = get_rule("monitor.permits")["least_hours"]
    monthly = any(row.averaging == PermitLimit.Averaging.MONTH for row in limits)
    told = _hours(
        outfall,
        {row.parameter for row in limits},
        first.replace(day=1) if monthly else first,
        last_of_month(last) if monthly else last,
    )
    mixed = outfall.outlet_ends.count() > 1
    found = []
    for limit in limits:
        for day, hours in _periods(told, limit, first, last).items():
            judged_day = _judge(day, limit, hours, least_hours)
            if mixed and limit.outlet_id is not None:
                judged_day = replace(judged_day, verdict=Verdict.MIXED)
            found.append(judged_day)
    return sorted(found, key=lambda row: (-row.day.toordinal(), row.limit.parameter, row.limit.averaging))


def _periods(told: Told, limit: PermitLimit, first: date, last: date) -> dict[date, list[HourSaid]]:
    """The hours of a limit's parameter by the day, or by the month, that its mean is of; only such as it holds for throughout."""
    monthly = limit.averaging == PermitLimit.Averaging.MONTH
    found: dict[date, list[HourSaid]] = {}
    for (parameter, day), hours in sorted(told.items()):
        start = day.replace(day=1) if monthly else day
        end = last_of_month(day) if monthly else day
        wanted = start <= last and end >= first
        holds = limit.valid_from <= start and (limit.valid_to is None or end <= limit.valid_to)
        if parameter == limit.parameter and wanted and holds:
            found.setdefault(start, []).extend(hours)
    return found


def last_of_month(day: date) -> date:
    """The day on which the month of a day ends."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _judge(day: date, limit: PermitLimit, hours: Sequence[HourSaid], least: int) -> JudgedDay:
    monthly = limit.averaging == PermitLimit.Averaging.MONTH
    last, least = (last_of_month(day), least * last_of_month(day).day) if monthly else (day, least)
    valid = [(at, value) for at, value in hours if value is not None]
    mean = sum(value for _, value in valid) / len(valid) if valid else None
    beyond = [] if monthly else [(at, value) for at, value in valid if _beyond(value, limit)]
    if limit.averaging == PermitLimit.Averaging.HOUR:
        verdict = Verdict.EXCEEDED if beyond else Verdict.WITHIN if valid else Verdict.UNDECIDED
    elif last >= clock.today():
        verdict = Verdict.ONGOING
    elif mean is None or len(valid) < least:
        verdict = Verdict.UNDECIDED
    else:
        verdict = Verdict.EXCEEDED if _beyond(mean, limit) else Verdict.WITHIN
    within = [] if monthly else [(at, value) for at, value in valid if not _beyond(value, limit)]
    return JudgedDay(day, limit, mean, len(valid), len(hours) - len(valid), verdict, beyond, within)


def _beyond(value: float, limit: PermitLimit) -> bool:
    """Equality is within; the tolerance only undoes the binary form of limits such as 0.3."""
    return (limit.most is not None and value > limit.most * (1 + 1e-9)) or (
        limit.least is not None and value < limit.least * (1 - 1e-9)
    )


def _hours(outfall: Outfall, parameters: Iterable[str], first: date, last: date) -> Told:
    """The hours of each parameter and day, in order."""
    rows = retrieve(
        ("parameter", "kind", "period_start", "value", "flag"),
        stations=Station.objects.filter(outfall=outfall, active=True).values_list("pk", flat=True),
        start=clock.start_of(first),
        end=clock.end_of(last) - datetime.resolution,
        parameters=parameters,
        kinds=[Kind.HOUR, Kind.MINUTE, Kind.INSTANT],
    )
    by_kind: dict[tuple[str, date], dict[str, dict[datetime, list[float | None]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for parameter, kind, at, value, flag in rows:
        hour = at.replace(minute=0, second=0, microsecond=0)
        day = clock.day_of(at)
        by_kind[parameter, day][kind][hour].append(value if flag == MEASURED_FLAG else None)
    found = {}
    for key, kinds in by_kind.items():
        kind = next(kind for kind in (Kind.HOUR, Kind.MINUTE, Kind.INSTANT) if kind in kinds)
        found[key] = [(hour, _mean(values)) for hour, values in sorted(kinds[kind].items())]
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
