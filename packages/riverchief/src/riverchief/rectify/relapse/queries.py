"""What came after the write-off, as a problem's page shows it. What people wrote is for those who work on it."""

from typing import Any

from riverchief.rectify.models import Problem
from riverchief.rectify.shown import named

Shown = dict[str, Any]


def after_of(problem: Problem, *, whole: bool) -> Shown:
    """Call-backs and suspected relapses; `whole`: with what people wrote and what was measured."""
    return {
        "reopenings": problem.reopenings,
        "call_backs": [
            {
                "holds": row.holds,
                "finding": row.finding if whole else None,
                "by": named(row.by),
                "at": row.at,
            }
            for row in problem.call_backs.select_related("by")
        ],
        "suspicions": [
            {
                "observation": row.observation if whole else None,
                "facts": row.facts if whole else {},
                "raised_by": named(row.raised_by),
                "raised_at": row.raised_at,
                "judgement": row.judgement,
                "reason": row.reason if whole else None,
                "judged_by": named(row.judged_by),
                "judged_at": row.judged_at,
            }
            for row in problem.suspicions.select_related("raised_by", "judged_by")
        ],
    }
