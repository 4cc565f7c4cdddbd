"""Duties of every kind: who may hold what beside whom, who answered on any day, and who stands around whom."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from riverchief.accounts.models import User
from riverchief.accounts.roles import Role
from riverchief.base.actions import SYSTEM
from riverchief.base.audit import broken_links
from riverchief.base.clock import use_clock
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.registry.duties import tree
from riverchief.registry.duties.actions import (
    EndDuty,
    HandOverDuty,
    SaveDuty,
    StandInForDuty,
)
from riverchief.registry.duties.queries import responsible_chief
from riverchief.registry.duties.waters import SaveStandingWater, SetRiverAreas, suggested_areas
from riverchief.registry.models import Duty, RiverArea, StandIn

from tests.riverchief.rectify.office import NOON

SINCE = date(2025, 1, 1)
TODAY = date(2026, 11, 20)


@pytest.fixture
def chief(areas):
    """A new chief of that name, with the role in the whole city."""

    def make(name: str) -> User:
        user = User.objects.create_user(name, name_zh=name, name_en=name)
        user.memberships.create(role=Role.CHIEF.value, area=areas.city, valid_from=date(2020, 1, 1))
        return user

    with use_clock(NOON):
        yield make


@pytest.fixture
def appoint(chief):
    def make(name, kind, area, *, since=SINCE, until=None, **on) -> Duty:
        return SaveDuty(
            actor=SYSTEM, user=chief(name), kind=kind, area=area, valid_from=since, valid_to=until, **on
        ).run()

    return make


def test_an_area_has_one_head_or_two_dual_heads_and_as_many_deputies_as_it_likes(areas, appoint):
    appoint("head", "head", areas.city)
    with pytest.raises(InvalidInput, match="head"):
        appoint("second", "head", areas.city)
    seats = [appoint(name, "dual_head", areas.a).seat for name in ("secretary", "mayor")]
    assert seats == [1, 2]
    with pytest.raises(InvalidInput, match="secretary"):
        appoint("third", "dual_head", areas.a)
    for name in ("deputy1", "deputy2"):
        appoint(name, "deputy_head", areas.a)
    with pytest.raises(IntegrityError), transaction.atomic():
        Duty.objects.filter(seat=2).update(seat=1)


def test_a_lake_has_a_lake_chief_and_a_river_none(areas, basin, appoint, chief):
    lake = SaveStandingWater(
        actor=SYSTEM, code="L1", kind="lake", name_zh="镜湖", name_en="Mirror Lake", area=areas.a
    ).run()
    appoint("lake chief", "lake_chief", areas.a, standing_water=lake)
    appoint("volunteer", "volunteer", areas.a, standing_water=lake)
    for kind, on in (
        ("lake_chief", {"river": basin.river}),
        ("pond_chief", {"standing_water": lake}),
        ("chief", {"standing_water": lake}),
        ("chief", {}),
    ):
        with pytest.raises(InvalidInput):
            appoint(f"{kind}{len(on)}{list(on)}", kind, areas.a, **on)


def test_who_answered_for_a_reach_is_known_for_any_day_through_hand_overs_and_stand_ins(
    areas, basin, appoint, chief
):
    first = appoint("first", "chief", areas.a, river=basin.river)
    second = HandOverDuty(actor=SYSTEM, duty_id=first.pk, user=chief("second"), since=date(2026, 3, 1)).run()
    StandInForDuty(
        actor=SYSTEM,
        duty_id=second.pk,
        user=chief("deputy"),
        valid_from=date(2026, 5, 1),
        valid_to=date(2026, 5, 31),
        reason="学习",
    ).run()
    EndDuty(actor=SYSTEM, duty_id=second.pk, last_day=date(2026, 5, 20)).run()

    def who(day):
        found = responsible_chief(areas.a, basin.reaches["R2"], day)
        return found and found.username

    days = {
        date(2024, 12, 31): None,
        date(2026, 2, 28): "first",
        date(2026, 3, 1): "second",
        date(2026, 5, 20): "deputy",
        date(2026, 5, 21): None,
    }
    assert {day: who(day) for day in days} == days
    assert StandIn.objects.get().valid_to == date(2026, 5, 20)
    for done_before in (
        HandOverDuty(actor=SYSTEM, duty_id=first.pk, user=chief("third"), since=date(2026, 3, 1)),
        EndDuty(actor=SYSTEM, duty_id=second.pk, last_day=date(2026, 6, 1)),
    ):
        with pytest.raises(StateRefused):
            done_before.run()
    assert not list(broken_links("duties"))


def test_the_tree_shows_who_is_above_below_and_next_along_the_river(areas, basin, appoint):
    appoint("city head", "head", areas.city)
    city = appoint("city", "chief", areas.city, river=basin.river)
    a = appoint("a", "chief", areas.a, river=basin.river)
    b = appoint("b", "chief", areas.b, river=basin.river)
    appoint("town", "chief", areas.town, river=basin.river)
    appoint("police", "police_chief", areas.a, river=basin.river)

    def names(rows):
        return sorted(row.user.username for row in rows)

    assert names(tree.superiors(a, TODAY)) == ["city"]
    assert names(tree.superiors(city, TODAY)) == ["city head"]
    assert names(tree.subordinates(city, TODAY)) == ["a", "b"]
    assert names(tree.subordinates(a, TODAY)) == ["police", "town"]
    assert [names(rows) for rows in tree.neighbours(a, TODAY)] == [[], ["b"]]
    assert [names(rows) for rows in tree.neighbours(b, TODAY)] == [["a"], []]


def test_a_river_of_two_counties_belongs_to_their_city_and_has_no_chief_above_its_highest_area(
    areas, basin, appoint
):
    assert suggested_areas(basin.river) == [areas.city]
    for codes in (["990101", "990102"], ["990000", "990101"]):
        with pytest.raises(InvalidInput):
            SetRiverAreas(actor=SYSTEM, river=basin.river, codes=codes).run()
    with pytest.raises(IntegrityError), transaction.atomic():
        RiverArea.objects.bulk_create(RiverArea(river=basin.river, area=area) for area in (areas.a, areas.b))
    SetRiverAreas(actor=SYSTEM, river=basin.river, codes=["990101"]).run()
    appoint("town", "chief", areas.town, river=basin.river)
    for area in (areas.city, areas.b):
        with pytest.raises(InvalidInput, match="甲县"):
            appoint(f"at {area.code}", "chief", area, river=basin.river)


def test_the_chief_of_a_reach_is_told_up_to_the_top_and_numbers_to_those_who_keep_in_touch(
    areas, basin, appoint, somebody, signed_in
):
    appoint("city head", "head", areas.city)
    duty = appoint("town chief", "chief", areas.town, river=basin.river)
    appoint("volunteer", "volunteer", areas.town, river=basin.river)
    User.objects.filter(username="town chief").update(phone="13800000001")
    unit, office = (
        signed_in(somebody(Role.UNIT, areas.town)),
        signed_in(somebody(Role.COUNTY_OFFICE, areas.a)),
    )

    def listed(client, query):
        return [
            (row["person"]["name_en"], row["phone"])
            for row in client.get(f"/api/v1/duties{query}").json()["items"]
        ]

    assert listed(unit, "") == [("town chief", "")]
    assert listed(office, "?q=town") == [("town chief", "13800000001"), ("volunteer", "")]
    reach = basin.reaches["R1"].pk
    assert listed(unit, f"?reach={reach}") == [("city head", ""), ("town chief", "")]
    assert listed(unit, f"?reach={reach}&on=2024-06-01") == []
    keeper = signed_in(somebody(Role.ADMINISTRATOR, areas.a))
    new = somebody(Role.CHIEF, areas.town)
    answer = keeper.post(
        f"/api/v1/duties/{duty.pk}/hand_over",
        {"user_id": new.pk, "since": "2026-11-01"},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    file = keeper.get(f"/api/v1/duties/{answer.json()['id']}").json()
    assert [row["person"]["name_en"] for row in file["before"]] == ["town chief"]
    assert keeper.get(f"/api/v1/chiefs/{duty.user_id}").json()["duties"][0]["valid_to"] == "2026-10-31"
