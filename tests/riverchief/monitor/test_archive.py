"""Closed months: the same readings, wherever they lie, whatever is cut off, whatever comes late."""

import os
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from riverchief.base import clock
from riverchief.base.audit.verify import verify_all
from riverchief.base.errors import StateRefused
from riverchief.monitor import partitions, queries, retrieval
from riverchief.monitor.actions.archiving import ArchiveMonth
from riverchief.monitor.archive import closing, parquet
from riverchief.monitor.archive.command import archive_command
from riverchief.monitor.archive.parquet import ArchiveUnreadable
from riverchief.monitor.backfill import store_history
from riverchief.monitor.models import ArchivedMonth, DailyValue, Kind, Latest, Reading
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.retrieval import periods, retrieve
from riverchief.monitor.review.actions import KeepReadings, ReopenDoubt
from riverchief.monitor.review.models import Doubt
from riverchief.monitor.review.queries import shown_doubts
from riverchief.monitor.review.rates import rates_of
from riverchief.monitor.rollup import refresh_days
from riverchief.monitor.store import write

from .conftest import NOW
from .test_examination import row

pytestmark = pytest.mark.django_db

MONTH = date(2026, 9, 1)
START = datetime(2026, 8, 31, 16, tzinfo=UTC)
END = datetime(2026, 9, 30, 16, tzinfo=UTC) - timedelta.resolution


@pytest.fixture(autouse=True)
def _standing_clock():
    with clock.use_clock(NOW):
        yield


def store(rows: list[ReadingRow]) -> None:
    partitions.ensure([("monitor_reading", START)])
    with transaction.atomic(), connection.cursor() as cursor:
        write(cursor, [], rows)


def everything(*stations, start: datetime = START - timedelta(days=40), end: datetime = NOW) -> list[tuple]:
    """Every column of every reading; a float by its text, which also tells NaN and the sign of a zero."""
    rows = retrieve(ReadingRow._fields, stations=[each.pk for each in stations], start=start, end=end)
    return sorted(tuple(str(value) for value in row) for row in rows)


def hours(station, count: int, start: datetime = START, **more) -> list[ReadingRow]:
    return [
        row(station, start + timedelta(hours=index), index / 8, kind="hour", **more) for index in range(count)
    ]


def files() -> list[str]:
    return sorted(
        path.name for path in Path(django_settings.RIVERCHIEF_ARCHIVE_DIR).iterdir() if path.is_file()
    )


number = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.1, -0.0, 5e-324])
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
within_month = st.datetimes(START.replace(tzinfo=None), END.replace(tzinfo=None), timezones=st.just(UTC))
any_reading = st.builds(
    lambda at, sampled, received, numbers, parameter, unit, kind, flag, packet_id: ReadingRow(
        0, parameter, kind, at, sampled, numbers[0], unit, flag, received, *numbers[1:4],
        "below_possible" if flag == "X" else "", packet_id, numbers[4],
    ),
    within_month, within_month, within_month, st.lists(number, min_size=5, max_size=5),
    st.sampled_from(["nh3n", "\\N", 'a,"b', "", "~|"]) | text, text, st.sampled_from(Kind.values),
    st.sampled_from("NFMSDCTBUX"), st.none() | st.integers(-(2**63), 2**63 - 1),
)  # fmt: skip


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(any_reading, min_size=1, max_size=40, unique_by=lambda each: each.key))
def test_what_goes_into_the_archive_comes_out_value_for_value(stream, rows):
    ArchivedMonth.objects.all().delete()
    Reading.objects.all().delete()
    store([each._replace(station_id=stream.a.pk) for each in rows])
    before = everything(stream.a)
    assert len(before) == len(rows)
    closing.close(MONTH)
    assert not Reading.objects.exists()
    assert everything(stream.a) == before


def test_a_file_from_before_first_flags_were_kept_reads_and_merges_as_it_was(stream):
    store([row(stream.a, START, 1.0)])
    before = everything(stream.a)
    month = closing.close(MONTH)
    file = retrieval.file_of(month)
    with duckdb.connect() as older:
        older.execute(f"CREATE TABLE old AS SELECT * EXCLUDE raw_flag FROM '{file}'")
        older.execute(f"COPY old TO '{file}'")
    assert everything(stream.a) == before
    assert parquet.content_of(file).checksum == month.checksum
    store([row(stream.a, START, 1.0)._replace(flag="M", received_at=NOW)])
    closing.close(MONTH)
    assert retrieve(("flag", "raw_flag"), stations=[stream.a.pk], start=START, end=END) == [("M", "N")]


