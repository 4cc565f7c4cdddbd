"""The one answer to "may this person do that, there?".

Callers never look at roles: pages, API, exports, tiles and the live stream all ask here, so that a change of the
rules is a change of this module.
"""

from collections.abc import Iterable
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import CAPABILITIES, Capability, Role
from riverchief.base import clock
from riverchief.base.actions import SYSTEM, Actor
from riverchief.base.errors import PermissionRefused

M = TypeVar("M", bound=Model)


def signed_in(request: HttpRequest) -> User:
    """The signed-in person behind a request that `SessionAuth` has let through."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionRefused("请先登录。|Sign in first.")
    return user


def memberships(user: User) -> list[Membership]:
    """The memberships of `user` that hold today; read once per user object (that is, once per request)."""
    held: list[Membership] | None = getattr(user, "_valid_memberships", None)
    if held is None:
        today = clock.today()
        held = list(
            user.memberships.select_related("area", "organisation").filter(
                Q(valid_to__isnull=True) | Q(valid_to__gte=today), valid_from__lte=today
            )
        )
        user._valid_memberships = held  # type: ignore[attr-defined]
    return held


def scope(user: User | AnonymousUser, capability: Capability) -> list[str]:
    """The paths of the areas in which `user` has `capability`; empty where they have it nowhere."""
    if not isinstance(user, User) or not user.is_active:
        return []
    return sorted(
        {held.area.path for held in memberships(user) if capability in CAPABILITIES[Role(held.role)]}
    )


def allows(actor: Actor | AnonymousUser, capability: Capability, area_path: str | None = None) -> bool:
    """May `actor` do `capability` in the area of `area_path` (None: anywhere at all)?

    The system itself may do what its jobs need; no request ever runs as the system.
    """
    if actor is SYSTEM:
        return True
    if not isinstance(actor, User):
        return False
    paths = scope(actor, capability)
    return bool(paths) if area_path is None else any(area_path.startswith(path) for path in paths)


def require(actor: Actor | AnonymousUser, capability: Capability, area_path: str | None = None) -> None:
    """Raise `PermissionRefused` unless `allows`."""
    require_any(actor, (capability,), area_path)


def require_any(
    actor: Actor | AnonymousUser, any_of: Iterable[Capability], area_path: str | None = None
) -> None:
    """Raise `PermissionRefused` unless one of these is allowed."""
    if not any(allows(actor, capability, area_path) for capability in any_of):
        raise PermissionRefused(
            "您没有此项权限。|You do not have permission for this.",
            cure="请联系所在区域的河长办授权。|Ask the river-chief office of the area to grant it.",
        )


def require_person(actor: Actor) -> User:
    """The person who acts, where the system may not.

    Raises:
        PermissionRefused: the system acts.
    """
    if not isinstance(actor, User):
        raise PermissionRefused(
            "此项须由人员办理。|A person must do this.",
            cure="命令行请加 --as 用户名。|At the command line say who: --as USER.",
        )
    return actor


def within(paths: Iterable[str], field: str = "area__path") -> Q:
    """A condition: the area of a row lies below one of `paths` (no path: nothing)."""
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


def filter_rows(
    rows: QuerySet[M], user: User | AnonymousUser, capability: Capability, field: str = "area__path"
) -> QuerySet[M]:
    """The rows of `rows` that `user` may see by `capability`."""
    return rows.filter(within(scope(user, capability), field))


def capabilities(user: User) -> list[str]:
    """Everything `user` may do somewhere: for a page to know which buttons to offer."""
    return sorted({item for held in memberships(user) for item in CAPABILITIES[Role(held.role)]})


def users_with(capability: Capability, area_path: str) -> list[int]:
    """Ids of the active people who have `capability` in the area of `area_path`."""
    roles = [role for role, items in CAPABILITIES.items() if capability in items]
    today = clock.today()
    rows = Membership.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        valid_from__lte=today,
        role__in=roles,
        user__is_active=True,
    ).values_list("user_id", "area__path")
    return sorted({user_id for user_id, path in rows if area_path.startswith(path)})
