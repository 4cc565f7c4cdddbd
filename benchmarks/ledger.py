"""`python -m benchmarks.ledger`: a ledger of a million problems with ten million entries in its log.

A PostgreSQL of its own. Every problem has its clue, its row in the ledger in one of the states (82.5 % are written off), and
the two chains that tell how it came there, in 38 counties of one city; hashes are true, so that verification has all to do that it has in
service. Entries are loaded by COPY in the order in which they would have been written (many problems side by side), so that
the entries of one chain lie as far apart on disk as in service.

Measured are the product's own functions: the first checkpoint over all chains, a checkpoint after a few chains grew, and the
verification of everything on all processors; then answers of the API in this process, without the network: lists with their
counts, one problem, the figures, and steps of problems. Problems are synthetic.
"""

import argparse
import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._devices import database
from benchmarks._ledger_load import COUNTIES, People, load, somewhere
from benchmarks._report import report

PROBLEMS, LOG_ENTRIES = 1_000_000, 10_000_000
STEPS_EACH = 10
"""About so many entries have a problem and its clue together."""
GREW = 100
"""So many chains grow between two checkpoints."""
CALLS = 40


def main() -> None:
    """Load, seal, verify, ask."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    parser.add_argument(
        "--log-entries", type=int, default=LOG_ENTRIES, help="about so many, ten a problem at least"
    )
    arguments = parser.parse_args()
    notes = round(arguments.log_entries / arguments.problems) - STEPS_EACH
    if notes < 0:
        parser.error(
            f"a problem has about {STEPS_EACH} entries with its clue: ask for more entries, or fewer problems"
        )
    os.environ["DJANGO_SETTINGS_MODULE"] = "riverchief.site.settings"
    with database(0), TemporaryDirectory(prefix="ledger.") as folder:
        import structlog
        from django.conf import settings

        # Every request would have a line.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        settings.RIVERCHIEF_AUDIT_KEY = Path(folder) / "audit_key"
        settings.RIVERCHIEF_CHECKPOINTS_DIR = Path(folder) / "checkpoints"
        settings.WHITENOISE_ROOT = None
        settings.SECURE_SSL_REDIRECT = False
        settings.ALLOWED_HOSTS = ["testserver"]
        _measure(arguments.problems, notes)


def _measure(problems: int, notes: int) -> None:
    from riverchief.base.actions import SYSTEM
    from riverchief.base.audit import append
    from riverchief.base.audit.sealing import seal
    from riverchief.base.audit.verify import verify_all

    with _timed() as loading:
        loaded, people = load(problems, notes)
    with _timed() as first:
        seal()
    for problem in somewhere(min(GREW, problems), problems):
        append(f"problem:{problem}", "problem.note", SYSTEM, {"note": "复核"})
    with _timed() as next_one:
        seal()
    with _timed() as verifying:
        verified = verify_all()
    if verified.faults:
        raise SystemExit(f"{len(verified.faults)} faults where there are none, such as {verified.faults[0]}")
    lists = _lists(people, problems)
    actions = _actions(people)
    report(
        "The ledger and its log",
        [
            (
                "problems; chains; entries of the log",
                f"{problems:,}; {verified.chains:,}; {verified.entries:,}",
            ),
            ("loaded", f"{loaded / loading.seconds:,.0f} entries/s"),
            ("first checkpoint over all chains", f"{first.seconds:.1f} s"),
            (f"checkpoint after {GREW} chains grew", f"{next_one.seconds:.1f} s"),
            ("everything verified", f"{verifying.seconds:.1f} s on {os.cpu_count()} processors"),
            *(
                (f"{what}: median, p95", f"{statistics.median(taken):.0f}, {_p95(taken):.0f} ms")
                for what, taken in {**lists, **actions}.items()
            ),
        ],
        {
            "problems": problems,
            "log_entries": verified.entries,
            "list_p95_ms": max(map(_p95, lists.values())),
            "action_p95_ms": max(map(_p95, actions.values())),
            "verify_seconds": verifying.seconds,
            "first_checkpoint_seconds": first.seconds,
            "checkpoint_seconds": next_one.seconds,
            **{
                f"{what.replace(' ', '_')}_p95_ms": _p95(taken)
                for what, taken in {**lists, **actions}.items()
            },
            "cores": os.cpu_count(),
        },
    )


class _Clock:
    seconds: float


@contextmanager
def _timed() -> Iterator[_Clock]:
    clock, began = _Clock(), time.perf_counter()
    yield clock
    clock.seconds = time.perf_counter() - began


# -- asking


def _client(user_id: int) -> Any:
    from django.test import Client
    from riverchief.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(pk=user_id), backend="django.contrib.auth.backends.ModelBackend")
    return client


def _lists(people: People, problems: int) -> dict[str, list[float]]:
    """By what was asked of the city's office: milliseconds of each call."""
    client = _client(people.users[1])
    states = ("registered", "planned", "written_off")
    some = somewhere(CALLS + 1, problems)

    def get(path: str) -> None:
        answer = client.get(f"/api/v1{path}")
        if answer.status_code != 200:
            raise SystemExit(f"{path} was answered with {answer.status_code}: {answer.content[:300]!r}")

    asked: dict[str, Callable[[int], str]] = {
        "list all": lambda turn: f"/problems?offset={50 * turn}",
        "list a state": lambda turn: f"/problems?state={states[turn % 3]}",
        "list an area": lambda turn: f"/problems?area={people.areas[turn % COUNTIES]}",
        "list the overdue": lambda turn: f"/problems?overdue=true&offset={50 * turn}",
        "list deep in": lambda turn: f"/problems?after={problems // 2 + turn}",
        "list clues": lambda turn: f"/clues?offset={50 * turn}",
        "figures": lambda turn: "/ledger/figures",
        "one problem": lambda turn: f"/problems/{some[turn]}",
    }
    return {what: _taken(lambda turn, path=path: get(path(turn))) for what, path in asked.items()}  # type: ignore[misc]


