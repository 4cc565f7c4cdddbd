"""What an old ledger had let pass before it came here: told in sum, once, and not problem by problem."""

from datetime import timedelta
from typing import Any

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.rectify.escalation.models import EscalationStep
from riverchief.rectify.escalation.sweep import WAITING
from riverchief.rectify.importing.models import LedgerImport
from riverchief.rectify.models import Problem


def count_as_told(ledger: LedgerImport) -> int:
    """Write for every clock that has passed levels of the matrix already that the highest of them was told; returns how many.

    Levels still to come are told as ever, and a deadline that is moved starts anew.
    """
    now = clock.now()
    matrix: dict[str, list[dict[str, Any]]] = get_rule("rectify.escalation")
    steps = []
    for waits_for in matrix.keys() & WAITING.keys():
        condition, since = WAITING[waits_for]
        waiting = Problem.objects.filter(condition, taken_over__ledger=ledger).values_list("pk", since)
        for problem_id, anchor in waiting:
            passed = [
                number
                for number, level in enumerate(matrix[waits_for])
                if anchor + timedelta(hours=level["hours"]) <= now
            ]
            if passed:
                steps.append(
                    EscalationStep(
                        problem_id=problem_id,
                        clock=waits_for,
                        anchor=anchor,
                        level=max(passed),
                        at=now,
                        nobody=False,
                    )
                )
    return len(EscalationStep.objects.bulk_create(steps, batch_size=2_000))
