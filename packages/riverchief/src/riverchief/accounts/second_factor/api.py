"""The second step of signing in, and one's own second factor, over HTTP. No answer that tells a secret is kept for a repeated request."""

import base64
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from ninja import Router, Status

from riverchief.accounts.api import SessionAuth, SessionOut, auth, session_of
from riverchief.accounts.models import SecondFactor, User
from riverchief.accounts.own.confirming import confirm_password
from riverchief.accounts.policies import signed_in
from riverchief.accounts.second_factor import attempts
from riverchief.accounts.second_factor.actions import (
    RemoveSecondFactor,
    RenewRecoveryCodes,
    SetUpSecondFactor,
)
from riverchief.accounts.second_factor.codes import address_of, as_typed, new_secret, picture_of, seal, unseal
from riverchief.accounts.second_factor.door import Step, at_the_door, complete
from riverchief.accounts.second_factor.schemas import (
    CodeGivenIn,
    RecoveryCodesOut,
    RemoveIn,
    SetUpIn,
    SetUpOut,
)
from riverchief.accounts.sms.api import stranger
from riverchief.base.errors import StateRefused

router = Router(tags=["accounts"])
_DRAFT = "second_factor_draft"


class _SetsUp(SessionAuth):
    """Whoever is signed in, or stands at the door because a role of theirs asks for a second factor."""

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """The person."""
        user = super().authenticate(request, key)
        if user is None:
            there = at_the_door(request)
            user = there.user if there is not None and there.step is Step.SET_UP else None
        return user


_sets_up = _SetsUp()


@router.post("/session/second_factor", response=SessionOut, auth=stranger)
def take_second_step(request: HttpRequest, body: CodeGivenIn) -> dict[str, Any]:
    """Sign in with a code, after the password."""
    there = at_the_door(request)
    if there is None or there.step is not Step.CODE:
        raise StateRefused(
            "请先输入用户名和密码；之后有十分钟输入验证码。"
            "|Give user name and password first; the code must follow within ten minutes.",
            cure="请重新登录。|Sign in again.",
        )
    attempts.use(there.user, body.code)
    complete(request, there.user)
    return session_of(request)


@router.post("/account/second_factor", response=SetUpOut, auth=_sets_up)
def begin_second_factor(request: HttpRequest, body: SetUpIn) -> dict[str, str]:
    """Make a secret for an authenticator. It counts for nothing before a code of it is given."""
    user: User = request.auth  # type: ignore[attr-defined]
    if request.user == user:
        confirm_password(request, user, body.password)
        if SecondFactor.objects.filter(user=user).exists():
            attempts.use(user, body.code)
    secret = new_secret()
    request.session[_DRAFT] = base64.b64encode(seal(secret, user.pk)).decode()
    address = address_of(secret, user.username)
    return {"secret": secret, "address": address, "picture": picture_of(address)}


@router.post("/account/second_factor/confirm", response=RecoveryCodesOut, auth=_sets_up)
def confirm_second_factor(request: HttpRequest, body: CodeGivenIn) -> dict[str, Any]:
    """Use the secret from now on; whoever stood at the door is signed in."""
    user: User = request.auth  # type: ignore[attr-defined]
    draft = request.session.get(_DRAFT)
    if draft is None:
        raise StateRefused(
            "请先生成二维码。|Begin with the picture for the authenticator.", cure="请重新开始。|Begin again."
        )
    secret = unseal(base64.b64decode(draft), user.pk)
    here = request.user == user
    codes = SetUpSecondFactor(actor=user, secret=secret, code=as_typed(body.code), replacing=here).run()
    del request.session[_DRAFT]
    user.refresh_from_db()
    if here:
        update_session_auth_hash(request, user)
    else:
        complete(request, user)
    return {"recovery_codes": codes, "session": session_of(request)}


@router.post("/account/recovery_codes", response=RecoveryCodesOut, auth=auth)
def renew_recovery_codes(request: HttpRequest, body: CodeGivenIn) -> dict[str, Any]:
    """Ten new recovery codes."""
    user = signed_in(request)
    attempts.use(user, body.code)
    return {"recovery_codes": RenewRecoveryCodes(actor=user).run(), "session": session_of(request)}


@router.post("/account/second_factor/remove", response={204: None}, auth=auth)
def remove_second_factor(request: HttpRequest, body: RemoveIn) -> Status[None]:
    """Do without a second factor."""
    user = signed_in(request)
    confirm_password(request, user, body.password)
    attempts.use(user, body.code)
    RemoveSecondFactor(actor=user).run()
    return Status(204, None)
