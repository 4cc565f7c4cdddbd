"""Jobs that nobody is doing are taken up again, once, and one that cannot be does not keep the others waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app as django_app
from riverchief.site.worker import MOST_ATTEMPTS, Custodian

pytestmark = pytest.mark.django_db(transaction=True)

DEAD, LIVE = 1, 2


@pytest.fixture(autouse=True)
def _workers() -> None:
    """One worker that has long been silent, and ours."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
        cursor.execute(
            "INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE "
            "VALUES (%s, now() - interval '1 hour'), (%s, now())",
            [DEAD, LIVE],
        )


def _job(
    name: str, status: str, worker: int | None = None, queueing_lock: str | None = None, attempts: int = 0
) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, queueing_lock, attempts) "
            "VALUES ('default', %s, %s::procrastinate_job_status, %s, %s, %s) RETURNING id",
            [name, status, worker, queueing_lock, attempts],
        )
        return int(cursor.fetchone()[0])


def _states() -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, status::text FROM procrastinate_jobs")
        return dict(cursor.fetchall())


def _look(times: int, during: Callable[[Custodian], Awaitable[Any]] | None = None) -> None:
    async def play() -> None:
        with django_app.replace_connector(django_app.connector.get_worker_connector()) as app:
            async with app.open_async():
                custodian = Custodian(app)
                for _ in range(times):
                    await (during(custodian) if during else custodian.look(LIVE))

    asyncio.run(play())


def test_the_job_of_a_dead_worker_is_taken_up_and_that_of_a_finished_one_is_not() -> None:
    lost, done = _job("trace.run", "doing", DEAD), _job("trace.run", "succeeded", DEAD)
    _look(1)
    assert _states() == {lost: "todo", done: "succeeded"}


def test_a_job_whose_twin_waits_already_is_ended_and_keeps_no_other_job_waiting() -> None:
    lost = _job("monitor.examine", "doing", DEAD, queueing_lock="monitor.examine")
    twin = _job("monitor.examine", "todo", queueing_lock="monitor.examine")
    trace = _job("trace.run", "doing", DEAD)
    _look(1)
    assert _states() == {lost: "aborted", twin: "todo", trace: "todo"}


def test_a_job_marked_as_ours_at_which_we_are_not_is_taken_up_when_it_is_found_twice() -> None:
    job = _job("trace.run", "doing", LIVE)
    _look(1)
    assert _states() == {job: "doing"}  # it may be between its end and its mark
    _look(2)
    assert _states() == {job: "todo"}


def test_a_job_at_which_we_are_working_is_left_alone() -> None:
    job = _job("trace.run", "doing", LIVE)

    context = SimpleNamespace(job=SimpleNamespace(id=job))

    async def look_while_working(custodian: Custodian) -> None:
        async def work() -> None:
            await custodian.look(LIVE)
            await custodian.look(LIVE)

        await custodian.watch(work, context, None)

    _look(1, look_while_working)
    assert _states() == {job: "doing"}


def test_a_job_that_was_lost_again_and_again_is_marked_failed() -> None:
    job = _job("trace.run", "doing", DEAD, attempts=MOST_ATTEMPTS)
    _look(1)
    assert _states() == {job: "failed"}
