"""Sampling by hand: rounds, bottles, custody, results and their three-level review."""

import json
import random
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, connection, transaction
from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import Role
from riverchief.base import audit, clock
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, RiverchiefError, StateRefused
from riverchief.base.models import InboxMessage
from riverchief.monitor.models import (
    Bottle,
    BottleResult,
    CustodyLink,
    LabResult,
    Reading,
    ResultSheet,
    SamplingRound,
    Visit,
)
from riverchief.monitor.sampling import queries
from riverchief.monitor.sampling.checks import results_in
from riverchief.monitor.sampling.code128 import widths
from riverchief.monitor.sampling.command import sampling_command
from riverchief.monitor.sampling.custody import MoveBottles, warn_of_holding_times
from riverchief.monitor.sampling.fieldwork import AddPhoto, MissPoint, TakeSamples
from riverchief.monitor.sampling.labels import labels_pdf
from riverchief.monitor.sampling.planning import GenerateRound, MakePlan, make_due_rounds
from riverchief.monitor.sampling.quality import Found, choose, duplicates_agree, relative_deviation
from riverchief.monitor.sampling.queries import sheet_checks
from riverchief.monitor.sampling.results import EnterResult
from riverchief.monitor.sampling.sheets import NEXT, AdvanceSheet, SendBackSheet, SubmitResults
from riverchief.registry.command import import_command
from riverchief.registry.importing import run_import
from riverchief.registry.importing.result import ImportResult

from .conftest import NOW

PARAMETERS = ["ph", "codmn", "nh3n", "tp", "cr6"]
HOUR = timedelta(hours=1)
MONTH = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _now(db):
    with clock.use_clock(NOW):
        yield


@pytest.fixture
def desk(stream) -> SimpleNamespace:
    """A round at stations A and B, and the people it takes."""

    def person(name: str, role: Role) -> User:
        user = User.objects.create_user(name, None, name_zh=name, name_en=name)
        Membership.objects.create(user=user, role=role, area=stream.area, valid_from=date(2020, 1, 1))
        return user

    people = {
        name: person(name, Role.LABORATORY)
        for name in ("receiver", "analyst", "checker", "reviewer", "issuer")
    }
    sampler, planner = person("sampler1", Role.SAMPLER), person("planner", Role.COUNTY_OFFICE)
    plan = MakePlan(
        actor=planner,
        name_zh="加密点位",
        name_en="Added points",
        area_code=stream.area.pk,
        parameters=PARAMETERS,
        station_codes=["A", "B"],
    ).run()
    made = GenerateRound(actor=planner, plan_id=plan.pk, month=MONTH).run()
    return SimpleNamespace(stream=stream, plan=plan, round=made, sampler=sampler, planner=planner, **people)


def visit(desk, station) -> Visit:
    return Visit.objects.get(round=desk.round, station=station)


def bottles(desk, **which: Any) -> list[Bottle]:
    return list(Bottle.objects.filter(visit__round=desk.round, **which).order_by("label"))


def take(desk, station, at=NOW - 2 * HOUR) -> None:
    TakeSamples(actor=desk.sampler, visit_id=visit(desk, station).pk, taken_at=at, lon=106.5, lat=29.51).run()


def deliver(desk, **which: Any) -> None:
    """What was taken is handed over and received."""
    labels = [row.label for row in bottles(desk, step="taken", **which)]
    MoveBottles(actor=desk.sampler, round_id=desk.round.pk, step="handed_over", labels=labels).run()
    MoveBottles(actor=desk.receiver, round_id=desk.round.pk, step="received", labels=labels).run()


def enter(
    desk, bottle: Bottle, parameter: str, written: str, at=NOW, reason: str = "", who=None
) -> BottleResult:
    return EnterResult(
        actor=who or desk.analyst,
        round_id=desk.round.pk,
        label=bottle.label,
        parameter=parameter,
        written=written,
        analysed_at=at,
        reason=reason,
    ).run()


def enter_all(desk, written: str = "0.2", **of_role: str) -> None:
    for bottle in bottles(desk, step="received"):
        for parameter in bottle.parameters:
            enter(desk, bottle, parameter, "7" if parameter == "ph" else of_role.get(bottle.role, written))


def review(desk, sheet: ResultSheet, *levels: str) -> None:
    people = {"checked": desk.checker, "reviewed": desk.reviewer, "issued": desk.issuer}
    for level in levels:
        AdvanceSheet(actor=people[level], sheet_id=sheet.pk, to=level).run()


