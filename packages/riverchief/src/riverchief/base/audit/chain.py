"""Writing and reading chains: every entry carries the hash of the one before it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from riverchief.base import clock
from riverchief.base.audit.faults import Fault
from riverchief.base.audit.links import GENESIS, Link, digest, faults_of
from riverchief.base.models import AuditEntry, ChainHead

if TYPE_CHECKING:
    from riverchief.base.actions import Actor

_BATCH = 2_000


def append(chain: str, action: str, actor: "Actor", data: dict[str, Any]) -> AuditEntry:
    """Add an entry at the end of `chain`; must run inside the transaction of the change it tells of."""
    with connection.cursor() as cursor:
        # Takes the head's lock: two transactions that append to one chain wait here, not at the unique constraint.
        cursor.execute(
            "INSERT INTO base_chainhead (chain, length, hash, sealed_length) VALUES (%s, 0, %s, 0) "
            "ON CONFLICT (chain) DO UPDATE SET length = base_chainhead.length RETURNING length, hash",
            [chain, GENESIS],
        )
        length, previous_hash = cursor.fetchone()
        entry = _entry(chain, length + 1, previous_hash, action, actor, data, clock.now())
        entry.save(force_insert=True)
        cursor.execute(
            "UPDATE base_chainhead SET length = %s, hash = %s WHERE chain = %s",
            [entry.sequence, entry.hash, chain],
        )
    return entry


def begin(chains: Mapping[str, Sequence[tuple[str, dict[str, Any]]]], actor: "Actor") -> None:
    """Begin many chains that are not there yet, each with its first entries (action, data), in a few statements."""
    at = clock.now()
    rows: list[AuditEntry] = []
    heads: list[ChainHead] = []
    for chain, lines in chains.items():
        previous_hash = GENESIS
        for sequence, (action, data) in enumerate(lines, start=1):
            entry = _entry(chain, sequence, previous_hash, action, actor, data, at)
            previous_hash = entry.hash
            rows.append(entry)
        heads.append(ChainHead(chain=chain, length=len(lines), hash=previous_hash, sealed_length=0))
    ChainHead.objects.bulk_create(heads, batch_size=_BATCH)
    AuditEntry.objects.bulk_create(rows, batch_size=_BATCH)


def _entry(
    chain: str,
    sequence: int,
    previous_hash: str,
    action: str,
    actor: "Actor",
    data: dict[str, Any],
    at: datetime,
) -> AuditEntry:
    """The next entry of a chain, hashed and not saved."""
    entry = AuditEntry(
        chain=chain,
        sequence=sequence,
        action=action,
        actor_id=actor.pk,
        actor_label=actor.label,
        at=at.astimezone(UTC),
        body=json.dumps(data, sort_keys=True, ensure_ascii=False),
        previous_hash=previous_hash,
    )
    entry.hash = digest(link_of(entry))
    return entry


def entries(chain: str) -> list[AuditEntry]:
    """The entries of a chain, oldest first."""
    return list(AuditEntry.objects.filter(chain=chain).order_by("sequence"))


def link_of(entry: AuditEntry) -> Link:
    """An entry as it is hashed."""
    return Link(
        entry.chain,
        entry.sequence,
        entry.action,
        entry.actor_id,
        entry.actor_label,
        entry.at,
        entry.body,
        entry.previous_hash,
        entry.hash,
    )


def broken_links(chain: str) -> Iterator[Fault]:
    """What is wrong with a chain, in order; nothing where it is whole."""
    rows = AuditEntry.objects.filter(chain=chain).order_by("sequence").iterator()
    return faults_of(chain, map(link_of, rows))
