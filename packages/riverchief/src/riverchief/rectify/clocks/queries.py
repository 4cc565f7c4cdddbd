"""A problem's clocks, as its page shows them. What people wrote is for those who work on it."""

from datetime import timedelta
from typing import Any

from riverchief.base import clock
from riverchief.rectify.models import Problem
from riverchief.rectify.shown import named

Shown = dict[str, Any]


def clocks_of(problem: Problem, *, whole: bool) -> Shown:
    """The clocks; `whole`: with what people wrote."""
    now = clock.now()
    pauses = list(problem.pauses.select_related("paused_by"))
    stood = sum(((pause.ended_at or now) - pause.since for pause in pauses), timedelta())
    return {
        "open_days": ((problem.written_off_at or now) - problem.opened_at).days,
        "paused_days": stood.days,
        "paused_until": problem.paused_until,
        "pauses": [
            {
                "since": row.since,
                "until": row.until,
                "reason": row.reason if whole else None,
                "paused_by": named(row.paused_by),
                "ended_at": row.ended_at,
            }
            for row in pauses
        ],
        "extensions": [
            {
                "due_before": row.due_before,
                "asked_until": row.asked_until,
                "reason": row.reason if whole else None,
                "asked_by": named(row.asked_by),
                "asked_at": row.asked_at,
                "granted": row.granted,
                "due_after": row.due_after,
                "decision": row.decision if whole else None,
                "decided_by": named(row.decided_by),
                "decided_at": row.decided_at,
            }
            for row in problem.extensions.select_related("asked_by", "decided_by")
        ],
        "urgings": [
            {
                "message": row.message if whole else None,
                "urged_by": named(row.urged_by),
                "urged_at": row.urged_at,
                "answer": row.answer if whole else None,
                "answered_by": named(row.answered_by),
                "answered_at": row.answered_at,
            }
            for row in problem.urgings.select_related("urged_by", "answered_by")
        ],
    }
