"""Whether the installation works: what /health says, and why."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from riverchief.base import clock
from riverchief.base.models import Heartbeat
from riverchief.monitor.dialogue.exchange import SILENCE, living_gateways, process_name

LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    ok: bool
    detail: str


@dataclass(frozen=True)
class Report:
    """Everything looked at."""

    checks: dict[str, Check]

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return all(check.ok for check in self.checks.values())

    def as_json(self) -> dict[str, Any]:
        """The body of the answer; details name no secrets, for anybody may ask."""
        return {
            "status": "ok" if self.ok else "failing",
            "checks": {name: {"ok": check.ok, "detail": check.detail} for name, check in self.checks.items()},
        }


def _database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check(True, "answers")


def pending_migrations() -> int:
    """How many changes of the tables this release has and the database has not."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrations() -> Check:
    pending = pending_migrations()
    return Check(not pending, f"{pending} pending: run `riverchief migrate`" if pending else "applied")


def _process(name: str) -> Check:
    beat = Heartbeat.objects.filter(process=name).first()
    if beat is None:
        return Check(False, "never seen: start it with `riverchief serve`")
    age = clock.now() - beat.at
    return Check(age < SILENCE, f"last sign of life {round(age.total_seconds())} s ago")


def _gateways() -> Check:
    """One that lives will do: stations call the next one."""
    beats = Heartbeat.objects.filter(process__startswith=process_name(""))
    last = beats.order_by("-at").first()
    if last is None:
        return _process("gateway")
    alive = len(living_gateways())
    age = clock.now() - last.at
    return Check(alive > 0, f"{alive} alive, last sign of life {round(age.total_seconds())} s ago")


def _disk() -> Check:
    # The folder may not exist before the first piece of evidence; its file system does.
    folder = settings.RIVERCHIEF_EVIDENCE_DIR
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Check(free > LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free")


CHECKS: dict[str, Callable[[], Check]] = {
    "database": _database,
    "migrations": _migrations,
    "gateway": _gateways,
    "worker": lambda: _process("worker"),
    "disk": _disk,
}


def report() -> Report:
    """Look at everything; without a database, the checks that need it say so."""
    found: dict[str, Check] = {}
    for name, check in CHECKS.items():
        try:
            found[name] = check()
        except DatabaseError:
            found[name] = Check(False, "the database does not answer")
    return Report(found)
