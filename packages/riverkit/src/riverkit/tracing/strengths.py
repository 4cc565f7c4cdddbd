"""The released masses of several parameters: each unknown by itself, or in the proportions of a fingerprint."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from riverkit.errors import TracingError
from riverkit.tracing.evidence import leading_cells, log_bayes_factor, strength_given
from riverkit.tracing.fingerprint import Fingerprint
from riverkit.tracing.hydraulics import normals
from riverkit.tracing.model import Candidate, Floats, Ints, StrengthPrior

RATIOS = 32
"""Points of a lattice over which the ratios of a fingerprint are averaged."""

NEWTON_STEPS, LONGEST_STEP, CLOSE = 8, 1.0, 0.01
WIDENED = 1.8
"""The lattice is spread so much wider than the normal around the most probable ratios, for the sake of the tails."""


@dataclass(frozen=True, eq=False)
class Together:
    """Parameters of which one strength releases all: in proportions known up to a log-normal factor.

    Attributes:
        members: numbers of the parameters; the strength is the mass of the first, the reference.
        strength: prior of that mass.
        log_median, log_sd: of the ratios of the members, shape [members]; 0 and 0 for the reference.
    """

    members: Ints
    strength: StrengthPrior
    log_median: Floats
    log_sd: Floats

    def log_bayes_factor(self, s_gg: Floats, s_gy: Floats) -> Floats:
        """Log evidence against no release, for S_gg and S_gy of shape [members, cells], averaged over the ratios."""
        found: Floats = special.logsumexp(self.at_ratios(s_gg, s_gy)[0], axis=0)
        return found

    def at_ratios(self, s_gg: Floats, s_gy: Floats) -> tuple[Floats, Floats]:
        """Log of prior × evidence at ratios chosen for each cell, [ratios, cells], and their logs [ratios, members, cells].

        The ratios are spread as a normal around the most probable ones (Gauss–Newton on the best fit of the strength), and
        weighed by the prior over that normal: right for any normal, and accurate with few points for this one.
        """
        free = np.flatnonzero(self.log_sd > 0)
        logs = np.repeat(self.log_median[:, None], s_gg.shape[1], axis=1)
        if not len(free):
            return self._evidence(logs, s_gg, s_gy)[None], logs[None]
        deviations = self.log_sd[free][:, None]
        for _ in range(NEWTON_STEPS):
            gradient, information = self._information(logs, s_gg, s_gy, free)
            gradient -= (logs[free] - self.log_median[free][:, None]) / deviations**2
            step = np.linalg.solve(information, gradient.T[..., None])[..., 0].T
            logs[free] += np.clip(step, -LONGEST_STEP, LONGEST_STEP)
            if np.abs(step).max(initial=0.0) < CLOSE:
                break
        _, information = self._information(logs, s_gg, s_gy, free)
        spread = WIDENED * np.linalg.cholesky(np.linalg.inv(information))
        log_det = np.log(np.einsum("cii->ci", spread)).sum(axis=1)
        points = _lattice(len(free))
        ratios = np.repeat(logs[None], RATIOS, axis=0)
        ratios[:, free] += np.einsum("cij,kj->kic", spread, points)
        log_prior = -0.5 * (((ratios[:, free] - self.log_median[free][:, None]) / deviations) ** 2).sum(
            axis=1
        )
        log_prior -= float(np.log(self.log_sd[free]).sum())
        log_chosen = -0.5 * (points**2).sum(axis=1)[:, None] - log_det
        evidence = np.stack([self._evidence(each, s_gg, s_gy) for each in ratios])
        return evidence + log_prior - log_chosen - math.log(RATIOS), ratios

    def _evidence(self, log_ratio: Floats, s_gg: Floats, s_gy: Floats) -> Floats:
        return log_bayes_factor(*self.combined(log_ratio, s_gg, s_gy), self.strength)

    def combined(self, log_ratio: Floats, s_gg: Floats, s_gy: Floats) -> tuple[Floats, Floats]:
        """S_gg and S_gy of the strength at these ratios, summed over the members (first axis)."""
        ratio = np.exp(log_ratio)
        return (ratio**2 * s_gg).sum(axis=0), (ratio * s_gy).sum(axis=0)

    def _information(self, logs: Floats, s_gg: Floats, s_gy: Floats, free: Ints) -> tuple[Floats, Floats]:
        """Of the best fit: its gradient [ratios, cells] and the precision [cells, ratios, ratios], the prior's included."""
        mean, _ = strength_given(*self.combined(logs, s_gg, s_gy), self.strength)
        mass = np.exp(logs) * np.maximum(mean, 0.0)
        known = mass**2 * s_gg
        gradient = (mass * s_gy - known)[free]
        # The strength is fitted along with the ratios: what it takes up they do not know.
        total = known.sum(axis=0) + (np.maximum(mean, 0.0) / self.strength.sd_kg) ** 2
        own = known[free].T
        precision = (
            -own[:, :, None] * own[:, None, :] / np.maximum(total, np.finfo(float).tiny)[:, None, None]
        )
        rows = np.arange(len(free))
        precision[:, rows, rows] += own + self.log_sd[free] ** -2.0
        return gradient, precision


