"""Whatever somebody with the database's own password does to the log is found: alone, or against a checkpoint kept elsewhere."""

import os
import random
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from hypothesis import given
from riverchief.base import audit, clock
from riverchief.base.actions import SYSTEM
from riverchief.base.audit import keys, merkle
from riverchief.base.audit.chain import link_of
from riverchief.base.audit.links import GENESIS, digest
from riverchief.base.audit.proof import Proof
from riverchief.base.audit.sealing import kept_of, leaves_at, proof_of, seal, signed_of
from riverchief.base.audit.statement import Kept
from riverchief.base.audit.verify import verify_all
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.base.models import AuditEntry, ChainHead, Checkpoint, CheckpointLeaf

CHAINS = ("matter:1", "matter:2", "matter:10", "案件:3")


@pytest.fixture
def unguarded(db) -> None:
    """The owner of the tables can take their triggers away."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER base_log_append_only ON base_auditentry; "
            "DROP TRIGGER base_checkpoint_append_only ON base_checkpoint; "
            "DROP TRIGGER base_checkpointleaf_append_only ON base_checkpointleaf"
        )


def write(rounds: int = 3) -> None:
    for number in range(rounds):
        for chain in CHAINS:
            audit.append(chain, "matter.step", SYSTEM, {"n": number, "说明": "整改"})


def run(statement: str, *values: object) -> int:
    """What somebody with the database's own password could do."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def rehash(chain: str) -> None:
    """Make every hash of a chain, its head and its leaf fit again."""
    previous, length = GENESIS, 0
    for entry in AuditEntry.objects.filter(chain=chain).order_by("sequence"):
        length += 1
        link = link_of(entry)._replace(sequence=length, previous_hash=previous)
        previous = digest(link)
        run(
            "UPDATE base_auditentry SET sequence = %s, previous_hash = %s, hash = %s WHERE id = %s",
            *(length, link.previous_hash, previous, entry.pk),
        )
    run("DELETE FROM base_chainhead WHERE chain = %s", chain)
    run("DELETE FROM base_checkpointleaf WHERE chain = %s", chain)
    if length:
        ChainHead.objects.create(chain=chain, length=length, hash=previous, sealed_length=length)
        CheckpointLeaf.objects.create(checkpoint_id=1, chain=chain, length=length, hash=previous)


def change(pick: random.Random) -> None:
    column, value = pick.choice(
        [
            ("action", "'x'"),
            ("actor_id", "7"),
            ("actor_label", "'别人'"),
            ("at", "at + interval '1 second'"),
            ("body", "body || ' '"),
            ("previous_hash", "repeat('e', 64)"),
            ("hash", "repeat('f', 64)"),
            ("chain", "chain || 'x'"),
        ]
    )
    run(
        f"UPDATE base_auditentry SET {column} = {value} WHERE chain = %s AND sequence = %s",
        *(pick.choice(CHAINS), pick.randint(1, 3)),
    )


def remove(pick: random.Random) -> None:
    run(
        "DELETE FROM base_auditentry WHERE chain = %s AND sequence = %s",
        *(pick.choice(CHAINS), pick.randint(1, 3)),
    )


def reorder(pick: random.Random) -> None:
    chain, (first, second) = pick.choice(CHAINS), pick.sample((1, 2, 3), 2)
    run("UPDATE base_auditentry SET sequence = sequence + 10 WHERE chain = %s", chain)
    run(
        "UPDATE base_auditentry SET sequence = CASE sequence WHEN %s THEN %s WHEN %s THEN %s ELSE sequence - 10 END "
        "WHERE chain = %s",
        *(first + 10, second, second + 10, first, chain),
    )


