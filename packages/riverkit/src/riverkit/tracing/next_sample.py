"""Where and when to take the next samples: by what they are expected to tell about the candidate.

The expected information of a sample y is I = H[Σ p_j f_j] - Σ p_j H[f_j], f_j the density of y if candidate j
released: a mixture of normals over its releases. It is worked out on classes of y, which can only lose
information, so that the figure is a lower bound and never below zero.
"""

import itertools
import math
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from riverkit.errors import TracingError
from riverkit.network import Location, Network
from riverkit.tracing.hypotheses import Hypotheses
from riverkit.tracing.model import Floats

CLASSES = 64
RELEASES = 64
"""Of each candidate, so many releases stand for all."""

KERNEL_STEPS = 6
"""Near its source a cloud is sharper than the times between which a crew would choose."""

LEAST_PROBABLE = 1e-3
WORLDS = 16
"""Results of the bottles chosen so far, for which the gain of the next one is averaged."""

PASSING = 0.1
"""A plume is said to pass while a rise above the laboratory's error has this probability."""

NEARLY_AS_GOOD = 0.9
TELLING = 0.05
"""Ranges of results of less probability are reported with their neighbour."""

CLEARLY = 1.1
"""A candidate rises or falls by an outcome if its probability changes by more than this factor."""

UNSEEN = 0.05
"""Rises below this share of the laboratory's error are not looked at."""

TINY = 1e-150

GOLDEN = (5.0**0.5 - 1.0) / 2.0


@dataclass(frozen=True)
class SamplingPlace:
    """Where a crew can take water: flow in m³/s, and the background (g/m³) with its standard deviation."""

    name: str
    location: Location
    discharge_m3s: float
    background: float = 0.0
    background_sd: float = 0.0


@dataclass(frozen=True, eq=False)
class Crew:
    """What one crew can reach.

    Attributes:
        earliest_s: soonest time at each place, on the stations' time axis.
        between_s: shape [places, places]: seconds from one place to another.
        windows_s: (from, to) in which it may work: daylight, shifts.
        handling_s: at a place, before it can go on.
    """

    earliest_s: Floats
    between_s: Floats
    windows_s: Sequence[tuple[float, float]]
    handling_s: float = 900.0


@dataclass(frozen=True)
class SampleNoise:
    """Standard deviation of a result: absolute (g/m³) and relative to the concentration, model misfit included."""

    absolute: float
    relative: float = 0.1

    def __post_init__(self) -> None:
        if not (0 < self.absolute < math.inf and 0 <= self.relative < math.inf):
            raise TracingError(f"{self}: the absolute error must be above 0, the relative one not below 0.")


@dataclass(frozen=True)
class Outcome:
    """If the result lies in this range (g/m³): how probable that is, and the candidates' probabilities then."""

    low: float
    high: float
    probability: float
    candidates: dict[str, float]
    rises: tuple[str, ...]
    falls: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """One bottle.

    Attributes:
        place: name of the place.
        time_s: the best moment.
        window_s: from … to around it: the gain is at least 90 % as large and the crew can be there.
        passage_s: when the plume passes the place, if it does; None if it hardly will.
        bits: expected gain about the candidate, given the bottles before this one in the list.
        outcomes: what each range of results would mean, taken alone, the lowest first.
    """

    place: str
    time_s: float
    window_s: tuple[float, float]
    passage_s: tuple[float, float] | None
    bits: float
    outcomes: tuple[Outcome, ...]


def next_samples(
    network: Network,
    hypotheses: Hypotheses,
    places: Sequence[SamplingPlace],
    crew: Crew,
    count: int,
    noise: SampleNoise,
    *,
    step_s: float,
    decay_per_s: float = 0.0,
) -> list[Suggestion]:
    """Choose up to `count` bottles, one after another by expected gain, that one crew can take.

    The first is exact but for the classes of results and the thinning of releases; each further one is averaged
    over results of those before it. Fewer come back where nothing more can be reached.

    Args:
        step_s: between the times considered.

    Raises:
        TracingError: no place, or times and travel that do not fit the places.
        TransportError: no steady-flow kernel between a release and a place.
    """
    return Sampling(network, hypotheses, places, crew, noise, step_s=step_s, decay_per_s=decay_per_s).suggest(
        count
    )


