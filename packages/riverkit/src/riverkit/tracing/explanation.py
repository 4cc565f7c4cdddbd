"""What tells the leading candidates apart."""

from collections.abc import Mapping

import numpy as np

from riverkit.tracing.model import Floats
from riverkit.tracing.result import Contrast, StationPrediction

BAND_ERRORS = 2.0 * 1.6449
"""Width of a 90 % band in standard deviations."""


def contrasts(predicted: Mapping[str, tuple[StationPrediction, ...]]) -> dict[str, tuple[Contrast, ...]]:
    """For each candidate, against each other one, the reading at which they differ most, given their predictions.

    Rivals come in order of how hard they are to tell apart, the hardest first.
    """
    found = {}
    for key, own in predicted.items():
        against = [_contrast(own, rival, theirs) for rival, theirs in predicted.items() if rival != key]
        found[key] = tuple(sorted(against, key=lambda each: each.errors_apart))
    return found


def _contrast(
    own: tuple[StationPrediction, ...], rival: str, theirs: tuple[StationPrediction, ...]
) -> Contrast:
    best: Contrast | None = None
    for mine, other in zip(own, theirs, strict=True):
        mean, rival_mean = np.array(mine.mean), np.array(other.mean)
        # Either band holds the reading's error and what its candidate leaves open.
        error = (_width(mine) + _width(other)) / (2.0 * BAND_ERRORS)
        apart = np.abs(mean - rival_mean) / error
        at = int(apart.argmax())
        if best is None or apart[at] > best.errors_apart:
            best = Contrast(
                rival,
                mine.station,
                mine.time_s[at],
                mine.mean[at],
                other.mean[at],
                mine.observed[at],
                float(apart[at]),
                mine.parameter,
            )
    assert best is not None  # a trace has at least one station
    return best


def _width(prediction: StationPrediction) -> Floats:
    width: Floats = np.array(prediction.reading_high) - np.array(prediction.reading_low)
    return width