def insert(pick: random.Random) -> None:
    """Slipped in at the end, fitting the entry before it, or between two."""
    chain, place = pick.choice(CHAINS), pick.randint(1, 4)
    if place < 4:
        run(
            "UPDATE base_auditentry SET sequence = sequence + 10 WHERE chain = %s AND sequence >= %s",
            chain,
            place,
        )
        run("UPDATE base_auditentry SET sequence = sequence - 9 WHERE chain = %s AND sequence > 10", chain)
    before = AuditEntry.objects.filter(chain=chain, sequence=place - 1).first()
    entry = AuditEntry(
        chain=chain,
        sequence=place,
        action="matter.step",
        actor_label="系统",
        at=clock.now(),
        body="{}",
        previous_hash=before.hash if before else GENESIS,
    )
    entry.hash = digest(link_of(entry))
    entry.save(force_insert=True)


def cut_tail(pick: random.Random) -> None:
    run(
        "DELETE FROM base_auditentry WHERE chain = %s AND sequence > %s",
        *(pick.choice(CHAINS), pick.randint(0, 2)),
    )


def swap_chains(pick: random.Random) -> None:
    one, other = pick.sample(CHAINS, 2)
    run("UPDATE base_auditentry SET chain = 'aside' WHERE chain = %s", one)
    run("UPDATE base_auditentry SET chain = %s WHERE chain = %s", one, other)
    run("UPDATE base_auditentry SET chain = %s WHERE chain = 'aside'", other)


DEEDS = (change, remove, reorder, insert, cut_tail, swap_chains)


def content() -> list[tuple[object, ...]]:
    """What the log says, with its hashes."""
    return list(
        AuditEntry.objects.values_list(
            "chain", "sequence", "action", "actor_id", "actor_label", "at", "body", "hash"
        )
    )


def played(soak: bool, pick: random.Random) -> list[str]:
    """Every deed, some times over, each undone before the next; the deeds that nothing found."""
    unseen = []
    for deed in DEEDS:
        for number in range(60 if soak else 2):
            for made_anew in (False, True):
                mark, before = transaction.savepoint(), content()
                kept = kept_of(Checkpoint.objects.latest("number"))
                deed(pick)
                if made_anew:
                    for chain in {*CHAINS, *AuditEntry.objects.values_list("chain", flat=True)}:
                        rehash(chain)
                if content() == before and made_anew:
                    pass  # a hash was changed and made to fit again: nothing is other than it was
                elif not verify_all([kept]).faults:
                    unseen.append(f"{deed.__name__} {number} {'made anew' if made_anew else ''}")
                # Without the checkpoint, too, as long as nobody made the hashes fit again.
                if not made_anew and not verify_all().faults:
                    unseen.append(f"{deed.__name__} {number} without a checkpoint")
                transaction.savepoint_rollback(mark)
    return unseen


