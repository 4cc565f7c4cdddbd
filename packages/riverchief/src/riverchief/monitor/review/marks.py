"""Readings that a station first sent as measurements, and flagged otherwise later.

To mark its own readings is a station's right, and takes none of their values away. But a mark takes a value out of every
figure, so that a person is told of it: what it was, and when the mark came.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from riverchief.monitor.models import Reading
from riverchief.monitor.review import sentences
from riverchief.monitor.review.control import Suspicion
from riverchief.monitor.review.models import Doubt, Rule
from riverchief.monitor.review.readings import flagged_later
from riverchief.registry.models import Station


def marked_later(station: Station, known: Iterable[Doubt], recent: datetime) -> list[Suspicion]:
    """Of each series the values that were measurements first and are none now, if the mark came from `recent` on or is told by
    an open doubt of `known`; what a person has kept is told no more."""
    kept, told = (
        [doubt for doubt in known if doubt.state == state] for state in (Doubt.State.KEPT, Doubt.State.OPEN)
    )
    found: defaultdict[tuple[str, str], list[Reading]] = defaultdict(list)
    for row in flagged_later(station):
        if not _within(row, kept) and (row.received_at >= recent or _within(row, told)):
            found[row.parameter, row.kind].append(row)
    return [_suspicion(run) for run in found.values()]


def _within(row: Reading, doubts: Iterable[Doubt]) -> bool:
    series = (row.parameter, row.kind)
    return any(
        (doubt.parameter, doubt.kind) == series
        and doubt.last_at is not None
        and doubt.first_at <= row.period_start <= doubt.last_at
        for doubt in doubts
    )


def _suspicion(run: list[Reading]) -> Suspicion:
    first, last = run[0], run[-1]
    values = [row.value for row in run if row.value is not None]
    flags = sorted({row.flag for row in run})
    said = sentences.marked(
        first.parameter,
        len(run),
        (min(values), max(values)),
        last.unit,
        flags,
        max(row.received_at for row in run),
    )
    return Suspicion(
        Rule.MARKED,
        first.parameter,
        first.kind,
        first.period_start,
        last.period_start,
        len(run),
        max(values),
        None,
        last.unit,
        said,
        ended=True,
    )
