"""Asking for the password once more, before something that a session left open must not allow."""

from django.contrib.auth import authenticate
from django.http import HttpRequest

from riverchief.accounts.models import User
from riverchief.base.errors import InvalidInput, StateRefused


def confirm_password(request: HttpRequest, user: User, password: str) -> None:
    """Refuse whoever does not know the password; wrong ones are counted, and lock, as when signing in.

    Raises:
        StateRefused: the account has none.
        InvalidInput: it is another.
    """
    if not user.has_usable_password():
        raise StateRefused(
            "您的账号没有密码。|Your account has no password.",
            cure="如需密码，请管理员为您生成。|If you need one, ask the administrator to make it.",
        )
    found = authenticate(request, username=user.username, password=password)
    if not isinstance(found, User) or found.pk != user.pk:
        raise InvalidInput(
            "密码不对。|The password is wrong.",
            cure="请核对后再试。|Check it and try again.",
            field="password",
        )
