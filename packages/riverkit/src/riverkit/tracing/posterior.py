"""The posterior over candidate, start, duration and hydraulics; strength and background are integrated
out."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from riverkit.errors import TracingError
from riverkit.network import Location, Network
from riverkit.tracing import hydraulics as hydraulic_settings
from riverkit.tracing.correlation import Correlator
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    HydraulicPrior,
    Noise,
    StationSeries,
    StrengthPrior,
)
from riverkit.tracing.notes import NO_SOURCE, NO_STATION_BELOW, SHARP_CLOUD
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

UNLISTED_POINTS, STEPS_APART = 3, 12
"""An unlisted outfall is tried at up to three points along its reach, fewer where water takes less than twelve
start steps from one to the next: the start is free, so that such neighbours hardly differ. Evidences are averaged."""

SCREENED_OUT = 8.0
"""Candidates so many nats below the best of the screening are not looked at more closely."""

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
        places=_places(network, candidates, STEPS_APART * start_step_s),
        settings=list(hydraulic_settings.settings(network, hydraulics)),
        decay_per_s=decay_per_s,
        grid=grid,
        predictor=Predictor(stations, readings, grid, gridded.size, first_start_s, steps),
        correlator=Correlator(gridded, n_starts, steps),
        strength=strength,
    )
    tallies, closer, weighed = _weigh(search, candidates, hydraulics.n_screening, readings, progress)
    results = _results(closer, candidates, tallies, readings, first_start_s, steps)
    notes = _notes(search)
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
    settings: Sequence[hydraulic_settings.Setting]
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
        velocity_factor, dispersion_factor, storage = self.settings[setting]
        found = arrivals(
            self.network,
            [station.location for station in self.stations],
            [self.places[number].location for number in numbers],
            self.grid,
            decay_per_s=self.decay_per_s,
            velocity_factor=velocity_factor,
            dispersion_factor=dispersion_factor,
            storage=storage,
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
    log_evidence = _log_evidence(candidates, tallies, readings)
    probability = probabilities(log_evidence, [candidate.prior for candidate in candidates])
    ranked = sorted(range(len(candidates)), key=lambda row: -probability[row])
    looked_at = {place.candidate for place in search.places}
    leading = [
        row
        for row in ranked[:PREDICTED_CANDIDATES]
        if probability[row] >= PREDICTED_FROM and row in looked_at
    ]
    bands = search.predictor.bands([tallies[row].draws() for row in leading], search.transported)
    predicted: dict[int, tuple[StationPrediction, ...]] = dict(zip(leading, bands, strict=True))
    step_s = search.grid.dt_s

    results = []
    for row, (candidate, tally) in enumerate(zip(candidates, tallies, strict=True)):
        common = (candidate.key, candidate.kind, probability[row], log_evidence[row])
        if candidate.kind == "nothing":
            results.append(CandidateResult(*common, note=NO_SOURCE))
            continue
        draws, weights = tally.draws()
        results.append(
            CandidateResult(
                *common,
                start_s=interval_of_grid(tally.starts, first_start_s, step_s),
                duration_s=interval_of_values(np.array(steps) * step_s, tally.durations),
                released_kg=interval_of_values(draws.masses(), weights),
                predicted=predicted.get(row, ()),
            )
        )
    return results


def _weigh(
    search: _Search,
    candidates: Sequence[Candidate],
    n_screening: int,
    readings: Sequence[Readings],
    progress: Progress | None,
) -> tuple[list[Tally], _Search, int]:
    """The candidates' sums, the search whose numbers their draws bear, and how many places were weighed."""
    if n_screening == 0:
        return search.weigh_all(len(candidates), progress), search, search.size
    middles = _places(search.network, candidates, math.inf)
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
    top = max(beliefs)
    closer = replace(
        search, places=[place for place in search.places if beliefs[place.candidate] > top - SCREENED_OUT]
    )

    def tell_closer(done: int, of: int) -> None:
        if progress:
            progress(of + done, 2 * of)

    for number, tally in enumerate(closer.weigh_all(len(candidates), tell_closer)):
        if tally.log_evidence > -math.inf:
            tallies[number] = tally
    return tallies, closer, screening.size + closer.size


def _log_evidence(
    candidates: Sequence[Candidate], tallies: Sequence[Tally], readings: Sequence[Readings]
) -> list[float]:
    nothing = log_evidence_of_nothing(readings)
    return [
        nothing if candidate.kind == "nothing" else tally.log_evidence
        for candidate, tally in zip(candidates, tallies, strict=True)
    ]


def _places(network: Network, candidates: Sequence[Candidate], apart_s: float) -> list[_Place]:
    """Where each candidate is tried: an unlisted one at points at least so far apart by the water's velocity."""
    places = []
    for number, candidate in enumerate(candidates):
        if candidate.location is None:
            continue
        if candidate.kind == "unlisted":
            reach = network.reach(candidate.location.reach_id)
            passing_s = reach.length_m / reach.velocity_m_s if reach.velocity_m_s else math.inf
            points = min(max(1, math.ceil(passing_s / apart_s)), UNLISTED_POINTS) if apart_s < math.inf else 1
            places += [
                _Place(number, Location(reach.id, (n + 0.5) / points * reach.length_m), 1.0 / points)
                for n in range(points)
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
            notes[candidate] = NO_STATION_BELOW
        elif sharpest[own].min() < STEPS_PER_SIGMA * step_s:
            notes[candidate] = SHARP_CLOUD
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
