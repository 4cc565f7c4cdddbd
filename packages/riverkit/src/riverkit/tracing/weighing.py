"""Weighing pairs of a release place and a hydraulic setting, those that are alike at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from riverkit.tracing.measured import Measured, Pulses
from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.passing import Passing
from riverkit.tracing.places import Place
from riverkit.tracing.strengths import Strengths
from riverkit.tracing.tally import Pairs, Tally, Weighed, leading, weigh
from riverkit.transport.kernel import Complex

CLASSES_PER_OCTAVE = 2
"""Clouds whose lengths are within an octave over this are given transforms of the same size."""

BATCH = 500_000
"""Values that the transforms of a batch have: enough to make calls few, and little enough for the processors' caches."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What pairs come to.

    Attributes:
        n_pairs: how many they are.
        weighed: by candidate.
        left_out: of every pair, the candidate and the log of what its other cells add at most.
    """

    n_pairs: int
    weighed: Sequence[Weighed]
    left_out: Sequence[tuple[int, float]]

    def add_to(self, tallies: Sequence[Tally]) -> None:
        """Add it to the sums of the candidates."""
        for each in self.weighed:
            tallies[each.candidate].add(each)
        for candidate, log_evidence in self.left_out:
            tallies[candidate].leave_out(log_evidence)


class Weigher:
    """Weighs pairs over all starts and durations.

    Args:
        measured: the parameters.
        strengths: of each candidate.
        places: of which pairs bear the numbers.
        n_starts, n_durations: of the search.
    """

    def __init__(
        self,
        measured: Sequence[Measured],
        strengths: Sequence[Strengths],
        places: Sequence[Place],
        n_starts: int,
        n_durations: int,
    ) -> None:
        self._measured, self._strengths, self._places = measured, strengths, places
        self._n_starts, self._n_durations = n_starts, n_durations

    def weigh(self, pairs: Pairs, transforms: Sequence[Complex], least: Floats) -> list[Outcome]:
        """The evidence of pairs, by their transforms at the places of each parameter [pairs, places, nodes].

        Cells whose log Bayes factor is not above the `least` of their pair are of no interest.
        """
        outcomes = []
        for rows in self._alike(pairs, transforms):
            own = [each[rows] for each in transforms]
            seen_by = [one.seen_by(each[:1])[0] for one, each in zip(self._measured, own, strict=True)]
            pulses = [
                one.pulses(each, seen) for one, each, seen in zip(self._measured, own, seen_by, strict=True)
            ]
            for members in self._batches(pulses, len(rows)):
                seen = [
                    one.seen(pulse, each, members)
                    for one, pulse, each in zip(self._measured, pulses, own, strict=True)
                ]
                passing = Passing(seen, len(members), self._n_starts, self._n_durations)
                outcomes.append(self._outcome(passing, pairs.taken(rows[members]), least[rows[members]]))
        return outcomes

    def _alike(self, pairs: Pairs, transforms: Sequence[Complex]) -> list[Ints]:
        """Which of these the same stations see, with strengths of the same kind."""
        kinds = [id(self._strengths[candidate]) for candidate in pairs.candidate.tolist()]
        seen = [one.seen_by(each) for one, each in zip(self._measured, transforms, strict=True)]
        _, group = np.unique(np.column_stack([kinds, *seen]), axis=0, return_inverse=True)
        return [np.flatnonzero(group == number) for number in range(group.max() + 1)]

    def _batches(self, pulses: Sequence[Pulses | None], n_pairs: int) -> Iterator[Ints]:
        """Those with clouds of like length."""
        length = np.full(n_pairs, self._measured[0].correlator.longest)
        for each in pulses:
            if each is not None:
                length = np.maximum(length, each.length + self._measured[0].correlator.longest)
        classes = np.ceil(CLASSES_PER_OCTAVE * np.log2(length))
        stations = sum(len(each.stations) for each in pulses if each is not None)
        single = sum(one.n_single_values for one in self._measured)
        for of_class in np.unique(classes):
            rows = np.flatnonzero(classes == of_class)
            values = stations * self._n_durations * 2 * int(length[rows].max())
            at_once = max(1, BATCH // max(1, values, single))
            yield from (rows[begin : begin + at_once] for begin in range(0, len(rows), at_once))

    def _outcome(self, passing: Passing, pairs: Pairs, least: Floats) -> Outcome:
        strengths = self._strengths[int(pairs.candidate[0])]
        log_starts = [self._places[place].log_start for place in pairs.place.tolist()]
        cells, at_most = leading(passing, self._n_starts, strengths, log_starts, least)
        n_cells = (self._n_durations, self._n_starts)
        weighed = [] if cells is None else weigh(cells, pairs, n_cells, strengths)
        # What is not among the cells of a pair lies below the least, or is nothing to the others.
        bound = np.minimum(at_most, least) + pairs.log_share
        left_out = list(zip(pairs.candidate.tolist(), bound.tolist(), strict=True))
        return Outcome(len(pairs.place), weighed, left_out)
