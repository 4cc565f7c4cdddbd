"""Candidates weighed with the exact likelihood of readings below their detection limit."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from riverkit.tracing.below_limit import KEPT, BelowLimit, backgrounds, log_alone, over_strengths
from riverkit.tracing.model import Floats
from riverkit.tracing.prediction import evenly_chosen
from riverkit.tracing.readings import Readings
from riverkit.tracing.search import Search
from riverkit.tracing.tally import Draws, Tally

FEW, MANY, NEAR = 64, 512, 7.0
"""A candidate's cells are stood for by few, evenly along their weight; by many where it lies at most so many nats behind the best."""

KNOWN = 1e-9
"""A strength that was drawn has so small a share of its deviation left."""


def correct(
    tallies: Sequence[Tally], leading: Sequence[int], readings: Sequence[Sequence[Readings]], search: Search
) -> None:
    """Give leading candidates the evidence and the draws they have by the exact likelihood.

    A reading below its limit has the likelihood Φ((limit - background - q g)/σ); the closed forms took it as a reading
    of q g that is 0 with an error of twice the limit. The evidence gains the mean of their ratio over what the closed forms left of
    cells and strengths, against that for the background alone; and strengths are drawn anew by it. Every cell
    has a background of its own, drawn from what the other readings leave of it.

    Args:
        readings: of every parameter.
    """
    if not leading or not any(len(each.below) for own in readings for each in own):
        return
    known = [(*tallies[row].draws(), tallies[row].log_evidence) for row in leading]
    for row, found in zip(leading, _corrected(known, readings, search, FEW), strict=True):
        tallies[row].replace_draws(*found)
    best = max(tallies[row].log_evidence for row in leading)
    near = [number for number, row in enumerate(leading) if tallies[row].log_evidence >= best - NEAR]
    closer = _corrected([known[number] for number in near], readings, search, MANY)
    for number, found in zip(near, closer, strict=True):
        tallies[leading[number]].replace_draws(*found)


def _corrected(
    known: Sequence[tuple[Draws, Floats, float]],
    readings: Sequence[Sequence[Readings]],
    search: Search,
    cells: int,
) -> list[tuple[Draws, Floats]]:
    """Draws of candidates and their log weights, from weighted draws and log evidences by the closed forms."""
    chosen = [evenly_chosen(draws, weights, cells) for draws, weights, _ in known]
    stations: list[list[BelowLimit]] = [[] for _ in known]
    alone = math.fsum(log_alone(each) for own in readings for each in own)
    for number, own in enumerate(readings):
        if not any(len(each.below) for each in own):
            continue
        levels = backgrounds(own, cells, number)
        of_candidates = search.measured[number].predictor.unit_curves(chosen, search.transported_to(number))
        for found, curves in zip(stations, of_candidates, strict=True):
            found += [
                BelowLimit.of(number, each, unit, level)
                for each, unit, level in zip(own, curves, levels, strict=True)
                if len(each.below)
            ]
    return [
        _of_candidate(draws, log_evidence - alone, seen)
        for draws, (_, _, log_evidence), seen in zip(chosen, known, stations, strict=True)
    ]


def _of_candidate(draws: Draws, log_evidence: float, stations: Sequence[BelowLimit]) -> tuple[Draws, Floats]:
    cells = len(draws.start)
    kept = draws.taken(np.repeat(np.arange(cells), KEPT))
    log_weight = np.full(cells, log_evidence - math.log(cells * KEPT))
    strength_of = draws.strength[0]
    # Parameters in fixed proportions share a strength; the factors of different strengths multiply.
    for strength in sorted({int(strength_of[each.parameter]) for each in stations}):
        seen = [each for each in stations if strength_of[each.parameter] == strength]
        gain, standardised = over_strengths(draws.mean, draws.sd, seen)
        log_weight += gain
        kept = _known(kept, np.flatnonzero(strength_of == strength).tolist(), standardised.ravel())
    return kept, np.repeat(log_weight, KEPT)


def _known(draws: Draws, parameters: Sequence[int], standardised: Floats) -> Draws:
    """Those draws with the strength of these parameters known."""

    def known(mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
        mean, sd = mean.copy(), sd.copy()
        mean[:, parameters] += sd[:, parameters] * standardised[:, None]
        sd[:, parameters] *= KNOWN
        return mean, sd

    mean, sd = known(draws.mean, draws.sd)
    if len(parameters) > 1:
        # What these would be by themselves is another question.
        return replace(draws, mean=mean, sd=sd)
    free_mean, free_sd = known(draws.free_mean, draws.free_sd)
    return replace(draws, mean=mean, sd=sd, free_mean=free_mean, free_sd=free_sd)
