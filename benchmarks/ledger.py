"""`python -m benchmarks.ledger`: a ledger of a million problems with ten million entries in its log.

A PostgreSQL of its own. Every problem has its clue, its row in the ledger in one of the states, and a chain of entries
that tells how it came there; hashes are true, so that verification has all to do that it has in service. Entries are loaded
by COPY in the order in which they would have been written (all problems side by side), so that the entries of one chain lie
as far apart on disk as in service.

Measured are the product's own functions: the first checkpoint over all chains, a checkpoint after a few chains grew, and the
verification of everything on all processors. Problems are synthetic.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks._devices import database
from benchmarks._report import report

PROBLEMS, LOG_ENTRIES = 1_000_000, 10_000_000
GREW = 100
"""So many chains grow between two checkpoints."""
_FIRST = datetime(2019, 4, 1, tzinfo=UTC)
_AT_ONCE = 20_000


def main() -> None:
    """Load, seal, verify."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    parser.add_argument("--log-entries", type=int, default=LOG_ENTRIES, help="about so many")
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "riverchief.site.settings"
    with database(0), TemporaryDirectory(prefix="ledger.") as folder:
        from django.conf import settings

        settings.RIVERCHIEF_AUDIT_KEY = Path(folder) / "audit_key"
        settings.RIVERCHIEF_CHECKPOINTS_DIR = Path(folder) / "checkpoints"
        _measure(arguments.problems, max(1, round(arguments.log_entries / arguments.problems)))


