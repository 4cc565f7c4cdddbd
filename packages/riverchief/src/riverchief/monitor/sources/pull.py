"""Asking platforms for what changed since the last time.

Every page of an answer is stored in a transaction of its own; that of the last one also moves the cursor. A run that is cut
off is done again, and finds its readings there: a reading is stored once. What a platform corrects later replaces the
reading as a later packet does. Asked is from some time before the cursor on, for changes may show late.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import psycopg
from django.db import DataError
from django.db.models import F
from psycopg import sql
from psycopg.rows import dict_row

from riverchief.base import clock, outward
from riverchief.base.errors import RiverchiefError
from riverchief.monitor.gateway.directory import Directory, load
from riverchief.monitor.sources.configuration import Pull
from riverchief.monitor.sources.intake import store_reports
from riverchief.monitor.sources.mapping import Record, found
from riverchief.monitor.sources.models import SourceState

MOST_PAGES = 1000
_DIGEST = 8


class PullFailed(RiverchiefError):
    """A platform was asked in vain; the message says why."""

    code = "pull_failed"


def is_due(pull: Pull, now: datetime) -> bool:
    """Whether it is time to ask again."""
    tried_at = SourceState.objects.filter(name=pull.name).values_list("tried_at", flat=True).first()
    # A job of every minute comes some seconds early or late.
    return tried_at is None or tried_at + pull.every <= now + timedelta(seconds=30)


def run(pull: Pull) -> int:
    """Ask once; returns how many new records came. What goes wrong is written down, for the page of the sources, and raised."""
    state, _ = SourceState.objects.update_or_create(name=pull.name, defaults={"tried_at": clock.now()})
    try:
        return _run(pull, state)
    except (RiverchiefError, psycopg.Error, DataError) as error:
        fault = error.message if isinstance(error, RiverchiefError) else _told(error)
        SourceState.objects.filter(name=pull.name).update(fault=fault)
        raise PullFailed(fault) from error


def _run(pull: Pull, state: SourceState) -> int:
    directory = load()
    cursor = state.cursor or pull.start
    pages = _of_view(pull, cursor) if pull.kind == "postgresql" else _of_address(pull, cursor)
    before, seen = _digests(bytes(state.seen)), dict[bytes, datetime]()
    newest, total = cursor, 0
    waiting: list[Record] = []
    for page in pages:
        if waiting:
            _store(pull, waiting, directory)
        waiting = []
        for record in page:
            # A clock there that runs ahead must not make us leave out what comes meanwhile.
            updated = min(pull.mapping.updated(record) or cursor, clock.now())
            mark = _digest(record)
            if mark not in before and mark not in seen:
                waiting.append(record)
            seen[mark] = updated
            newest = max(newest, updated)
        total += len(waiting)
    now = clock.now()
    asked_again = newest - pull.overlap
    advanced: dict[str, Any] = {
        "cursor": newest,
        "seen": b"".join(sorted(mark for mark, updated in seen.items() if updated >= asked_again)),
        "succeeded_at": now,
        "fault": "",
    }
    _store(pull, waiting, directory, **advanced, **({"message_at": now} if total else {}))
    return total


def _store(pull: Pull, records: list[Record], directory: Directory, **advanced: Any) -> None:
    """Store a page, and in the same transaction how the source stands then."""
    origin = f"pull {pull.name}"

    def note(kept: int, refused: int) -> None:
        SourceState.objects.filter(name=pull.name).update(
            messages=F("messages") + kept, refused=F("refused") + refused, **advanced
        )

    store_reports(pull.mapping.reports(records, origin), origin, directory, note)


def _of_address(pull: Pull, cursor: datetime) -> Iterator[list[Record]]:
    """The pages of an answer over HTTP: numbered (`{page}`), or each naming the next (`{next}`), or the only one."""
    since = pull.mapping.written(cursor - pull.overlap)
    numbered = any("{page}" in text for text in pull.parameters.values())
    token: Any = None
    last: list[Any] = []
    for number in count(1):
        parameters = {
            key: text.replace("{since}", since).replace("{page}", str(number)).replace("{next}", str(token))
            for key, text in pull.parameters.items()
            if token is not None or "{next}" not in text
        }
        answer = outward.get(pull.url, parameters, pull.headers)
        records = found(answer, pull.records)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise PullFailed(
                f"回答中“{pull.records or '整体'}”不是记录的列表。"
                f"|“{pull.records or 'the whole'}” of the answer is no list of records."
            )
        if records and records == last:
            raise PullFailed(
                f"第 {number} 页与前一页相同：平台未按页回答。|Page {number} is the one before: the platform does not answer by pages."
            )
        yield records
        last = records
        token = found(answer, pull.next_page) if pull.next_page else None
        if token in (None, "") and not (numbered and records):
            return
        if number >= MOST_PAGES:
            raise PullFailed(
                f"一次超过 {MOST_PAGES} 页；已取到的已入库，游标未推进。"
                f"|More than {MOST_PAGES} pages at once; what came is stored, the cursor stays."
            )


def _of_view(pull: Pull, cursor: datetime) -> Iterator[list[Record]]:
    """What a view of a database holds of changes since the cursor, oldest first; read only, in one statement."""
    query = sql.SQL("SELECT * FROM {view} WHERE {updated_at} > %s ORDER BY {updated_at}").format(
        view=sql.Identifier(*pull.view.split(".")), updated_at=sql.Identifier(pull.updated_at)
    )
    options = "-c statement_timeout=120000 -c default_transaction_read_only=on -c timezone=Asia/Shanghai"
    with (
        psycopg.connect(
            pull.database, connect_timeout=10, options=options, application_name="riverchief pull"
        ) as there,
        there.cursor(name="riverchief_pull", row_factory=dict_row) as rows,
    ):
        rows.itersize = pull.rows
        rows.execute(query, [cursor - pull.overlap])
        while page := rows.fetchmany(pull.rows):
            yield [{key: _plain(value) for key, value in row.items()} for row in page]


def _plain(value: Any) -> Any:
    """A value of a database as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _told(error: Exception) -> str:
    """The words of a database, without the line that may hold the values of a row."""
    words = str(error).strip().splitlines()
    return f"数据库：{words[0] if words else type(error).__name__}|Database: {words[0] if words else type(error).__name__}"


def _digest(record: Record) -> bytes:
    text = json.dumps(record, sort_keys=True, default=str).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(text, digest_size=_DIGEST).digest()


def _digests(joined: bytes) -> set[bytes]:
    return {joined[start : start + _DIGEST] for start in range(0, len(joined), _DIGEST)}
