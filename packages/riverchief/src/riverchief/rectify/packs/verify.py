"""Does an inspection pack prove itself? Asked of the file alone, without any database. Pure."""

import json
from collections.abc import Iterator, Sequence
from typing import IO, Any

from riverchief.base.audit.faults import Fault
from riverchief.base.audit.links import Link
from riverchief.base.audit.proof import Proof
from riverchief.base.audit.statement import Kept, Signed
from riverchief.rectify.casefile.pack import Pack, Unreadable
from riverchief.rectify.casefile.verify import (
    MALFORMED,
    CaseVerified,
    case_faults,
    chain_faults,
    checkpoint_faults,
    links_in,
    origin_faults,
    verify_case,
)
from riverchief.rectify.packs import layout


def verify_file(
    source: IO[bytes], *, public_key: str | None = None, kept: Sequence[Kept] = ()
) -> CaseVerified:
    """Check a pack, or else a case file; `public_key` and `kept` as with `verify_case`."""
    try:
        opened = Pack.open(source, layout.PACK)
    except Unreadable:
        source.seek(0)
        return verify_case(source, public_key=public_key, kept=kept)
    faults = list(opened.faults())
    links: dict[str, list[Link]] = {}
    number, at = 0, None
    try:
        checkpoint = json.loads(opened.text(layout.CHECKPOINT))
        signed = Signed(checkpoint["checkpoint"], checkpoint["signature"])
        number, at = signed.statement.number, signed.statement.at
        faults += checkpoint_faults(signed, opened.public_key, layout.CHECKPOINT)
        for name in sorted(opened.manifest["files"]):
            if name.startswith(layout.CHAINS):
                faults += _chain(opened, name, signed, links)
        for row in json.loads(opened.text(layout.INDEX))["problems"]:
            faults += _problem(opened, row, links)
    except (Unreadable, *MALFORMED) as error:
        faults.append(_unreadable("zip", error))
    else:
        faults += origin_faults(opened.public_key, signed, public_key, kept, layout.CHECKPOINT)
    return CaseVerified(
        files=len(opened.manifest["files"]),
        entries=sum(map(len, links.values())),
        withheld=sum(link.body is None for chain in links.values() for link in chain),
        checkpoint=number,
        checkpoint_at=at,
        public_key=opened.public_key,
        faults=faults,
    )


def _chain(opened: Pack, name: str, signed: Signed, links: dict[str, list[Link]]) -> Iterator[Fault]:
    """The chain in a file, which is remembered under its own name."""
    try:
        content = json.loads(opened.text(name))
        proof, found = Proof.read(content["proof"]), links_in(content["entries"])
    except (Unreadable, *MALFORMED) as error:
        yield _unreadable(name, error)
        return
    links[proof.leaf.chain] = found
    yield from chain_faults(found, proof, signed, name)
    if name != layout.chain_file(proof.leaf.chain):
        yield Fault(name, "不是此链的文件", f"is not the file of {proof.leaf.chain}")


def _problem(opened: Pack, row: dict[str, Any], links: dict[str, list[Link]]) -> Iterator[Fault]:
    name = row["file"]
    if row["chain"] not in links:
        yield Fault(layout.chain_file(row["chain"]), "缺失", "is missing")
        return
    try:
        case = json.loads(opened.text(name))
        own = {file["file"] for file in case["evidence"]}
        yield from case_faults(case, links[row["chain"]], own & opened.evidence, name)
    except (Unreadable, *MALFORMED) as error:
        yield _unreadable(name, error)


def _unreadable(where: str, error: Exception) -> Fault:
    return Fault(where, f"内容不完整或无法识别（{error}）", f"is not complete, or cannot be read ({error})")
