"""`riverchief audit verify`: everything that can be told of the log of a living system."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from django.db import connection, transaction

from riverchief.base.audit import keys, merkle
from riverchief.base.audit.faults import Fault
from riverchief.base.audit.scan import Progress, scan
from riverchief.base.audit.sealing import leaves_at, signed_of
from riverchief.base.audit.statement import FIRST, Kept, Leaf, Signed, signed_by
from riverchief.base.evidence import path_of as evidence_path
from riverchief.base.models import AuditEntry, Checkpoint, Evidence

_AT_ONCE = 5_000


@dataclass(frozen=True)
class Verified:
    """What was looked at, and what is wrong."""

    chains: int
    entries: int
    checkpoints: int
    files: int
    faults: list[Fault]


def verify_all(
    kept: Sequence[Kept] = (), *, evidence: bool = False, progress: Progress = lambda done, of: None
) -> Verified:
    """Check every chain, every checkpoint, the tables against the log, and what exported checkpoints (`kept`) say.

    All in one snapshot: the product may run meanwhile. With `evidence`, every file is read, too.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.ensure_connection()
        found = scan(connection.connection, _parameters(), progress)
        faults = [*found.faults, *_keys(), *_checkpoints()]
        newest = max(kept, key=lambda copy: copy.signed.statement.number, default=None)
        for copy in kept:
            faults += _against(copy)
        if newest is not None:
            # One root is enough: each chain under it goes on from what the earlier copies say, which was looked at.
            faults += _against_root(newest.signed, f"checkpoint:{newest.signed.statement.number}")
        files = list(_evidence()) if evidence else []
        return Verified(
            chains=found.chains,
            entries=found.entries,
            checkpoints=Checkpoint.objects.count(),
            files=len(files),
            faults=[*faults, *(fault for fault in files if fault is not None)],
        )


def _parameters() -> dict[str, Any]:
    """How to connect once more, without what Django adds for itself."""
    parameters = connection.get_connection_params()
    return {name: value for name, value in parameters.items() if isinstance(value, str | int)}


def _keys() -> Iterator[Fault]:
    """The keys on record vouch for each other; the one that is here is the last of them."""
    rows = keys.recorded()
    for before, row in pairwise(rows):
        old, new, vouched = before.data["public_key"], row.data["public_key"], row.data.get("vouched")
        # A key that was lost vouches for nobody: that stands in the log, with who said so, and is for people to judge.
        if vouched is not None and not signed_by(old, "next key", bytes.fromhex(new), vouched):
            yield Fault(
                f"{keys.CHAIN}[{row.sequence}]",
                "新密钥的作保签名不符",
                "the old key's signature for the new key does not fit",
            )


def _checkpoints() -> Iterator[Fault]:
    """Each is signed by a key on record and names the one before; the last one's root is that of the log."""
    in_force = {row.data["public_key"]: place for place, row in enumerate(keys.recorded())}
    number, previous, latest_key = 0, FIRST, 0
    last = None
    for last in Checkpoint.objects.order_by("number").iterator(_AT_ONCE):
        signed, where, number = signed_of(last), f"checkpoint:{last.number}", number + 1
        try:
            statement = signed.statement
        except (ValueError, KeyError, TypeError):
            yield Fault(where, "内容无法识别", "cannot be read")
            return
        # A key that was replaced signs nothing any more, whoever still has it.
        place = in_force.get(statement.public_key, -1)
        if not signed.genuine or place < latest_key:
            yield Fault(where, "不是由当时有效的密钥签名", "is not signed by the key in force")
        latest_key = max(latest_key, place)
        if last.number != number or statement.number != number or statement.previous != previous:
            yield Fault(where, "与前一检查点不衔接", "does not follow the checkpoint before it")
            return
        previous = signed.digest
    if last is not None:
        yield from _against_root(signed_of(last), f"checkpoint:{last.number}")


def _against_root(signed: Signed, where: str) -> Iterator[Fault]:
    """The leaves on record give the root, and every one of them is what the log says at that place."""
    statement = signed.statement
    hashed = []
    for leaves in _batches(leaves_at(statement.number)):
        hashed += [leaf.hashed() for leaf in leaves]
        yield from _against_log(leaves, where)
    if merkle.root_of(hashed).hex() != statement.root or len(hashed) != statement.chains:
        yield Fault(
            where,
            "登记的链头与签名的根不符：有链被删除或改写",
            "the chains on record do not give its signed root: one was removed or rewritten",
        )


def _against_log(leaves: Sequence[Leaf], where: str) -> Iterator[Fault]:
    """Every chain is still as long as it was then, and reads the same up to there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wanted.chain, wanted.length FROM unnest(%s::text[], %s::int[], %s::text[]) AS wanted (chain, length, hash) "
            'LEFT JOIN base_auditentry AS entry ON entry.chain = wanted.chain COLLATE "C" AND entry.sequence = wanted.length '
            "WHERE entry.hash IS DISTINCT FROM wanted.hash ORDER BY 1",
            [list(column) for column in zip(*leaves, strict=True)] if leaves else [[], [], []],
        )
        for chain, length in cursor.fetchall():
            there = AuditEntry.objects.filter(chain=chain, sequence=length).exists()
            yield Fault(
                f"{chain}[{length}]",
                f"与 {where} 不符：{'历史被改写' if there else '尾部被截断或整条链被删除'}",
                f"is not as {where} says: {'its history was replaced' if there else 'its tail was cut off, or the chain removed'}",
            )


def _against(kept: Kept) -> Iterator[Fault]:
    """What an exported checkpoint says of itself, and of the chains that grew before it."""
    statement = kept.signed.statement
    where = f"checkpoint:{statement.number}"
    row = Checkpoint.objects.filter(number=statement.number).first()
    if row is None:
        yield Fault(where, "数据库中没有此检查点", "is not in the database")
    elif signed_of(row).digest != kept.signed.digest:
        yield Fault(
            where, "数据库中的检查点与导出的副本不同", "in the database is not the one that was exported"
        )
    for leaves in _batches(kept.changes):
        yield from _against_log(leaves, where)


def _batches(leaves: Iterable[Leaf]) -> Iterator[list[Leaf]]:
    rest = iter(leaves)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch


def _evidence() -> Iterator[Fault | None]:
    """For every file on record: what is wrong with it, or None."""
    for sha256 in Evidence.objects.order_by("pk").values_list("sha256", flat=True).iterator(_AT_ONCE):
        path = evidence_path(sha256)
        where = f"evidence file {sha256[:12]}"
        if not path.is_file():
            yield Fault(where, "文件不在证据库中", "is not in the store")
            continue
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        yield None if found == sha256 else Fault(where, "文件被调换或损坏", "was swapped or damaged")
