"""What an alarm says to a tired person, and what is around it."""

from datetime import timedelta

import pytest
from riverchief.accounts.models import Area
from riverchief.base import clock
from riverchief.monitor.backfill import store_history
from riverchief.monitor.duty import context
from riverchief.monitor.duty.account import account_of
from riverchief.monitor.duty.context import ContextLine, Hint, context_lines
from riverchief.monitor.duty.course import Course, course_of
from riverchief.monitor.models import Event, EventStation, OverflowRecord
from riverchief.registry.models import Outfall

from .conftest import NOW
from .test_duty import an_alarm, sight
from .test_examination import row
from .weather import make_town, rains

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _standing_clock():
    with clock.use_clock(NOW):
        yield


def readings(station, value: float, flag: str = "N") -> None:
    """Three of the hours before."""
    store_history(row(station, NOW - timedelta(hours=hours), value, flag=flag) for hours in (1, 2, 3))


def hints(alarm) -> set[Hint]:
    return {line.hint for line in context_lines(alarm.event)} - {Hint.NONE}


def account(alarm, sees_trace=True):
    sightings = EventStation.objects.filter(event__alarm=alarm).select_related("station").order_by("first_at")
    return account_of(alarm, list(sightings), sees_trace=sees_trace)


def test_it_tells_value_limit_habit_and_since_when_for_every_parameter_and_the_way_of_the_water(stream):
    alarm = an_alarm(stream.a)
    an_alarm(stream.a, "tp", joins=alarm)
    sight(stream.b, NOW).save(alarm.event)
    told = account(alarm)
    assert [line.zh for line in told.why] == [
        "A站氨氮：11-20 11:00 起，最高 3\u202fmg/L；Ⅲ类限值 1\u202fmg/L；平时 0.4\u202fmg/L，为平时的 7.5 倍。",
        "A站总磷：11-20 11:00 起，最高 3\u202fmg/L；Ⅲ类限值 1\u202fmg/L；平时 0.4\u202fmg/L，为平时的 7.5 倍。",
        "同一股水先后经过 2 站：A站 11-20 11:00 → B站 11-20 12:00。",
    ]
    assert told.why[0].en == (
        "Ammonia nitrogen at Station A: since 11-20 11:00, highest 3\u202fmg/L; class III limit 1\u202fmg/L; "
        "usually 0.4\u202fmg/L, 7.5 times that."
    )
    assert "不说明是谁排的" in told.context[-1].zh


@pytest.mark.parametrize(
    ("values", "level", "course"),
    [
        ([1.5, 2, 2.5, 3, 3.6], 0.4, Course.WORSE),
        ([1.5, 2, 3, 2.9, 2.95], 0.4, Course.PEAK),
        ([1.5, 3, 2.4, 1.8, 1.2], 0.4, Course.BACK),
        ([6, 5, 3, 4, 5], 8.0, Course.BACK),
        ([6, 5, 4, 3.4, 2.5], 8.0, Course.WORSE),
        ([1.5, 3, 1.2, 2.9, 1.4], 0.4, None),
        ([1.5, 2, 2.5, 3], 0.4, None),
    ],
)
def test_whether_the_peak_has_passed_is_said_of_enough_readings_that_agree(values, level, course):
    assert course_of(values, level) == course


def test_an_alarm_says_whether_it_still_rises_or_falls_back(stream):
    hours = [timedelta(hours=back) for back in (5, 4, 3, 2, 1)]
    rows = zip(hours, (1.5, 3.0, 2.4, 1.8, 1.2), strict=True)
    store_history(row(stream.a, NOW - back, value) for back, value in rows)
    alarm = an_alarm(stream.a)
    seen = EventStation.objects.get()
    seen.first_at, seen.peak_at, seen.peak_value = NOW - hours[0], NOW - hours[1], 3.0
    seen.save()
    assert account(alarm).why[-1].zh == (
        "A站最高点已过，正在回落：最近 3 个读数 2.4 → 1.8 → 1.2\u202fmg/L（至 11-20 11:00）；最高 3\u202fmg/L（11-20 08:00）。"
    )
    with clock.use_clock(NOW + timedelta(hours=7)):
        assert not any("回落" in line.zh for line in account(alarm).why)


def test_clean_water_at_the_next_station_upstream_points_nearby(stream):
    readings(stream.a, 0.4)
    alarm = an_alarm(stream.b)
    assert hints(alarm) == {Hint.NEARBY}
    assert any("A站（10.0 km）同期最差 0.4" in line.zh for line in context_lines(alarm.event))
    assert "between the two stations" in account(alarm).first_step.en


def test_bad_water_at_the_next_station_upstream_points_there(stream):
    readings(stream.a, 2.5)
    alarm = an_alarm(stream.b)
    assert hints(alarm) == {Hint.UPSTREAM}
    assert "先问上游" in account(alarm).first_step.zh


def test_without_a_station_upstream_it_says_that_nobody_can_tell(stream):
    alarm = an_alarm(stream.a)
    assert hints(alarm) == set()
    assert any("无从判断" in line.zh for line in context_lines(alarm.event))