def _measure(problems: int, entries_each: int) -> None:
    from riverchief.base.actions import SYSTEM
    from riverchief.base.audit import append
    from riverchief.base.audit.sealing import seal
    from riverchief.base.audit.verify import verify_all

    with _timed() as loading:
        entries = _load(problems, entries_each)
    with _timed() as first:
        seal()
    for problem in range(1, 1 + min(GREW, problems)):
        append(f"problem:{problem}", "problem.look", SYSTEM, {"note": "复核"})
    with _timed() as next_one:
        seal()
    with _timed() as verifying:
        verified = verify_all()
    if verified.faults:
        raise SystemExit(f"{len(verified.faults)} faults where there are none, such as {verified.faults[0]}")
    report(
        "The ledger and its log",
        [
            ("problems; entries of the log", f"{problems:,}; {verified.entries:,}"),
            ("loaded", f"{entries / loading.seconds:,.0f} entries/s"),
            ("first checkpoint over all chains", f"{first.seconds:.1f} s"),
            (f"checkpoint after {GREW} chains grew", f"{next_one.seconds:.1f} s"),
            ("everything verified", f"{verifying.seconds:.1f} s on {os.cpu_count()} processors"),
        ],
        {
            "problems": problems,
            "log_entries": verified.entries,
            "verify_seconds": verifying.seconds,
            "first_checkpoint_seconds": first.seconds,
            "checkpoint_seconds": next_one.seconds,
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


# -- loading


class _People(NamedTuple):
    """Who acts, and where."""

    area: str
    unit: int
    users: list[int]


_LABELS = ("王建国", "李秀英", "张伟（核查）", "刘洋（区水务局）", "陈静")
_WAY = (
    ("clue.confirm", 0, None, "registered"),
    ("problem.assign", 1, "registered", "assigned"),
    ("problem.sign_for", 3, "assigned", "signed_for"),
    ("problem.plan", 3, "signed_for", "planned"),
    ("problem.report_rectified", 3, "planned", "rectified"),
    ("problem.send_back", 2, "rectified", "sent_back"),
    ("problem.report_rectified", 3, "sent_back", "rectified"),
    ("problem.send_back", 2, "rectified", "sent_back"),
    ("problem.report_rectified", 3, "sent_back", "rectified"),
    ("problem.verify", 2, "rectified", "verified"),
    ("problem.write_off", 4, "verified", "written_off"),
)
_TEXT = "封堵混接支管，接入污水管网，清理河岸；晴天复核无出流，水体清澈。"


def _load(problems: int, entries_each: int) -> int:
    """The people, the clues, the problems, and the log: `entries_each` steps of the way for every problem."""
    from django.db import connection

    steps = _WAY[: min(entries_each, len(_WAY))]
    people = _people()
    connection.ensure_connection()
    driver: Any = connection.connection
    with driver.cursor() as cursor:
        _load_clues(cursor, problems, people)
        _load_problems(cursor, problems, people, steps)
        _load_log(cursor, problems, people, steps)
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(t, 'id'), %s) FROM unnest(%s::text[]) AS t",
            [problems + 1, ["rectify_clue", "rectify_problem"]],
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return problems * len(steps)


def _people() -> _People:
    from riverchief.accounts.models import Area, Organisation, User

    area = Area.objects.filter(level="city").first() or Area.objects.create(
        code="990000", name_zh="山城市", name_en="Hill City", level="city"
    )
    unit = Organisation.objects.create(name_zh="区水务局", name_en="Water Bureau", kind="unit", area=area)
    users = [
        User.objects.create_user(f"ledger{number}", None, name_zh=label).pk
        for number, label in enumerate(_LABELS)
    ]
    return _People(area.pk, unit.pk, users)


def _opened(problem: int) -> datetime:
    return _FIRST + timedelta(minutes=3 * problem)


def _load_clues(cursor: Any, problems: int, people: _People) -> None:
    with cursor.copy(
        "COPY rectify_clue (id, number, source, state, kind, title, description, area_id, lon, lat, reporter_name, "
        "reporter_phone, registered_by_id, registered_at, basis, decision_reason, decided_by_id, decided_at) FROM STDIN"
    ) as copy:
        for key in range(1, problems + 1):
            at = _opened(key)
            lon, user = 106.5 + key % 1000 / 1e4, people.users[0]
            what = (key, f"X{key:08}", "patrol", "confirmed", "litter", "巡河发现", "")
            copy.write_row((*what, people.area, lon, 29.5, "", "", user, at, "decision", "属实", user, at))


def _load_problems(cursor: Any, problems: int, people: _People, steps: Any) -> None:
    last = steps[-1][3]
    done = {"rectified": 1, "verified": 2, "written_off": 3}.get(last, 0)
    assigned = len(steps) > 1
    with cursor.copy(
        "COPY rectify_problem (id, number, clue_id, title, kind, state, area_id, lon, lat, opened_by_id, opened_at, unit_id, "
        "rectification_class, due_at, due_provisional, assigned_at, signed_for_at, rectified_by_id, rectified_at, "
        "verified_by_id, verified_at, written_off_by_id, written_off_at) FROM STDIN"
    ) as copy:
        for key in range(1, problems + 1):
            at = _opened(key)
            what = (key, f"W{key:08}", key, "河岸垃圾问题", "litter", last, people.area)
            opened = (106.5 + key % 1000 / 1e4, 29.5, people.users[0], at)
            order = (
                (people.unit, "by_date", _due(at), False, at) if assigned else (None, "", None, False, None)
            )
            judged = [
                (people.users[who], at) if done > step else (None, None) for step, who in enumerate((3, 2, 4))
            ]
            signed_for = at if len(steps) > 2 else None
            copy.write_row((*what, *opened, *order, signed_for, *(part for pair in judged for part in pair)))


def _due(opened: datetime) -> datetime:
    return opened + timedelta(days=30)


def _load_log(cursor: Any, problems: int, people: _People, steps: Any) -> None:
    """Step by step over a few thousand problems at a time: the entries of a chain do not lie together."""
    from riverchief.base.audit.links import GENESIS, Link, digest

    heads: list[tuple[str, int, str]] = []
    with cursor.copy(
        "COPY base_auditentry (chain, sequence, action, actor_id, actor_label, at, body, previous_hash, hash) FROM STDIN"
    ) as copy:
        for begin in range(1, problems + 1, _AT_ONCE):
            keys = range(begin, min(begin + _AT_ONCE, problems + 1))
            last = dict.fromkeys(keys, GENESIS)
            for sequence, (action, who, before, after) in enumerate(steps, start=1):
                for key in keys:
                    at = _opened(key) + timedelta(days=2 * (sequence - 1))
                    body = json.dumps(
                        _body(key, action, before, after, people), sort_keys=True, ensure_ascii=False
                    )
                    link = Link(
                        f"problem:{key}",
                        sequence,
                        action,
                        people.users[who],
                        _LABELS[who],
                        at,
                        body,
                        last[key],
                        "",
                    )
                    link = link._replace(hash=digest(link))
                    last[key] = link.hash
                    copy.write_row(link)
            heads += [(f"problem:{key}", len(steps), last[key]) for key in keys]
    with cursor.copy("COPY base_chainhead (chain, length, hash, sealed_length) FROM STDIN") as copy:
        for head in heads:
            copy.write_row((*head, 0))


def _body(key: int, action: str, before: str | None, after: str, people: _People) -> dict[str, Any]:
    """What such an action writes."""
    if before is None:
        return {"number": f"W{key:08}", "basis": "decision", "evidence": [], "chief_id": None}
    states = {"from": before, "to": after}
    if action == "problem.assign":
        return {
            **states,
            "order": f"山河办〔2019〕{key}号",
            "unit_id": people.unit,
            "unit_zh": "区水务局",
            "unit_en": "Water Bureau",
            "chief_id": None,
            "requirement": _TEXT,
            "rectification_class": "by_date",
            "due_at": _due(_opened(key)).isoformat(),
            "due_provisional": False,
        }
    return {**states, "summary": _TEXT, "evidence": [], "without_evidence_reason": "合成数据，无照片"}


if __name__ == "__main__":
    main()
