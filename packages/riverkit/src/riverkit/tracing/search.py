"""One release place after another, under every hydraulic setting: the loop of a trace."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from riverkit.network import Location, Network
from riverkit.tracing import hydraulics as hydraulic_settings
from riverkit.tracing.measured import Measured, rows_and_gain_numbers
from riverkit.tracing.model import Candidate, Floats, HydraulicPrior, Ints
from riverkit.tracing.notes import NO_STATION_BELOW, SHARP_CLOUD
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.passing import Passing
from riverkit.tracing.prediction import Transported
from riverkit.tracing.readings import Readings, on_grid
from riverkit.tracing.strengths import Strengths
from riverkit.tracing.tally import Cells, Tally, Weighed, leading, weigh
from riverkit.transport import LaplaceGrid, arrivals, moments
from riverkit.transport.kernel import Complex

UNLISTED_POINTS, STEPS_APART = 3, 12
"""An unlisted outfall is tried at up to three points along its reach, fewer where water takes less than twelve
start steps from one to the next: the start is free, so that such neighbours hardly differ. Evidences are averaged."""

DRAWS = 1_024
"""Cells kept of each candidate for the interval of its mass and for its predicted band."""

WINDOW, DAMPING = 1.5, 18.0
"""Kernels are inverted over 1.5 times the span needed: round-off there is e^12·1e-16, wrap-around e^-18."""

STEPS_PER_SIGMA = 3.0
THREADS, BATCH = 2, 16
"""Places are weighed so many at once: enough to make calls few, and little enough for the processors' caches."""

TRANSFORMS = 256
"""No more of them in a batch: a survey has hundreds of each release place."""

