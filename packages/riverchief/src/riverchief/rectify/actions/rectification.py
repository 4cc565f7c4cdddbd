"""What the unit does: plan, and report the work as done."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.base.models import Evidence
from riverchief.rectify import attachments
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import text
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.transitions import TRANSITIONS, Transition


@dataclass(kw_only=True)
class PlanRectification(ProblemAction):
    """Say what will be done."""

    transition: ClassVar[Transition] = TRANSITIONS["plan"]
    name: ClassVar[str] = transition.name
    measures: str

    def check_input(self) -> None:
        """Measures are named."""
        self.measures = text(self.measures, "measures")

    def change(self) -> dict[str, Any]:
        """Only the history tells the plan; a later one does not overwrite it."""
        return {"measures": self.measures}


@dataclass(kw_only=True)
class ReportRectified(ProblemAction):
    """Report the work as done, with photos taken after the assignment or a word on why there are none."""

    transition: ClassVar[Transition] = TRANSITIONS["report_rectified"]
    name: ClassVar[str] = transition.name
    summary: str
    evidence_ids: list[int] = field(default_factory=list)
    without_evidence_reason: str = ""
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """Evidence of after, not of before."""
        self.summary = text(self.summary, "summary")
        self.files = attachments.usable(person(self.actor), self.evidence_ids)
        if not self.files and not self.without_evidence_reason.strip():
            raise InvalidInput(
                "没有照片，也没有说明。|There is neither a photo nor a word on why not.",
                cure="请上传整改后的照片，或说明为何没有。|Upload a photo of the result, or say why there is none.",
                field="evidence_ids",
            )
        assigned_at = self.problem.assigned_at
        early = [file for file in self.files if assigned_at and file.taken_at and file.taken_at < assigned_at]
        if early:
            raise InvalidInput(
                f"“{early[0].name}”拍摄于交办之前。|“{early[0].name}” was taken before the assignment.",
                cure="请上传整改后的照片。|Upload a photo taken after the work.",
                field="evidence_ids",
            )

    def change(self) -> dict[str, Any]:
        """As reported: nobody has checked it yet."""
        self.problem.rectified_by, self.problem.rectified_at = person(self.actor), clock.now()
        return {
            "summary": self.summary,
            "evidence": self.attach(self.files),
            "without_evidence_reason": self.without_evidence_reason.strip(),
        }
