"""Merkle trees as in RFC 6962: one hash over many leaves, and a short proof that a leaf is among them. Pure.

Leaves and inner nodes are hashed under different first bytes, so that no node can pass for a leaf.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    """Pairs joined; an odd one at the end goes up as it is, which gives the very tree of the RFC."""
    above = [node_hash(level[index], level[index + 1]) for index in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over hashes of leaves."""
    level = list(leaves)
    while len(level) > 1:
        level = _level_above(level)
    return level[0] if level else EMPTY_ROOT


def paths_of(leaves: Sequence[bytes], indices: Sequence[int]) -> list[list[bytes]]:
    """For each leaf of `indices` the hashes beside its way to the root, from below; the tree is made once."""
    paths: list[list[bytes]] = [[] for _ in indices]
    level, places = list(leaves), list(indices)
    while len(level) > 1:
        for path, place in zip(paths, places, strict=True):
            if place ^ 1 < len(level):
                path.append(level[place ^ 1])
        level, places = _level_above(level), [place // 2 for place in places]
    return paths


def root_from(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root to which a path leads from leaf `index` of `size`; None where the path fits no such tree."""
    if not 0 <= index < size:
        return None
    node, rest, last = leaf, list(path), size - 1
    while last > 0:
        if index % 2 or index < last:
            if not rest:
                return None
            beside = rest.pop(0)
            node = node_hash(beside, node) if index % 2 else node_hash(node, beside)
        index, last = index // 2, last // 2
    return node if not rest else None