class Sampling:
    """What samples at any of some places would tell, and what they do tell once they are tested.

    Args:
        (all): as of `next_samples`.
    """

    def __init__(
        self,
        network: Network,
        hypotheses: Hypotheses,
        places: Sequence[SamplingPlace],
        crew: Crew,
        noise: SampleNoise,
        *,
        step_s: float,
        decay_per_s: float = 0.0,
    ) -> None:
        _refuse_unusable(places, crew, step_s)
        self._hypotheses = hypotheses.thinned(RELEASES, LEAST_PROBABLE)
        self._places, self._noise, self._crew = places, noise, crew
        self._time_s = _times(crew, step_s)
        self._unit = np.zeros((len(self._hypotheses.weight), len(places), 0))
        if len(self._time_s):
            self._unit = self._hypotheses.concentration_per_kg(
                network,
                [place.location for place in places],
                np.array([place.discharge_m3s for place in places]),
                self._time_s,
                step_s=step_s / KERNEL_STEPS,
                decay_per_s=decay_per_s,
            )
        # Releases stand in the order of candidates, so that those of one are a slice.
        owners, begins = np.unique(self._hypotheses.candidate, return_index=True)
        ends = [*begins[1:].tolist(), len(self._hypotheses.candidate)]
        self._own = [slice(begin, end) for begin, end in zip(begins.tolist(), ends, strict=True)]
        self._keys = [self._hypotheses.keys[owner] for owner in owners.tolist()]
        self._tested: list[tuple[int, int]] = []

    def suggest(self, count: int, among: Collection[str] | None = None) -> list[Suggestion]:
        """Up to `count` further bottles for the crew, as of `next_samples`; `among` places of these names, if given."""
        if count < 1:
            raise TracingError(f"{count} samples: give at least one.")
        allowed = np.array([among is None or place.name in among for place in self._places])
        worlds = self._hypotheses.weight[None]
        chosen: list[tuple[int, int]] = []
        suggestions: list[Suggestion] = []
        while len(chosen) < count:
            reachable = _reachable(self._crew, self._time_s, [*self._tested, *chosen]) & allowed[:, None]
            if self._tested:
                # The crew goes on from where it is.
                reachable &= self._time_s > self._time_s[self._tested[-1][1]]
            if not reachable.any():
                break
            bits = np.full(reachable.shape, -np.inf)
            for row, column in np.argwhere(reachable).tolist():
                bits[row, column] = self._bits(row, column, worlds)
            row, column = (int(i) for i in np.unravel_index(int(np.argmax(bits)), bits.shape))
            suggestions.append(
                Suggestion(
                    place=self._places[row].name,
                    time_s=float(self._time_s[column]),
                    window_s=_around(bits[row], column, self._time_s),
                    passage_s=self._passage(row),
                    bits=float(bits[row, column]),
                    outcomes=self._outcomes(row, column),
                )
            )
            chosen.append((row, column))
            worlds = self._after(worlds, row, column)
        return suggestions

    def tested(self, suggestion: Suggestion, value: float) -> "Sampling":
        """The same once that bottle was found to hold so much (g/m³): what a quick test tells a crew that is still out.

        A trace with the result as a reading also finds what none of these releases had thought of.

        Raises:
            TracingError: the suggestion is for another place or time than these, or no release is left that
                explains the result.
        """
        names = [place.name for place in self._places]
        column = int(np.searchsorted(self._time_s, suggestion.time_s))
        if suggestion.place not in names or suggestion.time_s not in self._time_s[column : column + 1]:
            raise TracingError(
                f"No sample at {suggestion.place!r} at {suggestion.time_s:g} s is among those considered here. Give a suggestion "
                "of this sampling."
            )
        row = names.index(suggestion.place)
        mean, sd = self._result(row, column)
        weight = self._hypotheses.weight * np.exp(-0.5 * ((value - mean) / sd) ** 2) / sd
        # Some 38 standard deviations from every release nothing is left, and the nearest is no explanation.
        if not weight.sum() > 0:
            raise TracingError(
                f"No release explains {value:g} g/m³ at {suggestion.place!r}. Trace again with that result."
            )
        found = copy(self)
        found._hypotheses = replace(self._hypotheses, weight=weight / weight.sum())
        found._tested = [*self._tested, (row, column)]
        return found

    def _bits(self, row: int, column: int, worlds: Floats) -> float:
        """Expected information about the candidate, averaged over worlds (rows of weights)."""
        rise = self._unit[:, row, column] * self._hypotheses.mass_kg
        if not (rise > UNSEEN * self._noise.absolute).any():
            return 0.0
        shares = self._by_candidate(worlds, self._classes(row, column)[1])
        return float(np.mean(_information(shares)))

    def _after(self, worlds: Floats, row: int, column: int) -> Floats:
        """Weights of the releases after results drawn evenly from what the worlds expect there."""
        mean, sd = self._result(row, column)
        starts = np.repeat(worlds, 1 if len(worlds) > 1 else WORLDS, axis=0)
        number = np.arange(len(starts))
        # Evenly along the weight in the first round, and by the golden ratio after it: no chance is needed.
        share = (number + 0.5) / len(starts) if len(worlds) == 1 else (GOLDEN * (number + 1.0)) % 1.0
        error = special.ndtri((GOLDEN**2 * (number + 1.0)) % 1.0)
        result = np.empty_like(starts)
        for world, (weights, target) in enumerate(zip(starts, share, strict=True)):
            true = min(int(np.searchsorted(np.cumsum(weights), target * weights.sum())), len(weights) - 1)
            y = mean[true] + sd[true] * error[world]
            log_weight = -0.5 * ((y - mean) / sd) ** 2 - np.log(sd)
            posterior = weights * np.exp(log_weight - log_weight.max())
            result[world] = posterior / posterior.sum()
        return result

    def _passage(self, row: int) -> tuple[float, float] | None:
        """From when to when a rise above the error of the laboratory is probable enough."""
        rise = self._unit[:, row] * self._hypotheses.mass_kg[:, None]
        passing = np.flatnonzero(self._hypotheses.weight @ (rise > self._noise.absolute) >= PASSING)
        return (float(self._time_s[passing[0]]), float(self._time_s[passing[-1]])) if len(passing) else None

    def _outcomes(self, row: int, column: int) -> tuple[Outcome, ...]:
        """Ranges of results within each of which the same candidates gain."""
        edges, classes = self._classes(row, column)
        shares = self._by_candidate(self._hypotheses.weight[None], classes)[0]
        before = shares.sum(axis=1)
        gains = shares > CLEARLY * before[:, None] * shares.sum(axis=0)
        cuts = [0, *(np.flatnonzero((gains[:, 1:] != gains[:, :-1]).any(axis=0)) + 1).tolist(), CLASSES]
        ranges = _merged([slice(a, b) for a, b in itertools.pairwise(cuts)], shares)
        return tuple(self._outcome(edges, shares, before, part) for part in ranges)

    def _outcome(self, edges: Floats, shares: Floats, before: Floats, part: slice) -> Outcome:
        inside = shares[:, part].sum(axis=1)
        probability = float(inside.sum())
        now = dict(zip(self._keys, (inside / probability).tolist(), strict=True))
        return Outcome(
            low=float(edges[part.start]),
            high=float(edges[part.stop]),
            probability=probability,
            candidates=now,
            rises=tuple(k for k, p in zip(self._keys, before, strict=True) if now[k] > CLEARLY * p),
            falls=tuple(k for k, p in zip(self._keys, before, strict=True) if now[k] < p / CLEARLY),
        )

    def _result(self, row: int, column: int) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the laboratory's result under every release, g/m³."""
        place = self._places[row]
        unit = self._unit[:, row, column]
        mean = place.background + unit * self._hypotheses.mass_kg
        variance = (unit * self._hypotheses.mass_sd_kg) ** 2 + place.background_sd**2
        variance += self._noise.absolute**2 + (self._noise.relative * mean) ** 2
        return mean, np.sqrt(variance)

    def _classes(self, row: int, column: int) -> tuple[Floats, Floats]:
        """Edges of classes of the result, and the probability of each class under every release.

        The classes are as wide as the error near the background and in proportion further up. The outer ones are
        open.
        """
        mean, sd = self._result(row, column)
        base = self._places[row].background
        scale = float(sd.min())
        low, high = ((mean - 4.0 * sd - base) / scale).min(), ((mean + 4.0 * sd - base) / scale).max()
        edges = base + scale * np.sinh(np.linspace(np.arcsinh(low), np.arcsinh(high), CLASSES + 1))
        below = special.ndtr((edges[1:-1] - mean[:, None]) / sd[:, None])
        return edges, np.diff(below, axis=1, prepend=0.0, append=1.0)

    def _by_candidate(self, worlds: Floats, classes: Floats) -> Floats:
        """Joint probability of candidate and class in every world: shape [worlds, candidates, classes]."""
        return np.stack([worlds[:, own] @ classes[own] for own in self._own], axis=1)


