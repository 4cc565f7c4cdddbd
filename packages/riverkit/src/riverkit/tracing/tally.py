"""Adding up hypotheses: what a candidate's cells (duration × start) leave behind once they are weighed."""

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from riverkit.tracing.evidence import leading_cells, strength_at, strength_given
from riverkit.tracing.model import Floats, Ints, StrengthPrior

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
"""Multiples of it, modulo 1, fill the unit interval evenly; so a lattice of draws and masses needs no
chance."""


NEGLIGIBLE = 50.0
"""A cell so many nats below the best adds nothing that double precision keeps, even millions of them."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Cells drawn evenly along the cumulated weight, so that they stand for the whole distribution.

    Attributes:
        log_weight: of each draw, on the scale of the log evidence.
        setting, place: numbers of the hydraulic setting and of the release place.
        duration, start: numbers on the grid.
        mean, sd: the strength's normal before its cut at zero, kg.
    """

    log_weight: Floats
    setting: Ints
    place: Ints
    duration: Ints
    start: Ints
    mean: Floats
    sd: Floats

    @classmethod
    def joined(cls, parts: list["Draws"]) -> "Draws":
        """All draws in a row."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def taken(self, rows: Ints) -> "Draws":
        """Those draws, in that order."""
        return Draws(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def masses(self) -> Floats:
        """A released mass (kg) for each draw, spread evenly over the strength's truncated normals."""
        shares: Floats = (GOLDEN * np.arange(1.0, len(self.mean) + 1)) % 1.0
        return strength_at(shares, self.mean, self.sd)


@dataclass(frozen=True, eq=False)
class Weighed:
    """One release place under one hydraulic setting: log evidence, marginals (each of sum 1), draws."""

    log_evidence: float
    starts: Floats
    durations: Floats
    draws: Draws


def weigh(
    s_gg: Floats,
    s_gy: Floats,
    strength: StrengthPrior,
    *,
    log_start: Floats | None = None,
    log_share: float,
    setting: int,
    place: int,
    n_draws: int,
) -> Weighed:
    """Sum the cells of S_gg and S_gy, shape [durations, starts]; `log_share` is added.

    All are alike beforehand, or have for each start the log prior `log_start` against that.
    """
    cells, logs = leading_cells(s_gg, s_gy, strength, NEGLIGIBLE, log_start)
    n_durations, n_starts = s_gg.shape
    top = float(logs.max())
    weights = np.exp(logs - top)
    # Midpoints of equal slices of the cumulated weight: no random numbers, and the error of a lattice.
    cumulated = np.cumsum(weights)
    total = float(cumulated[-1])
    log_evidence = top + math.log(total / s_gg.size) + log_share
    targets = (np.arange(n_draws) + 0.5) * (total / n_draws)
    durations, starts = np.divmod(cells, n_starts)
    drawn = np.searchsorted(cumulated, targets)
    duration, start = durations[drawn], starts[drawn]
    mean, sd = strength_given(s_gg[duration, start], s_gy[duration, start], strength)
    draws = Draws(
        log_weight=np.full(n_draws, log_evidence - math.log(n_draws)),
        setting=np.full(n_draws, setting),
        place=np.full(n_draws, place),
        duration=duration,
        start=start,
        mean=mean,
        sd=sd,
    )
    return Weighed(
        log_evidence,
        np.bincount(starts, weights, n_starts) / total,
        np.bincount(durations, weights, n_durations) / total,
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
