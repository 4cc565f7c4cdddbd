"""One release place after another, under every hydraulic setting: the loop of a trace."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from riverkit.network import Location, Network
from riverkit.tracing import hydraulics as hydraulic_settings
from riverkit.tracing.correlation import Clouds, Correlator
from riverkit.tracing.model import Candidate, Floats, HydraulicPrior, Ints, StationSeries, StrengthPrior
from riverkit.tracing.notes import NO_STATION_BELOW, SHARP_CLOUD
from riverkit.tracing.prediction import Predictor
from riverkit.tracing.readings import Readings, on_grid
from riverkit.tracing.tally import Cells, Tally, Weighed, leading, unseen, weigh
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
    """All that is needed to weigh one release place under one hydraulic setting.

    `gains` has the share of the mass that every station recovers, shape [settings, stations].
    """

    network: Network
    stations: Sequence[StationSeries]
    places: Sequence[Place]
    settings: Sequence[hydraulic_settings.Setting]
    decay_per_s: float
    grid: LaplaceGrid
    predictor: Predictor
    correlator: Correlator
    strength: StrengthPrior
    gains: Floats

    @classmethod
    def prepared(
        cls,
        network: Network,
        stations: Sequence[StationSeries],
        candidates: Sequence[Candidate],
        readings: Sequence[Readings],
        *,
        first_start_s: float,
        start_step_s: float,
        n_starts: int,
        steps: tuple[int, ...],
        strength: StrengthPrior,
        hydraulics: HydraulicPrior,
        decay_per_s: float,
    ) -> "Search":
        """Lay out grids, kernels' settings and release places; `steps` are the durations in start steps."""
        gridded = on_grid(readings, first_start_s, start_step_s)
        grid = LaplaceGrid.over(WINDOW * gridded.size * start_step_s, start_step_s, DAMPING)
        starts_s = first_start_s + start_step_s * np.arange(n_starts, dtype=np.float64)
        return cls(
            network=network,
            stations=stations,
            places=places_of(network, candidates, STEPS_APART * start_step_s, starts_s),
            settings=list(hydraulic_settings.settings(network, hydraulics)),
            decay_per_s=decay_per_s,
            grid=grid,
            predictor=Predictor(stations, readings, grid, gridded.size, first_start_s, steps),
            correlator=Correlator(gridded, n_starts, steps),
            strength=strength,
            gains=hydraulic_settings.gains(hydraulics, len(stations)),
        )

    @property
    def size(self) -> int:
        """Release places times hydraulic settings."""
        return len(self.places) * len(self.settings)

    def transported(self, setting: int, numbers: Sequence[int]) -> Iterator[tuple[int, Complex]]:
        """Each of these release places with its transforms at the stations, under one hydraulic setting."""
        velocity_factor, dispersion_factor, storage = self.settings[setting]
        points = [(number, part) for number in numbers for part in self.places[number].parts]
        found = arrivals(
            self.network,
            [station.location for station in self.stations],
            [location for _, (location, _) in points],
            self.grid,
            decay_per_s=self.decay_per_s,
            velocity_factor=velocity_factor,
            dispersion_factor=dispersion_factor,
            storage=storage,
        )
        gain = self.gains[setting][:, None]
        awaited = {number: len(self.places[number].parts) for number in numbers}
        together: dict[int, Complex] = {}
        for position, rows in found:
            number, (_, share) = points[position]
            if number in together:
                together[number] += share * gain * rows
            else:
                together[number] = share * gain * rows
            awaited[number] -= 1
            if not awaited[number]:
                yield number, together.pop(number)

    def weigh_places(
        self, setting: int, found: Sequence[tuple[int, Complex]], known: Floats
    ) -> list[Weighed | None]:
        """The evidence of release places (numbers, transforms) under one setting, over all starts and durations.

        `known` has for each the log evidence of its candidate so far, besides which it may be nothing (None).
        """
        n_cells = (len(self.correlator.steps), self.correlator.n_starts)
        shares = np.array([self.places[number].share / len(self.settings) for number, _ in found])
        # On the scale of a cell's log Bayes factor.
        known = known + math.log(math.prod(n_cells)) - np.log(shares)
        cells: dict[int, Cells | None] = {}
        seen = np.array([rows[:, 0] != 0 for _, rows in found])
        for by in np.unique(seen, axis=0):
            members = np.flatnonzero((seen == by).all(axis=1)).tolist()
            numbers = [found[member][0] for member in members]
            transforms = np.array([found[member][1][by] for member in members])
            cells.update(self._cells(numbers, np.flatnonzero(by), transforms, known[members]))
        weighed: list[Weighed | None] = []
        for share, (number, _) in zip(shares.tolist(), found, strict=True):
            counted, draws = cells[number], max(8, round(DRAWS * share))
            weighed.append(
                None
                if counted is None
                else weigh(
                    counted,
                    n_cells,
                    self.strength,
                    log_share=math.log(share),
                    setting=setting,
                    place=number,
                    n_draws=draws,
                )
            )
        return weighed

    def _cells(
        self, numbers: Sequence[int], stations: Ints, transforms: Complex, known: Floats
    ) -> Iterator[tuple[int, Cells | None]]:
        """The cells that count of places which the same stations see, those with clouds of like length at once."""
        log_starts = [self.places[number].log_start for number in numbers]
        if not len(stations):
            for number, log_start in zip(numbers, log_starts, strict=True):
                yield number, unseen(self.correlator, self.strength, log_start)
            return
        pulses, first, last = self.predictor.pulses(transforms, stations)
        length = (last - first).max(axis=1) + 1
        classes = np.ceil(CLASSES_PER_OCTAVE * np.log2(length + self.correlator.longest))
        for of_class in np.unique(classes):
            rows = np.flatnonzero(classes == of_class).tolist()
            longest = int(length[rows].max())
            begin = np.minimum(first[rows], pulses.shape[-1] - longest)
            windows = sliding_window_view(pulses[rows], longest, axis=-1)
            inside = np.take_along_axis(windows, begin[..., None, None], axis=2)[:, :, 0]
            clouds = Clouds(self.correlator, stations, begin, inside)
            of_rows = [log_starts[row] for row in rows]
            found = leading(clouds, self.correlator.n_starts, self.strength, of_rows, known[rows])
            yield from zip([numbers[row] for row in rows], found, strict=True)

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
            for setting in range(len(self.settings)):
                found = self.transported(setting, range(len(self.places)))
                while batch := list(islice(found, BATCH)):
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
    for station in search.stations:
        sigma = moments(search.network, station.location, locations).sigma_s
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
