"""The posterior over candidate, start, duration and hydraulics; strength and background are integrated
out."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.tracing import censored
from riverkit.tracing.explanation import contrasts
from riverkit.tracing.hypotheses import Hypotheses, from_draws
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    Floats,
    HydraulicPrior,
    Noise,
    StationSeries,
    StrengthPrior,
)
from riverkit.tracing.notes import NO_SOURCE
from riverkit.tracing.nothing import log_evidence_of_nothing
from riverkit.tracing.readings import Readings, prepare
from riverkit.tracing.result import (
    CandidateResult,
    Posterior,
    StationPrediction,
    interval_of_grid,
    interval_of_values,
    probabilities,
)
from riverkit.tracing.search import Progress, Search, notes_of, places_of
from riverkit.tracing.tally import Tally

SCREENED_OUT, MISSED = 8.0, 0.1
"""Candidates so many nats below the best of the screening, and below by more than that share of its evidence, are not
looked at more closely: under a handful of settings even the true place leaves part of sharp readings unexplained."""

CENSORED_WITHIN = 30.0
"""Candidates so many nats below the best keep the first approximation of their readings below the detection limit."""

PREDICTED_CANDIDATES = 5
PREDICTED_FROM = 0.01
"""Bands are worked out for at most so many candidates, and only from this probability on."""


def trace(
    network: Network,
    stations: Sequence[StationSeries],
    candidates: Sequence[Candidate],
    *,
    first_start_s: float,
    start_step_s: float,
    n_starts: int,
    durations_s: Sequence[float],
    noise: Noise,
    strength: StrengthPrior,
    background: BackgroundPrior | None = None,
    hydraulics: HydraulicPrior | None = None,
    decay_per_s: float = 0.0,
    keep_releases: bool = False,
    progress: Progress | None = None,
) -> Posterior:
    """Weigh every candidate, start time and duration against the readings of all stations at once.

    A release has a constant rate. Every duration is as likely as any other beforehand, and every start time but for
    candidates that have a prior of their own for it.
    Nothing is sampled but the hydraulics: over the rest the posterior is a finite sum in closed form, with
    the strength a normal cut at zero (docs/design/tracing.md).

    Args:
        network: with velocity and dispersion wherever water flows from a candidate to a station.
        stations: readings of one parameter, at one or more stations.
        candidates: include 'unlisted' and 'nothing' ones, or the probability has nowhere else to go.
        first_start_s, start_step_s, n_starts: the start times, on the stations' time axis. The step is the
            resolution of everything; a third of the sharpest cloud's standard deviation is fine enough.
        durations_s: rounded to whole steps, at least one.
        noise, strength: see their classes; `StrengthPrior.from_readings` offers a wide prior.
        background: by default each station's level is unknown within the range of its readings.
        hydraulics: by default the network's own values, taken as certain.
        decay_per_s: first-order loss on the way.
        keep_releases: whether `Posterior.releases` is wanted, for `next_samples`.
        progress: called with (release places weighed, all of them) from the calling thread.

    Raises:
        TracingError: settings, stations or candidates cannot be used.
        TransportError: no steady-flow kernel for a reach between a candidate and a station.
    """
    began = time.perf_counter()
    _refuse_unusable(stations, candidates, start_step_s, n_starts, durations_s)
    background = background or BackgroundPrior()
    hydraulics = hydraulics or HydraulicPrior()
    steps = tuple(sorted({max(1, round(duration / start_step_s)) for duration in durations_s}))
    readings = [prepare(station, noise, background) for station in stations]
    search = Search.prepared(
        network,
        stations,
        candidates,
        readings,
        first_start_s=first_start_s,
        start_step_s=start_step_s,
        n_starts=n_starts,
        steps=steps,
        strength=strength,
        hydraulics=hydraulics,
        decay_per_s=decay_per_s,
    )
    starts_s: Floats = first_start_s + start_step_s * np.arange(n_starts, dtype=np.float64)
    tallies, closer, weighed = _weigh(
        search, candidates, hydraulics.n_screening, readings, starts_s, progress
    )
    _correct_censored(closer, candidates, tallies, readings)
    results = _results(closer, candidates, tallies, readings, first_start_s, steps)
    releases = None
    if keep_releases:
        releases = _releases(closer, candidates, tallies, results, first_start_s, steps)
    notes = notes_of(search)
    results = [replace(result, note=result.note or notes.get(row, "")) for row, result in enumerate(results)]
    return Posterior(
        candidates=tuple(sorted(results, key=lambda result: -result.probability)),
        hypotheses=weighed * n_starts * len(steps),
        seconds=time.perf_counter() - began,
        settings={
            "first_start_s": first_start_s,
            "start_step_s": start_step_s,
            "n_starts": n_starts,
            "durations_s": [step * start_step_s for step in steps],
            "noise": asdict(noise),
            "strength": asdict(strength),
            "background": asdict(background),
            "hydraulics": _as_plain(hydraulics),
            "decay_per_s": decay_per_s,
            "stations": [station.label for station in stations],
            "candidates": len(candidates),
        },
        releases=releases,
    )


def _releases(
    search: Search,
    candidates: Sequence[Candidate],
    tallies: Sequence[Tally],
    results: Sequence[CandidateResult],
    first_start_s: float,
    steps: tuple[int, ...],
) -> Hypotheses:
    """The draws of all candidates that were looked at closely, and 'nothing'."""
    looked_at = {place.candidate for place in search.places}
    kept = [row for row, each in enumerate(candidates) if row in looked_at or each.kind == "nothing"]
    return from_draws(
        [candidates[row].key for row in kept],
        [results[row].probability for row in kept],
        [tallies[row].draws() if row in looked_at else None for row in kept],
        [place.parts for place in search.places],
        search.settings,
        first_start_s=first_start_s,
        step_s=search.grid.dt_s,
        duration_steps=steps,
    )


def _results(
    search: Search,
    candidates: Sequence[Candidate],
    tallies: Sequence[Tally],
    readings: Sequence[Readings],
    first_start_s: float,
    steps: tuple[int, ...],
) -> list[CandidateResult]:
    log_evidence = _log_evidence(candidates, tallies, readings)
    probability = probabilities(log_evidence, [candidate.prior for candidate in candidates])
    by_evidence = probabilities(log_evidence, [1.0] * len(candidates))
    ranked = sorted(range(len(candidates)), key=lambda row: -probability[row])
    looked_at = {place.candidate for place in search.places}
    leading = [
        row
        for row in ranked[:PREDICTED_CANDIDATES]
        if probability[row] >= PREDICTED_FROM and row in looked_at
    ]
    bands = search.predictor.bands([tallies[row].draws() for row in leading], search.transported)
    predicted: dict[int, tuple[StationPrediction, ...]] = dict(zip(leading, bands, strict=True))
    apart = contrasts({candidates[row].key: curves for row, curves in predicted.items()})
    step_s = search.grid.dt_s

    results = []
    for row, (candidate, tally) in enumerate(zip(candidates, tallies, strict=True)):
        common = (candidate.key, candidate.kind, probability[row], log_evidence[row])
        if candidate.kind == "nothing":
            results.append(CandidateResult(*common, note=NO_SOURCE, probability_by_evidence=by_evidence[row]))
            continue
        draws, weights = tally.draws()
        results.append(
            CandidateResult(
                *common,
                start_s=interval_of_grid(tally.starts, first_start_s, step_s),
                duration_s=interval_of_values(np.array(steps) * step_s, tally.durations),
                released_kg=interval_of_values(draws.masses(), weights),
                predicted=predicted.get(row, ()),
                probability_by_evidence=by_evidence[row],
                contrasts=apart.get(candidate.key, ()),
            )
        )
    return results


def _weigh(
    search: Search,
    candidates: Sequence[Candidate],
    n_screening: int,
    readings: Sequence[Readings],
    starts_s: Floats,
    progress: Progress | None,
) -> tuple[list[Tally], Search, int]:
    """The candidates' sums, the search whose numbers their draws bear, and how many places were weighed."""
    if n_screening == 0:
        return search.weigh_all(len(candidates), progress), search, search.size
    middles = places_of(search.network, candidates, math.inf, starts_s)
    screening = replace(search, places=middles, settings=search.settings[:n_screening])

    def tell(done: int, of: int) -> None:
        # How much follows is known only after the screening; half and half keeps the share from going back.
        if progress:
            progress(done, 2 * of)

    tallies = screening.weigh_all(len(candidates), tell)
    found = _log_evidence(candidates, tallies, readings)
    beliefs = [
        evidence + math.log(candidate.prior) if candidate.prior else -math.inf
        for evidence, candidate in zip(found, candidates, strict=True)
    ]
    # Measured against places only: where few settings fit, "nothing" leads the screening and would throw out all of them.
    top = max((beliefs[place.candidate] for place in middles), default=0.0)
    least = top - SCREENED_OUT - MISSED * max(top, 0.0)
    closer = replace(search, places=[place for place in search.places if beliefs[place.candidate] > least])

    def tell_closer(done: int, of: int) -> None:
        if progress:
            progress(of + done, 2 * of)

    for number, tally in enumerate(closer.weigh_all(len(candidates), tell_closer)):
        if tally.log_evidence > -math.inf:
            tallies[number] = tally
    return tallies, closer, screening.size + closer.size


