"""Whom the office may choose for a problem: those whom the action would accept, found by name, a page at a time."""

from datetime import date

import pytest
from riverchief.accounts.models import Membership, Organisation, User
from riverchief.accounts.roles import Role
from riverchief.base.errors import InvalidInput
from riverchief.rectify import actions
from riverchief.rectify.models import Problem

from tests.riverchief.rectify.office import Office


def items(office: Office, path: str) -> list[dict]:
    answer = office.client("city_office").get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


@pytest.fixture
def elsewhere(office: Office) -> Organisation:
    """A unit of the next county, in which somebody could sign."""
    unit = Organisation.objects.create(
        name_zh="江西区水务局", name_en="Water West", kind="unit", area=office.other_county
    )
    person = User.objects.create_user("west", None, name_zh="西某", name_en="West")
    Membership.objects.create(
        user=person,
        role=Role.UNIT.value,
        area=office.other_county,
        organisation=unit,
        valid_from=date(2020, 1, 1),
    )
    return unit


def test_the_units_offered_are_those_that_can_be_given_the_problem(
    office: Office, problem: Problem, elsewhere: Organisation
) -> None:
    Organisation.objects.create(name_zh="空局", name_en="Nobody's", kind="unit", area=office.county)
    offered = items(office, f"/organisations?kind=unit&around={problem.area_id}")
    everywhere = {row["id"] for row in items(office, "/organisations?kind=unit")}
    assert {row["id"] for row in offered} == {office.unit.pk, office.other_unit.pk}
    for organisation_id in everywhere - {row["id"] for row in offered}:
        with pytest.raises(InvalidInput):
            actions.AssignProblem(
                actor=office["city_office"],
                problem_id=problem.pk,
                organisation_id=organisation_id,
                requirement="封堵",
                rectification_class="by_date",
            ).run()


def test_the_chiefs_offered_are_those_of_the_area_and_above_it(office: Office, problem: Problem) -> None:
    for name, area in (("city_chief", office.city), ("west_chief", office.other_county)):
        chief = User.objects.create_user(name, None, name_zh=name, name_en=name)
        Membership.objects.create(user=chief, role=Role.CHIEF.value, area=area, valid_from=date(2020, 1, 1))
    offered = items(office, f"/people?role=chief&around={problem.area_id}")
    assert {row["name_zh"] for row in offered} == {office["chief"].name_zh, "city_chief"}
    for row in offered:
        actions.ChangeChief(
            actor=office["city_office"], problem_id=problem.pk, chief_id=row["id"], reason="分工调整"
        ).run()


def test_a_name_is_found_in_either_language(office: Office, problem: Problem) -> None:
    for text in ("住建", "housing"):
        found = items(office, f"/organisations?kind=unit&around={problem.area_id}&q={text}")
        assert [row["id"] for row in found] == [office.other_unit.pk]
    assert items(office, f"/people?role=chief&around={problem.area_id}&q=nobody") == []


def test_an_area_that_is_not_there_is_told(office: Office) -> None:
    answer = office.client("city_office").get("/organisations?around=000000")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