def _actions(people: People) -> dict[str, list[float]]:
    """By step: milliseconds of each call, of problems that wait for that step."""
    from riverchief.rectify.models import Problem

    steps: dict[str, tuple[int, str, dict[str, Any]]] = {
        "assign": (1, "registered", {"organisation_id": people.unit, "requirement": "整改", "rectification_class": "by_date"}),
        "sign for": (3, "assigned", {}),
        "report as rectified": (3, "planned", {"summary": "已整改", "without_evidence_reason": "合成"}),
        "verify": (2, "rectified", {"finding": "属实"}),
    }  # fmt: skip
    paths = {"sign for": "sign_for", "report as rectified": "report_rectified"}
    found = {}
    for what, (who, state, body) in steps.items():
        client = _client(people.users[who])
        rows = Problem.objects.filter(state=state, area=people.areas[0])[: CALLS + 1]
        waiting = [
            (row.pk, {**body, **_seen(client, row.lon, row.lat)} if what == "verify" else body)
            for row in rows
        ]

        def post(
            turn: int, what: str = what, waiting: list[tuple[int, Any]] = waiting, client: Any = client
        ) -> None:
            problem, sent = waiting[turn]
            path = f"/api/v1/problems/{problem}/{paths.get(what, what)}"
            answer = client.post(path, data=sent, content_type="application/json")
            if answer.status_code != 200:
                raise SystemExit(
                    f"{path} was answered with {answer.status_code}: {answer.content.decode()[:300]}"
                )

        found[what] = _taken(post, min(CALLS, len(waiting) - 1))
    return found


def _seen(client: Any, lon: float, lat: float) -> dict[str, Any]:
    """What who verifies brings along: a photo of now, and where it was taken."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from riverchief.base import clock

    photo = SimpleUploadedFile("check.png", b"\x89PNG\r\n\x1a\n" + f"{lon} {lat}".encode())
    answer = client.post("/api/v1/evidence", {"file": photo, "taken_at": clock.now().isoformat()})
    return {"evidence_ids": [answer.json()["id"]], "lon": lon, "lat": lat}


def _taken(call: Callable[[int], None], calls: int = CALLS) -> list[float]:
    """Milliseconds of each call, the first aside: it warms what is cached."""
    call(0)
    taken = []
    for turn in range(1, calls + 1):
        began = time.perf_counter()
        call(turn)
        taken.append(1000.0 * (time.perf_counter() - began))
    return taken


def _p95(taken: list[float]) -> float:
    return sorted(taken)[max(0, round(0.95 * len(taken)) - 1)]


if __name__ == "__main__":
    main()
