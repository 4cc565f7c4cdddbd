"""One of several parameters that were released together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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
