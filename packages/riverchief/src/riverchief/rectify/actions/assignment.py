"""Giving a problem to a unit, and the unit's answer."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from riverchief.accounts.models import Area, Organisation, User
from riverchief.accounts.policies import users_with
from riverchief.accounts.queries import organisations_around, people, somebody_there
from riverchief.accounts.roles import Capability, Role
from riverchief.base import clock
from riverchief.base.actions import Actor
from riverchief.base.calendar import Deadline
from riverchief.base.errors import InvalidInput
from riverchief.rectify.access import person
from riverchief.rectify.actions.deadlines import deadline_for
from riverchief.rectify.actions.inputs import one_of, text
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.codes import RECTIFICATION_CLASSES
from riverchief.rectify.models import Order, Problem
from riverchief.rectify.numbering import next_number
from riverchief.rectify.transitions import TRANSITIONS, Transition

# An enterprise is never given an order here: it is dealt with by enforcement, through the unit in charge.
_ASSIGNABLE = {"unit", "department", "office"}


@dataclass(kw_only=True)
class AssignProblem(ProblemAction):
    """Issue an order to a unit, with what is required and by when."""

    transition: ClassVar[Transition] = TRANSITIONS["assign"]
    name: ClassVar[str] = transition.name
    organisation_id: int
    requirement: str
    rectification_class: str
    due_date: date | None = None
    chief_id: int | None = None
    unit: Organisation = field(init=False, repr=False)
    chief: User | None = field(init=False, default=None, repr=False)
    deadline: Deadline = field(init=False, repr=False)

    def check_input(self) -> None:
        """A unit of that area that somebody can sign for, a requirement, a class, a date."""
        self.requirement = text(self.requirement, "requirement")
        one_of(self.rectification_class, RECTIFICATION_CLASSES, "rectification_class")
        self.unit = unit_for(self.problem.area, self.organisation_id)
        self.chief = self._find_chief()
        self.deadline = deadline_for(self.rectification_class, self.due_date)

    def _find_chief(self) -> User | None:
        known = self.problem.chief
        if self.chief_id is None or (known is not None and known.pk == self.chief_id):
            return known
        if known is not None:
            raise InvalidInput(
                f"责任河长已确定为{known.name_zh}。|{known.name_en} is the chief already.",
                cure="请用“变更责任河长”并说明理由。|Use “Change the river chief”, with a reason.",
                field="chief_id",
            )
        return chief_of(self.problem.area, self.chief_id)

    def change(self) -> dict[str, Any]:
        """Issue the order; its deadline starts now."""
        problem = self.problem
        problem.unit, problem.chief = self.unit, self.chief
        problem.rectification_class = self.rectification_class
        problem.due_at, problem.due_provisional = self.deadline.at, self.deadline.provisional
        problem.assigned_at, problem.signed_for_at = clock.now(), None
        order = issue_order(problem, self.actor, self.requirement)
        return {
            "order": order.number,
            "unit_id": self.unit.pk,
            "unit_zh": self.unit.name_zh,
            "unit_en": self.unit.name_en,
            "chief_id": self.chief.pk if self.chief else None,
            "requirement": self.requirement,
            "rectification_class": self.rectification_class,
            "due_at": self.deadline.at.isoformat(),
            "due_provisional": self.deadline.provisional,
        }


def unit_for(area: Area, organisation_id: int) -> Organisation:
    """The organisation of that number, which can be given a problem of `area`, and where somebody could sign for it."""
    around = organisations_around(area).filter(kind__in=_ASSIGNABLE)
    unit = around.filter(pk=organisation_id).first()
    if unit is None:
        raise InvalidInput(
            "该单位不能承办本区域的问题。|That organisation cannot be given a problem of this area.",
            cure="请选择本区域的责任单位、部门或河长办。|Choose a unit, department or office of this area.",
            field="organisation_id",
        )
    if not somebody_there(around).filter(pk=unit.pk).exists():
        raise InvalidInput(
            f"“{unit.name_zh}”没有可签收的人员。|Nobody at “{unit.name_en}” could sign for it.",
            cure="请先为该单位建立账号。|Create an account for the unit first.",
            field="organisation_id",
        )
    return unit


def issue_order(problem: Problem, actor: Actor, requirement: str) -> Order:
    """Issue an order to the problem's unit, due when the problem is."""
    assert problem.unit is not None and problem.due_at is not None  # noqa: PT018 - set by whoever assigns
    return Order.objects.create(
        problem=problem,
        number=next_number("order"),
        unit=problem.unit,
        requirement=requirement,
        due_at=problem.due_at,
        issued_by=person(actor),
        issued_at=clock.now(),
    )


def chief_of(area: Area, chief_id: int) -> User:
    """The person of that number, who must be a chief in `area`."""
    chief = people(["/"], Role.CHIEF).filter(pk=chief_id).first()
    if chief is None or chief.pk not in users_with(Capability.VIEW_PROBLEM, area.path):
        raise InvalidInput(
            "此人不是该区域的河长。|That person is no chief of this area.",
            cure="请选择该区域的河长。|Choose a chief of the area.",
            field="chief_id",
        )
    return chief


@dataclass(kw_only=True)
class ChangeChief(ProblemAction):
    """Let another chief answer for the problem; the one before no longer sees its place."""

    transition: ClassVar[Transition] = TRANSITIONS["change_chief"]
    name: ClassVar[str] = transition.name
    chief_id: int
    reason: str
    chief: User = field(init=False, repr=False)

    def check_input(self) -> None:
        """Another chief of the area, and never without a reason."""
        self.reason = text(self.reason, "reason")
        self.chief = chief_of(self.problem.area, self.chief_id)
        if self.chief_id == self.problem.chief_id:
            raise InvalidInput(
                "此人已是责任河长。|That person is the chief already.",
                cure="请选择另一名河长。|Choose another chief.",
                field="chief_id",
            )

    def change(self) -> dict[str, Any]:
        """Name the chief; the log keeps the one before."""
        before, self.problem.chief = self.problem.chief_id, self.chief
        return {
            "chief_before_id": before,
            "chief_id": self.chief.pk,
            "chief_zh": self.chief.name_zh,
            "chief_en": self.chief.name_en,
            "reason": self.reason,
        }


@dataclass(kw_only=True)
class SignForProblem(ProblemAction):
    """The unit accepts the order."""

    transition: ClassVar[Transition] = TRANSITIONS["sign_for"]
    name: ClassVar[str] = transition.name

    def change(self) -> dict[str, Any]:
        """Mark problem and order as signed for."""
        self.problem.signed_for_at = clock.now()
        order = self.problem.orders.latest("id")
        order.signed_for_by, order.signed_for_at = person(self.actor), clock.now()
        order.save()
        return {"order": order.number}


@dataclass(kw_only=True)
class RefuseProblem(ProblemAction):
    """The unit says, within the hours that the rules give, that this is not its responsibility."""

    transition: ClassVar[Transition] = TRANSITIONS["refuse"]
    name: ClassVar[str] = transition.name
    reason: str

    def check_input(self) -> None:
        """Never without a reason."""
        self.reason = text(self.reason, "reason")

    def change(self) -> dict[str, Any]:
        """The unit keeps sight of what it refused, until it is assigned anew."""
        return {"reason": self.reason}