def sheet_of(desk, station=None, **of_role: str) -> ResultSheet:
    """Both points sampled, analysed and submitted."""
    for one in (desk.stream.a, desk.stream.b):
        take(desk, one)
    deliver(desk)
    enter_all(desk, **of_role)
    return SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()


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
        quarterly = desk.planner and desk.stream.a.sampling_plans.get(name_zh="季")
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

    def test_who_has_no_part_in_it_is_refused(self, desk) -> None:
        with pytest.raises(PermissionRefused):
            TakeSamples(actor=desk.analyst, visit_id=visit(desk, desk.stream.a).pk, taken_at=NOW).run()
        with pytest.raises(NotFound):
            TakeSamples(actor=desk.sampler, visit_id=10**9, taken_at=NOW).run()


class TestCustody:
    def test_nobody_receives_what_they_handed_over(self, desk) -> None:
        Membership.objects.create(
            user=desk.sampler, role=Role.LABORATORY, area=desk.stream.area, valid_from=date(2020, 1, 1)
        )
        take(desk, desk.stream.a)
        labels = [row.label for row in bottles(desk, step="taken")]
        MoveBottles(actor=desk.sampler, round_id=desk.round.pk, step="handed_over", labels=labels).run()
        with pytest.raises(StateRefused):
            MoveBottles(actor=desk.sampler, round_id=desk.round.pk, step="received", labels=labels).run()

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

    def test_checks_name_no_blank_or_duplicate_before_its_result_is_in(self, desk) -> None:
        for one in (desk.stream.a, desk.stream.b):
            take(desk, one)
        deliver(desk)
        samples = [row for row in bottles(desk, step="received") if "codmn" in row.parameters]
        for bottle in samples:
            if bottle.role == "sample":
                enter(desk, bottle, "codmn", "3.1")
        sheet = SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
        assert sheet_checks(sheet) == []
        for bottle in samples:
            if bottle.role != "sample":
                enter(desk, bottle, "codmn", "3.1")
        assert {check.role for check in sheet_checks(sheet)} == {"blank", "duplicate"}

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


