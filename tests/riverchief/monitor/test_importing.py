"""Records from files: overflows, history of readings, results of a laboratory."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from openpyxl import Workbook
from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import InvalidInput, PermissionRefused, in_language
from riverchief.monitor import lab_readings
from riverchief.monitor.backfill import store_history
from riverchief.monitor.importing import readings as importing_readings
from riverchief.monitor.importing.measured import Measured, measured
from riverchief.monitor.live_values import latest_classes
from riverchief.monitor.models import Event, LabResult, OverflowRecord, Reading, Stoppage, Unexamined
from riverchief.monitor.overflows.actions import WithdrawOverflow
from riverchief.monitor.store import write
from riverchief.registry.command import KINDS as COMMAND_KINDS
from riverchief.registry.command import import_command
from riverchief.registry.importing import KINDS, OFFICE_KINDS, fields_of, importers, run_import
from riverchief.registry.importing.values import BadValue, degrees, moment, number
from riverchief.registry.models import Outfall, PermitLimit, Station

from tests.riverchief.monitor.conftest import NOW
from tests.riverchief.monitor.test_examination import row as sent
from tests.riverchief.monitor.weather import Town, make_town


@pytest.fixture
def town(stream) -> Town:
    return make_town(stream)


@pytest.fixture(autouse=True)
def _now():
    with clock.use_clock(NOW):
        yield


@pytest.fixture
def load(tmp_path, town):
    """Import a table written as text."""

    def run(kind: str, text: str, encoding: str = "utf-8", actor=SYSTEM, **options):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return run_import(path, kind=kind, basin_code=options.pop("basin_code", ""), actor=actor, **options)

    return run


@pytest.fixture
def comes_between(monkeypatch):
    """Let an instrument's readings be committed after a module has looked at what stands, and before it writes."""

    def arrange(module, station: Station, at: datetime, values: dict[str, float]) -> None:
        def store(*args, **options):
            rows = [sent(station, at, value, parameter=name) for name, value in values.items()]
            with connection.cursor() as cursor:
                write(
                    cursor,
                    [],
                    [each._replace(packet_id=1, received_at=NOW - timedelta(hours=1)) for each in rows],
                )
            return store_history(*args, **options)

        monkeypatch.setattr(module, "store_history", store)

    return arrange


def counts(result) -> tuple[int, int, int, int]:
    return result.created, result.updated, result.unchanged, len(result.errors)


def told(result) -> list[tuple[int, str, str]]:
    return [(error.row, error.field, in_language(error.message, "en")) for error in result.errors]


def workbook(path: Path, rows) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


OVERFLOWS = """溢流口编码,开始时间,结束时间,降雨量(mm),溢流量(m³),未计量,备注
C-07,2026-11-19 20:40,2026-11-20 01:30,38,,是,
C-09,2026/11/19 21:05,2026/11/20 0:10,38,420,,夜间
W,2026年11月19日21时10分,2026-11-20 01:30,,0,,
"""


