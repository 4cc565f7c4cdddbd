"""Archived events are traced again in bulk, by the very same function, and nobody is alarmed."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from distributed import LocalCluster
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import PermissionRefused
from riverchief.base.models import OutboxEvent
from riverchief.monitor.models import Event
from riverchief.rectify import actions as rectify
from riverchief.rectify.retrospect import confirmed_outfalls
from riverchief.trace import again, retrospect
from riverchief.trace.actions import KeepRetrospect
from riverchief.trace.compute import compute_plainly
from riverchief.trace.gather import gather
from riverchief.trace.models import Trace
from riverchief.trace.retrospect import NoDask, Summary, events_between, retrace

from tests.riverchief.rectify.office import NOON
from tests.riverchief.trace.river import River, run_trace


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads instead of processes: the same calls, without starting Python anew."""

    @contextmanager
    def threads(workers: int) -> Any:
        with ThreadPoolExecutor(1) as pool:
            yield pool

    monkeypatch.setattr(retrospect, "_processes", threads)
    monkeypatch.delenv(retrospect.DASK_ADDRESS, raising=False)


def run(river: River, **changes: Any) -> Summary:
    given = {"confirmed": {river.event.pk: river.culprit.pk}, "workers": 1}
    return retrace([river.event.pk], **given | changes)


@pytest.mark.usefixtures("here")
class TestRetracing:
    def test_it_tells_how_often_the_confirmed_outfall_came_first(self, river: River) -> None:
        told: list[tuple[int, int]] = []
        summary = run(river, progress=lambda done, of: told.append((done, of)))
        rank = Trace.objects.get().candidates.get(outfall=river.culprit).rank
        assert (summary.events, summary.traced, summary.judged) == (1, 1, 1)
        assert (summary.first, summary.among_three) == (int(rank == 1), int(rank <= 3))
        assert summary.among_three == 1
        assert told[-1] == (1, 1)

    def test_it_is_the_answer_that_an_attempt_of_today_gives(self, river: River) -> None:
        live = run_trace(river)
        run(river)
        past = Trace.objects.get(retrospective=True)
        assert past.attempt == live.attempt + 1
        assert past.result["candidates"] == live.result["candidates"]
        assert past.inputs == {**live.inputs, "sampling": None}, "nobody is sent for water long afterwards"

    def test_it_opens_no_clue_and_stays_out_of_the_history(self, river: River) -> None:
        run(river)
        assert not OutboxEvent.objects.filter(name__startswith="trace.").exists()
        trace = Trace.objects.get()
        assert [entry.action for entry in audit.entries(trace.chain)] == ["trace.retrospect"]
        shown = river.office.client("city_office").get(f"/traces/{trace.pk}").json()
        assert (shown["retrospective"], shown["history"]["attempts"]) == (True, [])
        assert list(again.due()) == []

    def test_a_second_run_takes_what_is_there(self, river: River, monkeypatch: pytest.MonkeyPatch) -> None:
        first = run(river)
        monkeypatch.setattr(retrospect, "compute_plainly", lambda inputs: pytest.fail("computed again"))
        second = run(river)
        assert Trace.objects.count() == 1
        assert (second.known, second.traced, second.first) == (1, 1, first.first)

    def test_where_the_method_does_not_apply_that_is_said(self, river: River) -> None:
        Event.objects.update(parameter="do")
        summary = run(river)
        assert (summary.traced, [event for event, _ in summary.refused]) == (0, [river.event.pk])
        assert not Trace.objects.exists()

    def test_an_outfall_that_nobody_confirmed_is_not_judged(self, river: River) -> None:
        assert run(river, confirmed={}).judged == 0


def test_events_are_chosen_by_the_day_they_opened_and_by_kind(river: River) -> None:
    opened = river.event.opened_at
    Event.objects.exclude(pk=river.event.pk).update(opened_at=opened - timedelta(days=9))
    assert events_between(opened, opened + timedelta(days=1)) == [river.event.pk]
    assert events_between(opened + timedelta(seconds=1), opened + timedelta(days=1)) == []
    assert events_between(opened - timedelta(days=1), opened) == []
    assert events_between(opened, opened + timedelta(days=1), ["class_drop"]) == []


def test_what_people_confirmed_is_read_from_the_ledger(river: River) -> None:
    office = river.office
    assert confirmed_outfalls([river.event.pk]) == {}
    trace = Trace.objects.create(
        event=river.event, attempt=1, state="done", requested_at=NOON, started_at=NOON, finished_at=NOON,
        inputs={}, result={},
    )  # fmt: skip
    trace.candidates.create(
        rank=1,
        kind="outfall",
        outfall=river.culprit,
        reach=river.culprit.reach,
        lon=106.5,
        lat=29.5,
        probability=0.9,
    )
    clue = rectify.OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()
    rectify.ConfirmClue(
        actor=office["county_office"],
        clue_id=clue.pk,
        basis="decision",
        reason="现场属实",
        outfall_id=river.culprit.pk,
    ).run()
    assert confirmed_outfalls([river.event.pk]) == {river.event.pk: river.culprit.pk}


def test_no_person_makes_an_attempt_in_retrospect(river: River) -> None:
    trace: Any = object()
    with pytest.raises(PermissionRefused):
        KeepRetrospect(
            actor=river.office["city_office"],
            event_id=river.event.pk,
            inputs=trace,
            posterior=trace,
            started_at=NOON,
        ).run()


def test_an_address_of_dask_without_its_client_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(retrospect.DASK_ADDRESS, "tcp://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NoDask) as refused, retrospect._pool(1):
        pass
    assert "riverchief[scale]" in refused.value.cure


def test_another_process_computes_what_this_one_does(river: River) -> None:
    inputs = gather(river.event).to_json()
    with retrospect._processes(1) as pool:
        elsewhere = pool.submit(compute_plainly, inputs).result(timeout=300)
    here = compute_plainly(inputs)
    for answer in (elsewhere, here):
        answer.pop("seconds")
    assert elsewhere == here


def test_processes_of_its_own_and_a_dask_cluster_give_the_same_answer(
    river: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(retrospect.DASK_ADDRESS, raising=False)
    in_processes = retraced(river)
    Trace.objects.all().delete()
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
    ) as cluster:
        monkeypatch.setenv(retrospect.DASK_ADDRESS, cluster.scheduler_address)
        on_dask = retraced(river)
    assert in_processes == on_dask
    assert sum(in_processes.values()) == pytest.approx(1.0)


def retraced(river: River) -> dict[str, float]:
    assert run(river).traced == 1
    return {row["key"]: row["probability"] for row in Trace.objects.get().result["candidates"]}
