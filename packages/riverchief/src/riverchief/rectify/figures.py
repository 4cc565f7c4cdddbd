"""The figures of the ledger. Rectified as reported, verified and written off are counted apart and never mixed."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from riverchief.base import clock
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.models import Problem

DONE_STATES = (ProblemState.RECTIFIED, ProblemState.VERIFIED, ProblemState.WRITTEN_OFF)


def overdue(as_of: datetime) -> Q:
    """A condition: the deadline has passed and the unit has not reported the work as done."""
    return Q(due_at__lt=as_of) & ~Q(state__in=DONE_STATES)


def figures(rows: "QuerySet[Problem]") -> dict[str, Any]:
    """Counts over problems, at this moment.

    Every problem found is in exactly one of rectified (as reported, not verified), verified (not written off),
    written off, outstanding. Overdue ones are a part of the outstanding. A share says of how many it is.
    """
    as_of = clock.now()
    counts = rows.order_by().aggregate(
        found=Count("pk"),
        rectified=Count("pk", filter=Q(state=ProblemState.RECTIFIED)),
        verified=Count("pk", filter=Q(state=ProblemState.VERIFIED)),
        written_off=Count("pk", filter=Q(state=ProblemState.WRITTEN_OFF)),
        outstanding=Count("pk", filter=~Q(state__in=DONE_STATES)),
        overdue=Count("pk", filter=overdue(as_of)),
    )
    of = {"overdue": "outstanding"}
    parts = ("rectified", "verified", "written_off", "outstanding", "overdue")
    shares = [
        {
            "figure": part,
            "count": counts[part],
            "of_figure": of.get(part, "found"),
            "of": counts[of.get(part, "found")],
            "share": counts[part] / whole if (whole := counts[of.get(part, "found")]) else None,
        }
        for part in parts
    ]
    return {"as_of": as_of, **counts, "shares": shares}
