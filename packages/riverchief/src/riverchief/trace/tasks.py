"""The jobs that run a trace, count its sources, ask for further attempts, and choose places for stations."""

import time
from contextlib import suppress

from django.db.models import QuerySet
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from riverkit.errors import RiverkitError

from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.trace.actions.at_once import KeepSourcesAtOnce
from riverchief.trace.actions.running import BeginTrace, FailTrace, FinishTrace
from riverchief.trace.actions.siting import KeepSiting
from riverchief.trace.actions.start import StartTrace
from riverchief.trace.again import due
from riverchief.trace.codes import TraceState
from riverchief.trace.gather import NotApplicable
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import SitingStudy, SourcesAtOnce, Trace

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
        posterior = compute(inputs, _Progress(Trace.objects.filter(pk=trace_id)), keep_releases=True)
        sampling = next_bottles(inputs, posterior)
    except NotApplicable as error:
        FailTrace(actor=SYSTEM, trace_id=trace_id, error=error.message).run()
    except RiverkitError as error:
        FailTrace(actor=SYSTEM, trace_id=trace_id, error=str(error)).run()
    else:
        FinishTrace(
            actor=SYSTEM, trace_id=trace_id, inputs=inputs, posterior=posterior, sampling=sampling
        ).run()


@app.task(
    name="trace.at_once",
    queue="default",
    retry=RetryStrategy(max_attempts=5, exponential_wait=2),
    pass_context=False,
)
def at_once(at_once_id: int) -> None:
    """Answer whether a trace's readings speak for several sources; done again after a crash, it comes to the same answer."""
    # Not at the top: the numerics, as above.
    from riverchief.trace.at_once import count_sources

    rows = SourcesAtOnce.objects.filter(pk=at_once_id)
    asked = rows.filter(state=TraceState.QUEUED).select_related("trace").first()
    if asked is None:
        return
    inputs = TraceInputs.from_json(asked.trace.inputs or {})
    try:
        result = count_sources(inputs, asked.trace.result or {}, asked.settings, _Progress(rows))
    except RiverkitError as error:
        KeepSourcesAtOnce(actor=SYSTEM, at_once_id=at_once_id, error=str(error)).run()
    else:
        KeepSourcesAtOnce(actor=SYSTEM, at_once_id=at_once_id, result=result).run()


@app.task(
    name="trace.siting",
    queue="default",
    retry=RetryStrategy(max_attempts=5, exponential_wait=2),
    pass_context=False,
)
def siting(study_id: int) -> None:
    """Choose places for stations; done again after a crash, it is computed from the registry as it is then."""
    # Not at the top: the numerics, as above.
    from riverchief.trace.siting.answer import answer

    rows = SitingStudy.objects.filter(pk=study_id)
    study = rows.filter(state=TraceState.QUEUED).select_related("basin", "area").first()
    if study is None:
        return
    try:
        result = answer(study, _Progress(rows))
    except StateRefused as error:
        KeepSiting(actor=SYSTEM, study_id=study_id, error=error.message).run()
    except RiverkitError as error:
        KeepSiting(actor=SYSTEM, study_id=study_id, error=str(error)).run()
    else:
        KeepSiting(actor=SYSTEM, study_id=study_id, result=result).run()


class _Progress:
    """Writes how far something that is computed is, now and then."""

    def __init__(self, rows: "QuerySet[Trace] | QuerySet[SourcesAtOnce] | QuerySet[SitingStudy]") -> None:
        self._rows = rows.filter(state__in=(TraceState.QUEUED, TraceState.RUNNING))
        self._told_at = time.monotonic()

    def __call__(self, share: float) -> None:
        if time.monotonic() - self._told_at >= PROGRESS_EVERY_S:
            self._told_at = time.monotonic()
            self._rows.update(progress=share)


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
