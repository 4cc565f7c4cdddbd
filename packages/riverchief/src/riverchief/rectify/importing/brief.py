"""Where a problem came from, as its page says it."""

from typing import Any

from riverchief.rectify.models import Problem


def taken_over_of(problem: Problem, *, whole: bool) -> dict[str, Any] | None:
    """Where a problem came from an old ledger; its words only for who sees the whole of it."""
    if not problem.taken_over_as:
        return None
    entry = problem.taken_over
    return {
        "as_state": problem.taken_over_as,
        "old_number": entry.old_number,
        "old_state": entry.old_state if whole else None,
        "requirement": entry.requirement if whole else None,
        "row": entry.row,
        "placed_by": entry.placed_by,
        "imported_at": entry.ledger.imported_at,
    }
