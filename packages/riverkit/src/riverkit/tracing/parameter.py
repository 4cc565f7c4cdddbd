"""One of several parameters that were released together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from riverkit.errors import TracingError
from riverkit.tracing.model import BackgroundPrior, Noise, StrengthPrior
from riverkit.tracing.survey import Instrument


@dataclass(frozen=True, eq=False)
class Parameter:
    """A measured parameter: what one release shares with the others is its place, its time, its duration and the water.

    Attributes:
        name: unique, as fingerprints name it.
        stations: its readings, at stations or by surveys; of its own, not those of the other parameters.
        noise, strength, background, decay_per_s: as in `trace`.
    """

    name: str
    stations: Sequence[Instrument]
    noise: Noise
    strength: StrengthPrior
    background: BackgroundPrior = field(default_factory=BackgroundPrior)
    decay_per_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.decay_per_s < math.inf:
            of = f" of {self.name}" if self.name else ""
            raise TracingError(f"Decay{of} of {self.decay_per_s} 1/s: give a rate of at least 0.")
