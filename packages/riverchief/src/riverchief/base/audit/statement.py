"""A checkpoint: what is signed, and how it stands in a file. Pure.

It says of every chain of the log how long it was and how it ended, in one Merkle root; who has a copy can tell later
whether anything that stood there then was changed, removed or cut off.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from riverchief.base.audit import merkle
from riverchief.base.audit.links import canonical
from riverchief.base.errors import InvalidInput

FORMAT = "riverchief checkpoint 1"
FIRST = "0" * 64
"""What the first checkpoint names as the one before it."""


class Leaf(NamedTuple):
    """How long a chain is, and the hash of its last entry."""

    chain: str
    length: int
    hash: str

    def hashed(self) -> bytes:
        """The leaf's hash in the tree; neither number nor hash holds a blank, so nothing else reads the same."""
        return merkle.leaf_hash(f"{self.length} {self.hash} {self.chain}".encode())


class Statement(NamedTuple):
    """What a checkpoint says; `changes` are the chains that grew since the one before, named in its file."""

    number: int
    at: datetime
    chains: int
    entries: int
    root: str
    changes: int
    changes_sha256: str
    previous: str
    public_key: str

    def text(self) -> str:
        """The characters that are signed."""
        return canonical({"format": FORMAT, **self._asdict(), "at": self.at.isoformat()})

    @classmethod
    def read(cls, text: str) -> "Statement":
        """The statement in such characters; raises ValueError, KeyError or TypeError for anything else."""
        content = json.loads(text)
        if content.pop("format") != FORMAT:
            raise ValueError(f"not of the format {FORMAT!r}")
        statement = cls(**{**content, "at": datetime.fromisoformat(content["at"])})
        if statement.text() != text:
            raise ValueError("not in the form that is signed")
        return statement


def changes_digest(leaves: Sequence[Leaf]) -> str:
    """SHA-256 over the chains that grew, in the order of their names."""
    return hashlib.sha256(canonical(leaves).encode()).hexdigest()


@dataclass(frozen=True)
class Signed:
    """A statement's text with its signature."""

    text: str
    signature: str

    @property
    def statement(self) -> Statement:
        """What it says."""
        return Statement.read(self.text)

    @property
    def digest(self) -> str:
        """The hash by which the next checkpoint names this one."""
        return hashlib.sha256(f"{self.text}\n{self.signature}".encode()).hexdigest()

    @property
    def genuine(self) -> bool:
        """Whether the key that it names signed it. Whose key that is, is asked elsewhere."""
        return signed_by(self.statement.public_key, "checkpoint", self.text.encode(), self.signature)


def sign(key: Ed25519PrivateKey, purpose: str, content: bytes) -> str:
    """A signature in hex; what is signed for one purpose is nothing for another."""
    return key.sign(_framed(purpose, content)).hex()


def signed_by(public_key: str, purpose: str, content: bytes, signature: str) -> bool:
    """Whether that key (hex) signed it for that purpose."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), _framed(purpose, content))
    except (ValueError, InvalidSignature):
        return False
    return True


def _framed(purpose: str, content: bytes) -> bytes:
    return f"riverchief {purpose} 1\n".encode() + content


@dataclass(frozen=True)
class Kept:
    """A checkpoint as it stands in a file, with the chains that grew since the one before."""

    signed: Signed
    changes: tuple[Leaf, ...]

    def as_json(self) -> str:
        """The content of the file."""
        content = {
            "checkpoint": self.signed.text,
            "signature": self.signed.signature,
            "changes": self.changes,
        }
        return json.dumps(content, ensure_ascii=False, indent=0)

    @classmethod
    def read(cls, content: str, name: str) -> "Kept":
        """The checkpoint in a file.

        Raises:
            InvalidInput: the file is no checkpoint, or was changed.
        """
        try:
            loaded: dict[str, Any] = json.loads(content)
            changes = tuple(Leaf(str(c), int(n), str(h)) for c, n, h in loaded["changes"])
            kept = cls(Signed(loaded["checkpoint"], loaded["signature"]), changes)
            statement = kept.signed.statement
            genuine = kept.signed.genuine
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                f"{name} 不是检查点文件（{error}）。|{name} is no checkpoint ({error}).",
                cure="请使用 `riverchief audit export-checkpoint` 导出的文件。"
                "|Use a file that `riverchief audit export-checkpoint` wrote.",
            ) from error
        if not genuine or statement.changes_sha256 != changes_digest(changes):
            raise InvalidInput(
                f"检查点文件 {name} 被改动：签名不符。|The checkpoint {name} was changed: its signature does not fit.",
                cure="请使用另一份保存的副本。|Use another copy.",
            )
        return kept
