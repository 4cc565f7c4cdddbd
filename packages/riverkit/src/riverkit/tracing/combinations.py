"""Combinations of release places, starts and durations that cause the readings together, and their evidence."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from riverkit.tracing.model import Floats, Ints, StrengthPrior
from riverkit.tracing.responses import Responses

FIRST_SOURCES, SWEEPS = 3, 8
"""The search for the best combination begins at so many candidates, and changes one source at a time so often."""

AT_A_TIME = 24
"""Cells weighed exactly at a time, those with the highest bounds first."""

RIVALS = {1: 0, 2: 4, 3: 1}
"""For each source of the best combination, the candidates tried in its place, by the number of sources."""

CELLS = {1: 100_000, 2: 300, 3: 30}
"""Starts × durations × points kept of each source of a combination, at most, by the number of sources."""

FINER, AROUND, RECENTRED = 8, 1.5, 4
"""Starts are divided so finely within so many steps of the best ones, and again where a better one is found at the edge:
sharp readings tell a start to a part of a step."""

FELT = 10.0
"""Choices of cells so many nats below the best of a combination are summed and not remembered."""

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
        place, duration, start: numbers, shape [choices, members]; starts also between grid steps.
        mean, sd: of the strengths before the cut at zero, kg, shape as `start`.
    """

    members: tuple[int, ...]
    log_evidence: float
    log_weight: Floats
    place: Ints
    duration: Ints
    start: Floats
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
        candidate, place, duration, start: numbers, of each cell; starts also between grid steps.
        responses: what makes those of starts between.
        log_different: log of the chance that 1, 2, 3 candidates drawn by their priors all differ.
    """

    response: Floats
    square: Floats
    onto: Floats
    log_prior: Floats
    candidate: Ints
    place: Ints
    duration: Ints
    start: Floats
    strength: StrengthPrior
    log_different: tuple[float, ...]
    responses: Responses

    def refined(self, mode: tuple[int, ...]) -> tuple["Cells", tuple[int, ...]]:
        """The cells of the candidates of a mode with fine starts around it, and the best choice among these.

        A fine cell has its part of the prior of the one it comes from, so that sums go on as before.
        """
        for _ in range(RECENTRED):
            cells, finest = self._finer_around(mode)
            centre = tuple(
                self.nearest(int(cells.place[cell]), int(cells.duration[cell]), float(cells.start[cell]))
                for cell in finest
            )
            if centre == mode:
                break
            mode = centre
        return cells, finest

    def _finer_around(self, mode: tuple[int, ...]) -> tuple["Cells", tuple[int, ...]]:
        responses, chosen = self.responses, list(mode)
        kept = np.isin(self.candidate, self.candidate[chosen])
        offsets = (np.arange(2 * AROUND * FINER) + 0.5) / FINER - AROUND
        parents, starts, made = [], [], []
        for cell in mode:
            here = (self.place == self.place[cell]) & (np.abs(self.start - self.start[cell]) < AROUND)
            kept &= ~here
            coarse = np.clip(self.start[cell] + np.rint(offsets), 0, responses.n_starts - 1)
            fine = self.start[cell] + offsets
            fine = fine[np.abs(fine - coarse) < 0.5]
            made.append(responses.of(int(self.place[cell]), fine).reshape(-1, self.response.shape[1]))
            # Cells lie by place, duration, start.
            first = cell - (int(self.duration[cell]) * responses.n_starts + int(self.start[cell]))
            for number in range(len(responses.steps)):
                parents.append(first + number * responses.n_starts + np.rint(fine).astype(np.int64))
                starts.append(fine)
        rows = np.flatnonzero(kept)
        of = np.concatenate([rows, *parents])
        response = np.concatenate([self.response[rows], *made])
        cells = replace(
            self,
            response=response,
            square=np.einsum("ij,ij->i", response, response),
            onto=response @ responses.observed,
            log_prior=self.log_prior[of] - math.log(FINER) * (np.arange(len(of)) >= len(rows)),
            candidate=self.candidate[of],
            place=self.place[of],
            duration=self.duration[of],
            start=np.concatenate([self.start[rows], *starts]),
        )
        nearest = [cells.nearest(self.place[cell], self.duration[cell], self.start[cell]) for cell in mode]
        return cells, cells.climb(tuple(nearest), fixed=True)[0]

    def nearest(self, place: int, duration: int, start: float) -> int:
        """The cell of that place and duration (numbers) with the nearest start."""
        own = np.flatnonzero((self.place == place) & (self.duration == duration))
        return int(own[np.abs(self.start[own] - start).argmin()])

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

    def blurred(self) -> "Cells":
        """The same as if readings were no sharper than the grid of starts: half a step from the best one costs a nat.

        Sharper ones make ridges between grid steps, on which one source at a time stands still.
        """
        best = self.leaders((), 1)[0]
        mass = float(self.over([np.array([best])])[1][0, 0])
        beside = best + (1 if best + 1 < len(self.start) and self.start[best + 1] > self.start[best] else -1)
        half = 0.5 * mass * (self.response[best] - self.response[beside])
        softer = min(1.0, 2.0 / max(float(half @ half), 1e-300))
        return replace(
            self,
            response=math.sqrt(softer) * self.response,
            square=softer * self.square,
            onto=softer * self.onto,
        )

    def best(self, size: int) -> list[list[tuple[int, ...]]]:
        """The best choices of 1, 2, … `size` cells, the very best first, each found from the best of one fewer, pairs from
        the best single ones."""
        found: list[list[tuple[int, ...]]] = []
        for number in range(1, size + 1):
            fewer = found[-1][0] if found else ()
            beginnings = [fewer]
            if number == 2:
                beginnings += [(cell,) for cell in self.leaders((), FIRST_SOURCES) if (cell,) != fewer]
            tops = dict(self._added(beginning) for beginning in beginnings)
            found.append(sorted(tops, key=lambda mode: -tops[mode]))
        return found

    def _added(self, beginning: tuple[int, ...]) -> tuple[tuple[int, ...], float]:
        """The best choice that is climbed to from these cells and the best beside them."""
        open_slot = len(beginning)
        among = self.allowed((*beginning, 0), open_slot, fixed=False)
        return self.climb((*beginning, self.best_given((*beginning, 0), open_slot, among)[0]), fixed=False)

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
        softer = self.blurred()
        if len(mode) == 1:
            slots = [softer.leaders((), len(set(self.candidate.tolist())))]
        else:
            slots = [
                [mode[slot], *softer.leaders(mode[:slot] + mode[slot + 1 :], RIVALS[len(mode)])]
                for slot in range(len(mode))
            ]
        combinations: dict[tuple[int, ...], tuple[int, ...]] = {}
        for choice in itertools.product(*slots):
            members = sorted(choice, key=lambda cell: int(self.candidate[cell]))
            numbers = tuple(int(self.candidate[cell]) for cell in members)
            if len(set(numbers)) == len(numbers):
                combinations.setdefault(numbers, tuple(members))
        climbed = {
            numbers: self.refined(softer.climb(cells, fixed=True)[0])
            for numbers, cells in combinations.items()
        }
        tops = {numbers: cells.value(best) for numbers, (cells, best) in climbed.items()}
        least = max(tops.values()) - LEFT_OUT
        return [
            cells.weigh_one(numbers, best)
            for numbers, (cells, best) in climbed.items()
            if tops[numbers] > least
        ]

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
        # All are summed; remembered are those that an interval could feel, for hundreds of settings are.
        told = logs > logs.max() - FELT
        choices = choices[told]
        return Combination(
            members,
            float(np.logaddexp.reduce(logs)),
            logs[told],
            self.place[choices],
            self.duration[choices],
            self.start[choices],
            mean[told],
            sd[told],
        )


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
