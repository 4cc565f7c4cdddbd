"""The log that proves itself: per chain, every entry carries the hash of the one before it."""

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db import connection

from riverchief.base import clock
from riverchief.base.models import AuditEntry

if TYPE_CHECKING:
    from riverchief.base.actions import Actor

GENESIS = "0" * 64


def _digest(entry: AuditEntry) -> str:
    """SHA-256 over the canonical JSON of everything in the entry but its own hash."""
    content = {
        "chain": entry.chain,
        "sequence": entry.sequence,
        "action": entry.action,
        "actor_id": entry.actor_id,
        "actor_label": entry.actor_label,
        "at": entry.at.isoformat(),
        "body": entry.body,
        "previous_hash": entry.previous_hash,
    }
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def append(chain: str, action: str, actor: "Actor", data: dict[str, Any]) -> AuditEntry:
    """Add an entry at the end of `chain`; must run inside the transaction of the change it tells of."""
    with connection.cursor() as cursor:
        # Two transactions that append to one chain wait for each other here, not at the unique constraint.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [chain])
    last = AuditEntry.objects.filter(chain=chain).order_by("-sequence").first()
    entry = AuditEntry(
        chain=chain,
        sequence=last.sequence + 1 if last else 1,
        action=action,
        actor_id=actor.pk,
        actor_label=actor.label,
        at=clock.now(),
        body=json.dumps(data, sort_keys=True, ensure_ascii=False),
        previous_hash=last.hash if last else GENESIS,
    )
    entry.hash = _digest(entry)
    entry.save(force_insert=True)
    return entry


def entries(chain: str) -> list[AuditEntry]:
    """The entries of a chain, oldest first."""
    return list(AuditEntry.objects.filter(chain=chain).order_by("sequence"))


def broken_links(chain: str) -> Iterator[str]:
    """What is wrong with a chain, in order; nothing where it is whole."""
    previous, expected = GENESIS, 1
    for entry in AuditEntry.objects.filter(chain=chain).order_by("sequence").iterator():
        if entry.sequence != expected:
            yield f"{chain}: entry {expected} is missing"
        if entry.previous_hash != previous:
            yield f"{chain}[{entry.sequence}]: does not follow the entry before it"
        if entry.hash != _digest(entry):
            yield f"{chain}[{entry.sequence}]: its content was changed"
        previous, expected = entry.hash, entry.sequence + 1


def verify_all() -> tuple[int, list[str]]:
    """Check every chain: (chains checked, what is broken)."""
    chains = AuditEntry.objects.order_by("chain").values_list("chain", flat=True).distinct()
    return len(chains), [problem for chain in chains for problem in broken_links(chain)]
