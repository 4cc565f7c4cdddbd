"""Does a case file prove itself? Asked of the file alone, without any database. Pure."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from riverchief.base.audit.faults import Fault
from riverchief.base.audit.links import Link, faults_of
from riverchief.base.audit.proof import Proof
from riverchief.base.audit.statement import Kept, Signed
from riverchief.rectify.agreement import Told, differences, told_by
from riverchief.rectify.casefile import pack
from riverchief.rectify.casefile.pack import Pack, Unreadable

MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class CaseVerified:
    """What was looked at, and what is wrong; what the file rests on is named for people to compare."""

    files: int
    entries: int
    withheld: int
    checkpoint: int
    checkpoint_at: datetime | None
    public_key: str
    faults: list[Fault]


def verify_case(
    source: IO[bytes], *, public_key: str | None = None, kept: Sequence[Kept] = ()
) -> CaseVerified:
    """Check a case file.

    Args:
        source: the zip.
        public_key: the key (hex) that must have signed it, had from elsewhere; without it the file's own is used, and
            somebody who made all of it up could have used any.
        kept: exported checkpoints, had from elsewhere: the one that the file rests on must be among them.
    """
    try:
        opened = Pack.open(source, pack.CASE_FILE)
    except Unreadable as error:
        fault = Fault("zip", f"不是可读的案卷（{error}）", f"is no case file that can be read ({error})")
        return CaseVerified(0, 0, 0, 0, None, "", [fault])
    faults = list(opened.faults())
    links: list[Link] = []
    number, at = 0, None
    try:
        links = links_in(json.loads(opened.text(pack.CHAIN)))
        proof = json.loads(opened.text(pack.PROOF))
        case = json.loads(opened.text(pack.CASE))
        signed = Signed(proof["checkpoint"], proof["signature"])
        number, at = signed.statement.number, signed.statement.at
        faults += chain_faults(links, Proof.read(proof["proof"]), signed, pack.PROOF)
        faults += checkpoint_faults(signed, opened.public_key, pack.PROOF)
        faults += case_faults(case, links, opened.evidence, pack.CASE)
    except (Unreadable, *MALFORMED) as error:
        faults.append(
            Fault("zip", f"内容不完整或无法识别（{error}）", f"is not complete, or cannot be read ({error})")
        )
    else:
        faults += origin_faults(opened.public_key, signed, public_key, kept, pack.PROOF)
    return CaseVerified(
        files=len(opened.manifest["files"]),
        entries=len(links),
        withheld=sum(link.body is None for link in links),
        checkpoint=number,
        checkpoint_at=at,
        public_key=opened.public_key,
        faults=faults,
    )


def chain_data(links: Sequence[Link]) -> list[dict[str, Any]]:
    """A chain as it stands in the file."""
    return [{**link._asdict(), "at": link.at.isoformat()} for link in links]


def links_in(data: list[dict[str, Any]]) -> list[Link]:
    """A chain out of a file; raises one of `MALFORMED` for anything else."""
    return [Link(**{**entry, "at": datetime.fromisoformat(entry["at"])}) for entry in data]


def record_data(told: Told) -> dict[str, Any]:
    """What is compared with the chain, as it stands in the file."""
    return {**vars(told), "due_at": told.due_at.isoformat() if told.due_at else None}


def chain_faults(links: Sequence[Link], proof: Proof, signed: Signed, where: str) -> Iterator[Fault]:
    """The chain is whole, ends where the checkpoint says, and stands under its root; `where` names the proof."""
    chain = proof.leaf.chain
    yield from faults_of(chain, links)
    if any(link.chain != chain for link in links):
        yield Fault(chain, "混有其他链的记录", "holds entries of another chain")
    if not links or (links[-1].sequence, links[-1].hash) != (proof.leaf.length, proof.leaf.hash):
        yield Fault(
            chain,
            f"末尾与检查点不符：应有 {proof.leaf.length} 条记录",
            f"does not end as the checkpoint says: it had {proof.leaf.length} entries",
        )
    if not proof.holds(signed.statement):
        yield Fault(where, "证明与检查点的根不符", "does not lead to the root of the checkpoint")


def checkpoint_faults(signed: Signed, public_key: str, where: str) -> Iterator[Fault]:
    """The checkpoint is signed by the key that signed the file."""
    if not signed.genuine or signed.statement.public_key != public_key:
        yield Fault(where, "检查点的签名不符", "holds a checkpoint that the key of this file did not sign")


def case_faults(
    case: dict[str, Any], links: Sequence[Link], evidence: Collection[str], where: str
) -> Iterator[Fault]:
    """What `where` says of the problem is what its chain tells; its files are those that the chain names."""
    named = {sha256 for link in links for sha256 in link.data.get("evidence", ())}
    there = {name.removeprefix(pack.EVIDENCE).partition(".")[0] for name in evidence}
    withheld = any(link.body is None for link in links)
    for sha256 in sorted(named - there):
        yield Fault(
            f"{pack.EVIDENCE}{sha256[:12]}",
            "链中有此文件，案卷中没有",
            "the chain names it, and it is not here",
        )
    if withheld:
        return  # the rest cannot be told: what is withheld may name further files and states
    for sha256 in sorted(there - named):
        yield Fault(f"{pack.EVIDENCE}{sha256[:12]}", "链中没有此文件", "the chain does not name it")
    record = dict(case["record"])
    record["due_at"] = datetime.fromisoformat(record["due_at"]) if record["due_at"] else None
    if wrong := differences(told_by(links), record):
        yield Fault(
            where,
            f"与链不符：{'、'.join(wrong)}",
            f"says something else than the chain of: {', '.join(wrong)}",
        )


def origin_faults(
    signed_with: str, signed: Signed, public_key: str | None, kept: Sequence[Kept], where: str
) -> Iterator[Fault]:
    """Is it signed by the key, and does it rest on a checkpoint, that were had from elsewhere?"""
    if public_key is not None and signed_with != public_key:
        yield Fault(pack.KEY, "不是指定的公钥", "is not the public key that was given")
    if kept and signed.digest not in {copy.signed.digest for copy in kept}:
        yield Fault(
            where,
            f"检查点 {signed.statement.number} 不在给定的副本中",
            f"rests on checkpoint {signed.statement.number}, which is not among the copies that were given",
        )
