"""The proof that a chain stood under a checkpoint. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riverchief.base.audit import merkle
from riverchief.base.audit.statement import Leaf, Statement


@dataclass(frozen=True)
class Proof:
    """A chain's leaf, its place among all, and the hashes beside its way to the root."""

    leaf: Leaf
    index: int
    path: tuple[str, ...]

    def holds(self, statement: Statement) -> bool:
        """Whether it leads to the root of the checkpoint."""
        try:
            path = [bytes.fromhex(node) for node in self.path]
        except ValueError:
            return False
        root = merkle.root_from(self.leaf.hashed(), self.index, statement.chains, path)
        return root is not None and root.hex() == statement.root

    def as_data(self) -> dict[str, Any]:
        """For a file."""
        return {"leaf": list(self.leaf), "index": self.index, "path": list(self.path)}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Proof":
        """From a file; raises ValueError, KeyError or TypeError for anything else."""
        chain, length, last = data["leaf"]
        path = tuple(str(node) for node in data["path"])
        return cls(Leaf(str(chain), int(length), str(last)), int(data["index"]), path)
