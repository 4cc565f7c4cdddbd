"""The zip of a case file, and of a pack of many: which files it has, how they are listed and signed, how it is read. Pure.

`manifest.json` lists every other file with its hash, and is signed; a file that is changed, missing or added is found.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from riverchief.base.audit.faults import Fault
from riverchief.base.audit.links import canonical
from riverchief.base.audit.statement import sign, signed_by

MANIFEST, SIGNATURE = "manifest.json", "manifest.signature"
CASE, CHAIN, PROOF, KEY, PAPER, README = (
    "case.json",
    "chain.json",
    "proof.json",
    "public_key.pem",
    "case.pdf",
    "README.txt",
)
EVIDENCE = "evidence/"


@dataclass(frozen=True)
class Layout:
    """A kind of zip: how its manifest names it, what its signature is for, which files are in every one."""

    format: str
    purpose: str
    required: frozenset[str]


CASE_FILE = Layout("riverchief case 1", "case", frozenset({CASE, CHAIN, PROOF, KEY, PAPER, README}))
_LARGEST_TEXT = 50_000_000
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, OSError, EOFError, ValueError)
"""What a zip that was damaged, or made to harm, raises when it is read (NotImplementedError is a RuntimeError)."""
_BLOCK = 1 << 20

Content = bytes | Callable[[], bytes]
"""A file's content, or how to get it: of many photos one at a time is held in memory."""


def write(
    target: IO[bytes],
    layout: Layout,
    files: Iterable[tuple[str, Content]],
    key: Ed25519PrivateKey,
    public_key: str,
) -> None:
    """Write the zip with the files in their order, their list and its signature."""
    listed = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            loaded = content if isinstance(content, bytes) else content()
            listed[name] = {"sha256": hashlib.sha256(loaded).hexdigest(), "size": len(loaded)}
            # Photos and films are compressed already.
            how = zipfile.ZIP_STORED if name.startswith(EVIDENCE) else zipfile.ZIP_DEFLATED
            archive.writestr(name, loaded, compress_type=how)
        manifest = canonical({"format": layout.format, "public_key": public_key, "files": listed}).encode()
        archive.writestr(MANIFEST, manifest)
        archive.writestr(SIGNATURE, sign(key, layout.purpose, manifest))


class Unreadable(Exception):
    """What is no zip of ours, or is damaged beyond reading."""


@dataclass(frozen=True)
class Pack:
    """An opened zip."""

    layout: Layout
    archive: zipfile.ZipFile
    manifest: dict[str, Any]
    manifest_text: bytes
    signature: str

    @classmethod
    def open(cls, source: IO[bytes], *layouts: Layout) -> "Pack":
        """Open one that is of one of these kinds; raises `Unreadable`."""
        try:
            archive = zipfile.ZipFile(source)
            text = _read_text(archive, MANIFEST)
            manifest = json.loads(text)
            signature = _read_text(archive, SIGNATURE).decode("ascii").strip()
            layout = next((one for one in layouts if one.format == manifest["format"]), None)
            well_formed = isinstance(manifest["public_key"], str)
            listed = manifest["files"]
            if layout is None or not well_formed or not all(isinstance(row, dict) for row in listed.values()):
                raise Unreadable(f"not of the format {' or '.join(repr(one.format) for one in layouts)}")
        except (*_DAMAGED, KeyError, TypeError, AttributeError) as error:
            raise Unreadable(str(error)) from error
        return cls(layout, archive, manifest, text, signature)

    @property
    def public_key(self) -> str:
        """The key that it says it is signed with, in hex."""
        key: str = self.manifest["public_key"]
        return key

    def text(self, name: str) -> bytes:
        """One of the files that are text; raises `Unreadable`."""
        try:
            return _read_text(self.archive, name)
        except (*_DAMAGED, KeyError) as error:
            raise Unreadable(f"{name}: {error}") from error

    @property
    def evidence(self) -> set[str]:
        """The names of the files of evidence."""
        return {name for name in self.manifest["files"] if name.startswith(EVIDENCE)}

    def faults(self) -> Iterator[Fault]:
        """What is wrong with the list of files, and with each of them."""
        if not signed_by(self.public_key, self.layout.purpose, self.manifest_text, self.signature):
            yield Fault(
                MANIFEST,
                "签名不符：文件清单被改动",
                "its signature does not fit: the list of files was changed",
            )
        there = Counter(self.archive.namelist())
        listed = self.manifest["files"]
        for name in sorted(name for name, times in there.items() if times > 1):
            yield Fault(name, "在压缩包中出现多次", "is in the zip more than once")
        for name in sorted(set(there) - set(listed) - {MANIFEST, SIGNATURE}):
            yield Fault(name, "不在文件清单中：是后来加入的", "is not in the list: it was added")
        for name in sorted((set(listed) | self.layout.required) - set(there)):
            yield Fault(name, "缺失", "is missing")
        if self.archive.comment:
            yield Fault("zip", "带有附加说明", "carries a comment that none of ours has")
        for name in sorted(set(listed) & set(there)):
            if self._digest(name) != listed[name].get("sha256"):
                yield Fault(name, "内容被改动", "was changed")

    def _digest(self, name: str) -> str | None:
        digest = hashlib.sha256()
        try:
            with self.archive.open(name) as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
        except _DAMAGED:
            return None
        return digest.hexdigest()


def _read_text(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(_LARGEST_TEXT + 1)
    if len(content) > _LARGEST_TEXT:
        raise ValueError(f"{name} is larger than any of ours")
    return content
