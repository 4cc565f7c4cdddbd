"""Enforcement beside rectification: its own count, seen by the office and enforcement only."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from riverchief.base import audit
from riverchief.base.errors import StateRefused
from riverchief.base.models import RuleVersion
from riverchief.rectify.enforcement.actions import FileCase
from riverchief.rectify.enforcement.models import Case, CaseStep
from riverchief.rectify.models import Problem

from tests.riverchief.rectify.office import PEOPLE, PNG, POISON_FIRM, Office
from tests.riverchief.rectify.test_transitions import STEPS, bring_to


@pytest.fixture
def case(office: Office, problem: Problem) -> Case:
    bring_to(office, problem, "verified")
    return FileCase(
        actor=office["enforcement"],
        problem_id=problem.pk,
        number="渝环立〔2026〕1号",
        party=POISON_FIRM,
        reason="涉嫌偷排",
        filed_on=date(2026, 11, 18),
    ).run()


def record(office: Office, case: Case, kind: str, **given: Any) -> Any:
    body = {"kind": kind, "on": "2026-11-20", "note": "见附件", **given}
    return office.client("enforcement").post(f"/enforcement/cases/{case.pk}/steps", body)


def test_found_punished_and_rectified_are_three_counts(office: Office, case: Case) -> None:
    photo = office.client("enforcement").upload(PNG).json()["id"]
    assert record(office, case, "penalty", amount_yuan="250000.00", evidence_ids=[photo]).status_code == 200
    assert record(office, case, "police").status_code == 200
    figures = office.client("county_office").get("/enforcement/figures").json()
    assert {key: figures[key] for key in ("found", "filed", "punished", "police", "rectified")} == {
        "found": 1,
        "filed": 1,
        "punished": 1,
        "police": 1,
        "rectified": 1,
    }
    assert office.client("city_office").get(f"/evidence/{photo}/content").status_code == 200
    shown = office.client("city_office").get(f"/enforcement/cases/{case.pk}").json()
    assert [(step["kind"], step["amount_yuan"]) for step in shown["steps"]] == [
        ("penalty", "250000.00"),
        ("police", None),
    ]
    assert not list(audit.broken_links(case.chain))
    with pytest.raises(DatabaseError, match="new lines only"), transaction.atomic():
        CaseStep.objects.update(note="改了")


def test_nobody_but_the_office_and_enforcement_learns_of_a_case(office: Office, case: Case) -> None:
    told = {"city_office", "city_office_2", "county_office", "county_office_2", "enforcement"}
    problem = case.problem_id
    for name in PEOPLE:
        reader = office.client(name)
        answers = [
            reader.get(path)
            for path in (
                f"/enforcement/cases/{case.pk}",
                "/enforcement/cases",
                f"/problems/{problem}",
                "/problems",
                "/inbox",
            )
        ]
        text = str([answer.json() for answer in answers])
        assert (POISON_FIRM in text) == (name in told), name


def test_an_open_case_blocks_the_write_off_only_where_the_rule_says_so(office: Office, case: Case) -> None:
    problem = case.problem
    RuleVersion.objects.create(
        name="rectify.enforcement",
        version="本市",
        valid_from=date(2026, 1, 1),
        source="test",
        body={"open_case_blocks_write_off_of": [problem.kind]},
    )
    with pytest.raises(StateRefused, match="结案前不能销号"):
        STEPS["write_off"](office, problem).run()
    assert record(office, case, "closed").status_code == 200
    assert record(office, case, "penalty").status_code == 409
    STEPS["write_off"](office, problem).run()
