"""Tracing archived events again by the rules of today, many at once: the same pure function, in a pool or on Dask."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from typing import Any, Protocol

from riverkit.errors import RiverkitError
from riverkit.tracing import Posterior

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import RiverchiefError
from riverchief.base.rules import rule_version
from riverchief.monitor.models import Event
from riverchief.trace.actions.retrospect import KeepRetrospect
from riverchief.trace.answer import versions_of
from riverchief.trace.compute import compute_plainly
from riverchief.trace.gather import NotApplicable, gather
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace

AMONG = 3
DASK_ADDRESS = "RIVERCHIEF_DASK_ADDRESS"
AHEAD = 4
"""So many events are gathered per worker before answers are taken in: inputs are long."""

Progress = Callable[[int, int], None]


class NoDask(RiverchiefError):
    """An address of Dask is set, and its client is not installed."""

    code = "no_dask"


@dataclass
class Summary:
    """What came of it.

    `judged` counts the traced events of which people confirmed an outfall, `first` and `among_three` those where it
    had that rank; `refused` the events to which the method does not apply, with the reason.
    """

    events: int = 0
    traced: int = 0
    known: int = 0
    judged: int = 0
    first: int = 0
    among_three: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def events_between(start: datetime, end: datetime, kinds: Iterable[str] = ()) -> list[int]:
    """The events that opened in a time (the end not included), of these kinds or of any, in order of time."""
    rows = Event.objects.filter(opened_at__gte=start, opened_at__lt=end)
    if wanted := list(kinds):
        rows = rows.filter(kind__in=wanted)
    return list(rows.order_by("opened_at", "id").values_list("pk", flat=True))


def retrace(
    event_ids: list[int],
    confirmed: Mapping[int, int],
    *,
    workers: int,
    progress: Progress | None = None,
) -> Summary:
    """Trace events again, by the rules alone, and keep the answers as attempts in retrospect.

    Events that have one by the same versions and rule are counted as they are, so that a run that was cut off goes on
    where it stopped.

    Args:
        confirmed: event to the outfall that people confirmed.
        progress: called with (events done, all of them).

    Raises:
        NoDask: an address is set without its client.
    """
    summary = Summary(events=len(event_ids))
    versions = versions_of(rule_version("trace.settings").version, rule_version("trace.fingerprints").version)
    pending: dict[Future[dict[str, Any]], tuple[int, TraceInputs, datetime]] = {}

    def done(event_id: int, trace: Trace) -> None:
        summary.traced += 1
        if event_id in confirmed:
            summary.judged += 1
            row = trace.candidates.filter(outfall_id=confirmed[event_id]).first()
            summary.first += row is not None and row.rank == 1
            summary.among_three += row is not None and row.rank <= AMONG

    def take(future: Future[dict[str, Any]]) -> None:
        event_id, inputs, started_at = pending.pop(future)
        try:
            posterior = Posterior.from_dict(future.result())
        except RiverkitError as error:
            summary.refused.append((event_id, str(error)))
            return
        kept = KeepRetrospect(
            actor=SYSTEM, event_id=event_id, inputs=inputs, posterior=posterior, started_at=started_at
        )
        done(event_id, kept.run())

    def tell() -> None:
        if progress is not None:
            progress(summary.traced + len(summary.refused), summary.events)

    with _pool(workers) as pool:
        for event_id in event_ids:
            before = Trace.objects.filter(event_id=event_id, retrospective=True, versions=versions).first()
            if before is not None:
                summary.known += 1
                done(event_id, before)
            else:
                try:
                    event = Event.objects.select_related("station__reach__basin").get(pk=event_id)
                    inputs = gather(event, by_rule_alone=True)
                except NotApplicable as error:
                    summary.refused.append((event_id, error.message))
                else:
                    pending[pool.submit(compute_plainly, inputs.to_json())] = (event_id, inputs, clock.now())
            if len(pending) >= AHEAD * workers:
                take(next(as_completed(list(pending))))
            tell()
        while pending:
            take(next(as_completed(list(pending))))
            tell()
    return summary


class _Pool(Protocol):
    def submit(self, task: Callable[[dict[str, Any]], dict[str, Any]], inputs: dict[str, Any], /) -> Any: ...


def _pool(workers: int) -> AbstractContextManager[Any]:
    """Dask where an address is configured, else processes of our own."""
    address = os.environ.get(DASK_ADDRESS)
    return _dask(address) if address else _processes(workers)


@contextmanager
def _processes(workers: int) -> Iterator[_Pool]:
    # Started afresh, not forked: a fork would share the connection to the database.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield pool


@contextmanager
def _dask(address: str) -> Iterator[_Pool]:
    try:
        from distributed import Client
    except ImportError as error:
        raise NoDask(
            f"已设置 {DASK_ADDRESS}，但未安装 dask.distributed。|{DASK_ADDRESS} is set, but dask.distributed is not installed.",
            cure=f"请运行 pip install 'riverchief[scale]'，或取消 {DASK_ADDRESS}。|Run `pip install 'riverchief[scale]'`, or unset {DASK_ADDRESS}.",
        ) from error
    with Client(address) as client:  # type: ignore[no-untyped-call]
        yield client.get_executor(pure=False)
