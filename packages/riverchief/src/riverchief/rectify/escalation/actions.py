"""A step of the escalation matrix, done by the clock."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from django.db.models import QuerySet

from riverchief.base import clock
from riverchief.base.actions import SystemAction
from riverchief.base.errors import StateRefused
from riverchief.base.notifications import notify
from riverchief.rectify.codes import WAITING_FOR
from riverchief.rectify.escalation.models import EscalationStep
from riverchief.rectify.escalation.recipients import Waiting, instead_of_nobody, whose_turn
from riverchief.rectify.models import Clue, Problem


@dataclass(kw_only=True)
class Escalate(SystemAction[EscalationStep]):
    """Tell those whose turn it is at a level; where they are no one, the office above."""

    name: ClassVar[str] = "problem.escalate"
    matter: Waiting
    waits_for: str
    anchor: datetime
    level: int
    whom: list[str]
    if_nobody: bool = False
    locked: Waiting = field(init=False, repr=False)

    def load(self) -> None:
        """The row, locked: two jobs at once take turns."""
        rows = type(self.matter)._default_manager.select_for_update(of=("self",)).select_related("area")
        self.locked = rows.get(pk=self.matter.pk)

    def check_state(self) -> None:
        """Once for each level, and not below one that was reached."""
        if self._steps().filter(level__gte=self.level).exists():
            raise StateRefused("已提醒或上报。|Told already.")

    def _steps(self) -> "QuerySet[EscalationStep]":
        return self.locked.escalation_steps.filter(clock=self.waits_for, anchor=self.anchor)

    def execute(self) -> EscalationStep:
        """Write the step, tell the people."""
        matter = self.locked
        regular = whose_turn(matter, self.whom)
        people = regular or instead_of_nobody(matter)
        step = EscalationStep.objects.create(
            clue=matter if isinstance(matter, Clue) else None,
            problem=matter if isinstance(matter, Problem) else None,
            clock=self.waits_for,
            anchor=self.anchor,
            level=self.level,
            at=clock.now(),
            nobody=not regular,
        )
        if not (self.if_nobody and regular):
            step.people.set(people)
            self._tell(people)
        state = {"from": matter.state, "to": matter.state} if isinstance(matter, Problem) else {}
        chain = matter.chain if isinstance(matter, Problem) else f"clue:{matter.pk}"
        self.log(
            chain,
            waits_for=self.waits_for,
            level=self.level,
            nobody=not regular,
            people=len(people) if step.people.exists() else 0,
            **state,
        )
        return step

    def _tell(self, people: list[int]) -> None:
        zh, en = WAITING_FOR[self.waits_for]
        hours = round((clock.now() - self.anchor).total_seconds() / 3600)
        since_zh = f"已 {hours} 小时" if hours >= 0 else f"还有 {-hours} 小时"
        since_en = f"for {hours} h" if hours >= 0 else f"{-hours} h left"
        is_problem = isinstance(self.locked, Problem)
        notify(
            people,
            kind="escalated",
            title_zh=f"{'问题' if is_problem else '线索'} {self.locked.number}：{zh}，{since_zh}",
            title_en=f"{'Problem' if is_problem else 'Clue'} {self.locked.number}: {en}, {since_en}",
            link=f"/{'problems' if is_problem else 'clues'}/{self.locked.pk}",
            dedupe=f"escalated:{self.waits_for}:{self.locked.pk}:{self.anchor:%Y%m%d%H%M%S}:{self.level}",
        )
