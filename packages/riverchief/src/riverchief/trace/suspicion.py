"""How the suspicion moved from one attempt at an event to the next."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models.fields.json import KeyTextTransform

from riverchief.accounts.models import User
from riverchief.base.errors import in_language
from riverchief.trace.codes import TraceState
from riverchief.trace.listing import cut_off, ruled_out
from riverchief.trace.models import Trace, TraceCandidate
from riverchief.trace.visibility import PLACED, View, unveiled_to, words_of

Shown = dict[str, Any]

LEADING = 3
"""A place is followed through all attempts if it was among so many in any of them."""

MOST_FOLLOWED = 8


def reason_of(row: Trace, language: str, reader: User) -> str:
    """Why an attempt was made: a person's own words as far as the reader may know them, the system's in their language."""
    if row.requested_by is None:
        return in_language(row.reason, language)
    return words_of(row.requested_by, row.reason, reader, row)


def history(event_id: int, language: str, view: View) -> Shown:
    """The finished attempts at an event (none in retrospect), oldest first, and what each gave the places that led in any of them.

    A place that an attempt did not weigh (it came into question only later, or no more) has None there; one that is
    not in `view` is not told of.
    """
    attempts = list(
        Trace.objects.filter(event_id=event_id, state=TraceState.DONE, retrospective=False)
        .annotate(unveiled=unveiled_to(view.paths), noted=KeyTextTransform("note", "result"))  # type: ignore[no-redef]
        .defer("inputs", "result")
        .select_related("requested_by")
        .order_by("attempt")
    )
    given: dict[str, dict[int, TraceCandidate]] = defaultdict(dict)
    for row in TraceCandidate.objects.filter(trace__in=attempts).select_related("adjustment", *PLACED):
        if view.sees(row):
            given[row.key][row.trace_id] = row
    below = cut_off()
    leading = [
        rows
        for rows in given.values()
        if any(row.rank <= LEADING and not ruled_out(row, below) for row in rows.values())
    ]

    def standing(rows: dict[int, TraceCandidate]) -> tuple[float, ...]:
        """By the last attempt first."""
        return tuple(-rows[trace.pk].probability if trace.pk in rows else 0.0 for trace in reversed(attempts))

    leading.sort(key=standing)
    return {
        "attempts": [
            {
                "trace_id": trace.pk,
                "attempt": trace.attempt,
                "finished_at": trace.finished_at,
                "reason": reason_of(trace, language, view.reader),
                "requested_by": _label(trace.requested_by),
                "note": trace.noted or "",
            }
            for trace in attempts
        ],
        "places": [_followed(rows, attempts) for rows in leading[:MOST_FOLLOWED]],
    }


def _followed(rows: dict[int, TraceCandidate], attempts: Sequence[Trace]) -> Shown:
    any_row = next(iter(rows.values()))
    return {
        "kind": any_row.kind,
        "outfall": outfall_of(any_row),
        "label": label_of(any_row),
        "reach_id": any_row.reach_id,
        "probabilities": [rows[trace.pk].probability if trace.pk in rows else None for trace in attempts],
    }


def outfall_of(row: TraceCandidate) -> Shown | None:
    """The outfall of a candidate by name; None for a place that is none."""
    outfall = row.outfall
    if outfall is None:
        return None
    return {
        "id": outfall.pk,
        "code": outfall.code,
        "name_zh": outfall.name_zh,
        "name_en": outfall.name_en,
    }


def label_of(row: TraceCandidate) -> str:
    """What the person who added it calls a place; empty for every other candidate."""
    return row.adjustment.label if row.adjustment else ""


def _label(user: User | None) -> str | None:
    return user.label if user else None
