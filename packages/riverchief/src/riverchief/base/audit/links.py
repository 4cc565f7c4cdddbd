"""The links of a chain: what is hashed, and what a broken one looks like. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from riverchief.base.audit.faults import Fault

GENESIS = "0" * 64
_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


class Link(NamedTuple):
    """An entry of the log as it is hashed; `at` is in UTC. A `body` of None is withheld: its hash still stands."""

    chain: str
    sequence: int
    action: str
    actor_id: int | None
    actor_label: str
    at: datetime
    body: str | None
    previous_hash: str
    hash: str

    @property
    def data(self) -> dict[str, Any]:
        """What the action wrote; nothing where it is withheld."""
        content: dict[str, Any] = json.loads(self.body) if self.body is not None else {}
        return content


def digest(link: Link) -> str:
    """SHA-256 over the canonical JSON of everything in the entry but its own hash.

    Written out in the order of the keys: the whole log is hashed when it is verified, and this takes half the time of
    the encoder, whose text it is to the letter (a test compares them).
    """
    actor = "null" if link.actor_id is None else link.actor_id
    text = (
        f'{{"action":{quoted(link.action)},"actor_id":{actor},"actor_label":{quoted(link.actor_label)},'
        f'"at":"{link.at.isoformat()}","body":{quoted(link.body or "")},"chain":{quoted(link.chain)},'
        f'"previous_hash":"{link.previous_hash}","sequence":{link.sequence}}}'
    )
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(content: Any) -> str:
    """JSON in the one form that is hashed and signed."""
    return _ENCODE(content)


class Follower:
    """Walks along one chain, link by link, and says what does not fit."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        self.length = 0
        self.hash = GENESIS

    def add(self, link: Link) -> Fault | None:
        """The next link; the first thing that is wrong with it, if anything."""
        expected, previous = self.length + 1, self.hash
        self.length, self.hash = link.sequence, link.hash
        if link.sequence != expected:
            return Fault(self.chain, f"缺少第 {expected} 条记录", f"entry {expected} is missing")
        if link.previous_hash != previous:
            return Fault(
                f"{self.chain}[{link.sequence}]",
                "与前一条记录不衔接",
                "does not follow the entry before it",
            )
        if link.body is not None and link.hash != digest(link):
            return Fault(f"{self.chain}[{link.sequence}]", "内容被改动", "its content was changed")
        return None


def faults_of(chain: str, links: Iterable[Link]) -> Iterator[Fault]:
    """Everything that is wrong with a chain, in order; nothing where it is whole."""
    follower = Follower(chain)
    for link in links:
        if fault := follower.add(link):
            yield fault
