"""More than one source at a time: how many the readings of a trace speak for. No database, no clock, the same answer every time."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from riverkit.network import Network
from riverkit.tracing import (
    CombinationResult,
    SetAside,
    averaged,
    step_for_combinations,
    trace_several,
    without_wrong,
)

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
    series = without_wrong([series_of(station) for station in inputs.stations], _set_aside(inputs, result))
    bottles = [bottle_of(sample) for sample in inputs.bottles]
    step_s = step_for_combinations(
        [*series, *bottles],
        0.0,
        rule["step_s"],
        n_candidates=len(candidates),
        n_durations=len(rule["durations_h"]),
        most_cells=rule["most_cells"],
    )
    stations = [averaged(station, step_s) for station in series]
    asked = beliefs(inputs, inputs.stations, stations)
    found = trace_several(
        network,
        [*stations, *bottles],
        candidates,
        first_start_s=0.0,
        start_step_s=step_s,
        n_starts=inputs.n_starts(step_s),
        durations_s=[3600.0 * hours for hours in rule["durations_h"]],
        **asked | {"noise": replace(asked["noise"], discrepancy=rule["discrepancy"])},
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


def _set_aside(inputs: TraceInputs, result: Mapping[str, Any]) -> list[SetAside]:
    """The readings of the event's own parameter that stand alone; results from before they were looked for have none."""
    names = [each.name for each in fields(SetAside)]
    return [
        SetAside(**{name: row[name] for name in names})
        for row in result.get("set_aside", [])
        if row["parameter"] == inputs.parameter
    ]


def _plain(found: CombinationResult) -> Plain:
    sources: Sequence[Any] = found.sources
    return {"probability": found.probability, "sources": [asdict(each) for each in sources]}
