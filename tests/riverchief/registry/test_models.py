"""What the database itself refuses."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from riverchief.accounts.roles import Role
from riverchief.registry.fields import BoxField
from riverchief.registry.models import Duty, Reach, Section, Station


def refused(change) -> bool:
    try:
        with transaction.atomic():
            change()
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chainage_m", 2001.0),
        ("chainage_m", -1.0),
        ("lon", 181.0),
        ("lat", -91.0),
        ("target_class", 0),
        ("target_class", 6),
        ("kind", "robot"),
        ("owner", "nobody"),
        ("water_body", "sea"),
    ],
)
def test_a_station_cannot_hold_an_impossible_value(basin, field, value):
    setattr(basin.station, field, value)
    assert refused(basin.station.save)
    basin.station.refresh_from_db()
    assert getattr(basin.station, field) != value


def test_a_station_may_stand_at_the_very_end_of_its_reach(basin):
    basin.station.chainage_m = 2000.0
    basin.station.save()
    assert Station.objects.get().chainage_m == 2000.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("length_m", 0.0),
        ("velocity_m_s", 0.0),
        ("discharge_m3s", -1.0),
        ("flow_share", 1.1),
        ("regime", "up"),
    ],
)
def test_a_reach_cannot_hold_an_impossible_value(basin, field, value):
    setattr(basin.reaches["R1"], field, value)
    assert refused(basin.reaches["R1"].save)


def test_a_section_needs_a_target_class_of_one_to_five(basin, areas):
    section = Section(
        code="D1", name_zh="断面", name_en="Section", reach=basin.reaches["R1"], chainage_m=1.0, lon=107.0,
        lat=30.0, area=areas.a, level="national", target_class=6,
    )  # fmt: skip
    assert refused(section.save)
    section.target_class = 3
    section.save()


def test_a_river_has_one_chief_of_a_kind_in_an_area_at_a_time(basin, areas, somebody):
    first, second = somebody(Role.CHIEF, areas.a), somebody(Role.CHIEF, areas.b)

    def appoint(user, start, end=None, area=areas.a, kind="chief"):
        return refused(
            lambda: Duty.objects.create(
                user=user, kind=kind, area=area, river=basin.river, valid_from=start, valid_to=end
            )
        )

    assert not appoint(first, date(2025, 1, 1), date(2025, 6, 30))
    assert appoint(second, date(2025, 6, 30))
    assert not appoint(second, date(2025, 7, 1))
    assert not appoint(first, date(2025, 1, 1), area=areas.b), "another area has its own chief"
    assert not appoint(first, date(2025, 1, 1), kind="police_chief")
    assert appoint(first, date(2026, 2, 1), date(2026, 1, 1), kind="police_chief"), "ends before it starts"


def test_a_head_answers_for_an_area_and_a_chief_for_a_river_or_a_reach(basin, areas, somebody):
    user = somebody(Role.CHIEF, areas.a)
    common = {"user": user, "area": areas.a, "valid_from": date(2025, 1, 1)}
    assert refused(lambda: Duty.objects.create(kind="head", river=basin.river, **common))
    assert refused(lambda: Duty.objects.create(kind="chief", **common))
    both = {"river": basin.river, "reach": basin.reaches["R1"]}
    assert refused(lambda: Duty.objects.create(kind="chief", **both, **common))
    Duty.objects.create(kind="head", **common)
    Duty.objects.create(kind="chief", reach=basin.reaches["R1"], **common)


def test_a_window_of_the_map_finds_the_reaches_whose_bounds_touch_it(basin):
    found = Reach.objects.filter(bounds__overlaps=(107.05, 29.98, 107.2, 30.1))
    assert [reach.code for reach in found] == ["R4"]
    assert not Reach.objects.filter(bounds__overlaps=(108.0, 29.0, 109.0, 31.0)).exists()


@given(west=st.floats(-180, 0), south=st.floats(-90, 0), east=st.floats(0, 180), north=st.floats(0, 90))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_bounds_survive_the_text_form_of_a_box(west, south, east, north):
    field = BoxField()
    text = field.get_prep_value((west, south, east, north))
    assert field.from_db_value(text, None, None) == (west, south, east, north)


def test_bounds_come_back_from_the_database_to_the_last_digit(basin):
    reach = basin.reaches["R2"]
    reach.bounds = (107.00000000000001, 29.980000000000004, 107.1, 30.123456789012345)
    reach.save()
    assert Reach.objects.get(pk=reach.pk).bounds == reach.bounds


def test_a_device_password_is_kept_salted_and_still_known():
    station, other = Station(), Station()
    assert station.check_password("anything"), "a station without a password takes any"
    station.set_password("123456")
    other.set_password("123456")
    assert "123456" not in station.password
    assert station.password != other.password
    assert station.check_password("123456")
    assert not station.check_password("654321")
