"""Making checkpoints: all chains under one signed root, without reading the entries.

The heads are read once, in the order of their names; the chains that grew are kept as leaves, so that the tree of any
checkpoint can be put together again, and stand in the exported file, so that a copy can say which chain is wrong.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from psycopg import Connection

from riverchief.base import clock
from riverchief.base.audit import merkle
from riverchief.base.audit.keys import public_hex, signing_key
from riverchief.base.audit.proof import Proof
from riverchief.base.audit.statement import (
    FIRST,
    Kept,
    Leaf,
    Signed,
    Statement,
    changes_digest,
    sign,
)
from riverchief.base.errors import NotFound
from riverchief.base.models import ChainHead, Checkpoint, CheckpointLeaf

_AT_ONCE = 10_000
_FILE = re.compile(r"checkpoint-(\d{8})-[0-9a-f]{12}\.json")


def seal() -> Checkpoint:
    """A new checkpoint over all that is committed, or the last one where nothing was written since; exported.

    Raises:
        StateRefused: the key of the log is not here.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit:checkpoints', 0))")
        key = signing_key()
        last = Checkpoint.objects.last()
        leaves, changed, entries = _heads()
        if last is not None and not changed:
            return last
        statement = Statement(
            number=last.number + 1 if last else 1,
            at=clock.now(),
            chains=len(leaves),
            entries=entries,
            root=merkle.root_of(leaves).hex(),
            changes=len(changed),
            changes_sha256=changes_digest(changed),
            previous=signed_of(last).digest if last else FIRST,
            public_key=public_hex(key),
        )
        text = statement.text()
        made = Checkpoint.objects.create(
            number=statement.number,
            at=statement.at,
            text=text,
            signature=sign(key, "checkpoint", text.encode()),
        )
        _keep(made, changed)
    _mark_sealed(made)
    _export_new(made)
    return made


def _heads() -> tuple[list[bytes], list[Leaf], int]:
    """The hashes of all leaves in order, the leaves of the chains that grew, and how many entries there are."""
    hashed, changed, entries = [], [], 0
    rows = ChainHead.objects.order_by("chain").values_list("chain", "length", "hash", "sealed_length")
    for chain, length, last, sealed in rows.iterator(_AT_ONCE):
        leaf = Leaf(chain, length, last)
        hashed.append(leaf.hashed())
        entries += length
        if length != sealed:
            changed.append(leaf)
    return hashed, changed, entries


def _keep(checkpoint: Checkpoint, changed: list[Leaf]) -> None:
    driver = _driver()
    with (
        driver.cursor() as cursor,
        cursor.copy("COPY base_checkpointleaf (checkpoint_id, chain, length, hash) FROM STDIN") as copy,
    ):
        for leaf in changed:
            copy.write_row((checkpoint.number, *leaf))


def _driver() -> "Connection[tuple[object, ...]]":
    connection.ensure_connection()
    driver: Connection[tuple[object, ...]] = connection.connection
    return driver


def _mark_sealed(checkpoint: Checkpoint) -> None:
    """Remember what the checkpoint holds, after it is committed and without waiting for anybody.

    A head that somebody holds is passed over: the next checkpoint then names its chain once more, which does no harm.
    Waiting for it while holding others could end a person's action in a deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH free AS (
                SELECT chain FROM base_chainhead
                WHERE chain IN (SELECT chain FROM base_checkpointleaf WHERE checkpoint_id = %(number)s)
                FOR UPDATE SKIP LOCKED
            )
            UPDATE base_chainhead AS head SET sealed_length = leaf.length
            FROM base_checkpointleaf AS leaf, free
            WHERE leaf.checkpoint_id = %(number)s AND leaf.chain = free.chain AND head.chain = free.chain
            """,
            {"number": checkpoint.number},
        )


# -- files -------------------------------------------------------------------------------------------------------


def signed_of(checkpoint: Checkpoint) -> Signed:
    """A row as it was signed."""
    return Signed(checkpoint.text, checkpoint.signature)


def kept_of(checkpoint: Checkpoint) -> Kept:
    """A checkpoint as it is exported."""
    rows = CheckpointLeaf.objects.filter(checkpoint=checkpoint).order_by("chain")
    return Kept(signed_of(checkpoint), tuple(Leaf(row.chain, row.length, row.hash) for row in rows))


def export(checkpoint: Checkpoint, file: Path) -> None:
    """Write a checkpoint to a new file; one that is there is never overwritten (FileExistsError)."""
    content = kept_of(checkpoint).as_json()
    with file.open("x", encoding="utf-8") as opened:
        opened.write(content)


def _export_new(checkpoint: Checkpoint) -> None:
    """This one into the folder of checkpoints, and those before it that a crash kept from it."""
    folder = Path(settings.RIVERCHIEF_CHECKPOINTS_DIR)
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    there = [int(found[1]) for path in folder.iterdir() if (found := _FILE.fullmatch(path.name))]
    first = min(max(there, default=checkpoint.number - 1) + 1, checkpoint.number)
    for row in Checkpoint.objects.filter(number__range=(first, checkpoint.number)):
        # The hash in the name: a restored database that numbers anew does not hide what stood there before.
        name = f"checkpoint-{row.number:08}-{signed_of(row).digest[:12]}.json"
        if not (folder / name).exists():
            export(row, folder / name)


# -- putting trees together again ----------------------------------------------------------------------------------


def leaves_at(number: int) -> Iterator[Leaf]:
    """The leaves of a checkpoint's tree, in order."""
    rows = (
        CheckpointLeaf.objects.filter(checkpoint_id__lte=number)
        .order_by("chain", "-checkpoint_id")
        .distinct("chain")
        .values_list("chain", "length", "hash")
    )
    for row in rows.iterator(_AT_ONCE):
        yield Leaf(*row)


def proof_of(chain: str) -> tuple[Checkpoint, Proof]:
    """The newest checkpoint, and the proof that the chain stands under it.

    Raises:
        NotFound: no checkpoint holds it yet.
    """
    last, proofs = proofs_of([chain])
    return last, proofs[chain]


def proofs_of(chains: Iterable[str]) -> tuple[Checkpoint, dict[str, Proof]]:
    """The newest checkpoint, and for each of the chains the proof that it stands under it.

    Raises:
        NotFound: no checkpoint holds one of them yet.
    """
    wanted = set(chains)
    last = Checkpoint.objects.last()
    found: list[tuple[int, Leaf]] = []
    hashed = []
    for place, leaf in enumerate(leaves_at(last.number) if last else ()):
        hashed.append(leaf.hashed())
        if leaf.chain in wanted:
            found.append((place, leaf))
    missing = sorted(wanted - {leaf.chain for _, leaf in found})
    if last is None or missing:
        name = missing[0] if missing else "—"
        raise NotFound(
            f"尚无检查点包含 {name}。|No checkpoint holds {name} yet.",
            cure="请十分钟后再试，或运行 `riverchief audit checkpoint`。|Try again in ten minutes, or run `riverchief audit checkpoint`.",
        )
    paths = merkle.paths_of(hashed, [place for place, _ in found])
    return last, {
        leaf.chain: Proof(leaf, place, tuple(node.hex() for node in path))
        for (place, leaf), path in zip(found, paths, strict=True)
    }
