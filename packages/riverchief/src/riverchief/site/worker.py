"""The process that does the background jobs.

Three things can go wrong, and none may leave a job undone: a worker is killed (its jobs stay "doing", owned by a dead
worker), the database goes away while a job is being finished (the job stays "doing", owned by us), or the database is
away altogether. Jobs are idempotent, so a job of which nobody knows the end is done again.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from procrastinate import App
from procrastinate.app import WorkerOptions
from procrastinate.contrib.django import app as django_app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker
from psycopg_pool import PoolTimeout

from riverchief.base import clock
from riverchief.base.models import Heartbeat

CONCURRENCY = 2
LOOK_EVERY_S = 5.0
HEARTBEAT_S, DEAD_AFTER_S = 5.0, 20.0
MOST_ATTEMPTS = 12  # a job that has been lost this often is more likely the cause than the victim
DATABASE_AWAY = (ConnectorException, DatabaseError, psycopg.OperationalError, PoolTimeout)

logger = structlog.get_logger("riverchief.worker")


class Custodian:
    """Knows which jobs this process is really working at, and takes up again those that nobody is."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._running: set[int] = set()
        self._suspects: set[int] = set()

    async def watch(self, call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
        """Middleware of the worker: note what runs."""
        self._running.add(context.job.id)
        try:
            return await call_next()
        finally:
            self._running.discard(context.job.id)

    async def look(self, worker_id: int | None) -> None:
        """Take up again the jobs of dead workers, and those marked as ours at which nobody is working.

        A job may be between its end and its mark for a moment, so it must be found twice.
        """
        silent = await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S)
        stalled = [job for job in silent if job.id not in self._running]
        doing = await self._app.job_manager.list_jobs_async(status=Status.DOING.value)
        idle = {job.id: job for job in doing if job.worker_id == worker_id and job.id not in self._running}
        orphaned = [idle[id_] for id_ in self._suspects & idle.keys() if id_ is not None]
        self._suspects = {id_ for id_ in idle if id_ is not None}
        for job in (*stalled, *orphaned):
            await self._take_up(job)

    async def _take_up(self, job: Job) -> None:
        logger.warning("job taken up again", job=job.id, task=job.task_name, attempts=job.attempts)
        if job.attempts >= MOST_ATTEMPTS:
            await self._app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
            return
        try:
            await self._app.job_manager.retry_job(job)
        except UniqueViolation:
            # Another job with the same queueing lock waits already and does the same work. This one must end all the
            # same: as long as it is "doing", it holds its lock against the other.
            await self._app.job_manager.finish_job(job, status=Status.ABORTED, delete_job=False)


def _beat() -> None:
    try:
        Heartbeat.objects.update_or_create(process="worker", defaults={"at": clock.now()})
    finally:
        connection.close()


async def _keep_house(app: App, custodian: Custodian, worker_id: Callable[[], int | None]) -> None:
    while True:
        try:
            await sync_to_async(_beat, thread_sensitive=False)()
            await custodian.look(worker_id())
        except DATABASE_AWAY as error:
            logger.warning("the worker lost the database", error=str(error))
        await asyncio.sleep(LOOK_EVERY_S)


async def _work_until(stop: asyncio.Event) -> None:
    """One life of the worker: it ends when asked to, or when the database goes away for longer than a moment."""
    with django_app.replace_connector(django_app.connector.get_worker_connector()) as app:  # type: ignore[attr-defined]
        async with app.open_async():
            custodian = Custodian(app)
            options: WorkerOptions = {
                **app.worker_defaults,
                "concurrency": CONCURRENCY,
                "install_signal_handlers": False,
                "worker_middleware": [custodian.watch],
                "delete_jobs": "successful",
                "update_heartbeat_interval": HEARTBEAT_S,
                "stalled_worker_timeout": DEAD_AFTER_S,
                "shutdown_graceful_timeout": 15,
            }
            worker = Worker(app, **options)
            house = asyncio.create_task(_keep_house(app, custodian, lambda: worker.worker_id))
            working = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
            asked = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
                worker.stop()  # type: ignore[no-untyped-call]
                await working
            finally:
                for task in (house, asked, working):
                    task.cancel()
                await asyncio.gather(house, asked, working, return_exceptions=True)


async def run() -> None:
    """Work until SIGTERM or SIGINT, through any absence of the database."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pause = timedelta(seconds=1)
    while not stop.is_set():
        try:
            await _work_until(stop)
        except DATABASE_AWAY as error:
            logger.warning("the worker waits for the database", error=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause.total_seconds())
