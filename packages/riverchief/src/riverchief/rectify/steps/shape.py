"""What a row of the table of transitions looks like."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from riverchief.accounts.roles import Capability
from riverchief.rectify.codes import ClueState, ProblemState

FieldKind = Literal[
    "text",
    "choice",
    "date",
    "moment",
    "evidence",
    "organisation",
    "entity",
    "person",
    "position",
    "found",
    "campaign",
    "area",
    "problem",
]


@dataclass(frozen=True)
class Field:
    """An input of an action, as a form shows it; `options` names a code table."""

    name: str
    kind: FieldKind
    label_zh: str
    label_en: str
    required: bool = True
    options: str = ""


class Party(StrEnum):
    """Which side an action is for: whoever has the capability in the area, or the assigned organisation only."""

    OFFICE = "office"
    ASSIGNED = "assigned"


class Fact(StrEnum):
    """What must hold of a problem beside its state."""

    URGED = "urged"
    ASKED = "asked"
    NOT_ASKED = "not_asked"
    PAUSED = "paused"
    RUNNING = "running"
    SUSPECTED = "suspected"
    NOT_SUSPECTED = "not_suspected"
    NOT_BLOCKED = "not_blocked"


@dataclass(frozen=True)
class Transition:
    """An action on a problem: in which states it can be done, what the problem becomes, who may, what follows.

    An action that `becomes` None leaves the state as it is; `needs` is what must hold beside it; what is
    `aside` is seldom the next step, and offered below the others.
    """

    action: str
    accepts: frozenset[ProblemState]
    becomes: ProblemState | None
    capability: Capability
    party: Party
    label_zh: str
    label_en: str
    consequence_zh: str
    consequence_en: str
    fields: tuple[Field, ...]
    needs: tuple[Fact, ...] = ()
    aside: bool = False

    @property
    def name(self) -> str:
        """The action's name in the log."""
        return f"problem.{self.action}"


@dataclass(frozen=True)
class ClueTransition:
    """An action on a clue; all are decisions of a person on an open clue."""

    action: str
    becomes: ClueState
    capability: Capability
    label_zh: str
    label_en: str
    consequence_zh: str
    consequence_en: str
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        """The action's name in the log."""
        return f"clue.{self.action}"


EVIDENCE = Field("evidence_ids", "evidence", "照片或文件", "Photos or files", required=False)

WITH_THE_UNIT = frozenset(
    {
        ProblemState.ASSIGNED,
        ProblemState.SIGNED_FOR,
        ProblemState.PLANNED,
        ProblemState.SENT_BACK,
        ProblemState.REOPENED,
    }
)
"""States in which a unit has an order and has not reported the work as done."""

OPEN = WITH_THE_UNIT | {ProblemState.REGISTERED, ProblemState.REFUSED}
"""States in which the work is not reported as done: outstanding."""
