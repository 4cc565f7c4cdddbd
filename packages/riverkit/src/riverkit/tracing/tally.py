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

NEGLIGIBLE = 36.0
"""Cells that would hold an evidence so many nats below another's, were all as likely as they, add nothing to it that
double precision keeps."""

DRAWS = 1_024
"""Cells kept of each candidate for the interval of its mass and for its predicted band."""

FEWEST_DRAWS = 8
"""And at least so many of what is weighed at once."""

SETTLED = math.log(1e4)
"""What was left out of a candidate may have this share of its evidence, 1e-4, or there is only an upper bound."""

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
    """Some of a candidate's places under some settings.

    Attributes:
        candidate: its number.
        log_evidence: what they add to its evidence.
        starts, durations: marginals, each of sum 1.
        draws: cells that stand for them.
    """

    candidate: int
    log_evidence: float
    starts: Floats
    durations: Floats
    draws: Draws


@dataclass(frozen=True, eq=False)
class Pairs:
    """Release places under hydraulic settings, one of each in a row.

    Attributes:
        candidate, place, setting: numbers.
        log_share: log of the share of the candidate's prior.
    """

    candidate: Ints
    place: Ints
    setting: Ints
    log_share: Floats

    def taken(self, rows: Ints) -> "Pairs":
        """Those pairs, in that order."""
        return Pairs(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True, eq=False)
