"""Choosing places one after another by their gain, without asking every place every time."""

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import PlacementError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Objective(Protocol):
    """A gain that never grows when other places are added first (submodular), and never is negative."""

    n_places: int

    def gains(self, places: Sequence[int]) -> Floats:
        """What each of these places alone would add to those already chosen."""

    def add(self, place: int) -> None:
        """Choose a place."""


@dataclass(frozen=True)
class Greedy:
    """The chosen places in the order of choice, their total gain, and what no choice of as many can exceed."""

    places: tuple[int, ...]
    gain: float
    bound: float


def lazy_greedy(objective: Objective, count: int, taken: Collection[int] = ()) -> Greedy:
    """Add the place of largest gain, `count` times.

    A gain worked out earlier bounds the present one from above, so that only places whose old gain still
    leads are asked again (Minoux 1978). The result is at least 1 - 1/e of the best (Nemhauser et al. 1978). The
    bound is the online one of Leskovec et al. (2007): the gain plus the `count` largest gains still to be
    had, before the first choice or after the last, where gains worked out earlier stand for those not asked again.

    Raises:
        PlacementError: fewer places are free than are to be chosen.
    """
    free = [place for place in range(objective.n_places) if place not in taken]
    if not 0 < count <= len(free):
        raise PlacementError(
            f"{count} stations cannot be placed at {len(free)} free places. Give a number from 1 to {len(free)}."
        )
    first = objective.gains(free)
    bound = float(np.sort(first)[-count:].sum())
    queue = [(-float(gain), place, 0) for gain, place in zip(first, free, strict=True)]
    heapq.heapify(queue)
    chosen: list[int] = []
    total = 0.0
    while len(chosen) < count:
        negative, place, asked = heapq.heappop(queue)
        if asked == len(chosen):
            objective.add(place)
            chosen.append(place)
            total -= negative
        else:
            heapq.heappush(queue, (-float(objective.gains([place])[0]), place, len(chosen)))
    remaining = sum(sorted(-negative for negative, _, _ in queue)[-count:])
    bound = min(bound, total + remaining)
    return Greedy(tuple(chosen), total, max(bound, total))
