"""Measured rain and overflows on record: what a trace makes of them, beside what people state."""

from datetime import timedelta
from typing import Any

import pytest
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.monitor.models import OverflowRecord
from riverchief.rectify.actions import OpenClueFromTrace
from riverchief.rectify.models import Clue
from riverchief.registry.models import Outfall, Station
from riverchief.trace.gather import gather
from riverchief.trace.inputs import TraceInputs

from tests.riverchief.monitor.weather import rains
from tests.riverchief.rectify.office import NOON
from tests.riverchief.trace.river import RAIN_H, River, at_hour, run_trace
from tests.riverchief.trace.test_alternatives import rain


def gauge(river: River, code: str = "R1", lat: float = 29.52) -> Station:
    return Station.objects.create(
        code=code,
        name_zh="雨量站",
        name_en="Gauge",
        kind="rain_gauge",
        reach=river.reaches["T1"],
        chainage_m=10,
        lon=106.5,
        lat=lat,
        area=river.office.county,
    )


def on_record(river: River, code: str, begins_h: float, ends_h: float | None, **more: Any) -> OverflowRecord:
    outfall = river.outfalls[code]
    Outfall.objects.filter(pk=outfall.pk).update(kind="overflow")
    return OverflowRecord.objects.create(
        outfall=outfall,
        source="overflow",
        known_by="import",
        started_at=at_hour(begins_h),
        stopped_at=None if ends_h is None else at_hour(ends_h),
        not_metered=ends_h is not None,
        receiving_reach=outfall.reach,
        entered_at=NOON,
        **more,
    )


def test_rain_that_gauges_measured_makes_the_catchment_a_candidate(river: River) -> None:
    rains(gauge(river), at_hour(30), [0, 0, 0, 3, 20, 15, 0])
    inputs = gather(river.event)
    (spell,) = inputs.rain
    assert (spell.begins_at, spell.ends_at, spell.amount_mm, spell.gauges) == (
        at_hour(33).isoformat(),
        at_hour(36).isoformat(),
        38,
        ["R1"],
    )
    assert [row.key for row in inputs.candidates if row.kind == "diffuse"] == ["diffuse"]
    ((begin_s, end_s),) = inputs.rain_s
    assert end_s - begin_s == 5 * 3600  # three hours of rain, and two in which its water comes
    assert TraceInputs.from_json(inputs.to_json()) == inputs


def test_what_people_state_holds_beside_what_was_measured(river: River) -> None:
    rains(gauge(river), at_hour(30), [5])
    rain(river)
    inputs = gather(river.event)
    assert {round(end - begin) for begin, end in inputs.rain_s} == {
        3 * 3600,
        round((RAIN_H[1] - RAIN_H[0] + 2) * 3600),
    }


def test_a_gauge_is_no_place_to_take_water_and_rain_no_substance(river: River) -> None:
    code = gauge(river).code
    rains(river.stations["A"], at_hour(30), [0, 0, 0, 3, 20, 15, 0])
    inputs = gather(river.event)
    assert inputs.rain
    assert inputs.companions == []
    assert inputs.sampling is not None
    assert code not in str(inputs.sampling)
    assert code not in {row.code for row in inputs.stations}


def test_drizzle_and_gauges_far_away_change_nothing(river: River) -> None:
    rains(gauge(river), at_hour(30), [0.2, 0.3])
    rains(gauge(river, "R9", lat=30.5), at_hour(30), [50])
    inputs = gather(river.event)
    assert (inputs.rain, inputs.rain_s) == ([], ())
    assert not [row for row in inputs.candidates if row.kind == "diffuse"]


def test_an_outfall_on_record_is_likelier_beforehand_and_begins_within_its_record(river: River) -> None:
    before = {row.key: row.prior for row in gather(river.event).candidates}
    record = on_record(river, "S1-a", 33, 35)
    key = f"outfall:{record.outfall_id}"
    inputs = gather(river.event)
    after = {row.key: row for row in inputs.candidates}
    others = [row for row in after.values() if row.kind == "outfall" and row.key != key]
    assert all(after[key].prior == pytest.approx(10 * row.prior) for row in others)
    assert sum(row.prior for row in after.values()) == pytest.approx(sum(before.values()))
    ((begin_s, end_s),) = inputs.ran_s(after[key])
    assert end_s - begin_s == 2 * 3600
    assert TraceInputs.from_json(inputs.to_json()) == inputs


def test_one_that_still_runs_is_on_record_to_the_last_reading(river: River) -> None:
    record = on_record(river, "S1-a", 33, None)
    inputs = gather(river.event)
    row = next(row for row in inputs.candidates if row.outfall_id == record.outfall_id)
    assert inputs.ran_s(row)[0][1] == inputs.last_at_s


@pytest.mark.parametrize("change", ["withdrawn", "earlier"])
def test_a_withdrawn_record_or_one_of_another_time_changes_nothing(river: River, change: str) -> None:
    record = on_record(river, "S1-a", 33, 35)
    if change == "withdrawn":
        record.withdrawn_by, record.withdrawn_at = river.office["city_office"], NOON
        record.withdrawn_reason = "错"
    else:
        record.started_at -= timedelta(days=9)
        record.stopped_at -= timedelta(days=9)
    record.save()
    assert not any(row.ran for row in gather(river.event).candidates)


def test_the_answer_shows_the_rain_and_the_record_and_what_it_was_weighed(river: River) -> None:
    rains(gauge(river), at_hour(30), [0, 0, 0, 3, 20, 15, 0])
    record = on_record(river, "S2-a", 33, 40)
    trace = run_trace(river)
    shown = river.office.client("enforcement").get(f"/traces/{trace.pk}").json()
    assert [(row["amount_mm"], row["gauges"]) for row in shown["rain"]] == [(38, ["R1"])]
    assert shown["on_record_factor"] == 10
    ran = {row["key"]: row["ran"] for row in shown["candidates"] if row["ran"]}
    assert list(ran) == [f"outfall:{record.outfall_id}"]


def test_an_overflow_on_record_is_no_clue_of_a_secret_discharge(river: River) -> None:
    record = on_record(river, "S2-a", 33, 40)
    trace = run_trace(river)
    assert trace.candidates.get(rank=1).outfall_id == record.outfall_id
    with pytest.raises(StateRefused, match="overflow"):
        OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()
    assert not Clue.objects.filter(event=river.event).exists()