class Cells:
    """Those cells (duration × start) of releases that can count, in order of these three.

    Attributes:
        pair: number of the release place and setting.
        log_bayes_factor: of each, the prior of its start included.
        duration, start: numbers on the grid.
        s_gg, s_gy: of each parameter and cell.
    """

    pair: Ints
    duration: Ints
    start: Ints
    log_bayes_factor: Floats
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
    passing: Passing, n_starts: int, strengths: Strengths, log_starts: Sequence[Floats | None], least: Floats
) -> tuple[Cells | None, Floats]:
    """For every place all cells that can count besides its best, and whose log Bayes factor can lie above `least`.

    The most promising block of every place comes first; then others as long as one could still come so near.

    Returns:
        the cells of all places (pairs), None if there are none; and for every place what the log Bayes factor of any of
        its cells is at most.
    """
    n_places, n_parts = passing.bounds.shape
    # What has been looked at is excluded in the same way as what the prior excludes.
    prior = np.full((n_places, n_parts * passing.part), -np.inf)
    for place, log_start in enumerate(log_starts):
        prior[place, :n_starts] = 0.0 if log_start is None else log_start
    most = strengths.most_log_bayes_factor(passing.bounds)
    at_most = (most + prior.reshape(n_places, n_parts, passing.part).max(axis=2)).max(axis=1)
    left = np.flatnonzero(at_most > least)
    if not len(left):
        return None, at_most
    if len(left) < n_places:
        passing, prior, most = passing.taken(left), prior[left], most[left]
    blocks = sliding_window_view(prior, passing.hop, axis=1, writeable=True)
    weight = np.minimum(passing.bounds, MOST) + 1.0
    depth = NEGLIGIBLE + math.log(passing.n_durations * n_starts)
    top = least[left] + depth
    found: list[Cells] = []
    while True:
        can = most + prior.reshape(len(left), n_parts, passing.part).max(axis=2) > top[:, None] - depth
        places = np.flatnonzero(can.any(axis=1))
        if not len(places):
            break
        within = sliding_window_view(np.where(can, weight, 0.0)[places], passing.hop // passing.part, axis=1)
        first = passing.part * within.sum(axis=2).argmax(axis=1)
        s_gg, s_gy = passing.products(places, first)
        numbers, logs = strengths.leading_cells(s_gg, s_gy, depth, blocks[places, first], top[places])
        row, duration, start = np.unravel_index(numbers, s_gg.shape[1:])
        np.maximum.at(top, places[row], logs)
        s_gg, s_gy = (each.reshape(len(each), -1)[:, numbers] for each in (s_gg, s_gy))
        found.append(Cells(places[row], duration, start + first[row], logs, s_gg, s_gy))
        blocks[places, first] = -np.inf
    cells = Cells.joined(found)
    order = np.lexsort((cells.start, cells.duration, cells.pair))
    order = order[cells.log_bayes_factor[order] > top[cells.pair[order]] - depth]
    if not len(order):
        return None, at_most
    cells = cells.taken(order)
    return replace(cells, pair=left[cells.pair]), at_most


def weigh(cells: Cells, pairs: Pairs, n_cells: tuple[int, int], strengths: Strengths) -> list[Weighed]:
    """Sum by candidate the cells that count of pairs with so many durations and starts.

    All cells are alike beforehand, but for the priors of their starts and the shares of their pairs.
    """
    n_durations, n_starts = n_cells
    candidates, of_pair = np.unique(pairs.candidate, return_inverse=True)
    owner = of_pair[cells.pair]
    log_weight = cells.log_bayes_factor + pairs.log_share[cells.pair] - math.log(n_durations * n_starts)
    top = np.full(len(candidates), -np.inf)
    np.maximum.at(top, owner, log_weight)
    weight = np.exp(log_weight - top[owner])
    total = np.bincount(owner, weight, len(candidates))
    weight /= total[owner]
    starts = np.bincount(owner * n_starts + cells.start, weight, len(candidates) * n_starts)
    durations = np.bincount(owner * n_durations + cells.duration, weight, len(candidates) * n_durations)
    # Midpoints of equal slices of the cumulated weight: no random numbers, and the error of a lattice.
    share = np.bincount(of_pair, np.exp(pairs.log_share), len(candidates))
    counted = np.flatnonzero(total)
    n_draws = np.maximum(FEWEST_DRAWS, np.rint(DRAWS * share[counted]).astype(np.int64))
    ends = np.cumsum(n_draws)
    nth = np.arange(ends[-1]) - np.repeat(ends - n_draws, n_draws)
    by_owner = np.argsort(owner, kind="stable")
    cumulated = np.cumsum(weight[by_owner])
    targets = np.repeat(np.arange(len(counted)), n_draws) + (nth + 0.5) / np.repeat(n_draws, n_draws)
    drawn = by_owner[np.searchsorted(cumulated, targets)]
    with np.errstate(divide="ignore"):
        log_evidence = top + np.log(total)
    masses = strengths.masses(cells.s_gg[:, drawn], cells.s_gy[:, drawn])
    draws = Draws(
        log_weight=np.repeat(log_evidence[counted] - np.log(n_draws), n_draws),
        setting=pairs.setting[cells.pair[drawn]],
        place=pairs.place[cells.pair[drawn]],
        duration=cells.duration[drawn],
        start=cells.start[drawn],
        **vars(masses),
    )
    return [
        Weighed(
            int(candidates[number]),
            float(log_evidence[number]),
            starts.reshape(-1, n_starts)[number],
            durations.reshape(-1, n_durations)[number],
            draws.taken(np.arange(end - own, end)),
        )
        for number, end, own in zip(counted.tolist(), ends.tolist(), n_draws.tolist(), strict=True)
    ]


class Tally:
    """The running sum over a candidate's release places and hydraulic settings.

    Attributes:
        log_evidence: of the cells that were counted.
        log_left_out: at most so much is the evidence of those that were not.
    """

    def __init__(self) -> None:
        self.log_evidence = self.log_left_out = -math.inf
        self._starts: Floats = np.zeros(1)
        self._durations: Floats = np.zeros(1)
        self._draws: list[Draws] = []

    def leave_out(self, log_evidence: float) -> None:
        """Do without cells that add so much at most."""
        self.log_left_out = float(np.logaddexp(self.log_left_out, log_evidence))

    @property
    def ruled_out(self) -> bool:
        """Whether what was left out may change what is said of the candidate: then there is only an upper bound."""
        return self.log_evidence - self.log_left_out < SETTLED

    @property
    def log_evidence_at_most(self) -> float:
        """The evidence, or an upper bound for what is ruled out; -inf if nothing was looked at."""
        return (
            float(np.logaddexp(self.log_evidence, self.log_left_out)) if self.ruled_out else self.log_evidence
        )

    def add(self, part: Weighed) -> None:
        """Add some places under some settings."""
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