class TestResults:
    def test_only_what_is_issued_becomes_a_laboratory_result_and_a_reading(self, desk) -> None:
        sheet = sheet_of(desk, sample="<0.05", duplicate="<0.05", blank="<0.05")
        review(desk, sheet, "checked", "reviewed")
        assert not LabResult.objects.exists()
        assert not Reading.objects.exists()
        review(desk, sheet, "issued")
        assert (
            LabResult.objects.count() == 10
        )  # five parameters at two points; blanks and duplicates are checks
        result = LabResult.objects.get(station=desk.stream.a, parameter="nh3n")
        assert (result.value, result.below_limit, result.remarks) == (0.05, True, [])
        assert Reading.objects.get(station=desk.stream.a, parameter="nh3n").value == 0.025

    def test_each_level_is_another_person(self, desk) -> None:
        sheet = sheet_of(desk)
        for wrong in (desk.analyst, desk.sampler):
            with pytest.raises(RiverchiefError):
                AdvanceSheet(actor=wrong, sheet_id=sheet.pk, to="checked").run()
        review(desk, sheet, "checked")
        with pytest.raises(StateRefused):
            AdvanceSheet(actor=desk.reviewer, sheet_id=sheet.pk, to="issued").run()
        with pytest.raises(StateRefused):
            AdvanceSheet(actor=desk.checker, sheet_id=sheet.pk, to="reviewed").run()

    def test_what_is_sent_back_is_corrected_and_goes_through_every_level_again(self, desk) -> None:
        sheet = sheet_of(desk)
        review(desk, sheet, "checked")
        [bottle] = bottles(desk, group="cooled", role="sample", visit__station=desk.stream.a)
        with pytest.raises(StateRefused):  # under review
            enter(desk, bottle, "codmn", "4", reason="算错")
        SendBackSheet(actor=desk.reviewer, sheet_id=sheet.pk, reason="稀释倍数").run()
        enter(desk, bottle, "codmn", "4", reason="稀释倍数")
        AdvanceSheet(actor=desk.analyst, sheet_id=sheet.pk, to="submitted").run()
        sheet.refresh_from_db()
        assert (sheet.state, sheet.checked_by) == ("submitted", None)
        review(desk, sheet, "checked", "reviewed", "issued")
        assert LabResult.objects.get(station=desk.stream.a, parameter="codmn").value == 4
        assert [row.value for row in bottle.results.order_by("version")] == [0.2, 4]
        assert not list(audit.broken_links(sheet.chain))

    def test_a_correction_after_issue_is_another_version_that_is_issued_itself(self, desk) -> None:
        sheet = sheet_of(desk)
        review(desk, sheet, "checked", "reviewed", "issued")
        [bottle] = bottles(desk, group="cooled", role="sample", visit__station=desk.stream.a)
        with pytest.raises(InvalidInput):
            enter(desk, bottle, "codmn", "5")
        with clock.use_clock(NOW + HOUR):
            enter(desk, bottle, "codmn", "5", reason="标线重做")
            second = SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
            assert LabResult.objects.filter(parameter="codmn", station=desk.stream.a).count() == 1
            review(desk, second, "checked", "reviewed", "issued")
        rows = LabResult.objects.filter(parameter="codmn", station=desk.stream.a).order_by("version")
        assert [(row.version, row.value, row.reason) for row in rows] == [(1, 0.2, ""), (2, 5, "标线重做")]
        reading = Reading.objects.get(parameter="codmn", station=desk.stream.a)
        assert (reading.value, reading.raw_value) == (5, 0.2)

    def test_a_blank_that_is_not_clean_flags_its_batch_and_late_analysis_its_result(self, desk) -> None:
        for one in (desk.stream.a, desk.stream.b):
            take(desk, one, NOW - timedelta(days=3))
        deliver(desk)
        enter_all(desk, blank="0.3", duplicate="0.4")
        sheet = SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
        rows = list(results_in(sheet))
        told = {
            (row.bottle.role, row.parameter, row.bottle.visit.station_id): shown["remarks"]
            for row, shown in zip(rows, queries.shown_lines(sheet, rows), strict=True)
        }
        [pair] = bottles(desk, role="duplicate", group="sulphuric")
        assert told["sample", "nh3n", pair.visit.station_id] == [
            "past_holding",
            "blank_found",
            "duplicates_apart",
        ]
        assert all("blank_found" in told["sample", "nh3n", one.pk] for one in (desk.stream.a, desk.stream.b))
        assert told["sample", "ph", desk.stream.a.pk] == []
        review(desk, sheet, "checked", "reviewed", "issued")
        issued = LabResult.objects.get(station=pair.visit.station, parameter="nh3n")
        assert issued.remarks == ["past_holding", "blank_found", "duplicates_apart"]

    def test_duplicates_are_compared_by_half_their_difference_over_their_mean(self) -> None:
        assert relative_deviation(Found(3), Found(1)) == 0.5
        assert duplicates_agree(Found(1.2), Found(0.8), 0.2)
        assert not duplicates_agree(Found(1.3), Found(0.7), 0.2)
        assert relative_deviation(Found(0.05, below=True), Found(0.04)) is None
        assert relative_deviation(Found(0.05, below=True), Found(0.15)) == pytest.approx(0.5)

    def test_a_file_of_results_tells_its_bad_rows_and_takes_the_others(self, desk, tmp_path) -> None:
        take(desk, desk.stream.a)
        deliver(desk)
        rows = {bottle.group: bottle for bottle in bottles(desk, role="sample", visit__station=desk.stream.a)}
        file = tmp_path / "results.csv"

        def bring(who: User) -> ImportResult:
            return run_import(actor=who, path=file, kind="bottle_results", basin_code="")

        file.write_text(
            "瓶号,分析时间,氨氮(mg/L),总磷(mg/L),高锰酸盐指数\n"
            f"{rows['sulphuric'].label},2026-11-20 12:00,0.31,<0.01,\n"
            f"{rows['cooled'].label},2026-11-20 11:30,,,2.4\n"
            f"{rows['cr6'].label},2026-11-20 11:30,0.1,,\n"
            "2611999-0001,2026-11-20 11:30,0.1,,\n"
        )
        result = bring(desk.analyst)
        assert (result.created, [error.row for error in result.errors]) == (3, [4, 5])
        words = [str(file), "--kind", "bottle_results", "--as", "analyst"]
        assert "3 unchanged" in CliRunner().invoke(import_command, words).output
        assert BottleResult.objects.get(parameter="tp").below_limit
        with pytest.raises(PermissionRefused):
            bring(desk.sampler)


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
        done = CliRunner().invoke(sampling_command, [*words, "--as", who])
        assert done.exit_code == 0, done.output
        return done.output

    number = str(desk.round.pk)
    assert "加密点位" in run("rounds", "--json", who="planner")
    assert "taken" in run("take", number, "A", "--at", "2026-11-20 10:00")
    assert "missed" in run("miss", number, "B", "--reason", "dry")
    labels = [row.label for row in bottles(desk, step="taken")]
    assert f"{len(labels)} bottles" in run("move", number, "handed_over", *labels)
    shown = run("bottles", number, "--step", "handed_over", "--json", who="analyst")
    assert json.loads(shown)["items"][0]["role"] is None


