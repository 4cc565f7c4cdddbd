"""The administrative tree over time: renamed, recoded, moved, merged, and readable as it was."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection
from riverchief.accounts import policies
from riverchief.accounts.areas import queries
from riverchief.accounts.areas.actions import ChangeArea, SupersedeAreas
from riverchief.accounts.models import Area, AreaPast, Membership, User
from riverchief.accounts.roles import Capability, Role
from riverchief.base.actions import SYSTEM
from riverchief.base.clock import use_clock
from riverchief.base.errors import InvalidInput, PermissionRefused

from tests.riverchief.rectify.office import NOON

DAY = date(2026, 1, 1)
BEFORE = date(2025, 6, 1)


@pytest.fixture
def tree(db):
    def add(code, level, parent=None):
        return Area.objects.create(code=code, name_zh=f"旧{code}", name_en=code, level=level, parent=parent)

    city = add("50", "city")
    east, west = add("5001", "county", city), add("5002", "county", city)
    with use_clock(NOON):
        yield SimpleNamespace(city=city, east=east, west=west, town=add("5001001", "town", east))


def clerk(area: Area, role: Role = Role.COUNTY_OFFICE) -> User:
    user = User.objects.create_user(f"{role}{area.code}", None, name_zh="某", name_en="Some")
    Membership.objects.create(user=user, role=role.value, area=area, valid_from=date(2020, 1, 1))
    return user


def whole_tree_follows() -> None:
    """The trigger that else waits for the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def then(day: date) -> dict[str, tuple[str, str | None]]:
    rows = queries.as_of(Area.objects.all(), day)
    return {row["code"]: (row["name_zh"], row["parent_code"]) for row in rows}


def test_a_renamed_area_keeps_its_old_name_for_the_days_before(tree):
    ChangeArea(actor=SYSTEM, code="5001", since=DAY, name_zh="东区", level="county").run()
    assert (then(BEFORE)["5001"][0], then(DAY)["5001"][0]) == ("旧5001", "东区")
    assert AreaPast.objects.get().valid_to == date(2025, 12, 31)
    for since in (DAY, date(2027, 1, 1)):
        with pytest.raises(InvalidInput):
            ChangeArea(actor=SYSTEM, code="5001", since=since, name_zh="又改").run()


def test_merged_counties_hand_on_their_towns_their_people_and_the_sight_of_their_records(tree):
    """East and west become one under a new code: who worked in either works there, and sees what was before."""
    new = Area.objects.create(
        code="5003", name_zh="新区", name_en="New", level="county", parent=tree.city, valid_from=DAY
    )
    people = [clerk(tree.east), clerk(tree.west)]
    done = SupersedeAreas(actor=SYSTEM, codes=["5001", "5002"], by=["5003"], since=DAY).run()
    assert (done.moved, done.carried, done.left) == (1, 2, 0)
    whole_tree_follows()
    paths = dict(Area.objects.values_list("code", "path"))
    assert paths["5001"] == "/50/5003/5001/"
    assert paths["5001001"] == "/50/5003/5001001/"
    assert then(BEFORE).keys() == {"50", "5001", "5002", "5001001"}
    assert then(BEFORE)["5001001"][1] == "5001"
    assert then(DAY).keys() == {"50", "5003", "5001001"}
    assert queries.present().count() == 3
    for user in people:
        assert policies.scope(User.objects.get(pk=user.pk), Capability.VIEW_CLUE) == [new.path]
        assert user.memberships.count() == 2, "what they were before stays"
    file = queries.file_of(Area.objects.get(pk="5003"))
    assert [row["code"] for row in file["predecessors"]] == ["5001", "5002"]


def test_of_a_split_area_nobody_gets_a_role_by_itself(tree):
    clerk(tree.east)
    north, south = (
        Area.objects.create(code=code, name_zh=code, name_en=code, level="county", parent=tree.city)
        for code in ("5008", "5009")
    )
    ChangeArea(actor=SYSTEM, code="5001001", since=DAY, parent_code=south.pk).run()
    done = SupersedeAreas(actor=SYSTEM, codes=["5001"], by=[north.pk, south.pk], since=DAY).run()
    assert (done.moved, done.carried, done.left) == (0, 0, 1)
    whole_tree_follows()
    assert Area.objects.get(pk="5001001").path == "/50/5009/5001001/"


def test_an_administrator_changes_what_lies_below_their_own_area_only(tree):
    keeper = clerk(tree.east, Role.ADMINISTRATOR)
    ChangeArea(actor=keeper, code="5001001", since=DAY, name_zh="新镇").run()
    for code, parent in (("5001", ""), ("5002", ""), ("5001001", "5002")):
        with pytest.raises(PermissionRefused):
            ChangeArea(actor=keeper, code=code, since=DAY, parent_code=parent).run()
    with pytest.raises(InvalidInput, match="之内"):
        ChangeArea(actor=SYSTEM, code="50", since=DAY, parent_code="5001").run()


def test_the_database_refuses_a_path_that_contradicts_the_tree(tree):
    Area.objects.filter(pk="5001").update(path="/50/5002/5001/")
    with pytest.raises(IntegrityError):
        whole_tree_follows()
