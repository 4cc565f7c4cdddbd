"""Asking a finished trace whether there was more than one source at a time, and what the job does with that."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from procrastinate.contrib.django import app

from riverchief.accounts.models import User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action, SystemAction
from riverchief.base.errors import NotFound, PermissionRefused, StateRefused
from riverchief.base.rules import rule_version
from riverchief.trace.codes import TraceState
from riverchief.trace.models import SourcesAtOnce, Trace
from riverchief.trace.visibility import PLACED, View, visible_traces


@dataclass(kw_only=True)
class AskSourcesAtOnce(Action[SourcesAtOnce]):
    """Put the question into the queue; what was answered once is not asked again, what failed may be."""

    name: ClassVar[str] = "trace.ask_at_once"
    trace_id: int
    trace: Trace = field(init=False, repr=False)

    def load(self) -> None:
        """The trace, if the actor may know of it; locked, so that two requests take turns."""
        require(self.actor, Capability.VIEW_TRACE)
        rows = visible_traces(self.actor) if isinstance(self.actor, User) else Trace.objects.none()
        if not rows.filter(pk=self.trace_id).exists():
            raise NotFound(f"没有编号为 {self.trace_id} 的溯源。|There is no trace {self.trace_id}.")
        found = Trace.objects.select_for_update(of=("self",)).select_related("event__area", "event__station")
        self.trace = found.get(pk=self.trace_id)

    def check_permission(self) -> None:
        """Whoever may ask for a trace there and sees all of this one: combinations are of all its candidates."""
        require(self.actor, Capability.RUN_TRACE, self.trace.event.area.path)
        assert isinstance(self.actor, User)  # loaded
        view = View.of(self.actor, self.trace.event)
        if not view.sees_all(self.trace.candidates.select_related(*PLACED)):
            raise PermissionRefused(
                "部分候选在您的辖区之外，不能作一次多源分析。|Some candidates lie outside your area: you cannot ask this.",
                cure="请由上一级河长办办理。|The office of the level above can.",
            )

    def check_state(self) -> None:
        """Of what is finished, and has not been asked."""
        if self.trace.state != TraceState.DONE:
            raise StateRefused(
                "该溯源没有结果。|This trace has no result.",
                cure="请等待其完成，或查看未能完成的原因。|Wait for it to finish, or see why it could not.",
            )
        before = SourcesAtOnce.objects.filter(trace=self.trace).exclude(state=TraceState.FAILED).first()
        if before is not None:
            raise StateRefused(
                "该溯源的一次多源分析已有结果或正在进行。|This has been asked of the trace already.",
                cure="请查看该溯源的结果。|See the result with the trace.",
            )

    def execute(self) -> SourcesAtOnce:
        """Queue it, in this transaction; an earlier question that failed makes room."""
        rule = rule_version("trace.at_once")
        assert isinstance(self.actor, User)  # loaded
        SourcesAtOnce.objects.filter(trace=self.trace).delete()
        asked = SourcesAtOnce.objects.create(
            trace=self.trace,
            requested_by=self.actor,
            requested_at=clock.now(),
            settings=rule.body,
            settings_version=rule.version,
        )
        # By name, since the task runs the actions of this package.
        job = app.configure_task("trace.at_once", lock=f"trace.event:{self.trace.event_id}")
        job.defer(at_once_id=asked.pk)
        self.log(self.trace.chain, at_once_id=asked.pk, settings_version=rule.version)
        return asked


@dataclass(kw_only=True)
class KeepSourcesAtOnce(SystemAction[SourcesAtOnce]):
    """Store what came of it: a result, or why there is none. A second time changes nothing. It opens no clue."""

    name: ClassVar[str] = "trace.keep_at_once"
    at_once_id: int
    result: dict[str, Any] | None = None
    error: str = ""
    asked: SourcesAtOnce = field(init=False, repr=False)

    def load(self) -> None:
        """Lock it."""
        rows = SourcesAtOnce.objects.select_for_update(of=("self",)).select_related("trace__event__area")
        self.asked = rows.get(pk=self.at_once_id)

    def execute(self) -> SourcesAtOnce:
        """Write it, and tell those who may see traces."""
        asked = self.asked
        if asked.state == TraceState.QUEUED:
            asked.state = TraceState.FAILED if self.result is None else TraceState.DONE
            asked.result, asked.error = self.result, self.error
            asked.finished_at, asked.progress = clock.now(), 1.0
            asked.save()
            self.announce(
                "trace.at_once_answered",
                area=asked.trace.event.area.path,
                restricted=True,
                trace_id=asked.trace_id,
                event_id=asked.trace.event_id,
            )
        self.log(asked.trace.chain, at_once_id=asked.pk, state=asked.state, error=asked.error)
        return asked
