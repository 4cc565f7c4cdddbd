"""Rain of gauges: how much, when, and whether that was dry weather."""

from datetime import timedelta

import pytest
from riverchief.base.rules import get_rule
from riverchief.monitor import rain
from riverchief.monitor.backfill import store_history

from tests.riverchief.monitor.conftest import NOW
from tests.riverchief.monitor.weather import HOUR, Town, make_town, rains, reading

START = NOW.replace(minute=0) - 72 * HOUR


@pytest.fixture
def town(stream) -> Town:
    return make_town(stream)


def fallen(*stations, start=START, end=NOW):
    return rain.rain_at(stations, start, end, get_rule("monitor.rain"))


def test_the_rain_of_a_period_is_summed_and_told_by_the_hour(town) -> None:
    rains(town.gauge, START, [0] * 60 + [3, 20, 15] + [0] * 9)
    found = fallen(town.gauge)
    assert (found.mean_mm, found.most_mm, found.dry) == (38, 38, False)
    assert [hour for hour in found.hours if hour[1]] == [
        (START + 60 * HOUR, 3, 3),
        (START + 61 * HOUR, 20, 20),
        (START + 62 * HOUR, 15, 15),
    ]
    assert found.spells(0.5) == [(START + 60 * HOUR, START + 63 * HOUR, 38)]


def test_less_than_the_rules_amount_in_72_hours_is_dry(town) -> None:
    rains(town.gauge, START, [0] * 40 + [1.9] + [0] * 31)
    assert fallen(town.gauge).dry is True
    store_history([reading(town.gauge, START + 50 * HOUR, 0.1)])
    assert fallen(town.gauge).dry is False


def test_a_gauge_that_was_silent_proves_no_dry_weather(town) -> None:
    rains(town.gauge, START, [0] * 50)
    found = fallen(town.gauge)
    assert (found.dry, found.mean_mm) == (None, None)
    assert found.gauges[0].coverage == pytest.approx(50 / 72)


def test_rain_that_a_mostly_silent_gauge_measured_is_rain_all_the_same(town) -> None:
    rains(town.gauge, START, [9])
    assert fallen(town.gauge).dry is False


def test_without_a_gauge_nobody_knows_whether_it_was_dry(town) -> None:
    assert fallen().dry is None


def test_flagged_amounts_do_not_count(town) -> None:
    rains(town.gauge, START, [0] * 72)
    store_history([reading(town.gauge, START + HOUR, 30.0, flag="M")])
    assert fallen(town.gauge).most_mm == 0


def test_minutes_and_hours_of_one_gauge_are_not_added_up(town) -> None:
    rains(town.gauge, START, [2] * 72)
    store_history(
        reading(town.gauge, START + i * timedelta(minutes=10), 0.4, kind="minute") for i in range(432)
    )
    assert fallen(town.gauge).mean_mm == pytest.approx(144)


def test_minutes_alone_are_summed_by_the_hour(town) -> None:
    store_history(
        reading(town.gauge, START + i * timedelta(minutes=10), 0.5, kind="minute") for i in range(432)
    )
    found = fallen(town.gauge)
    assert (found.mean_mm, found.gauges[0].coverage) == (pytest.approx(216), 1)
    assert found.hours[0] == (START, pytest.approx(3), pytest.approx(3))


def test_days_tell_the_total_and_no_hours(town) -> None:
    store_history(reading(town.gauge, START + i * 24 * HOUR, 5.0, kind="day") for i in range(3))
    found = fallen(town.gauge)
    assert (found.mean_mm, found.hours, found.gauges[0].coverage) == (15, [], 1)


def test_the_mean_is_of_gauges_that_were_heard_and_the_most_of_any(town) -> None:
    rains(town.gauge, START, [1] * 72)
    rains(town.far_gauge, START, [100])
    found = fallen(town.gauge, town.far_gauge)
    assert (found.mean_mm, found.most_mm) == (72, 100)


def test_two_spells_are_told_apart_and_one_dry_hour_does_not_part_one(town) -> None:
    rains(town.gauge, START, [5, 0, 5, 0, 0, 5] + [0] * 66)
    assert fallen(town.gauge).spells(0.5) == [
        (START, START + 3 * HOUR, 10),
        (START + 5 * HOUR, START + 6 * HOUR, 5),
    ]


def test_the_gauges_around_a_place_are_the_nearest_within_the_rules_distance(town) -> None:
    assert rain.near(town.c07.lon, town.c07.lat, get_rule("monitor.rain")) == [town.gauge]


def test_a_water_station_that_reads_rain_is_a_gauge_too(town) -> None:
    rains(town.stream.a, START, [1])
    assert set(rain.gauges()) == {town.gauge, town.far_gauge, town.stream.a}


def test_degrees_are_turned_into_kilometres() -> None:
    assert rain.distance_km(106.5, 29.5, 106.5, 30.5) == pytest.approx(111.2, abs=0.1)
    assert rain.distance_km(0, 60, 1, 60) == pytest.approx(55.6, abs=0.1)


def totals(town, *values, parameter="rain_total"):
    """Totals of a gauge by the hour, the last now; None: nothing was sent then."""
    store_history(
        reading(town.gauge, NOW - HOUR * back, value, parameter, kind="instant")
        for back, value in enumerate(reversed(values))
        if value is not None
    )


@pytest.mark.parametrize("parameter", rain.TOTALS)
def test_rain_is_the_difference_of_what_a_gauge_has_accumulated(town, parameter) -> None:
    totals(town, *[10.0] * 60, 13, 33, 48, *[48.0] * 10, parameter=parameter)
    found = fallen(town.gauge)
    assert (found.mean_mm, found.dry) == (38, False)
    assert [(mean, most) for _, mean, most in found.hours if mean] == [(3, 3), (20, 20), (15, 15)]
    assert rain.gauges().filter(pk=town.gauge.pk).exists()


@pytest.mark.parametrize(
    ("values", "fell"),
    [
        ([99_998.0, 99_999.5, 1.5, 1.5], 3.5),  # over its last digit
        ([120.0, 121.0, 0.5, 0.5], 1.5),  # begun anew
        ([120.0, 5_000.0, 5_001.0, 5_001.0], 1.0),  # a fault of the device
        ([10.0, 12.0, None, None, 15.0, 15.0], 5.0),  # a gap keeps the amount
    ],
)
def test_a_total_that_goes_back_leaps_or_has_a_gap(town, values, fell) -> None:
    totals(town, *values)
    assert fallen(town.gauge).most_mm == pytest.approx(fell)


def test_a_gap_in_which_nothing_was_added_was_dry_and_one_in_which_rain_fell_has_no_hours(town) -> None:
    totals(town, 7.0, *[None] * 71, 7.0)
    assert fallen(town.gauge).dry is True
    totals(town, 7.0, *[None] * 71, 20.0)
    found = fallen(town.gauge)
    assert (found.most_mm, list(found.hours)) == (13, [])


def test_amounts_that_a_gauge_sends_itself_count_before_its_totals(town) -> None:
    totals(town, *[10.0] * 60, 30, *[30.0] * 12)
    rains(town.gauge, START, [0] * 71 + [4])
    assert fallen(town.gauge).most_mm == 4
