"""Codes for signing in: asked for, made and sent, tried. Whoever asks never learns whether a number is known.

A code is six digits, holds for five minutes, signs in once, and is dead after five wrong attempts. A number gets one a minute and ten
a day, an address asks for thirty an hour. Numbers that nobody has are counted alike.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import memberships
from riverchief.accounts.roles import Role
from riverchief.accounts.sms.adapters import adapter
from riverchief.accounts.sms.models import SignInCode
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, TooOften

VALID_FOR = timedelta(minutes=5)
KEPT_FOR = timedelta(days=1)
MOST_ATTEMPTS = 5
OF_A_NUMBER = ((timedelta(minutes=1), 1), (timedelta(days=1), 10))
OF_AN_ADDRESS = ((timedelta(hours=1), 30),)


def ask(phone: str, address: str) -> SignInCode:
    """Note that somebody asks for a code.

    Raises:
        TooOften: the number or the address has asked too often.
    """
    now = clock.now()
    with transaction.atomic():
        # Requests that come at once count each other.
        for key in sorted((phone, address)):
            _lock(f"sign-in code {key}")
        SignInCode.objects.filter(asked_at__lt=now - KEPT_FOR).delete()
        _limit(SignInCode.objects.filter(phone=phone), OF_A_NUMBER, now)
        _limit(SignInCode.objects.filter(address=address), OF_AN_ADDRESS, now)
        return SignInCode.objects.create(phone=phone, address=address, asked_at=now)


def send(code_id: int) -> None:
    """Make a code for a request and send it, where the number is that of somebody who signs in so.

    Raises:
        NotSent: the message was not taken.
    """
    row = SignInCode.objects.filter(pk=code_id).first()
    carrier = adapter()
    if row is None or carrier is None or row.digest or row.asked_at < clock.now() - VALID_FOR:
        return
    if owner_of(row.phone) is None:
        return
    code = f"{secrets.randbelow(1_000_000):06d}"
    row.digest = _digest(row, code)
    row.save(update_fields=["digest"])
    carrier.send(row.phone, code)


def sign_in(phone: str, code: str) -> User:
    """The person whom the code lets in; it lets in once.

    Raises:
        InvalidInput: it does not, for whatever reason.
    """
    now = clock.now()
    with transaction.atomic():
        row = (
            SignInCode.objects.select_for_update()
            .filter(phone=phone, asked_at__gt=now - VALID_FOR, used_at=None)
            .order_by("-asked_at")
            .first()
        )
        owner = None
        if row is not None and row.attempts < MOST_ATTEMPTS:
            right = bool(row.digest) and hmac.compare_digest(row.digest, _digest(row, code))
            owner = owner_of(phone) if right else None
            if owner is None:
                row.attempts += 1
            else:
                row.used_at = now
            row.save(update_fields=["attempts", "used_at"])
    if owner is None:
        raise InvalidInput(
            "手机号码或验证码不对，或验证码已过期。|Wrong number or code, or the code has expired.",
            cure="请核对后再试，或重新获取验证码（五分钟内有效，只能用一次）。"
            "|Check both, or ask for a new code; it holds for five minutes and is used once.",
            field="code",
        )
    return owner


def owner_of(phone: str) -> User | None:
    """The active person of a number who signs in by a code: a chief, and nothing else. Offices use passwords."""
    user = User.objects.filter(phone=phone, is_active=True).first() if phone else None
    roles = {held.role for held in memberships(user)} if user else set()
    return user if roles == {Role.CHIEF.value} else None


def _digest(row: SignInCode, code: str) -> str:
    """A million codes are soon tried: the hash needs the key of the installation."""
    said = f"{row.pk} {row.phone} {code}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).hexdigest()


def _lock(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _limit(rows: "QuerySet[SignInCode]", limits: tuple[tuple[timedelta, int], ...], now: datetime) -> None:
    for within, most in limits:
        if rows.filter(asked_at__gt=now - within).count() >= most:
            raise _too_often()


def _too_often() -> TooOften:
    return TooOften(
        "操作过于频繁。|Too often.",
        cure="请稍后再试；一分钟内只能获取一次验证码。|Try again later: a code can be asked for once a minute.",
        field="phone",
    )
