"""What riverkit is asked, made from stored inputs: readings, candidates, and what is believed beforehand."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from riverkit.network import Network
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    Fingerprint,
    HydraulicGroup,
    HydraulicPrior,
    Noise,
    Parameter,
    Ratio,
    StartPrior,
    StationSeries,
    StoragePrior,
    StrengthPrior,
    Survey,
    diffuse,
)

from riverchief.trace.codes import CandidateKind
from riverchief.trace.inputs import CandidateInput, FingerprintInput, SampleInput, StationInput, TraceInputs


def beliefs(
    inputs: TraceInputs, stations: Sequence[StationInput], series: Sequence[StationSeries | Survey]
) -> dict[str, Any]:
    """Noise, strength and background of a parameter as a trace takes them, from its stations, as given and as series."""
    scatter = [station.scatter for station in stations]
    usual = float(np.median(scatter))
    return {
        "noise": Noise(absolute=min(scatter), **inputs.settings["noise"]),
        "strength": StrengthPrior.from_readings(series),
        # The level of a week is not that of the day: it may be off by what readings stray, and move as much.
        "background": BackgroundPrior(level_sd=1.5 * usual, drift_sd_per_day=usual),
    }


def parameters_of(inputs: TraceInputs) -> list[Parameter]:
    """All that is traced: the event's own parameter, with its bottles, and those that rose with it."""
    found = []
    for name, stations in [
        (inputs.parameter, inputs.stations),
        *((row.parameter, row.stations) for row in inputs.companions),
    ]:
        series = [series_of(station) for station in stations]
        bottles = [bottle_of(sample) for sample in inputs.bottles] if name == inputs.parameter else []
        found.append(Parameter(name, [*series, *bottles], **beliefs(inputs, stations, series)))
    return found


def candidates_of(inputs: TraceInputs) -> list[Candidate]:
    """The candidates as riverkit knows them; those that rain drives begin with it, those on record within their record."""
    network = inputs.network()
    return [_candidate(row, network, inputs, _starts(row, inputs)) for row in inputs.candidates]


def _starts(row: CandidateInput, inputs: TraceInputs) -> StartPrior | None:
    """When a candidate may have begun, where something is known of that.

    Hours of rain are as rough as memory, and an overflow can also run without: another time is never quite ruled out.
    """
    windows = inputs.ran_s(row) or (inputs.rain_s if row.rain_driven else ())
    return StartPrior(windows, outside=inputs.settings["rain"]["outside"]) if windows else None


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
    return Candidate(
        row.key,
        row.location,
        kind,  # type: ignore[arg-type]
        prior,
        starts=starts,
        fingerprint=_fingerprint(row.fingerprint),
    )


def _fingerprint(given: FingerprintInput | None) -> Fingerprint | None:
    if given is None:
        return None
    ratios = {name: Ratio(median, given.log_sd) for name, median in given.ratios.items()}
    return Fingerprint(given.reference, ratios)


def hydraulics_of(inputs: TraceInputs) -> HydraulicPrior:
    """The day's velocity and, on top of it, that of the way from the source to where the event was first seen.

    Flow swells and falls, and rivers differ: how fast water runs from one station to the next is in the readings, how
    fast it came to the first one is not.
    """
    rule = dict(inputs.settings["hydraulics"])
    network = inputs.network()
    first = next(station for station in inputs.stations if station.affected)
    above = HydraulicGroup(
        network.upstream(first.reach_id), rule.pop("above_first_log_sd"), dispersion_log10_sd=0.0
    )
    # Attempts by rules before version 6 knew neither.
    by_formula = rule.pop("estimated_discharge_log_sd", 0.0)
    if "discharge_m3s" in network.reach(first.reach_id).estimated:
        rule["discharge_log_sd"] = by_formula
    return HydraulicPrior(**{**rule, "storage": StoragePrior(**rule["storage"]), "groups": (above,)})


def series_of(station: StationInput) -> StationSeries:
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


def bottle_of(sample: SampleInput) -> StationSeries:
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
