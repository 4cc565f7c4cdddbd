"""Sampling by hand in the field: rounds, points, bottles and their custody, labels."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, connection, transaction
from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import Role
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.models import InboxMessage
from riverchief.monitor.models import Bottle, CustodyLink, SamplingRound
from riverchief.monitor.sampling import queries
from riverchief.monitor.sampling.code128 import widths
from riverchief.monitor.sampling.command import sampling_command
from riverchief.monitor.sampling.custody import MoveBottles, warn_of_holding_times
from riverchief.monitor.sampling.fieldwork import AddPhoto, MissPoint, TakeSamples
from riverchief.monitor.sampling.labels import labels_pdf
from riverchief.monitor.sampling.planning import GenerateRound, MakePlan, make_due_rounds
from riverchief.monitor.sampling.quality import choose
from riverchief.monitor.sampling.sheets import SubmitResults

from .conftest import NOW
from .sampling_desk import HOUR, MONTH, bottles, deliver, enter, take, visit


class TestRounds:
    def test_a_round_has_a_bottle_for_each_preservation_at_each_point_and_is_made_once(self, desk) -> None:
        sample = bottles(desk, role="sample", visit__station=desk.stream.a)
        assert {row.group: row.parameters for row in sample} == {
            "on_site": ["ph"],
            "cooled": ["codmn"],
            "sulphuric": ["nh3n", "tp"],
            "cr6": ["cr6"],
        }
        assert {row.group: row.holding_h for row in sample}["sulphuric"] == {"nh3n": 24, "tp": 24}
        # One point in ten, at least one; the record of on-site measurements has neither blank nor duplicate.
        assert [len(bottles(desk, role=role)) for role in ("sample", "duplicate", "blank")] == [8, 3, 3]
        again = GenerateRound(actor=desk.planner, plan_id=desk.plan.pk, month=date(2026, 11, 17)).run()
        assert (again.pk, SamplingRound.objects.count(), Bottle.objects.count()) == (desk.round.pk, 1, 14)

    def test_the_draw_follows_from_the_seed_and_the_label_tells_nothing(self, desk) -> None:
        for seed in (1, 2):
            assert choose(40, seed, 0.1, 0.1) == choose(40, seed, 0.1, 0.1)
            assert len(choose(40, seed, 0.1, 0.1).duplicates) == 4
        assert choose(40, 1, 0.1, 0.1) != choose(40, 2, 0.1, 0.1)
        assert sorted(choose(3, 5, 0.1, 0.1).deal(50)) == list(range(1, 51))
        made = queries.round_of(desk.receiver, desk.round.pk)
        shown = [queries.shown_bottle(row, points=False) for row in queries.bottles(desk.receiver, made)]
        assert {(row["role"], row["station"]) for row in shown} == {(None, None)}
        assert queries.shown_round(desk.receiver, made)["seed"] is None
        with pytest.raises(PermissionRefused):
            queries.visits(desk.receiver, made)

    def test_the_rounds_that_are_due_are_made_by_themselves_once(self, desk) -> None:
        with clock.use_clock(NOW.replace(day=28)):
            assert make_due_rounds() == 1
            assert make_due_rounds() == 0
        assert [f"{row.month:%Y-%m}" for row in SamplingRound.objects.order_by("month")] == [
            "2026-11",
            "2026-12",
        ]

    def test_a_round_is_of_last_month_or_later_and_at_most_a_year_ahead(self, desk) -> None:
        GenerateRound(actor=desk.planner, plan_id=desk.plan.pk, month=date(2027, 11, 1)).run()
        with pytest.raises(InvalidInput, match="is over"):
            GenerateRound(actor=desk.planner, plan_id=desk.plan.pk, month=date(2026, 9, 1)).run()
        with pytest.raises(InvalidInput, match="12 months ahead"):
            GenerateRound(actor=desk.planner, plan_id=desk.plan.pk, month=date(2027, 12, 1)).run()

    def test_a_plan_names_points_of_its_area_and_known_parameters(self, desk) -> None:
        def plan(**more: Any) -> None:
            given = {"parameters": ["氨氮"], "station_codes": ["A"], "every_months": 3} | more
            MakePlan(
                actor=desk.planner, name_zh="季", name_en="", area_code=desk.stream.area.pk, **given
            ).run()

        for wrong in ({"station_codes": ["C"]}, {"parameters": ["gold"]}, {"every_months": 5}):
            with pytest.raises(InvalidInput):
                plan(**wrong)
        plan()
        quarterly = desk.stream.a.sampling_plans.get(name_zh="季")
        with pytest.raises(StateRefused):
            GenerateRound(actor=desk.planner, plan_id=quarterly.pk, month=MONTH).run()


class TestAtTheRiver:
    def test_taking_begins_custody_and_the_holding_times(self, desk) -> None:
        take(desk, desk.stream.a)
        row = visit(desk, desk.stream.a)
        assert (row.state, round(row.away_m)) == ("sampled", 1112)
        link = CustodyLink.objects.filter(bottle__visit=row).first()
        assert (link.step, link.sequence, link.by, link.lat) == ("taken", 1, desk.sampler, 29.51)
        due = {bottle.group: bottle.due_at for bottle in row.bottles.filter(role="sample")}
        assert due["sulphuric"] == NOW + 22 * HOUR
        assert due["cr6"] is None

    def test_a_missed_point_has_its_reason_and_a_photo_and_can_still_be_sampled(self, desk) -> None:
        row = visit(desk, desk.stream.a)
        for reason, note in (("tired", ""), ("other", "")):
            with pytest.raises(InvalidInput):
                MissPoint(actor=desk.sampler, visit_id=row.pk, reason=reason, note=note).run()
        MissPoint(actor=desk.sampler, visit_id=row.pk, reason="dry").run()
        png = b"\x89PNG\r\n\x1a\n" + b"dry bed"
        AddPhoto(actor=desk.sampler, visit_id=row.pk, content=png, file_name="bed.png").run()
        [shown] = queries.shown_rounds(desk.planner, [desk.round])
        assert (shown["visits"], shown["missed"]) == ({"open": 1, "sampled": 0, "missed": 1}, {"dry": 1})
        take(desk, desk.stream.a)
        with pytest.raises(StateRefused):
            take(desk, desk.stream.a)

    def test_the_time_of_sampling_lies_in_the_round_and_not_ahead(self, desk) -> None:
        for at in (NOW + HOUR, NOW - timedelta(days=30)):
            with pytest.raises(InvalidInput):
                take(desk, desk.stream.a, at)

    def test_a_position_far_from_the_point_takes_a_note_and_one_elsewhere_is_refused(self, desk) -> None:
        with pytest.raises(InvalidInput, match="1112 m from the point") as refused:
            take(desk, desk.stream.a, note="")
        assert refused.value.field == "note"
        with pytest.raises(InvalidInput, match="km from the point"):
            take(desk, desk.stream.a, lon=0.0, lat=0.0)
        with pytest.raises(InvalidInput, match="no position"):
            take(desk, desk.stream.a, lon=None, lat=None, note="")
        take(desk, desk.stream.a, lon=desk.stream.a.lon, lat=desk.stream.a.lat, note="")
        assert visit(desk, desk.stream.a).away_m == 0

    def test_who_has_no_part_in_it_is_refused(self, desk) -> None:
        with pytest.raises(PermissionRefused):
            TakeSamples(actor=desk.analyst, visit_id=visit(desk, desk.stream.a).pk, taken_at=NOW).run()
        with pytest.raises(NotFound):
            TakeSamples(actor=desk.sampler, visit_id=10**9, taken_at=NOW).run()


class TestCustody:
    def test_nobody_receives_what_they_handed_over_or_hands_it_over_twice_in_a_row(self, desk) -> None:
        Membership.objects.create(
            user=desk.sampler, role=Role.LABORATORY, area=desk.stream.area, valid_from=date(2020, 1, 1)
        )
        take(desk, desk.stream.a)
        labels = [row.label for row in bottles(desk, step="taken")]
        MoveBottles(actor=desk.sampler, round_id=desk.round.pk, step="handed_over", labels=labels).run()
        for step in ("received", "handed_over"):
            with pytest.raises(StateRefused, match="handed over"):
                MoveBottles(actor=desk.sampler, round_id=desk.round.pk, step=step, labels=labels).run()
        driver = User.objects.create_user("driver", None, name_zh="司机", name_en="Driver")
        Membership.objects.create(
            user=driver, role=Role.SAMPLER, area=desk.stream.area, valid_from=date(2020, 1, 1)
        )
        for person in (driver, desk.sampler):  # it may come back to the first
            MoveBottles(actor=person, round_id=desk.round.pk, step="handed_over", labels=labels).run()

    def test_bottles_move_all_or_none(self, desk) -> None:
        take(desk, desk.stream.a)
        taken = [row.label for row in bottles(desk, step="taken")]
        with pytest.raises(StateRefused):
            MoveBottles(
                actor=desk.sampler,
                round_id=desk.round.pk,
                step="handed_over",
                labels=[*taken, bottles(desk, step="")[0].label],
            ).run()
        assert not bottles(desk, step="handed_over")

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE monitor_custodylink SET at = now()",
            "DELETE FROM monitor_custodylink",
            "DELETE FROM monitor_bottle",
            "UPDATE monitor_bottle SET role = 'sample'",
            "UPDATE monitor_bottleresult SET value = 1",
            "DELETE FROM monitor_bottleresult",
            "UPDATE monitor_resultsheet SET checked_by_id = submitted_by_id, state = 'checked'",
            "UPDATE monitor_resultsheet SET state = 'issued'",
            "UPDATE monitor_visit SET state = 'missed'",
            "INSERT INTO monitor_custodylink (bottle_id, sequence, step, at, by_id, place, note, entered_at) "
            "SELECT bottle_id, 2, 'analysed', at, by_id, '', '', now() FROM monitor_custodylink LIMIT 1",
        ],
    )
    def test_the_database_itself_keeps_custody_results_and_levels(self, desk, statement) -> None:
        take(desk, desk.stream.a)
        deliver(desk, group="cooled")
        for bottle in bottles(desk, step="received"):
            enter(desk, bottle, "codmn", "3.1")
        SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_a_warning_comes_once_before_a_holding_time_runs_out(self, desk) -> None:
        take(desk, desk.stream.a)
        assert warn_of_holding_times() == 0
        with clock.use_clock(NOW + 19 * HOUR):
            told = warn_of_holding_times()
            assert told == len(bottles(desk, visit__station=desk.stream.a, group="sulphuric"))
            assert warn_of_holding_times() == 0
            assert "即将超过保存期" in InboxMessage.objects.get(recipient_id=desk.analyst.pk).title_zh
        deliver(desk)
        [sulphuric] = bottles(desk, group="sulphuric", role="sample", visit__station=desk.stream.a)
        enter(desk, sulphuric, "nh3n", "0.3")
        enter(desk, sulphuric, "tp", "0.05")
        sulphuric.refresh_from_db()
        assert (sulphuric.step, sulphuric.due_at) == ("analysed", None)


class TestLabels:
    def test_bars_are_those_of_code_128_b(self) -> None:
        # Start B, "A", check (104 + 33) mod 103 = 34, stop: from the tables of the standard.
        assert widths("A") == [int(w) for w in "2112141113231311232331112"]
        with pytest.raises(ValueError, match="ASCII"):
            widths("瓶")

    def test_the_sheet_is_made_in_both_languages(self, desk) -> None:
        for language in ("zh", "en"):
            assert labels_pdf(desk.round, language=language, made_for="某", at=NOW).startswith(b"%PDF-")


def test_the_command_line_lists_takes_and_moves(desk) -> None:
    def run(*words: str, who: str = "sampler1") -> str:
        done = CliRunner().invoke(sampling_command, [*words, "--as", who], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        return done.output

    number = str(desk.round.pk)
    assert "加密点位" in run("rounds", "--json", who="planner")
    assert "taken" in run("take", number, "A", "--at", "2026-11-20 10:00", "--note", "无定位")
    assert "missed" in run("miss", number, "B", "--reason", "dry")
    assert "Added points" in run("plans", who="planner")
    assert "River dry" in run("points", number, "--state", "missed", who="planner")
    nowhere = CliRunner().invoke(sampling_command, ["labels", number, "/nowhere/l.pdf", "--as", "sampler1"])
    assert (nowhere.exit_code, "/nowhere/l.pdf: No such file" in nowhere.output) == (1, True)
    labels = [row.label for row in bottles(desk, step="taken")]
    assert f"{len(labels)} bottles" in run("move", number, "handed_over", *labels)
    shown = run("bottles", number, "--step", "handed_over", "--json", who="analyst")
    assert json.loads(shown)["items"][0]["role"] is None
    # Neither a number nor the order of the rows tells the laboratory the order of the points.
    assert not any("id" in row for row in json.loads(shown)["items"])
    by_row = Bottle.objects.filter(visit__round=desk.round).order_by("pk").values_list("label", flat=True)
    assert list(by_row) == sorted(by_row)