class TestOverflows:
    def test_a_table_as_offices_write_it(self, load) -> None:
        result = load("overflows", OVERFLOWS, encoding="gb18030")
        assert (counts(result), told(result)) == ((3, 0, 0, 0), [])
        first, second, third = OverflowRecord.objects.order_by("started_at")
        assert (first.outfall.code, first.started_at, first.not_metered, first.known_by) == (
            "C-07",
            datetime(2026, 11, 19, 12, 40, tzinfo=UTC),
            True,
            "import",
        )
        assert (second.volume_m3, second.rainfall_mm, second.note) == (420, 38, "夜间")
        assert (third.volume_m3, third.rainfall_mm, third.receiving_reach) == (0, None, third.outfall.reach)

    def test_a_second_import_changes_nothing(self, load) -> None:
        load("overflows", OVERFLOWS)
        assert counts(load("overflows", OVERFLOWS)) == (0, 0, 3, 0)

    def test_a_dry_run_tells_the_same_and_writes_nothing(self, load) -> None:
        assert counts(load("overflows", OVERFLOWS, dry_run=True)) == (3, 0, 0, 0)
        assert not OverflowRecord.objects.exists()

    def test_a_later_file_completes_what_ran_and_contradicts_nothing(self, load) -> None:
        load("overflows", "outfall,start,stop,volume\nC-07,2026-11-19 20:40,,\n")
        assert OverflowRecord.objects.get().stopped_at is None
        later = load("overflows", "outfall,start,stop,volume\nC-07,2026-11-19 20:40,2026-11-20 01:30,55\n")
        assert counts(later) == (0, 1, 0, 0)
        assert OverflowRecord.objects.get().volume_m3 == 55
        other = load("overflows", "outfall,start,stop,volume\nC-07,2026-11-19 20:40,2026-11-20 01:30,66\n")
        assert told(other) == [
            (2, "volume_m3", "It contradicts the record that is there: 55 there, 66 in the file.")
        ]
        unmetered = load(
            "overflows", "outfall,start,stop,未计量\nC-07,2026-11-19 20:40,2026-11-20 01:30,是\n"
        )
        assert [error.field for error in unmetered.errors] == ["volume_m3"]
        assert OverflowRecord.objects.get().volume_m3 == 55

    @pytest.mark.parametrize(
        ("row", "field"),
        [
            ("Z-1,2026-11-19 20:40,,", "outfall"),
            ("C-07,,,", "started_at"),
            ("C-07,gestern,,", "started_at"),
            ("C-07,2026-11-31 20:40,,", "started_at"),
            ("C-07,2026-11-21 20:40,,", "started_at"),
            ("C-07,2026-11-19 20:40,2026-11-19 20:00,1", "stopped_at"),
            ("C-07,2026-11-19 20:40,2026-11-19 21:00,", "volume_m3"),
            ("C-07,2026-11-19 20:40,2026-11-19 21:00,-3", "volume_m3"),
            ("C-07,2026-11-19 20:40,2026-11-19 21:00,3,4", ""),
        ],
    )
    def test_a_bad_row_is_told_with_its_cure_and_the_others_are_kept(self, load, row, field) -> None:
        result = load("overflows", f"outfall,start,stop,volume\n{row}\nC-09,2026-11-19 21:05,,\n")
        assert counts(result) == (1, 0, 0, 1)
        assert (result.errors[0].row, result.errors[0].field) == (2, field)
        assert result.errors[0].cure

    def test_what_the_file_says_nowhere_can_be_said_for_all_of_it(self, load) -> None:
        text = "outfall,start,stop\nC-07,2026-11-19 20:40,2026-11-20 01:30\n"
        assert told(load("overflows", text))[0][1] == "volume_m3"
        result = load("overflows", text, mapping={"not_metered": "=是", "source": "=泵站"})
        assert counts(result) == (1, 0, 0, 0)
        row = OverflowRecord.objects.get()
        assert (row.not_metered, row.source) == (True, "pump_station")

    def test_overlapping_records_of_one_outfall_are_told(self, load) -> None:
        text = "outfall,start,stop,volume\nC-07,2026-11-19 20:40,2026-11-20 01:30,1\nC-07,2026-11-20 01:00,2026-11-20 02:00,1\n"
        assert told(load("overflows", text)) == [
            (
                3,
                "started_at",
                "It overlaps another record of this outfall (2026-11-19 20:40 – 2026-11-20 01:30).",
            )
        ]

    def test_a_withdrawn_record_stands_in_nobodys_way(self, load, people) -> None:
        load("overflows", OVERFLOWS)
        wrong = OverflowRecord.objects.get(outfall__code="C-09")
        WithdrawOverflow(actor=people.monitoring, overflow_id=wrong.pk, reason="错").run()
        assert counts(load("overflows", OVERFLOWS)) == (1, 0, 2, 0)

    def test_only_for_outfalls_of_ones_own_area(self, load, people) -> None:
        assert [error.field for error in load("overflows", OVERFLOWS, actor=people.elsewhere).errors] == [
            "outfall"
        ] * 3
        assert counts(load("overflows", OVERFLOWS, actor=people.monitoring)) == (3, 0, 0, 0)
        with pytest.raises(PermissionRefused):
            load("overflows", OVERFLOWS, actor=people.administrator)

    def test_a_spreadsheet_with_real_times_and_numbers(self, tmp_path, town) -> None:
        start = datetime(2026, 11, 19, 20, 40)  # noqa: DTZ001 - as a spreadsheet has it
        path = workbook(
            tmp_path / "overflows.xlsx",
            [
                [None],
                ["排口编码", "开始时间", "结束时间", "溢流量（m³）", None],
                ["C-07", start, start.replace(hour=23), 120.5, None],
                [None, None, None, None, None],
                ["C-09", start, "", 7, "列外"],
            ],
        )
        result = run_import(path, kind="overflows", basin_code="", actor=SYSTEM)
        assert counts(result) == (1, 0, 0, 1)
        assert result.errors[0].row == 5
        assert OverflowRecord.objects.get().started_at == datetime(2026, 11, 19, 12, 40, tzinfo=UTC)

    def test_what_is_no_spreadsheet_is_refused_with_the_cure(self, tmp_path, town) -> None:
        path = tmp_path / "broken.xlsx"
        path.write_bytes(b"PK\x03\x04 nothing")
        with pytest.raises(InvalidInput, match="XLSX") as refused:
            run_import(path, kind="overflows", basin_code="", actor=SYSTEM)
        assert refused.value.cure

    def test_a_year_of_real_overflows(self, data_dir, tmp_path, town) -> None:
        packed = data_dir / "monitoring" / "southernwater_beachbuoy_events_2021.csv.gz"
        if not packed.is_file():
            pytest.skip(f"{packed} is absent")
        path = tmp_path / "events.csv"
        path.write_bytes(gzip.decompress(packed.read_bytes()))
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
        names = sorted({row["outfallName"] for row in rows})
        pattern = town.c07
        Outfall.objects.bulk_create(
            Outfall(
                code=name,
                name_zh=name,
                name_en=name,
                kind="overflow",
                reach=pattern.reach,
                chainage_m=1,
                lon=106.5,
                lat=29.5,
                area=pattern.area,
                permitted=True,
            )
            for name in names
        )
        # A bathing site has a row of its own for one overflow: the record is the same.
        different = {(row["outfallName"], row["eventStart"], row["eventStop"]) for row in rows}
        mapping = {"outfall": "outfallName", "not_metered": "=yes"}
        result = run_import(path, kind="overflows", basin_code="", mapping=mapping, actor=SYSTEM)
        assert (result.rows, len(different)) == (7572, 4089)
        assert result.created + result.unchanged + len(result.errors) == 7572
        assert {error.field for error in result.errors} == {"started_at", "stopped_at"}
        assert result.created == OverflowRecord.objects.count()
        assert result.created > 3800
        again = run_import(path, kind="overflows", basin_code="", mapping=mapping, actor=SYSTEM)
        assert (again.created, again.unchanged, len(again.errors)) == (
            0,
            result.created + result.unchanged,
            len(result.errors),
        )


