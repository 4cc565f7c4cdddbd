"""What the system asks stations by itself: who they are on first contact, and what is missing of their history.

Queries only, of stations that are connected now, and little at a time: a gateway asks a station one thing after the other.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import RiverchiefError
from riverchief.base.rules import get_rule
from riverchief.monitor.actions import AskStation
from riverchief.monitor.dialogue.exchange import living_gateways
from riverchief.monitor.dialogue.models import UNDER_WAY, State, StationLink, StationRequest
from riverchief.monitor.models import Kind
from riverchief.monitor.retrieval import periods
from riverchief.registry.models import Station

_FILLED = {Kind.HOUR.value: "2061", Kind.MINUTE.value: "2051"}
_UNWILLING = (State.REFUSED, State.TIMED_OUT)


@dataclass(frozen=True)
class Gap:
    """Periods that are missing, by the start of the first and of the last of them."""

    begin: datetime
    end: datetime


def connected() -> list[Station]:
    """The stations that can be asked now."""
    linked = StationLink.objects.filter(gateway__in=living_gateways(), station__active=True)
    return list(Station.objects.filter(pk__in=linked.values("station_id"), mn__isnull=False).order_by("pk"))


# -- first contact


def greet(station: Station) -> StationRequest | None:
    """Ask the next thing that is to be known of a station; the second only when the first was answered."""
    rule, now = get_rule("monitor.first_contact"), clock.now()
    asked = StationRequest.objects.filter(station=station, cn__in=rule["commands"])
    if asked.filter(state__in=(State.WAITING, *UNDER_WAY)).exists():
        return None
    recent = now - timedelta(hours=rule["again_hours"])
    unwilling = now - timedelta(days=rule["rest_days"])
    for cn in rule["commands"]:
        of_it = asked.filter(cn=cn)
        if of_it.filter(asked_at__gte=unwilling, state__in=_UNWILLING).exists():
            # One that does not tell its time may still tell its intervals; one that never answers is asked no further.
            if of_it.filter(asked_at__gte=unwilling, state=State.TIMED_OUT).exists():
                return None
            continue
        if not of_it.filter(asked_at__gte=recent).exists():
            return _ask(station, cn)
    return None


# -- gaps


def fill_gaps(station: Station) -> list[StationRequest]:
    """Ask for the periods that a station has not sent though it normally does, the latest first."""
    rule, now = get_rule("monitor.gap_filling"), clock.now()
    longest = get_rule("monitor.station_requests")["longest_hours"]
    own = StationRequest.objects.filter(station=station, cn__in=_FILLED.values(), asked_by=None)
    if own.filter(state__in=(State.WAITING, *UNDER_WAY)).exists():
        return []
    left: int = rule["requests_per_day"] - own.filter(asked_at__gte=now - timedelta(days=1)).count()
    asked: list[StationRequest] = []
    for kind, cn in _FILLED.items():
        since = now - timedelta(days=rule["rest_days"])
        if StationRequest.objects.filter(
            station=station, cn=cn, state=State.REFUSED, asked_at__gte=since
        ).exists():
            continue
        for gap in _wanted(station, kind, rule, timedelta(hours=longest[cn]), now):
            if len(asked) >= left:
                return asked
            tried = own.filter(cn=cn, begin__lte=gap.begin, end__gte=gap.end).exclude(
                state=State.NOT_CONNECTED
            )
            if tried.count() < rule["tries"] and (row := _ask(station, cn, gap)):
                asked.append(row)
    return asked


def _wanted(
    station: Station, kind: str, rule: dict[str, Any], longest: timedelta, now: datetime
) -> Iterator[Gap]:
    until = now - timedelta(hours=rule["settle_hours"])
    # Every reading that came counts, whatever its flag: a station that says that it is stopped is not silent.
    present = periods(station.pk, kind, now - timedelta(days=rule["days"]), until)
    step = usual_step(present, rule["least_periods"], rule["usual_share"])
    if step is not None:
        for gap in reversed(gaps(present, step, until)):
            yield from split(gap, step, longest)


def usual_step(periods: Sequence[datetime], least: int, share: float) -> timedelta | None:
    """From one period to the next, as a station normally sends them; None where it has no such habit.

    A long silence is one large step among many usual ones, so it does not hide the habit.
    """
    if len(periods) < least:
        return None
    steps = Counter(later - earlier for earlier, later in pairwise(periods))
    step, count = min(steps.items(), key=lambda item: (-item[1], item[0]))
    return step if count >= share * (len(periods) - 1) else None


def gaps(periods: Sequence[datetime], step: timedelta, until: datetime) -> list[Gap]:
    """What is missing between the first of `periods` and `until`, in order of time."""
    found = []
    tick = timedelta(microseconds=1)
    # What comes later than `until` may still come by itself.
    for earlier, last in zip(periods, [*(later - tick for later in periods[1:]), until], strict=True):
        missing = (last - earlier) // step
        if missing > 0:
            found.append(Gap(earlier + step, earlier + missing * step))
    return found


def split(gap: Gap, step: timedelta, longest: timedelta) -> Iterator[Gap]:
    """A gap in portions that a station may be asked for at a time, the latest first."""
    end = gap.end
    while end >= gap.begin:
        begin = max(gap.begin, end - (longest // step) * step)
        yield Gap(begin, end)
        end = begin - step


def _ask(station: Station, cn: str, gap: Gap | None = None) -> StationRequest | None:
    begin, end = (gap.begin, gap.end) if gap else (None, None)
    try:
        return AskStation(actor=SYSTEM, station_id=station.pk, cn=cn, begin=begin, end=end).run()
    except RiverchiefError:
        # People have asked enough of it already, or it is no longer in use: another time.
        return None
