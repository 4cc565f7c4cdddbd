"""Reads of accounts shared by pages and API."""

from typing import Any

from django.db.models import Q, QuerySet

from riverchief.accounts.models import Area, Organisation, User
from riverchief.accounts.policies import within
from riverchief.accounts.roles import Role
from riverchief.base import clock


def area(row: Area) -> dict[str, Any]:
    """An area as the API shows it."""
    return {
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "level": row.level,
        "parent_code": row.parent_id,
        "path": row.path,
    }


def organisation(row: Organisation) -> dict[str, Any]:
    """An organisation as the API shows it."""
    return {
        "id": row.pk,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "kind": row.kind,
        "area_code": row.area_id,
    }


def person(row: User) -> dict[str, Any]:
    """A person as the API shows them: no phone number, no user name."""
    return {"id": row.pk, "name_zh": row.name_zh, "name_en": row.name_en}


def people(paths: list[str], role: Role) -> "QuerySet[User]":
    """Active people who hold `role` today below one of `paths`."""
    today = clock.today()
    return (
        User.objects.filter(
            within(paths, "memberships__area__path"),
            Q(memberships__valid_to__isnull=True) | Q(memberships__valid_to__gte=today),
            memberships__valid_from__lte=today,
            memberships__role=role.value,
            is_active=True,
        )
        .distinct()
        .order_by("name_zh", "id")
    )
