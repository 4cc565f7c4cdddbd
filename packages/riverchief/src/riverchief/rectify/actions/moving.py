"""A problem is given to another unit or area, merged into another, split."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.accounts.models import Area, Organisation
from riverchief.accounts.policies import require
from riverchief.accounts.queries import area_of
from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.rectify.access import person, visible_problems
from riverchief.rectify.actions.assignment import issue_order, unit_for
from riverchief.rectify.actions.inputs import one_of, text
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Problem
from riverchief.rectify.numbering import next_number
from riverchief.rectify.transitions import TRANSITIONS, Transition
from riverchief.registry.duties.queries import responsible_chief


@dataclass(kw_only=True)
class TransferProblem(ProblemAction):
    """Another unit is to do it: a new order, with the same requirement and deadline."""

    transition: ClassVar[Transition] = TRANSITIONS["transfer"]
    name: ClassVar[str] = transition.name
    organisation_id: int
    reason: str
    unit: Organisation = field(init=False, repr=False)

    def check_input(self) -> None:
        """Another unit, and why."""
        self.reason = text(self.reason, "reason")
        self.unit = unit_for(self.problem.area, self.organisation_id)
        if self.unit.pk == self.problem.unit_id:
            raise InvalidInput(
                "该单位已是责任单位。|It is with that unit already.",
                cure="请选择另一单位。|Choose another one.",
                field="organisation_id",
            )

    def change(self) -> dict[str, Any]:
        """The unit before loses sight of it; the new one may refuse within its hours."""
        problem = self.problem
        before, problem.unit = problem.unit, self.unit
        problem.assigned_at, problem.signed_for_at = clock.now(), None
        order = issue_order(problem, self.actor, _requirement_of(problem))
        return {
            "unit_before_id": before.pk if before else None,
            "order": order.number,
            "unit_id": self.unit.pk,
            "unit_zh": self.unit.name_zh,
            "unit_en": self.unit.name_en,
            "reason": self.reason,
        }


def _requirement_of(problem: Problem) -> str:
    """What the latest order requires; before there is one here, what the old ledger says."""
    order = problem.orders.last()
    if order is not None:
        return order.requirement
    entry = problem.taken_over
    return entry.requirement or f"按原台账第 {entry.old_number} 号的要求整改"


@dataclass(kw_only=True)
class TransferToArea(ProblemAction):
    """It belongs to another area, whose office assigns it anew."""

    transition: ClassVar[Transition] = TRANSITIONS["transfer_area"]
    name: ClassVar[str] = transition.name
    area_code: str
    reason: str
    area: Area = field(init=False, repr=False)

    def check_input(self) -> None:
        """Where the person may assign as well: nobody passes a matter to an area that they do not answer for."""
        self.reason = text(self.reason, "reason")
        self.area = area_of(self.area_code)
        require(self.actor, self.transition.capability, self.area.path)
        if self.area.pk == self.problem.area_id:
            raise InvalidInput(
                "该问题已在此区域。|It is in that area already.",
                cure="请选择另一区域。|Choose another area.",
                field="area_code",
            )

    def change(self) -> dict[str, Any]:
        """Neither unit nor deadline stay; the campaign does where it is for that area too."""
        problem = self.problem
        before, problem.area = problem.area, self.area
        problem.unit = None
        problem.assigned_at = problem.signed_for_at = problem.due_at = None
        problem.due_provisional, problem.rectification_class = False, ""
        problem.chief = responsible_chief(self.area, problem.reach, clock.today())
        campaign = problem.campaign
        if campaign is not None and not self.area.path.startswith(campaign.area.path):
            problem.campaign, problem.new_find = None, False
        return {
            "area_before": before.pk,
            "area": self.area.pk,
            "area_zh": self.area.name_zh,
            "area_en": self.area.name_en,
            "chief_id": problem.chief_id,
            "campaign_left": campaign.number if campaign and problem.campaign is None else None,
            "reason": self.reason,
        }


@dataclass(kw_only=True)
class MergeProblem(ProblemAction):
    """It is the same matter as another problem, which a person chooses to go on."""

    transition: ClassVar[Transition] = TRANSITIONS["merge"]
    name: ClassVar[str] = transition.name
    into_id: int
    reason: str
    into: Problem = field(init=False, repr=False)

    def load(self) -> None:
        """Both, locked in one order so that two merges cannot wait for each other."""
        numbers = sorted({self.problem_id, self.into_id})
        list(Problem.objects.select_for_update(of=("self",)).filter(pk__in=numbers).order_by("pk"))
        super().load()

    def check_input(self) -> None:
        """Into another one that counts, where the person may assign as well."""
        self.reason = text(self.reason, "reason")
        seen = visible_problems(person(self.actor)).filter(pk=self.into_id).exclude(pk=self.problem.pk)
        into = seen.exclude(state=ProblemState.MERGED).select_related("area").first()
        if into is None:
            raise InvalidInput(
                "只能并入另一个您可见且未被并入的问题。|Merge into another problem that you see and that is not merged itself.",
                cure="请重新选择问题。|Choose another problem.",
                field="into_id",
            )
        require(self.actor, self.transition.capability, into.area.path)
        self.into = into

    def change(self) -> dict[str, Any]:
        """Both histories tell of it; no longer counted by itself."""
        self.problem.merged_into = self.into
        stays = {"from": self.into.state, "to": self.into.state}
        self.log(self.into.chain, **stays, merged=self.problem.number, reason=self.reason)
        return {"into": self.into.number, "reason": self.reason}


@dataclass(kw_only=True)
class SplitProblem(ProblemAction):
    """A part of it becomes a problem of its own, found when the whole was."""

    transition: ClassVar[Transition] = TRANSITIONS["split"]
    name: ClassVar[str] = transition.name
    title: str
    reason: str
    kind: str = ""

    def check_input(self) -> None:
        """What the part is, and why it stands alone."""
        self.title = text(self.title, "title", longest=200)
        self.reason = text(self.reason, "reason")
        self.kind = one_of(self.kind, kinds().group_of, "kind") if self.kind else self.problem.kind

    def change(self) -> dict[str, Any]:
        """Open it, to be assigned; it names no outfall until somebody finds one."""
        whole = self.problem
        part = Problem.objects.create(
            number=next_number("problem"),
            split_from=whole,
            title=self.title,
            kind=self.kind,
            area=whole.area,
            reach=whole.reach,
            lon=whole.lon,
            lat=whole.lat,
            chief=whole.chief,
            campaign=whole.campaign,
            new_find=whole.new_find,
            opened_by=person(self.actor),
            opened_at=whole.opened_at,
            state_since=clock.now(),
        )
        self.log(part.chain, number=part.number, split_from=whole.number, reason=self.reason)
        self.announce("rectify.problem_opened", area=part.area.path, problem_id=part.pk)
        return {"part": part.number, "reason": self.reason}
