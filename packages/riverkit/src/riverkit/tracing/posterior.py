"""The posterior over candidate, start, duration and hydraulics; strength and background are integrated
out."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from riverkit.errors import TracingError
from riverkit.network import Location, Network
from riverkit.tracing import hydraulics as hydraulic_settings
from riverkit.tracing.evidence import Correlator
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    Floats,
    HydraulicPrior,
    Noise,
    StationSeries,
    StrengthPrior,
)
from riverkit.tracing.nothing import log_evidence_of_nothing
from riverkit.tracing.prediction import Predictor
from riverkit.tracing.readings import Readings, on_grid, prepare
from riverkit.tracing.result import (
    CandidateResult,
    Posterior,
    StationPrediction,
    interval_of_grid,
    interval_of_values,
    probabilities,
)
from riverkit.tracing.tally import Tally, Weighed, weigh
from riverkit.transport import LaplaceGrid, arrivals, moments
from riverkit.transport.kernel import Complex

UNLISTED_POINTS = (1 / 6, 1 / 2, 5 / 6)
"""Where along its reach an unlisted outfall is tried; the evidences are averaged."""

DRAWS = 1_024
"""Cells kept of each candidate for the interval of its mass and for its predicted band."""

WINDOW = 1.5
DAMPING = 18.0
"""Kernels are inverted over 1.5 times the span needed: round-off there is e^12·1e-16, wrap-around e^-18."""

PREDICTED_CANDIDATES = 5
PREDICTED_FROM = 0.01
"""Bands are worked out for at most so many candidates, and only from this probability on."""

STEPS_PER_SIGMA = 3.0
THREADS = 2

Progress = Callable[[int, int], None]


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
    progress: Progress | None = None,
) -> Posterior:
    """Weigh every candidate, start time and duration against the readings of all stations at once.

    A release has a constant rate. Every start time and every duration is as likely as any other beforehand.
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
    gridded = on_grid(readings, first_start_s, start_step_s)
    grid = LaplaceGrid.over(WINDOW * gridded.size * start_step_s, start_step_s, DAMPING)
    search = _Search(
        network=network,
        stations=stations,
        places=_places(network, candidates),
        settings=list(hydraulic_settings.settings(network, hydraulics)),
        decay_per_s=decay_per_s,
        grid=grid,
        predictor=Predictor(stations, readings, grid, gridded.size, first_start_s, steps),
        correlator=Correlator(gridded, n_starts, steps),
        strength=strength,
    )
    tallies = search.weigh_all(len(candidates), progress)
    results = _results(search, candidates, tallies, readings, first_start_s, steps)
    return Posterior(
        candidates=tuple(sorted(results, key=lambda result: -result.probability)),
        hypotheses=search.size * n_starts * len(steps),
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
    )


@dataclass(frozen=True)
class _Place:
    """A release place of a candidate and the share of that candidate's prior it stands for."""

    candidate: int
    location: Location
    share: float


@dataclass(frozen=True)
class _Search:
    """All that is needed to weigh one release place under one hydraulic setting."""

    network: Network
    stations: Sequence[StationSeries]
    places: Sequence[_Place]
    settings: Sequence[tuple[Floats, Floats]]
    decay_per_s: float
    grid: LaplaceGrid
    predictor: Predictor
    correlator: Correlator
    strength: StrengthPrior

    @property
    def size(self) -> int:
        """Release places times hydraulic settings."""
        return len(self.places) * len(self.settings)

    def transported(self, setting: int, numbers: Sequence[int]) -> Iterator[tuple[int, Complex]]:
        """Each of these release places with its transforms at the stations, under one hydraulic setting."""
        velocity_factor, dispersion_factor = self.settings[setting]
        found = arrivals(
            self.network,
            [station.location for station in self.stations],
            [self.places[number].location for number in numbers],
            self.grid,
            decay_per_s=self.decay_per_s,
            velocity_factor=velocity_factor,
            dispersion_factor=dispersion_factor,
        )
        return ((numbers[position], rows) for position, rows in found)

    def weigh_place(self, setting: int, number: int, rows: Complex) -> Weighed:
        """The evidence of one release place under one setting, over all starts and durations."""
        s_gg, s_gy = self.correlator.products(self.predictor.integral(rows))
        share = self.places[number].share / len(self.settings)
        return weigh(
            s_gg,
            s_gy,
            self.strength,
            log_share=math.log(share),
            setting=setting,
            place=number,
            n_draws=max(8, round(DRAWS * share)),
        )

    def weigh_all(self, n_candidates: int, progress: Progress | None) -> list[Tally]:
        """Weigh every place under every setting and sum them up by candidate."""
        tallies = [Tally() for _ in range(n_candidates)]
        # A short queue bounds the memory; taking its results in order makes the sums reproducible.
        queue: deque[tuple[int, Future[Weighed]]] = deque()
        done = 0

        def take() -> None:
            nonlocal done
            candidate, weighed = queue.popleft()
            tallies[candidate].add(weighed.result())
            done += 1
            if progress:
                progress(done, self.size)

        with ThreadPoolExecutor(THREADS) as pool:
            for setting in range(len(self.settings)):
                for number, rows in self.transported(setting, range(len(self.places))):
                    job = pool.submit(self.weigh_place, setting, number, rows)
                    queue.append((self.places[number].candidate, job))
                    if len(queue) > 4 * THREADS:
                        take()
            while queue:
                take()
        return tallies


