"""Signing in and out, and who is there."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Query, Router, Schema, Status
from ninja.security import SessionAuth as NinjaSessionAuth
from ninja.utils import check_csrf

from riverchief.accounts import policies, queries
from riverchief.accounts.areas import queries as areas
from riverchief.accounts.configuration import configured
from riverchief.accounts.models import Area, Organisation, User
from riverchief.accounts.roles import Capability, Role
from riverchief.accounts.second_factor.door import Step, admit, at_the_door
from riverchief.accounts.sms.adapters import is_set_up
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused
from riverchief.base.http import Day, Page, PageQuery, page_of


class SessionAuth(NinjaSessionAuth):
    """A signed-in, active person; ninja checks the CSRF token of every request that changes something.

    With capabilities: one who has any of them somewhere. Who never may do a thing is told so before what a request for
    it should look like; whether they may do it *there* the action says.
    """

    def __init__(self, *capabilities: Capability) -> None:
        super().__init__()
        self.capabilities = capabilities

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """The person behind the session."""
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        if self.capabilities and not any(policies.allows(user, item) for item in self.capabilities):
            policies.require(user, self.capabilities[0])
        return user


auth = SessionAuth()
router = Router(tags=["accounts"])


class Credentials(Schema):
    """What a person signs in with."""

    username: str
    password: str


class RoleOut(Schema):
    """A role in an area."""

    role: str
    area_code: str
    area_name_zh: str
    area_name_en: str


class UserOut(Schema):
    """The person who is signed in."""

    id: int
    username: str
    name_zh: str
    name_en: str
    roles: list[RoleOut]
    capabilities: list[str]


class ProviderOut(Schema):
    """A provider that signs people in."""

    key: str
    name_zh: str
    name_en: str


class SessionOut(Schema):
    """Who is signed in (nobody: null), whether this is a demonstration, whether chiefs sign in by a code, and by whose word others do.

    `second_step`: nobody is signed in yet, and a code of the second factor is asked for, or that one is set up.
    """

    user: UserOut | None
    second_step: Step | None
    demo: bool
    by_code: bool
    providers: list[ProviderOut]


class AreaOut(Schema):
    """An area, from when to when it was so (null: open on that side); `path` is where its records stand today."""

    code: str
    name_zh: str
    name_en: str
    level: str
    parent_code: str | None
    path: str
    valid_from: date | None
    valid_to: date | None


class AreaPastOut(Schema):
    """What an area was."""

    name_zh: str
    name_en: str
    level: str
    parent_code: str | None
    valid_from: date | None
    valid_to: date


class SuccessionOut(Schema):
    """Another area that came before it or after it, since when."""

    code: str
    name_zh: str
    name_en: str
    since: date


class AreaFileOut(AreaOut):
    """An area with its past."""

    pasts: list[AreaPastOut]
    predecessors: list[SuccessionOut]
    successors: list[SuccessionOut]


class OrganisationOut(Schema):
    """An organisation."""

    id: int
    name_zh: str
    name_en: str
    kind: str
    area_code: str


class PersonOut(Schema):
    """A person to whom something can be given."""

    id: int
    name_zh: str
    name_en: str


def session_of(request: HttpRequest) -> dict[str, Any]:
    """Who is signed in, as `SessionOut`; sets the CSRF cookie."""
    user = request.user
    get_token(request)  # sets the cookie that later requests must echo
    here = {"demo": settings.RIVERCHIEF_DEMO, "by_code": is_set_up()}
    if not isinstance(user, User):
        there = at_the_door(request)
        step = there.step if there else None
        return {"user": None, "second_step": step, "providers": list(configured().providers), **here}
    roles = [
        {
            "role": held.role,
            "area_code": held.area.code,
            "area_name_zh": held.area.name_zh,
            "area_name_en": held.area.name_en,
        }
        for held in policies.memberships(user)
    ]
    return {
        "user": {
            "id": user.pk,
            "username": user.username,
            "name_zh": user.name_zh,
            "name_en": user.name_en,
            "roles": roles,
            "capabilities": policies.capabilities(user),
        },
        "second_step": None,
        "providers": [],
        **here,
    }


@router.get("/session", response=SessionOut, auth=None)
def read_session(request: HttpRequest) -> dict[str, Any]:
    """Who is signed in; also sets the CSRF cookie."""
    return session_of(request)


@router.post("/session", response=SessionOut, auth=None)
def sign_in(request: HttpRequest, credentials: Credentials) -> dict[str, Any]:
    """Sign in, or come to the second step. Without the token another site could sign a reader in as somebody else."""
    if check_csrf(request):
        raise PermissionRefused(
            "请求没有有效的 CSRF 令牌。|The request has no valid CSRF token.",
            cure="请刷新页面后再试。|Reload the page and try again.",
        )
    user = authenticate(request, username=credentials.username, password=credentials.password)
    if user is None:
        raise InvalidInput(
            "用户名或密码不对。|Wrong user name or password.",
            cure=f"请核对后再试；连续失败 {settings.AXES_FAILURE_LIMIT} 次后暂时锁定。"
            f"|Check both; after {settings.AXES_FAILURE_LIMIT} failures in a row the name is locked for a while.",
            field="password",
        )
    admit(request, user)
    return session_of(request)


@router.delete("/session", response={204: None}, auth=auth)
def sign_out(request: HttpRequest) -> Status[None]:
    """Sign out."""
    logout(request)
    return Status(204, None)


@router.get("/areas", response=Page[AreaOut], auth=auth)
def list_areas(request: HttpRequest, page: Query[PageQuery], on: Day | None = None) -> dict[str, Any]:
    """The areas in which the person may see the map: those of today, or, as they were then, those of the day `on`."""
    rows = policies.filter_rows(Area.objects.all(), request.user, Capability.VIEW_MAP, "path")
    if on is not None:
        return page_of(areas.as_of(rows, on), page, lambda row: row)
    return page_of(rows.filter(valid_to=None), page, areas.shown)


@router.get("/areas/{code}", response=AreaFileOut, auth=auth)
def read_area(request: HttpRequest, code: str) -> dict[str, Any]:
    """An area, what it was before, and which areas came before and after it."""
    rows = policies.filter_rows(Area.objects.all(), request.user, Capability.VIEW_MAP, "path")
    row = rows.filter(pk=code).first()
    if row is None:
        raise NotFound("没有这个行政区。|There is no such area.")
    return areas.file_of(row)


@router.get("/organisations", response=Page[OrganisationOut], auth=auth)
def list_organisations(
    request: HttpRequest, page: Query[PageQuery], kind: str = "", around: str = "", q: str = ""
) -> dict[str, Any]:
    """Organisations; `around` an area (code) only those that a matter of it can be given to, `q`: a text in the name."""
    rows = policies.filter_rows(Organisation.objects.all(), request.user, Capability.VIEW_ACCOUNTS)
    # Enterprises are possible suspects; a list for assigning has no need of them.
    rows = (
        rows.filter(kind=kind)
        if kind in {"unit", "office", "department"}
        else rows.exclude(kind="enterprise")
    )
    place = _place(around)
    if place is not None:
        rows = rows.filter(pk__in=queries.somebody_there(queries.organisations_around(place)))
    return page_of(rows.filter(queries.named_like(q.strip())), page, queries.organisation)


@router.get("/people", response=Page[PersonOut], auth=auth)
def list_people(
    request: HttpRequest, page: Query[PageQuery], role: Role, around: str = "", q: str = ""
) -> dict[str, Any]:
    """People who hold a role in the areas of the person who asks.

    `around` an area (code) only those who hold it there or in an area that it lies in; `q`: a text in the name.
    """
    paths = policies.scope(policies.signed_in(request), Capability.VIEW_ACCOUNTS)
    rows = queries.people(paths, role, _place(around)).filter(queries.named_like(q.strip()))
    return page_of(rows, page, queries.person)


def _place(code: str) -> Area | None:
    """The area of a code; None where none is asked for."""
    return queries.area_of(code) if code else None
