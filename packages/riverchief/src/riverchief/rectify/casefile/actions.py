"""Taking a case file away, which the problem's history tells."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.base.actions import Action
from riverchief.base.errors import NotFound
from riverchief.rectify.access import person, whole_problems
from riverchief.rectify.models import Problem


@dataclass(kw_only=True)
class ExportCase(Action[Problem]):
    """Note who takes the case file of a problem; only those who see everything of it may."""

    name: ClassVar[str] = "problem.export_case"
    problem_id: int
    with_clue: bool
    problem: Problem = field(init=False, repr=False)

    def load(self) -> None:
        """Lock the problem; one of which the person does not see everything does not exist for them."""
        whole = whole_problems(person(self.actor)).filter(pk=self.problem_id).exists()
        if not whole:
            raise NotFound(f"没有编号为 {self.problem_id} 的问题。|There is no problem {self.problem_id}.")
        self.problem = Problem.objects.select_for_update(of=("self",)).get(pk=self.problem_id)

    def check_permission(self) -> None:
        """Whoever sees everything of it."""

    def execute(self) -> Problem:
        """The line in the history is part of the very file."""
        self.log(self.problem.chain, with_clue=self.with_clue)
        return self.problem
