"""Parameters that rose together are weighed together; their ratio tells kinds of outfall apart where something is known of them."""

import pytest
from riverchief.base.models import RuleVersion
from riverchief.registry.models import Outfall
from riverchief.trace.companions import companions, with_fingerprints
from riverchief.trace.compute import compute, result_of
from riverchief.trace.gather import gather
from riverchief.trace.inputs import CandidateInput, StationInput, TraceInputs

from tests.riverchief.trace.river import River, read_too, run_trace

SEWAGE_COD = 20.0
"""Grams of COD for each of ammonia nitrogen in sewage (500 to 25)."""

RULE = {"most_parameters": 3, "rise_scatters": 5, "least_readings": 3}


def station(values: list[float], number: int = 1) -> StationInput:
    return StationInput(
        station_id=number, code=f"S{number}", name_zh="", name_en="", reach_id="1", chainage_m=0.0, discharge_m3s=1.0,
        affected=True, unit="mg/L", time_s=[600.0 * n for n in range(len(values))], value=list(values),
        flag=["N"] * len(values), usual=[1.0] * len(values), scatter=0.1,
    )  # fmt: skip


class TestWhatRose:
    QUIET, RISEN = [1.0] * 8, [1.0, 1.0, 1.6, 1.8, 1.7, 1.0, 1.0, 1.0]

    def test_what_rose_where_and_while_the_event_was_seen_is_taken(self) -> None:
        found = companions({"cod": [station(self.RISEN)], "tp": [station(self.QUIET)]}, {1: (0.0, 1e6)}, RULE)
        assert [row.parameter for row in found] == ["cod"]

    @pytest.mark.parametrize("seen", [{1: (4_000.0, 1e6)}, {2: (0.0, 1e6)}])
    def test_what_rose_at_another_time_or_place_is_not(self, seen: dict[int, tuple[float, float]]) -> None:
        assert companions({"cod": [station(self.RISEN)]}, seen, RULE) == []

    def test_two_high_readings_are_no_rise(self) -> None:
        values = [1.0, 9.0, 9.0, *self.QUIET]
        assert companions({"cod": [station(values)]}, {1: (0.0, 1e6)}, RULE) == []

    def test_of_many_those_that_rose_most_are_kept(self) -> None:
        rising = {
            name: [station([1.0, 1.0 + high, 1.0 + high, 1.0 + high])]
            for name, high in (("cod", 1.0), ("tp", 3.0), ("tn", 2.0))
        }
        assert [row.parameter for row in companions(rising, {1: (0.0, 1e6)}, RULE)] == ["tp", "tn"]


class TestFingerprints:
    RULE = {"overflow": {"mg_l": {"cod": 500, "nh3n": 25, "tp": 8}, "log_sd": 0.5}}

    def given(self, kind: str, parameters: list[str]) -> CandidateInput:
        rows = [CandidateInput("outfall:1", "outfall", 1.0, outfall_id=1)]
        return with_fingerprints(rows, {"outfall:1": kind}, parameters, self.RULE)[0]

    def test_ratios_are_to_the_first_parameter_that_is_known(self) -> None:
        found = self.given("overflow", ["fluoride", "nh3n", "cod"]).fingerprint
        assert found is not None
        assert (found.reference, found.ratios, found.log_sd) == ("nh3n", {"cod": 20.0}, 0.5)

    @pytest.mark.parametrize(
        ("kind", "parameters"), [("industrial", ["nh3n", "cod"]), ("overflow", ["nh3n", "fluoride"])]
    )
    def test_where_nothing_is_known_nothing_is_assumed(self, kind: str, parameters: list[str]) -> None:
        assert self.given(kind, parameters).fingerprint is None


class TestTogether:
    def test_masses_and_ratios_stand_beside_each_other(self, river: River) -> None:
        Outfall.objects.filter(pk=river.culprit.pk).update(kind="overflow")
        read_too(river, "cod", SEWAGE_COD)
        trace = run_trace(river)
        shown = river.office.client("enforcement").get(f"/traces/{trace.pk}").json()
        assert shown["companions"] == ["cod"]
        found = next(
            row for row in shown["candidates"] if row["outfall"] and row["outfall"]["code"] == "S2-a"
        )
        masses = {row["parameter"]: row for row in found["parameters"]}
        assert masses["nh3n"]["released_kg"]["low"] < 60.0 < masses["nh3n"]["released_kg"]["high"]
        assert masses["nh3n"]["ratio_needed"] is None
        assert masses["cod"]["reference"] == "nh3n"
        assert masses["cod"]["ratio_needed"]["median"] == pytest.approx(SEWAGE_COD, rel=0.1)
        assert masses["cod"]["ratio_expected"]["median"] == pytest.approx(20.0)
        assert {row["parameter"] for row in found["contrasts"]} <= {"nh3n", "cod"}
        assert len({row["station_id"] for row in shown["stations"]}) == len(shown["stations"])

    def test_an_outfall_of_another_water_falls_behind(self, river: River) -> None:
        """The ratio of sewage for the culprit, then one that no sewage has."""
        Outfall.objects.filter(pk=river.culprit.pk).update(kind="overflow")
        read_too(river, "cod", SEWAGE_COD)
        fitting = run_trace(river).candidates.get(outfall=river.culprit).probability
        river.stations["A"].readings.filter(parameter="cod").delete()
        river.stations["B"].readings.filter(parameter="cod").delete()
        river.stations["T"].readings.filter(parameter="cod").delete()
        read_too(river, "cod", 400.0)
        assert run_trace(river).candidates.get(outfall=river.culprit).probability < fitting

    def test_oxygen_is_left_out_however_it_moves(self, river: River) -> None:
        read_too(river, "do", 5.0)
        assert gather(river.event).companions == []

    def test_it_is_computed_again_from_what_is_stored_and_older_attempts_too(self, river: River) -> None:
        Outfall.objects.filter(pk=river.culprit.pk).update(kind="overflow")
        read_too(river, "cod", SEWAGE_COD)
        trace = run_trace(river)
        assert trace.versions["trace.fingerprints"] == "1"
        stored = TraceInputs.from_json(trace.inputs)
        assert stored.measured > 2 * len(stored.stations[0].value)
        assert result_of(stored, compute(stored))["candidates"] == trace.result["candidates"]
        older = {
            key: value
            for key, value in trace.inputs.items()
            if key not in {"companions", "fingerprints_version"}
        }
        older["candidates"] = [
            {
                key: value
                for key, value in row.items()
                if key not in {"fingerprint", "rain_driven", "reach_ids"}
            }
            for row in older["candidates"]
        ]
        older["settings"] = {
            key: value for key, value in older["settings"].items() if key not in {"joint", "rain"}
        }
        again = result_of(TraceInputs.from_json(older), compute(TraceInputs.from_json(older)))
        assert {row["key"] for row in again["candidates"]} == {
            row["key"] for row in trace.result["candidates"]
        }
        assert all(row["parameters"] == [] for row in again["candidates"])

    def test_the_report_tells_masses_and_ratios(self, river: River) -> None:
        read_too(river, "cod", SEWAGE_COD)
        trace = run_trace(river)
        report = river.office.client("enforcement").get(f"/traces/{trace.pk}/report.pdf")
        assert report.content.startswith(b"%PDF-")

    def test_the_rule_names_its_sources(self, river: River) -> None:
        assert "GB 18918-2002" in RuleVersion.objects.get(name="trace.fingerprints").source