CLASSES_PER_OCTAVE = 2
"""Clouds whose lengths are within an octave over this are given transforms of the same size."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Place:
    """Where a candidate releases: at one point, or at several at once in fixed shares.

    Attributes:
        candidate: whose place it is, a number.
        share: of that candidate's prior.
        parts: points and the share of the mass released at each; the shares sum to 1.
        log_start: log prior of every start time against a uniform one; None for that.
    """

    candidate: int
    share: float
    parts: tuple[tuple[Location, float], ...]
    log_start: Floats | None = None


@dataclass(frozen=True)
class Search:
    """All that is needed to weigh release places under hydraulic settings.

    Attributes:
        locations: all places where anything was read, each once.
        measured: the parameters.
        strengths: of each candidate.
        n_starts, steps: start times, and the durations in start steps.
    """

    network: Network
    locations: Sequence[Location]
    places: Sequence[Place]
    settings: Sequence[hydraulic_settings.Setting]
    grid: LaplaceGrid
    measured: Sequence[Measured]
    strengths: Sequence[Strengths]
    n_starts: int
    steps: tuple[int, ...]

    @classmethod
    def prepared(
        cls,
        network: Network,
        parameters: Sequence[Parameter],
        candidates: Sequence[Candidate],
        readings: Sequence[Sequence[Readings]],
        *,
        first_start_s: float,
        start_step_s: float,
        n_starts: int,
        steps: tuple[int, ...],
        hydraulics: HydraulicPrior,
    ) -> "Search":
        """Lay out grids, kernels' settings and release places; `readings` are those of the parameters."""
        gridded = [on_grid(own, first_start_s, start_step_s) for own in readings]
        window_s = WINDOW * max(each.size for each in gridded) * start_step_s
        grid = LaplaceGrid.over(window_s, start_step_s, DAMPING)
        starts_s = first_start_s + start_step_s * np.arange(n_starts, dtype=np.float64)
        locations, rows, gain_numbers, n_gains = rows_and_gain_numbers(parameters)
        gains = hydraulic_settings.gains(hydraulics, n_gains)
        names, priors = [each.name for each in parameters], [each.strength for each in parameters]
        return cls(
            network=network,
            locations=locations,
            places=places_of(network, candidates, STEPS_APART * start_step_s, starts_s),
            settings=list(hydraulic_settings.settings(network, hydraulics)),
            grid=grid,
            measured=[
                Measured.prepared(
                    parameter,
                    readings[number],
                    gridded[number],
                    grid,
                    rows=rows[number],
                    gains=gains[:, gain_numbers[number]],
                    first_start_s=first_start_s,
                    n_starts=n_starts,
                    steps=steps,
                )
                for number, parameter in enumerate(parameters)
            ],
            strengths=Strengths.of_all(candidates, names, priors),
            n_starts=n_starts,
            steps=steps,
        )

    @property
    def size(self) -> int:
        """Release places times hydraulic settings."""
        return len(self.places) * len(self.settings)

    def transported(self, setting: int, numbers: Sequence[int]) -> Iterator[tuple[int, list[Complex]]]:
        """Each of these release places with, by parameter, its transforms at the places where that was read."""
        points = [(number, part) for number in numbers for part in self.places[number].parts]
        sources = [location for _, (location, _) in points]
        decays = list(dict.fromkeys(each.decay_per_s for each in self.measured))
        # All pass the same sources in the same order.
        found = zip(*(self._arrivals(setting, sources, decay) for decay in decays), strict=True)
        awaited = {number: len(self.places[number].parts) for number in numbers}
        together: dict[int, list[Complex]] = {}
        for by_decay in found:
            number, (_, share) = points[by_decay[0][0]]
            arrived = [
                share * each.gains[setting][:, None] * by_decay[decays.index(each.decay_per_s)][1][each.rows]
                for each in self.measured
            ]
            if number in together:
                arrived = [before + more for before, more in zip(together[number], arrived, strict=True)]
            together[number] = arrived
            awaited[number] -= 1
            if not awaited[number]:
                yield number, together.pop(number)

    def transported_to(self, parameter: int) -> Transported:
        """`transported` of one parameter alone, by its number."""

        def of_one(setting: int, numbers: Sequence[int]) -> Iterator[tuple[int, Complex]]:
            for number, rows in self.transported(setting, numbers):
                yield number, rows[parameter]

        return of_one

    def _arrivals(
        self, setting: int, sources: Sequence[Location], decay_per_s: float
    ) -> Iterator[tuple[int, Complex]]:
        velocity_factor, dispersion_factor, storage = self.settings[setting]
        return arrivals(
            self.network,
            self.locations,
            sources,
            self.grid,
            decay_per_s=decay_per_s,
            velocity_factor=velocity_factor,
            dispersion_factor=dispersion_factor,
            storage=storage,
        )

    def weigh_places(
        self, setting: int, found: Sequence[tuple[int, list[Complex]]], known: Floats
    ) -> list[Weighed | None]:
        """The evidence of release places (numbers, transforms) under one setting, over all starts and durations.

        `known` has for each the log evidence of its candidate so far, besides which it may be nothing (None).
        """
        n_cells = (len(self.steps), self.n_starts)
        shares = np.array([self.places[number].share / len(self.settings) for number, _ in found])
        # On the scale of a cell's log Bayes factor.
        known = known + math.log(math.prod(n_cells)) - np.log(shares)
        cells: dict[int, Cells | None] = {}
        for members in self._alike(found):
            cells.update(self._cells([found[member] for member in members], known[members]))
        weighed: list[Weighed | None] = []
        for share, (number, _) in zip(shares.tolist(), found, strict=True):
            counted, draws = cells[number], max(8, round(DRAWS * share))
            weighed.append(
                None
                if counted is None
                else weigh(
                    counted,
                    n_cells,
                    self.strengths[self.places[number].candidate],
                    log_share=math.log(share),
                    setting=setting,
                    place=number,
                    n_draws=draws,
                )
            )
        return weighed

    def _alike(self, found: Sequence[tuple[int, list[Complex]]]) -> list[Ints]:
        """Which of these places the same stations see and strengths of the same kind are possible at."""
        kinds = [id(self.strengths[self.places[number].candidate]) for number, _ in found]
        seen = [
            np.concatenate(
                [each.seen_by(rows) for each, rows in zip(self.measured, by_parameter, strict=True)]
            )
            for _, by_parameter in found
        ]
        _, group = np.unique(np.column_stack([kinds, seen]), axis=0, return_inverse=True)
        return [np.flatnonzero(group == number) for number in range(group.max() + 1)]

    def _cells(
        self, found: Sequence[tuple[int, list[Complex]]], known: Floats
    ) -> Iterator[tuple[int, Cells | None]]:
        """The cells that count of places which the same stations see, those with clouds of like length at once."""
        numbers = [number for number, _ in found]
        by_parameter = list(zip(*(rows for _, rows in found), strict=True))
        pulses = [
            each.pulses(of_places, each.seen_by(of_places[0]))
            for each, of_places in zip(self.measured, by_parameter, strict=True)
        ]
        length = np.zeros(len(numbers))
        for each in pulses:
            if each is not None:
                length = np.maximum(length, each.length)
        log_starts = [self.places[number].log_start for number in numbers]
        strengths = self.strengths[self.places[numbers[0]].candidate]
        classes = np.ceil(CLASSES_PER_OCTAVE * np.log2(length + max(self.steps)))
        for of_class in np.unique(classes):
            rows = np.flatnonzero(classes == of_class)
            seen = [
                one.seen(own, of_places, rows)
                for one, own, of_places in zip(self.measured, pulses, by_parameter, strict=True)
            ]
            passing = Passing(seen, len(rows), self.n_starts, len(self.steps))
            cells = leading(passing, self.n_starts, strengths, [log_starts[row] for row in rows], known[rows])
            yield from zip([numbers[row] for row in rows], cells, strict=True)

    def weigh_all(self, n_candidates: int, progress: Progress | None) -> list[Tally]:
        """Weigh every place under every setting and sum them up by candidate."""
        tallies = [Tally() for _ in range(n_candidates)]
        # A short queue bounds the memory; taking its results in order makes the sums reproducible.
        queue: deque[tuple[list[int], Future[list[Weighed | None]]]] = deque()
        done = 0

        def take() -> None:
            nonlocal done
            numbers, batch = queue.popleft()
            for number, weighed in zip(numbers, batch.result(), strict=True):
                if weighed:
                    tallies[self.places[number].candidate].add(weighed)
                done += 1
                if progress:
                    progress(done, self.size)

        with ThreadPoolExecutor(THREADS) as pool:
            at_once = max(1, min(BATCH, TRANSFORMS // sum(len(each.rows) for each in self.measured)))
            for setting in range(len(self.settings)):
                found = self.transported(setting, range(len(self.places)))
                while batch := list(islice(found, at_once)):
                    numbers = [number for number, _ in batch]
                    known = np.array(
                        [tallies[self.places[number].candidate].log_evidence for number in numbers]
                    )
                    queue.append((numbers, pool.submit(self.weigh_places, setting, batch, known)))
                    if len(queue) > 2 * THREADS:
                        take()
            while queue:
                take()
        return tallies


def places_of(
    network: Network, candidates: Sequence[Candidate], apart_s: float, starts_s: Floats
) -> list[Place]:
    """Where each candidate is tried: an unlisted one at points at least so far apart by the water's velocity."""
    places = []
    for number, candidate in enumerate(candidates):
        log_start = (
            None if candidate.starts is None else candidate.starts.log_weights(starts_s, candidate.key)
        )
        if candidate.kind == "nothing":
            continue
        if candidate.parts:
            total = math.fsum(weight for _, weight in candidate.parts)
            parts = tuple((place, weight / total) for place, weight in candidate.parts)
            places.append(Place(number, 1.0, parts, log_start))
            continue
        assert candidate.location is not None
        where = [candidate.location]
        if candidate.kind == "boundary":
            where = [Location(candidate.location.reach_id, 0.0)]
        elif candidate.kind == "unlisted":
            where = _along(network, candidate.location.reach_id, apart_s)
        share = 1.0 / len(where)
        places += [Place(number, share, ((place, 1.0),), log_start) for place in where]
    return places


def _along(network: Network, reach_id: str, apart_s: float) -> list[Location]:
    """Points along a reach for an outfall that may lie anywhere on it."""
    reach = network.reach(reach_id)
    passing_s = reach.length_m / reach.velocity_m_s if reach.velocity_m_s else math.inf
    points = min(max(1, math.ceil(passing_s / apart_s)), UNLISTED_POINTS) if apart_s < math.inf else 1
    return [Location(reach.id, (n + 0.5) / points * reach.length_m) for n in range(points)]


def notes_of(search: Search) -> dict[int, str]:
    """What limits the answer for a candidate: no station below it, or a cloud too sharp for the grid."""
    locations = [location for place in search.places for location, _ in place.parts]
    sharpest = np.full(len(locations), np.inf)
    for location in search.locations:
        sigma = moments(search.network, location, locations).sigma_s
        sharpest = np.fmin(sharpest, sigma)
    notes: dict[int, str] = {}
    step_s = search.grid.dt_s
    owner = np.array([place.candidate for place in search.places for _ in place.parts], dtype=int)
    for candidate in np.unique(owner).tolist():
        own = owner == candidate
        if np.isinf(sharpest[own]).all():
            notes[candidate] = NO_STATION_BELOW
        elif sharpest[own].min() < STEPS_PER_SIGMA * step_s:
            notes[candidate] = SHARP_CLOUD
    return notes
