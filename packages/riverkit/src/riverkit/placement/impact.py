"""Stations that keep the mean impact of future releases small, on a given matrix of impacts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riverkit.errors import PlacementError
from riverkit.placement.greedy import Floats, Ints, lazy_greedy

IMPROVEMENT = 1e-12
"""A swap must lower the mean impact by this share of what can be saved at all, so that rounding cannot swap for
ever."""


@dataclass(frozen=True)
class ImpactPlacement:
    """Places added, and what they achieve together with the existing ones.

    Attributes:
        places: columns of the impact matrix, ascending.
        mean_impact: over the scenarios, by their weights.
        lower_bound: no choice of as many places has a smaller mean impact (proven).
        before: mean impact with the existing places alone.
        seen_share: weight of the scenarios with an impact below the undetected one.
    """

    places: tuple[int, ...]
    mean_impact: float
    lower_bound: float
    before: float
    seen_share: float


def place_for_impact(
    impact: Floats,
    undetected: Floats | float,
    count: int,
    *,
    existing: Sequence[int] = (),
    weight: Floats | None = None,
) -> ImpactPlacement:
    """Choose `count` places so that the mean over scenarios of the least impact is small.

    Lazy greedy, then single exchanges while they help (Whitaker's fast interchange for the p-median).

    Args:
        impact: shape [scenarios, places]: hours to detection, mass gone by, people served … if this place alone
            watched; inf or NaN where it would not notice.
        undetected: impact of a scenario that nobody notices, for all or for each. A larger impact counts as
            undetected.
        count: places to be added.
        existing: columns of the places that have a station already.
        weight: of each scenario, at least 0; by default all alike.

    Raises:
        PlacementError: the matrix, the weights or the places cannot be used.
    """
    impact, limit, share = _checked(impact, undetected, existing, weight)
    # What a place saves in each scenario; scenarios run along the rows' memory for the sums below.
    saved = np.maximum(limit[:, None] - np.where(np.isnan(impact), np.inf, impact), 0.0).T
    saved = np.ascontiguousarray(saved * share)
    unseen = float(limit @ share)
    objective = _Saving(saved, existing)
    before = unseen - float(objective.best.sum())
    found = lazy_greedy(objective, count, existing)
    places = _exchanged(saved, list(found.places), list(existing))
    best = saved[[*existing, *places]].max(axis=0)
    return ImpactPlacement(
        places=tuple(sorted(places)),
        mean_impact=unseen - float(best.sum()),
        lower_bound=max(before - found.bound, unseen - float(saved.max(axis=0).sum())),
        before=before,
        seen_share=float(share[best > 0].sum()),
    )


class _Saving:
    """Impact saved by the best of the chosen places in each scenario: a maximum, hence submodular."""

    def __init__(self, saved: Floats, existing: Sequence[int]) -> None:
        self._saved = saved
        self.n_places = len(saved)
        self.best: Floats = saved[list(existing)].max(axis=0, initial=0.0)

    def gains(self, places: Sequence[int]) -> Floats:
        rows = self._saved if len(places) == self.n_places else self._saved[list(places)]
        gains: Floats = np.maximum(rows - self.best, 0.0).sum(axis=1)
        return gains

    def add(self, place: int) -> None:
        np.maximum(self.best, self._saved[place], out=self.best)


def _exchanged(saved: Floats, places: list[int], existing: list[int]) -> list[int]:
    """Exchange one place for another as long as that saves more."""
    least = IMPROVEMENT * float(saved.max(axis=0).sum())
    scenarios = np.arange(saved.shape[1])
    while True:
        watching = [*places, *existing]
        order = np.argsort(saved[watching], axis=0, kind="stable")
        owner: Ints = order[-1]
        best = saved[watching][owner, scenarios]
        second = saved[watching][order[-2], scenarios] if len(watching) > 1 else np.zeros_like(best)
        with_new = np.maximum(saved, best)
        gain = with_new.sum(axis=1) - best.sum()
        # Without the scenario's best place the new one or the second best takes over.
        lost = with_new - np.maximum(saved, second)
        of_place = (owner[:, None] == np.arange(len(places))).astype(np.float64)
        change = gain[:, None] - lost @ of_place
        change[watching] = -np.inf
        new, old = np.unravel_index(int(np.argmax(change)), change.shape)
        if change[new, old] <= least:
            return places
        places[old] = int(new)


def _checked(
    impact: Floats, undetected: Floats | float, existing: Sequence[int], weight: Floats | None
) -> tuple[Floats, Floats, Floats]:
    impact = np.asarray(impact, dtype=np.float64)
    if impact.ndim != 2 or 0 in impact.shape:
        raise PlacementError(
            f"An impact matrix of shape {impact.shape}. Give [scenarios, places], both above 0."
        )
    scenarios, n_places = impact.shape
    try:
        limit = np.broadcast_to(np.asarray(undetected, dtype=np.float64), scenarios)
    except ValueError:
        raise PlacementError(
            f"{np.size(undetected)} impacts of undetected scenarios for {scenarios} scenarios. Give one, or one for each."
        ) from None
    if not np.isfinite(limit).all() or (impact == -np.inf).any():
        raise PlacementError(
            "The impact of an undetected scenario, or one seen, is not finite. Give numbers."
        )
    outside = [place for place in existing if not 0 <= place < n_places]
    if outside:
        raise PlacementError(f"Existing place {outside[0]} is no column of a matrix of {n_places} places.")
    shares = np.ones(scenarios) if weight is None else np.asarray(weight, dtype=np.float64)
    if shares.shape != (scenarios,) or not (shares >= 0).all() or not 0 < shares.sum() < np.inf:
        raise PlacementError("Give each scenario one weight of at least 0, and at least one above 0.")
    return impact, limit, shares / shares.sum()
