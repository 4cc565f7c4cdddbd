"""Whose account a provider's word is about."""

from collections.abc import Mapping
from typing import Any

from riverchief.accounts.configuration import Provider
from riverchief.accounts.models import Identity, User
from riverchief.accounts.oidc.actions import LinkIdentity
from riverchief.base.errors import PermissionRefused


def account_of(provider: Provider, claims: Mapping[str, Any]) -> User:
    """The active account of somebody whom the provider has named; no account is made.

    By the subject, as it is written (it is case-sensitive by the standard). Where none is known, and the provider has a
    claim that is the user name, by that: for the first time only, for then the subject is linked.

    Raises:
        PermissionRefused: there is none.
        StateRefused: the account of that name belongs to another subject.
    """
    known = (
        Identity.objects.select_related("user").filter(issuer=provider.issuer, subject=claims["sub"]).first()
    )
    if known is not None:
        if not known.user.is_active:
            raise _nobody(provider)
        return known.user
    name = claims.get(provider.claim) if provider.claim else None
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise _nobody(provider)
    if provider.claim == "email" and claims.get("email_verified") is not True:
        raise _nobody(provider)
    wanted = _folded(name.strip())
    found = [
        user
        for user in User.objects.filter(username__iexact=wanted, is_active=True)
        if _folded(user.username) == wanted
    ]
    if len(found) != 1:
        raise _nobody(provider)
    LinkIdentity(actor=found[0], provider=provider, subject=claims["sub"]).run()
    return found[0]


def _folded(name: str) -> str:
    """In lower case; where there are other letters than ASCII's, as it is: "ı" and "K" would turn into other names."""
    return name.lower() if name.isascii() else name


def _nobody(provider: Provider) -> PermissionRefused:
    return PermissionRefused(
        f"{provider.name_zh}的这一身份在本系统没有可用账号。"
        f"|There is no open account here for this identity at {provider.name_en}.",
        cure="请先用密码登录，在“我的账号”中绑定；没有账号的，请联系管理员开通。"
        "|Sign in with the password and link it under “My account”; without an account, ask the administrator for one.",
    )