def _correct_censored(
    search: Search, candidates: Sequence[Candidate], tallies: Sequence[Tally], readings: Sequence[Readings]
) -> None:
    """The exact factor of readings below their limit, for candidates that it could raise to any probability."""
    found = _log_evidence(candidates, tallies, readings)
    looked_at = sorted({place.candidate for place in search.places})
    best = max((found[row] for row in looked_at), default=0.0)
    leading = [row for row in looked_at if found[row] > best - CENSORED_WITHIN]
    censored.correct(tallies, leading, readings, search.predictor, search.transported)


def _log_evidence(
    candidates: Sequence[Candidate], tallies: Sequence[Tally], readings: Sequence[Readings]
) -> list[float]:
    nothing = log_evidence_of_nothing(readings)
    return [
        nothing if candidate.kind == "nothing" else tally.log_evidence
        for candidate, tally in zip(candidates, tallies, strict=True)
    ]


def _as_plain(hydraulics: HydraulicPrior) -> dict[str, Any]:
    plain = asdict(hydraulics)
    plain["groups"] = [{**group, "reach_ids": sorted(group["reach_ids"])} for group in plain["groups"]]
    return plain


def _refuse_unusable(
    stations: Sequence[StationSeries],
    candidates: Sequence[Candidate],
    start_step_s: float,
    n_starts: int,
    durations_s: Sequence[float],
) -> None:
    if not stations:
        raise TracingError("No station. Give the readings of at least one.")
    if not candidates:
        raise TracingError("No candidate. Give at least one place a release may have come from.")
    keys = [candidate.key for candidate in candidates]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise TracingError(f"Candidate keys {', '.join(twice)} are given more than once. Give each its own.")
    if not any(candidate.prior > 0 for candidate in candidates):
        raise TracingError("Every candidate has a prior of 0. Give at least one a weight above 0.")
    if not start_step_s > 0 or n_starts < 1:
        raise TracingError(
            f"{n_starts} start times every {start_step_s} s: give at least one, and a step above 0."
        )
    if not durations_s or not all(duration >= 0 for duration in durations_s):
        raise TracingError(f"Durations {list(durations_s)}: give at least one, none below 0.")
