"""Overflow records: how they come about, what the database refuses, how they end; and discharge in dry weather."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, transaction
from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.audit import entries
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.monitor.command import rain_command
from riverchief.monitor.models import OverflowRecord
from riverchief.monitor.overflows import queries
from riverchief.monitor.overflows.actions import RecordOverflow, StopOverflow, WithdrawOverflow
from riverchief.monitor.overflows.command import overflows_command
from riverchief.monitor.overflows.dry_weather import announce_dry_weather_discharges
from riverchief.registry.models import Reach

from tests.riverchief.monitor.conftest import NOW
from tests.riverchief.monitor.weather import HOUR, Town, make_town, rains

START = NOW.replace(minute=0)


@pytest.fixture
def town(stream) -> Town:
    return make_town(stream)


@pytest.fixture(autouse=True)
def _now():
    with clock.use_clock(NOW):
        yield


def record(people, town, **more) -> OverflowRecord:
    given = {"outfall_id": town.c07.pk, "source": "overflow", "started_at": NOW - 5 * HOUR} | more
    return RecordOverflow(actor=people.monitoring, **given).run()


ENDED = {"stopped_at": NOW - HOUR, "not_metered": True}


class TestRecord:
    def test_one_that_runs_goes_into_the_reach_of_its_outfall(self, people, town) -> None:
        row = record(people, town)
        assert (row.receiving_reach, row.known_by, row.stopped_at) == (town.c07.reach, "person", None)
        assert [entry.action for entry in entries(row.chain)] == ["monitor.record_overflow"]
        event = OutboxEvent.objects.get(name="monitor.overflow_recorded")
        assert (event.payload, event.restricted) == ({"overflow_id": row.pk}, False)

    def test_another_receiving_reach_may_be_named_in_the_same_basin_only(self, people, town) -> None:
        lower = town.stream.b.reach
        assert record(people, town, receiving_reach_id=lower.pk).receiving_reach == lower
        with pytest.raises(InvalidInput, match="receiving reach"):
            record(people, town, outfall_id=town.c09.pk, receiving_reach_id=999_999)

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [
            ({"source": "leak"}, "source"),
            ({"stopped_at": NOW - 6 * HOUR, "not_metered": True}, "stopped_at"),
            ({"stopped_at": NOW - 5 * HOUR, "not_metered": True}, "stopped_at"),
            ({"started_at": NOW + HOUR}, "started_at"),
            ({"stopped_at": NOW - HOUR}, "volume_m3"),
            ({"stopped_at": NOW - HOUR, "volume_m3": 3.0, "not_metered": True}, "volume_m3"),
            ({"volume_m3": -1.0}, "volume_m3"),
            ({"volume_m3": float("nan")}, "volume_m3"),
            ({"rainfall_mm": -1.0}, "rainfall_mm"),
            ({"note": "字" * 301}, "note"),
        ],
    )
    def test_what_cannot_be_is_refused_with_the_field(self, people, town, wrong, named) -> None:
        with pytest.raises(InvalidInput) as refused:
            record(people, town, **wrong)
        assert refused.value.field == named
        assert refused.value.cure

    def test_one_that_still_runs_did_not_begin_years_ago(self, people, town) -> None:
        given = {"actor": people.monitoring, "outfall_id": town.c07.pk, "source": "overflow"}
        with pytest.raises(InvalidInput, match="needs its stop"):
            RecordOverflow(**given, started_at=NOW - timedelta(days=400)).run()
        RecordOverflow(
            **given,
            started_at=NOW - timedelta(days=400),
            stopped_at=NOW - timedelta(days=399),
            not_metered=True,
        ).run()

    def test_one_outfall_does_not_run_over_twice_at_one_time(self, people, town) -> None:
        record(people, town, **ENDED)
        with pytest.raises(StateRefused, match="overlaps"):
            record(people, town, started_at=NOW - 2 * HOUR)
        record(people, town, started_at=NOW - HOUR)  # as the first one ends
        record(people, town, source="plant_bypass", started_at=NOW - 2 * HOUR)
        record(people, town, outfall_id=town.c09.pk)

    def test_only_people_of_the_area_write_it_down(self, people, town) -> None:
        for refused in (people.chief, people.unit, people.elsewhere, people.enforcement, SYSTEM):
            with pytest.raises(PermissionRefused):
                RecordOverflow(actor=refused, outfall_id=town.c07.pk, source="overflow", started_at=NOW).run()
        with pytest.raises(NotFound):
            record(people, town, outfall_id=999_999)


class TestDatabase:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"stopped_at": NOW - 5 * HOUR, "not_metered": True},
            {"stopped_at": NOW},
            {"volume_m3": 1.0, "not_metered": True},
            {"volume_m3": -1.0},
            {"rainfall_mm": -0.1},
            {"source": "leak"},
            {"known_by": "person"},
            {"withdrawn_at": NOW},
        ],
    )
    def test_refuses_what_no_record_can_be(self, people, town, wrong) -> None:
        row = OverflowRecord(
            **{
                "outfall": town.c07,
                "source": "overflow",
                "known_by": "import",
                "started_at": NOW - 5 * HOUR,
                "receiving_reach": town.c07.reach,
                "entered_at": NOW,
                **wrong,
            }
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


class TestStop:
    def test_a_running_one_ends_with_its_volume(self, people, town) -> None:
        row = record(people, town)
        StopOverflow(actor=people.county_office, overflow_id=row.pk, stopped_at=NOW, volume_m3=120.0).run()
        row.refresh_from_db()
        assert (row.stopped_at, row.volume_m3, row.not_metered) == (NOW, 120, False)

    def test_an_ended_one_is_not_ended_again(self, people, town) -> None:
        row = record(people, town, **ENDED)
        with pytest.raises(StateRefused):
            StopOverflow(actor=people.monitoring, overflow_id=row.pk, stopped_at=NOW, volume_m3=1.0).run()

    def test_it_does_not_end_without_a_word_about_the_volume(self, people, town) -> None:
        row = record(people, town)
        with pytest.raises(InvalidInput):
            StopOverflow(actor=people.monitoring, overflow_id=row.pk, stopped_at=NOW).run()


class TestWithdraw:
    def test_a_wrong_one_counts_no_more_and_stays_readable(self, people, town) -> None:
        row = record(people, town)
        with pytest.raises(InvalidInput):
            WithdrawOverflow(actor=people.monitoring, overflow_id=row.pk, reason=" ").run()
        WithdrawOverflow(actor=people.monitoring, overflow_id=row.pk, reason="登记错排口").run()
        assert not queries.overflows(people.chief).exists()
        assert queries.overflows(people.chief, state="withdrawn").get() == row
        record(people, town)  # the time is free again
        with pytest.raises(StateRefused):
            StopOverflow(actor=people.monitoring, overflow_id=row.pk, stopped_at=NOW, volume_m3=1.0).run()


class TestList:
    def test_those_that_run_come_first_then_the_newest(self, people, town) -> None:
        old = record(people, town, started_at=NOW - 50 * HOUR, stopped_at=NOW - 40 * HOUR, volume_m3=1.0)
        runs = record(people, town, outfall_id=town.c09.pk, started_at=NOW - 60 * HOUR)
        new = record(people, town, **ENDED)
        assert list(queries.overflows(people.chief)) == [runs, new, old]
        assert list(queries.overflows(people.chief, state="running")) == [runs]
        assert list(queries.overflows(people.chief, outfall=town.c07.pk)) == [new, old]
        assert not queries.overflows(people.elsewhere).exists()

    def test_the_rain_measured_around_it_stands_beside_what_was_reported(self, people, town) -> None:
        rains(town.gauge, START - 30 * HOUR, [0] * 24 + [3, 20, 15, 0, 0, 0])
        row = record(people, town, rainfall_mm=40.0, started_at=START - 5 * HOUR)
        shown = queries.shown_overflows([row], people.monitoring)[0]
        assert (shown["rainfall_mm"], shown["measured_mm"]) == (40, 38)

    def test_that_it_runs_in_dry_weather_is_told_to_those_who_see_clues(self, people, town) -> None:
        rains(town.gauge, START - 72 * HOUR, [0] * 72)
        row = record(people, town)
        told = {
            name: queries.shown_overflows([row], user)[0]["dry_weather"]
            for name, user in people.all().items()
        }
        assert {name for name, dry in told.items() if dry} == {
            "city_office",
            "county_office",
            "enforcement",
            "inspector",
        }
        assert set(told.values()) == {True, None}


class TestDryWeather:
    def test_one_that_runs_after_72_dry_hours_is_told_once(self, people, town) -> None:
        rains(town.gauge, START - 72 * HOUR, [0] * 72)
        row = record(people, town)
        assert [announce_dry_weather_discharges() for _ in range(3)] == [1, 0, 0]
        event = OutboxEvent.objects.get(name="monitor.dry_weather_discharge")
        assert (event.payload, event.restricted, event.area) == (
            {"overflow_id": row.pk},
            True,
            town.c07.area.path,
        )

    def test_one_in_the_rain_or_soon_after_it_is_not(self, people, town) -> None:
        rains(town.gauge, START - 72 * HOUR, [0] * 10 + [38] + [0] * 61)
        record(people, town)
        assert announce_dry_weather_discharges() == 0
        with clock.use_clock(NOW + 11 * HOUR):
            rains(town.gauge, START, [0] * 11)
            assert announce_dry_weather_discharges() == 1

    def test_unknown_weather_is_not_dry(self, people, town) -> None:
        record(people, town)
        assert announce_dry_weather_discharges() == 0
        rains(town.gauge, START - 72 * HOUR, [0] * 40)
        assert announce_dry_weather_discharges() == 0

    def test_one_that_ended_lately_is_judged_by_the_weather_before_its_end(self, people, town) -> None:
        rains(town.gauge, START - 100 * HOUR, [0] * 72 + [38] * 28)
        row = record(people, town, started_at=NOW - 40 * HOUR, stopped_at=NOW - 30 * HOUR, volume_m3=5.0)
        assert announce_dry_weather_discharges() == 1
        row.refresh_from_db()
        assert row.dry_announced_at == NOW

    def test_old_history_and_withdrawn_records_tell_nobody_anything(self, people, town) -> None:
        rains(town.gauge, START - 20 * 24 * HOUR, [0] * 480)
        record(
            people,
            town,
            started_at=NOW - timedelta(days=9),
            stopped_at=NOW - timedelta(days=8),
            volume_m3=5.0,
        )
        wrong = record(people, town)
        WithdrawOverflow(actor=people.monitoring, overflow_id=wrong.pk, reason="误报").run()
        assert announce_dry_weather_discharges() == 0


def test_the_command_line_tells_rain_and_keeps_overflows(people, town) -> None:
    def overflows(*words: object, code: int = 0) -> str:
        run = CliRunner().invoke(
            overflows_command, [*map(str, words), "--as", "monitoring"], env={"COLUMNS": "160"}
        )
        assert run.exit_code == code, run.output
        return run.output

    rains(town.gauge, START - 72 * HOUR, [0] * 70 + [38, 0])
    rain = CliRunner().invoke(rain_command, ["--basin", "test", "--as", "monitoring"], env={"COLUMNS": "120"})
    assert (rain.exit_code, "38.0" in rain.output, "not dry" in rain.output) == (0, True, True)

    started = f"{(NOW - 5 * HOUR).astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    overflows("record", "--outfall", "C-07", "--source", "pump_station", "--started", started)
    record(people, town, outfall_id=town.c09.pk, **ENDED)
    listed = overflows("list", "--state", "running")
    assert ("C-07" in listed, "Pump station" in listed, "C-09" in listed) == (True, True, False)
    row = OverflowRecord.objects.get(outfall=town.c07)
    assert "needs its volume" in overflows("stop", row.pk, code=1)
    overflows("stop", row.pk, "--volume", "120")
    overflows("withdraw", row.pk, "--reason", "登记错排口")
    row.refresh_from_db()
    assert (row.stopped_at, row.volume_m3, row.withdrawn_reason) == (NOW, 120, "登记错排口")
    assert "no outfall" in overflows("record", "--outfall", "C-70", "--started", started, code=1)


def test_a_receiving_reach_is_kept_with_its_record(people, town) -> None:
    row = record(people, town)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reach.objects.filter(pk=row.receiving_reach_id).delete()
