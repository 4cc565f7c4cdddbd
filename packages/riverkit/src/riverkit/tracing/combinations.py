"""Combinations of release places, starts and durations that cause the readings together, and their evidence."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, special

from riverkit.tracing.model import Candidate, Floats, Ints, StrengthPrior
from riverkit.tracing.prediction import passed
from riverkit.tracing.readings import Readings, first_points
from riverkit.tracing.search import Search

FIRST_SOURCES, SWEEPS = 2, 8
"""The search for the best combination begins at so many candidates, and changes one source at a time so often."""

AT_A_TIME = 24
"""Cells weighed exactly at a time, those with the highest bounds first."""

RIVALS = {1: 0, 2: 4, 3: 1}
"""For each source of the best combination, the candidates tried in its place, by the number of sources."""

CELLS = {1: 100_000, 2: 300, 3: 30}
"""Starts × durations × points kept of each source of a combination, at most, by the number of sources."""

LEFT_OUT = 18.0
"""Not summed is what lies so many nats below: a cell below the best, given the other sources at their best (six standard
deviations), and a combination below the best one."""


@dataclass(frozen=True, eq=False)
class Combination:
    """One combination of candidates under one hydraulic setting.

    Attributes:
        members: numbers of the candidates, ascending.
        log_evidence: prior of the combination included.
        log_weight: of every kept choice of cells, on the scale of the log evidence; shape [choices].
        duration, start: numbers on the grid, shape [choices, members].
        mean, sd: of the strengths before the cut at zero, kg, shape as `start`.
    """

    members: tuple[int, ...]
    log_evidence: float
    log_weight: Floats
    duration: Ints
    start: Ints
    mean: Floats
    sd: Floats

    def weighted(self, log_weight: float) -> "Combination":
        """The same under a setting that counts with this weight."""
        return replace(
            self, log_evidence=self.log_evidence + log_weight, log_weight=self.log_weight + log_weight
        )


@dataclass(frozen=True, eq=False)
class Cells:
    """Every place × duration × start under one setting, its response to 1 kg scaled so that errors are unit normal.

    Attributes:
        response: shape [cells, readings of all stations].
        square, onto: of each cell S_gg and S_gy.
        log_prior: of each cell; they sum to 1.
        candidate, duration, start: numbers, of each cell.
        log_different: log of the chance that 1, 2, 3 candidates drawn by their priors all differ.
    """

    response: Floats
    square: Floats
    onto: Floats
    log_prior: Floats
    candidate: Ints
    duration: Ints
    start: Ints
    strength: StrengthPrior
    log_different: tuple[float, ...]

    def over(self, slots: Sequence[Ints]) -> tuple[Floats, Floats, Floats, Ints]:
        """All choices of one cell from each slot: log of prior × evidence; mean and sd of the strengths; the cells."""
        size = len(slots)
        rows = np.indices([len(slot) for slot in slots]).reshape(size, -1)
        cells = np.stack([slot[row] for slot, row in zip(slots, rows, strict=True)], axis=1)
        products = np.empty((len(cells), size, size))
        for i in range(size):
            products[:, i, i] = self.square[cells[:, i]]
            for j in range(i):
                pairs = self.response[slots[i]] @ self.response[slots[j]].T
                products[:, i, j] = products[:, j, i] = pairs[rows[i], rows[j]]
        logs, mean, sd = log_joint_bayes_factor(products, self.onto[cells], self.strength)
        return logs + self.log_prior[cells].sum(axis=1) - self.log_different[size - 1], mean, sd, cells

    def value(self, mode: tuple[int, ...]) -> float:
        """Log of prior × evidence of one choice of cells."""
        return float(self.over([np.array([cell]) for cell in mode])[0][0])

    def given(self, mode: tuple[int, ...], slot: int, among: Ints) -> Floats:
        """Log weights with each of these cells in that slot, the others of the mode as they are."""
        slots = [np.array([cell]) for cell in mode]
        slots[slot] = among
        return self.over(slots)[0]

    def best_given(self, mode: tuple[int, ...], slot: int, among: Ints) -> tuple[int, float]:
        """Of these cells the best in that slot, the others of the mode as they are, and its log weight."""
        bound = self._bound(mode[:slot] + mode[slot + 1 :])[among]
        order = np.argsort(-bound, kind="stable")
        best, top, done = -1, -math.inf, 0
        # No weight is above its bound: once the best is above all bounds to come, it is the best of all.
        while done < len(order) and top < bound[order[done]]:
            some = among[order[done : done + AT_A_TIME]]
            logs = self.given(mode, slot, some)
            if logs.max() > top:
                best, top = int(some[logs.argmax()]), float(logs.max())
            done += AT_A_TIME
        return best, top

    def _bound(self, others: tuple[int, ...]) -> Floats:
        """Of every cell beside these, its log weight were the others' strengths allowed below zero; shape [cells]."""
        fixed = list(others)
        precision = self.strength.sd_kg**-2
        ahead = self.strength.mean_kg * precision
        own = self.response[fixed] @ self.response[fixed].T + precision * np.eye(len(fixed))
        onto, across = self.onto[fixed] + ahead, self.response @ self.response[fixed].T
        solved = np.linalg.solve(own, np.column_stack([onto, across.T]))
        spare = self.square + precision - (across * solved[:, 1:].T).sum(axis=1)
        rest = self.onto + ahead - across @ solved[:, 0]
        size = len(fixed) + 1
        alone = 0.5 * float(onto @ solved[:, 0]) - 0.5 * float(np.linalg.slogdet(own / precision)[1])
        alone += float(self.log_prior[fixed].sum()) - self.log_different[size - 1]
        bound: Floats = alone + 0.5 * rest**2 / spare - 0.5 * np.log(spare / precision) + self.log_prior
        bound += special.log_ndtr(rest / np.sqrt(spare)) - size * log_positive_beforehand(self.strength)
        return bound

    def climb(self, mode: tuple[int, ...], *, fixed: bool) -> tuple[tuple[int, ...], float]:
        """Change one source at a time while that helps; `fixed` keeps every one's candidate."""
        best, top, settled = list(mode), -math.inf, 0
        for turn in range(SWEEPS * len(best)):
            slot = turn % len(best)
            cell, top = self.best_given(tuple(best), slot, self.allowed(tuple(best), slot, fixed=fixed))
            settled = settled + 1 if cell == best[slot] else 1
            best[slot] = cell
            if settled == len(best):
                break
        return tuple(best), top

    def allowed(self, mode: tuple[int, ...], slot: int, *, fixed: bool) -> Ints:
        """Cells that may take that slot: of its own candidate, or of any that no other slot has."""
        if fixed:
            return np.flatnonzero(self.candidate == self.candidate[mode[slot]])
        others = [self.candidate[cell] for place, cell in enumerate(mode) if place != slot]
        return np.flatnonzero(~np.isin(self.candidate, others))

    def best(self, fewer: tuple[int, ...], size: int) -> tuple[int, ...]:
        """The best choice of so many cells that is found from the best of one fewer, and from the best single ones."""
        beginnings = [fewer]
        if size == 2:
            beginnings += [(cell,) for cell in self.leaders((), FIRST_SOURCES) if (cell,) != fewer]
        found = []
        for beginning in beginnings:
            open_slot = len(beginning)
            among = self.allowed((*beginning, 0), open_slot, fixed=False)
            added = (*beginning, self.best_given((*beginning, 0), open_slot, among)[0])
            found.append(self.climb(added, fixed=False))
        return max(found, key=lambda each: each[1])[0]

    def leaders(self, beside: tuple[int, ...], count: int) -> list[int]:
        """The best cell of each of the best so many candidates, beside these cells."""
        mode = (*beside, 0)
        among = self.allowed(mode, len(beside), fixed=False)
        logs = self.given(mode, len(beside), among)
        order = np.argsort(-logs, kind="stable")
        _, first = np.unique(self.candidate[among[order]], return_index=True)
        return [int(among[order[row]]) for row in np.sort(first)[:count]]

    def weigh(self, mode: tuple[int, ...]) -> list[Combination]:
        """The combination of this mode and those with rivals in its slots, each once."""
        if len(mode) == 1:
            slots = [self.leaders((), len(set(self.candidate.tolist())))]
        else:
            slots = [
                [mode[slot], *self.leaders(mode[:slot] + mode[slot + 1 :], RIVALS[len(mode)])]
                for slot in range(len(mode))
            ]
        combinations: dict[tuple[int, ...], tuple[int, ...]] = {}
        for choice in itertools.product(*slots):
            members = sorted(choice, key=lambda cell: int(self.candidate[cell]))
            numbers = tuple(int(self.candidate[cell]) for cell in members)
            if len(set(numbers)) == len(numbers):
                combinations.setdefault(numbers, tuple(members))
        climbed = {numbers: self.climb(cells, fixed=True) for numbers, cells in combinations.items()}
        least = max(top for _, top in climbed.values()) - LEFT_OUT
        return [self.weigh_one(numbers, best) for numbers, (best, top) in climbed.items() if top > least]

    def weigh_one(self, members: tuple[int, ...], mode: tuple[int, ...]) -> Combination:
        """Sum over all choices of the cells that each source keeps, given the others at their best."""
        size = len(members)
        kept, log_missing = [], math.lgamma(size + 1)
        for slot in range(size):
            among = self.allowed(mode, slot, fixed=True)
            logs = self.given(mode, slot, among)
            order = np.argsort(-logs, kind="stable")[: CELLS[size]]
            if size > 1:
                order = order[logs[order] > logs[order[0]] - LEFT_OUT]
            kept.append(among[order])
            # What the cells left out would add, were the sources independent of one another.
            log_missing += float(np.logaddexp.reduce(logs) - np.logaddexp.reduce(logs[order]))
        logs, mean, sd, choices = self.over(kept)
        logs += log_missing
        return Combination(
            members,
            float(np.logaddexp.reduce(logs)),
            logs,
            self.duration[choices],
            self.start[choices],
            mean,
            sd,
        )