WIDE = """站点,时间,pH(无量纲),溶解氧(mg/L),高锰酸盐指数,氨氮（mg/L）,总磷(µg/L),电导率(mS/cm),标记,数据类型
A站,2020-05-10 08:00,7.21,8.1,2.5,0.12,86,0.41,,小时
A站,2020-05-10 12:00,7.30,8.4,--,-9999,90,0.40,N,小时
A,2020-05-10 16:00,,,,,,,维护,小时
"""


class TestReadings:
    def test_a_wide_table_with_units_turned_into_those_of_the_standard(self, load, town) -> None:
        result = load("readings", WIDE, encoding="gb18030")
        assert (told(result), result.created) == ([], 16)
        rows = {
            (row.parameter, row.period_start.astimezone(UTC).hour): row.value
            for row in Reading.objects.filter(station=town.stream.a)
        }
        assert rows["tp", 0] == pytest.approx(0.086)
        assert rows["ec", 0] == pytest.approx(410)
        assert rows["ph", 4] == 7.3
        assert ("codmn", 4) not in rows
        assert set(Reading.objects.filter(flag="M").values_list("value", flat=True)) == {None}
        assert [in_language(each.what, "en") for each in result.assumed] == [
            "The column “高锰酸盐指数” has no unit; it was taken as mg/L."
        ]

    def test_a_long_table(self, load, town) -> None:
        text = "station,time,parameter,value,unit,series\nA,2026-11-01,氨氮,260,ug/L,day\nA,2026-11-01T08:00:00+08:00,CODCr,18,,hour\n"
        assert counts(load("readings", text)) == (2, 0, 0, 0)
        assert Reading.objects.get(parameter="nh3n").value == pytest.approx(0.26)
        assert Reading.objects.get(parameter="cod").kind == "hour"

    def test_a_second_import_changes_nothing_and_another_value_is_told(self, load, town) -> None:
        load("readings", WIDE)
        assert counts(load("readings", WIDE)) == (0, 0, 16, 0)
        other = load("readings", WIDE.replace("7.21", "7.99"))
        assert told(other) == [(2, "ph", "It contradicts what is there: 7.21 there, 7.99 in the file.")]
        assert Reading.objects.get(parameter="ph", value__lt=7.25).value == 7.21

    def test_what_an_instrument_sends_between_look_and_write_stands_and_is_told(
        self, load, town, comes_between
    ) -> None:
        at = datetime(2026, 11, 18, 2, 20, tzinfo=UTC)
        comes_between(importing_readings, town.stream.a, at, {"nh3n": 20.1, "tp": 0.05})
        result = load(
            "readings", "站点,时间,数据类型,氨氮,总磷,总氮\nA,2026-11-18 10:20,瞬时,0.26,0.05,1.5\n"
        )
        assert (counts(result), told(result)) == (
            (1, 0, 1, 1),
            [(2, "nh3n", "It contradicts what is there: 20.1 there, 0.26 in the file.")],
        )
        readings = Reading.objects.values_list("parameter", "value", "raw_value", "packet_id")
        assert set(readings) == {("nh3n", 20.1, None, 1), ("tp", 0.05, None, 1), ("tn", 1.5, None, None)}

    def test_history_of_twenty_years_raises_no_alarm(self, load, town) -> None:
        load(
            "readings",
            "站点,时间,数据类型,氨氮(mg/L)\n"
            + "".join(f"A,2006-05-{d:02} 08:00,日,{d}\n" for d in range(1, 29)),
        )
        assert Reading.objects.filter(flag="N").count() == 28
        assert not Event.objects.exists()
        assert not Unexamined.objects.exists()

    def test_rain_of_a_gauge_is_history_too(self, load, town) -> None:
        text = "站点,时间,降雨量(mm)\nR1,2026-11-19 20:00,3\nR1,2026-11-19 21:00,20\n"
        assert counts(load("readings", text, mapping={"series": "=hour"})) == (2, 0, 0, 0)
        assert Reading.objects.filter(station=town.gauge, parameter="rain", unit="mm").count() == 2

    @pytest.mark.parametrize(
        ("cell", "field"),
        [("<0.05", "氨氮"), ("很高", "氨氮"), ("-1", "氨氮"), ("99999999", "氨氮"), ("未检出", "氨氮")],
    )
    def test_one_bad_value_leaves_the_rest_of_its_row(self, load, cell, field) -> None:
        result = load("readings", f"站点,时间,数据类型,氨氮,总磷\nA,2026-11-01,日,{cell},0.1\n")
        assert (result.created, [(error.row, error.field) for error in result.errors]) == (1, [(2, field)])

    @pytest.mark.parametrize(
        ("text", "field"),
        [
            ("站点,时间,数据类型,氨氮\nQ,2026-11-01,日,1\n", "station"),
            ("站点,时间,数据类型,氨氮\nA,,日,1\n", "at"),
            ("站点,时间,数据类型,氨氮\nA,2026-11-01,周,1\n", "series"),
            ("站点,时间,数据类型,氨氮,标记\nA,2026-11-01,日,1,坏\n", "flag"),
            ("站点,时间,数据类型,指标,监测值\nA,2026-11-01,日,气压,1\n", "parameter"),
            ("站点,时间,数据类型,指标,监测值,单位\nA,2026-11-01,日,氨氮,1,m\n", "unit"),
        ],
    )
    def test_what_is_wrong_is_told_by_its_field(self, load, text, field) -> None:
        result = load("readings", text)
        assert [(error.row, error.field) for error in result.errors] == [(2, field)]

    def test_a_table_without_values_is_refused(self, load) -> None:
        with pytest.raises(InvalidInput, match="no column of values"):
            load("readings", "站点,时间,数据类型,备注\nA,2026-11-01,日,无\n")

    def test_nobody_writes_history_of_an_enterprises_monitor_but_the_monitor(self, load, town) -> None:
        Station.objects.filter(pk=town.stream.a.pk).update(owner="enterprise", mn="ENTERPRISE1")
        Station.objects.filter(pk=town.stream.b.pk).update(owner="enterprise", mn=None)
        result = load("readings", "站点,时间,数据类型,氨氮\nA,2026-11-01,日,1\nB,2026-11-01,日,1\n")
        assert (result.created, [(error.row, error.field) for error in result.errors]) == (
            1,
            [(2, "station")],
        )

    def test_a_column_can_be_named_by_hand(self, load, town) -> None:
        text = "点位,时间,第三列\nA,2026-11-01,0.3\n"
        load("readings", text, mapping={"nh3n": "第三列", "series": "=day"})
        assert Reading.objects.get().parameter == "nh3n"


