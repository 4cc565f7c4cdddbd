"""Accounts are kept by administrators, each in their own area and below."""

from datetime import date

import pytest
from django.test import Client
from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import Role
from riverchief.base.audit import entries
from riverchief.base.clock import use_clock

from tests.riverchief.rectify.office import NOON, Caller, make_office


@pytest.fixture
def office(db):
    with use_clock(NOON):
        made = make_office()
        for name, area in (("county_admin", made.county), ("other_admin", made.other_county)):
            user = User.objects.create_user(name, None, name_zh=name, name_en=name)
            Membership.objects.create(user=user, role="administrator", area=area, valid_from=date(2020, 1, 1))
            made.people[name] = user
        yield made


def status(caller: Caller, path: str, body=None) -> int:
    return caller.post(path, body).status_code


def test_an_account_is_made_signed_in_to_handed_over_and_closed(office):
    admin = office.client("county_admin")
    made = admin.post(
        "/accounts",
        {
            "username": "town.li",
            "name_zh": "李青",
            "role": "town_office",
            "area": office.town.code,
            "valid_from": "2026-11-01",
        },
    ).json()
    assert [role["area_code"] for role in made["roles"]] == [office.town.code]
    password = admin.post(f"/accounts/{made['id']}/password").json()["password"]
    li = Client()
    credentials = {"username": "town.li", "password": password}
    assert li.post("/api/v1/session", credentials, content_type="application/json").status_code == 200
    assert password not in "".join(entry.body for entry in entries("accounts"))

    chief = office["chief"].pk
    handed = {"to_user_id": chief, "since": "2026-11-20"}
    assert status(admin, f"/accounts/{made['id']}/hand_over", handed) == 200
    assert {row["role"] for row in admin.get(f"/accounts/{chief}").json()["roles"]} == {
        "chief",
        "town_office",
    }
    assert li.get("/api/v1/problems").json()["items"] == []

    assert status(admin, f"/accounts/{made['id']}/close", {"reason": "调离"}) == 200
    assert li.get("/api/v1/session").json()["user"] is None
    assert [row["active"] for row in admin.get("/accounts?q=town.li").json()["items"]] == [False]


def test_a_county_keeps_neither_the_city_nor_its_neighbour_nor_its_own_administrators(office):
    """Nor the account of somebody who also works elsewhere; nor may it give what a city decides."""
    admin, both = office.client("county_admin"), office["inspector"]
    Membership.objects.create(
        user=both, role="inspector", area=office.other_county, valid_from=date(2020, 1, 1)
    )
    seen = {row["id"] for row in admin.get("/accounts?limit=200").json()["items"]}
    assert office["chief"].pk in seen
    assert not seen & {office["city_office"].pk, office["other_inspector"].pk}
    for name, wanted in (
        ("city_office", 404),
        ("other_inspector", 404),
        ("inspector", 403),
        ("county_admin", 403),
        ("chief", 200),
    ):
        assert status(admin, f"/accounts/{office[name].pk}/password") == wanted, name
    for role, area, wanted in (
        (Role.ADMINISTRATOR, office.county, 403),
        (Role.ADMINISTRATOR, office.town, 200),
        (Role.CITY_OFFICE, office.county, 422),
        (Role.COUNTY_OFFICE, office.other_county, 403),
        (Role.INSPECTOR, office.county, 200),
        (Role.INSPECTOR, office.county, 422),
    ):
        body = {"role": role.value, "area": area.code}
        assert status(admin, f"/accounts/{office['chief'].pk}/roles", body) == wanted, (role, area)
    own = {"role": "inspector", "area": office.town.code}
    assert status(admin, f"/accounts/{office['county_admin'].pk}/roles", own) == 403
    held = Membership.objects.get(user=both, area=office.county)
    assert status(admin, f"/roles/{held.pk}/end", {"last_day": "2026-11-19"}) == 200
    assert status(office.client("other_admin"), f"/roles/{held.pk}/end", {"last_day": "2026-11-01"}) == 404


def test_a_number_belongs_to_one_active_person(office):
    admin = office.client("administrator")

    def change(name, phone):
        body = {"name_zh": name, "name_en": "", "phone": phone}
        return admin.post(f"/accounts/{office[name].pk}", body).json().get("field", "taken")

    assert change("chief", "13800000001") == "taken"
    assert change("inspector", "13800000001") == "phone"
    assert change("inspector", "023-6512") == "phone"
    assert status(admin, f"/accounts/{office['chief'].pk}/close", {"reason": "退休"}) == 200
    assert change("inspector", "13800000001") == "taken"
    assert status(admin, f"/accounts/{office['chief'].pk}/open") == 422
