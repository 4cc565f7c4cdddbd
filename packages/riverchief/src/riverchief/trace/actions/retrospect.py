"""An attempt made long afterwards: to see how the rules of today would have done."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db.models import Max

from riverchief.base import clock
from riverchief.base.actions import SystemAction
from riverchief.monitor.models import Event
from riverchief.trace.answer import versions_of, write_answer
from riverchief.trace.codes import TraceState
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace

if TYPE_CHECKING:
    from riverkit.tracing import Posterior


@dataclass(kw_only=True)
class KeepRetrospect(SystemAction[Trace]):
    """Store a finished attempt in retrospect, whole or not at all. It is announced to nobody: it opens no clue."""

    name: ClassVar[str] = "trace.retrospect"
    event_id: int
    inputs: TraceInputs
    posterior: "Posterior"
    started_at: datetime
    event: Event = field(init=False, repr=False)

    def load(self) -> None:
        """Lock the event: attempts are numbered."""
        self.event = Event.objects.select_for_update().get(pk=self.event_id)

    def execute(self) -> Trace:
        """Write it after the attempts that are there."""
        last = Trace.objects.filter(event=self.event).aggregate(last=Max("attempt"))["last"] or 0
        now = clock.now()
        trace = Trace(
            event=self.event,
            attempt=last + 1,
            state=TraceState.DONE,
            reason="按现行规则回溯。|Traced again by the rules of today.",
            retrospective=True,
            requested_at=self.started_at,
            started_at=self.started_at,
            finished_at=now,
            progress=1.0,
            inputs=self.inputs.to_json(),
            result={},
            versions=versions_of(self.inputs.settings_version, self.inputs.fingerprints_version),
        )
        trace.save()
        write_answer(trace, self.inputs, self.posterior)
        self.log(trace.chain, event_id=self.event.pk, attempt=trace.attempt, versions=trace.versions)
        return trace