@pytest.mark.parametrize("soak", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_whatever_is_done_to_the_log_is_found(unguarded, soak: bool) -> None:
    write()
    seal()
    assert verify_all([kept_of(Checkpoint.objects.get())]).faults == []
    assert played(soak, random.Random(20261130)) == []


def test_a_replaced_history_with_new_signatures_is_found_by_name_against_what_was_kept(unguarded) -> None:
    write()
    kept = kept_of(seal())
    run("UPDATE base_auditentry SET body = '{\"n\": 99}' WHERE chain = 'matter:2' AND sequence = 2")
    rehash("matter:2")
    run("DELETE FROM base_checkpoint")
    run("DELETE FROM base_checkpointleaf")
    ChainHead.objects.update(sealed_length=0)
    seal()
    assert verify_all().faults == [], "somebody with the key can make all of it fit"
    told = {fault.where for fault in verify_all([kept]).faults}
    assert "matter:2[3]" in told
    assert "checkpoint:1" in told


def test_a_checkpoint_holds_all_chains_and_later_ones_only_what_grew(db) -> None:
    write()
    first = seal()
    assert seal() == first, "nothing was written since"
    audit.append("matter:2", "matter.step", SYSTEM, {})
    second = seal()
    assert [leaf.chain for leaf in kept_of(second).changes] == ["matter:2"]
    statement = signed_of(second).statement
    assert statement.chains == len(CHAINS) + 1  # the key's own chain is one, too
    assert statement.previous == signed_of(first).digest
    assert {leaf.chain: leaf.length for leaf in leaves_at(1)}["matter:2"] == 3
    folder = django_settings.RIVERCHIEF_CHECKPOINTS_DIR
    copies = [Kept.read(file.read_text(), file.name) for file in sorted(folder.iterdir())]
    assert [copy.signed for copy in copies] == [signed_of(first), signed_of(second)]
    assert verify_all(copies).faults == []


def test_a_chain_is_proven_to_stand_under_a_checkpoint_and_no_other_length_is(db) -> None:
    write()
    seal()
    for chain in CHAINS:
        row, proof = proof_of(chain)
        statement = signed_of(row).statement
        assert Proof.read(proof.as_data()) == proof
        assert proof.holds(statement)
        assert not Proof(proof.leaf._replace(length=2), proof.index, proof.path).holds(statement)
        assert not Proof(proof.leaf, proof.index + 1, proof.path).holds(statement)
        assert not Proof(proof.leaf, proof.index, proof.path[:-1]).holds(statement)


@given(st.integers(1, 40).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_every_leaf_of_a_tree_of_any_size_has_its_path(drawn: tuple[int, int]) -> None:
    size, index = drawn
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(size)]
    [path] = merkle.paths_of(leaves, [index])
    assert merkle.root_from(leaves[index], index, size, path) == merkle.root_of(leaves) == by_the_rfc(leaves)
    assert merkle.root_from(leaves[index], index, size, [*path, leaves[0]]) is None


def by_the_rfc(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is defined: split at the largest power of two below the size."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return merkle.node_hash(by_the_rfc(leaves[:split]), by_the_rfc(leaves[split:]))


def test_the_key_is_its_owners_alone_and_a_new_one_is_vouched_for_by_the_old(db) -> None:
    write(1)
    seal()
    path = django_settings.RIVERCHIEF_AUDIT_KEY
    assert path.stat().st_mode & 0o777 == 0o600
    first = keys.public_hex(keys.signing_key())
    keys.RotateKey(actor=SYSTEM, reason="年度更换").run()
    second = keys.public_hex(keys.signing_key())
    assert (first, second) == tuple(row.data["public_key"] for row in keys.recorded())
    assert signed_of(seal()).statement.public_key == second
    assert verify_all([kept_of(row) for row in Checkpoint.objects.all()]).faults == []
    os.chmod(path, 0o644)
    with pytest.raises(StateRefused, match="Others can read"):
        seal()


def test_a_lost_key_is_not_replaced_in_silence(db) -> None:
    write(1)
    seal()
    django_settings.RIVERCHIEF_AUDIT_KEY.unlink()
    audit.append(CHAINS[0], "matter.step", SYSTEM, {})
    with pytest.raises(StateRefused, match="missing"):
        seal()
    keys.RotateKey(actor=SYSTEM, reason="磁盘损坏", lost=True).run()
    seal()
    assert keys.recorded()[-1].data["vouched"] is None
    assert verify_all().faults == []


def test_an_exported_checkpoint_that_was_touched_is_refused(db) -> None:
    write(1)
    content = kept_of(seal()).as_json()
    with pytest.raises(InvalidInput, match="was changed"):
        Kept.read(content.replace("matter:10", "matter:11"), "c.json")
    with pytest.raises(InvalidInput, match="is no checkpoint"):
        Kept.read("{}", "c.json")


def test_a_checkpoint_by_a_key_that_the_log_does_not_know_is_found(unguarded) -> None:
    write(1)
    with clock.use_clock(clock.now() - timedelta(days=1)):
        seal()
    run("DELETE FROM base_auditentry WHERE chain = %s", keys.CHAIN)
    rehash(keys.CHAIN)
    assert "checkpoint:1" in {fault.where for fault in verify_all().faults}
