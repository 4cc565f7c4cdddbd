"""Asking where further stations would do most, and storing what the job found."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from procrastinate.contrib.django import app

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import require, scope
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action, SystemAction
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.rules import rule_version
from riverchief.registry.models import Basin, Reach
from riverchief.registry.queries import visible_reaches
from riverchief.trace.codes import SitingGoal, TraceState
from riverchief.trace.models import SitingStudy


@dataclass(kw_only=True)
class AskSiting(Action[SitingStudy]):
    """Put a study into the queue: `count` stations in the widest area in which the actor keeps stations."""

    name: ClassVar[str] = "siting.ask"
    basin_id: int
    count: int
    goal: str
    basin: Basin = field(init=False, repr=False)
    area: Area = field(init=False, repr=False)

    def load(self) -> None:
        """The basin, if it has a reach in the actor's area; the area is locked, so that two requests take turns."""
        require(self.actor, Capability.MANAGE_STATIONS)
        paths = scope(self.actor, Capability.MANAGE_STATIONS) if isinstance(self.actor, User) else []
        reaches = Reach.objects.filter(visible_reaches(paths), basin=self.basin_id)
        if not paths or not reaches.exists():
            raise NotFound(f"没有编号为 {self.basin_id} 的流域。|There is no basin {self.basin_id}.")
        self.basin = Basin.objects.get(pk=self.basin_id)
        self.area = Area.objects.select_for_update().get(path=min(paths, key=len))

    def check_permission(self) -> None:
        """Who keeps the stations there."""
        require(self.actor, Capability.MANAGE_STATIONS, self.area.path)

    def check_state(self) -> None:
        """A number within reason, a goal that there is, and nothing of the area under way."""
        most: int = rule_version("trace.siting").body["most_count"]
        if not 1 <= self.count <= most:
            raise InvalidInput(
                f"新增站数须为 1 至 {most}。|From 1 to {most} stations can be added at a time.",
                cure="站点较多时请分批选址。|Choose them in several studies.",
                field="count",
            )
        if self.goal not in SitingGoal.values:
            raise InvalidInput(
                f"没有“{self.goal}”这种目标。|There is no goal “{self.goal}”.",
                cure=f"可用：{'、'.join(SitingGoal.values)}。|Use one of {', '.join(SitingGoal.values)}.",
                field="goal",
            )
        if SitingStudy.objects.filter(area=self.area, state=TraceState.QUEUED).exists():
            raise StateRefused(
                "本区域已有一项选址正在计算。|A study of this area is under way already.",
                cure="请等待其完成。|Wait for it to finish.",
            )

    def execute(self) -> SitingStudy:
        """Queue it, in this transaction."""
        rule = rule_version("trace.siting")
        assert isinstance(self.actor, User)  # loaded
        study = SitingStudy.objects.create(
            basin=self.basin,
            area=self.area,
            count=self.count,
            goal=self.goal,
            requested_by=self.actor,
            requested_at=clock.now(),
            settings=rule.body,
            settings_version=rule.version,
        )
        # By name, since the task runs the actions of this package.
        app.configure_task("trace.siting", lock="trace.siting").defer(study_id=study.pk)
        self.log(study.chain, basin=self.basin.code, count=self.count, goal=self.goal)
        return study


@dataclass(kw_only=True)
class KeepSiting(SystemAction[SitingStudy]):
    """Store what came of a study: a result, or why there is none. A second time changes nothing."""

    name: ClassVar[str] = "siting.keep"
    study_id: int
    result: dict[str, Any] | None = None
    error: str = ""
    study: SitingStudy = field(init=False, repr=False)

    def load(self) -> None:
        """Lock it."""
        self.study = SitingStudy.objects.select_for_update().get(pk=self.study_id)

    def execute(self) -> SitingStudy:
        """Write it."""
        study = self.study
        if study.state == TraceState.QUEUED:
            study.state = TraceState.FAILED if self.result is None else TraceState.DONE
            study.result, study.error = self.result, self.error
            study.finished_at, study.progress = clock.now(), 1.0
            study.save()
        self.log(study.chain, state=study.state, error=study.error)
        return study
