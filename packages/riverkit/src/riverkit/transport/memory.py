"""What holds water back on its way: dead zones, pools, bed and banks, as memory functions of the channel.

All of them enter a reach's transfer function in one place: where the channel alone has the rate r (s + decay), a
channel with a memory g has r (1 + g(r)). The same decay goes on in the water held back.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import TransportError

Complex = NDArray[np.complex128]


class Retention(NamedTuple):
    """The first terms of g(s) = share - first·s + second·s² - …: how much is held back, and for how long."""

    share: float
    first_s: float
    second_s2: float


class Storage(NamedTuple):
    """Dead zones that exchange water with the channel at a first-order rate (Bencala & Walters 1983).

    Attributes:
        share: their cross-section over the channel's (β), above 0.
        exchange_per_s: share of the channel's water exchanged in a second (α), above 0.
    """

    share: float
    exchange_per_s: float

    @property
    def retention(self) -> Retention:
        """Moments of the memory function."""
        stay_s = self.share / self.exchange_per_s
        return Retention(self.share, self.share * stay_s, self.share * stay_s**2)

    def delay(self, rate: Complex) -> Complex:
        """g(s) = α / (s + α/β)."""
        delay: Complex = self.exchange_per_s / (rate + self.exchange_per_s / self.share)
        return delay


class PowerLawStorage(NamedTuple):
    """Dead zones with stays of every length: the memory falls as t^(exponent - 1) and is cut off at `cutoff_s`.

    g(s) = share · (1 + s·cutoff)^(-exponent). Exponent 1 is `Storage` with a mean stay of `cutoff_s`; 1/2 is
    diffusion into bed or banks with an end (tails as t^-1.5 before the cut-off, Haggerty et al. 2000).

    Attributes:
        share: water held back over water in the channel, above 0.
        cutoff_s: the longest stays, above 0.
        exponent: above 0, at most 1.
    """

    share: float
    cutoff_s: float
    exponent: float

    @property
    def retention(self) -> Retention:
        """Moments of the memory function."""
        first = self.share * self.exponent * self.cutoff_s
        return Retention(self.share, first, 0.5 * first * (self.exponent + 1.0) * self.cutoff_s)

    def delay(self, rate: Complex) -> Complex:
        """g(s)."""
        delay: Complex = self.share * (1.0 + rate * self.cutoff_s) ** -self.exponent
        return delay


Memory = Storage | PowerLawStorage
"""Any of them."""


def slowed(rate: Complex, memory: Memory | None) -> Complex:
    """The rate r (1 + g(r)) at which a channel with this memory acts on the transform."""
    return rate if memory is None else rate * (1.0 + memory.delay(rate))


def refuse_impossible_memory(memory: Memory | None) -> None:
    """TransportError if a parameter of the memory lies outside its range."""
    if isinstance(memory, Storage) and not min(memory) > 0:
        raise TransportError(f"No transport with {memory}: share and exchange must be above 0.")
    if isinstance(memory, PowerLawStorage) and not (min(memory) > 0 and memory.exponent <= 1):
        raise TransportError(
            f"No transport with {memory}: share, cut-off and exponent must be above 0, the exponent at most 1."
        )