def all_cells(
    search: Search,
    candidates: Sequence[Candidate],
    setting: int,
    readings: Sequence[Readings],
    first_start_s: float,
    steps: tuple[int, ...],
    n_starts: int,
) -> Cells:
    """The table of all cells under one hydraulic setting."""
    whitening = [_whitening(each) for each in readings]
    observed = np.concatenate(
        [each @ (one.value - one.prior_background) for each, one in zip(whitening, readings, strict=True)]
    )
    step = np.array(steps)
    offsets = np.arange(n_starts + max(steps))
    response = np.empty((len(search.places), len(steps), n_starts, len(observed)))
    for number, rows in search.transported_to(0)(setting, range(len(search.places))):
        column = 0
        integral = search.measured[0].predictor.integral(rows)
        for first_point, one, white in zip(first_points(readings), readings, whitening, strict=True):
            since = (one.time_s - first_start_s) / search.grid.dt_s - offsets[:, None]
            # White noise first, differences then: both are linear, and there are fewer starts than cells.
            begun = passed(integral, first_point + one.point, since) @ white.T
            ends = np.stack([begun[each : each + n_starts] for each in steps])
            columns = slice(column, column + len(white))
            response[number, ..., columns] = (begun[:n_starts] - ends) / step[:, None, None]
            column += len(white)
    priors = np.array([each.prior for each in candidates]) / sum(each.prior for each in candidates)
    log_prior = np.empty(response.shape[:3])
    for number, place in enumerate(search.places):
        log_prior[number] = math.log(priors[place.candidate] * place.share / (len(steps) * n_starts))
        if place.log_start is not None:
            log_prior[number] += place.log_start
    place_of, duration, start = (each.ravel() for each in np.indices(response.shape[:3]))
    table: Floats = response.reshape(-1, len(observed))
    twice, thrice = float((priors**2).sum()), float((priors**3).sum())
    different = (1.0, 1.0 - twice, 1.0 - 3.0 * twice + 2.0 * thrice)
    return Cells(
        response=table,
        square=np.einsum("ij,ij->i", table, table),
        onto=table @ observed,
        log_prior=log_prior.ravel(),
        candidate=np.array([place.candidate for place in search.places])[place_of],
        duration=duration,
        start=start,
        strength=search.strengths[0].priors[0],
        log_different=tuple(math.log(max(each, np.finfo(float).tiny)) for each in different),
    )


