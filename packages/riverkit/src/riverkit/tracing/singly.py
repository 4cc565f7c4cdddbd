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

    def bound(self, integrals: Floats, n_starts: int, longest: int) -> Floats:
        """For every place and start, of all releases then: no ½ S_gy²/S_gg is larger.

        Args:
            integrals: shape [places, points, size of the grid].
        """
        rising_until = integrals.shape[-1] - (integrals != integrals[..., -1:])[..., ::-1].argmax(axis=-1)
        arrival = (integrals != 0.0).argmax(axis=-1)
        seen = (integrals != 0.0).any(axis=-1)[:, self.point]
        begin = np.clip(self.lower - rising_until[:, self.point] - longest, 0, n_starts)
        end = np.clip(self.lower - arrival[:, self.point] + 2, begin, n_starts)
        each = Held.of(self.weight, self.weighted, self.projections)
        row = (n_starts + 1) * np.arange(len(integrals))[:, None]

        def at_starts(values: Floats, own: slice) -> Floats:
            """Sums over those readings that releases at each start can be seen in, from [readings] to [places, starts]."""
            counted = (values * seen)[:, own].ravel()
            places = (len(integrals), n_starts + 1)
            begun, ended = (
                np.bincount((row + each[:, own]).ravel(), counted, places[0] * places[1]).reshape(places)
                for each in (begin, end)
            )
            found: Floats = np.cumsum(begun - ended, axis=1)[:, :n_starts]
            return found

        total = np.zeros((len(integrals), n_starts))
        for own in self._instruments():
            square = at_starts(each.square, own)
            crossed = np.array([at_starts(term, own) for term in each.crossed])
            tied = np.array([[at_starts(term, own) for term in terms] for terms in each.tied])
            total += Held(square, crossed, tied).bound()
        return total

    def most(self, seen: NDArray[np.bool_]) -> Floats:
        """What releases that these points see (shape [places, points]) explain at most, whenever they are: shape [places]."""
        sees = seen[:, self.point].T.astype(np.float64)
        each = Held.of(self.weight, self.weighted, self.projections)
        total = np.zeros(len(seen))
        for own in self._instruments():
            sums = (values[..., own] @ sees[own] for values in (each.square, each.crossed, each.tied))
            total += Held(*sums).bound()
        return total

    def products(self, integrals: Floats, first: Ints, count: int, steps: Ints) -> tuple[Floats, Floats]:
        """S_gg and S_gy of so many starts from the first of each place on, of shape [places, durations, starts]."""
        passed = self._passed(integrals, first, count + int(steps.max()))
        s_gy = self._released(self.weighted @ passed, count, steps)
        s_gg = np.zeros_like(s_gy)
        for own in self._instruments():
            for line in np.moveaxis(self.projections[:, own] @ passed[:, own], 1, 0):
                s_gg -= self._released(line, count, steps) ** 2
        passed *= np.sqrt(self.weight)[:, None]
        for row, step in enumerate(steps):
            released = passed[..., :count] - passed[..., step : step + count]
            s_gg[:, row] += np.einsum("pij,pij->pj", released, released) / step**2
        # Rounding may leave a signal that no reading sees slightly below zero.
        return np.maximum(s_gg, 0.0, out=s_gg), s_gy

    def _instruments(self) -> list[slice]:
        ends = [*self.first[1:].tolist(), len(self.weight)]
        return [slice(begin, end) for begin, end in zip(self.first.tolist(), ends, strict=True)]

    def _passed(self, integrals: Floats, first: Ints, count: int) -> Floats:
        """What had passed at each reading since each of so many starts, shape [places, readings, starts]."""
        size = integrals.shape[-1]
        # Backwards, so that later starts come later; zeros before the release.
        backwards = np.pad(integrals[..., ::-1], [(0, 0), (0, 0), (1, int(first.max()) + count + 1)])
        windows = sliding_window_view(backwards, count, axis=-1)
        at = size - self.lower + first[:, None]
        place = np.arange(len(integrals))[:, None]
        passed: Floats = windows[place, self.point, at] * (1.0 - self.share)[:, None]
        passed += windows[place, self.point, at - 1] * self.share[:, None]
        return passed

    @staticmethod
    def _released(lines: Floats, count: int, steps: Ints) -> Floats:
        """A release of each duration from what had passed since its begin and since its end, [places, durations, starts]."""
        ends = np.stack([lines[:, step : step + count] for step in steps], axis=1)
        return (lines[:, None, :count] - ends) / steps[:, None]


class SinglePassing:
    """What some release places send past them.

    Attributes:
        hop: a block has so many starts, and may begin at any.
    """

    def __init__(self, readings: SingleReadings, integrals: Floats, n_starts: int, steps: Ints) -> None:
        """Args:
        integrals: shape [places, points, size of the readings' grid]: g/m³ at each position while 1 kg is released in
            every step from position 0 on.
        """
        self._readings, self._integrals, self._n_starts, self._steps = readings, integrals, n_starts, steps
        self.hop = min(BLOCK, n_starts)

    def taken(self, rows: Ints) -> "SinglePassing":
        """Of some of the places."""
        return SinglePassing(self._readings, self._integrals[rows], self._n_starts, self._steps)

    def bounds(self, part: int) -> Floats:
        """For every so many starts: no release that begins at one of them has a larger ½ S_gy²/S_gg.

        Shape [places, parts].
        """
        each = self._readings.bound(self._integrals, self._n_starts, int(self._steps.max()))
        bounds: Floats = np.maximum.reduceat(each, np.arange(0, self._n_starts, part), axis=1)
        return bounds

    def products(self, places: Ints, first: Ints, count: int) -> tuple[Floats, Floats]:
        """S_gg and S_gy of these places for `count` starts from their first on, each of shape [places, durations, starts]."""
        integrals = self._integrals if len(places) == len(self._integrals) else self._integrals[places]
        return self._readings.products(integrals, first, count, self._steps)
