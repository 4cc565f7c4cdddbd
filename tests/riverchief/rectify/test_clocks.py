"""Clocks move by entries only; a relapse is judged by a person; what is merged or split is counted once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.audit import entries
from riverchief.base.audit.chain import link_of
from riverchief.base.errors import PermissionRefused, StateRefused
from riverchief.rectify import actions
from riverchief.rectify.agreement import problems_against_chains
from riverchief.rectify.clocks import actions as clocks
from riverchief.rectify.figures import figures
from riverchief.rectify.filters import ProblemFilter
from riverchief.rectify.models import Problem
from riverchief.rectify.relapse import actions as after
from riverchief.rectify.tally.queries import groups

from tests.riverchief.rectify.office import Office
from tests.riverchief.rectify.test_transitions import STEPS, bring_to


@pytest.fixture(autouse=True)
def the_log_tells_it_alike(db) -> Iterator[None]:
    """Whatever a test has done to problems: rows and chains agree, or every office would look like a forger."""
    yield
    told = {row.pk: list(map(link_of, entries(row.chain))) for row in Problem.objects.all()}
    with connection.cursor() as cursor:
        assert list(problems_against_chains(cursor, told)) == []


def test_a_pause_moves_the_deadline_by_its_length_and_the_other_clock_never_stops(
    office: Office, problem: Problem, clock
) -> None:
    bring_to(office, problem, "signed_for")
    due = problem.due_at
    STEPS["suspend"](office, problem).run()
    clock.forward(days=40)
    assert figures(groups(office["city_office"], ProblemFilter()))["overdue"] == 0, (
        "what is paused is not late"
    )
    with pytest.raises(StateRefused):
        clocks.EndPause(
            actor=SYSTEM, problem_id=_with_pause_until(problem, datetime(2027, 6, 1, tzinfo=UTC))
        ).run()
    shown = office.client("unit").get(f"/problems/{problem.pk}").json()["clocks"]
    assert (shown["open_days"], shown["paused_days"]) == (40, 40)
    STEPS["resume"](office, problem).run()
    problem.refresh_from_db()
    # 40 days later, to the end of that day.
    assert (problem.due_at - due).days == 40
    entry = audit.entries(problem.chain)[-1]
    moved = [datetime.fromisoformat(entry.data[key]) for key in ("due_before", "due_at")]
    assert moved == [due, problem.due_at]


def _with_pause_until(problem: Problem, until: datetime) -> int:
    Problem.objects.filter(pk=problem.pk).update(paused_until=until)
    problem.pauses.update(until=until)
    return problem.pk


def test_only_a_granted_extension_moves_the_deadline(office: Office, problem: Problem, clock) -> None:
    bring_to(office, problem, "signed_for")
    due = problem.due_at
    STEPS["ask_extension"](office, problem).run()
    STEPS["decline_extension"](office, problem).run()
    problem.refresh_from_db()
    assert problem.due_at == due
    STEPS["ask_extension"](office, problem).run()
    clocks.ExtendDeadline(
        actor=office["city_office"], problem_id=problem.pk, due_date=date(2027, 1, 31), reason="至一月底"
    ).run()
    problem.refresh_from_db()
    assert problem.due_at == datetime(2027, 1, 31, 16, tzinfo=UTC)
    asked = office.client("unit").get(f"/problems/{problem.pk}").json()["clocks"]["extensions"]
    assert [(row["granted"], row["asked_by"]["name_en"]) for row in asked] == [
        (False, "unit"),
        (True, "unit"),
    ]
    history = office.client("chief").get(f"/problems/{problem.pk}").json()["history"]
    assert "2027-01-31" in history[-1]["sentence_zh"]


def test_a_suspected_relapse_reopens_nothing_until_a_person_does(
    office: Office, problem: Problem, clock
) -> None:
    bring_to(office, problem, "written_off")
    after.CallBackProblem(
        actor=office["inspector_2"], problem_id=problem.pk, result="relapsed", finding="夜间有水"
    ).run()
    problem.refresh_from_db()
    assert problem.state == "written_off"
    with pytest.raises(PermissionRefused, match="本人"):
        after.DismissRelapse(actor=office["inspector"], problem_id=problem.pk, reason="看错").run()
    with pytest.raises(StateRefused, match="疑似反弹尚待判断"):
        STEPS["archive"](office, problem).run()
    clock.forward(days=90)
    STEPS["reopen"](office, problem).run()
    problem.refresh_from_db()
    assert (problem.state, problem.reopenings, problem.verified_by) == ("reopened", 1, None)
    shown = figures(groups(office["city_office"], ProblemFilter()))
    assert (shown["outstanding"], shown["overdue"], shown["reported"]) == (1, 0, 0)
    (suspicion,) = problem.suspicions.all()
    assert (suspicion.judgement, suspicion.judged_by) == ("reopened", office["city_office"])


def test_a_problem_given_to_another_unit_or_area_leaves_the_one_before(
    office: Office, problem: Problem
) -> None:
    bring_to(office, problem, "planned")
    due = problem.due_at
    STEPS["transfer"](office, problem).run()
    problem.refresh_from_db()
    assert (problem.state, problem.due_at, problem.orders.count()) == ("assigned", due, 2)
    assert office.client("unit").get(f"/problems/{problem.pk}").status_code == 404
    assert office.client("other_unit").get(f"/problems/{problem.pk}").status_code == 200
    with pytest.raises(PermissionRefused):
        actions.TransferToArea(
            actor=office["county_office"],
            problem_id=problem.pk,
            area_code=office.other_county.pk,
            reason="推给江西区",
        ).run()
    STEPS["transfer_area"](office, problem).run()
    assert office.client("county_office").get(f"/problems/{problem.pk}").status_code == 404
    assert office.client("other_county_office").get(f"/problems/{problem.pk}").json()["state"] == "registered"


def test_what_was_merged_is_counted_once_and_a_part_by_itself(office: Office, problem: Problem) -> None:
    STEPS["split"](office, problem).run()
    part = Problem.objects.exclude(pk=problem.pk).get()
    assert (part.opened_at, part.split_from, part.clue) == (problem.opened_at, problem, None)
    assert figures(groups(office["city_office"], ProblemFilter()))["found"] == 2
    actions.MergeProblem(
        actor=office["county_office"], problem_id=part.pk, into_id=problem.pk, reason="还是同一事项"
    ).run()
    assert figures(groups(office["city_office"], ProblemFilter()))["found"] == 1
    assert office.client("chief").get(f"/problems/{part.pk}").json()["merged_into"]["id"] == problem.pk
    assert not list(audit.broken_links(problem.chain))
