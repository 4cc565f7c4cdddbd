"""Rain from what a gauge has accumulated: the difference of two totals is what fell in between. Pure.

A total goes back to nothing when the device restarts or its day begins, and over its last digit when it is full; a gap between two
totals loses the hours of the rain and not its amount.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class TotalRules:
    """Of the rule `monitor.rain`: where a total goes over its last digit, and more than what an hour cannot bring, in mm."""

    wrap_mm: float
    most_mm_per_hour: float


@dataclass
class Fallen:
    """What fell of a time: amounts by the hour where the totals tell it, the rest, and of how many seconds they speak."""

    by_hour: dict[datetime, float] = field(default_factory=lambda: defaultdict(float))
    unplaced_mm: float = 0.0
    heard_s: float = 0.0

    @property
    def total_mm(self) -> float:
        """All of it."""
        return sum(self.by_hour.values()) + self.unplaced_mm


def fallen(
    totals: Sequence[tuple[datetime, float]], start: datetime, end: datetime, rules: TotalRules
) -> Fallen:
    """What fell from `start` to `end` by totals in order of time, of which some lie before `start`.

    Of a gap of more than an hour that lies partly outside, nobody knows the share, unless nothing fell in it. A difference that no
    weather brings is a fault of the device, and the time in between unheard.
    """
    found = Fallen()
    for (since, before), (until, after) in pairwise(totals):
        amount = _amount(before, after, rules)
        inside = min(until, end) - max(since, start)
        hours = (until - since) / _HOUR
        if inside <= timedelta(0) or amount > rules.most_mm_per_hour * max(hours, 1.0):
            continue
        share = inside / (until - since)
        if hours > 1 and amount > 0:
            if share < 1:
                continue
            found.unplaced_mm += amount
        else:
            for hour, part in _by_hour(max(since, start), min(until, end)).items():
                found.by_hour[hour] += amount * share * part
        found.heard_s += inside.total_seconds()
    return found


def _amount(before: float, after: float, rules: TotalRules) -> float:
    if after >= before:
        return after - before
    over = after + rules.wrap_mm - before
    # Full, or begun anew: what fell before it was set to nothing is lost.
    return over if over <= rules.most_mm_per_hour else after


def _by_hour(since: datetime, until: datetime) -> Mapping[datetime, float]:
    """The hours between two moments, each with its share of the time."""
    shares = {}
    hour = since.replace(minute=0, second=0, microsecond=0)
    while hour < until:
        within = min(until, hour + _HOUR) - max(since, hour)
        shares[hour] = within / (until - since)
        hour += _HOUR
    return shares
