"""Filing a case, and what is done in it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import ClassVar

from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.models import Evidence
from riverchief.rectify import attachments
from riverchief.rectify.access import person, visible_problems
from riverchief.rectify.actions.inputs import one_of, text
from riverchief.rectify.codes import CASE_STEPS, CaseStepKind, ProblemState
from riverchief.rectify.enforcement.models import Case, CaseStep
from riverchief.rectify.models import Problem


def _not_in_future(day: date, field_name: str) -> None:
    if day > clock.today():
        raise InvalidInput(
            "日期在将来。|The day lies in the future.", cure="请核对日期。|Check the day.", field=field_name
        )


@dataclass(kw_only=True)
class FileCase(Action[Case]):
    """File a case 立案 about a problem; its rectification goes on beside it."""

    name: ClassVar[str] = "case.file"
    problem_id: int
    number: str
    party: str
    reason: str
    filed_on: date
    problem: Problem = field(init=False, repr=False)

    def load(self) -> None:
        """The problem; one that the person may not know of does not exist for them."""
        seen = visible_problems(person(self.actor)).filter(pk=self.problem_id)
        found = seen.select_related("area").first()
        if found is None:
            raise NotFound(f"没有编号为 {self.problem_id} 的问题。|There is no problem {self.problem_id}.")
        self.problem = found

    def check_permission(self) -> None:
        """Enforcement, in the area of the problem."""
        require(self.actor, Capability.ENFORCE, self.problem.area.path)

    def check_state(self) -> None:
        """A number that no other case has; a problem that counts."""
        self.number = text(self.number, "number", longest=80)
        self.party = text(self.party, "party", longest=160)
        self.reason = text(self.reason, "reason")
        _not_in_future(self.filed_on, "filed_on")
        if self.problem.state == ProblemState.MERGED:
            raise StateRefused(
                "该问题已并入其他问题。|This problem was merged into another.",
                cure="请对并入后的问题立案。|File the case about the other one.",
            )
        if Case.objects.filter(number=self.number).exists():
            raise InvalidInput(
                f"立案号“{self.number}”已在使用。|The case number “{self.number}” is in use.",
                cure="请核对立案号。|Check the number.",
                field="number",
            )

    def execute(self) -> Case:
        """File it."""
        case = Case.objects.create(
            problem=self.problem,
            number=self.number,
            party=self.party,
            reason=self.reason,
            filed_on=self.filed_on,
            filed_by=person(self.actor),
            filed_at=clock.now(),
        )
        self.log(
            case.chain,
            problem=self.problem.number,
            number=self.number,
            party=self.party,
            reason=self.reason,
            filed_on=self.filed_on.isoformat(),
        )
        self.announce("rectify.case_changed", area=self.problem.area.path, restricted=True, case_id=case.pk)
        return case


@dataclass(kw_only=True)
class RecordCaseStep(Action[Case]):
    """Record a penalty, a transfer to the police, a permit that was completed, or the end of a case."""

    name: ClassVar[str] = "case.step"
    case_id: int
    kind: str
    on: date
    note: str
    amount_yuan: Decimal | None = None
    evidence_ids: list[int] = field(default_factory=list)
    case: Case = field(init=False, repr=False)
    files: list[Evidence] = field(init=False, repr=False)

    def load(self) -> None:
        """The case, locked."""
        rows = Case.objects.select_for_update(of=("self",)).select_related("problem__area")
        found = rows.filter(pk=self.case_id).first()
        if found is None or not allows(self.actor, Capability.VIEW_ENFORCEMENT, found.problem.area.path):
            raise NotFound(f"没有编号为 {self.case_id} 的案件。|There is no case {self.case_id}.")
        self.case = found

    def check_permission(self) -> None:
        """Enforcement, in the area of the problem."""
        require(self.actor, Capability.ENFORCE, self.case.problem.area.path)

    def check_state(self) -> None:
        """In an open case, in the order of days, with a word; a penalty may have an amount."""
        one_of(self.kind, CASE_STEPS, "kind")
        self.note = text(self.note, "note")
        _not_in_future(self.on, "on")
        self.files = attachments.usable(person(self.actor), self.evidence_ids)
        if self.case.closed_on is not None:
            raise StateRefused(
                f"案件 {self.case.number} 已结案。|Case {self.case.number} is closed.",
                cure="如有新情况，请另行立案。|File a new case.",
            )
        if self.on < self.case.filed_on:
            raise InvalidInput(
                "日期早于立案日期。|The day lies before the case was filed.",
                cure="请核对日期。|Check the day.",
                field="on",
            )
        if self.amount_yuan is not None and (self.kind != CaseStepKind.PENALTY or self.amount_yuan <= 0):
            raise InvalidInput(
                "只有处罚可填大于 0 的金额。|Only a penalty has an amount, above 0.",
                cure="请去掉金额。|Leave the amount out.",
                field="amount_yuan",
            )

    def execute(self) -> Case:
        """Write the step; the last one closes the case."""
        step = CaseStep.objects.create(
            case=self.case,
            kind=self.kind,
            on=self.on,
            note=self.note,
            amount_yuan=self.amount_yuan,
            recorded_by=person(self.actor),
            recorded_at=clock.now(),
        )
        step.files.set(self.files)
        if self.kind == CaseStepKind.CLOSED:
            self.case.closed_on = self.on
            self.case.save()
        self.log(
            self.case.chain,
            kind=self.kind,
            on=self.on.isoformat(),
            note=self.note,
            amount_yuan=str(self.amount_yuan) if self.amount_yuan is not None else None,
            evidence=[file.sha256 for file in self.files],
        )
        area = self.case.problem.area.path
        self.announce("rectify.case_changed", area=area, restricted=True, case_id=self.case.pk)
        return self.case
