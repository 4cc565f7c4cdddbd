"""Trying a code. Five wrong ones in a row lock the authenticator's codes for a while, each further five for twice as long.

The password was right before, so this is not left to the lock of names and addresses. Recovery codes are too long to be guessed:
they go on working, or whoever has stolen a password could lock its owner out.
"""

import math
from datetime import datetime, timedelta

from django.db import transaction

from riverchief.accounts.models import SecondFactor, User
from riverchief.accounts.second_factor.codes import as_typed, matching_step, recovery_hash, unseal
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, StateRefused, TooOften

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
LOCKED_LONGEST = timedelta(days=1)


def use(user: User, code: str) -> None:
    """Accept a code of the person's authenticator, or a recovery code; it is used up by that.

    Raises:
        StateRefused: the person has no second factor.
        TooOften: its codes are locked.
        InvalidInput: it is none, or was used.
    """
    now, typed = clock.now(), as_typed(code)
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(user=user).first()
        if row is None:
            raise StateRefused("您没有设置双因素认证。|You have not set up a second factor.")
        by_authenticator = typed.isdecimal()
        if by_authenticator and row.locked_until is not None and row.locked_until > now:
            raise _locked(row.locked_until - now)
        right = _step(row, typed, now) if by_authenticator else _recovery(row, typed)
        row.failures = 0 if right else row.failures + 1
        if right:
            row.locked_until = None
        elif row.failures % MOST_FAILURES == 0:
            doublings = min(row.failures // MOST_FAILURES - 1, 10)
            row.locked_until = now + min(LOCKED_FOR * 2**doublings, LOCKED_LONGEST)
        row.save(update_fields=["last_step", "recovery", "failures", "locked_until"])
    if not right:
        raise InvalidInput(
            "验证码不对，或已用过。|The code is wrong, or was used before.",
            cure="请等待下一个验证码再试，并核对手机时间；也可使用恢复码。"
            "|Wait for the next code and check the clock of the phone; or use a recovery code.",
            field="code",
        )


def _step(row: SecondFactor, code: str, now: datetime) -> bool:
    step = matching_step(unseal(bytes(row.secret), row.user_id), code, now, after=row.last_step)
    if step is not None:
        row.last_step = step
    return step is not None


def _recovery(row: SecondFactor, code: str) -> bool:
    hashed = recovery_hash(code, row.user_id)
    if hashed not in row.recovery:
        return False
    row.recovery = [each for each in row.recovery if each != hashed]
    return True


def _locked(left: timedelta) -> TooOften:
    minutes = math.ceil(left.total_seconds() / 60)
    return TooOften(
        f"验证码连续输错，已暂时锁定，还剩 {minutes} 分钟。|Too many wrong codes: locked for {minutes} more minutes.",
        cure="请届时再试，或使用恢复码。若不是您本人在尝试，说明您的密码已泄露：请立即修改密码。"
        "|Try again then, or use a recovery code. If it was not you, your password is known to somebody: change it at once.",
        field="code",
    )
