"""The accounts that somebody keeps, as lists and one by one."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from riverchief.accounts.models import Identity, Membership, SecondFactor, User
from riverchief.accounts.people.actions import keeps
from riverchief.accounts.policies import allows, scope, within
from riverchief.accounts.roles import Capability
from riverchief.base import clock


def kept_by(reader: User) -> "QuerySet[User]":
    """The people who hold or held a role in the areas whose accounts the reader keeps."""
    held = Membership.objects.filter(within(scope(reader, Capability.MANAGE_ACCOUNTS)), user=OuterRef("pk"))
    return User.objects.filter(Exists(held)).order_by("name_zh", "id")


def holding(role: str, area: str) -> Q:
    """A condition: holds the role ("": any) today in the area of a code ("": any) or below it."""
    today = clock.today()
    held = Membership.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today), valid_from__lte=today, user=OuterRef("pk")
    )
    if role:
        held = held.filter(role=role)
    if area:
        held = held.filter(area__path__contains=f"/{area}/")
    return Q(Exists(held)) if role or area else Q()


def show_all(rows: list[User], reader: User) -> list[dict[str, Any]]:
    """Accounts with the roles that the reader may know of: those in the areas that they keep."""
    today = clock.today()
    held: dict[int, list[Membership]] = {}
    paths = scope(reader, Capability.MANAGE_ACCOUNTS)
    for one in Membership.objects.filter(within(paths), user__in=rows).select_related("area", "organisation"):
        held.setdefault(one.user_id, []).append(one)
    return [
        {
            "id": row.pk,
            "username": row.username,
            "name_zh": row.name_zh,
            "name_en": row.name_en,
            "phone": row.phone,
            "active": row.is_active,
            "last_login": row.last_login,
            "roles": [
                {
                    "id": one.pk,
                    "role": one.role,
                    "area_code": one.area_id,
                    "area_zh": one.area.name_zh,
                    "area_en": one.area.name_en,
                    "organisation_zh": one.organisation.name_zh if one.organisation else "",
                    "organisation_en": one.organisation.name_en if one.organisation else "",
                    "valid_from": one.valid_from,
                    "valid_to": one.valid_to,
                    "now": one.valid_from <= today and (one.valid_to is None or one.valid_to >= today),
                }
                for one in sorted(held.get(row.pk, []), key=lambda one: one.valid_from, reverse=True)
            ],
        }
        for row in rows
    ]


def show(row: User, reader: User) -> dict[str, Any]:
    """One account, and whether the reader may change it as a whole."""
    may = allows(reader, Capability.MANAGE_ACCOUNTS) and keeps(reader, row)
    return {
        **show_all([row], reader)[0],
        "may_change": may,
        "second_factor": SecondFactor.objects.filter(user=row).exists(),
        "linked": Identity.objects.filter(user=row).exists(),
    }
