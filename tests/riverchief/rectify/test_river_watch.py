"""The river as second witness: after a verification readings downstream are watched, and a person judges what they say."""

from datetime import timedelta
from typing import Any

import pytest
from riverchief.base import audit
from riverchief.base.errors import InvalidInput
from riverchief.monitor.models import Reading
from riverchief.rectify import actions
from riverchief.rectify.models import Clue, Problem, RiverWatch
from riverchief.rectify.watch.hours import first_run, level_of
from riverchief.rectify.watch.judging import judge_rivers
from riverchief.registry.models import Station

from tests.riverchief.rectify.office import NOON, Office
from tests.riverchief.rectify.test_transitions import STEPS, bring_to

USUAL, FOUND = 0.3, 3.0


def read(station: Station, parameter: str, start: Any, hours: int, value: float) -> None:
    """Hourly readings from a whole hour on."""
    Reading.objects.bulk_create(
        Reading(
            station=station,
            parameter=parameter,
            kind="hour",
            period_start=start + timedelta(hours=hour),
            sampled_at=start + timedelta(hours=hour),
            received_at=start + timedelta(hours=hour),
            value=value * (1 + 0.01 * (hour % 3)),
            unit="mg/L",
            flag="N",
        )
        for hour in range(hours)
    )


@pytest.fixture
def watched(office: Office, clue: Clue, clock: Any) -> Problem:
    """Verified a week after it was found; the station downstream saw it then, and has been quiet since the repair."""
    station = office.event.station
    read(station, "nh3n", NOON - timedelta(days=8), 7 * 24, USUAL)
    read(station, "nh3n", NOON - timedelta(days=1), 48, FOUND)
    read(station, "tp", NOON - timedelta(days=8), 9 * 24, 0.05)
    problem = actions.ConfirmClue(
        actor=office["inspector"], clue_id=clue.pk, basis="decision", reason="现场可闻到臭味"
    ).run()
    bring_to(office, problem, "rectified")
    clock.forward(days=7)
    STEPS["verify"](office, problem).run()
    return problem


def river(office: Office, problem: Problem, who: str = "city_office") -> Any:
    return office.client(who).get(f"/problems/{problem.pk}").json()["river"]


def test_a_river_that_stays_quiet_to_the_end_says_so_and_nobody_need_explain_the_write_off(
    office: Office, watched: Problem, clock: Any
) -> None:
    shown = river(office, watched)
    assert (shown["state"], shown["station"]["name_en"]) == ("watching", "Creek station")
    assert [level["parameter"] for level in shown["levels"]] == ["nh3n"], "phosphorus did not tell of it"
    with pytest.raises(InvalidInput, match="watched until 2026-12-11") as refused:
        STEPS["write_off"](office, watched).run()
    assert refused.value.field == "early_reason"
    read(office.event.station, "nh3n", clock.now, 14 * 24, USUAL)
    for _ in range(3):
        clock.forward(days=7)
        judge_rivers()
    shown = river(office, watched)
    assert (shown["state"], shown["heard_hours"], shown["of_hours"]) == ("quiet", 336, 336)
    STEPS["write_off"](office, watched).run()
    history = office.client("city_office", "en").get(f"/problems/{watched.pk}").json()["history"]
    assert "the river's watch: Quiet to the end" in [row["sentence_en"] for row in history][-2]
    assert river(office, watched, "monitoring")["station"] is None, (
        "whose outfall lies above it is not for all"
    )


def test_a_level_that_is_back_raises_a_suspicion_for_a_person_and_reopens_nothing(
    office: Office, watched: Problem, clock: Any
) -> None:
    actions.WriteOffProblem(
        actor=office["city_office"], problem_id=watched.pk, reason="同意", early_reason="年底清账"
    ).run()
    read(office.event.station, "nh3n", clock.now, 24, USUAL)
    read(office.event.station, "nh3n", clock.now + timedelta(days=1), 5, FOUND)
    clock.forward(hours=30)
    judge_rivers()
    judge_rivers()
    watched.refresh_from_db()
    assert watched.state == "written_off"
    suspicion = watched.suspicions.get()
    assert (suspicion.raised_by, suspicion.judgement) == (None, "")
    facts = suspicion.facts
    assert (facts["parameter"], facts["cause"], facts["rain_mm"], facts["inflow"]) == (
        "nh3n",
        None,
        None,
        None,
    )
    assert river(office, watched)["state"] == "risen"
    assert not list(audit.broken_links(watched.chain))


def test_a_rise_that_rain_or_the_inflow_explains_is_told_as_such_and_suspects_nobody(
    office: Office, watched: Problem, clock: Any
) -> None:
    station = office.event.station
    gauge = Station.objects.create(
        code="G1",
        name_zh="雨量站",
        name_en="Gauge",
        kind="rain_gauge",
        reach=office.reach,
        chainage_m=1,
        area=office.county,
        lon=106.55,
        lat=29.5,
    )
    read(gauge, "rain", clock.now - timedelta(days=1), 48, 2.0)
    read(station, "nh3n", clock.now, 4, FOUND)
    above = Station.objects.create(
        code="S0",
        name_zh="上游站",
        name_en="Above",
        kind="automatic",
        reach=office.reach,
        chainage_m=500,
        area=office.county,
        lon=106.505,
        lat=29.5,
    )
    RiverWatch.objects.update(inflow=above)
    later = clock.now + timedelta(days=9)
    read(above, "nh3n", later - timedelta(hours=6), 12, FOUND)
    read(station, "nh3n", clock.now + timedelta(hours=4), 212, USUAL)
    read(station, "nh3n", later, 4, FOUND)
    for _ in range(3):
        clock.forward(days=7)
        judge_rivers()
    assert not watched.suspicions.exists()
    shown = river(office, watched)
    assert [row["cause"] for row in shown["explained"]] == ["rain", "inflow"]
    assert shown["state"] == "quiet"


def test_without_readings_or_without_a_station_the_river_says_nothing(
    office: Office, watched: Problem, clue: Clue, clock: Any
) -> None:
    clock.forward(days=15)
    judge_rivers()
    assert river(office, watched)["state"] == "no_data"
    Station.objects.update(active=False)
    STEPS["send_back"](office, watched).run()
    STEPS["report_rectified"](office, watched).run()
    STEPS["verify"](office, watched).run()
    assert river(office, watched)["state"] == "no_station"


def test_a_level_is_back_only_after_hours_in_a_row_and_only_where_it_stood_out() -> None:
    hours = {NOON + timedelta(hours=n): value for n, value in enumerate([1, 3, 3, 1, 3, 3, 4, 1])}
    run = first_run(hours, 3, 3)
    assert run is not None
    assert (run.start, run.end, run.most) == (NOON + timedelta(hours=4), NOON + timedelta(hours=7), 4)
    del hours[NOON + timedelta(hours=5)]
    assert first_run(hours, 3, 3) is None, "an hour without readings breaks the row"
    assert level_of([0.31, 0.32, 0.33], [0.1 * (n % 5) for n in range(60)]) is None
    assert level_of([3.0, 3.2, 2.8], [0.3, 0.31] * 30) == pytest.approx(2.9)
