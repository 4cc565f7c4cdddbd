"""Where to sample next, and what samples said, as a page shows them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from riverkit.network import Location, Network

from riverchief.accounts.models import User
from riverchief.base import clock
from riverchief.monitor.models import Sample
from riverchief.trace.inputs import SampleInput, TraceInputs
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
    bottles = {sample.id: sample for sample in inputs.bottles} if inputs else {}
    return [
        {
            **_sample(row),
            "where": _where(row, network, inputs),
            "used": row.pk in bottles,
            **_compared(bottles.get(row.pk), result, candidates if whole else []),
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


def _compared(sample: SampleInput | None, result: Shown, candidates: Sequence[TraceCandidate]) -> Shown:
    """What those of `candidates` that lead expected of a bottle that counts, and whether it fits none of all that lead.

    That none fits names nobody, and whoever entered the bottle should know: it is told of candidates elsewhere too.
    """
    if sample is None:
        return {"expected": [], "unexplained": False}
    ranks = {row.key: row.rank for row in candidates}
    curves = [
        (found["key"], curve)
        for found in result.get("candidates", [])
        for curve in found.get("predicted_samples", [])
        if curve["sample"] == sample.key
    ]
    return {
        "expected": [
            {
                "rank": ranks[key],
                "mean": curve["mean"],
                "low": max(curve["reading_low"], 0.0),
                "high": curve["reading_high"],
                "fits": _fits(sample, curve),
            }
            for key, curve in curves
            if key in ranks
        ],
        "unexplained": bool(curves) and not any(_fits(sample, curve) for _, curve in curves),
    }


def _fits(sample: SampleInput, curve: Shown) -> bool:
    """Whether a result lies in the 90 % interval of a single one; below the limit it may be anything from nothing to it."""
    least = 0.0 if sample.below else sample.value
    return bool(least <= curve["reading_high"] and curve["reading_low"] <= sample.value)
