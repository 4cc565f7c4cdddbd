"""Reading the whole log, link by link, on all processors.

The chains are cut into pieces by name; each is read in order by a server-side cursor of its own, all in one snapshot. What
the tables say is compared in the same pass.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from multiprocessing import get_context
from operator import itemgetter
from typing import Any

import django
import psycopg
import psycopg.adapt
from psycopg.abc import Buffer

from riverchief.base.audit.agreements import Compare, agreements
from riverchief.base.audit.faults import Fault
from riverchief.base.audit.links import Follower, Link

SMALL = 50_000
"""So many entries are looked at faster here than by processes that must start first."""
_PIECES_PER_PROCESSOR = 16
_BATCH = 2_000
_ENTRIES = (
    "SELECT chain, sequence, action, actor_id, actor_label, at, body, previous_hash, hash FROM base_auditentry "
    "WHERE chain >= %s AND chain < %s ORDER BY chain, sequence"
)
_HEADS = "SELECT chain, length, hash FROM base_chainhead WHERE chain >= %s AND chain < %s ORDER BY chain"
_END = "\U0010ffff"

Progress = Callable[[int, int], None]


@dataclass
class Scanned:
    """What was read, and what is wrong with it: one fault for each broken chain, and those of the tables."""

    chains: int = 0
    entries: int = 0
    faults: list[Fault] = field(default_factory=list)

    def add(self, other: "Scanned") -> None:
        """Join what another piece held."""
        self.chains += other.chains
        self.entries += other.entries
        self.faults += other.faults


def scan(connection: "psycopg.Connection[Any]", parameters: dict[str, Any], progress: Progress) -> Scanned:
    """Read everything, in the snapshot of the connection's transaction.

    `parameters` are how further connections are made; `progress` is told how many pieces of how many are done.
    """
    found = Scanned()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(length), 0) FROM base_chainhead")
        chains, entries = cursor.fetchone() or (0, 0)
        processors = os.cpu_count() or 1
        if entries <= SMALL or processors == 1:
            found.add(_read_piece(connection, "", _END))
            progress(1, 1)
        else:
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone() or ("",)
            edges = _edges(cursor, chains, processors * _PIECES_PER_PROCESSOR)
            for number, piece in enumerate(_in_processes(parameters, snapshot, edges, processors), start=1):
                found.add(piece)
                progress(number, len(edges) - 1)
        for agreement in agreements().values():
            found.faults += agreement.without_chain(cursor)
    found.faults.sort(key=lambda fault: fault.where)
    return found


def _edges(cursor: "psycopg.Cursor[Any]", chains: int, pieces: int) -> list[str]:
    """Names of chains that cut all of them into pieces of about as many."""
    step = max(1, chains // pieces)
    cursor.execute(
        "SELECT chain FROM (SELECT chain, row_number() OVER (ORDER BY chain) AS place FROM base_chainhead) AS heads "
        "WHERE place %% %s = 0 ORDER BY chain",
        [step],
    )
    return ["", *(chain for (chain,) in cursor.fetchall()), _END]


def _in_processes(
    parameters: dict[str, Any], snapshot: str, edges: Sequence[str], processors: int
) -> Iterator[Scanned]:
    # Not forked: a connection to the database must not be shared. Django is set up for what the site registered.
    context = get_context("spawn")
    with ProcessPoolExecutor(processors, mp_context=context, initializer=django.setup) as pool:
        pieces = [pool.submit(read_piece, parameters, snapshot, low, high) for low, high in pairwise(edges)]
        for piece in as_completed(pieces):
            yield piece.result()


def read_piece(parameters: dict[str, Any], snapshot: str, low: str, high: str) -> Scanned:
    """A piece, in a process of its own."""
    with psycopg.connect(**parameters) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        return _read_piece(connection, low, high)


def _read_piece(connection: "psycopg.Connection[Any]", low: str, high: str) -> Scanned:
    compare = {prefix: row.function() for prefix, row in agreements().items()}
    found = Scanned()
    waiting: dict[str, dict[int, Sequence[Link]]] = {prefix: {} for prefix in compare}
    with (
        connection.cursor() as heads,
        connection.cursor() as beside,
        connection.cursor(name="audit_entries") as entries,
    ):
        # Times as they are hashed, whatever zone the server is set to.
        beside.execute("SET LOCAL TIME ZONE 'UTC'")
        entries.adapters.register_loader("timestamptz", _UtcLoader)
        heads.execute(_HEADS, [low, high])
        lengths = {chain: (length, last) for chain, length, last in heads.fetchall()}
        entries.itersize = _BATCH
        entries.execute(_ENTRIES, [low, high])
        for chain, rows in groupby(entries, key=itemgetter(0)):
            follower, fault = Follower(chain), None
            prefix, _, key = chain.partition(":")
            told: list[Link] | None = [] if prefix in compare and key.isdecimal() else None
            for row in rows:
                link = Link(*row)
                found.entries += 1
                wrong = follower.add(link)
                fault = fault or wrong
                if told is not None:
                    told.append(link)
            found.chains += 1
            fault = fault or _against_head(follower, lengths.pop(chain, None))
            if fault is not None:
                found.faults.append(fault)
            elif told is not None:
                waiting[prefix][int(key)] = told
                if len(waiting[prefix]) >= _BATCH:
                    found.faults += _compared(compare, waiting, prefix, beside)
        for prefix in compare:
            found.faults += _compared(compare, waiting, prefix, beside)
    found.faults += [
        Fault(
            chain, f"整条链缺失，应有 {length} 条记录", f"the whole chain is missing; it had {length} entries"
        )
        for chain, (length, _) in lengths.items()
        if length
    ]
    return found


class _UtcLoader(psycopg.adapt.Loader):
    """Times of a session in UTC; psycopg's own asks a time zone for every one, which is a sixth of all the work."""

    def load(self, data: Buffer) -> datetime:
        """As the server writes it."""
        return datetime.fromisoformat(bytes(data).decode())


def _against_head(follower: Follower, head: tuple[int, str] | None) -> Fault | None:
    """Whether a chain ends where it is known to end."""
    if head == (follower.length, follower.hash):
        return None
    if head is None:
        return Fault(follower.chain, "链头登记缺失", "its head is not on record")
    if head[0] > follower.length:
        return Fault(
            f"{follower.chain}[{follower.length}]",
            f"尾部被截断：应有 {head[0]} 条记录",
            f"its tail was cut off: it had {head[0]} entries",
        )
    return Fault(
        f"{follower.chain}[{follower.length}]",
        "末尾与登记的链头不符",
        "it does not end as its head on record says",
    )


def _compared(
    compare: Mapping[str, Compare],
    waiting: dict[str, dict[int, Sequence[Link]]],
    prefix: str,
    cursor: "psycopg.Cursor[Any]",
) -> list[Fault]:
    """What the tables say of the chains that wait; they wait no longer."""
    chains, waiting[prefix] = waiting[prefix], {}
    return list(compare[prefix](cursor, chains)) if chains else []
