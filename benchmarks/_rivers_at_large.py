"""What single clouds of other rivers teach about the water and the model, before a case is looked at.

Every cloud that two stations in a row saw is traced from its true place, alone, under a weak belief; what comes out of
the clouds of all rivers but one is the belief for that one.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Normal(NamedTuple):
    """Mean and standard deviation."""

    mean: float
    sd: float

    def after(self, found: Floats) -> "Normal":
        """What is believed after clouds whose quantity came out with these means and standard deviations, shape [clouds, 2],
        both in standard deviations of this belief from its mean: one step of expectation and maximisation."""
        mean = float(found[:, 0].mean())
        variance = float((found[:, 1] ** 2 + (found[:, 0] - mean) ** 2).mean())
        return Normal(self.mean + self.sd * mean, self.sd * math.sqrt(variance))


@dataclass(frozen=True)
class Belief:
    """About a river not seen before.

    Attributes:
        velocity: ln of the channel's velocity over the mean of those in its sections.
        dispersion: log10 of it over Zeng & Huai's.
        above: log10 of the dispersion above the first station over the river's; `between` of that between the stations.
            Clouds spread the faster the older they are.
        share: log10 of the water held back over that in the channel.
        cutoff: log10 of the longest stays over the travel time between the stations.
        misfit: ln of what the best curve leaves, as a share of the peak.
    """

    velocity: Normal
    dispersion: Normal
    share: Normal
    cutoff: Normal
    misfit: Normal
    above: Normal
    between: Normal


WEAK = Belief(
    velocity=Normal(0.0, 0.5),
    dispersion=Normal(0.0, 0.5),
    share=Normal(-1.0, 0.4),
    cutoff=Normal(-1.0, 0.7),
    misfit=Normal(math.log(0.035), 0.5),
    above=Normal(0.0, 0.35),
    between=Normal(0.0, 0.35),
)
"""Wide, around what fits to single curves gave (docs/design/transport.md)."""
