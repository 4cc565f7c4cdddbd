"""Readings correlated one at a time: those of surveys, where every place has a few, and of stations that have a few."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from riverkit.tracing.held import Held
from riverkit.tracing.model import Floats, Ints

FEW = 8
"""So many readings of a place cost less one by one than by transforms."""

BLOCK = 256
"""Starts that are correlated at once."""


@dataclass(frozen=True, eq=False)
class SingleReadings:
    """Readings on the grid of start times, with the value of the integral that each needs for each start.

    Cost of a release place: readings × starts × (durations + terms of the background) products.

    Attributes:
        point: row of the integral that each reading sees.
        lower, share: its position on the grid: a whole number, and the part of a step beyond it.
        weight, weighted: as of `Readings`.
        projections: shape [terms of the background, readings].
        first: number of the first reading of each instrument, with whose others it shares the background.
    """

    point: Ints
    lower: Ints
    share: Floats
    weight: Floats
    weighted: Floats
    projections: Floats
    first: Ints

    @classmethod
    def joined(cls, parts: Sequence["SingleReadings"]) -> "SingleReadings":
        """All of them in a row; parts without readings leave no instrument."""
        parts = [part for part in parts if len(part.weight)] or list(parts[:1])
        counts = [len(part.weight) for part in parts]
        return cls(
            point=np.concatenate([part.point for part in parts]),
            lower=np.concatenate([part.lower for part in parts]),
            share=np.concatenate([part.share for part in parts]),
            weight=np.concatenate([part.weight for part in parts]),
            weighted=np.concatenate([part.weighted for part in parts]),
            projections=np.concatenate([part.projections for part in parts], axis=1),
            first=np.cumsum([0, *counts[:-1]]),
        )

    def bound(self, integral: Floats, n_starts: int, longest: int) -> Floats:
        """For each start, of all releases then: no ½ S_gy²/S_gg is larger."""
        rows = integral[self.point]
        arrival = (rows != 0.0).argmax(axis=1)
        rising_until = rows.shape[1] - (rows != rows[:, -1:])[:, ::-1].argmax(axis=1)
        begin = np.clip(self.lower - rising_until - longest, 0, n_starts)
        end = np.clip(self.lower - arrival + 2, begin, n_starts)
        each = self._held(np.any(rows, axis=1))

        position = np.arange(n_starts)
        meets = ((begin[:, None] <= position) & (position < end[:, None])).astype(np.float64)
        total = np.zeros(n_starts)
        for own in self._instruments():
            sums = (values[..., own] @ meets[own] for values in (each.square, each.crossed, each.tied))
            total += Held(*sums).bound()
        return total

    def most(self, seen: NDArray[np.bool_]) -> Floats:
        """What releases that these points see (shape [places, points]) explain at most, whenever they are: shape [places]."""
        sees = seen[:, self.point].T.astype(np.float64)
        each = self._held(np.ones(len(self.weight), dtype=bool))
        total = np.zeros(len(seen))
        for own in self._instruments():
            sums = (values[..., own] @ sees[own] for values in (each.square, each.crossed, each.tied))
            total += Held(*sums).bound()
        return total

    def _held(self, seen: NDArray[np.bool_]) -> Held:
        return Held.of(np.where(seen, self.weight, 0.0), self.weighted, self.projections)

    def products(self, integral: Floats, first: int, count: int, steps: Ints) -> tuple[Floats, Floats]:
        """S_gg and S_gy of so many starts from the first on, each of shape [durations, starts]."""
        passed = self._passed(integral, first, count + int(steps.max()))
        s_gy = self._released(self.weighted @ passed, count, steps)
        s_gg = np.zeros_like(s_gy)
        for own in self._instruments():
            for line in self.projections[:, own] @ passed[own]:
                s_gg -= self._released(line, count, steps) ** 2
        passed *= np.sqrt(self.weight)[:, None]
        for row, step in enumerate(steps):
            released = passed[:, :count] - passed[:, step : step + count]
            s_gg[row] += np.einsum("ij,ij->j", released, released) / step**2
        # Rounding may leave a signal that no reading sees slightly below zero.
        return np.maximum(s_gg, 0.0, out=s_gg), s_gy

    def _instruments(self) -> list[slice]:
        ends = [*self.first[1:].tolist(), len(self.weight)]
        return [slice(begin, end) for begin, end in zip(self.first.tolist(), ends, strict=True)]

    def _passed(self, integral: Floats, first: int, count: int) -> Floats:
        """What had passed at each reading since each of so many starts, shape [readings, starts]."""
        size = integral.shape[1]
        # Backwards, so that later starts come later; zeros before the release.
        backwards = np.pad(integral[:, ::-1], [(0, 0), (1, first + count + 1)])
        windows = sliding_window_view(backwards, count, axis=1)
        at = size - self.lower + first
        passed: Floats = windows[self.point, at] * (1.0 - self.share)[:, None]
        passed += windows[self.point, at - 1] * self.share[:, None]
        return passed

    @staticmethod
    def _released(line: Floats, count: int, steps: Ints) -> Floats:
        """A release of each duration from what had passed since its begin and since its end."""
        ends = np.stack([line[step : step + count] for step in steps])
        return (line[:count] - ends) / steps[:, None]


class SinglePassing:
    """What some release places send past them, one place after another.

    Attributes:
        hop: a block has so many starts, and may begin at any.
    """

    def __init__(
        self, readings: SingleReadings, integrals: Sequence[Floats], n_starts: int, steps: Ints
    ) -> None:
        """Args:
        integrals: of every place, shape [points, size of the readings' grid]: g/m³ at each position while 1 kg is
            released in every step from position 0 on.
        """
        self._readings, self._integrals, self._n_starts, self._steps = readings, integrals, n_starts, steps
        self.hop = min(BLOCK, n_starts)

    def taken(self, rows: Ints) -> "SinglePassing":
        """Of some of the places."""
        integrals = [self._integrals[row] for row in rows.tolist()]
        return SinglePassing(self._readings, integrals, self._n_starts, self._steps)

    def bounds(self, part: int) -> Floats:
        """For every so many starts: no release that begins at one of them has a larger ½ S_gy²/S_gg.

        Shape [places, parts].
        """
        longest = int(self._steps.max())
        each = np.array([self._readings.bound(one, self._n_starts, longest) for one in self._integrals])
        bounds: Floats = np.maximum.reduceat(each, np.arange(0, self._n_starts, part), axis=1)
        return bounds

    def products(self, places: Ints, first: Ints, count: int) -> tuple[Floats, Floats]:
        """S_gg and S_gy of these places for `count` starts from their first on, each of shape [places, durations, starts]."""
        found = [
            self._readings.products(self._integrals[place], begin, count, self._steps)
            for place, begin in zip(places.tolist(), first.tolist(), strict=True)
        ]
        s_gg, s_gy = (np.stack(column) for column in zip(*found, strict=True))
        return s_gg, s_gy
