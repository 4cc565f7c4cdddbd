"""Reads of accounts shared by pages and API."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from riverchief.accounts.models import Area, Membership, Organisation, User
from riverchief.accounts.policies import within
from riverchief.accounts.roles import Role
from riverchief.base import clock
from riverchief.base.errors import NotFound


def area_of(code: str) -> Area:
    """The area of a code.

    Raises:
        NotFound: there is none.
    """
    row = Area.objects.filter(pk=code).first()
    if row is None:
        raise NotFound(f"没有代码为“{code}”的行政区。|There is no area with the code “{code}”.")
    return row


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


def organisations_around(place: Area) -> "QuerySet[Organisation]":
    """The organisations of an area, of those it lies in and of those in it: who can be given a matter of it."""
    above = place.path.strip("/").split("/")
    return Organisation.objects.filter(Q(area_id__in=above) | Q(area__path__startswith=place.path))


def somebody_there(rows: "QuerySet[Organisation]") -> "QuerySet[Organisation]":
    """Those of `rows` in which somebody could sign for a matter."""
    return rows.filter(Exists(Membership.objects.filter(organisation=OuterRef("pk"), user__is_active=True)))


def named_like(text: str) -> Q:
    """A condition: the name of a row, in either language, contains `text`; no text, no condition."""
    return Q(name_zh__icontains=text) | Q(name_en__icontains=text) if text else Q()


def people(paths: list[str], role: Role, place: Area | None = None) -> "QuerySet[User]":
    """Active people who hold `role` today below one of `paths`; with a `place`, in it or in an area that it lies in."""
    today = clock.today()
    there = Q(memberships__area_id__in=place.path.strip("/").split("/")) if place else Q()
    return (
        User.objects.filter(
            within(paths, "memberships__area__path") & there,
            Q(memberships__valid_to__isnull=True) | Q(memberships__valid_to__gte=today),
            memberships__valid_from__lte=today,
            memberships__role=role.value,
            is_active=True,
        )
        .distinct()
        .order_by("name_zh", "id")
    )
