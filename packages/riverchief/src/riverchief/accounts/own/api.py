"""One's own account over HTTP: what there is, and a new password."""

from datetime import datetime
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from riverchief.accounts.api import ProviderOut, auth
from riverchief.accounts.configuration import configured
from riverchief.accounts.models import SecondFactor
from riverchief.accounts.own.actions import ChangePassword
from riverchief.accounts.own.confirming import confirm_password
from riverchief.accounts.policies import signed_in
from riverchief.accounts.second_factor.door import must_have

router = Router(tags=["accounts"], auth=auth)


class SecondFactorOut(Schema):
    """Since when there is one, and how many recovery codes are left."""

    set_up_at: datetime
    recovery_codes_left: int


class IdentityOut(Schema):
    """A link to an identity at a provider; of one that is set up here no more, its address is the name."""

    id: int
    name_zh: str
    name_en: str
    linked_at: datetime


class OwnAccountOut(Schema):
    """How somebody signs in. `must_have`: a role of theirs asks for a second factor; `providers`: those they are not linked to."""

    username: str
    has_password: bool
    must_have: bool
    second_factor: SecondFactorOut | None
    identities: list[IdentityOut]
    providers: list[ProviderOut]


class PasswordIn(Schema):
    """The old password and the new one."""

    password: str = Field(max_length=200)
    new_password: str = Field(max_length=200)


@router.get("/account", response=OwnAccountOut)
def read_own_account(request: HttpRequest) -> dict[str, Any]:
    """How the reader signs in."""
    user = signed_in(request)
    factor = SecondFactor.objects.filter(user=user).first()
    here = {each.issuer: each for each in configured().providers}
    identities = list(user.identities.all())
    return {
        "username": user.username,
        "has_password": user.has_usable_password(),
        "must_have": must_have(user),
        "second_factor": factor
        and {"set_up_at": factor.set_up_at, "recovery_codes_left": len(factor.recovery)},
        "identities": [
            {
                "id": row.pk,
                "name_zh": here[row.issuer].name_zh if row.issuer in here else row.issuer,
                "name_en": here[row.issuer].name_en if row.issuer in here else row.issuer,
                "linked_at": row.linked_at,
            }
            for row in identities
        ],
        "providers": [
            each for each in here.values() if each.issuer not in {row.issuer for row in identities}
        ],
    }


# Not idempotent: the fingerprint of a request that is kept would be one of passwords.
@router.post("/account/password", response={204: None})
def change_password(request: HttpRequest, body: PasswordIn) -> Status[None]:
    """Change one's own password; every other session of the account ends."""
    user = signed_in(request)
    confirm_password(request, user, body.password)
    update_session_auth_hash(request, ChangePassword(actor=user, new=body.new_password).run())
    return Status(204, None)
