"""From stored inputs to a posterior: no database, no clock, the same answer every time."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from riverkit.network import Network
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    Noise,
    Posterior,
    StartPrior,
    StationSeries,
    StoragePrior,
    StrengthPrior,
    diffuse,
    trace,
)
from riverkit.tracing.result import probabilities

from riverchief.trace.codes import CandidateKind
from riverchief.trace.inputs import CandidateInput, SampleInput, StationInput, TraceInputs

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
    stations = [_series(station) for station in inputs.stations]
    scatter = [station.scatter for station in inputs.stations]
    # Nothing that starts after the last affected reading can have caused it.
    n_starts = math.ceil(inputs.last_at_s / settings["step_s"]) + 1

    def tell(done: int, of: int) -> None:
        if progress is not None:
            progress(done / of)

    found = trace(
        inputs.network(),
        [*stations, *(_bottle(sample) for sample in inputs.bottles)],
        _candidates(inputs),
        first_start_s=0.0,
        start_step_s=settings["step_s"],
        n_starts=n_starts,
        durations_s=[3600.0 * hours for hours in settings["durations_h"]],
        noise=Noise(absolute=min(scatter), **settings["noise"]),
        strength=StrengthPrior.from_readings(stations),
        # The level of a week is not that of the day: it may be off by what readings stray, and move as much.
        background=BackgroundPrior(
            level_sd=1.5 * float(np.median(scatter)), drift_sd_per_day=float(np.median(scatter))
        ),
        hydraulics=_hydraulics(inputs),
        keep_releases=keep_releases,
        progress=tell,
    )
    return reweighed(found, inputs)


def compute_plainly(inputs: dict[str, Any]) -> dict[str, Any]:
    """`compute` on plain values, as they travel to other processes and machines, which need no database and no Django."""
    return compute(TraceInputs.from_json(inputs)).to_dict()


def _candidates(inputs: TraceInputs) -> list[Candidate]:
    """The candidates as riverkit knows them; those that rain drives begin with it."""
    network, rain = inputs.network(), inputs.rain_s
    # Hours of rain are as rough as memory, and an overflow can also run without: another time is never quite ruled out.
    starts = StartPrior(rain, outside=inputs.settings["rain"]["outside"]) if rain else None
    return [
        _candidate(row, network, inputs, starts if row.rain_driven else None) for row in inputs.candidates
    ]


def _candidate(
    row: CandidateInput, network: Network, inputs: TraceInputs, starts: StartPrior | None
) -> Candidate:
    """A candidate as riverkit knows it.

    What a person thinks unlikely is looked at as closely as the rules would have it, so that the answer without that
    opinion can stand beside the other; the belief that counts is applied afterwards.
    """
    prior = max(row.prior, row.believed)
    if row.kind == CandidateKind.DIFFUSE:
        spacing_m = inputs.settings["rain"]["spacing_m"]
        return diffuse(network, row.key, row.reach_ids, spacing_m=spacing_m, prior=prior, starts=starts)
    kind = "outfall" if row.kind == CandidateKind.PLACE else row.kind
    return Candidate(row.key, row.location, kind, prior, starts=starts)  # type: ignore[arg-type]


def reweighed(posterior: Posterior, inputs: TraceInputs) -> Posterior:
    """The same evidence under the weights that count, the most probable candidate first."""
    believed = {row.key: row.believed for row in inputs.candidates}
    rows = posterior.candidates
    shares = probabilities([row.log_evidence for row in rows], [believed[row.key] for row in rows])
    changed = [replace(row, probability=share) for row, share in zip(rows, shares, strict=True)]
    return replace(posterior, candidates=tuple(sorted(changed, key=lambda row: -row.probability)))


def _hydraulics(inputs: TraceInputs) -> HydraulicPrior:
    """The day's velocity and, on top of it, that of the way from the source to where the event was first seen.

    Flow swells and falls, and rivers differ: how fast water runs from one station to the next is in the readings, how
    fast it came to the first one is not.
    """
    rule = dict(inputs.settings["hydraulics"])
    first = next(station for station in inputs.stations if station.affected)
    above = HydraulicGroup(
        inputs.network().upstream(first.reach_id), rule.pop("above_first_log_sd"), dispersion_log10_sd=0.0
    )
    return HydraulicPrior(**{**rule, "storage": StoragePrior(**rule["storage"]), "groups": (above,)})


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


def _bottle(sample: SampleInput) -> StationSeries:
    """A sample as a station of one reading.

    What the background there may be beside the mark is an error of that one reading like any other.
    """
    return StationSeries(
        location=sample.location,
        discharge_m3s=sample.discharge_m3s,
        time_s=np.array([sample.time_s]),
        value=np.array([sample.value]),
        sigma=np.array([math.hypot(sample.error, sample.spread)]),
        background=sample.usual,
        name=sample.key,
        below=np.array([True]) if sample.below else None,
    )


def result_of(inputs: TraceInputs, posterior: Posterior) -> dict[str, Any]:
    """What is stored: the posterior, its curves brought back to what stations show, in five digits."""
    by_code = {station.code: station for station in inputs.stations}
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
            _contrast(by_code.get(found["station"]), found) for found in candidate["contrasts"]
        ]
        candidate["log_evidence"] = _finite(candidate["log_evidence"])
        curves = candidate["predicted"]
        candidate["predicted"] = [
            _curve(by_code[curve["station"]], curve) for curve in curves if curve["station"] in by_code
        ]
        candidate["predicted_samples"] = [
            {"sample": curve["station"], **{band: float(f"{curve[band][0]:.5g}") for band in BANDS}}
            for curve in curves
            if curve["station"] not in by_code
        ]
    return answer


def _contrast(station: StationInput | None, contrast: dict[str, Any]) -> dict[str, Any]:
    """A telling reading with the swing of the day put back, as the station showed it; a sample is as it was found."""
    if station is None:
        return {**contrast, "station_id": None}
    usual = np.array(station.usual)
    swing = float(np.interp(contrast["time_s"], station.time_s, usual - usual.mean()))
    values = {name: contrast[name] + swing for name in ("expected", "rival_expected", "observed")}
    return {**contrast, **values, "station_id": station.station_id}


def _curve(station: StationInput, curve: dict[str, Any]) -> dict[str, Any]:
    usual = np.array(station.usual)
    swing = np.interp(curve["time_s"], station.time_s, usual - usual.mean())
    return {
        "station_id": station.station_id,
        "time_s": list(curve["time_s"]),
        **{name: [float(f"{value:.5g}") for value in np.array(curve[name]) + swing] for name in BANDS},
    }


def _finite(value: float) -> float | None:
    """JSON knows no infinity; a candidate that explains nothing at all has no evidence to state."""
    return value if math.isfinite(value) else None
