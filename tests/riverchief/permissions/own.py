"""One's own account: every operation, and how the test calls it in the name of whoever tries."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from django.contrib.auth.hashers import make_password
from django.test import Client
from riverchief.accounts.configuration import Provider, SignIn
from riverchief.accounts.models import Identity, SecondFactor, User
from riverchief.accounts.oidc.client import Metadata
from riverchief.accounts.roles import Role
from riverchief.accounts.second_factor.codes import seal
from riverchief.base import clock

from tests.riverchief.accounts.signing_in import PASSWORD, code_of
from tests.riverchief.permissions.calls import Operation, read
from tests.riverchief.permissions.world import World

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PROVIDER = Provider("city", "市统一身份认证", "City identity", "https://id.example", "riverchief")
NEW_PROVIDER = Provider("new", "新", "New", "https://new.example", "riverchief")


def give_ways_in(people: list[User]) -> None:
    """Everybody has a password (hashed as the settings say), a second factor and an identity at a provider."""
    ids = [user.pk for user in people]
    for user in people:
        user.password = make_password(PASSWORD)
    User.objects.bulk_update(people, ["password"])
    SecondFactor.objects.bulk_create(
        SecondFactor(user_id=pk, secret=seal(SECRET, pk), last_step=0, set_up_at=clock.now()) for pk in ids
    )
    Identity.objects.bulk_create(
        Identity(user_id=pk, issuer=PROVIDER.issuer, subject=str(pk), linked_at=clock.now()) for pk in ids
    )


def _post(path: str, **body: Any) -> Operation:
    return Operation(lambda client, world, role: _send(client, path, **body))


def _with_code(path: str, **body: Any) -> Operation:
    return Operation(lambda client, world, role: _send(client, path, code=code_of(SECRET), **body))


def _send(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1{path}", body, content_type="application/json")


def _confirm(client: Client, world: World, role: Role) -> Any:
    begun = _send(client, "/account/second_factor", password=PASSWORD, code=code_of(SECRET))
    secret = begun.json().get("secret", SECRET)
    return _send(client, "/account/second_factor/confirm", code=code_of(secret))


def _unlink(client: Client, world: World, role: Role) -> Any:
    user = client.session.get("_auth_user_id") if "sessionid" in client.cookies else None
    identity = Identity.objects.filter(user=user).first()
    return _send(client, f"/account/identities/{identity.pk if identity else 1}/remove")


def _with_provider(send: Callable[..., Any], *args: Any, **body: Any) -> Any:
    there = Metadata("https://new.example/in", "https://new.example/token", "https://new.example/keys", False)
    with (
        patch("riverchief.accounts.oidc.api.configured", return_value=SignIn(providers=(NEW_PROVIDER,))),
        patch("riverchief.accounts.oidc.client.discover", return_value=there),
    ):
        return send(*args, **body)


def _link(client: Client, world: World, role: Role) -> Any:
    return _with_provider(_send, client, "/account/identities", provider="new", password=PASSWORD)


OWN: dict[str, Operation] = {
    "GET /account": read("/account"),
    "POST /account/password": _post(
        "/account/password", password=PASSWORD, new_password="Another-2026-bridge"
    ),
    "POST /account/second_factor": _with_code("/account/second_factor", password=PASSWORD),
    "POST /account/second_factor/confirm": Operation(_confirm),
    "POST /account/second_factor/remove": _with_code("/account/second_factor/remove", password=PASSWORD),
    "POST /account/recovery_codes": _with_code("/account/recovery_codes"),
    "POST /account/identities": Operation(_link),
    "POST /account/identities/{identity_id}/remove": Operation(_unlink),
}
