"""The figures of the ledger. Rectified as reported, verified and written off are counted apart and never mixed.

Two ways of counting stand side by side under names of their own. *Where problems stand*: each is in exactly one of
outstanding, rectified (not verified), verified (not written off), written off. *How far they have come*: reported as
rectified, whatever came after that; verified, whatever came after. What was sent back or reopened has not come so far.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.rectify.codes import ProblemState, Standing

S = ProblemState

STATES: dict[Standing, tuple[ProblemState, ...]] = {
    Standing.OUTSTANDING: (
        S.REGISTERED,
        S.ASSIGNED,
        S.SIGNED_FOR,
        S.REFUSED,
        S.PLANNED,
        S.SENT_BACK,
        S.REOPENED,
    ),
    Standing.RECTIFIED: (S.RECTIFIED,),
    Standing.VERIFIED: (S.VERIFIED,),
    Standing.WRITTEN_OFF: (S.WRITTEN_OFF, S.ARCHIVED),
}
"""The states of the ledger behind each of the four that figures know. What was merged into another is counted there."""

VERIFIED_IN_ALL = (*STATES[Standing.VERIFIED], *STATES[Standing.WRITTEN_OFF])
REPORTED = (*STATES[Standing.RECTIFIED], *VERIFIED_IN_ALL)

FIGURE_STATES: dict[str, tuple[ProblemState, ...]] = {
    "found": (*STATES[Standing.OUTSTANDING], *REPORTED),
    **{str(standing): states for standing, states in STATES.items()},
    "reported": REPORTED,
    "verified_in_all": VERIFIED_IN_ALL,
    "overdue": STATES[Standing.OUTSTANDING],
}
"""Which states each figure counts; `overdue` only those of them that are late."""

TAKEN_OVER = Q(state__in=REPORTED, rectified_by__isnull=True)
"""A condition: an old ledger says that it was reported, and nobody here has."""

_OF = {"overdue": "outstanding"}


def overdue(as_of: datetime) -> Q:
    """A condition: the deadline has passed, does not stand still, and the unit has not reported the work as done."""
    return Q(due_at__lt=as_of, paused_until__isnull=True, state__in=STATES[Standing.OUTSTANDING])


def counted_in(figure: str) -> Q:
    """A condition: what a figure counts.

    Raises:
        InvalidInput: there is no such figure.
    """
    if figure not in FIGURE_STATES:
        raise InvalidInput(
            f"没有名为“{figure}”的数字。|There is no figure “{figure}”.",
            cure=f"请选择：{'、'.join(FIGURE_STATES)}。|Choose one of: {', '.join(FIGURE_STATES)}.",
            field="figure",
        )
    return Q(state__in=FIGURE_STATES[figure])


def counts_of(groups: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Every figure, from groups of problems that say their `state`, how many (`n`) and how many are late (`late`)."""
    groups = list(groups)
    counts = {
        figure: sum(group["n"] for group in groups if group["state"] in states)
        for figure, states in FIGURE_STATES.items()
    }
    return {**counts, "overdue": sum(group["late"] for group in groups)}


def shares_of(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """What each figure is of the found (overdue: of the outstanding), with the whole said."""
    return [
        {
            "figure": figure,
            "count": n,
            "of_figure": _OF.get(figure, "found"),
            "of": counts[_OF.get(figure, "found")],
            "share": n / whole if (whole := counts[_OF.get(figure, "found")]) else None,
        }
        for figure, n in counts.items()
        if figure != "found"
    ]


def is_mixed(groups: Iterable[Mapping[str, Any]]) -> bool:
    """Whether problems are of several denominators: old stock and new finds, or of several campaigns."""
    return len({(group["campaign_id"], group["new_find"]) for group in groups}) > 1


def figures(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Every figure over groups of problems (as of `counts_of`) that say their campaign and part, at this moment.

    Shares only where all problems are of one denominator; others are counted together but no share is taken of the sum
    (`mixed`).
    """
    counts, mixed = counts_of(groups), is_mixed(groups)
    return {
        "as_of": clock.now(),
        **counts,
        "mixed": mixed,
        "shares": [] if mixed else shares_of(counts),
        "taken_over": sum(group["taken"] for group in groups),
    }
