"""What the weighed hypotheses of a trace come to, candidate by candidate."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from riverkit.tracing.explanation import contrasts
from riverkit.tracing.hypotheses import Hypotheses, from_draws
from riverkit.tracing.model import Candidate, Floats
from riverkit.tracing.notes import LEFT_OUT, NO_SOURCE, NO_STATION_BELOW
from riverkit.tracing.prediction import BAND_DRAWS, evenly_chosen
from riverkit.tracing.result import (
    LEVELS,
    CandidateResult,
    Interval,
    ParameterResult,
    StationPrediction,
    interval_of_grid,
    interval_of_steps,
    interval_of_values,
    probabilities,
)
from riverkit.tracing.search import Search
from riverkit.tracing.tally import Draws, Tally

PREDICTED_CANDIDATES = 5
PREDICTED_FROM = 0.01
"""Bands are worked out for at most so many candidates, and only from this probability on."""

LEAST_MASS = 1e-9
"""Masses below this share of the prior's deviation are taken as that much, for the sake of ratios."""


def results(
    search: Search,
    candidates: Sequence[Candidate],
    names: Sequence[str],
    tallies: Sequence[Tally],
    log_evidence: Sequence[float],
    notes: Mapping[int, str],
    first_start_s: float,
) -> list[CandidateResult]:
    """One for every candidate, in their order; `names` are those of the parameters, `notes` by candidate's number."""
    probability = probabilities(log_evidence, [candidate.prior for candidate in candidates])
    by_evidence = probabilities(log_evidence, [1.0] * len(candidates))
    ranked = sorted(range(len(candidates)), key=lambda row: -probability[row])
    looked_at = {place.candidate for place in search.places}
    leading = [
        row
        for row in ranked[:PREDICTED_CANDIDATES]
        if probability[row] >= PREDICTED_FROM and row in looked_at and not tallies[row].ruled_out
    ]
    predicted = dict(zip(leading, _bands(search, names, [tallies[row] for row in leading]), strict=True))
    apart = contrasts({candidates[row].key: curves for row, curves in predicted.items()})
    step_s = search.grid.dt_s

    found = []
    for row, (candidate, tally) in enumerate(zip(candidates, tallies, strict=True)):
        common = (candidate.key, candidate.kind, probability[row], log_evidence[row])
        if candidate.kind == "nothing":
            found.append(CandidateResult(*common, note=NO_SOURCE, probability_by_evidence=by_evidence[row]))
            continue
        if tally.ruled_out:
            note = NO_STATION_BELOW if notes.get(row) == NO_STATION_BELOW else LEFT_OUT
            found.append(CandidateResult(*common, note=note, probability_by_evidence=by_evidence[row]))
            continue
        draws, weights = tally.draws()
        found.append(
            CandidateResult(
                *common,
                start_s=interval_of_grid(tally.starts, first_start_s, step_s),
                duration_s=interval_of_steps(np.array(search.steps) * step_s, tally.durations),
                released_kg=interval_of_values(
                    draws.masses()[:, 0] * _discharge_factors(search, weights), weights
                ),
                predicted=predicted.get(row, ()),
                note=notes.get(row, ""),
                probability_by_evidence=by_evidence[row],
                contrasts=apart.get(candidate.key, ()),
                parameters=_parameters(search, candidate, row, names, draws, weights)
                if len(names) > 1
                else (),
            )
        )
    return found


def _bands(
    search: Search, names: Sequence[str], tallies: Sequence[Tally]
) -> list[tuple[StationPrediction, ...]]:
    """For each candidate the band at every station, one parameter after another."""
    chosen = [evenly_chosen(*tally.draws(), BAND_DRAWS) for tally in tallies]
    masses = [draws.masses() for draws in chosen]
    bands: list[tuple[StationPrediction, ...]] = [()] * len(chosen)
    for number, (name, measured) in enumerate(zip(names, search.measured, strict=True)):
        own = measured.predictor.bands(
            [each[:, number] for each in masses], chosen, search.transported_to(number)
        )
        for row, curves in enumerate(own):
            bands[row] += tuple(replace(curve, parameter=name) for curve in curves)
    return bands


def _discharge_factors(search: Search, weights: Floats) -> Floats:
    """By how much the discharges of each draw are off, spread evenly along a lattice of its own."""
    # Apart from the lattices of the masses (`tally.EVEN`).
    shares = ((np.arange(len(weights)) + 1) * math.sqrt(23.0)) % 1.0
    factors: Floats = np.exp(search.hydraulics.discharge_log_sd * special.ndtri(shares))
    return factors


def _parameters(
    search: Search, candidate: Candidate, row: int, names: Sequence[str], draws: Draws, weights: Floats
) -> tuple[ParameterResult, ...]:
    fingerprint = candidate.fingerprint
    reference = (
        names[0] if fingerprint is None or fingerprint.reference not in names else fingerprint.reference
    )
    masses = draws.masses()
    least = LEAST_MASS * np.array([prior.sd_kg for prior in search.strengths[row].priors])
    free = np.maximum(draws.free_masses(), least)
    ratios = free / free[:, [names.index(reference)]]
    found = []
    for number, name in enumerate(names):
        expected = None
        if fingerprint is not None and name in fingerprint.ratios:
            ratio = fingerprint.ratios[name]
            expected = Interval(
                *(ratio.median * math.exp(ratio.log_sd * special.ndtri(level)) for level in LEVELS)
            )
        found.append(
            ParameterResult(
                name,
                interval_of_values(masses[:, number] * _discharge_factors(search, weights), weights),
                reference,
                None if name == reference else interval_of_values(ratios[:, number], weights),
                expected,
            )
        )
    return tuple(found)


def releases(
    search: Search,
    candidates: Sequence[Candidate],
    tallies: Sequence[Tally],
    found: Sequence[CandidateResult],
    first_start_s: float,
) -> Hypotheses:
    """The draws of all candidates that were looked at closely, and 'nothing'."""
    looked_at = {place.candidate for place in search.places if not tallies[place.candidate].ruled_out}
    kept = [row for row, each in enumerate(candidates) if row in looked_at or each.kind == "nothing"]
    return from_draws(
        [candidates[row].key for row in kept],
        [found[row].probability for row in kept],
        [tallies[row].draws() if row in looked_at else None for row in kept],
        [place.parts for place in search.places],
        search.settings,
        first_start_s=first_start_s,
        step_s=search.grid.dt_s,
        duration_steps=search.steps,
    )
