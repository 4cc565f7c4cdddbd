"""Stations that leave as few sources as possible looking alike.

Two sources j and k look alike to a station as far as the Bhattacharyya coefficient of what it would report
says: it notices nothing, or it notices a cloud of a certain spread. The start of a release is unknown and its
mass nearly so, and on a river that does not divide the times between stations are the same for all sources
above the first of them: what is left is which stations notice anything, and how wide the cloud has become.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riverkit.errors import PlacementError
from riverkit.network import Location, Network
from riverkit.placement.greedy import Floats, lazy_greedy
from riverkit.placement.travel import Travel, TypicalRelease, travel

DISPERSION_LOG10_SD = 0.5
"""Formulas of dispersion err by so much; the spread of a cloud, a root of it, by half."""

NEVER_SEEN = 1e-4
"""A place that notices a source with less than this probability is taken never to."""

CELLS = 2**15
"""So many pairs of sources are weighed at once: their tables stay in the processor's cache."""


@dataclass(frozen=True)
class IdentifyPlacement:
    """Places added, and how well a future source could be told from the others.

    Attributes:
        places: numbers of the added places, in the order of choice.
        confusable: share of all sources, by prior, that look like the true one: expected over the prior; 1 without
            any station, and the sum of squared priors where every source is told from every other.
        lower_bound: no choice of as many places has a smaller confusable share (proven).
        before: confusable share with the existing stations alone.
        bits: what the stations are certain to tell about the source, in expectation (a lower bound).
        prior_bits: what there is to be told: the entropy of the prior.
        unseen_share: prior of the sources that no station notices, in expectation.
    """

    places: tuple[int, ...]
    confusable: float
    lower_bound: float
    before: float
    bits: float
    prior_bits: float
    unseen_share: float


def place_to_identify(
    network: Network,
    places: Sequence[Location],
    count: int,
    sources: Sequence[Location],
    release: TypicalRelease,
    *,
    prior: Floats | None = None,
    existing: Sequence[Location] = (),
    dispersion_log10_sd: float = DISPERSION_LOG10_SD,
) -> IdentifyPlacement:
    """Choose `count` places so that the expected share of sources that look alike is small, by lazy greedy.

    The measure is Σ p_j p_k ρ_jk with ρ the Bhattacharyya coefficient of all stations' reports: the product of
    those of "noticed or not", times the smallest of those of the spread (a river's spread errs alike at all its
    stations, so that only the best one counts). It is supermodular, so that greedy comes with its bound. The
    bits are the lower bound of Kolchinsky & Tracey (2017), Entropy 19:361: -Σ p_j log2 Σ_k p_k ρ_jk.

    Args:
        places: where a station may be put; their reaches need a discharge.
        sources: where a release may begin.
        prior: of each source, at least 0; by default all alike.
        existing: stations that are there already.

    Raises:
        PlacementError: nothing to choose from, or a place without a discharge.
        TransportError: as `riverkit.transport.moments`.
    """
    everywhere = [*existing, *places]
    ways = travel(network, everywhere, sources)
    probability = _prior(prior, len(sources))
    objective = Confusion(
        ways,
        ways.seen_probability(release, discharges(network, everywhere)),
        probability,
        release,
        dispersion_log10_sd,
    )
    for number in range(len(existing)):
        objective.add(number)
    before = objective.confusable()
    found = lazy_greedy(objective, count, range(len(existing)))
    positive = probability[probability > 0]
    return IdentifyPlacement(
        places=tuple(place - len(existing) for place in found.places),
        confusable=objective.confusable(),
        lower_bound=max(before - found.bound, float((probability**2).sum())),
        before=before,
        bits=objective.bits(),
        prior_bits=float(-(positive * np.log2(positive)).sum()),
        unseen_share=float(probability @ objective.unseen),
    )