def answers(station) -> dict[str, object]:
    """What readers of every kind get to see."""
    pk, later = station.pk, NOW - timedelta(days=1)
    return {
        "everything": everything(station),
        "chart": queries.readings(
            AnonymousUser(), pk, "nh3n", START - timedelta(days=3), later, "hour", most=70
        ),
        "whole chart": queries.readings(AnonymousUser(), pk, "nh3n", START, END, "hour"),
        "measured": retrieve(
            ("value", "flag"), stations=[pk], start=START, end=later, parameters=["nh3n"], measured=True
        ),
        "last": retrieve(("value", "period_start"), stations=[pk], start=START, end=END, last=3),
        "times": retrieve(("period_start",), stations=[pk], start=START, end=later, measured=True),
        "periods": periods(pk, "hour", START - timedelta(days=3), later),
        "nothing": retrieve(("value",), stations=[pk], start=START, end=END, parameters=["tp"]),
    }


def test_every_reader_sees_open_closed_and_late_readings_as_one(stream):
    a, b = stream.a, stream.b
    open_month = hours(a, 30, END + timedelta(hours=1))
    august = hours(a, 20, START - timedelta(hours=20))
    september = [
        *hours(a, 60),
        *hours(a, 3, START + timedelta(hours=60), flag="M"),
        *hours(b, 5),
        *hours(a, 9, parameter="do"),
    ]
    late = [
        row(a, START + timedelta(hours=index), 9.0, kind="hour")._replace(
            received_at=NOW + timedelta(seconds=1)
        )
        for index in (3, 400)
    ]
    partitions.ensure([("monitor_reading", START - timedelta(days=1))])
    store([*open_month, *august, *september, *late])
    expected = answers(a)
    assert len(expected["periods"]) == 30 + 20 + 63 + 1
    assert expected["chart"].truncated
    Reading.objects.all().delete()
    Latest.objects.all().delete()
    store([*open_month, *august, *september])
    before = everything(b)
    for month in (date(2026, 8, 1), MONTH):
        closing.close(month)
    store(late)
    assert Reading.objects.count() == 30 + 2
    assert answers(a) == expected
    closing.close(MONTH)
    assert Reading.objects.count() == 30
    assert answers(a) == expected
    assert everything(b) == before
    assert [(month.rows, bool(month.merged_at)) for month in ArchivedMonth.objects.all()] == [
        (20, False),
        (78, True),
    ]
    assert verify_all().faults == []


saying = st.builds(
    lambda hour, value, minimum, flag, refused, sampled: {
        "period_start": START + timedelta(hours=hour),
        "sampled_at": START + timedelta(hours=hour, minutes=sampled),
        "value": value,
        "minimum": minimum,
        "flag": "X" if refused else flag,
        "reason": "below_possible" if refused else "",
    },
    st.integers(0, 1),
    *[st.sampled_from([None, 1.0, 2.0])] * 2,
    st.sampled_from("NUM"),
    st.sampled_from([False, False, True]),
    st.integers(0, 1),
)


@settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    sayings=st.lists(saying, min_size=2, max_size=7),
    closed_after=st.sets(st.integers(0, 6), min_size=1, max_size=3),
)
def test_late_data_of_a_closed_month_count_as_they_would_have_in_an_open_one(stream, sayings, closed_after):
    arrivals = [
        row(stream.a, START, None)._replace(received_at=NOW + timedelta(seconds=second), **each)
        for second, each in enumerate(sayings)
    ]
    for each in (ArchivedMonth, Reading, Latest):
        each.objects.all().delete()
    for arrival in arrivals:
        store([arrival])
    expected, latest = everything(stream.a), list(Latest.objects.values_list("value", "flag"))
    for each in (Reading, Latest):
        each.objects.all().delete()
    for index, arrival in enumerate(arrivals):
        store([arrival])
        if index in closed_after:
            closing.close(MONTH)
    assert everything(stream.a) == expected
    if Reading.objects.exists():
        closing.close(MONTH)
    assert everything(stream.a) == expected
    assert list(Latest.objects.values_list("value", "flag")) == latest


class Cut(BaseException):
    """The process ends here."""


