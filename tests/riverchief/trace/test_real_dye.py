"""The platform's own settings on real tracer tests, with the place of the injection among the outfalls on a list."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import riverchief.trace
from riverchief.trace.codes import CandidateKind
from riverchief.trace.compute import compute
from riverchief.trace.inputs import CandidateInput, StationInput, TraceInputs, reach_to_json
from riverkit.tracing.dye_test import prepare_search, read_dye_test

RULE = Path(riverchief.trace.__file__).parent / "rules/settings.json"
SHARES = (0.2, 0.4, 0.7, 0.85, 1.2, 1.45, 1.8, 2.3)
"""Of the way from the injection to the first station, where the other outfalls stand."""

DAY_S = 86_400.0


def asked(folder: Path, event: str) -> TraceInputs:
    """What the platform would ask, had the dye been an event."""
    test = read_dye_test(folder, event)
    far_m = -1_000.0 * test.truth.km
    river = prepare_search(test, upstream_km=2.5 * far_m / 1_000.0)
    above = river.network.reaches[0]
    first_s = min(float(series.time_s[0]) for series in river.stations)
    last_s = max(float(series.time_s[series.value.argmax()]) for series in river.stations)
    origin_s = first_s - max(DAY_S, above.length_m / above.velocity_m_s)
    stations = [
        StationInput(
            station_id=number,
            code=series.name,
            name_zh="",
            name_en="",
            reach_id=series.location.reach_id,
            chainage_m=series.location.chainage_m,
            discharge_m3s=series.discharge_m3s,
            affected=True,
            unit="mg/L",
            time_s=(series.time_s - origin_s).tolist(),
            value=series.value.tolist(),
            flag=["N"] * len(series.value),
            usual=[0.0] * len(series.value),
            scatter=0.01 * float(series.value.max()),
        )
        for number, series in enumerate(river.stations)
    ]
    places = {"true": 1.0, **{f"x{share:g}": share for share in SHARES}}
    rule = json.loads(RULE.read_text(encoding="utf-8"))["body"]
    listed = [
        CandidateInput(
            key=key,
            kind=CandidateKind.OUTFALL,
            prior=rule["priors"]["outfall"] / len(places),
            reach_id=above.id,
            chainage_m=above.length_m - share * far_m,
        )
        for key, share in places.items()
    ]
    nothing = CandidateInput("nothing", CandidateKind.NOTHING, rule["priors"]["nothing"])
    return TraceInputs(
        parameter="dye",
        origin=datetime(2026, 1, 1, tzinfo=UTC),
        opened_at_s=first_s - origin_s,
        last_at_s=last_s - origin_s,
        basin_code="B",
        basin_version=1,
        reaches=[reach_to_json(reach) for reach in river.network.reaches],
        stations=stations,
        candidates=[*listed, nothing],
        excluded=[],
        settings={**rule, "step_s": 900},
    )


@pytest.mark.parametrize("event", ["ANT_3-24-70", "CHA_4-20-71", "CHA_5-4-71"])
def test_where_dye_was_really_released_is_not_ruled_out_and_nobody_is_certain(data_dir, event):
    found = {each.key: each.probability for each in compute(asked(data_dir / "tracing", event)).candidates}
    assert found.pop("true") > 0.03
    assert max(found.values()) < 0.5
