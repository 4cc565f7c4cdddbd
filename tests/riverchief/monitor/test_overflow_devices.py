"""Overflow records that devices open and end: states of HJ 212, flow with hysteresis, and what people have decided."""

from datetime import timedelta

import pytest
from riverchief.base import clock
from riverchief.base.audit import entries
from riverchief.base.models import RuleVersion
from riverchief.base.rules import get_rule, rule_version
from riverchief.monitor.models import OverflowRecord
from riverchief.monitor.overflows.actions import RecordOverflow, StopOverflow, WithdrawOverflow
from riverchief.monitor.overflows.signals import FLOW, SignalRules, runs
from riverchief.monitor.readings import ReadingChecks, rows_of
from riverchief.registry.models import Station
from riverkit.protocols.hj212 import Packet, decode, encode

from tests.riverchief.monitor.conftest import NOW
from tests.riverchief.monitor.test_examination import arrive
from tests.riverchief.monitor.weather import HOUR, Town, make_town, reading

MINUTE = timedelta(minutes=1)
STEP = 10 * MINUTE
TOP = NOW.replace(minute=0)


@pytest.fixture(autouse=True)
def _now(db):
    with clock.use_clock(NOW):
        yield


@pytest.fixture
def town(stream) -> Town:
    return make_town(stream)


def station_at(outfall, code: str = "MC") -> Station:
    return Station.objects.create(
        code=code,
        name_zh=code,
        name_en=code,
        kind="automatic",
        reach=outfall.reach,
        chainage_m=400,
        lon=106.5,
        lat=29.5,
        area=outfall.area,
        outfall=outfall,
    )


def say(station, at, value, parameter="SB1-RS", **more):
    unit = "L/s" if parameter == FLOW else ""
    return reading(station, at, value, parameter, kind="instant", unit=unit, **more)


def states(station, first, *values, parameter="SB1-RS"):
    return [say(station, first + STEP * n, value, parameter) for n, value in enumerate(values)]


def spans() -> list[tuple]:
    rows = OverflowRecord.objects.order_by("started_at")
    return list(rows.values_list("source", "known_by", "started_at", "stopped_at"))


def test_a_state_packet_is_a_reading_of_each_device() -> None:
    fields = ((("DataTime", "20261120110000"),), (("SB1-RS", "1"),), (("SB2-RS", "3"),))
    frame = encode(
        Packet(st="32", cn="2021", mn="A" * 24, qn="20261120110001000", pw="123456", flag=4, fields=fields)
    )
    checks = ReadingChecks.of(
        {"future_minutes": 15, "oldest_days": 90, "least": 0, "least_of": {}, "most_of": {}}
    )
    rows = rows_of(decode(frame), station_id=1, packet_id=None, received_at=NOW, checks=checks)
    assert [(row.parameter, row.value, row.flag) for row in rows] == [
        ("SB1-RS", 1.0, "N"),
        ("SB2-RS", 3.0, "N"),
    ]


def test_a_device_opens_a_record_and_ends_it_and_a_resend_changes_nothing(town) -> None:
    station = station_at(town.c07)
    arrive(*states(station, TOP - 3 * HOUR, 0, 1, 1))
    started = TOP - 3 * HOUR + STEP
    assert spans() == [("overflow", "device", started, None)]
    arrive(*states(station, TOP - 2 * HOUR, 1, 0, 0, 0, 0))
    stopped = TOP - 2 * HOUR + STEP
    row = OverflowRecord.objects.get()
    assert (row.stopped_at, row.not_metered, row.receiving_reach) == (stopped, True, town.c07.reach)
    told = len(entries(row.chain))
    arrive(*[one._replace(received_at=NOW + MINUTE) for one in states(station, TOP - 3 * HOUR, 0, 1, 1)])
    assert (spans(), len(entries(row.chain))) == ([("overflow", "device", started, stopped)], told)
    # What comes late is put in its place.
    arrive(say(station, TOP - 3 * HOUR, 1))
    assert spans() == [("overflow", "device", TOP - 3 * HOUR, stopped)]


@pytest.mark.parametrize("state", [2, 3, 4, 5])
def test_a_device_that_is_calibrated_maintained_or_in_alarm_does_not_run(town, state) -> None:
    arrive(*states(station_at(town.c07), TOP - 2 * HOUR, 0, state, state, state))
    assert spans() == []


