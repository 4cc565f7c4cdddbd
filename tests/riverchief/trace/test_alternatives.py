"""No innocent is accused for lack of alternatives: unlisted places, inflow, rain, and nothing here stand beside the outfalls."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.monitor.models import Event
from riverchief.rectify.actions import OpenClueFromTrace
from riverchief.rectify.models import Clue
from riverchief.registry.models import Outfall, Reach, Section
from riverchief.trace.actions import AdjustTrace, WithdrawAdjustment
from riverchief.trace.compute import compute, result_of
from riverchief.trace.gather import gather
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Adjustment, Trace, TraceCandidate

from tests.riverchief.rectify.office import NOON, Office
from tests.riverchief.trace.known import make_known_trace
from tests.riverchief.trace.river import OFF_THE_LAND, RAIN_H, River, at_hour, draw, make_river, run_trace


def rain(river: River, **changes: Any) -> Adjustment:
    begins_at, ends_at = map(at_hour, RAIN_H)
    stated = {
        "kind": "rain",
        "begins_at": begins_at,
        "ends_at": ends_at,
        "amount_mm": 38.0,
        "reason": "雨量站记录",
    }
    return AdjustTrace(
        **{"actor": river.office["city_office"], "event_id": river.event.pk, **stated, **changes}
    ).run()


class TestWhatIsAlwaysWeighed:
    def test_outfalls_a_place_on_each_reach_what_comes_in_and_nothing(self, river: River) -> None:
        inputs = gather(river.event)
        by_kind: dict[str, list[str]] = {}
        for row in inputs.candidates:
            by_kind.setdefault(row.kind, []).append(row.key)
        in_question = [river.reaches[code].pk for code in ("T1", "T2", "S1", "S2", "M1", "M2", "M3")]
        assert len(by_kind["outfall"]) == len(river.outfalls)
        assert set(by_kind["unlisted"]) == {f"unlisted:{pk}" for pk in in_question}
        assert by_kind["boundary"] == [f"boundary:{river.reaches[code].pk}" for code in ("T1", "S1")]
        assert by_kind["nothing"] == ["nothing"]
        assert "diffuse" not in by_kind

    def test_the_larger_inflow_is_the_likelier_one_beforehand(self, river: River) -> None:
        prior = {row.key: row.prior for row in gather(river.event).candidates}
        larger, smaller = (prior[f"boundary:{river.reaches[code].pk}"] for code in ("T1", "S1"))
        assert larger / smaller == pytest.approx(2.0 / 1.5)

    def test_nothing_comes_in_where_a_stream_springs(self, river: River) -> None:
        Reach.objects.filter(pk=river.reaches["S1"].pk).update(drainage_km2=20.0)
        river.basin.version += 1
        river.basin.save()
        keys = {row.key for row in gather(river.event).candidates}
        assert f"boundary:{river.reaches['S1'].pk}" not in keys
        assert f"boundary:{river.reaches['T1'].pk}" in keys

    def test_behind_a_gate_the_river_goes_on(self, office: Office) -> None:
        river = make_river(office, regimes={"T1": "gated"})
        keys = {row.key for row in gather(river.event).candidates}
        assert f"boundary:{river.reaches['T2'].pk}" in keys

    def test_small_inflows_beyond_what_the_rule_allows_are_left_out_and_that_is_said(
        self, river: River, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from riverchief.base.models import RuleVersion

        rule = RuleVersion.objects.get(name="trace.settings")
        rule.body["most_inflows"] = 1
        rule.save()
        inputs = gather(river.event)
        assert [row.key for row in inputs.candidates if row.kind == "boundary"] == [
            f"boundary:{river.reaches['T1'].pk}"
        ]
        assert any("inflows" in row.reason_en for row in inputs.excluded)

    def test_the_page_names_the_river_and_the_section_where_water_comes_in(self, river: River) -> None:
        draw(river)
        Section.objects.create(
            code="D1", name_zh="上游交接断面", name_en="Hand-over", reach=river.reaches["S1"], chainage_m=300.0,
            lon=106.5, lat=29.5, area=river.office.county, level="city", target_class=3,
        )  # fmt: skip
        trace = run_trace(river)
        shown = river.office.client("enforcement").get(f"/traces/{trace.pk}").json()
        coming = {row["reach_id"]: row for row in shown["candidates"] if row["kind"] == "boundary"}
        assert coming[river.reaches["S1"].pk]["where"]["section_zh"] == "上游交接断面"
        assert coming[river.reaches["S1"].pk]["lon"] == pytest.approx(106.5)
        assert coming[river.reaches["T1"].pk]["where"]["reach_code"] == "T1"


class TestRain:
    def test_where_it_rained_the_catchment_is_weighed_from_the_first_hour_of_rain_on(
        self, river: River
    ) -> None:
        Outfall.objects.filter(pk=river.outfalls["S1-a"].pk).update(kind="overflow")
        change = rain(river)
        inputs = gather(river.event)
        diffuse = next(row for row in inputs.candidates if row.kind == "diffuse")
        assert set(diffuse.reach_ids) == {
            str(river.reaches[code].pk) for code in ("T1", "T2", "S1", "S2", "M1")
        }
        assert {row.key for row in inputs.candidates if row.rain_driven} == {
            "diffuse",
            f"outfall:{river.outfalls['S1-a'].pk}",
        }
        ((begin_s, end_s),) = inputs.rain_s
        assert inputs.origin + timedelta(seconds=begin_s) == change.begins_at
        assert inputs.origin + timedelta(seconds=end_s) == change.ends_at + timedelta(hours=2)
        assert TraceInputs.from_json(inputs.to_json()) == inputs

    def test_what_rain_washed_off_the_land_is_laid_to_nobody(self, office: Office) -> None:
        river = make_river(office, releases=OFF_THE_LAND)
        rain(river)
        trace = run_trace(river)
        first = trace.candidates.get(rank=1)
        assert (first.kind, first.outfall, first.reach) == ("diffuse", None, None)
        assert first.probability > 0.5
        with pytest.raises(StateRefused):
            OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()
        assert not Clue.objects.exists()
        stored = TraceInputs.from_json(trace.inputs)
        assert result_of(stored, compute(stored))["candidates"] == trace.result["candidates"]
        shown = office.client("county_office").get(f"/traces/{trace.pk}").json()
        assert shown["candidates"][0]["where"]["station_en"] == "Station A"
        assert shown["history"]["places"][0]["kind"] == "diffuse"
        assert shown["adjustments"][0]["amount_mm"] == 38.0
        report = office.client("enforcement").get(f"/traces/{trace.pk}/report.pdf")
        assert report.content.startswith(b"%PDF-")

    def test_a_secret_release_is_still_found_when_it_rained(self, river: River) -> None:
        rain(river)
        trace = run_trace(river)
        assert river.culprit in [row.outfall for row in trace.candidates.all()[:3]]
        assert trace.candidates.get(kind="diffuse").probability < 0.01

    def test_rain_is_a_fact_that_counts_in_retrospect_too(self, river: River) -> None:
        rain(river)
        assert any(row.kind == "diffuse" for row in gather(river.event, by_rule_alone=True).candidates)

    def test_rain_that_was_taken_back_counts_no_more(self, river: River) -> None:
        change = rain(river)
        WithdrawAdjustment(
            actor=river.office["city_office"], adjustment_id=change.pk, reason="别处的雨"
        ).run()
        assert not gather(river.event).rain_s

    def test_several_showers_are_stated_one_by_one(self, river: River) -> None:
        rain(river)
        rain(river, begins_at=at_hour(30.0), ends_at=at_hour(31.0), amount_mm=None)
        assert len(gather(river.event).rain_s) == 2
        assert [entry.action for entry in audit.entries(Adjustment.objects.first().chain)] == [
            "trace.adjust"
        ] * 2

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"begins_at": None}, "begins_at"),
            ({"ends_at": None}, "ends_at"),
            ({"begins_at": at_hour(36.0), "ends_at": at_hour(33.0)}, "ends_at"),
            ({"ends_at": NOON + timedelta(hours=1)}, "ends_at"),
            ({"begins_at": at_hour(-200.0), "ends_at": at_hour(-199.0)}, "begins_at"),
            ({"amount_mm": 0.0}, "amount_mm"),
            ({"amount_mm": 1e5}, "amount_mm"),
            ({"reason": ""}, "reason"),
        ],
    )
    def test_what_cannot_be_rain_is_refused_at_its_field(
        self, river: River, changes: dict[str, datetime | float | None], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            rain(river, **changes)
        assert (refused.value.field, bool(refused.value.cure)) == (field, True)

    def test_rain_at_another_time_says_so_and_changes_nothing(self, river: River) -> None:
        change = rain(river)
        Adjustment.objects.filter(pk=change.pk).update(begins_at=at_hour(-50.0), ends_at=at_hour(-48.0))
        inputs = gather(river.event)
        assert not any(row.kind == "diffuse" for row in inputs.candidates)
        assert any("rain" in row.reason_en for row in inputs.excluded)

    @pytest.mark.parametrize(
        "change",
        [
            {"begins_at": None},
            {"ends_at": None},
            {"ends_at": at_hour(0.0)},
            {"amount_mm": -1.0},
            {"kind": "weight"},
        ],
    )
    def test_the_database_refuses_rain_without_hours(self, river: River, change: dict[str, Any]) -> None:
        row = rain(river)
        with (
            pytest.raises(IntegrityError, match="trace_adjustment_hours_of_rain"),
            transaction.atomic(),
        ):
            Adjustment.objects.filter(pk=row.pk).update(**change)


@pytest.mark.parametrize("kind", ["boundary", "diffuse"])
def test_what_is_no_place_to_go_and_look_at_opens_no_clue(river: River, kind: str) -> None:
    trace = make_known_trace(river.event, river.culprit)
    reach = river.reaches["T1"] if kind == "boundary" else None
    TraceCandidate.objects.filter(trace=trace, rank=1).update(kind=kind, outfall=None, reach=reach)
    with pytest.raises(StateRefused):
        OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()


def test_a_catchment_is_seen_by_whoever_sees_the_trace(river: River) -> None:
    trace = make_known_trace(river.event, river.culprit)
    TraceCandidate.objects.filter(trace=trace, rank=1).update(kind="diffuse", outfall=None, reach=None)
    event: Event = river.event
    event.shared_with.add(river.office.other_county)
    shown = river.office.client("other_county_office").get(f"/traces/{trace.pk}").json()
    assert shown["whole"]
    assert Trace.objects.count() == 1


def test_what_is_no_place_is_listed_however_improbable_it_is(
    river: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riverchief.trace.queries.SHOWN_CANDIDATES", 1)
    trace = make_known_trace(river.event, river.culprit)
    shown = river.office.client("enforcement").get(f"/traces/{trace.pk}").json()
    assert [row["kind"] for row in shown["candidates"]] == ["outfall", "nothing"]