@pytest.mark.parametrize("seed", [1, 2])
def test_no_sequence_of_actions_loses_or_doubles_a_bottle_or_issues_what_was_not_reviewed(desk, seed) -> None:
    draw = random.Random(seed)
    people = [
        desk.sampler,
        desk.planner,
        desk.receiver,
        desk.analyst,
        desk.checker,
        desk.reviewer,
        desk.issuer,
    ]
    labels = {row.label for row in bottles(desk)}

    def usually(person: User) -> User:
        return person if draw.random() < 0.8 else draw.choice(people)

    def one_of(*steps: str) -> list[str]:
        return [row.label for row in bottles(desk, step__in=steps)] or draw.sample(sorted(labels), 3)

    def anything() -> Any:
        made, point = desk.round.pk, draw.choice(Visit.objects.filter(round=desk.round).order_by("pk")).pk
        rows = list(ResultSheet.objects.order_by("pk").values_list("pk", "state")) or [(0, "submitted")]
        sheet, state = draw.choice(rows)
        levels = {
            "submitted": desk.analyst,
            "checked": desk.checker,
            "reviewed": desk.reviewer,
            "issued": desk.issuer,
        }
        level = draw.choice(list(levels))
        if state in NEXT and draw.random() < 0.7:
            level = NEXT[state][0]
        reviewer = levels[level]
        what = draw.choice(
            [
                "take",
                "miss",
                "hand",
                "receive",
                "lose",
                "submit",
                "back",
                "again",
                *["enter"] * 8,
                *["go"] * 4,
            ]
        )
        if what == "take":
            return TakeSamples(actor=usually(desk.sampler), visit_id=point, taken_at=NOW - 9 * HOUR)
        if what == "miss":
            return MissPoint(actor=usually(desk.sampler), visit_id=point, reason="dry")
        if what == "hand":
            return MoveBottles(
                actor=usually(desk.sampler),
                round_id=made,
                step="handed_over",
                labels=one_of("taken", "handed_over"),
            )
        if what == "receive":
            return MoveBottles(
                actor=usually(desk.receiver), round_id=made, step="received", labels=one_of("handed_over")
            )
        if what == "lose" and draw.random() < 0.3:
            return MoveBottles(
                actor=desk.sampler,
                round_id=made,
                step="lost",
                labels=[draw.choice(sorted(labels))],
                note="瓶破",
            )
        if what == "enter":
            bottle = Bottle.objects.get(label=draw.choice(one_of("received", "analysed")))
            return EnterResult(
                actor=usually(desk.analyst),
                round_id=made,
                label=bottle.label,
                parameter=draw.choice(bottle.parameters),
                written=draw.choice("123"),
                analysed_at=NOW - draw.randint(0, 10) * HOUR,
                reason=draw.choice(["", "重测"]),
            )
        if what == "submit":
            return SubmitResults(actor=usually(desk.analyst), round_id=made)
        if what == "back":
            return SendBackSheet(actor=usually(desk.reviewer), sheet_id=sheet, reason="复核")
        if what == "again":
            return GenerateRound(actor=desk.planner, plan_id=desk.plan.pk, month=MONTH)
        return AdvanceSheet(actor=usually(reviewer), sheet_id=sheet, to=level)

    # Which bottles are blanks is drawn anew for every round: a walk goes on until something was issued.
    for turn in range(2_000):
        if turn >= 300 and LabResult.objects.exists():
            break
        try:
            anything().run()
        except RiverchiefError:
            continue
    assert {row.label for row in bottles(desk)} == labels
    for bottle in bottles(desk):
        steps = [link.step for link in bottle.links.order_by("sequence")]
        assert bottle.step == (steps[-1] if steps else "")
        assert len(steps) == len(set(steps) - {"handed_over"}) + steps.count("handed_over")
    assert LabResult.objects.exists(), "a sequence that issues nothing shows nothing"
    for row in LabResult.objects.all():
        assert BottleResult.objects.filter(
            bottle__label=row.sample_no,
            parameter=row.parameter,
            value=row.value,
            sheet__state="issued",
            sheet__checked_by__isnull=False,
            sheet__reviewed_by__isnull=False,
        ).exists()
    assert not list(audit.broken_links(desk.round.chain))
