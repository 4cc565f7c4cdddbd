"""A night of heavy rain, and three dry days after it: overflows are recorded, nobody innocent is accused, and what still
runs in dry weather is looked at.

38 mm fall from 20 to 23 h. Overflow C-07 starts at 20:40 (and does not stop), C-09 at 21:05; the works' bypass runs from
21:10 to 01:30. Factory E has one hour of COD 70, and a mean of 41 over the day; its permit allows a mean of 50.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from riverchief.base.clock import SHANGHAI, use_clock
from riverchief.base.models import OutboxEvent
from riverchief.monitor import permits
from riverchief.monitor.backfill import store_history
from riverchief.monitor.examination import examine_all
from riverchief.monitor.models import Event, OverflowRecord
from riverchief.monitor.overflows.dry_weather import announce_dry_weather_discharges
from riverchief.rectify.models import Clue, Problem
from riverchief.rectify.subscribers import open_clue, open_dry_weather_clue
from riverchief.registry.models import Outfall, Station

from tests.riverchief.monitor.weather import HOUR, rains, reading
from tests.riverchief.rectify.office import NOON, PNG, Office, make_office
from tests.riverchief.rectify.rain_night import take_part
from tests.riverchief.trace.river import OFF_THE_LAND, RAIN_H, River, at_hour, make_river, run_trace

# The river of the tests of traces rains from hour 33 on: that is called 20:00 of this night.
NIGHT = at_hour(RAIN_H[0])


def clock_time(hour: int, minute: int = 0) -> datetime:
    """A time of that night, from 20:00 on."""
    return NIGHT + timedelta(hours=(hour - 20) % 24, minutes=minute)


@dataclass
class Night:
    """Who and what takes part."""

    office: Office
    river: River
    gauge: Station
    c07: Outfall
    c09: Outfall
    works: Outfall
    factory: Outfall
    monitor: Station


@pytest.fixture
def night(db) -> Night:
    with use_clock(NOON):
        office = make_office()
        river = make_river(office, releases=OFF_THE_LAND)
        c07, c09, works, factory = take_part(river).values()
        here = {"reach": c07.reach, "lon": 106.5, "lat": 29.5, "area": office.county, "chainage_m": 10.0}
        gauge = Station.objects.create(
            code="R1", name_zh="雨量站", name_en="Gauge", kind="rain_gauge", **here
        )
        monitor = Station.objects.create(
            code="ME", name_zh="E 在线监测", name_en="Monitor of E", kind="automatic", owner="enterprise",
            outfall=factory, **here,
        )  # fmt: skip
        rains(gauge, NIGHT - 24 * HOUR, [0] * 24 + [3, 20, 15] + [0] * 12)
    return Night(office, river, gauge, c07, c09, works, factory, monitor)


def enter(night: Night) -> None:
    """The duty desk writes the overflows down."""
    duty = night.office.client("monitoring")

    def post(outfall: Outfall, source: str, **times: object) -> int:
        answer = duty.post("/overflows", {"outfall_id": outfall.pk, "source": source, **times})
        assert answer.status_code == 200, answer.content
        return answer.json()["id"]

    post(night.c07, "overflow", started_at=clock_time(20, 40).isoformat())
    c09 = post(night.c09, "overflow", started_at=clock_time(21, 5).isoformat())
    post(
        night.works, "plant_bypass", started_at=clock_time(21, 10).isoformat(),
        stopped_at=clock_time(1, 30).isoformat(), volume_m3=5200,
    )  # fmt: skip
    stopped = {"stopped_at": clock_time(0, 10).isoformat(), "not_metered": True}
    assert duty.post(f"/overflows/{c09}/stop", stopped).status_code == 200


def test_three_overflows_are_on_record_with_their_rain_reach_and_volume_or_not_metered(night: Night) -> None:
    with use_clock(NOON):
        enter(night)
        listed = night.office.client("chief").get("/overflows").json()["items"]
    assert [(row["outfall"]["code"], row["running"]) for row in listed] == [
        ("C-07", True),
        ("W", False),
        ("C-09", False),
    ]
    assert {row["outfall"]["code"]: row["measured_mm"] for row in listed} == {"C-07": 38, "W": 38, "C-09": 38}
    assert {row["outfall"]["code"]: (row["volume_m3"], row["not_metered"]) for row in listed} == {
        "C-07": (None, False),
        "W": (5200, False),
        "C-09": (None, True),
    }
    assert all(row["receiving_reach"]["code"] for row in listed)


def test_rain_ranks_first_and_no_clue_points_at_the_factory(night: Night) -> None:
    with use_clock(NOON):
        enter(night)
        trace = run_trace(night.river)
        first = trace.candidates.get(rank=1)
        rainy = {"diffuse", f"outfall:{night.c07.pk}", f"outfall:{night.c09.pk}"}
        assert first.key in rainy
        share = sum(row.probability for row in trace.candidates.all() if row.key in rainy)
        assert share > 0.5
        open_clue(OutboxEvent.objects.get(name="trace.finished"))
    assert not Clue.objects.filter(outfall=night.factory).exists()
    assert not Clue.objects.exists()


def test_one_hour_above_the_limit_is_a_hint_and_no_exceedance(night: Night) -> None:
    midnight = datetime(2026, 11, 19, tzinfo=SHANGHAI).astimezone(UTC)
    hours = [39.7] * 24
    hours[22] = 70.0
    with use_clock(midnight + 36 * HOUR):
        store_history(
            reading(night.monitor, midnight + n * HOUR, value, "cod", unit="mg/L")
            for n, value in enumerate(hours)
        )
        examine_all()
        [day] = permits.judged(night.factory, date(2026, 11, 19), date(2026, 11, 19))
        shown = night.office.client("chief").get(f"/outfalls/{night.factory.pk}/permit").json()
    assert (day.verdict, round(day.mean or 0), len(day.hours_beyond)) == ("within", 41, 1)
    row = next(row for row in shown["days"] if row["day"] == "2026-11-19")
    assert (row["verdict"], row["averaging"], row["limit"]["source"]) == ("within", "day", "")
    assert not Event.objects.filter(station=night.monitor).exists()
    assert not Clue.objects.exists()


def test_what_still_runs_after_72_dry_hours_is_a_clue_and_on_confirmation_a_problem(night: Night) -> None:
    with use_clock(NOON):
        enter(night)
        assert announce_dry_weather_discharges() == 0
    later = NIGHT + 76 * HOUR
    with use_clock(later):
        rains(night.gauge, NIGHT + 15 * HOUR, [0] * 61)
        assert announce_dry_weather_discharges() == 1
        told = OutboxEvent.objects.get(name="monitor.dry_weather_discharge")
        open_dry_weather_clue(told)
        open_dry_weather_clue(told)  # delivered twice
        clue = Clue.objects.get()
        assert (clue.kind, clue.source, clue.outfall, clue.state) == ("direct", "event", night.c07, "open")
        assert not Problem.objects.exists()
        assert announce_dry_weather_discharges() == 0

        inspector = night.office.client("inspector")
        shown = inspector.get(f"/clues/{clue.pk}").json()
        assert shown["title_en"].startswith("Clue: discharge in dry weather")
        assert "C-07" not in shown["title"] + shown["description"]
        photo = inspector.upload(PNG).json()["id"]
        confirmed = inspector.post(
            f"/clues/{clue.pk}/confirm", {"basis": "photo", "reason": "晴天出流", "evidence_ids": [photo]}
        )
        assert confirmed.status_code == 200, confirmed.content
        problem = Problem.objects.get()
        housing = night.office.other_unit  # 住建局
        assigned = night.office.client("county_office").post(
            f"/problems/{problem.pk}/assign",
            {
                "organisation_id": housing.pk,
                "requirement": "截污",
                "rectification_class": "by_date",
            },
        )
        assert assigned.status_code == 200, assigned.content
    problem.refresh_from_db()
    assert (problem.kind, problem.outfall, problem.unit) == ("direct", night.c07, housing)
    assert OverflowRecord.objects.get(outfall=night.c07).stopped_at is None


def test_chiefs_towns_and_units_hear_nothing_of_the_clue(night: Night) -> None:
    with use_clock(NOON):
        enter(night)
    with use_clock(NIGHT + 76 * HOUR):
        rains(night.gauge, NIGHT + 15 * HOUR, [0] * 61)
        announce_dry_weather_discharges()
        open_dry_weather_clue(OutboxEvent.objects.get(name="monitor.dry_weather_discharge"))
        for name in ("chief", "unit", "town_office", "other_county_office"):
            client = night.office.client(name)
            rows = client.get("/overflows").json()["items"]
            assert all(row["dry_weather"] is None for row in rows), name
            assert not client.get("/clues").json().get("items"), name
