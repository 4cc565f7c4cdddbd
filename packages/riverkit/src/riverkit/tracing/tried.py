"""The settings that were tried for several sources: what scored, where to look on, and what is summed in the end."""

import numpy as np
from scipy import special

from riverkit.tracing.adaptive import Peak
from riverkit.tracing.combinations import Combination
from riverkit.tracing.model import Floats
from riverkit.tracing.peaks import Fit, Sources, fit
from riverkit.tracing.search import Progress
from riverkit.tracing.uncertain import Uncertain

CLIMBED, PASSES = 5, 2
"""So many choices of places are climbed from, for every number of sources, and again from the best then known."""

LEFT = 0.002
"""Settings that together hold this share of the evidence of a number, by their best cells, are not summed."""

FAINT = 1e-3
"""No source is begun with a smaller share of the largest mass."""

Mode = tuple[int, ...]


class Tried:
    """Scores settings by their best choice of one, two, three cells, and remembers these."""

    def __init__(self, uncertain: Uncertain, most: int, progress: Progress | None) -> None:
        self._uncertain, self._most, self._progress = uncertain, most, progress
        self._modes: list[list[Mode]] = []
        self._summits: list[tuple[Floats, Floats, list[Mode]]] = []

    def score(self, point: Floats) -> Floats:
        """Log of prior × evidence of the best choice of each number of cells."""
        scores, modes = self._scored(point)
        self._modes.append(modes)
        self._tell(len(self._modes))
        return scores

    def peaks(self, points: Floats, scores: Floats, number: int) -> list[Peak]:
        """Where so many sources fit best, climbed to from what scored best at different places."""
        found: list[Peak] = []
        done: set[tuple[float, ...]] = set()
        for _ in range(PASSES):
            known = [*zip(points, scores, self._modes, strict=True), *self._summits]
            known.sort(key=lambda each: 0.5 * float(each[0] @ each[0]) - float(each[1][number]))
            # The best point of each choice of places before the second best of any.
            places = [self._places(modes[number]) for _, _, modes in known]
            turns = [places[:row].count(own) for row, own in enumerate(places)]
            for row in sorted(range(len(known)), key=lambda row: turns[row])[:CLIMBED]:
                point, _, modes = known[row]
                if tuple(point) in done:
                    continue
                top = self._climbed(point, modes[number])
                done.add(tuple(point))
                if top:
                    done.add(tuple(top.mean))
                    found.append(top)
        return found

    def weighed(
        self, points: Floats, log_weight: Floats, scores: Floats
    ) -> list[dict[int, list[Combination]]]:
        """For each number of sources, of those settings that matter (their numbers) the combinations, settings' weights included."""
        promise = scores + log_weight[:, None]
        share = np.exp(promise - special.logsumexp(promise, axis=0))
        ordered = np.sort(share, axis=0)
        worth = share >= ordered[(np.cumsum(ordered, axis=0) < LEFT).sum(axis=0), np.arange(share.shape[1])]
        found: list[dict[int, list[Combination]]] = [{} for _ in range(self._most)]
        in_full = np.flatnonzero(worth.any(axis=1)).tolist()
        for done, number in enumerate(in_full):
            self._tell(len(points) + len(points) * done // len(in_full))
            cells, alone = self._uncertain.cells(points[number])
            weight = float(log_weight[number]) + alone
            for size in np.flatnonzero(worth[number]).tolist():
                combinations = cells.weigh(self._modes[number][size])
                found[size][number] = [each.weighted(weight) for each in combinations]
        return found

    def _tell(self, done: int) -> None:
        """Progress: one half is trying settings, the other weighing in full those that matter."""
        if self._progress:
            self._progress(done, 2 * self._uncertain.hydraulics.n_settings)

    def fitted(self, point: Floats, combination: Combination) -> Fit | None:
        """The best that is climbed to from the best choice of cells of a combination."""
        best = int(combination.log_weight.argmax())
        steps = np.array(self._uncertain.search.steps)[combination.duration[best]]
        mass = combination.mean[best]
        sources = Sources(
            combination.place[best], steps, combination.start[best], np.maximum(mass, self._least(mass))
        )
        return fit(self._uncertain, point, sources)

    def _least(self, mass: Floats) -> float:
        return FAINT * max(float(mass.max()), FAINT * self._uncertain.parameter.strength.sd_kg)

    def _scored(self, point: Floats) -> tuple[Floats, list[Mode]]:
        cells, alone = self._uncertain.cells(point)
        modes, scores = [], []
        for choices in cells.blurred().best(self._most):
            finest = [cells.refined(mode) for mode in choices]
            values = [finer.value(mode) for finer, mode in finest]
            modes.append(choices[int(np.argmax(values))])
            scores.append(max(values) + alone)
        return np.array(scores), modes

    def _climbed(self, point: Floats, mode: Mode) -> Peak | None:
        cells, mode = self._uncertain.cells(point)[0].refined(mode)
        at = np.array(mode)
        mean = cells.over([at[slot : slot + 1] for slot in range(len(mode))])[1][0]
        steps = np.array(self._uncertain.search.steps)[cells.duration[at]]
        sources = Sources(cells.place[at], steps, cells.start[at], np.maximum(mean, self._least(mean)))
        top = fit(self._uncertain, point, sources)
        if not top:
            return None
        self._summits.append((top.peak.mean, *self._scored(top.peak.mean)))
        return top.peak

    def _places(self, mode: Mode) -> Mode:
        search = self._uncertain.search
        return tuple(sorted(cell // (len(search.steps) * search.n_starts) for cell in mode))
