"""A passing cloud apart from the scatter of the analyser that saw it."""

import math

import numpy as np

from riverkit.blind.passage import Floats
from riverkit.errors import TracingError
from riverkit.tracing.readings import standing_alone

FEWEST_WITH_SCATTER = 30
"""Records of fewer readings are mostly cloud, and tell no scatter."""

DEVIATIONS_PER_SECOND_DIFFERENCE = 1.4826 / math.sqrt(6.0)
"""Of independent normal errors, from the median of second differences without their sign."""

QUIET, STANDS_OUT, TINY = 5.0, 6.0, 1e-12
"""In measures of the scatter: the width of quiet readings above the lowest, and what a cloud's peak must rise."""


def out_of_scatter(
    time_s: Floats, value: Floats, background: float | None, *, name: str
) -> tuple[float, Floats]:
    """The background, and the readings with what is no part of the cloud put to it: all its scatter would count as a cloud
    without an end.

    The scatter is that of second differences, of which most are taken in quiet water; the cloud goes from its peak to where
    two readings in a row are within twice the scatter. A reading of which its neighbours know nothing is no cloud. Records of
    fewer than 30 readings stay as they are.

    Args:
        time_s, value: readings in any order, g/m³; NaN where missing.
        background: g/m³; None takes the mean of quiet readings, or the lowest where few are quiet.
        name: of the station, for errors.

    Raises:
        TracingError: no cloud rises out of the scatter.
    """
    usable = np.flatnonzero(np.isfinite(value) & np.isfinite(time_s))
    usable = usable[np.argsort(time_s[usable], kind="stable")]
    level = value[usable]
    lowest = float(level.min()) if len(level) else 0.0
    if len(level) < FEWEST_WITH_SCATTER:
        return lowest if background is None else background, value
    scatter = float(np.median(np.abs(np.diff(level, 2)))) * DEVIATIONS_PER_SECOND_DIFFERENCE
    alone, _ = standing_alone(time_s[usable], level, np.full(len(level), max(scatter, TINY)))
    if background is None:
        told = np.delete(level, alone)
        quiet = told[told <= told.min() + QUIET * scatter]
        # Few are quiet where the record hardly reaches beyond the cloud.
        background = float(quiet.mean()) if 3 * len(quiet) >= len(level) else lowest
    level[alone] = background
    smooth = np.median(np.stack([level[:-2], level[1:-1], level[2:]]), axis=0)
    peak = 1 + int(smooth.argmax())
    if smooth[peak - 1] - background < STANDS_OUT * scatter:
        raise TracingError(
            f"Station {name}: no cloud rises out of the scatter of {scatter:.2g} mg/L around {background:.3g} mg/L. Leave the "
            "station out."
        )
    still = level < background + 2.0 * scatter
    pairs = np.flatnonzero(still[:-1] & still[1:])
    before, after = pairs[pairs + 1 < peak], pairs[pairs > peak]
    begin = int(before[-1]) + 1 if len(before) else 0
    end = int(after[0]) + 1 if len(after) else len(level)
    level[:begin] = level[end:] = background
    found = np.full(len(value), np.nan)
    found[usable] = level
    return background, found
