"""The key that signs checkpoints and case files: a file of its owner alone; who held it when stands in the log.

A key is made only where none was ever recorded. Where the log knows one and the file is missing or another, nothing is
signed and nothing is made in its place: somebody has to look.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings
from django.db import connection

from riverchief.base.actions import SYSTEM, Action, SystemAction
from riverchief.base.audit.statement import sign
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.base.models import AuditEntry

CHAIN = "audit:keys"


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public half: 32 bytes in hex, as checkpoints name it."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def public_pem(public_key: str) -> str:
    """A public key (hex) as other programs read it."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_of_pem(content: bytes, name: str) -> str:
    """The public key of a PEM file, in hex.

    Raises:
        InvalidInput: it holds none.
    """
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput(
            f"{name} 不是 Ed25519 公钥（PEM）。|{name} is no public Ed25519 key (PEM).",
            cure="请使用 `riverchief audit public-key` 的输出。|Use what `riverchief audit public-key` printed.",
        )
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def recorded() -> list[AuditEntry]:
    """What the log says of keys, the oldest first; the last is the one in force."""
    return list(AuditEntry.objects.filter(chain=CHAIN).order_by("sequence"))


def signing_key() -> Ed25519PrivateKey:
    """The key in force; made and recorded where there never was one.

    Raises:
        StateRefused: the log knows a key that is not here.
    """
    known = recorded()
    if not known:
        return MakeKey(actor=SYSTEM).run()
    held, wanted = _read(_path()), known[-1].data["public_key"]
    if held is None or public_hex(held) != wanted:
        following = _read(_next_path())
        if following is not None and public_hex(following) == wanted:
            # Only now that the log names it for good does it take the old one's place.
            _next_path().replace(_path())
            return following
        raise StateRefused(
            f"签名密钥 {_path()} {'缺失' if held is None else '不是日志中登记的那一把'}，无法签署检查点。"
            f"|The signing key {_path()} is {'missing' if held is None else 'not the one that the log names'}: no checkpoint can be signed.",
            cure="请从保存处放回密钥文件；确已丢失时由管理员运行 `riverchief audit rotate-key --lost`。"
            "|Bring the file back from where it is kept; where it is lost, let an administrator run `riverchief audit rotate-key --lost`.",
        )
    return held


@dataclass(kw_only=True)
class MakeKey(SystemAction[Ed25519PrivateKey]):
    """Make the first key."""

    name: ClassVar[str] = "audit.make_key"

    def load(self) -> None:
        """One at a time."""
        _alone()

    def check_state(self) -> None:
        """Only where there never was one."""
        if recorded():
            raise StateRefused("已有签名密钥。|There is a key already.")

    def execute(self) -> Ed25519PrivateKey:
        """A key that was written but whose line was lost with its transaction is taken up again."""
        key = _read(_path()) or _write_new(_path())
        self.log(CHAIN, public_key=public_hex(key))
        return key


@dataclass(kw_only=True)
class RotateKey(Action[Ed25519PrivateKey]):
    """Sign with a new key from now on; the old one vouches for it, or, where it is `lost`, the log says that nobody does."""

    name: ClassVar[str] = "audit.rotate_key"
    reason: str
    lost: bool = False

    def load(self) -> None:
        """One at a time."""
        _alone()

    def check_permission(self) -> None:
        """Whoever can read the key's file can sign anyway: the command line asks who it is."""

    def check_state(self) -> None:
        """Never without a reason; only a key that is here, or is said to be lost, is replaced."""
        if not self.reason.strip():
            raise InvalidInput("请说明理由。|Give a reason.", field="reason")
        if not self.lost:
            signing_key()
        elif _read(_path()) is not None:
            raise StateRefused(
                f"{_path()} 存在，并未丢失。|{_path()} is there, so the key is not lost.",
                cure="请去掉 --lost，由旧密钥为新密钥作保；若该文件不是登记的密钥，请先移走。"
                "|Leave --lost out, so that the old key vouches for the new one; if the file is another key, move it away first.",
            )

    def execute(self) -> Ed25519PrivateKey:
        """The new key waits beside the old one until the log has it; `signing_key` then takes it up."""
        before, known = _read(_path()), recorded()
        key = _write_new(_next_path())
        public = public_hex(key)
        self.log(
            CHAIN,
            public_key=public,
            before=known[-1].data["public_key"] if known else None,
            vouched=sign(before, "next key", bytes.fromhex(public)) if before else None,
            reason=self.reason.strip(),
        )
        return key


def _path() -> Path:
    return Path(settings.RIVERCHIEF_AUDIT_KEY)


def _next_path() -> Path:
    return _path().with_name(f"{_path().name}.next")


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [CHAIN])


def _read(path: Path) -> Ed25519PrivateKey | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if path.stat().st_mode & 0o077:
        raise StateRefused(
            f"签名密钥 {path} 可被他人读取。|Others can read the signing key {path}.",
            cure=f"请运行 chmod 600 {path}，并考虑更换密钥。|Run chmod 600 {path}, and consider a new key.",
        )
    try:
        key = load_pem_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise StateRefused(
            f"{path} 不是 Ed25519 私钥。|{path} is no private Ed25519 key.",
            cure="请从保存处放回密钥文件。|Bring the file back from where it is kept.",
        )
    return key


def _write_new(path: Path) -> Ed25519PrivateKey:
    """A new key in a file of its owner alone; a crash never leaves half of one."""
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return key
