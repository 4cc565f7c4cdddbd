"""From stored inputs to a posterior: no database, no clock, the same answer every time."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from riverkit.tracing import Posterior, trace_jointly
from riverkit.tracing.result import probabilities

from riverchief.trace.inputs import StationInput, TraceInputs
from riverchief.trace.question import candidates_of, hydraulics_of, parameters_of

Progress = Callable[[float], None]

BANDS = ("mean", "low", "high", "reading_low", "reading_high")
"""What is predicted of a reading: its mean, and 90 % intervals of the curve and of a single reading."""


def compute(
    inputs: TraceInputs, progress: Progress | None = None, *, keep_releases: bool = False
) -> Posterior:
    """Weigh the candidates. `progress` is told the share that is done, 0 … 1.

    `keep_releases`: for choosing the next samples.
    """
    settings = inputs.settings

    def tell(done: int, of: int) -> None:
        if progress is not None:
            progress(done / of)

    found = trace_jointly(
        inputs.network(),
        parameters_of(inputs),
        candidates_of(inputs),
        first_start_s=0.0,
        start_step_s=settings["step_s"],
        n_starts=inputs.n_starts(settings["step_s"]),
        durations_s=[3600.0 * hours for hours in settings["durations_h"]],
        hydraulics=hydraulics_of(inputs),
        # The rules' belief, and the persons': the answers by both must be right.
        other_priors=[[row.prior for row in inputs.candidates], [row.believed for row in inputs.candidates]],
        keep_releases=keep_releases,
        progress=tell,
    )
    return reweighed(found, inputs)


def compute_plainly(inputs: dict[str, Any]) -> dict[str, Any]:
    """`compute` on plain values, as they travel to other processes and machines, which need no database and no Django."""
    return compute(TraceInputs.from_json(inputs)).to_dict()


def reweighed(posterior: Posterior, inputs: TraceInputs) -> Posterior:
    """The same evidence under the weights that count, the most probable candidate first."""
    believed = {row.key: row.believed for row in inputs.candidates}
    rows = posterior.candidates
    shares = probabilities([row.log_evidence for row in rows], [believed[row.key] for row in rows])
    changed = [replace(row, probability=share) for row, share in zip(rows, shares, strict=True)]
    return replace(posterior, candidates=tuple(sorted(changed, key=lambda row: -row.probability)))


def result_of(inputs: TraceInputs, posterior: Posterior) -> dict[str, Any]:
    """What is stored: the posterior, its curves brought back to what stations show, in five digits.

    Curves are kept of the event's own parameter; of those that rose with it, masses and ratios.
    """
    by_code = {station.code: station for station in inputs.stations}
    read_by = {(inputs.parameter, code): station for code, station in by_code.items()}
    read_by |= {(row.parameter, each.code): each for row in inputs.companions for each in row.stations}
    by_key = {row.key: row for row in inputs.candidates}
    evidence = [row.log_evidence for row in posterior.candidates]
    given = [by_key[row.key] for row in posterior.candidates]
    total = sum(row.believed for row in given)
    by_rule = probabilities(evidence, [row.prior for row in given])
    answer = posterior.to_dict()
    for number, candidate in enumerate(answer["candidates"]):
        candidate["prior"] = given[number].believed / total
        candidate["probability_by_rule"] = by_rule[number]
        candidate["contrasts"] = [
            _contrast(read_by.get((found["parameter"] or inputs.parameter, found["station"])), found)
            for found in candidate["contrasts"]
        ]
        candidate["log_evidence"] = _finite(candidate["log_evidence"])
        curves = [row for row in candidate["predicted"] if row["parameter"] in {"", inputs.parameter}]
        candidate["predicted"] = [
            _curve(by_code[curve["station"]], curve) for curve in curves if curve["station"] in by_code
        ]
        candidate["predicted_samples"] = [
            {"sample": curve["station"], **{band: float(f"{curve[band][0]:.5g}") for band in BANDS}}
            for curve in curves
            if curve["station"] not in by_code
        ]
    answer["set_aside"] = [
        _set_aside(read_by[found["parameter"], found["station"]], found) for found in answer["set_aside"]
    ]
    return answer


def _contrast(station: StationInput | None, contrast: dict[str, Any]) -> dict[str, Any]:
    """A telling reading with the swing of the day put back, as the station showed it; a sample is as it was found."""
    if station is None:
        return {**contrast, "station_id": None}
    swing = float(_swing(station, contrast["time_s"]))
    values = {name: contrast[name] + swing for name in ("expected", "rival_expected", "observed")}
    return {**contrast, **values, "station_id": station.station_id}


def _set_aside(station: StationInput, found: dict[str, Any]) -> dict[str, Any]:
    """A reading that stands alone, as the station showed it."""
    shown = found["value"] + float(_swing(station, found["time_s"]))
    return {**found, "value": float(f"{shown:.5g}"), "station_id": station.station_id}


def _curve(station: StationInput, curve: dict[str, Any]) -> dict[str, Any]:
    swing = _swing(station, curve["time_s"])
    return {
        "station_id": station.station_id,
        "time_s": list(curve["time_s"]),
        **{name: [float(f"{value:.5g}") for value in np.array(curve[name]) + swing] for name in BANDS},
    }


def _swing(station: StationInput, time_s: Any) -> Any:
    """How far what is usual at a time, or at each of several, lies from the usual level, g/m³."""
    usual = np.array(station.usual)
    return np.interp(time_s, station.time_s, usual - usual.mean())


def _finite(value: float) -> float | None:
    """JSON knows no infinity; a candidate that explains nothing at all has no evidence to state."""
    return value if math.isfinite(value) else None
