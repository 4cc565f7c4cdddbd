"""Whether what an alarm tells of still gets worse, is at its peak or comes back: from the readings, in words."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from riverchief.base import clock
from riverchief.base.clock import SHANGHAI
from riverchief.monitor.models import Event, EventStation
from riverchief.monitor.retrieval import retrieve

LEAST_READINGS = 5
"""Of fewer since the event began nobody can tell."""
LAST = 3
"""So many readings in a row say how it goes now."""
_SHARE = 0.15
"""Of the whole rise: what is closer to the peak than that is still at it, and less is no movement."""
_BEFORE = timedelta(hours=6)
"""How far back from an event the level that it rose from is looked for, where its habit is not known."""
_NEWEST = timedelta(hours=6)
"""Older readings tell nothing of now; as long as two readings may lie apart for an event."""
_OF_READINGS = (Event.Kind.THRESHOLD, Event.Kind.UNUSUAL)
"""The others are told by means of days."""


class Course(Enum):
    """How it goes now: words for a level that rises, and for one that falls (such as oxygen)."""

    WORSE = (("仍在上升", "仍在下降"), ("still rising", "still falling"))
    PEAK = (("在最高点附近", "在最低点附近"), ("about at its highest", "about at its lowest"))
    BACK = (("最高点已过，正在回落", "最低点已过，正在回升"), ("past its highest and falling back", "past its lowest and coming back"))  # fmt: skip


@dataclass(frozen=True)
class CourseLine:
    """A sentence in both languages."""

    zh: str
    en: str


def course_of(values: Sequence[float], level: float) -> Course | None:
    """How a run of readings since an event began goes, in order of time; `level` is where it came from.

    None where they are too few, or where the last ones neither rise, stay nor fall.
    """
    if len(values) < LEAST_READINGS:
        return None
    away = [abs(value - level) for value in values]
    peak, last = max(away), away[-LAST:]
    margin = _SHARE * peak
    if peak == 0:
        return None
    if all(later < sooner for sooner, later in itertools.pairwise(last)) and last[-1] < peak - margin:
        return Course.BACK
    if last[-1] == peak and last[-1] - last[0] > margin and min(last[1:]) >= last[0]:
        return Course.WORSE
    return Course.PEAK if min(last) >= peak - margin else None


def course_lines(sightings: Sequence[EventStation]) -> Iterator[CourseLine]:
    """A line for each station at which an event goes on and enough readings say how."""
    now = clock.now()
    for seen in sightings:
        event = seen.event
        if event.state != Event.State.OPEN or event.kind not in _OF_READINGS or seen.settled_at is not None:
            continue
        rows = retrieve(
            ("kind", "period_start", "value"),
            stations=[seen.station_id],
            start=seen.first_at - _BEFORE,
            end=now,
            parameters=[event.parameter],
            measured=True,
        )
        kinds = [kind for kind, at, _ in rows if at == seen.peak_at]
        series = [(at, value) for kind, at, value in rows if kinds and kind == kinds[0]]
        since = [(at, value) for at, value in series if at >= seen.first_at]
        before = [value for at, value in series if at < seen.first_at]
        level = seen.baseline if seen.baseline is not None else (before[-1] if before else None)
        if level is None or not since or since[-1][0] < now - _NEWEST:
            continue
        course = course_of([value for _, value in since], level)
        if course is not None:
            yield _said(course, seen, since, lower=seen.peak_value < level)


def _said(
    course: Course, seen: EventStation, since: Sequence[tuple[datetime, float]], *, lower: bool
) -> CourseLine:
    unit = f"\u202f{seen.event.unit}" if seen.event.unit not in ("", "1") else ""
    last = " → ".join(f"{value:.3g}" for _, value in since[-LAST:])
    peak, peak_at, at = f"{seen.peak_value:.3g}{unit}", _clock(seen.peak_at), _clock(since[-1][0])
    zh, en = (words[lower] for words in course.value)
    return CourseLine(
        f"{seen.station.name_zh}{zh}：最近 {LAST} 个读数 {last}{unit}（至 {at}）；{'最低' if lower else '最高'} {peak}（{peak_at}）。",
        f"{seen.station.name_en}: {en}. The last {LAST} readings were {last}{unit} (to {at}); {'lowest' if lower else 'highest'} {peak} at {peak_at}.",
    )


def _clock(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"
