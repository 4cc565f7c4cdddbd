"""`python -m benchmarks.ledger`: a ledger of a million problems with ten million entries in its log.

A PostgreSQL of its own. Every problem has its clue, its row in the ledger in one of the states (82.5 % are written off), and
the two chains that tell how it came there, in the 1,026 towns of 38 counties of one city; hashes are true, so that verification has all to do that it has in
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
from benchmarks._ledger_load import (
    CHIEF,
    COUNTIES,
    COUNTY,
    DEPARTMENTS,
    KINDS,
    OFFICE,
    TOWNS,
    UNIT,
    VERIFIER,
    People,
    load,
    somewhere,
)
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
    """By who asked for what: milliseconds of each call."""
    some = somewhere(CALLS + 1, problems)
    states = ("registered", "planned", "written_off")

    def county(turn: int) -> str:
        return people.counties[turn % COUNTIES]

    def town(turn: int) -> str:
        return people.towns[turn % COUNTIES][turn % TOWNS]

    def kind(turn: int) -> str:
        return KINDS[turn % len(KINDS)]

    def unit(turn: int) -> int:
        return people.units[turn % COUNTIES][turn % len(DEPARTMENTS)]

    asked: dict[str, tuple[int, Callable[[int], str]]] = {
        "list all": (OFFICE, lambda turn: f"/problems?offset={50 * turn}"),
        "list a state": (OFFICE, lambda turn: f"/problems?state={states[turn % 3]}"),
        "list a kind": (OFFICE, lambda turn: f"/problems?kind={kind(turn)}"),
        "list a county": (OFFICE, lambda turn: f"/problems?area={county(turn)}"),
        "list a kind in a county": (OFFICE, lambda turn: f"/problems?area={county(turn)}&kind={kind(turn)}"),
        "list a state in a county": (OFFICE, lambda turn: f"/problems?area={county(turn)}&state={states[turn % 3]}"),
        "list a town": (OFFICE, lambda turn: f"/problems?area={town(turn)}"),
        "list a unit": (OFFICE, lambda turn: f"/problems?unit={unit(turn)}&figure=outstanding"),
        "list a department": (OFFICE, lambda turn: f"/problems?department={DEPARTMENTS[turn % len(DEPARTMENTS)]}"),
        "list a campaign": (OFFICE, lambda turn: f"/problems?campaign={people.campaign}&part={('stock', 'new')[turn % 2]}"),
        "list the outstanding of a campaign": (
            OFFICE,
            lambda turn: f"/problems?campaign={people.campaign}&figure=outstanding&kind={kind(turn)}",
        ),
        "list an age": (OFFICE, lambda turn: f"/problems?age={('30', '90', '180', '365', 'more')[turn % 5]}"),
        "list the overdue": (OFFICE, lambda turn: f"/problems?overdue=true&offset={50 * turn}"),
        "list the overdue of a kind": (OFFICE, lambda turn: f"/problems?overdue=true&kind={kind(turn)}"),
        "list the reopened": (OFFICE, lambda turn: f"/problems?reopened=true&state={states[turn % 3]}"),
        "list deep in": (OFFICE, lambda turn: f"/problems?after={problems // 2 + turn}"),
        "list as a county": (COUNTY, lambda turn: f"/problems?kind={kind(turn)}"),
        "list as a unit": (UNIT, lambda turn: f"/problems?state={states[turn % 3]}"),
        "list as a chief": (CHIEF, lambda turn: f"/problems?offset={50 * turn}"),
        "list clues": (OFFICE, lambda turn: f"/clues?offset={50 * turn}"),
        "figures": (OFFICE, lambda turn: "/ledger/figures"),
        "figures of a kind": (OFFICE, lambda turn: f"/ledger/figures?kind={kind(turn)}"),
        "figures of a county": (OFFICE, lambda turn: f"/ledger/figures?area={county(turn)}"),
        "figures as a unit": (UNIT, lambda turn: "/ledger/figures"),
        "figures by area": (OFFICE, lambda turn: "/ledger/breakdown?by=area"),
        "figures by department": (OFFICE, lambda turn: "/ledger/breakdown?by=department"),
        "figures by kind": (OFFICE, lambda turn: "/ledger/breakdown?by=kind"),
        "figures by unit": (OFFICE, lambda turn: "/ledger/breakdown?by=unit"),
        "figures by age": (OFFICE, lambda turn: "/ledger/breakdown?by=age"),
        "durations": (OFFICE, lambda turn: "/ledger/durations"),
        "campaigns": (OFFICE, lambda turn: f"/campaigns/{people.campaign}"),
        "one problem": (OFFICE, lambda turn: f"/problems/{some[turn]}"),
    }  # fmt: skip
    clients = {who: _client(people.users[who]) for who, _ in asked.values()}

    def get(who: int, path: str) -> None:
        answer = clients[who].get(f"/api/v1{path}")
        if answer.status_code != 200:
            raise SystemExit(f"{path} was answered with {answer.status_code}: {answer.content[:300]!r}")

    return {
        what: _taken(lambda turn, who=who, path=path: get(who, path(turn)))  # type: ignore[misc]
        for what, (who, path) in asked.items()
    }


def _actions(people: People) -> dict[str, list[float]]:
    """By step: milliseconds of each call, of problems that wait for that step."""
    from django.db.models import Q
    from riverchief.rectify.models import Problem

    unit = people.units[0][0]
    steps: dict[str, tuple[int, str, dict[str, Any]]] = {
        "assign": (OFFICE, "registered", {"organisation_id": unit, "requirement": "整改", "rectification_class": "by_date"}),
        "sign for": (UNIT, "assigned", {}),
        "report as rectified": (UNIT, "planned", {"summary": "已整改", "without_evidence_reason": "合成"}),
        "verify": (VERIFIER, "rectified", {"finding": "属实"}),
    }  # fmt: skip
    paths = {"sign for": "sign_for", "report as rectified": "report_rectified"}
    found = {}
    for what, (who, state, body) in steps.items():
        client = _client(people.users[who])
        rows = Problem.objects.filter(Q(unit=None) | Q(unit=unit), state=state, area__in=people.towns[0])
        waiting = [
            (row.pk, {**body, **_seen(client, row.lon, row.lat)} if what == "verify" else body)
            for row in rows[: CALLS + 1]
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