def test_flow_opens_and_ends_with_hysteresis_and_gives_the_volume(town) -> None:
    station = station_at(town.c07)
    flows = [0, 9, 0, 20, 50, 50, 3, 4, 1, 0, 0, 0, 0]  # one reading opens nothing, 3 and 4 end nothing
    rows = [say(station, TOP - 3 * HOUR + STEP * n, flow, FLOW) for n, flow in enumerate(flows)]
    rows[5] = rows[5]._replace(flag="M")  # no measurement: what was before holds on
    arrive(*rows)
    row = OverflowRecord.objects.get()
    assert (row.started_at, row.stopped_at) == (TOP - 3 * HOUR + 3 * STEP, TOP - 3 * HOUR + 8 * STEP)
    assert row.volume_m3 == pytest.approx(0.6 * (20 + 2 * 50 + 3 + 4))


def test_a_short_pause_is_none_and_a_gap_in_the_flow_is_not_metered(town) -> None:
    rules = SignalRules.of(get_rule("monitor.overflow_signals"))
    minutes = [(60.0 * at, value) for at, value in [(0, 1), (10, 0), (30, 1), (60, 0), (120, 0)]]
    (run,) = runs({"SB1-RS": minutes}, rules)
    assert (run.start_s, run.stop_s, run.volume_m3) == (0, 3600, None)
    flow = [(60.0 * at, value) for at, value in [(0, 20), (10, 20), (200, 20), (210, 0), (220, 0), (300, 0)]]
    (run,) = runs({FLOW: flow}, rules)
    assert (run.stop_s, run.volume_m3) == (210 * 60, None)


def test_what_a_person_has_written_ended_or_withdrawn_stands(town, people) -> None:
    station, given = station_at(town.c07), {"outfall_id": town.c07.pk, "source": "overflow"}
    arrive(*states(station, TOP - 3 * HOUR, 0, 1, 1))
    row = OverflowRecord.objects.get()
    ended = TOP - 2 * HOUR - 30 * MINUTE
    StopOverflow(actor=people.monitoring, overflow_id=row.pk, stopped_at=ended, volume_m3=30.0).run()
    arrive(*states(station, TOP - 2 * HOUR, 0, 0, 0, 0, 0))
    row.refresh_from_db()
    assert (row.known_by, row.stopped_at, row.volume_m3) == ("person", ended, 30.0)
    # A wrong one is taken back, and not opened again by the same run; the next run is news.
    arrive(*states(station_at(town.c09, "MD"), TOP - 3 * HOUR, 0, 1, 1))
    second = OverflowRecord.objects.get(outfall=town.c09)
    WithdrawOverflow(actor=people.monitoring, overflow_id=second.pk, reason="检修试泵").run()
    other = Station.objects.get(code="MD")
    with clock.use_clock(NOW + 6 * HOUR):
        arrive(*states(other, TOP - 2 * HOUR, 1, 0))
        assert OverflowRecord.objects.filter(outfall=town.c09).count() == 1
        arrive(*states(other, TOP + 4 * HOUR, 1, 1))
        assert OverflowRecord.objects.filter(outfall=town.c09, withdrawn_at=None).count() == 1
    # One that a person has written is not written twice.
    RecordOverflow(actor=people.monitoring, **given, started_at=TOP - HOUR).run()
    arrive(*states(station, TOP - 30 * MINUTE, 1, 1))
    assert OverflowRecord.objects.filter(outfall=town.c07).count() == 2


def test_a_bypass_is_what_the_office_has_named_and_no_other_device_of_the_works(town) -> None:
    station = station_at(town.works, "W-01")
    version = rule_version("monitor.overflow_signals")
    arrive(*states(station, TOP - 2 * HOUR, 1, 1, parameter="SB3-RS"))
    assert spans() == []
    RuleVersion.objects.create(
        name=version.name,
        version="2",
        valid_from=clock.today(),
        source="the works' letter",
        body={**version.body, "signals": {"W-01": {"SB3-RS": "plant_bypass"}}},
    )
    arrive(
        *states(station, TOP - HOUR, 1, 1, parameter="SB1-RS"),
        *states(station, TOP - HOUR, 1, 1, parameter="SB3-RS"),
    )
    assert spans() == [("plant_bypass", "device", TOP - 2 * HOUR, None)]