STEPS = {
    "copied out": (closing, "_copy"),
    "written": (parquet, "write"),
    "merged": (parquet, "write_merged"),
    "read back": (parquet, "content_of"),
    "on the disk": (parquet, "synchronise"),
    "delta settled": (closing, "_settle"),
    "writers kept out": (ArchiveMonth, "load"),
    "found unchanged": (ArchiveMonth, "check_state"),
    "recorded": (parquet, "sha256_of"),
    "emptied and logged": (ArchiveMonth, "log"),
    "closed": (ArchiveMonth, "run"),
}


@contextmanager
def cut_after(monkeypatch, step: str):
    where, name = STEPS[step]
    inner = getattr(where, name)

    def cut(*arguments, **options):
        inner(*arguments, **options)
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(where, name, cut)
        yield


@pytest.mark.parametrize("step", STEPS)
def test_whenever_it_is_cut_off_no_reading_is_lost_or_doubled(stream, monkeypatch, step):
    store(hours(stream.a, 40))
    late = [each._replace(value=7.0, received_at=NOW + timedelta(minutes=1)) for each in hours(stream.a, 3)]
    expected = everything(stream.a)
    for arriving in ([], late):
        if arriving:
            store(arriving)
            expected = everything(stream.a)
        with cut_after(monkeypatch, step):
            try:
                closing.close(MONTH)
            except Cut:
                assert everything(stream.a) == expected
        if Reading.objects.exists():
            closing.close(MONTH)
        assert everything(stream.a) == expected
        assert not Reading.objects.exists()
    with clock.use_clock(datetime.now(UTC) + closing.GRACE + timedelta(hours=1)):
        closing.tidy()
    assert files() == [ArchivedMonth.objects.get().file]


@pytest.mark.parametrize("step", ["copied out", "written"])
def test_a_reading_that_comes_while_the_file_is_written_keeps_the_month_open(stream, monkeypatch, step):
    store(hours(stream.a, 4))
    where, name = STEPS[step]
    inner = getattr(where, name)

    def while_one_comes(*arguments):
        inner(*arguments)
        store(hours(stream.b, 1))

    monkeypatch.setattr(where, name, while_one_comes)
    with pytest.raises(StateRefused, match="came in while"):
        closing.close(MONTH)
    assert Reading.objects.count() == 5
    assert not ArchivedMonth.objects.exists()


def test_a_month_that_is_closed_between_two_looks_of_a_reader_is_looked_at_again(stream, monkeypatch):
    store(hours(stream.a, 4))
    expected = everything(stream.a)
    looked: list[bool] = []
    read = retrieval._retrieve

    def closed_before_it_reads(*arguments):
        if not looked:
            looked.append(True)
            closing.close(MONTH)
        return read(*arguments)

    monkeypatch.setattr(retrieval, "_retrieve", closed_before_it_reads)
    assert everything(stream.a) == expected


def test_what_does_not_come_back_from_the_disk_as_it_went_there_changes_nothing(stream, monkeypatch):
    store(hours(stream.a, 4))
    copied = closing._copy

    def spoiled(month, target):
        copied(month, target)
        target.write_text(target.read_text().replace("0.125", "0.12500000000000003"))

    monkeypatch.setattr(closing, "_copy", spoiled)
    with pytest.raises(closing.ArchiveMismatch, match="nothing was changed"):
        closing.close(MONTH)
    assert Reading.objects.count() == 4
    assert files() == []


@pytest.mark.parametrize("damage", ["gone", "cut off", "changed"])
def test_a_file_that_cannot_be_read_is_named_and_never_taken_for_no_readings(stream, damage):
    store(hours(stream.a, 400))
    path = retrieval.file_of(closing.close(MONTH))
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        half = len(content) // 2
        path.write_bytes(
            content[:half] + (b"" if damage == "cut off" else b"?" * 400 + content[half + 400 :])
        )
    with pytest.raises(ArchiveUnreadable, match=path.name):
        everything(stream.a)


def test_months_are_closed_when_the_rule_says_so_and_replaced_files_go_after_a_day(stream):
    store(hours(stream.a, 4))
    with pytest.raises(StateRefused, match="not over"):
        closing.close(NOW.date())
    with clock.use_clock(END + timedelta(days=45)):
        assert closing.close_due() == []
    with clock.use_clock(END + timedelta(days=46)):
        assert [str(month) for month in closing.close_due()] == ["2026-09"]
        first = files()
    store(hours(stream.b, 2))
    real = datetime.now(UTC)
    with clock.use_clock(real):
        (month,) = closing.close_due()
    assert files() == sorted([*first, month.file])
    long_ago = (real - timedelta(days=30)).timestamp()
    os.utime(Path(django_settings.RIVERCHIEF_ARCHIVE_DIR) / first[0], (long_ago, long_ago))
    with clock.use_clock(real + timedelta(hours=23)):
        assert closing.tidy() == []
    with clock.use_clock(real + timedelta(hours=25)):
        assert closing.tidy() == first


