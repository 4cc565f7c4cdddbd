"""Who is on duty when: the shifts in force at a place, and where a roster has gaps or overlaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from riverchief.accounts.models import Area, User
from riverchief.monitor.duty.models import Shift

PLACES = ("person", "deputy", "leader")
"""The places in a shift's chain, in order."""


@dataclass(frozen=True)
class Span:
    """A stretch of time in which a roster has nobody, or two shifts."""

    start: datetime
    end: datetime


def shifts_between(area: Area, start: datetime, end: datetime) -> list[Shift]:
    """The shifts of an area's own desk that touch a time, in order."""
    rows = Shift.objects.filter(area=area, starts_at__lt=end, ends_at__gt=start)
    return list(rows.select_related("area", "person", "deputy", "leader").order_by("starts_at", "id"))


def on_duty(area: Area, at: datetime) -> list[Shift]:
    """The shifts that answer for an area at a time: its own, else those of the nearest area above that has one.

    Empty where no desk is staffed. Of two that overlap both answer: better one told too many than one too few.
    """
    above = area.path.strip("/").split("/")
    rows = list(
        Shift.objects.filter(area_id__in=above, starts_at__lte=at, ends_at__gt=at)
        .select_related("area", "person", "deputy", "leader")
        .order_by("starts_at", "id")
    )
    if not rows:
        return []
    nearest = max(len(row.area.path) for row in rows)
    return [row for row in rows if len(row.area.path) == nearest]


def people_at(place: str, shifts: Iterable[Shift]) -> list[User]:
    """Who stands at a place of the chain ("person", "deputy", "leader") in any of the shifts; each once."""
    found = {person.pk: person for shift in shifts if (person := getattr(shift, place)) is not None}
    return list(found.values())


def gaps(shifts: Sequence[Shift], start: datetime, end: datetime) -> list[Span]:
    """The stretches of a time that none of `shifts` covers."""
    found, covered_to = [], start
    for shift in sorted(shifts, key=lambda each: each.starts_at):
        if shift.starts_at > covered_to:
            found.append(Span(covered_to, min(shift.starts_at, end)))
        covered_to = max(covered_to, shift.ends_at)
        if covered_to >= end:
            break
    if covered_to < end:
        found.append(Span(covered_to, end))
    return found


def overlaps(shifts: Sequence[Shift]) -> list[Span]:
    """The stretches that two or more of `shifts` cover; touching ones are one."""
    found: list[Span] = []
    covered_to: datetime | None = None
    for shift in sorted(shifts, key=lambda each: each.starts_at):
        if covered_to is not None and shift.starts_at < covered_to:
            doubled = Span(shift.starts_at, min(covered_to, shift.ends_at))
            if found and doubled.start <= found[-1].end:
                found[-1] = Span(found[-1].start, max(found[-1].end, doubled.end))
            else:
                found.append(doubled)
        covered_to = shift.ends_at if covered_to is None else max(covered_to, shift.ends_at)
    return found
