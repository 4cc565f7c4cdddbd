"""One release place after another, under every hydraulic setting: the loop of a trace."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from riverkit.network import Location, Network
from riverkit.tracing import hydraulics as hydraulic_settings
from riverkit.tracing.measured import Measured, rows_and_gain_numbers
from riverkit.tracing.model import Candidate, Floats, HydraulicPrior, Ints
from riverkit.tracing.notes import NO_STATION_BELOW, SHARP_CLOUD
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.places import Place, places_of, standing_for_all
from riverkit.tracing.prediction import Transported
from riverkit.tracing.readings import Readings, on_grid
from riverkit.tracing.strengths import Strengths
from riverkit.tracing.tally import NEGLIGIBLE, Pairs, Tally
from riverkit.tracing.weighing import Outcome, Weigher
from riverkit.transport import Hydraulics, LaplaceGrid, Moments, arrivals_together, moments_together
from riverkit.transport.kernel import Complex

WINDOW, DAMPING = 1.5, 18.0
"""Kernels are inverted over 1.5 times the span needed: round-off there is e^12·1e-16, wrap-around e^-18."""

STEPS_PER_SIGMA = 3.0
THREADS = 2

NODES_TOGETHER = 4_096
"""Settings are carried up the network together until so many nodes are: below, the time is in calls."""

POOL = 300_000
"""Transforms (complex numbers) that are handed over at once: enough for batches of what is alike, and for few calls."""

LEFT_OUT = 23.0
"""What is left out of a search lies, all together, so many nats below the rest: e^-23 is a ten-thousandth of the
millionth that is allowed, so that candidates can be believed so much more afterwards."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Search:
    """All that is needed to weigh release places under hydraulic settings.

    Attributes:
        locations: all places where anything was read, each once.
        measured: the parameters.
        strengths: of each candidate.
        n_starts, steps: start times, and the durations in start steps.
        hydraulics: what the settings are drawn from.
        gain_numbers: of each parameter, the gain of each of its points.
        log_weights: logs of the settings' shares in the sum over them, which sum to 1; None for equal ones.
        beliefs: logs of weights of the candidates, shape [beliefs, candidates]. What counts under none of them may be left
            out; without any, everything counts.
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
    beliefs: Floats
    hydraulics: HydraulicPrior
    gain_numbers: Sequence[Ints]
    log_weights: Floats | None = None

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
        steps_apart: float,
        hydraulics: HydraulicPrior,
        beliefs: Sequence[Sequence[float]] = (),
    ) -> "Search":
        """Lay out grids, kernels' settings and release places; `readings` are those of the parameters.

        `steps_apart`: between points of an unlisted outfall water takes at least so many start steps.
        """
        with np.errstate(divide="ignore"):
            log_beliefs = np.log(np.array(beliefs, dtype=np.float64).reshape(-1, len(candidates)))
        gridded = [on_grid(own, first_start_s, start_step_s) for own in readings]
        window_s = WINDOW * max(each.size for each in gridded) * start_step_s
        grid = LaplaceGrid.over(window_s, start_step_s, DAMPING)
        starts_s = first_start_s + start_step_s * np.arange(n_starts, dtype=np.float64)
        locations, rows, gain_numbers, n_gains = rows_and_gain_numbers(parameters)
        points = hydraulic_settings.evenly_spread(hydraulics, n_gains)
        gains = _gains(hydraulics, points)
        names, priors = [each.name for each in parameters], [each.strength for each in parameters]
        return cls(
            network=network,
            locations=locations,
            places=places_of(network, candidates, steps_apart * start_step_s, starts_s),
            settings=_settings(network, hydraulics, points),
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
            beliefs=log_beliefs,
            hydraulics=hydraulics,
            gain_numbers=gain_numbers,
        )

    @property
    def n_gains(self) -> int:
        """Quantities of a point besides those of the hydraulics."""
        return 1 + max(int(each.max()) for each in self.gain_numbers) if self.hydraulics.gain_log_sd else 0

    def under(self, points: Floats, log_weights: Floats | None = None) -> "Search":
        """The same search under other settings: points [settings, quantities], standard normal beforehand, gains last."""
        gains = _gains(self.hydraulics, points)
        found = replace(
            self,
            settings=_settings(self.network, self.hydraulics, points),
            log_weights=log_weights,
            measured=[
                replace(
                    each, gains=gains[:, numbers] if self.n_gains else np.ones((len(points), len(numbers)))
                )
                for each, numbers in zip(self.measured, self.gain_numbers, strict=True)
            ],
        )
        # The places are the same, and so is the way from them.
        found.__dict__["travel"] = self.travel
        return found

    def with_places(self, count: int, priors: Floats) -> "Search":
        """The same with at most so many release places that stand for all; `priors` are the candidates'."""
        begins = np.cumsum([0, *(len(place.parts) for place in self.places)])[:-1]
        weight = np.array([priors[place.candidate] * place.share for place in self.places])
        first = Moments(*(each[:, begins] for each in self.travel))
        chosen = standing_for_all(self.places, weight, self.locations, first, count)
        return replace(self, places=chosen)

    @property
    def size(self) -> int:
        """Release places times hydraulic settings."""
        return len(self.places) * len(self.settings)

    @cached_property
    def travel(self) -> Moments:
        """By the network's own hydraulics, from all points of all release places to all places where anything was read."""
        points = [location for place in self.places for location, _ in place.parts]
        return moments_together(self.network, self.locations, points)

    def transported(self, setting: int, numbers: Sequence[int]) -> Iterator[tuple[int, list[Complex]]]:
        """Each of these release places with, by parameter, its transforms at the places where that was read."""
        for number, arrived in self._transported([setting], numbers):
            yield number, [each[0] for each in arrived]

    def _transported(
        self, settings: Sequence[int], numbers: Sequence[int]
    ) -> Iterator[tuple[int, list[Complex]]]:
        """The same under several settings, the first axis of the transforms."""
        points = [(number, part) for number in numbers for part in self.places[number].parts]
        sources = [location for _, (location, _) in points]
        decays = list(dict.fromkeys(each.decay_per_s for each in self.measured))
        hydraulics = [Hydraulics(self.network, *self.settings[setting]) for setting in settings]
        # All pass the same sources in the same order.
        found = zip(
            *(
                arrivals_together(
                    self.network, self.locations, sources, self.grid, hydraulics, decay_per_s=decay
                )
                for decay in decays
            ),
            strict=True,
        )
        gains = [each.gains[list(settings), :, None] for each in self.measured]
        awaited = {number: len(self.places[number].parts) for number in numbers}
        together: dict[int, list[Complex]] = {}
        for by_decay in found:
            number, (_, share) = points[by_decay[0][0]]
            arrived = [
                share * gain * by_decay[decays.index(each.decay_per_s)][1][:, each.rows]
                for each, gain in zip(self.measured, gains, strict=True)
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

    def weigh_all(self, n_candidates: int, progress: Progress | None) -> list[Tally]:
        """Weigh every place under every setting and sum them up by candidate.

        What is proven not to matter is left out: first come the places that could explain most, by the stations that their
        water passes, and what these have reached the others must come near.
        """
        tallies = [Tally() for _ in range(n_candidates)]
        log_shares = self._log_shares
        weigher = Weigher(self.measured, self.strengths, self.places, self.n_starts, len(self.steps))
        most, owner = self._most(), np.array([place.candidate for place in self.places], dtype=np.int64)
        together = max(1, NODES_TOGETHER // len(self.grid.s))
        # A short queue bounds the memory; taking its results in order makes the sums reproducible.
        queue: deque[Future[list[Outcome]]] = deque()
        done = 0

        def tell(pairs: int) -> None:
            nonlocal done
            for _ in range(pairs):
                done += 1
                if progress:
                    progress(done, self.size)

        def take() -> None:
            for outcome in queue.popleft().result():
                outcome.add_to(tallies)
                tell(outcome.n_pairs)

        foremost = most == most.max(initial=-np.inf)
        with ThreadPoolExecutor(THREADS) as pool:
            for numbers in (np.flatnonzero(foremost), np.flatnonzero(~foremost)):
                for begin in range(0, len(self.settings), together):
                    settings = range(begin, min(begin + together, len(self.settings)))
                    hopeless = numbers[most[numbers] <= self._least(tallies)[owner[numbers]]]
                    of_settings = float(np.logaddexp.reduce(log_shares[list(settings)]))
                    for number in hopeless.tolist():
                        log_share = math.log(self.places[number].share) + of_settings
                        tallies[owner[number]].leave_out(float(most[number]) + log_share)
                    tell(len(hopeless) * len(settings))
                    weighed = np.setdiff1d(numbers, hopeless).tolist()
                    for pairs, transforms in self._pools(settings, weighed):
                        least = self._least(tallies)[pairs.candidate]
                        queue.append(pool.submit(weigher.weigh, pairs, transforms, least))
                        if len(queue) > 2 * THREADS:
                            take()
                while queue:
                    take()
        return tallies

    @property
    def _log_shares(self) -> Floats:
        """Of the settings in the sum over them."""
        if self.log_weights is not None:
            return self.log_weights
        return np.full(len(self.settings), -math.log(len(self.settings)))

    def _most(self) -> Floats:
        """The log Bayes factor that each place has at most whatever the hydraulics, by the stations its water passes."""
        if not self.places:
            return np.zeros(0)
        begins = np.cumsum([0, *(len(place.parts) for place in self.places)])[:-1]
        passes = np.logical_or.reduceat(self.travel.share > 0, begins, axis=1).T
        bound = np.sum([each.most(passes) for each in self.measured], axis=0)
        most = np.zeros(len(self.places))
        for row, place in enumerate(self.places):
            # No Bayes factor changes where no station sees anything.
            if bound[row] > 0:
                most[row] = self.strengths[place.candidate].most_log_bayes_factor(bound[row])
            if place.log_start is not None:
                most[row] += place.log_start.max()
        return most

    def _least(self, tallies: Sequence[Tally]) -> Floats:
        """For every candidate: cells of no larger log Bayes factor may all be left out.

        Let e be the evidences so far. Cells of a candidate that are left out add at most their largest Bayes factor to
        its evidence, for this is a mean over cells, places and settings. Under a belief b they hold less than the share
        allowed of all probability if that factor times b is below this share of the largest e·b, over the number of
        candidates. Besides, what double precision does not keep of a candidate's own evidence is left out.
        """
        reached = np.array([tally.log_evidence for tally in tallies])
        least = reached - NEGLIGIBLE
        if not len(self.beliefs):
            return least
        with np.errstate(invalid="ignore"):
            by_belief = (reached + self.beliefs).max(axis=1, keepdims=True) - self.beliefs
        floor = np.where(np.isnan(by_belief), -np.inf, by_belief).min(axis=0)
        floor -= LEFT_OUT + math.log(len(tallies))
        kept: Floats = np.maximum(least, floor)
        return kept

    def _pools(
        self, settings: Sequence[int], numbers: Sequence[int]
    ) -> Iterator[tuple[Pairs, list[Complex]]]:
        """These places under these settings, some at a time, with their transforms by parameter [pairs, points, nodes]."""
        per_place = len(settings) * len(self.grid.s) * sum(len(each.rows) for each in self.measured)
        at_once = max(1, POOL // per_place)
        found = self._transported(settings, numbers)
        while batch := list(islice(found, at_once)):
            places = [self.places[number] for number, _ in batch]
            log_share = np.log([place.share for place in places])
            pairs = Pairs(
                candidate=np.repeat([place.candidate for place in places], len(settings)),
                place=np.repeat([number for number, _ in batch], len(settings)),
                setting=np.tile(list(settings), len(batch)),
                log_share=(log_share[:, None] + self._log_shares[list(settings)]).ravel(),
            )
            by_parameter = zip(*(arrived for _, arrived in batch), strict=True)
            yield pairs, [np.concatenate(each) for each in by_parameter]


def _settings(network: Network, prior: HydraulicPrior, points: Floats) -> list[hydraulic_settings.Setting]:
    own = hydraulic_settings.n_uncertain(prior)
    return list(hydraulic_settings.settings_at(network, prior, points[:, :own]))


def _gains(prior: HydraulicPrior, points: Floats) -> Floats:
    return hydraulic_settings.gains_at(prior, points[:, hydraulic_settings.n_uncertain(prior) :])


def notes_of(search: Search) -> dict[int, str]:
    """What limits the answer for a candidate: no station below it, or a cloud too sharp for the grid."""
    notes: dict[int, str] = {}
    sigma = search.travel.sigma_s
    sharpest = np.where(np.isnan(sigma), np.inf, sigma).min(axis=0, initial=np.inf)
    step_s = search.grid.dt_s
    owner = np.array([place.candidate for place in search.places for _ in place.parts], dtype=int)
    for candidate in np.unique(owner).tolist():
        own = owner == candidate
        if np.isinf(sharpest[own]).all():
            notes[candidate] = NO_STATION_BELOW
        elif sharpest[own].min() < STEPS_PER_SIGMA * step_s:
            notes[candidate] = SHARP_CLOUD
    return notes