class Confusion:
    """How much every pair of sources looks alike to the chosen stations; the objective of the lazy greedy."""

    def __init__(
        self,
        ways: Travel,
        seen: Floats,
        prior: Floats,
        release: TypicalRelease,
        dispersion_log10_sd: float = DISPERSION_LOG10_SD,
    ) -> None:
        """`seen`: probability that each place (row) notices each source (column)."""
        self.n_places, n_sources = seen.shape
        self._prior = prior
        self._seen = np.where(seen < NEVER_SEEN, 0.0, seen)
        spread_s2 = ways.sigma_s**2 + release.duration_s**2 / 12.0
        # Half the logarithm of the variance, in standard deviations of its error.
        error = 0.5 * np.log(10.0) * dispersion_log10_sd
        self._spread = np.where(self._seen > 0, 0.5 * np.log(spread_s2) / error, 0.0)
        self._noticed = np.ones((n_sources, n_sources))
        self._by_spread = np.ones((n_sources, n_sources))
        self.unseen = np.ones(n_sources)
        self._alike = np.full(n_sources, prior.sum())

    def confusable(self) -> float:
        """The expected share of sources that look like the true one."""
        return float(self._prior @ self._alike)

    def bits(self) -> float:
        """Lower bound of the expected information about the source."""
        return float(-(self._prior @ np.log2(np.where(self._prior > 0, self._alike, 1.0))))

    def gains(self, places: Sequence[int]) -> Floats:
        """Fall of the confusable share with each of these places alone."""
        return np.array([self._gain(place) for place in places])

    def add(self, place: int) -> None:
        """Put a station there."""
        rows = np.flatnonzero(self._seen[place])
        block = np.ix_(rows, rows)
        report = _Report(self._seen[place, rows], self._spread[place, rows])
        everything = slice(None)
        alike = report.noticed(everything, everything)
        telling = report.both(everything, everything) / alike
        alike *= self._noticed[block]
        # To a source elsewhere only silence can look alike.
        silent = np.sqrt(1.0 - self._seen[place])
        self._noticed *= silent[:, None] * silent
        self._noticed[block] = alike
        self._by_spread[block] = np.minimum(self._by_spread[block], telling)
        self.unseen *= silent**2
        self._alike = (self._noticed * self._by_spread) @ self._prior

    def _gain(self, place: int) -> float:
        rows = np.flatnonzero(self._seen[place])
        prior = self._prior[rows]
        report = _Report(self._seen[place, rows], self._spread[place, rows])
        telling = 1.0 - report.silent
        # First as if every other source were elsewhere, where each pair counts twice; then those here again.
        fall = 2.0 * float((prior * telling) @ self._alike[rows])
        start = 0
        while start < len(rows):
            part = slice(start, start + max(1, CELLS // (len(rows) - start)))
            rest = slice(start, None)
            # Pairs are alike both ways: the columns beyond this part stand for the rows below it, too.
            weight = 2.0 * prior[rest]
            weight[: part.stop - start] *= 0.5
            # Rows first and columns then: twice as fast as both at once.
            noticed, by_spread = (
                table[rows[part]].take(rows[rest], axis=1) for table in (self._noticed, self._by_spread)
            )
            after = report.noticed(part, rest)
            after *= by_spread
            np.minimum(after, report.both(part, rest), out=after)
            after *= noticed
            by_spread *= noticed
            now, told = (by_spread @ np.stack([weight, telling[rest] * weight], axis=1)).T
            fall += float(prior[part] @ ((1.0 - telling[part]) * now - told - after @ weight))
            start = part.stop
        return fall


class _Report:
    """How alike a place's reports are for pairs of the sources that it may notice.

    All exponents and products are of low rank in the two sources: products of thin matrices make them in one pass.
    """

    def __init__(self, seen: Floats, spread: Floats) -> None:
        self.silent = np.sqrt(1.0 - seen)
        by_notice = np.sqrt(seen)
        # -d²/8 as a sum of products; counted from one of them, so that few digits cancel.
        spread = (spread - spread[:1]) / np.sqrt(8.0)
        own, ones = np.log(by_notice) - spread**2, np.ones(len(seen))
        self._sources = np.stack([self.silent, by_notice], axis=1)
        self._left = np.stack([own, ones, 2.0 * spread], axis=1)
        self._right = np.stack([ones, own, spread], axis=1)

    def noticed(self, some: slice, others: slice) -> Floats:
        """Coefficient of "noticed or not"."""
        alike: Floats = self._sources[some] @ self._sources[others].T
        return alike

    def both(self, some: slice, others: slice) -> Floats:
        """Coefficient of "noticed or not" and, where noticed in both cases, of the spread."""
        alike: Floats = self._left[some] @ self._right[others].T
        np.exp(alike, out=alike)
        alike += self.silent[some, None] * self.silent[others]
        return alike


def discharges(network: Network, places: Sequence[Location]) -> Floats:
    """Flow at each place, m³/s; PlacementError where it is unknown."""
    flows = np.array([network.arrays.discharge_m3s[network.index(place.reach_id)] for place in places])
    if not (flows > 0).all():
        place = places[int(np.flatnonzero(~(flows > 0))[0])]
        raise PlacementError(
            f"Reach {place.reach_id!r} has no discharge, so what a station there would notice is unknown. Give it one, "
            "or let `riverkit.network.estimate_hydraulics` fill it (--specific-discharge)."
        )
    return flows


def _prior(prior: Floats | None, n_sources: int) -> Floats:
    if prior is None:
        return np.full(n_sources, 1.0 / n_sources)
    weights = np.asarray(prior, dtype=np.float64)
    if weights.shape != (n_sources,) or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
        raise PlacementError("Give each source one prior of at least 0, and at least one above 0.")
    normalised: Floats = weights / weights.sum()
    return normalised