LAB = """点位编码,采样时间,样品编号,检测单位,氨氮(mg/L),总磷(mg/L),汞(µg/L)
A,2026-11-18 10:20,S-001,市监测站,0.26,<0.01,0.04L
B,2026-11-18 11:00,S-002,市监测站,0.31,0.05,
"""


STOPS = (
    "站点编码,停运开始时间,计划恢复时间,停运原因\n"
    "A,2026-11-21 08:00,2026-11-23 08:00,设备大修，来函第 12 号\n"
    "B站,2026/11/22,,停产\n"
    "C,2026-11-21 08:00,2026-11-20 08:00,大修\n"
    "A,2026-11-22 08:00,,又一次\n"
    "Z,2026-11-21,,大修\n"
    "D,2026-11-21,,\n"
)


class TestStoppages:
    def test_a_plan_is_announced_row_by_row_and_a_second_time_changes_nothing(self, load, people) -> None:
        preview = load("stoppages", STOPS, actor=people.city_office, dry_run=True)
        assert (preview.created, Stoppage.objects.count()) == (2, 0)
        result = load("stoppages", STOPS, encoding="gb18030", actor=people.city_office)
        assert (result.created, [(error.row, error.field) for error in result.errors]) == (
            2, [(4, "stopped_at"), (5, ""), (6, "station"), (7, "reason")],
        )  # fmt: skip
        first, second = Stoppage.objects.order_by("since")
        assert (first.station.code, first.until, second.until) == (
            "A",
            datetime(2026, 11, 23, tzinfo=UTC),
            None,
        )
        assert (first.announced_by, second.reason) == (people.city_office, "停产")
        again = load("stoppages", STOPS, actor=people.city_office)
        assert (again.created, again.unchanged) == (0, 2)
        with pytest.raises(PermissionRefused):
            load("stoppages", STOPS, actor=people.chief)


