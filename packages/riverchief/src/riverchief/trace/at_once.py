"""More than one source at a time: how many the readings of a trace speak for. No database, no clock, the same answer every time."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from riverkit.network import Network
from riverkit.tracing import CombinationResult, StationSeries, trace_several

from riverchief.trace.codes import CandidateKind
from riverchief.trace.compute import Progress
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.question import beliefs, bottle_of, candidates_of, hydraulics_of, series_of

LIKELY = 0.9
"""So much of the probability of a single source its leading candidates hold; the others come from other arms of the river."""

Plain = dict[str, Any]


def count_sources(
    inputs: TraceInputs, result: Mapping[str, Any], rule: Mapping[str, Any], progress: Progress | None = None
) -> Plain:
    """The probability of one, two, three sources, and for each number the leading combinations, as plain values.

    Args:
        result: of the finished trace.
        rule: the body of `trace.at_once`.
    """
    network = inputs.network()
    keys = worth_combining(network, inputs, result, rule["most_candidates"])
    # Of the event's own parameter alone: proportions of several say nothing here.
    candidates = [replace(each, fingerprint=None) for each in candidates_of(inputs) if each.key in keys]
    step_s = _step_s(inputs, len(candidates), rule)
    stations = [_averaged(series_of(station), step_s) for station in inputs.stations]
    found = trace_several(
        network,
        [*stations, *(bottle_of(sample) for sample in inputs.bottles)],
        candidates,
        first_start_s=0.0,
        start_step_s=step_s,
        n_starts=inputs.n_starts(step_s),
        durations_s=[3600.0 * hours for hours in rule["durations_h"]],
        **beliefs(inputs, inputs.stations, stations),
        hydraulics=replace(hydraulics_of(inputs), n_settings=rule["n_settings"]),
        number_prior=tuple(rule["number_prior"]),
        progress=None if progress is None else lambda done, of: progress(min(1.0, done / of)),
    )
    return {
        "probability": list(found.probability),
        "combinations": [
            [_plain(each) for each in of_number[: rule["most_combinations"]]] for of_number in found.credible
        ],
        "candidates": [each.key for each in candidates],
        "step_s": step_s,
    }


def worth_combining(network: Network, inputs: TraceInputs, result: Mapping[str, Any], most: int) -> set[str]:
    """The candidates whose combinations are weighed: the leading ones, and the best of every other arm of the river.

    One source that explains most of the readings hides a second one on an arm of its own; so the rest come in turn from those
    whose water passes other stations.
    """
    ranked = [
        row["key"]
        for row in result["candidates"]
        if row["kind"] != CandidateKind.NOTHING and row["log_evidence"] is not None
    ]
    share = {row["key"]: row["probability"] for row in result["candidates"]}
    kept: list[str] = []
    while len(kept) < min(most, len(ranked)) and sum(share[key] for key in kept) < LIKELY:
        kept.append(ranked[len(kept)])
    # However many lead, a third of the places are left to other arms.
    kept = kept[: max(1, 2 * most // 3)]
    arms: dict[tuple[bool, ...], list[str]] = {}
    location = {row.key: row.location for row in inputs.candidates}
    for key in ranked:
        place = location[key]
        passes = tuple(
            place is not None and network.distance_m(place, station.location) is not None
            for station in inputs.stations
        )
        arms.setdefault(passes, []).append(key)
    turn = 0
    while len(kept) < min(most, len(ranked)):
        for own in arms.values():
            if turn < len(own) and own[turn] not in kept and len(kept) < most:
                kept.append(own[turn])
        turn += 1
    return set(kept)


def _step_s(inputs: TraceInputs, n_candidates: int, rule: Mapping[str, Any]) -> float:
    """The step of starts and readings: that of the rule, or coarser where an event is long, so that the work stays bounded."""
    step_s: float = rule["step_s"]
    span_s = max(station.time_s[-1] for station in inputs.stations)
    readings = len(inputs.stations) * span_s / step_s + len(inputs.bottles)
    cells = readings * inputs.n_starts(step_s) * len(rule["durations_h"]) * n_candidates
    return step_s * max(1, math.ceil(math.sqrt(cells / rule["most_cells"])))


def _averaged(station: StationSeries, step_s: float) -> StationSeries:
    """Readings averaged over each step; their errors are alike over longer than that anyway."""
    usable = np.isfinite(station.value)
    time_s, value = station.time_s[usable], station.value[usable]
    _, block = np.unique(np.floor(time_s / step_s), return_inverse=True)
    counts = np.bincount(block)
    return replace(
        station, time_s=np.bincount(block, time_s) / counts, value=np.bincount(block, value) / counts
    )


def _plain(found: CombinationResult) -> Plain:
    sources: Sequence[Any] = found.sources
    return {"probability": found.probability, "sources": [asdict(each) for each in sources]}