def _information(shares: Floats) -> Floats:
    """Mutual information (bits) of the last two axes, given their joint probabilities."""
    # What is that improbable tells nothing, but its product below would be a zero and its logarithm infinite.
    shares = np.where(shares > TINY, shares, 0.0)
    independent = shares.sum(axis=-1, keepdims=True) * shares.sum(axis=-2, keepdims=True)
    bits: Floats = (special.rel_entr(shares, independent)).sum(axis=(-2, -1)) / np.log(2.0)
    return bits


def _merged(ranges: list[slice], shares: Floats) -> list[slice]:
    """Join ranges of little probability with the one before, or after for the first."""
    merged = [ranges[0]]
    for part in ranges[1:]:
        last = merged[-1]
        if min(shares[:, last].sum(), shares[:, part].sum()) < TELLING:
            merged[-1] = slice(last.start, part.stop)
        else:
            merged.append(part)
    return merged


def _times(crew: Crew, step_s: float) -> Floats:
    parts = [np.arange(begin, end + 1e-9, step_s) for begin, end in sorted(crew.windows_s) if end >= begin]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0)


def _reachable(
    crew: Crew, time_s: Floats, chosen: Sequence[tuple[int, int]]
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Places and times at which the crew can be, with the bottles chosen so far."""
    possible = time_s >= crew.earliest_s[:, None]
    for row, column in chosen:
        there, back = crew.between_s[row][:, None], crew.between_s[:, row][:, None]
        later = time_s - time_s[column] >= there + crew.handling_s
        sooner = time_s[column] - time_s >= back + crew.handling_s
        possible &= later | sooner
    return possible


def _around(bits: Floats, best: int, time_s: Floats) -> tuple[float, float]:
    """The unbroken run of times around the best one that are nearly as good."""
    good = bits >= NEARLY_AS_GOOD * bits[best]
    first = last = best
    while first > 0 and good[first - 1]:
        first -= 1
    while last < len(bits) - 1 and good[last + 1]:
        last += 1
    return float(time_s[first]), float(time_s[last])


def _refuse_unusable(places: Sequence[SamplingPlace], crew: Crew, step_s: float) -> None:
    n = len(places)
    if not n or not step_s > 0:
        raise TracingError(
            f"Samples at {n} places every {step_s} s: give at least one place, and a step above 0."
        )
    without = [place.name for place in places if not 0 < place.discharge_m3s < math.inf]
    if without:
        raise TracingError(f"Place {without[0]!r} has no discharge above 0. Give it one, or leave it out.")
    for place in places:
        if not (math.isfinite(place.background) and 0 <= place.background_sd < math.inf):
            raise TracingError(
                f"Place {place.name!r}: background {place.background} ± {place.background_sd} g/m³. Give finite numbers, the "
                "second not below 0."
            )
    if crew.earliest_s.shape != (n,) or crew.between_s.shape != (n, n):
        raise TracingError(
            f"The crew's times are for {crew.earliest_s.shape} and {crew.between_s.shape} places, and there are {n}. "
            "Give the soonest time at each, and the way from each to each."
        )
