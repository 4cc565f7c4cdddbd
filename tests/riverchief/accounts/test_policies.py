"""Policies: what a role may do, in its area and below, while it is held."""

from datetime import date

import pytest
from django.contrib.auth.models import AnonymousUser
from riverchief.accounts import policies
from riverchief.accounts.models import Area, Membership, Organisation, User
from riverchief.accounts.roles import CAPABILITIES, LABELS, Capability, Role
from riverchief.base.actions import SYSTEM
from riverchief.base.clock import use_clock
from riverchief.base.errors import PermissionRefused

from tests.riverchief.rectify.office import NOON


@pytest.fixture
def areas(db) -> dict[str, Area]:
    city = Area.objects.create(code="50", name_zh="市", name_en="City", level="city")
    made = {"city": city}
    for code in ("5001", "5002", "50010"):
        made[code] = Area.objects.create(code=code, name_zh=code, name_en=code, level="county", parent=city)
    made["town"] = Area.objects.create(
        code="5001001", name_zh="镇", name_en="Town", level="town", parent=made["5001"]
    )
    return made


def user_with(role: Role, area: Area, **dates: date) -> User:
    user = User.objects.create_user(f"{role}{area.code}", None, name_zh="某", name_en="Some")
    Membership.objects.create(
        user=user, role=role.value, area=area, **{"valid_from": date(2020, 1, 1), **dates}
    )
    return user


@pytest.mark.parametrize("role", list(Role))
def test_a_role_does_what_the_table_says_in_its_area_and_below_only(areas, role: Role) -> None:
    user = user_with(role, areas["5001"])
    for where, inside in [("5001", True), ("town", True), ("city", False), ("5002", False)]:
        may = {item for item in Capability if policies.allows(user, item, areas[where].path)}
        assert may == (CAPABILITIES[role] if inside else set()), where
    assert {item for item in Capability if policies.allows(user, item)} == CAPABILITIES[role]


def test_an_area_whose_code_begins_alike_is_another_area(areas) -> None:
    user = user_with(Role.COUNTY_OFFICE, areas["5001"])
    assert not policies.allows(user, Capability.VIEW_CLUE, areas["50010"].path)
    seen = policies.filter_rows(Area.objects.all(), user, Capability.VIEW_CLUE, "path")
    assert set(seen) == {areas["5001"], areas["town"]}


@pytest.mark.parametrize(
    ("dates", "holds"),
    [
        ({}, True),
        ({"valid_from": date(2026, 11, 20)}, True),
        ({"valid_from": date(2026, 11, 21)}, False),
        ({"valid_to": date(2026, 11, 20)}, True),
        ({"valid_to": date(2026, 11, 19)}, False),
    ],
)
def test_a_role_holds_from_its_first_day_to_its_last(areas, dates, holds) -> None:
    with use_clock(NOON):
        user = user_with(Role.COUNTY_OFFICE, areas["5001"], **dates)
        assert policies.allows(user, Capability.VIEW_CLUE, areas["5001"].path) is holds
        assert (user.pk in policies.users_with(Capability.VIEW_CLUE, areas["5001"].path)) is holds


def test_somebody_who_has_left_may_nothing(areas) -> None:
    user = user_with(Role.CITY_OFFICE, areas["city"])
    user.is_active = False
    user.save()
    assert policies.scope(user, Capability.VIEW_MAP) == []
    assert policies.users_with(Capability.VIEW_MAP, areas["city"].path) == []


def test_nobody_unknown_may_anything(areas) -> None:
    nobody = AnonymousUser()
    assert not any(policies.allows(nobody, capability) for capability in Capability)
    assert not policies.filter_rows(Area.objects.all(), nobody, Capability.VIEW_MAP, "path").exists()
    with pytest.raises(PermissionRefused):
        policies.require(nobody, Capability.VIEW_MAP)


def test_the_system_may_what_its_jobs_need(areas) -> None:
    assert policies.allows(SYSTEM, Capability.RUN_TRACE, areas["city"].path)


def test_suspects_are_for_the_office_enforcement_and_inspectors() -> None:
    sees_traces = {role for role in Role if Capability.VIEW_TRACE in CAPABILITIES[role]}
    sees_clues = {role for role in Role if Capability.VIEW_CLUE in CAPABILITIES[role]}
    assert sees_traces == {Role.CITY_OFFICE, Role.COUNTY_OFFICE, Role.ENFORCEMENT}
    assert sees_clues == sees_traces | {Role.INSPECTOR}


def test_no_role_both_reports_and_writes_off() -> None:
    for role, items in CAPABILITIES.items():
        assert not {Capability.REPORT_RECTIFIED, Capability.WRITE_OFF_PROBLEM} <= items, role


def test_every_role_has_a_row_and_a_label_in_both_languages() -> None:
    assert set(CAPABILITIES) == set(LABELS) == set(Role)
    assert all(zh and en for zh, en in LABELS.values())


def test_an_area_knows_its_place_in_the_tree(areas) -> None:
    assert areas["town"].path == "/50/5001/5001001/"


def test_the_session_tells_who_one_is_and_what_one_may(areas, client) -> None:
    user = user_with(Role.INSPECTOR, areas["5001"])
    assert client.get("/api/v1/session").json()["user"] is None
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get("/api/v1/session").json()["user"]
    assert shown["username"] == user.username
    assert shown["roles"] == [
        {"role": "inspector", "area_code": "5001", "area_name_zh": "5001", "area_name_en": "5001"}
    ]
    assert set(shown["capabilities"]) == {item.value for item in CAPABILITIES[Role.INSPECTOR]}
    assert client.delete("/api/v1/session").status_code == 204
    assert client.get("/api/v1/session").json()["user"] is None


def test_signing_in_takes_the_right_password(areas, client) -> None:
    user = user_with(Role.INSPECTOR, areas["5001"])
    user.set_password("right")
    user.save()
    wrong = client.post(
        "/api/v1/session", {"username": user.username, "password": "wrong"}, content_type="application/json"
    )
    assert (wrong.status_code, wrong.json()["field"]) == (422, "password")
    right = client.post(
        "/api/v1/session", {"username": user.username, "password": "right"}, content_type="application/json"
    )
    assert right.json()["user"]["id"] == user.pk


def test_enterprises_are_not_in_the_list_for_assigning(areas, client) -> None:
    for kind in ("unit", "enterprise"):
        Organisation.objects.create(name_zh=f"某{kind}", name_en=kind, kind=kind, area=areas["5001"])
    client.force_login(
        user_with(Role.CITY_OFFICE, areas["city"]), backend="django.contrib.auth.backends.ModelBackend"
    )
    for query in ("", "?kind=unit", "?kind=enterprise"):
        names = [row["name_en"] for row in client.get(f"/api/v1/organisations{query}").json()["items"]]
        assert names == ["unit"], query
