"""What the job does to a trace: begin, finish, fail. Each is safe to do again after a crash."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from riverchief.base import clock
from riverchief.base.actions import SystemAction
from riverchief.trace.answer import versions_of, write_answer
from riverchief.trace.codes import TraceState
from riverchief.trace.gather import gather
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace

if TYPE_CHECKING:
    from riverkit.tracing import Posterior

_WAITING = (TraceState.QUEUED, TraceState.RUNNING)


@dataclass(kw_only=True)
class _Step(SystemAction[Trace]):
    """A step of the job, on the locked trace."""

    trace_id: int
    trace: Trace = field(init=False, repr=False)

    def load(self) -> None:
        """Lock the trace."""
        self.trace = (
            Trace.objects.select_for_update(of=("self",))
            .select_related("event__area", "event__station__reach__basin")
            .get(pk=self.trace_id)
        )

    def tell(self) -> None:
        """Announce the end, to those who may see traces."""
        self.announce(
            "trace.finished",
            area=self.trace.event.area.path,
            restricted=True,
            trace_id=self.trace.pk,
            event_id=self.trace.event_id,
        )


@dataclass(kw_only=True)
class BeginTrace(_Step):
    """Store the inputs, once: a job that is done again computes from the very same values."""

    name: ClassVar[str] = "trace.begin"

    def execute(self) -> Trace:
        """Gather, if that has not been done."""
        trace = self.trace
        if trace.state in _WAITING:
            if trace.inputs is None:
                # Before the readings are looked at: what is received from here on may be unknown to this attempt.
                trace.started_at = clock.now()
                trace.inputs = gather(trace.event).to_json()
            trace.state = TraceState.RUNNING
            trace.progress = 0.0
            sampling = trace.inputs.get("sampling") or {}
            trace.versions = versions_of(
                trace.inputs["settings_version"],
                trace.inputs.get("fingerprints_version") or None,
                sampling.get("settings_version"),
            )
            trace.save()
        self.log(trace.chain, state=trace.state, versions=trace.versions)
        return trace


@dataclass(kw_only=True)
class FinishTrace(_Step):
    """Store the result; a second finish of the same trace changes nothing."""

    name: ClassVar[str] = "trace.finish"
    inputs: TraceInputs
    posterior: "Posterior"
    sampling: dict[str, Any] | None = None

    def execute(self) -> Trace:
        """Write the answer."""
        trace = self.trace
        if trace.state == TraceState.RUNNING:
            trace.state = TraceState.DONE
            trace.finished_at = clock.now()
            trace.progress = 1.0
            write_answer(trace, self.inputs, self.posterior, self.sampling)
            self.tell()
        self.log(trace.chain, state=trace.state, hypotheses=self.posterior.hypotheses)
        return trace


@dataclass(kw_only=True)
class FailTrace(_Step):
    """Say why there is no result: the method does not apply, or the inputs cannot be used."""

    name: ClassVar[str] = "trace.fail"
    error: str

    def execute(self) -> Trace:
        """Keep the reason."""
        trace = self.trace
        if trace.state in _WAITING:
            trace.state = TraceState.FAILED
            trace.finished_at = clock.now()
            trace.error = self.error
            trace.save()
            self.tell()
        self.log(trace.chain, state=trace.state, error=self.error)
        return trace
