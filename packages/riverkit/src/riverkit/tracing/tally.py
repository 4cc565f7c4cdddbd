"""Adding up hypotheses: what a candidate's cells (duration × start) leave behind once they are weighed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from riverkit.tracing.evidence import strength_at
from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.passing import Passing
from riverkit.tracing.strengths import Masses, Strengths

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
"""Multiples of it, modulo 1, fill the unit interval evenly; so a lattice of draws and masses needs no
chance."""

EVEN = np.array([GOLDEN, *(np.sqrt([2.0, 3.0, 7.0, 11.0, 13.0, 17.0, 19.0]) % 1.0)])
"""The same for further strengths, independent of one another."""

NEGLIGIBLE = 50.0
"""A cell so many nats below the best adds nothing that double precision keeps, even millions of them."""


MOST = 1e9
"""Bounds beyond it do not tell which starts are the most promising."""


@dataclass(frozen=True, eq=False)
class Draws(Masses):
    """Cells drawn evenly along the cumulated weight, so that they stand for the whole distribution.

    Attributes:
        log_weight: of each draw, on the scale of the log evidence.
        setting, place: numbers of the hydraulic setting and of the release place.
        duration, start: numbers on the grid.
    """

    log_weight: Floats
    setting: Ints
    place: Ints
    duration: Ints
    start: Ints

    @classmethod
    def joined(cls, parts: list["Draws"]) -> "Draws":
        """All draws in a row."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def taken(self, rows: Ints) -> "Draws":
        """Those draws, in that order."""
        return Draws(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def masses(self) -> Floats:
        """A released mass (kg) of each parameter for each draw, spread evenly over the strengths' truncated normals."""
        return self._spread(self.mean, self.sd, self.strength)

    def free_masses(self) -> Floats:
        """The same, had the parameters nothing to do with each other."""
        return self._spread(self.free_mean, self.free_sd, np.arange(self.mean.shape[1]))

    @staticmethod
    def _spread(mean: Floats, sd: Floats, strength: Ints) -> Floats:
        shares = (EVEN[strength % len(EVEN)] * np.arange(1.0, len(mean) + 1)[:, None]) % 1.0
        return strength_at(shares, mean, sd)


@dataclass(frozen=True, eq=False)
class Weighed:
    """One release place under one hydraulic setting: log evidence, marginals (each of sum 1), draws."""

    log_evidence: float
    starts: Floats
    durations: Floats
    draws: Draws


@dataclass(frozen=True, eq=False)
class Cells:
    """Those cells (duration × start) of a release place that can count.

    Attributes:
        log_bayes_factor: of each, the prior of its start included.
        duration, start: numbers on the grid.
        s_gg, s_gy: of each parameter and cell.
    """

    log_bayes_factor: Floats
    duration: Ints
    start: Ints
    s_gg: Floats
    s_gy: Floats

    @classmethod
    def joined(cls, parts: list["Cells"]) -> "Cells":
        """All of them in a row."""
        names = [field.name for field in fields(cls)]
        return cls(
            **{name: np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in names}
        )

    def taken(self, rows: Ints) -> "Cells":
        """Those cells, in that order."""
        return Cells(**{field.name: getattr(self, field.name)[..., rows] for field in fields(self)})


def leading(
    passing: Passing, n_starts: int, strengths: Strengths, log_starts: Sequence[Floats | None], known: Floats
) -> list[Cells | None]:
    """For every place all cells within `NEGLIGIBLE` of its best, or of what is `known` to be better; None if none is.

    The most promising block of every place comes first; then others as long as one could still come so near.
    """
    n_places, n_parts = passing.bounds.shape
    # What has been looked at is excluded in the same way as what the prior excludes.
    prior = np.full((n_places, n_parts * passing.part), -np.inf)
    for place, log_start in enumerate(log_starts):
        prior[place, :n_starts] = 0.0 if log_start is None else log_start
    blocks = sliding_window_view(prior, passing.hop, axis=1, writeable=True)
    most = strengths.most_log_bayes_factor(passing.bounds)
    weight = np.minimum(passing.bounds, MOST) + 1.0
    top = known.copy()
    owner: list[Ints] = []
    found: list[Cells] = []
    while True:
        can = most + prior.reshape(n_places, n_parts, passing.part).max(axis=2) > top[:, None] - NEGLIGIBLE
        places = np.flatnonzero(can.any(axis=1))
        if not len(places):
            break
        within = sliding_window_view(np.where(can, weight, 0.0)[places], passing.hop // passing.part, axis=1)
        first = passing.part * within.sum(axis=2).argmax(axis=1)
        s_gg, s_gy = passing.products(places, first)
        numbers, logs = strengths.leading_cells(s_gg, s_gy, NEGLIGIBLE, blocks[places, first], top[places])
        row, duration, start = np.unravel_index(numbers, s_gg.shape[1:])
        np.maximum.at(top, places[row], logs)
        owner.append(places[row])
        s_gg, s_gy = (each.reshape(len(each), -1)[:, numbers] for each in (s_gg, s_gy))
        found.append(Cells(logs, duration, start + first[row], s_gg, s_gy))
        blocks[places, first] = -np.inf
    if not found:
        return [None] * n_places
    cells, of_place = Cells.joined(found), np.concatenate(owner)
    order = np.lexsort((cells.start, cells.duration, of_place))
    order = order[cells.log_bayes_factor[order] > top[of_place[order]] - NEGLIGIBLE]
    ends = np.searchsorted(of_place[order], np.arange(n_places), side="right")
    return [cells.taken(rows) if len(rows) else None for rows in np.split(order, ends[:-1])]


def weigh(
    cells: Cells,
    n_cells: tuple[int, int],
    strengths: Strengths,
    *,
    log_share: float,
    setting: int,
    place: int,
    n_draws: int,
) -> Weighed:
    """Sum the cells that count of a place with so many durations and starts; `log_share` is added.

    All are alike beforehand, but for the priors of their starts.
    """
    n_durations, n_starts = n_cells
    top = float(cells.log_bayes_factor.max())
    weights = np.exp(cells.log_bayes_factor - top)
    # Midpoints of equal slices of the cumulated weight: no random numbers, and the error of a lattice.
    cumulated = np.cumsum(weights)
    total = float(cumulated[-1])
    log_evidence = top + math.log(total / (n_durations * n_starts)) + log_share
    drawn = np.searchsorted(cumulated, (np.arange(n_draws) + 0.5) * (total / n_draws))
    masses = strengths.masses(cells.s_gg[:, drawn], cells.s_gy[:, drawn])
    draws = Draws(
        log_weight=np.full(n_draws, log_evidence - math.log(n_draws)),
        setting=np.full(n_draws, setting),
        place=np.full(n_draws, place),
        duration=cells.duration[drawn],
        start=cells.start[drawn],
        **vars(masses),
    )
    return Weighed(
        log_evidence,
        np.bincount(cells.start, weights, n_starts) / total,
        np.bincount(cells.duration, weights, n_durations) / total,
        draws,
    )


class Tally:
    """The running sum over a candidate's release places and hydraulic settings."""

    def __init__(self) -> None:
        self.log_evidence = -math.inf
        self._starts: Floats = np.zeros(1)
        self._durations: Floats = np.zeros(1)
        self._draws: list[Draws] = []

    def add(self, part: Weighed) -> None:
        """Add one place under one setting."""
        self.log_evidence, before = (
            float(np.logaddexp(self.log_evidence, part.log_evidence)),
            self.log_evidence,
        )
        kept, new = math.exp(before - self.log_evidence), math.exp(part.log_evidence - self.log_evidence)
        self._starts = kept * self._starts + new * part.starts
        self._durations = kept * self._durations + new * part.durations
        self._draws.append(part.draws)

    @property
    def starts(self) -> Floats:
        """Probability of each start time given the candidate."""
        return self._starts

    @property
    def durations(self) -> Floats:
        """Probability of each duration given the candidate."""
        return self._durations

    def replace_draws(self, draws: Draws, log_weight: Floats) -> None:
        """Let these draws with these weights (log evidence) stand for all, in the sum and in the marginals."""
        self.log_evidence = top = float(np.logaddexp.reduce(log_weight))
        shares = np.exp(log_weight - top)
        self._starts = np.bincount(draws.start, shares, len(self._starts)).astype(np.float64)
        self._durations = np.bincount(draws.duration, shares, len(self._durations)).astype(np.float64)
        self._draws = [replace(draws, log_weight=log_weight)]

    def draws(self) -> tuple[Draws, Floats]:
        """All draws and their normalised weights."""
        draws = Draws.joined(self._draws)
        weights = np.exp(draws.log_weight - draws.log_weight.max())
        return draws, weights / weights.sum()
