"""Readings and start times coarse enough to weigh every combination of several sources."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from riverkit.tracing.model import StationSeries
from riverkit.tracing.survey import Instrument


def averaged(instrument: Instrument, step_s: float) -> Instrument:
    """The usable readings of a station averaged over each step; their errors are alike over longer than that anyway.

    A survey moves on from reading to reading, and what is below a limit has no mean: these stay as they are.
    """
    if not isinstance(instrument, StationSeries) or instrument.below is not None:
        return instrument
    usable = np.isfinite(instrument.value)
    time_s, value = instrument.time_s[usable], instrument.value[usable]
    _, block = np.unique(np.floor(time_s / step_s), return_inverse=True)
    counts = np.bincount(block)
    sigma = None if instrument.sigma is None else np.bincount(block, instrument.sigma[usable]) / counts
    return replace(
        instrument,
        time_s=np.bincount(block, time_s) / counts,
        value=np.bincount(block, value) / counts,
        sigma=sigma,
    )


def step_for_combinations(
    instruments: Sequence[Instrument],
    first_start_s: float,
    step_s: float,
    *,
    n_candidates: int,
    n_durations: int,
    most_cells: float,
) -> float:
    """The smallest multiple of a step with which readings times releases are at most so many.

    Args:
        first_start_s: from there to the last reading starts are searched.
        step_s: what is wanted; the averages of readings are over as much.
    """
    span_s = max(float(each.time_s.max()) for each in instruments) - first_start_s
    times = 0
    cells = np.inf
    while cells > most_cells and times * step_s < span_s:
        times += 1
        readings = sum(len(averaged(each, times * step_s).time_s) for each in instruments)
        cells = readings * max(1.0, span_s / (times * step_s)) * n_candidates * n_durations
    return times * step_s
