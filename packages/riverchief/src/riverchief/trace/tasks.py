"""The job that runs a trace, and the one that asks for further attempts."""

import time
from contextlib import suppress

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from riverkit.errors import RiverkitError

from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.trace.actions.running import BeginTrace, FailTrace, FinishTrace
from riverchief.trace.actions.start import StartTrace
from riverchief.trace.again import due
from riverchief.trace.codes import TraceState
from riverchief.trace.gather import NotApplicable
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace

PROGRESS_EVERY_S = 0.5


@app.task(
    name="trace.run",
    queue="default",
    retry=RetryStrategy(max_attempts=5, exponential_wait=2),
    pass_context=False,
)
def run(trace_id: int) -> None:
    """Run a trace from wherever it stands; done again after a crash, it comes to the same result.

    The inputs are stored in the first transaction and the result in the last; between them nothing is held, so
    that a killed worker leaves a trace that says "running" and a job that is taken up again.
    """
    # Not at the top: every process knows this job, and only the one that runs it needs the numerics.
    from riverchief.trace.compute import compute
    from riverchief.trace.next_bottles import next_bottles

    try:
        trace = BeginTrace(actor=SYSTEM, trace_id=trace_id).run()
        if trace.state != TraceState.RUNNING:
            return
        inputs = TraceInputs.from_json(trace.inputs or {})
        posterior = compute(inputs, _Progress(trace_id), keep_releases=True)
        sampling = next_bottles(inputs, posterior)
    except NotApplicable as error:
        FailTrace(actor=SYSTEM, trace_id=trace_id, error=error.message).run()
    except RiverkitError as error:
        FailTrace(actor=SYSTEM, trace_id=trace_id, error=str(error)).run()
    else:
        FinishTrace(
            actor=SYSTEM, trace_id=trace_id, inputs=inputs, posterior=posterior, sampling=sampling
        ).run()


class _Progress:
    """Writes how far a trace is, now and then."""

    def __init__(self, trace_id: int) -> None:
        self._trace_id = trace_id
        self._told_at = time.monotonic()

    def __call__(self, share: float) -> None:
        if time.monotonic() - self._told_at >= PROGRESS_EVERY_S:
            self._told_at = time.monotonic()
            Trace.objects.filter(pk=self._trace_id, state=TraceState.RUNNING).update(progress=share)


@app.periodic(cron="*/5 * * * *")
@app.task(name="trace.again", queue="default", queueing_lock="trace.again")
def trace_again(timestamp: int) -> None:
    """Trace again the events of which more is known by now.

    A look now and then, not a subscription to readings: these come every minute, and an attempt is worth its while
    seldom.
    """
    for found in due():
        with suppress(StateRefused):  # somebody has just asked for one
            StartTrace(
                actor=SYSTEM, event_id=found.event_id, reason=found.news.reason, knowing=found.attempt
            ).run()