class TestLaboratory:
    def test_results_are_kept_as_written_and_seen_as_readings(self, load, town) -> None:
        assert counts(load("lab_results", LAB, encoding="gb18030")) == (5, 0, 0, 0)
        below = LabResult.objects.get(parameter="tp", station=town.stream.a)
        assert (below.below_limit, below.value, below.written, below.sample_no, below.laboratory) == (
            True,
            0.01,
            "<0.01",
            "S-001",
            "市监测站",
        )
        mercury = LabResult.objects.get(parameter="hg")
        assert (mercury.below_limit, mercury.unit, mercury.written) == (True, "mg/L", "0.04L")
        assert mercury.value == pytest.approx(4e-5)
        readings = dict(
            Reading.objects.filter(station=town.stream.a, kind="instant").values_list("parameter", "value")
        )
        assert readings == {"nh3n": 0.26, "tp": 0.005, "hg": pytest.approx(2e-5)}

    def test_a_station_sampled_by_hand_has_a_class_from_them(self, load, town) -> None:
        Station.objects.filter(pk=town.stream.a.pk).update(kind="manual")
        station = Station.objects.get(pk=town.stream.a.pk)
        load("lab_results", "点位,采样时间,pH,溶解氧,高锰酸盐指数,氨氮\nA,2026-11-18 10:20,7.5,8,3,0.6\n")
        live = latest_classes([station])[station.pk]
        assert (live.state, int(live.verdict.grade)) == ("ok", 3)

    def test_a_second_import_changes_nothing_and_another_result_is_told(self, load, town) -> None:
        load("lab_results", LAB)
        assert counts(load("lab_results", LAB)) == (0, 0, 5, 0)
        other = load("lab_results", LAB.replace("<0.01", "0.01"))
        assert told(other) == [
            (2, "总磷(mg/L)", "It contradicts what is there: <0.01 mg/L there, 0.01 mg/L in the file.")
        ]

    @pytest.mark.parametrize("flag", ["N", "X"])
    def test_an_instruments_reading_of_that_time_is_not_replaced(self, load, town, flag) -> None:
        load("readings", "站点,时间,数据类型,氨氮\nA,2026-11-18 10:20,瞬时,20.1\n")
        Reading.objects.update(flag=flag, reason="review" if flag == "X" else "")
        result = load("lab_results", LAB)
        assert (result.created, told(result)) == (
            4,
            [
                (
                    2,
                    "氨氮(mg/L)",
                    "An instrument's reading of this time stands: 20.1 mg/L there, 0.26 mg/L in the file.",
                )
            ],
        )
        reading = Reading.objects.get(parameter="nh3n", station=town.stream.a)
        assert (reading.value, reading.flag, reading.raw_value) == (20.1, flag, None)

    def test_an_instruments_reading_that_comes_between_look_and_write_is_not_replaced(
        self, load, town, comes_between
    ) -> None:
        at = datetime(2026, 11, 18, 2, 20, tzinfo=UTC)
        comes_between(lab_readings, town.stream.a, at, {"nh3n": 20.1})
        load("lab_results", LAB)
        reading = Reading.objects.get(parameter="nh3n", station=town.stream.a)
        assert (reading.value, reading.raw_value, reading.packet_id) == (20.1, None, 1)
        assert LabResult.objects.get(parameter="nh3n", station=town.stream.a).value == 0.26

    def test_not_detected_without_the_limit_is_told(self, load, town) -> None:
        result = load("lab_results", LAB.replace("<0.01", "未检出"))
        assert (result.created, [(error.row, error.field) for error in result.errors]) == (
            4,
            [(2, "总磷(mg/L)")],
        )

    def test_results_belong_to_ones_own_area(self, load, people) -> None:
        result = load("lab_results", LAB.replace("B,", "C,"), actor=people.county_office)
        assert (result.created, [error.field for error in result.errors]) == (3, ["station"])
        with pytest.raises(PermissionRefused):
            load("lab_results", LAB, actor=people.chief)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.05", Measured(0.05, False)),
        ("1,234.5", Measured(1234.5, False)),
        ("<0.05", Measured(0.05, True)),
        ("＜ 0.05", Measured(0.05, True)),
        ("＜０．０５", Measured(0.05, True)),
        ("１，２３４．５", Measured(1234.5, False)),
        ("0.05L", Measured(0.05, True)),
        ("1,234,567", Measured(1234567.0, False)),
        ("1e-3", Measured(0.001, False)),
        ("", None),
        ("--", None),
        ("-9999", None),
    ],
)
def test_a_cell_says_a_number_less_than_a_limit_or_nothing(text, value) -> None:
    assert measured(text, "x", "tp") == value