def _lattice(dimensions: int) -> Floats:
    """Standard normal points: the first coordinate in even steps of probability, the others by Kronecker's sequence."""
    even = special.ndtri((np.arange(RATIOS) + 0.5) / RATIOS)
    return np.column_stack([even, normals(RATIOS, dimensions - 1, 0)])


@dataclass(frozen=True, eq=False)
class Masses:
    """The strengths of some cells: normals before the cut at zero, kg; arrays of shape [cells, parameters].

    Attributes:
        mean, sd: of each parameter's mass, given the ratios of the candidate's fingerprint.
        free_mean, free_sd: had the parameters nothing to do with each other.
        strength: number of the strength that releases each parameter: alike for those in fixed proportions.
    """

    mean: Floats
    sd: Floats
    free_mean: Floats
    free_sd: Floats
    strength: Ints


@dataclass(frozen=True, eq=False)
class Strengths:
    """All strengths of a candidate; every parameter hangs on one of them.

    Attributes:
        priors: of each parameter's mass, had it nothing to do with the others.
        groups: the parameters that one strength releases.
    """

    priors: Sequence[StrengthPrior]
    groups: tuple[Together, ...]

    @classmethod
    def of(
        cls, key: str, fingerprint: Fingerprint | None, names: Sequence[str], priors: Sequence[StrengthPrior]
    ) -> "Strengths":
        """Those of the candidate `key`, for measured parameters of these names."""
        ratios = {} if fingerprint is None else dict(fingerprint.ratios)
        known = [name for name in ratios if name in names]
        if fingerprint is not None and known and fingerprint.reference not in names:
            raise TracingError(
                f"Candidate {key!r}: its fingerprint compares with {fingerprint.reference!r}, which is not among the "
                f"parameters {', '.join(names)}. Give one that compares with a measured parameter."
            )
        groups = []
        if fingerprint is not None and known:
            members = np.array([names.index(name) for name in (fingerprint.reference, *known)])
            log_median = np.log([1.0, *(ratios[name].median for name in known)])
            log_sd = np.array([0.0, *(ratios[name].log_sd for name in known)])
            groups.append(Together(members, priors[int(members[0])], log_median, log_sd))
        taken = [int(member) for group in groups for member in group.members]
        nothing_known = np.zeros(1)
        groups += [
            Together(np.array([number]), prior, nothing_known, nothing_known)
            for number, prior in enumerate(priors)
            if number not in taken
        ]
        return cls(priors, tuple(groups))

    @classmethod
    def of_all(
        cls, candidates: Sequence[Candidate], names: Sequence[str], priors: Sequence[StrengthPrior]
    ) -> "list[Strengths]":
        """Those of each candidate; candidates with the same fingerprint have the very same."""
        made: list[tuple[Fingerprint | None, Strengths]] = []
        found = []
        for candidate in candidates:
            own = next((each for known, each in made if known == candidate.fingerprint), None)
            if own is None:
                own = cls.of(candidate.key, candidate.fingerprint, names, priors)
                made.append((candidate.fingerprint, own))
            found.append(own)
        return found

    def log_bayes_factor(self, s_gg: Floats, s_gy: Floats) -> Floats:
        """Log evidence against no release at all, for S_gg and S_gy of shape [parameters, cells]."""
        found: Floats = np.sum(
            [each.log_bayes_factor(s_gg[each.members], s_gy[each.members]) for each in self.groups], axis=0
        )
        return found

    def most_log_bayes_factor(self, bound: Floats) -> Floats:
        """What the log Bayes factor is at most where the parameters' ½ S_gy²/S_gg sum to at most `bound`.

        Of one strength by itself, ½ z² is at most that plus ½ m0²/s0², which the prior takes away again. In proportions,
        whatever they are, one strength cannot explain more than as many as there are parameters.
        """
        return bound - sum(each.strength.log_positive for each in self.groups if len(each.members) == 1)

    def leading_cells(
        self, s_gg: Floats, s_gy: Floats, depth: float, log_prior: Floats, known: Floats
    ) -> tuple[Ints, Floats]:
        """As `evidence.leading_cells`, for S_gg and S_gy of shape [parameters, places, durations, starts]."""
        if len(self.priors) == 1:
            return leading_cells(s_gg[0], s_gy[0], self.priors[0], depth, log_prior, known)
        likely = np.repeat(log_prior[:, None], s_gg.shape[2], axis=1)
        prior_of, most = likely.ravel(), self.most_log_bayes_factor(likely)
        for each in self.groups:
            own_gg, own_gy = s_gg[each.members], s_gy[each.members]
            fit = _explained(
                *each.combined(each.log_median[:, None, None, None], own_gg, own_gy), each.strength
            )
            likely = likely + fit
            if len(each.members) == 1:
                most += fit
            else:
                most += sum(_explained(gg, gy, None) for gg, gy in zip(own_gg, own_gy, strict=True))
        flat_gg, flat_gy = s_gg.reshape(len(s_gg), -1), s_gy.reshape(len(s_gy), -1)

        def weighed(cells: Ints) -> Floats:
            return self.log_bayes_factor(flat_gg[:, cells], flat_gy[:, cells]) + prior_of[cells]

        tables = likely.reshape(len(known), -1)
        top = weighed(tables.argmax(axis=1) + tables.shape[1] * np.arange(len(tables)))
        least = np.maximum(top, known) - depth
        possible = np.flatnonzero(most.reshape(tables.shape) > least[:, None])
        return possible, weighed(possible)

    def masses(self, s_gg: Floats, s_gy: Floats) -> Masses:
        """The strengths of cells with S_gg and S_gy of shape [parameters, cells]; ratios evenly along their weight."""
        free = [strength_given(gg, gy, prior) for gg, gy, prior in zip(s_gg, s_gy, self.priors, strict=True)]
        free_mean, free_sd = (np.stack(column, axis=1) for column in zip(*free, strict=True))
        mean, sd, strength = free_mean.copy(), free_sd.copy(), np.zeros(free_mean.shape, dtype=np.int64)
        cells = np.arange(s_gg.shape[1])
        shares = ((cells + 1) * (math.sqrt(2.0) - 1.0)) % 1.0
        for number, each in enumerate(self.groups):
            strength[:, each.members] = number
            if len(each.members) == 1:
                continue
            own_gg, own_gy = s_gg[each.members], s_gy[each.members]
            log_weight, ratios = each.at_ratios(own_gg, own_gy)
            cumulated = np.cumsum(np.exp(log_weight - log_weight.max(axis=0)), axis=0)
            drawn = (cumulated < shares * cumulated[-1]).sum(axis=0)
            log_ratio = ratios[drawn, :, cells].T
            own_mean, own_sd = strength_given(*each.combined(log_ratio, own_gg, own_gy), each.strength)
            mean[:, each.members] = (np.exp(log_ratio) * own_mean).T
            sd[:, each.members] = (np.exp(log_ratio) * own_sd).T
        return Masses(mean, sd, free_mean, free_sd, strength)


def _explained(s_gg: Floats, s_gy: Floats, strength: StrengthPrior | None) -> Floats:
    """½ S_gy²/S_gg of a strength not below zero, with the prior's part or without."""
    precision = 0.0 if strength is None else strength.sd_kg**-2
    onto = np.maximum(s_gy + (0.0 if strength is None else strength.mean_kg * precision), 0.0)
    known = s_gg + precision
    # What no reading sees explains nothing; its S_gy is rounding.
    found: Floats = np.divide(onto**2, 2.0 * known, out=np.zeros(s_gg.shape), where=known > 0)
    return found
