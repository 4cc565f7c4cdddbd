"""Signing in by a provider, over HTTP: on the way there, back again, and links of one's own account.

The provider sends people back to the page /login/return, which hands over what came with them: so a refusal is told on a
page, and the server redirects nowhere.
"""

import hmac
import secrets
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from ninja import Field, Router, Schema, Status

from riverchief.accounts.api import SessionOut, auth, session_of
from riverchief.accounts.configuration import Provider, configured
from riverchief.accounts.models import User
from riverchief.accounts.oidc import client
from riverchief.accounts.oidc.accounts import account_of
from riverchief.accounts.oidc.actions import LinkIdentity, UnlinkIdentity
from riverchief.accounts.own.confirming import confirm_password
from riverchief.accounts.policies import signed_in
from riverchief.accounts.second_factor.door import admit
from riverchief.accounts.sms.api import stranger
from riverchief.base import clock
from riverchief.base.errors import NotFound, StateRefused

router = Router(tags=["accounts"])
RETURN_PAGE = "/login/return"
HOLDS_FOR = timedelta(minutes=10)
_UNDER_WAY = "oidc"


class GoIn(Schema):
    """Where in the product somebody wants to be afterwards."""

    to: str = Field("/map", max_length=500)


class GoOut(Schema):
    """The provider's address."""

    url: str


class ReturnIn(Schema):
    """What the provider gave along on the way back."""

    state: str = Field(max_length=500)
    code: str = Field(max_length=4000)
    iss: str = Field("", max_length=255)


class ReturnedOut(Schema):
    """Who is signed in now, and the page to go on to."""

    session: SessionOut
    to: str


class LinkIn(Schema):
    """The provider (key) and the password."""

    provider: str = Field(max_length=60)
    password: str = Field("", max_length=200)


@router.post("/session/oidc/{key}", response=GoOut, auth=stranger)
def go_to_provider(request: HttpRequest, key: str, body: GoIn) -> dict[str, str]:
    """Begin to sign in by a provider."""
    return _go(request, _provider(key), body.to, None)


@router.post("/account/identities", response=GoOut, auth=auth)
def link_identity(request: HttpRequest, body: LinkIn) -> dict[str, str]:
    """Begin to link one's account to an identity at a provider."""
    user = signed_in(request)
    provider = _provider(body.provider)
    confirm_password(request, user, body.password)
    return _go(request, provider, "/account", user.pk)


@router.post("/account/identities/{int:identity_id}/remove", response={204: None}, auth=auth)
def unlink_identity(request: HttpRequest, identity_id: int) -> Status[None]:
    """Take a link of one's account off."""
    UnlinkIdentity(actor=signed_in(request), identity_id=identity_id).run()
    return Status(204, None)


@router.post("/session/oidc", response=ReturnedOut, auth=stranger)
def return_from_provider(request: HttpRequest, body: ReturnIn) -> dict[str, Any]:
    """Come back: signed in, asked for the second step, or linked. What was begun is used up, whatever comes of it."""
    begun = request.session.pop(_UNDER_WAY, None)
    if (
        begun is None
        or clock.now().timestamp() - begun["since"] > HOLDS_FOR.total_seconds()
        or not hmac.compare_digest(begun["state"].encode(), body.state.encode())
    ):
        raise _not_begun()
    provider = _provider(begun["provider"])
    if body.iss and body.iss != provider.issuer:
        raise _not_begun()
    claims = client.redeem(
        provider, code=body.code, back_to=begun["back_to"], verifier=begun["verifier"], nonce=begun["nonce"]
    )
    if begun["link"] is None:
        admit(request, account_of(provider, claims), vouched=provider.asks_second_factor)
    else:
        if not isinstance(request.user, User) or request.user.pk != begun["link"]:
            raise _not_begun()
        LinkIdentity(actor=request.user, provider=provider, subject=claims["sub"]).run()
    return {"session": session_of(request), "to": begun["to"]}


def _go(request: HttpRequest, provider: Provider, to: str, link: int | None) -> dict[str, str]:
    metadata = client.discover(provider)
    begun = {
        "state": secrets.token_urlsafe(32),
        "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(48),
        "back_to": request.build_absolute_uri(RETURN_PAGE),
    }
    request.session[_UNDER_WAY] = {
        **begun,
        "provider": provider.key,
        "to": to if to.startswith("/") and url_has_allowed_host_and_scheme(to, None) else "/map",
        "since": clock.now().timestamp(),
        "link": link,
    }
    return {"url": client.way_there(provider, metadata, **begun)}


def _provider(key: str) -> Provider:
    provider = configured().provider(key)
    if provider is None:
        raise NotFound("没有开通这一登录方式。|Signing in so is not set up here.")
    return provider


def _not_begun() -> StateRefused:
    return StateRefused(
        "这次登录不是从本页面开始的，或已超过十分钟。|This sign-in was not begun here, or more than ten minutes ago.",
        cure="请重新登录。|Sign in again.",
    )