@pytest.mark.parametrize(
    "text", ["<", "L", "<0", "abc", "ND", "inf", "5mg/L", "<<1a", "<0,05", "0,05", "1,5", "0,125", "1_5"]
)
def test_other_cells_are_refused(text) -> None:
    with pytest.raises(BadValue):
        measured(text, "x", "tp")


@pytest.mark.parametrize(("text", "parameter"), [("<7", "ph"), ("7.2L", "ph"), ("<5", "wt")])
def test_what_has_no_detection_limit_cannot_lie_below_one(text, parameter) -> None:
    with pytest.raises(BadValue, match="no detection limit"):
        measured(text, "x", parameter)


@pytest.mark.parametrize("text", ["0,05", "106,5"])
def test_a_decimal_comma_is_refused_in_any_table(text) -> None:
    with pytest.raises(BadValue) as refused:
        number({"length": text}, "length")
    assert "point" in refused.value.cure


LIMITS = """排污口编码,指标,均值,限值,单位,有效期起,许可证编号
E,化学需氧量,日均值,50,mg/L,2024-01-01,91500-A
E,氨氮,小时均值,5000,µg/L,2024-01-01,91500-A
E,化学需氧量,,50,mg/L,2024-01-01,91500-A
"""


class TestPermitLimits:
    def test_limits_say_the_mean_they_hold_for(self, load, town) -> None:
        result = load("permit_limits", LIMITS, basin_code="test")
        assert (counts(result), [(e.row, e.field) for e in result.errors]) == (
            (2, 0, 0, 1),
            [(4, "averaging")],
        )
        assert list(PermitLimit.objects.values_list("parameter", "averaging", "most", "unit")) == [
            ("cod", "day", 50, "mg/L"),
            ("nh3n", "hour", 5, "mg/L"),
        ]
        assert counts(load("permit_limits", LIMITS, basin_code="test")) == (0, 0, 2, 1)

    def test_a_limit_that_overlaps_another_is_told(self, load, town) -> None:
        load("permit_limits", LIMITS, basin_code="test")
        result = load("permit_limits", LIMITS.replace("2024-01-01", "2025-01-01"), basin_code="test")
        assert (result.created, len(result.errors)) == (0, 3)


