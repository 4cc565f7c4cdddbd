"""The ledger counted twice: as the database keeps it, and from the rows."""

from collections import Counter
from typing import Any

from riverchief.rectify.models import Problem, ProblemTally
from riverchief.rectify.tally.queries import county_of

Counts = dict[tuple[Any, ...], list[float]]
_GROUP = ("area_id", "campaign_id", "new_find", "kind", "unit_id", "state")


def kept_counts() -> Counts:
    """By group: problems, reported and seconds to it, written off and seconds to it."""
    sums: dict[tuple[Any, ...], Counter[int]] = {}
    for row in ProblemTally.objects.all():
        group = sums.setdefault((*(getattr(row, name) for name in _GROUP), row.reopenings), Counter())
        taken = (
            row.problems,
            row.reported,
            row.reported_s,
            row.written_off,
            row.written_off_s,
            row.taken_over,
        )
        for place, value in enumerate(taken):
            group[place] += value
    return {
        key: [float(group[place]) for place in range(6)] for key, group in sums.items() if any(group.values())
    }


def true_counts() -> Counts:
    """The same from the rows of the ledger."""
    counties = county_of()
    sums: Counts = {}
    for row in Problem.objects.all():
        key = (counties[row.area_id], *(getattr(row, name) for name in _GROUP[1:]), min(row.reopenings, 1))
        group = sums.setdefault(key, [0.0] * 6)
        group[0] += 1
        for place, at in ((1, row.rectified_at), (3, row.written_off_at)):
            if at is not None:
                group[place] += 1
                group[place + 1] += (at - row.opened_at).total_seconds()
        group[5] += row.rectified_at is not None and row.rectified_by_id is None
    return sums