def _whitening(readings: Readings) -> Floats:
    """A matrix A with AᵀA the precision of a station's readings, the background integrated out."""
    precision = np.diag(readings.weight) - readings.projections.T @ readings.projections
    values, vectors = linalg.eigh(precision)
    whitening: Floats = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return whitening


def log_joint_bayes_factor(
    s_gg: Floats, s_gy: Floats, strength: StrengthPrior
) -> tuple[Floats, Floats, Floats]:
    """Log evidence of several releases of independent unknown strength against none.

    Args:
        s_gg: products of the responses, shape [choices, sources, sources].
        s_gy: of the responses with the readings, shape [choices, sources].

    Returns:
        the logarithm, shape [choices]; mean and standard deviation of the strengths before the cut at zero, as `s_gy`.
    """
    size = s_gy.shape[1]
    prior_precision = strength.sd_kg**-2
    covariance = np.linalg.inv(s_gg + prior_precision * np.eye(size)).astype(np.float64)
    onto = s_gy + strength.mean_kg * prior_precision
    mean = np.einsum("nij,nj->ni", covariance, onto)
    logs = 0.5 * np.linalg.slogdet(covariance * prior_precision)[1] + 0.5 * (onto * mean).sum(axis=1)
    logs -= size * log_positive_beforehand(strength)
    return logs + log_all_positive(mean, covariance), mean, np.sqrt(np.einsum("nii->ni", covariance))


