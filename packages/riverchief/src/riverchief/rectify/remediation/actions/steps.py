"""What is done about a step: its unit reports it, a second person checks it in dry weather, it is opened again."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.base import audit, clock
from riverchief.base.actions import SystemAction
from riverchief.base.errors import NotFound, StateRefused
from riverchief.base.models import Evidence
from riverchief.base.rules import get_rule
from riverchief.monitor import rain
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import one_of, text
from riverchief.rectify.models import Problem
from riverchief.rectify.remediation.access import outstanding_dry_weather
from riverchief.rectify.remediation.actions.action import RemediationAction, clear_acceptance
from riverchief.rectify.remediation.codes import DRY_CHECKED, SEEN, RemediationState, Seen, StepState
from riverchief.rectify.remediation.models import Remediation, RemediationStep
from riverchief.rectify.remediation.transitions import REMEDIATION_TRANSITIONS, RemediationTransition
from riverchief.registry.models import Outfall


@dataclass(kw_only=True)
class StepAction(RemediationAction):
    """An action on one step; the outfall is that of the step."""

    step_id: int
    outfall_id: int = field(default=0, init=False, repr=False)

    @property
    def this(self) -> RemediationStep:
        """The step."""
        assert self.step is not None  # loaded
        return self.step

    def load(self) -> None:
        """The outfall is locked first, then the step is read: two actions on one outfall take turns."""
        found = RemediationStep.objects.filter(pk=self.step_id).values_list("remediation__outfall").first()
        if found is None:
            raise NotFound(f"没有编号为 {self.step_id} 的步骤。|There is no step {self.step_id}.")
        (self.outfall_id,) = found
        super().load()
        self.step = RemediationStep.objects.select_related("unit").get(pk=self.step_id)

    def said(self, **more: Any) -> dict[str, Any]:
        """What the log says of every action on a step."""
        return {"step": self.this.pk, "step_kind": self.this.kind, **more}


@dataclass(kw_only=True)
class FinishStep(StepAction):
    """The unit reports the step as done, with a photo."""

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["finish"]
    name: ClassVar[str] = transition.name
    summary: str
    evidence_ids: list[int] = field(default_factory=list)
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """What was done, and its photo."""
        self.summary = text(self.summary, "summary")
        self.files = self.usable(self.evidence_ids, needed=True)

    def change(self) -> dict[str, Any]:
        """As reported: nobody has checked it yet."""
        self.this.state = StepState.DONE
        self.this.done_by, self.this.done_at = person(self.actor), clock.now()
        self.this.save()
        return self.said(summary=self.summary, evidence=self.attach(self.files))


@dataclass(kw_only=True)
class RecheckStep(StepAction):
    """A second person looks in dry weather: after so many hours (rule `monitor.rain`) without rain at the gauges around.

    Weather that no gauge tells of is not dry. What still runs is open again.
    """

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["recheck"]
    name: ClassVar[str] = transition.name
    seen: str
    finding: str
    evidence_ids: list[int] = field(default_factory=list)
    files: list[Evidence] = field(init=False, repr=False)
    dry_hours: float = field(init=False, repr=False)
    rain_mm: float = field(init=False, repr=False)

    def check_input(self) -> None:
        """What was seen, its photo, and dry weather."""
        one_of(self.seen, SEEN, "seen")
        self.finding = text(self.finding, "finding")
        self.files = self.usable(self.evidence_ids, needed=True)
        self._need_dry_weather()
        if self.seen == Seen.NOTHING and outstanding_dry_weather(self.outfall).exists():
            raise StateRefused(
                "该排口有已确认、未整改的旱天排放问题，此步骤保持未完成。"
                "|A confirmed problem of discharge in dry weather at this outfall is not rectified; the step stays open.",
                cure="请先整改该问题。|Have that problem rectified first.",
            )

    def _need_dry_weather(self) -> None:
        rule = get_rule("monitor.rain")
        gauges = rain.near(self.outfall.lon, self.outfall.lat, rule)
        fell = rain.last_days(gauges, clock.now(), rule)
        self.dry_hours = rule["dry_hours"]
        if fell.dry is None or fell.most_mm is None:
            raise StateRefused(
                f"附近雨量站没有足够的数据，无法证明过去 {self.dry_hours:g} 小时无雨。"
                f"|No gauge around was heard for long enough to tell whether the last {self.dry_hours:g} hours were dry.",
                cure="请补传或导入雨量数据后再复核。|Have the rain readings sent again or import them, then check.",
            )
        self.rain_mm = fell.most_mm
        if not fell.dry:
            raise StateRefused(
                f"过去 {self.dry_hours:g} 小时内降雨 {self.rain_mm:.1f} mm，不是旱天。"
                f"|{self.rain_mm:.1f} mm of rain fell in the last {self.dry_hours:g} hours: it is not dry.",
                cure=f"请在连续无雨 {self.dry_hours:g} 小时后复核。|Check after {self.dry_hours:g} hours without rain.",
            )

    def change(self) -> dict[str, Any]:
        """Checked, or open again."""
        step = self.this
        if self.seen == Seen.NOTHING:
            step.state = StepState.CHECKED
            step.checked_by, step.checked_at = person(self.actor), clock.now()
            step.dry_hours, step.rain_mm = self.dry_hours, self.rain_mm
        else:
            step.reopen()
        step.save()
        return self.said(
            seen=self.seen,
            finding=self.finding,
            dry_hours=self.dry_hours,
            rain_mm=self.rain_mm,
            evidence=self.attach(self.files),
        )


@dataclass(kw_only=True)
class ReopenStep(StepAction):
    """A person finds that a step does not hold: it is open again, and no acceptance stands any more."""

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["reopen"]
    name: ClassVar[str] = transition.name
    reason: str

    def check_input(self) -> None:
        """Never without a reason."""
        self.reason = text(self.reason, "reason")

    def change(self) -> dict[str, Any]:
        """Open again."""
        self.this.reopen()
        self.this.save()
        clear_acceptance(self.row)
        return self.said(reason=self.reason)


@dataclass(kw_only=True)
class KeepInterceptionOpen(SystemAction[Remediation]):
    """A person has confirmed that the outfall runs in dry weather: what was to intercept it is not done.

    Steps that were reported as done are open again. What was written off stays so: opening that is for a person.
    """

    name: ClassVar[str] = "remediation.keep_open"
    problem_id: int
    problem: Problem = field(init=False, repr=False)
    row: Remediation | None = field(init=False, repr=False)

    def load(self) -> None:
        """The outfall is locked, as for people."""
        self.problem = Problem.objects.get(pk=self.problem_id)
        if self.problem.outfall_id is not None:
            Outfall.objects.select_for_update(of=("self",)).get(pk=self.problem.outfall_id)
        self.row = (
            Remediation.objects.select_related("outfall__area")
            .filter(
                outfall=self.problem.outfall_id,
                state__in=[RemediationState.PLANNED, RemediationState.ACCEPTED],
                steps__kind__in=DRY_CHECKED,
            )
            .distinct()
            .first()
        )

    def check_state(self) -> None:
        """Once for a problem, and only of a discharge in dry weather that is not rectified yet."""
        row = self.row
        if row is None or not outstanding_dry_weather(row.outfall).filter(pk=self.problem_id).exists():
            raise StateRefused("没有需要保持未完成的步骤。|There is no step to keep open.")
        told = audit.entries(f"outfall:{row.outfall_id}")
        if any(e.action == self.name and e.data["problem"] == self.problem.number for e in told):
            raise StateRefused("已登记。|It is on record.")

    def execute(self) -> Remediation:
        """Open them again, and say why in the outfall's history."""
        row = self.row
        assert row is not None  # checked
        opened = []
        for step in row.steps.filter(kind__in=DRY_CHECKED).exclude(state=StepState.OPEN):
            step.reopen()
            step.save()
            opened.append(step.pk)
        was, row.state = row.state, RemediationState.PLANNED
        clear_acceptance(row)
        row.save()
        self.log(
            f"outfall:{row.outfall_id}",
            **{"from": was, "to": row.state},
            problem=self.problem.number,
            steps=opened,
        )
        self.announce(
            "rectify.remediation_changed",
            area=row.outfall.area.path,
            restricted=True,  # with the problem that was just opened it would tell a town at which outfall
            outfall_id=row.outfall_id,
            state=row.state,
            action="keep_open",
            step_id=None,
        )
        return row
