"""From a packet to readings: units, codes, flags and times."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverchief.monitor.readings import ReadingChecks, ReadingRow, merged, rows_of
from riverkit.protocols.hj212 import crc, decode

CHECKS = ReadingChecks.of(
    json.loads(files("riverchief.monitor").joinpath("rules", "reading_checks.json").read_text("utf-8"))[
        "body"
    ]
)
RECEIVED = datetime(2026, 11, 20, 4, 1, tzinfo=UTC)


def read(area: str, *, cn: str = "2011", st: str = "21") -> list[ReadingRow]:
    segment = f"QN=20261120120000000;ST={st};CN={cn};PW=123456;MN=MN01;Flag=5;CP=&&{area}&&".encode()
    packet = decode(b"##%04d%b%04X\r\n" % (len(segment), segment, crc(segment)))
    return rows_of(packet, station_id=7, packet_id=1, received_at=RECEIVED, checks=CHECKS)


def test_times_of_china_are_kept_in_utc_and_a_sample_time_with_its_value():
    ammonia, ph = read(
        "DataTime=20261120120000;w21003-SampleTime=20261120100000,w21003-Rtd=0.42,w21003-Flag=N;w01001-Rtd=7.5,w01001-Flag=N"
    )
    assert ammonia.period_start == ph.period_start == ph.sampled_at == datetime(2026, 11, 20, 4, tzinfo=UTC)
    assert ammonia.sampled_at == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert (ammonia.parameter, ph.parameter) == ("nh3n", "ph")


def test_micrograms_become_milligrams_and_loads_are_no_concentrations():
    (mercury,) = read(
        "DataTime=20261120110000;w20111-Min=0.02,w20111-Avg=0.05,w20111-Max=0.1,w20111-Cou=3,w20111-Flag=N",
        cn="2061",
    )
    assert (mercury.parameter, mercury.kind, mercury.unit) == ("hg", "hour", "mg/L")
    assert (mercury.value, mercury.minimum, mercury.maximum, mercury.load) == (5e-5, 2e-5, 1e-4, 3.0)


def test_a_2005_code_of_unknown_unit_does_not_pass_for_milligrams():
    (mercury,) = read("DataTime=20261120120000;020-Rtd=0.05,020-Flag=N", st="32")
    assert (mercury.parameter, mercury.unit, mercury.value) == ("020", "", 0.05)
    (cod,) = read("DataTime=20261120120000;011-Rtd=21,011-Flag=N", st="32")
    assert (cod.parameter, cod.unit) == ("cod", "mg/L")


def test_a_code_outside_the_table_is_kept_under_its_code_and_not_judged():
    (unknown,) = read("DataTime=20261120120000;w99999-Rtd=-3,w99999-Flag=N")
    assert (unknown.parameter, unknown.value, unknown.flag, unknown.reason) == ("w99999", -3.0, "N", "")


def test_a_missing_flag_is_unknown_and_not_normal():
    (row,) = read("DataTime=20261120120000;w21003-Rtd=0.42")
    assert row.flag == "U"


def test_a_flag_alone_is_a_reading_without_value():
    (row,) = read("DataTime=20261120120000;w21003-Flag=D")
    assert (row.parameter, row.value, row.flag) == ("nh3n", None, "D")
    (empty,) = read("DataTime=20261120120000;w21003-Rtd=,w21003-Flag=D")
    assert (empty.parameter, empty.value, empty.flag) == ("nh3n", None, "D")


def test_a_power_failure_in_the_letters_of_2005_is_a_fault_and_no_measurement():
    cod, ammonia = read("DataTime=20261120120000;011-Rtd=21,011-Flag=P;060-Flag=P", st="32")
    assert (cod.parameter, cod.value, cod.flag, cod.reason) == ("cod", 21.0, "D", "")
    assert (ammonia.value, ammonia.flag) == (None, "D")


@pytest.mark.parametrize(
    ("area", "reason"),
    [
        ("DataTime=20261120121700;w21003-Rtd=1,w21003-Flag=N", "future"),
        ("DataTime=20261120120000;w21003-Rtd=1,w21003-Flag=N,w21003-SampleTime=20261121120000", "future"),
        ("DataTime=20251001120000;w21003-Rtd=1,w21003-Flag=N", "too_old"),
        ("DataTime=20261120120000;w21003-Rtd=-0.1,w21003-Flag=N", "below_possible"),
        ("DataTime=20261120120000;w01001-Rtd=14.2,w01001-Flag=N", "above_possible"),
        ("DataTime=20261120120000;w21003-Rtd=99999999,w21003-Flag=N", "above_possible"),
        ("DataTime=20261120120000;w21003-Rtd=4000,w21003-Flag=N", ""),
        ("DataTime=20261120120000;w01010-Rtd=-2,w01010-Flag=N", ""),
        ("DataTime=20261120121500;w21003-Rtd=1,w21003-Flag=N", ""),
    ],
)
def test_what_cannot_be_true_is_flagged_with_its_reason(area, reason):
    (row,) = read(area)
    assert (row.flag, row.reason) == (("X", reason) if reason else ("N", ""))


def test_a_value_that_is_no_number_of_a_computer_is_refused_wherever_it_comes_from():
    for endless in ("inf", "-inf", "nan"):
        kept = CHECKS.checked(row(float(endless))._replace(load=1.5), known=False)
        assert (kept.value, kept.load, kept.flag, kept.reason) == (None, 1.5, "X", "number")
    # a day's mean of such values would be no number, and no station would be examined any more
    assert CHECKS.reason(row(1.7e308), known=False) == "above_possible"
    assert read(f"DataTime=20261120120000;SB1-RS={'9' * 400}") == []


def test_what_one_packet_tells_twice_and_differently_has_no_value_and_says_why():
    apart = "DataTime=20261120120000;w01018-Rtd=303,w01018-Flag=N;{}-Rtd={},{}-Flag={};w01001-Rtd=7.5"
    for code, value, flag in (("w01018", 999, "N"), ("011", 999, "N"), ("w01018", 303, "D")):
        cod, ph = read(apart.format(code, value, code, flag))
        assert (cod.parameter, cod.value, cod.flag, cod.reason) == ("cod", None, "X", "given_twice")
        assert (ph.value, ph.reason) == (7.5, "")
    (laundered,) = read("DataTime=20261120120000;w01018-Rtd=303,w01018-Flag=D,w01018-Flag=N")
    assert (laundered.value, laundered.flag, laundered.reason) == (None, "X", "given_twice")
    assert {(each.value, each.flag) for each in read(apart.format("w01018", "303.0", "w01018", "N"))} == {
        (303.0, "N"), (7.5, "U"),
    }  # fmt: skip


@pytest.mark.parametrize("cn", ["9013", "3020", "2081"])
def test_commands_without_measurements_give_no_readings(cn):
    assert read("DataTime=20261120120000;SB1-RS=1", cn=cn) == []


def row(value: float | None, minute: int = 0) -> ReadingRow:
    at = RECEIVED + timedelta(minutes=minute)
    return ReadingRow(1, "nh3n", "instant", at, at, value, "mg/L", "N", RECEIVED)


def test_the_last_of_several_values_holds_and_remembers_the_first():
    (kept,) = merged([row(1.0), row(2.0), row(3.0)])
    assert (kept.value, kept.raw_value) == (3.0, 1.0)
    (same,) = merged([row(1.0), row(1.0)])
    assert same.raw_value is None


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([None, 0.5, 1.0, 2.0])), max_size=12))
def test_merging_keeps_one_row_of_each_key_with_the_last_value_that_was_sent(pairs):
    kept = merged([row(value, minute) for minute, value in pairs])
    sent = {minute: value for minute, value in pairs if value is not None}
    assert {(each.period_start, each.value) for each in kept} == {
        (row(None, minute).period_start, sent.get(minute)) for minute, _ in pairs
    }
    assert len(kept) == len(dict(pairs))
