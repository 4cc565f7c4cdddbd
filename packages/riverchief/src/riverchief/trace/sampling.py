"""Where to sample next, and what samples said, as a page shows them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from riverkit.network import Location, Network

from riverchief.accounts.models import User
from riverchief.base import clock
from riverchief.monitor.models import Sample
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace, TraceCandidate
from riverchief.trace.sampling_places import nearest_station

Shown = dict[str, Any]

_CREW = (
    "preparation_minutes", "speed_km_h", "handling_minutes", "work_from_hour", "work_to_hour", "horizon_hours",
    "relative_error",
)  # fmt: skip
_WHERE = ("river_zh", "river_en", "reach_code", "station_zh", "station_en", "above_m")


def shown_sampling(inputs: TraceInputs, result: Shown, candidates: Sequence[TraceCandidate]) -> Shown | None:
    """The bottles to fill next, for who sees the whole trace; None for attempts that chose none."""
    found = result.get("sampling")
    if found is None or inputs.sampling is None:
        return None
    ranks = {row.key: row.rank for row in candidates}
    now = clock.now()

    def period(seconds: Sequence[float]) -> Shown:
        begin, end = (inputs.origin + timedelta(seconds=at) for at in seconds)
        return {"begin": begin, "end": end}

    def moved(rows: Sequence[Shown]) -> list[Shown]:
        return [{**row, "rank": ranks[row["key"]]} for row in rows if row["key"] in ranks]

    return {
        "asked_at": inputs.origin + timedelta(seconds=inputs.sampling.asked_at_s),
        "open_bits": found["open_bits"],
        "places": found["places"],
        "crew": {name: inputs.sampling.settings[name] for name in _CREW},
        "suggestions": [
            {
                "where": {name: row["place"][name] for name in _WHERE},
                "lon": row["place"]["lon"],
                "lat": row["place"]["lat"],
                "at": inputs.origin + timedelta(seconds=row["time_s"]),
                "window": period(row["window_s"]),
                "passage": period(row["passage_s"]) if row["passage_s"] else None,
                "bits": row["bits"],
                "passed": now > period(row["window_s"])["end"],
                "outcomes": [
                    {**outcome, "rises": moved(outcome["rises"]), "falls": moved(outcome["falls"])}
                    for outcome in row["outcomes"]
                ],
            }
            for row in found["suggestions"]
        ],
    }


def shown_samples(
    user: User,
    trace: Trace,
    inputs: TraceInputs | None,
    result: Shown,
    candidates: Sequence[TraceCandidate],
    *,
    whole: bool,
) -> list[Shown]:
    """The samples of the event, the first taken first: all for who sees the whole trace, else those one entered oneself."""
    rows = Sample.objects.filter(event_id=trace.event_id).select_related(
        "reach__river", "entered_by", "corrected_by"
    )
    network = inputs.network() if inputs else None
    used = {sample.id for sample in inputs.bottles} if inputs else set()
    return [
        {
            **_sample(row),
            "where": _where(row, network, inputs),
            "used": row.pk in used,
            "expected": _expected(f"sample:{row.pk}", result, candidates if whole else []),
        }
        for row in rows.order_by("taken_at", "id")
        if whole or row.entered_by == user
    ]


def _sample(row: Sample) -> Shown:
    return {
        "id": row.pk,
        "lon": row.lon,
        "lat": row.lat,
        "taken_at": row.taken_at,
        "taken_by": row.taken_by,
        "value": row.value,
        "unit": row.unit,
        "below_limit": row.below_limit,
        "note": row.note,
        "entered_by": row.entered_by.label,
        "entered_at": row.entered_at,
        "corrects": row.corrects_id,
        "corrected": hasattr(row, "corrected_by"),
    }


def _where(row: Sample, network: Network | None, inputs: TraceInputs | None) -> Shown:
    """Where it was taken; the nearest station only where the trace reaches that far."""
    river = row.reach.river
    station, above_m = None, None
    if inputs and network and str(row.reach_id) in network:
        place = Location(str(row.reach_id), row.chainage_m)
        station, above_m = nearest_station(network, place, inputs.stations)
    return {
        "river_zh": river.name_zh if river else "",
        "river_en": river.name_en if river else "",
        "reach_code": row.reach.code,
        "station_zh": station.name_zh if station else "",
        "station_en": station.name_en if station else "",
        "above_m": above_m,
    }


def _expected(key: str, result: Shown, candidates: Sequence[TraceCandidate]) -> list[Shown]:
    ranks = {row.key: row.rank for row in candidates}
    return [
        {
            "rank": ranks[found["key"]],
            "mean": curve["mean"],
            "low": max(curve["reading_low"], 0.0),
            "high": curve["reading_high"],
        }
        for found in result.get("candidates", [])
        for curve in found.get("predicted_samples", [])
        if found["key"] in ranks and curve["sample"] == key
    ]
