"""The one table of the ledger's transitions.

The actions obey it, the API offers buttons from it, the manual prints it and a test walks through every pair of
state and action. What an action is called and what follows from it is said here once, in both languages.
"""

from riverchief.rectify.steps import after, beside, clues, course
from riverchief.rectify.steps.shape import ClueTransition, Fact, Field, Party, Transition

__all__ = ["CLUE_TRANSITIONS", "TRANSITIONS", "ClueTransition", "Fact", "Field", "Party", "Transition"]

TRANSITIONS: dict[str, Transition] = {row.action: row for row in (*course.ROWS, *beside.ROWS, *after.ROWS)}
"""The actions on a problem, by key. A problem is registered by confirming its clue (`clue.confirm`)."""

CLUE_TRANSITIONS: dict[str, ClueTransition] = {row.action: row for row in clues.ROWS}
"""The actions on a clue."""
