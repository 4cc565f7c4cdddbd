"""How much readings hold that a release could explain: a bound that needs no prediction."""

from dataclasses import dataclass

import numpy as np

from riverkit.tracing.model import Floats, Ints

UNBOUNDED = 1e300
"""In place of a bound where there is none; finite, so that it can be added to."""

LEAST_FREE = 1e-9
"""Backgrounds tied closer than this to the readings are not told from rounding: then there is no bound."""


@dataclass(frozen=True, eq=False)
class Held:
    """Sums over readings that tell how much of them any prediction can explain that is 0 at all others.

    Let W = diag(w) - Σ p pᵀ be the precision, u = Wy, and g a prediction that is not 0 at the readings T only. By Cauchy
    and Schwarz ½ (gᵀu)² / gᵀWg is at most ½ uᵀ (W restricted to T)⁻¹ u over T, which is reached by some g; and by Woodbury
    that is ½ [Σ u²/w + vᵀ (1 - C)⁻¹ v] with v = Σ p u/w and C = Σ p pᵀ/w, all sums over T.

    Attributes:
        square: Σ u²/w; shape [...].
        crossed: v, shape [terms of the background, ...].
        tied: C, shape [terms, terms, ...].
    """

    square: Floats
    crossed: Floats
    tied: Floats

    @classmethod
    def stacked(cls, parts: "list[Held]", terms: int, size: int) -> "Held":
        """One row of positions for each, before the last axis."""
        found = cls(
            np.zeros((len(parts), size)),
            np.zeros((terms, len(parts), size)),
            np.zeros((terms, terms, len(parts), size)),
        )
        for row, part in enumerate(parts):
            found.square[row], found.crossed[:, row], found.tied[:, :, row] = (
                part.square,
                part.crossed,
                part.tied,
            )
        return found

    @classmethod
    def of(cls, weight: Floats, weighted: Floats, projections: Floats) -> "Held":
        """Of each reading by itself; those that weigh nothing hold nothing."""
        per_weight = np.divide(1.0, weight, out=np.zeros(len(weight)), where=weight > 0)
        return cls(
            weighted**2 * per_weight,
            projections * weighted * per_weight,
            projections[:, None] * projections * per_weight,
        )

    def at(self, position: Ints, size: int) -> "Held":
        """The same of readings at positions, on an axis of positions."""
        onto = np.zeros((len(position), size))
        onto[np.arange(len(position)), position] = 1.0
        return Held(self.square @ onto, self.crossed @ onto, self.tied @ onto)

    def running(self) -> "Held":
        """Of all positions before each (last axis), so that differences are those of windows."""
        return Held(*(_running(each) for each in (self.square, self.crossed, self.tied)))

    def between(self, row: Ints, begin: Ints, end: Ints) -> "Held":
        """Of a window of each row, from running sums; the indices have any common shape."""
        return Held(
            *(each[..., row, end] - each[..., row, begin] for each in (self.square, self.crossed, self.tied))
        )

    def bound(self) -> Floats:
        """No ½ S_gy²/S_gg of a prediction that only these readings see is larger; shape [...]."""
        # The square is completed term by term: each takes its part out of those that follow.
        crossed, tied = list(self.crossed), [list(row) for row in self.tied]
        total, bounded = self.square.copy(), np.ones(self.square.shape, dtype=bool)
        for term in range(len(crossed)):
            free = 1.0 - tied[term][term]
            bounded &= free > LEAST_FREE
            shares = [np.divide(each, free, out=np.zeros_like(total), where=bounded) for each in tied[term]]
            total += np.divide(crossed[term] ** 2, free, out=np.zeros_like(total), where=bounded)
            for other in range(term + 1, len(crossed)):
                crossed[other] = crossed[other] + shares[other] * crossed[term]
                tied[other] = [
                    each + shares[other] * own for each, own in zip(tied[other], tied[term], strict=True)
                ]
        bound: Floats = np.where(bounded, 0.5 * total, UNBOUNDED)
        return bound


def _running(values: Floats) -> Floats:
    sums = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=sums[..., 1:])
    return sums
