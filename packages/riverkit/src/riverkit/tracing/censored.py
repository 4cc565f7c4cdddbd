"""The exact factor of readings below their detection limit, where the closed forms took a normal for it."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from riverkit.tracing.evidence import strength_at
from riverkit.tracing.model import Floats
from riverkit.tracing.prediction import Predictor, Transported, evenly_chosen
from riverkit.tracing.readings import Readings
from riverkit.tracing.tally import Tally

CELLS = 256
"""A candidate's cells are stood for by so many, evenly along their weight."""

STRENGTHS = 24
"""Strengths of each cell, evenly along its truncated normal."""


def correct(
    tallies: Sequence[Tally],
    leading: Sequence[int],
    readings: Sequence[Readings],
    predictor: Predictor,
    transported: Transported,
) -> None:
    """Give leading candidates the evidence and the draws they have by the exact factor.

    A reading below its limit has the likelihood Φ((limit - background - q g)/σ); the closed forms took it as a reading
    of 0 with error limit/√3. The evidence gains the mean of their ratio over what the closed forms left of cells and
    strengths, against the ratio for the background alone. The background is at its mean given the rest.
    """
    if not any(len(each.below) for each in readings) or not leading:
        return
    alone = sum(
        float(_log_ratio(each, np.zeros((1, len(each.time_s))))[0]) for each in readings if len(each.below)
    )
    chosen = [evenly_chosen(*tallies[row].draws(), CELLS) for row in leading]
    shares = (np.arange(STRENGTHS) + 0.5) / STRENGTHS
    for row, draws, curves in zip(leading, chosen, predictor.unit_curves(chosen, transported), strict=True):
        strengths = strength_at(shares[:, None], draws.mean, draws.sd)
        ratio = np.zeros((STRENGTHS, CELLS))
        for each, unit in zip(readings, curves, strict=True):
            if len(each.below):
                for number, strength in enumerate(strengths):
                    ratio[number] += _log_ratio(each, strength[:, None] * unit)
        of_cells = special.logsumexp(ratio, axis=0) - math.log(STRENGTHS) - alone
        tallies[row].replace_draws(draws, of_cells - math.log(CELLS) + tallies[row].log_evidence)


def _log_ratio(readings: Readings, signal: Floats) -> Floats:
    """Log of the exact factor over the normal one for signals of shape [cells, readings]."""
    below = readings.below
    level = (readings.background(signal) + signal)[:, below]
    counted = readings.weight[below] * readings.error[below] ** 2
    exact = special.log_ndtr((readings.limit - level) / readings.limit_error)
    normal = -0.5 * (level / readings.error[below]) ** 2
    found: Floats = (exact - normal) @ counted
    return found
