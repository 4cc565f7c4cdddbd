"""What the river says stands in the problem's history; a rise that nothing explains is for a person to judge."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.actions import SystemAction
from riverchief.base.errors import StateRefused
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.models import Problem, RiverWatch, Suspicion
from riverchief.rectify.transitions import TRANSITIONS
from riverchief.rectify.watch.codes import STATES, WatchState


@dataclass(kw_only=True)
class TellRiver(SystemAction[RiverWatch]):
    """End a watch with what the river said. It changes no state of the problem: only a person reopens."""

    name: ClassVar[str] = "problem.river_told"
    watch_id: int
    state: WatchState
    facts: dict[str, Any] = field(default_factory=dict)
    problem: Problem = field(init=False, repr=False)
    watch: RiverWatch = field(init=False, repr=False)

    def load(self) -> None:
        """The problem is locked first, as every step of it does."""
        found = RiverWatch.objects.get(pk=self.watch_id)
        self.problem = (
            Problem.objects.select_for_update(of=("self",)).select_related("area").get(pk=found.problem_id)
        )
        self.watch = RiverWatch.objects.select_related("station").get(pk=self.watch_id)

    def check_state(self) -> None:
        """It must still run, and the problem be verified."""
        known = self.problem.state in TRANSITIONS["suspect_relapse"].accepts
        if self.watch.state != WatchState.WATCHING or not known:
            raise StateRefused(
                f"问题 {self.problem.number} 的观察已结束。|The watch over problem {self.problem.number} has ended."
            )

    def execute(self) -> RiverWatch:
        """Keep it; where the river has risen, raise the suspicion, unless one waits already."""
        watch, now = self.watch, clock.now()
        watch.state, watch.ended_at = self.state, now
        watch.save(update_fields=["state", "ended_at"])
        zh, en = STATES[self.state]
        self.log(self.problem.chain, river_zh=zh, river_en=en, river=self.state, **self.facts)
        if self.state == WatchState.RISEN:
            if not self.problem.suspicions.filter(judgement="").exists():
                Suspicion.objects.create(
                    problem=self.problem, observation=self._observation(), facts=self.facts, raised_at=now
                )
            self.announce(
                "rectify.problem_changed",
                area=self.problem.area.path,
                problem_id=self.problem.pk,
                state=ProblemState(self.problem.state),
                action="suspect_relapse",
            )
        return watch

    def _observation(self) -> str:
        facts = self.facts
        return f"{facts['station']['name_zh']}：{facts['parameter']} 回升至 {facts['most']:.3g}，达到发现时的水平（{facts['level']:.3g}）。"
