"""Sampling by hand in the laboratory: results, their checks and their three-level review."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from riverchief.accounts.models import User
from riverchief.base import audit, clock
from riverchief.base.errors import InvalidInput, PermissionRefused, RiverchiefError, StateRefused
from riverchief.monitor.backfill import store_history
from riverchief.monitor.models import BottleResult, LabResult, Reading, ResultSheet
from riverchief.monitor.sampling import sheet_queries
from riverchief.monitor.sampling.checks import results_in
from riverchief.monitor.sampling.command import sampling_command
from riverchief.monitor.sampling.custody import MoveBottles
from riverchief.monitor.sampling.quality import Found, duplicates_agree, relative_deviation
from riverchief.monitor.sampling.sheet_queries import sheet_checks
from riverchief.monitor.sampling.sheets import AdvanceSheet, SendBackSheet, SubmitResults
from riverchief.registry.command import import_command
from riverchief.registry.importing import run_import
from riverchief.registry.importing.result import ImportResult

from .conftest import NOW
from .sampling_desk import HOUR, bottles, deliver, enter, enter_all, review, sheet_of, take
from .test_examination import row


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

    def test_an_instruments_reading_of_that_time_stays_and_the_result_says_so(self, desk) -> None:
        sheet = sheet_of(desk)
        taken_at = sheet.round.visits.get(station=desk.stream.a).taken_at
        store_history([row(desk.stream.a, taken_at, 20.1, parameter="codmn")])
        review(desk, sheet, "checked", "reviewed", "issued")
        [bottle] = bottles(desk, group="cooled", role="sample", visit__station=desk.stream.a)
        with clock.use_clock(NOW + HOUR):
            enter(desk, bottle, "codmn", "5", reason="标线重做")
            second = SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
            review(desk, second, "checked", "reviewed", "issued")
        results = LabResult.objects.filter(station=desk.stream.a, parameter="codmn")
        assert [(result.value, result.remarks[-1]) for result in results] == [
            (0.2, "instrument_stands"),
            (5, "instrument_stands"),
        ]
        reading = Reading.objects.get(station=desk.stream.a, parameter="codmn")
        assert (reading.value, reading.raw_value) == (20.1, None)
        elsewhere = LabResult.objects.get(station=desk.stream.b, parameter="codmn")
        assert "instrument_stands" not in elsewhere.remarks

    def test_checks_name_no_blank_or_duplicate_before_its_result_is_in_and_are_waited_for(self, desk) -> None:
        for one in (desk.stream.a, desk.stream.b):
            take(desk, one)
        deliver(desk)
        samples = [row for row in bottles(desk, step="received") if "codmn" in row.parameters]
        for bottle in samples:
            if bottle.role == "sample":
                enter(desk, bottle, "codmn", "3.1")
        sheet = SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
        assert sheet_checks(desk.checker, sheet) == []
        review(desk, sheet, "checked", "reviewed")
        with pytest.raises(StateRefused, match=r"\|2 results of blanks and duplicates") as refused:
            review(desk, sheet, "issued")
        assert not any(row.label in str(refused.value) for row in samples)
        for bottle in samples:
            if bottle.role != "sample":
                enter(desk, bottle, "codmn", "3.1")
        assert {check.role for check in sheet_checks(desk.checker, sheet)} == {"blank", "duplicate"}
        words = ["sheet", str(sheet.pk), "--as", "issuer"]
        shown = CliRunner().invoke(sampling_command, words, env={"COLUMNS": "160"}).output
        assert "To be issued, " in shown
        assert "Found in a blank" in shown
        assert "checker: To be reviewed" in shown
        review(desk, sheet, "issued")
        assert LabResult.objects.filter(parameter="codmn").count() == 2

    def test_a_sheet_without_all_its_checks_is_issued_for_a_reason_or_when_they_are_lost(self, desk) -> None:
        take(desk, desk.stream.a)
        take(desk, desk.stream.b)
        deliver(desk)

        def reviewed(group: str, parameter: str) -> ResultSheet:
            for bottle in bottles(desk, group=group, role="sample"):
                enter(desk, bottle, parameter, "0.1")
            sheet = SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
            review(desk, sheet, "checked", "reviewed")
            return sheet

        sheet = reviewed("cr6", "cr6")
        reason = "平行样仪器故障，应急先报"
        AdvanceSheet(actor=desk.issuer, sheet_id=sheet.pk, to="issued", reason=reason).run()
        assert json.loads(audit.entries(sheet.chain)[-1].body)["reason"] == reason
        lost = [
            row.label for role in ("blank", "duplicate") for row in bottles(desk, group="cooled", role=role)
        ]
        MoveBottles(
            actor=desk.receiver, round_id=desk.round.pk, step="lost", labels=lost, note="冷藏箱失温"
        ).run()
        review(desk, reviewed("cooled", "codmn"), "issued")
        assert set(LabResult.objects.values_list("parameter", flat=True)) == {"cr6", "codmn"}

    def test_a_blank_that_is_not_clean_flags_its_batch_and_late_analysis_its_result(self, desk) -> None:
        for one in (desk.stream.a, desk.stream.b):
            take(desk, one, NOW - timedelta(days=3))
        deliver(desk)
        enter_all(desk, blank="0.3", duplicate="0.4")
        sheet = SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
        rows = list(results_in(sheet))
        told = {
            (row.bottle.role, row.parameter, row.bottle.visit.station_id): shown["remarks"]
            for row, shown in zip(rows, sheet_queries.shown_lines(desk.checker, sheet, rows), strict=True)
        }
        [pair] = bottles(desk, role="duplicate", group="sulphuric")
        assert told["sample", "nh3n", pair.visit.station_id] == [
            "past_holding",
            "blank_found",
            "duplicates_apart",
        ]
        assert all("blank_found" in told["sample", "nh3n", one.pk] for one in (desk.stream.a, desk.stream.b))
        assert told["sample", "ph", desk.stream.a.pk] == []
        # who entered results learns by none of this which bottle is what, before all is issued
        blind = sheet_queries.shown_lines(desk.analyst, sheet, rows)
        assert {remark for shown in blind for remark in shown["remarks"]} == {"past_holding"}
        assert sheet_checks(desk.analyst, sheet) == []
        detail = sheet_queries.sheet_detail(desk.analyst, sheet)
        assert (detail["blind"], set(detail["checks"].values())) == (True, {0})
        words = ["sheet", str(sheet.pk), "--as", "analyst"]
        assert "are not told to who entered" in CliRunner().invoke(sampling_command, words).output
        review(desk, sheet, "checked", "reviewed", "issued")
        assert sheet_checks(desk.analyst, sheet)
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
