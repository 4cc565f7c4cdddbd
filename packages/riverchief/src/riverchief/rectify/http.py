"""What the API rooms of the ledger share: who may take a step, and what it answers."""

from typing import Any

from riverchief.accounts.api import SessionAuth
from riverchief.rectify.models import Problem
from riverchief.rectify.transitions import CLUE_TRANSITIONS, TRANSITIONS


def who_decides(step: str) -> SessionAuth:
    """Whoever may decide so about a clue somewhere."""
    return SessionAuth(CLUE_TRANSITIONS[step].capability)


def who_may(step: str) -> SessionAuth:
    """Whoever may take a step on a problem somewhere."""
    return SessionAuth(TRANSITIONS[step].capability)


def changed(problem: Problem) -> dict[str, Any]:
    """How a problem stands after a step."""
    return {"id": problem.pk, "number": problem.number, "state": problem.state}
