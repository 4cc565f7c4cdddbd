"""From stored inputs to a posterior: no database, no clock, the same answer every time.

Hydraulics are uncertain, and one draw of them costs as much as any other. So all candidates are weighed under few draws
(the screening), and those that come out first are weighed again under many (the closer look). Evidence is relative to
the same background in both, so the two join to one posterior.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    CandidateResult,
    HydraulicPrior,
    Noise,
    Posterior,
    StationSeries,
    StrengthPrior,
    trace,
)

from riverchief.trace.codes import CandidateKind
from riverchief.trace.inputs import CandidateInput, StationInput, TraceInputs

Progress = Callable[[float], None]


def compute(inputs: TraceInputs, progress: Progress | None = None) -> Posterior:
    """Weigh the candidates. `progress` is told the share that is done, 0 … 1."""
    look = inputs.settings["closer_look"]
    screening = _weigh(inputs, inputs.candidates, look["screening_draws"], _part(progress, 0.0, 0.5))
    kept = {row.key for row in screening.candidates[: look["most_candidates"]]}
    closer = [row for row in inputs.candidates if row.key in kept]
    return _joined(inputs, screening, _weigh(inputs, closer, look["draws"], _part(progress, 0.5, 1.0)))


def _part(progress: Progress | None, start: float, end: float) -> Callable[[int, int], None] | None:
    """Progress of one of the two passes as a share of the whole."""
    return None if progress is None else lambda done, of: progress(start + (end - start) * done / of)


def _weigh(
    inputs: TraceInputs,
    candidates: Sequence[CandidateInput],
    draws: int,
    progress: Callable[[int, int], None] | None,
) -> Posterior:
    settings = inputs.settings
    stations = [_series(station) for station in inputs.stations]
    scatter = [station.scatter for station in inputs.stations]
    return trace(
        inputs.network(),
        stations,
        [_candidate(row) for row in candidates],
        first_start_s=0.0,
        start_step_s=settings["step_s"],
        # Nothing that starts after the last affected reading can have caused it.
        n_starts=math.ceil(inputs.last_at_s / settings["step_s"]) + 1,
        durations_s=[3600.0 * hours for hours in settings["durations_h"]],
        noise=Noise(absolute=min(scatter), **settings["noise"]),
        strength=StrengthPrior.from_readings(stations),
        # The level of a week is not that of the day: it may be off by what readings stray, and move as much.
        background=BackgroundPrior(
            level_sd=1.5 * float(np.median(scatter)), drift_sd_per_day=float(np.median(scatter))
        ),
        hydraulics=HydraulicPrior(n_settings=draws, **settings["hydraulics"]),
        progress=progress,
    )


def _candidate(row: CandidateInput) -> Candidate:
    """An unlisted place stands in the middle of its reach: the start of the release, which is free, makes up for the
    few minutes that a place further up or down would change."""
    kind = "nothing" if row.kind == CandidateKind.NOTHING else "outfall"
    return Candidate(row.key, row.location, kind, row.prior)  # type: ignore[arg-type]


def _joined(inputs: TraceInputs, screening: Posterior, closer: Posterior) -> Posterior:
    """The closer look's results where there are such, the screening's for the rest, under one normalisation."""
    better = {found.key: found for found in closer.candidates}
    places = {row.key: row for row in inputs.candidates}
    results = [better.get(found.key, found) for found in screening.candidates]
    logs = np.array(
        [
            found.log_evidence + math.log(places[found.key].prior) if places[found.key].prior else -math.inf
            for found in results
        ]
    )
    weights = np.exp(logs - logs.max())
    ranked: list[CandidateResult] = [
        replace(found, kind=places[found.key].kind, probability=float(weight))  # type: ignore[arg-type]
        for found, weight in zip(results, weights / weights.sum(), strict=True)
    ]
    return Posterior(
        candidates=tuple(sorted(ranked, key=lambda found: -found.probability)),
        hypotheses=screening.hypotheses + closer.hypotheses,
        seconds=screening.seconds + closer.seconds,
        settings={"screening": dict(screening.settings), "closer_look": dict(closer.settings)},
    )


def _series(station: StationInput) -> StationSeries:
    """The readings without the swing of the day: what is usual at that hour is replaced by the usual level."""
    usual = np.array(station.usual)
    level = float(usual.mean())
    raw = np.array([math.nan if value is None else value for value in station.value])
    return StationSeries(
        location=station.location,
        discharge_m3s=station.discharge_m3s,
        time_s=np.array(station.time_s),
        value=raw - usual + level,
        background=level,
        name=station.code,
    )


def result_of(inputs: TraceInputs, posterior: Posterior) -> dict[str, Any]:
    """What is stored: the posterior, its curves brought back to what stations show, in five digits."""
    by_code = {station.code: station for station in inputs.stations}
    answer = posterior.to_dict()
    for candidate in answer["candidates"]:
        candidate["log_evidence"] = _finite(candidate["log_evidence"])
        candidate["predicted"] = [
            _curve(by_code[curve["station"]], curve) for curve in candidate["predicted"]
        ]
    return answer


def _curve(station: StationInput, curve: dict[str, Any]) -> dict[str, Any]:
    usual = np.array(station.usual)
    swing = np.interp(curve["time_s"], station.time_s, usual - usual.mean())
    return {
        "station_id": station.station_id,
        "time_s": list(curve["time_s"]),
        **{
            name: [float(f"{value:.5g}") for value in np.array(curve[name]) + swing]
            for name in ("mean", "low", "high")
        },
    }


def _finite(value: float) -> float | None:
    """JSON knows no infinity; a candidate that explains nothing at all has no evidence to state."""
    return value if math.isfinite(value) else None
