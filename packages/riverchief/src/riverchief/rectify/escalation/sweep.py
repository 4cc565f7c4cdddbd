"""What the clock does with the ledger: pauses end, what waits too long goes to the next level.

All it needs is in the database, so a restart loses nothing; each thing it does is an action that locks the row and looks
again, so two that run at once do nothing twice. Where several levels have passed, the highest is told and no other: an office that
imports its ledger of three years is not told of each old deadline five times.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.rules import get_rule
from riverchief.rectify.clocks.actions import EndPause
from riverchief.rectify.codes import ClueState, ProblemState
from riverchief.rectify.escalation.actions import Escalate
from riverchief.rectify.escalation.models import EscalationStep
from riverchief.rectify.models import Clue, Problem
from riverchief.rectify.steps.shape import WITH_THE_UNIT

S = ProblemState
AT_ONCE = 500
"""So many of each level are told in one run; the others in the next."""

_SINCE = "state_since"
WAITING: dict[str, tuple[Q, str]] = {
    "assign": (Q(state__in=[S.REGISTERED, S.REFUSED]), _SINCE),
    "sign_for": (Q(state=S.ASSIGNED), _SINCE),
    "due": (Q(state__in=WITH_THE_UNIT, paused_until__isnull=True), "due_at"),
    "verify": (Q(state=S.RECTIFIED), _SINCE),
    "write_off": (Q(state=S.VERIFIED), _SINCE),
    "judge": (Q(suspicions__judgement=""), "suspicions__raised_at"),
}
"""For what a problem waits, and since when."""


def look_after_ledger() -> None:
    """Once over everything that waits."""
    paused = Problem.objects.filter(paused_until__lte=clock.now())
    for problem_id in paused.values_list("pk", flat=True):
        with suppress(StateRefused):
            EndPause(actor=SYSTEM, problem_id=problem_id).run()
    matrix: dict[str, list[dict[str, Any]]] = get_rule("rectify.escalation")
    for waits_for, levels in matrix.items():
        for number in range(len(levels) - 1, -1, -1):
            level = levels[number]
            for matter in _due(waits_for, number, timedelta(hours=level["hours"])):
                with suppress(StateRefused):
                    Escalate(
                        actor=SYSTEM,
                        matter=matter,
                        waits_for=waits_for,
                        anchor=matter.anchor,
                        level=number,
                        whom=level["whom"],
                        if_nobody=level.get("if_nobody", False),
                    ).run()


def _due(waits_for: str, level: int, after: timedelta) -> Iterator[Any]:
    """What has waited so long, and has not gone to this level or beyond."""
    rows: QuerySet[Any]
    if waits_for == "clue":
        rows, key = Clue.objects.filter(state=ClueState.OPEN), "clue"
        since = "registered_at"
    else:
        condition, since = WAITING[waits_for]
        rows, key = Problem.objects.filter(condition), "problem"
    told = EscalationStep.objects.filter(
        **{key: OuterRef("pk")}, clock=waits_for, anchor=OuterRef("anchor"), level__gte=level
    )
    waiting = rows.annotate(anchor=F(since)).filter(anchor__lte=clock.now() - after)
    return iter(waiting.filter(~Exists(told)).order_by("anchor", "pk")[:AT_ONCE])
