"""Observed against predicted at one station, as a drawing (SVG) for the report."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, floor, log10
from statistics import median
from typing import Any

from riverchief.base.clock import SHANGHAI

WIDTH, HEIGHT = 520, 120
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 6, 18
MOST_VALUES, MOST_HOURS, HALF_LABEL = 6, 9, 24
GAP_STEPS = 3.0
"""So many usual steps without a usable reading are a gap, over which nothing is drawn."""

Point = Sequence[Any]
"""Time, mean, low, high, low and high of a single reading."""


def drawing(
    observed: Sequence[tuple[datetime, float | None, str]],
    predicted: Sequence[Point],
    alone: Mapping[datetime, float],
    first: datetime,
    last: datetime,
    font: str,
) -> str:
    """Dots for readings (hollow when flagged), a line and two bands for what is predicted, from `first` to `last`.

    Diamonds for readings that stand alone, at the moments `alone` with the probability that they are wrong: more likely wrong
    than right, they do not set the scale, and stand at the edge where they go beyond it.
    """
    values = [value for at, value, _ in observed if value is not None and alone.get(at, 0.0) <= 0.5]
    values += [value for point in predicted for value in point[1:] if value is not None]
    top = max(0.0, *values) * 1.05 or 1.0
    span = (last - first).total_seconds() or 1.0

    def x(at: datetime) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at - first).total_seconds() / span

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * max(value, 0.0) / top

    parts = [*_axes(x, y, top, first, last, font)]
    for run in unbroken(predicted):
        for low, high, shade in ((4, 5, "#dcebea"), (2, 3, "#b4d3d2")):
            if all(point[low] is not None for point in run):
                way = [(x(p[0]), y(p[high])) for p in run] + [(x(p[0]), y(p[low])) for p in reversed(run)]
                parts.append(f'<polygon points="{_way(way)}" fill="{shade}"/>')
        line = _way([(x(point[0]), y(point[1])) for point in run])
        parts.append(f'<polyline points="{line}" fill="none" stroke="#0f6b6b" stroke-width="1.2"/>')
    for at, value, flag in observed:
        if value is not None and at in alone:
            middle = f"{x(at):.1f} {y(min(value, top)):.1f}"
            parts.append(
                f'<path d="M{middle} m0-3 3 3-3 3-3-3z" fill="#fff" stroke="#1f1d1a" stroke-width="0.9"/>'
            )
        elif value is not None:
            look = 'fill="#1f1d1a"' if flag == "N" else 'fill="#fff" stroke="#5f5a51" stroke-width="0.7"'
            parts.append(f'<circle cx="{x(at):.1f}" cy="{y(value):.1f}" r="1.4" {look}/>')
    body = "".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{body}</svg>'


def unbroken(points: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """The runs of points between gaps."""
    steps = [(b[0] - a[0]).total_seconds() for a, b in pairwise(points)]
    usual = median(steps) if steps else 0.0
    start = 0
    for number, step in enumerate(steps, start=1):
        if step > GAP_STEPS * usual:
            yield points[start:number]
            start = number
    if points:
        yield points[start:]


def _axes(x: Any, y: Any, top: float, first: datetime, last: datetime, font: str) -> Iterator[str]:
    text = f'font-family="{font}" font-size="7" fill="#5f5a51"'
    for value in round_values(top):
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ded9d0"/>'
        yield f'<text x="{LEFT - 4}" y="{y(value) + 2.5:.1f}" text-anchor="end" {text}>{value:g}</text>'
    for at in round_hours(first, last):
        here = x(at)
        anchor = "end" if here > WIDTH - HALF_LABEL else "middle"
        yield f'<text x="{here:.1f}" y="{HEIGHT - 5}" text-anchor="{anchor}" {text}>{at:%m-%d %H:%M}</text>'


def round_values(top: float) -> list[float]:
    """From 0 in steps of 1, 2 or 5 times a power of ten, at most six, up to the top."""
    exponent = floor(log10(top))
    step = next(
        step
        for power in (exponent - 1, exponent)
        for step in (1 * 10.0**power, 2 * 10.0**power, 5 * 10.0**power)
        if top / step < MOST_VALUES
    )
    return [number * step for number in range(int(top / step) + 1)]


def round_hours(first: datetime, last: datetime) -> list[datetime]:
    """Full hours of Beijing time, counted from midnight, so many apart that their labels do not touch."""
    span_h = (last - first).total_seconds() / 3600
    step_h = next((hours for hours in (1, 2, 3, 6, 12, 24, 48) if span_h / hours < MOST_HOURS), 168)
    local = first.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = ceil((local - midnight).total_seconds() / 3600 / step_h)
    steps = (midnight + timedelta(hours=step_h * (ahead + number)) for number in range(MOST_HOURS + 1))
    return [at for at in steps if at <= last]


def _way(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