def test_the_command_line_knows_every_kind() -> None:
    assert set(COMMAND_KINDS) == {*KINDS, *OFFICE_KINDS, *importers()}
    assert all(fields_of(kind)[0] for kind in COMMAND_KINDS if kind != "reaches")


@pytest.mark.django_db(transaction=True)
def test_records_come_in_at_the_command_line(tmp_path, town) -> None:
    path = tmp_path / "overflows.csv"
    path.write_text("outfall,start,stop\nC-07,2026-11-19 20:40,2026-11-20 01:30\n")
    answer = CliRunner().invoke(
        import_command, [str(path), "--kind", "overflows", "--map", "not_metered==是", "--json"]
    )
    assert (answer.exit_code, json.loads(answer.output)["created"]) == (0, 1)


def test_a_file_is_looked_at_before_it_is_imported(people) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(people.monitoring, backend="django.contrib.auth.backends.ModelBackend")

    def preview(kind: str, content: bytes, name: str = "t.csv"):
        return client.post(
            "/api/v1/imports/preview", {"kind": kind, "file": SimpleUploadedFile(name, content)}
        )

    answer = preview("overflows", "溢流口编码,起,备注\nC-07,2026-11-19 20:40,夜\n".encode("gbk")).json()
    assert answer["columns"] == ["溢流口编码", "起", "备注"]
    assert answer["rows"] == [["C-07", "2026-11-19 20:40", "夜"]]
    assert answer["note"] == "Read 1 rows as GBK."
    fields = {row["name"]: row for row in answer["fields"]}
    assert fields["outfall"] == {"name": "outfall", "needed": True, "column": "溢流口编码"}
    assert (fields["started_at"]["column"], fields["note"]["column"]) == (None, "备注")
    assert preview("reaches", b"x").status_code == 403
    assert preview("overflows", b"\x89PNG", "t.png").status_code == 422


def test_times_and_coordinates_are_read_in_wide_digits() -> None:
    row = {"at": "２０２６－０１－３１　０８：０５", "lon": "１０６．５５", "limit": "10³"}
    assert moment(row, "at") == datetime(2026, 1, 31, 8, 5, tzinfo=clock.SHANGHAI)
    assert degrees(row, "lon", 180) == 106.55
    with pytest.raises(BadValue):
        number(row, "limit")
