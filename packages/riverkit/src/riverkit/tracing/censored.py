"""The exact factor of readings below their detection limit, where the closed forms took a normal for it."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from riverkit.tracing.evidence import strength_at
from riverkit.tracing.model import Floats
from riverkit.tracing.prediction import evenly_chosen
from riverkit.tracing.readings import Readings
from riverkit.tracing.search import Search
from riverkit.tracing.tally import Tally

CELLS = 256
"""A candidate's cells are stood for by so many, evenly along their weight."""

STRENGTHS = 24
"""Strengths of each cell, evenly along its truncated normal."""


def correct(
    tallies: Sequence[Tally], leading: Sequence[int], readings: Sequence[Sequence[Readings]], search: Search
) -> None:
    """Give leading candidates the evidence and the draws they have by the exact factor.

    A reading below its limit has the likelihood Φ((limit - background - q g)/σ); the closed forms took it as a reading
    of q g that is 0 with an error of twice the limit. The evidence gains the mean of their ratio over what the closed forms left of cells and
    strengths, against the ratio for the background alone. The background is at its mean given the rest.

    Args:
        readings: of every parameter.
    """
    censored = [number for number, own in enumerate(readings) if any(len(each.below) for each in own)]
    if not censored or not leading:
        return
    alone = sum(
        float(_log_ratio(each, np.zeros((1, len(each.time_s))))[0])
        for number in censored
        for each in readings[number]
    )
    chosen = [evenly_chosen(*tallies[row].draws(), CELLS) for row in leading]
    curves = {
        number: search.measured[number].predictor.unit_curves(chosen, search.transported_to(number))
        for number in censored
    }
    shares = (np.arange(STRENGTHS) + 0.5) / STRENGTHS
    for position, (row, draws) in enumerate(zip(leading, chosen, strict=True)):
        of_cells = np.full(CELLS, -alone)
        # Parameters in fixed proportions share a strength; the factors of different strengths multiply.
        for strength in np.unique(draws.strength[0, censored]).tolist():
            ratio = np.zeros((STRENGTHS, CELLS))
            for number in censored:
                if draws.strength[0, number] == strength:
                    masses = strength_at(shares[:, None], draws.mean[:, number], draws.sd[:, number])
                    ratio += _of_strengths(readings[number], curves[number][position], masses)
            of_cells += special.logsumexp(ratio, axis=0) - math.log(STRENGTHS)
        tallies[row].replace_draws(draws, of_cells - math.log(CELLS) + tallies[row].log_evidence)


def _of_strengths(readings: Sequence[Readings], curves: Sequence[Floats], masses: Floats) -> Floats:
    """Log ratio of the factors of a parameter's readings for masses of shape [strengths, cells]."""
    ratio = np.zeros(masses.shape)
    for each, unit in zip(readings, curves, strict=True):
        if len(each.below):
            for number, mass in enumerate(masses):
                ratio[number] += _log_ratio(each, mass[:, None] * unit)
    return ratio


def _log_ratio(readings: Readings, signal: Floats) -> Floats:
    """Log of the exact factor over the normal one for signals of shape [cells, readings]."""
    below = readings.below
    level = (readings.background(signal) + signal)[:, below]
    counted = readings.weight[below] * readings.error[below] ** 2
    exact = special.log_ndtr((readings.limit - level) / readings.limit_error)
    normal = -0.5 * (signal[:, below] / readings.error[below]) ** 2
    found: Floats = (exact - normal) @ counted
    return found
