"""Whatever people try, in whatever order: histories verify, figures add up, what the database holds is possible."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from riverchief.base import audit
from riverchief.base.clock import use_clock
from riverchief.base.errors import RiverchiefError
from riverchief.rectify import actions
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.figures import figures
from riverchief.rectify.filters import ProblemFilter
from riverchief.rectify.models import Problem
from riverchief.rectify.tally.compaction import compact_tally
from riverchief.rectify.tally.queries import groups

from tests.riverchief.rectify.office import NOON, Office, make_office
from tests.riverchief.rectify.tally import kept_counts, true_counts
from tests.riverchief.rectify.test_transitions import STEPS

moves = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(sorted(STEPS))), max_size=14)


def check(office: Office, problems: list[Problem]) -> None:
    for problem in problems:
        problem.refresh_from_db()
        assert list(audit.broken_links(problem.chain)) == []
        entries = audit.entries(problem.chain)
        assert entries[-1].data.get("to", "registered") == problem.state
        states = [entry.data for entry in entries[1:]]
        assert all(before["to"] == after["from"] for before, after in itertools.pairwise(states))
        judges = {problem.rectified_by_id, problem.verified_by_id, problem.written_off_by_id} - {None}
        done = [problem.rectified_at, problem.verified_at, problem.written_off_at]
        assert len(judges) == sum(at is not None for at in done)
    assert kept_counts() == true_counts()
    compact_tally()
    assert kept_counts() == true_counts()
    shown = figures(groups(office["city_office"], ProblemFilter()))
    parts = ("rectified", "verified", "written_off", "outstanding")
    assert (
        sum(shown[part] for part in parts)
        == shown["found"]
        == Problem.objects.exclude(state="merged").count()
    )
    assert shown["overdue"] <= shown["outstanding"]
    for share in shown["shares"]:
        assert share["of"] == shown[share["of_figure"]]
        assert share["share"] is None if not share["of"] else share["share"] == share["count"] / share["of"]


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(moves=moves)
def test_any_order_of_actions_leaves_a_sound_ledger(db, moves: list[tuple[int, str]]) -> None:
    from django.db import transaction

    with use_clock(NOON), transaction.atomic():
        office = make_office()
        problems = [
            actions.ConfirmClue(
                actor=office["inspector"],
                clue_id=actions.RegisterClue(
                    actor=office["county_office"],
                    source="patrol",
                    kind="litter",
                    title="垃圾",
                    description="",
                    lon=106.55,
                    lat=29.5,
                )
                .run()
                .pk,
                basis="decision",
                reason="属实",
            ).run()
            for _ in range(2)
        ]
        for which, step in moves:
            try:
                STEPS[step](office, problems[which]).run()
            except RiverchiefError:
                continue
        check(office, problems)
        transaction.set_rollback(True)


def test_figures_of_an_empty_ledger_have_no_shares() -> None:
    shown = figures([])
    assert shown["found"] == 0
    assert {row["share"] for row in shown["shares"]} == {None}


def test_overdue_counts_what_was_not_reported_in_time(office: Office, problem: Problem, clock) -> None:
    STEPS["assign"](office, problem).run()
    assert figures(groups(office["city_office"], ProblemFilter()))["overdue"] == 0
    clock.forward(days=60)
    assert figures(groups(office["city_office"], ProblemFilter()))["overdue"] == 1
    STEPS["sign_for"](office, problem).run()
    STEPS["report_rectified"](office, problem).run()
    shown = figures(groups(office["city_office"], ProblemFilter()))
    assert (shown["overdue"], shown["rectified"], shown["verified"]) == (0, 1, 0)
    assert problem.__class__.objects.get(pk=problem.pk).state == ProblemState.RECTIFIED
