"""A finished trace made by hand: small, with inputs and result as a computed one has them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from riverchief.base.rules import rule_version
from riverchief.monitor.models import Event
from riverchief.registry.models import Outfall
from riverchief.trace.inputs import CandidateInput, Excluded, StationInput, TraceInputs
from riverchief.trace.models import Trace, TraceCandidate

STEP_S = 600.0
STEPS = 24
GAP = range(10, 16)
"""Readings that are flagged: nothing usable there."""


def make_known_trace(event: Event, outfall: Outfall, *, attempt: int = 1) -> Trace:
    """Two hours of rise at the event's station; the outfall has 0.7 of the probability, nothing the rest."""
    origin = event.opened_at - timedelta(hours=4)
    station, reach = event.station, outfall.reach
    times = [STEP_S * n for n in range(STEPS)]
    values = [None if n in GAP else 0.4 + 0.05 * n for n in range(STEPS)]
    rule = rule_version("trace.settings")
    inputs = TraceInputs(
        parameter=event.parameter,
        origin=origin,
        opened_at_s=0.0,
        last_at_s=times[-1],
        basin_code=reach.basin.code,
        basin_version=1,
        reaches=[
            {
                "id": str(reach.pk), "up": "1", "down": "2", "length_m": reach.length_m, "discharge_m3s": 5.0,
                "velocity_m_s": 0.5, "width_m": 20.0, "depth_m": 0.5, "dispersion_m2s": 20.0, "flow_share": 1.0,
                "regime": "free", "name": "", "estimated": [],
            }
        ],
        stations=[
            StationInput(
                station_id=station.pk, code=station.code, name_zh=station.name_zh, name_en=station.name_en,
                reach_id=str(reach.pk), chainage_m=station.chainage_m, discharge_m3s=5.0, affected=True, unit="mg/L",
                time_s=times, value=values, flag=["M" if value is None else "N" for value in values],
                usual=[0.4] * STEPS, scatter=0.02,
            )
        ],
        candidates=[
            CandidateInput(
                key=f"outfall:{outfall.pk}", kind="outfall", prior=0.9, outfall_id=outfall.pk, reach_id=str(reach.pk),
                chainage_m=outfall.chainage_m, lon=outfall.lon, lat=outfall.lat,
            ),
            CandidateInput(key="nothing", kind="nothing", prior=0.1),
        ],
        excluded=[Excluded("S9", "离线", "offline")],
        settings=rule.body,
        settings_version=rule.version,
    )  # fmt: skip
    trace = Trace.objects.create(
        event=event,
        attempt=attempt,
        state="done",
        requested_at=event.opened_at,
        started_at=event.opened_at,
        finished_at=event.opened_at,
        progress=1.0,
        inputs=inputs.to_json(),
        versions={"riverkit": "0.1.0", "riverchief": "0.1.0", "trace.settings": rule.version},
        result={
            "hypotheses": 12_345,
            "seconds": 1.0,
            "candidates": [_result(f"outfall:{outfall.pk}", station.pk, times, values), _result("nothing")],
        },
    )
    beside: dict[str, Any] = {"prior": 0.9, "probability_by_rule": 0.7, "probability_by_evidence": 0.4}
    TraceCandidate.objects.create(
        trace=trace, rank=1, kind="outfall", outfall=outfall, reach=reach, probability=0.7, started_low=origin,
        started_median=origin, started_high=origin, duration_s_low=1800,
        duration_s_median=3600, duration_s_high=7200, released_kg_low=10, released_kg_median=20,
        released_kg_high=30, **beside,
    )  # fmt: skip
    TraceCandidate.objects.create(trace=trace, rank=2, kind="nothing", probability=0.3, **beside)
    return trace


def set_aside(trace: Trace, probability: float = 0.9996) -> None:
    """The fifth reading of the only station stands alone."""
    station = trace.inputs["stations"][0]
    trace.result["set_aside"] = [
        {
            "station": station["code"], "station_id": station["station_id"], "parameter": trace.inputs["parameter"],
            "time_s": station["time_s"][4], "value": 1.23, "probability": probability,
        }
    ]  # fmt: skip
    trace.save()


def _result(
    key: str, station_id: int = 0, times: Sequence[float] = (), values: Sequence[float | None] = ()
) -> dict[str, Any]:
    usable = [(at, value) for at, value in zip(times, values, strict=True) if value is not None]
    at = [at for at, _ in usable]
    curve = {
        "station_id": station_id,
        "time_s": at,
        **{
            name: [value + shift for _, value in usable]
            for name, shift in (
                ("mean", 0.0), ("low", -0.1), ("high", 0.1), ("reading_low", -0.2), ("reading_high", 0.2)
            )
        },
    }  # fmt: skip
    return {"key": key, "predicted": [curve] if usable else []}
