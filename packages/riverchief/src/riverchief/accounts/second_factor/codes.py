"""Codes of an authenticator (TOTP, RFC 6238: six digits, 30 s, SHA-1, as every authenticator knows) and recovery codes; no database.

Both are kept so that the database alone does not yield them: secrets are encrypted, recovery codes hashed, with keys that
come from the key of the installation and are bound to the person.
"""

import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from riverchief.base.errors import StateRefused

ISSUER = "riverchief"
STEP_S = 30
DRIFT_STEPS = 1
"""A clock may be this many steps early or late."""
RECOVERY_CODES = 10
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_NONCE_BYTES = 12


def new_secret() -> str:
    """A secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def address_of(secret: str, username: str) -> str:
    """The secret as an authenticator reads it."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The address as a QR code: an SVG in a data URI."""
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff"))


def as_typed(code: str) -> str:
    """A code without blanks; a Chinese keyboard may write figures in full width."""
    return "".join(unicodedata.normalize("NFKC", code).split())


def matching_step(secret: str, code: str, at: datetime, *, after: int) -> int | None:
    """The step of time near `at` whose code this is; None where it is none, or one not later than `after`."""
    totp, now = pyotp.TOTP(secret), int(at.timestamp()) // STEP_S
    steps = range(max(now - DRIFT_STEPS, after + 1), now + DRIFT_STEPS + 1)
    # Every step is compared, whichever fits.
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())]
    return found[0] if found else None


def seal(secret: str, user_id: int) -> bytes:
    """A secret, encrypted (AES-256-GCM); another person's row cannot be put in its place."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_key()).encrypt(nonce, secret.encode(), str(user_id).encode())


def unseal(sealed: bytes, user_id: int) -> str:
    """The secret again.

    Raises:
        StateRefused: it was encrypted with another key, or for another person.
    """
    try:
        opened = AESGCM(_key()).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], str(user_id).encode())
    except InvalidTag:
        raise StateRefused(
            "双因素认证无法用本系统的密钥读取。|The second factor cannot be read with the key of this installation.",
            cure="请管理员重置您的双因素认证；若刚恢复过备份，请先放回 secrets/django_key。"
            "|Ask the administrator to reset it; after a restore, bring secrets/django_key back first.",
        ) from None
    return opened.decode()


def new_recovery_codes() -> list[str]:
    """Ten codes of 50 random bits, as they are written down: "abcde-fgh23"."""
    made = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in made]


def recovery_hash(code: str, user_id: int) -> str:
    """What is kept of a recovery code, however it was typed."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hmac.new(_key(), f"{user_id} {plain}".encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    derived = HKDF(SHA256(), 32, salt=None, info=b"riverchief second factor")
    return derived.derive(settings.SECRET_KEY.encode())
