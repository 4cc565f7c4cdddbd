"""Accounts over HTTP, for those who keep them: in their own areas and below."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from riverchief.accounts import queries as accounts
from riverchief.accounts.actions import CreateUser, GrantRole
from riverchief.accounts.api import SessionAuth
from riverchief.accounts.models import Organisation, User
from riverchief.accounts.oidc.actions import UnlinkIdentities
from riverchief.accounts.people import queries
from riverchief.accounts.people.actions import (
    ChangeUser,
    CloseAccount,
    EndRole,
    HandOverRoles,
    OpenAccount,
    ResetPassword,
)
from riverchief.accounts.people.schemas import (
    AccountFileOut,
    AccountFilter,
    AccountIn,
    AccountOut,
    CloseIn,
    EndRoleIn,
    HandOverRolesIn,
    NewAccountIn,
    PasswordOut,
    RoleIn,
)
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.accounts.second_factor.actions import ResetSecondFactor
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.base.http import Page, PageQuery, idempotent, page_shown_together

router = Router(tags=["accounts"], auth=SessionAuth(Capability.MANAGE_ACCOUNTS))


@router.get("/accounts", response=Page[AccountOut])
def list_accounts(
    request: HttpRequest, page: Query[PageQuery], which: Query[AccountFilter]
) -> dict[str, Any]:
    """The people whose accounts the reader keeps."""
    reader, text = signed_in(request), which.q.strip()
    rows = queries.kept_by(reader).filter(queries.holding(which.role or "", which.area))
    if text:
        rows = rows.filter(accounts.named_like(text) | Q(username__icontains=text) | Q(phone__contains=text))
    if which.active is not None:
        rows = rows.filter(is_active=which.active)
    return page_shown_together(rows, page, lambda found: queries.show_all(list(found), reader))


@router.get("/accounts/{int:user_id}", response=AccountFileOut)
def read_account(request: HttpRequest, user_id: int) -> dict[str, Any]:
    """An account with its roles over time."""
    reader = signed_in(request)
    return queries.show(_account(reader, user_id), reader)


@router.post("/accounts", response=AccountFileOut)
@idempotent
def create_account(request: HttpRequest, body: NewAccountIn) -> dict[str, Any]:
    """Add a person with a role."""
    reader = signed_in(request)
    user = CreateUser(
        actor=reader,
        username=body.username,
        password=None,
        name_zh=body.name_zh.strip(),
        name_en=body.name_en.strip() or body.name_zh.strip(),
        phone=body.phone.strip(),
        role=body.role,
        area=accounts.area_of(body.area),
        organisation=_organisation(body.organisation_id),
        valid_from=body.valid_from,
    ).run()
    return _shown(user, reader)


@router.post("/accounts/{int:user_id}", response=AccountFileOut)
@idempotent
def change_account(request: HttpRequest, user_id: int, body: AccountIn) -> dict[str, Any]:
    """Correct names and number."""
    reader = signed_in(request)
    _account(reader, user_id)
    changed = {"name_zh": body.name_zh, "name_en": body.name_en, "phone": body.phone.strip()}
    return _shown(ChangeUser(actor=reader, user_id=user_id, **changed).run(), reader)


@router.post("/accounts/{int:user_id}/close", response=AccountFileOut)
@idempotent
def close_account(request: HttpRequest, user_id: int, body: CloseIn) -> dict[str, Any]:
    """Nobody signs in under the account any more."""
    reader = signed_in(request)
    _account(reader, user_id)
    return _shown(CloseAccount(actor=reader, user_id=user_id, reason=body.reason).run(), reader)


@router.post("/accounts/{int:user_id}/open", response=AccountFileOut)
@idempotent
def open_account(request: HttpRequest, user_id: int) -> dict[str, Any]:
    """Open a closed account again."""
    reader = signed_in(request)
    _account(reader, user_id)
    return _shown(OpenAccount(actor=reader, user_id=user_id).run(), reader)


# Not idempotent: an answer that is kept for a repeated request would keep the password.
@router.post("/accounts/{int:user_id}/password", response=PasswordOut)
def reset_password(request: HttpRequest, response: HttpResponse, user_id: int) -> dict[str, str]:
    """Make a new password and tell it once; the one before holds no more."""
    reader = signed_in(request)
    _account(reader, user_id)
    response["Cache-Control"] = "no-store"
    return {"password": ResetPassword(actor=reader, user_id=user_id).run()}


@router.post("/accounts/{int:user_id}/second_factor/reset", response=AccountFileOut)
@idempotent
def reset_second_factor(request: HttpRequest, user_id: int) -> dict[str, Any]:
    """Take off the second factor of somebody who has lost it."""
    reader = signed_in(request)
    user = _account(reader, user_id)
    ResetSecondFactor(actor=reader, user_id=user_id).run()
    return _shown(user, reader)


@router.post("/accounts/{int:user_id}/unlink", response=AccountFileOut)
@idempotent
def unlink_account(request: HttpRequest, user_id: int) -> dict[str, Any]:
    """No provider signs the person in any more."""
    reader = signed_in(request)
    user = _account(reader, user_id)
    UnlinkIdentities(actor=reader, user_id=user_id).run()
    return _shown(user, reader)


@router.post("/accounts/{int:user_id}/roles", response=AccountFileOut)
@idempotent
def grant_role(request: HttpRequest, user_id: int, body: RoleIn) -> dict[str, Any]:
    """Give a person a further role."""
    reader = signed_in(request)
    user = _account(reader, user_id)
    GrantRole(
        actor=reader,
        user=user,
        role=body.role,
        area=accounts.area_of(body.area),
        organisation=_organisation(body.organisation_id),
        valid_from=body.valid_from,
        valid_to=body.valid_to,
    ).run()
    return _shown(user, reader)


@router.post("/roles/{int:membership_id}/end", response=AccountFileOut)
@idempotent
def end_role(request: HttpRequest, membership_id: int, body: EndRoleIn) -> dict[str, Any]:
    """A role ends with a day."""
    reader = signed_in(request)
    held = EndRole(actor=reader, membership_id=membership_id, last_day=body.last_day).run()
    return _shown(held.user, reader)


@router.post("/accounts/{int:user_id}/hand_over", response=AccountFileOut)
@idempotent
def hand_over_roles(request: HttpRequest, user_id: int, body: HandOverRolesIn) -> dict[str, Any]:
    """Another person takes over the roles that this one holds in the areas of the reader."""
    reader = signed_in(request)
    _account(reader, user_id)
    to = _account(reader, body.to_user_id)
    return _shown(HandOverRoles(actor=reader, user_id=user_id, to=to, since=body.since).run(), reader)


def _shown(user: User, reader: User) -> dict[str, Any]:
    return AccountFileOut(**queries.show(user, reader)).model_dump(mode="json")


def _account(reader: User, user_id: int) -> User:
    user = queries.kept_by(reader).filter(pk=user_id).first()
    if user is None:
        raise NotFound("没有这个账号。|There is no such account.")
    return user


def _organisation(key: int | None) -> Organisation | None:
    if key is None:
        return None
    row = Organisation.objects.filter(pk=key).first()
    if row is None:
        raise InvalidInput("没有这个单位。|There is no such organisation.", field="organisation_id")
    return row
