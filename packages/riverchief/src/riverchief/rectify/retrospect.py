"""What people found in the end, for judging traces by it, and for whoever would rule it out."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from django.db.models import Q

from riverchief.rectify.codes import PROBLEM_STATES, ProblemState
from riverchief.rectify.models import Problem
from riverchief.trace.confirmed import Confirmed

_NOT_STANDING = (ProblemState.WRITTEN_OFF, ProblemState.ARCHIVED, ProblemState.MERGED)


def confirmed_outfalls(event_ids: Sequence[int]) -> dict[int, int]:
    """Event to the outfall that people confirmed to be its source, where they did."""
    rows = Problem.objects.filter(clue__event_id__in=event_ids, outfall__isnull=False).order_by("id")
    return {
        event_id: outfall_id
        for event_id, outfall_id in rows.values_list("clue__event_id", "outfall_id")
        if event_id is not None and outfall_id is not None
    }


def confirmed_against(event_id: int, outfall_ids: Collection[int]) -> dict[int, list[Confirmed]]:
    """By outfall the problems that stand, the oldest first: not written off, or of the event itself in whatever state.

    A problem exists only because a person confirmed its clue, and names the outfall that was found.
    """
    rows = Problem.objects.filter(
        ~Q(state__in=_NOT_STANDING) | Q(clue__event_id=event_id), outfall_id__in=outfall_ids
    ).select_related("clue")
    found: dict[int, list[Confirmed]] = defaultdict(list)
    for row in rows.order_by("id"):
        assert row.outfall_id is not None  # filtered
        words = PROBLEM_STATES[ProblemState(row.state)]
        found[row.outfall_id].append(
            Confirmed(row.pk, row.number, row.state, *words, row.opened_at, _of(row, event_id))
        )
    return found


def _of(row: Problem, event_id: int) -> bool:
    return row.clue is not None and row.clue.event_id == event_id
