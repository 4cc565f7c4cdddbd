"""Kinds are rule data: an office adds its own, and an older kind keeps its name."""

from datetime import date

import pytest
from riverchief.base.errors import InvalidInput
from riverchief.base.models import RuleVersion
from riverchief.base.rules import rule_version
from riverchief.rectify import actions
from riverchief.rectify.kinds import forget_kinds

from tests.riverchief.rectify.office import Office


@pytest.fixture
def other_kinds(office: Office):
    """A version of the city's own: one kind more, and one that is no longer chosen."""
    body = rule_version("rectify.kinds").body
    kinds = [row for row in body["kinds"] if row["key"] != "litter"]
    kinds.append({"key": "algae", "group": "water", "zh": "水华", "en": "Algal bloom"})
    RuleVersion.objects.create(
        name="rectify.kinds",
        version="本市",
        valid_from=date(2026, 1, 1),
        source="test",
        body={**body, "kinds": kinds},
    )
    yield forget_kinds()
    forget_kinds()


def register(office: Office, kind: str):
    return actions.RegisterClue(
        actor=office["county_office"],
        source="patrol",
        kind=kind,
        title="见到的",
        description="",
        lon=106.55,
        lat=29.5,
    ).run()


def test_an_office_adds_kinds_and_an_older_one_keeps_its_name(
    office: Office, problem, request: pytest.FixtureRequest
) -> None:
    old = register(office, "litter")
    request.getfixturevalue("other_kinds")
    register(office, "algae")
    with pytest.raises(InvalidInput, match="代码表"):
        register(office, "litter")
    codes = office.client("chief").get("/codes").json()
    assert "algae" in {row["key"] for row in codes["problem_kinds"]}
    assert codes["retired_kinds"] == [{"key": "litter", "zh": "水面垃圾", "en": "Floating litter"}]
    confirmed = actions.ConfirmClue(
        actor=office["inspector"], clue_id=old.pk, basis="decision", reason="属实"
    ).run()
    assert "水面垃圾" in confirmed.title


def test_a_department_is_named_only_where_the_source_names_one(office: Office) -> None:
    shown = {}
    for kind in ("secret", "direct", "silting"):
        problem = actions.ConfirmClue(
            actor=office["inspector"], clue_id=register(office, kind).pk, basis="decision", reason="属实"
        ).run()
        shown[kind] = office.client("city_office").get(f"/problems/{problem.pk}").json()["department"]
    assert (shown["secret"]["key"], shown["secret"]["where"]) == ("ecology_enforcement", "")
    assert (shown["direct"]["key"], shown["direct"]["where"]) == ("housing", "urban")
    assert shown["silting"] is None, "the office decides"