def _results(
    search: _Search,
    candidates: Sequence[Candidate],
    tallies: Sequence[Tally],
    readings: Sequence[Readings],
    first_start_s: float,
    steps: tuple[int, ...],
) -> list[CandidateResult]:
    nothing = log_evidence_of_nothing(readings)
    log_evidence = [
        nothing if candidate.kind == "nothing" else tally.log_evidence
        for candidate, tally in zip(candidates, tallies, strict=True)
    ]
    probability = probabilities(log_evidence, [candidate.prior for candidate in candidates])
    ranked = sorted(range(len(candidates)), key=lambda row: -probability[row])
    leading = [
        row
        for row in ranked[:PREDICTED_CANDIDATES]
        if probability[row] >= PREDICTED_FROM and candidates[row].kind != "nothing"
    ]
    bands = search.predictor.bands([tallies[row].draws() for row in leading], search.transported)
    predicted: dict[int, tuple[StationPrediction, ...]] = dict(zip(leading, bands, strict=True))
    notes = _notes(search)
    step_s = search.grid.dt_s

    results = []
    for row, (candidate, tally) in enumerate(zip(candidates, tallies, strict=True)):
        common = (candidate.key, candidate.kind, probability[row], log_evidence[row])
        if candidate.kind == "nothing":
            note = "The background alone, or a separate bump at every station."
            results.append(CandidateResult(*common, note=note))
            continue
        draws, weights = tally.draws()
        results.append(
            CandidateResult(
                *common,
                start_s=interval_of_grid(tally.starts, first_start_s, step_s),
                duration_s=interval_of_values(np.array(steps) * step_s, tally.durations),
                released_kg=interval_of_values(draws.masses(), weights),
                predicted=predicted.get(row, ()),
                note=notes.get(row, ""),
            )
        )
    return results


def _places(network: Network, candidates: Sequence[Candidate]) -> list[_Place]:
    places = []
    for number, candidate in enumerate(candidates):
        if candidate.location is None:
            continue
        if candidate.kind == "unlisted":
            reach = network.reach(candidate.location.reach_id)
            share = 1.0 / len(UNLISTED_POINTS)
            places += [
                _Place(number, Location(reach.id, part * reach.length_m), share) for part in UNLISTED_POINTS
            ]
        else:
            places.append(_Place(number, candidate.location, 1.0))
    return places


def _notes(search: _Search) -> dict[int, str]:
    """What limits the answer for a candidate: no station below it, or a cloud too sharp for the grid."""
    locations = [place.location for place in search.places]
    sharpest = np.full(len(locations), np.inf)
    for station in search.stations:
        sigma = moments(search.network, station.location, locations).sigma_s
        sharpest = np.fmin(sharpest, sigma)
    notes: dict[int, str] = {}
    step_s = search.grid.dt_s
    owner = np.array([place.candidate for place in search.places], dtype=int)
    for candidate in np.unique(owner).tolist():
        own = owner == candidate
        if np.isinf(sharpest[own]).all():
            notes[candidate] = "No station lies downstream: the readings say nothing about this candidate."
        elif sharpest[own].min() < STEPS_PER_SIGMA * step_s:
            notes[candidate] = "Its cloud is sharp against the time step: the start is no finer than that."
    return notes


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