def test_maintenance_that_the_analyser_reports_comes_before_what_upstream_says(stream):
    readings(stream.a, 0.4)
    readings(stream.b, 0.4, flag="M")
    alarm = an_alarm(stream.b)
    assert hints(alarm) == {Hint.INSTRUMENT, Hint.NEARBY}
    assert "维护 3 个" in account(alarm).context[0].zh
    assert "先核对仪器" in account(alarm).first_step.zh


def an_overflow(outfall, started_at=NOW - timedelta(hours=3), stopped_at=None) -> OverflowRecord:
    return OverflowRecord.objects.create(
        outfall=outfall,
        source="overflow",
        known_by="device",
        started_at=started_at,
        stopped_at=stopped_at,
        not_metered=stopped_at is not None,
        receiving_reach=outfall.reach,
        entered_at=NOW,
    )


def test_rain_and_an_overflow_that_runs_upstream_come_first(stream):
    town = make_town(stream)
    rains(town.gauge, NOW - timedelta(hours=24), [0.0] * 20 + [20.0, 12.0, 6.0, 0.0])
    an_overflow(town.c07)
    alarm = an_alarm(stream.b)
    told = account(alarm)
    assert any("降雨 38\u202fmm；有溢流记录：C-07排口。" in line.zh for line in told.context)
    assert "先核溢流口" in told.first_step.zh


def test_an_overflow_of_another_area_is_counted_and_not_named(stream):
    town = make_town(stream)
    Outfall.objects.filter(pk=town.c07.pk).update(
        area=Area.objects.create(code="500999", name_zh="邻区", name_en="Next", level="county")
    )
    an_overflow(town.c07)
    (line,) = [line for line in context_lines(an_alarm(stream.b).event) if line.hint is Hint.RAIN]
    assert "1 in other areas upstream" in line.en
    assert "C-07" not in line.zh + line.en


def test_an_overflow_that_ended_long_before_or_lies_below_is_no_explanation(stream):
    town = make_town(stream)
    an_overflow(town.c07, NOW - timedelta(days=4), NOW - timedelta(days=3))
    an_overflow(town.c09)
    Outfall.objects.filter(pk=town.c09.pk).update(reach=stream.b.reach, chainage_m=stream.b.chainage_m + 1)
    assert Hint.RAIN not in hints(an_alarm(stream.b))


def test_it_tells_the_rain_of_three_days_the_valid_readings_and_earlier_events(stream):
    town = make_town(stream)
    rains(town.gauge, NOW - timedelta(hours=73), [0.0] * 10 + [25.0] + [0.0] * 62)
    readings(stream.b, 0.4, flag="M")
    store_history([row(stream.b, NOW - timedelta(hours=4), 0.4)])
    alarm = an_alarm(stream.b)
    lines = [line.en for line in context_lines(alarm.event)]
    assert "Up to 25\u202fmm of rain at gauges around in the 72 h before." in lines
    assert any("Valid readings: 1 of 4." in line for line in lines)
    assert "No other event here in the 30 days before." in lines
    Event.objects.filter(pk=alarm.event_id).update(state="closed", closed_at=NOW)
    later = an_alarm(stream.b, "tp").event
    Event.objects.filter(pk=alarm.event_id).update(opened_at=later.opened_at - timedelta(days=3))
    assert any("Events here in the 30 days before: 1, " in line.en for line in context_lines(later))


def test_without_rain_it_says_that_rain_is_hardly_the_cause(stream):
    town = make_town(stream)
    rains(town.gauge, NOW - timedelta(hours=26), [0.0] * 27)
    lines = context_lines(an_alarm(stream.b).event)
    assert any("不像雨天溢流" in line.zh for line in lines)


def test_a_further_provider_adds_its_lines_and_its_first_step(stream, monkeypatch):
    line = ContextLine("降雨 38 mm，C-07 正在溢流。", "Rain 38 mm, overflow C-07 running.", Hint.RAIN)
    monkeypatch.setattr(context, "PROVIDERS", (*context.PROVIDERS, lambda event: [line]))
    told = account(an_alarm(stream.a))
    assert line.zh in [each.zh for each in told.context]
    assert "先核溢流口" in told.first_step.zh


def test_a_monitor_of_an_outfall_is_no_station_of_the_river_upstream(stream) -> None:
    make_town(
        stream
    )  # whose monitor of factory E stands on the reach of A, and whose gauge says nothing of water
    readings(stream.a, 0.4)
    alarm = an_alarm(stream.b)
    told = " ".join(line.en for line in context_lines(alarm.event))
    assert "Station A, 10.0 km upstream" in told
    assert "Monitor of E" not in told


def test_where_no_gauge_is_near_it_says_so_and_sends_nobody_to_a_trace_they_may_not_see(stream) -> None:
    readings(stream.a, 0.4)
    alarm = an_alarm(stream.b)
    told, without = account(alarm), account(alarm, sees_trace=False)
    assert any("No rain gauge within" in line.en for line in told.context)
    assert ("trace" in told.first_step.en, "溯源" in told.first_step.zh) == (True, True)
    assert ("trace" in without.first_step.en, "溯源" in without.first_step.zh) == (False, False)
