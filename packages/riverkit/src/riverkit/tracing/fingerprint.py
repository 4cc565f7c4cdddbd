"""In what proportions an outfall of some kind releases several parameters."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from riverkit.errors import TracingError


class Ratio(NamedTuple):
    """Mass of a parameter for each mass of the reference, beforehand: log-normal.

    Attributes:
        median: above 0.
        log_sd: standard deviation of its natural logarithm; 0 for a ratio that is known.
    """

    median: float
    log_sd: float


@dataclass(frozen=True)
class Fingerprint:
    """What tells a kind of outfall by its water: sewage, the overflow of rain, a plating shop.

    Ratios are independent of each other beforehand. Those of parameters that nobody measured are passed over.

    Attributes:
        reference: name of the parameter to whose mass the others' are compared; its strength prior holds.
        ratios: by the name of every other parameter of which something is known.
    """

    reference: str
    ratios: Mapping[str, Ratio]

    def __post_init__(self) -> None:
        if self.reference in self.ratios or not self.ratios:
            raise TracingError(
                f"Fingerprint of {self.reference!r}: give the ratio of at least one other parameter, and none of its own."
            )
        for name, ratio in self.ratios.items():
            if not (0 < ratio.median < math.inf and 0 <= ratio.log_sd < math.inf):
                raise TracingError(
                    f"Fingerprint of {self.reference!r}: {name!r} has {ratio}. Give a median above 0 and a standard "
                    "deviation of at least 0."
                )