def log_positive_beforehand(strength: StrengthPrior) -> float:
    """What a release of unknown strength has to be measured against: of its prior, what does not hang on the readings."""
    return 0.5 * (strength.mean_kg / strength.sd_kg) ** 2 + strength.log_positive


def log_all_positive(mean: Floats, covariance: Floats) -> Floats:
    """Log probability that every component of a normal is positive, for many at once.

    One component after another is cut at zero, and the rest taken as normal with the moments that this leaves them
    (Mendell & Elston 1974); the most negative first, where that is most accurate.
    """
    order = np.argsort(mean / np.sqrt(np.einsum("nii->ni", covariance)), axis=1)
    mean = np.take_along_axis(mean, order, axis=1)
    covariance = np.take_along_axis(covariance, order[:, :, None], axis=1)
    covariance = np.take_along_axis(covariance, order[:, None, :], axis=2)
    total = np.zeros(len(mean))
    for i in range(mean.shape[1]):
        sd = np.sqrt(covariance[:, i, i])
        z = mean[:, i] / sd
        log_share = special.log_ndtr(z)
        total += log_share
        hazard = np.exp(-0.5 * z * z - 0.5 * math.log(2.0 * math.pi) - log_share)
        lost = np.clip(hazard * (hazard + z), 0.0, 1.0 - 1e-9)
        slope = covariance[:, :, i] / sd[:, None]
        mean = mean + slope * hazard[:, None]
        covariance = covariance - lost[:, None, None] * slope[:, :, None] * slope[:, None, :]
    return total