def test_the_command_line_tells_where_the_months_lie_and_closes_them(stream):
    def archive(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(archive_command, words, env={"COLUMNS": "200"})
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    store(hours(stream.a, 40))
    assert "2026-09 │ 40 (due)" in archive("--status").replace("│ 2026-09", "2026-09")
    assert "2026-09: 40 readings in" in archive()
    assert "No month is due" in archive()
    store(hours(stream.b, 2))
    assert "2 late (due) │ 40" in archive("--status", "--month", "2026-09")
    assert "2026-09: 42 readings in" in archive("--month", "2026-09")
    assert "is not over" in archive("--month", "2026-11", code=1)


def test_daily_values_count_late_data_with_what_is_archived(stream):
    store_history(hours(stream.a, 48))
    closing.close(MONTH)
    store_history([row(stream.a, START + timedelta(hours=30, minutes=30), 101.0, kind="hour")])
    days = (
        DailyValue.objects.filter(station=stream.a).order_by("day").values_list("day", "n", "mean", "maximum")
    )
    second = [index / 8 for index in range(24, 48)] + [101.0]
    assert list(days) == [
        (date(2026, 9, 1), 24, pytest.approx(sum(range(24)) / 8 / 24), 23 / 8),
        (date(2026, 9, 2), 25, pytest.approx(sum(second) / 25), 101.0),
    ]


def test_a_month_waits_for_its_doubts_and_its_rates_stay_what_they_were(stream):
    store([row(stream.a, START + timedelta(hours=index), 1.0) for index in range(48)])
    doubt = Doubt.objects.create(
        station=stream.a,
        parameter="nh3n",
        kind="instant",
        rule="stuck",
        first_at=START,
        last_at=START + timedelta(hours=47),
        raised_at=NOW,
    )
    refresh_days([(stream.a.pk, START)], NOW)
    before = rates_of([stream.a], MONTH, NOW)
    assert (before[0].sent, before[0].valid) == (48, 48)
    with pytest.raises(StateRefused, match="1 doubts about readings of 2026-09"):
        closing.close(MONTH)
    (state,) = closing.months()
    assert (state.doubts, state.due) == (1, False)
    Doubt.objects.filter(pk=doubt.pk).update(state=Doubt.State.PASSED, decided_at=NOW)
    closing.close(MONTH)
    assert rates_of([stream.a], MONTH, NOW) == before
    # What comes late counts, whatever its flag.
    store_history([row(stream.a, START + timedelta(hours=48), 1.0, flag="M")])
    (after,) = rates_of([stream.a], MONTH, NOW)
    assert (after.sent, after.valid) == (49, 48)


def test_what_was_decided_about_a_closed_month_stands_and_no_page_offers_to_undo_it(stream, people):
    store([row(stream.a, START + timedelta(hours=index), 1.0) for index in range(48)])
    at, later = START, NOW - timedelta(hours=2)
    doubts = [
        Doubt.objects.create(
            station=stream.a,
            parameter="nh3n",
            kind="instant",
            rule="stuck",
            first_at=at,
            last_at=at,
            raised_at=NOW,
        )
        for at in (at, later)
    ]
    for doubt in doubts:
        KeepReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="现场核对无误").run()
    closing.close(MONTH)
    shown = {row["id"]: row["may_reopen"] for row in shown_doubts(people.monitoring, Doubt.objects.all())}
    assert shown == {doubts[0].pk: False, doubts[1].pk: True}
    with pytest.raises(StateRefused, match="what was decided stands"):
        ReopenDoubt(actor=people.monitoring, doubt_id=doubts[0].pk, reason="误判").run()


def test_nothing_but_retrieval_asks_the_table_of_readings():
    package = Path(partitions.__file__).parents[1]
    asking = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "Reading.objects" in path.read_text(encoding="utf-8")
    ]
    # A review changes readings, which it can in open months only; so does taking back an adoption, in its own statement.
    assert sorted(asking) == ["monitor/retrieval.py", "monitor/review/readings.py"]
