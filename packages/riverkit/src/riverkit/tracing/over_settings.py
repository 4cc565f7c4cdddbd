"""A search averaged over hydraulic settings, which are drawn where the readings lead."""

import math
from collections.abc import Sequence

import numpy as np

from riverkit.tracing.adaptive import FEWEST, Explored, effective_number, explore
from riverkit.tracing.hydraulics import n_uncertain
from riverkit.tracing.model import Candidate, Floats, Ints
from riverkit.tracing.search import Progress, Search
from riverkit.tracing.tally import Tally

ENOUGH = 16.0
"""Of the settings that were tried so many count, or are looked for; and about as many are weighed in full."""


def weigh_over_settings(
    search: Search, coarse: Search, candidates: Sequence[Candidate], progress: Progress | None
) -> tuple[list[Tally], Search, float | None]:
    """The candidates' sums, the search whose numbers their draws bear, and for how many settings those tried count, where
    that is known."""
    hydraulics, n_candidates = search.hydraulics, len(candidates)
    dimensions = n_uncertain(hydraulics) + search.n_gains
    led = dimensions and any(candidates[place.candidate].prior > 0 for place in search.places)
    if not (hydraulics.adaptive and hydraulics.n_settings >= FEWEST and led):
        counted = None if dimensions else float(hydraulics.n_settings)
        return search.weigh_all(n_candidates, progress), search, counted
    priors = np.array([each.prior for each in candidates])
    with np.errstate(divide="ignore"):
        log_prior = np.log(priors)
    if hydraulics.tried_places is not None:
        coarse = coarse.with_places(hydraulics.tried_places, priors)
    tried = 0
    most_tries = len(coarse.places) * hydraulics.n_settings
    in_full = round(ENOUGH) * len(search.places)

    def score(point: Floats) -> Floats:
        nonlocal tried
        tallies = coarse.under(point[None]).weigh_all(n_candidates, None)
        tried += 1
        if progress:
            # How many are tried is known only afterwards: they go on from wherever the tries end.
            progress(tried * len(coarse.places), most_tries + in_full)
        # Measured by places only: "nothing" knows no hydraulics.
        return np.array([np.logaddexp.reduce([t.log_evidence_at_most for t in tallies] + log_prior)])

    explored = explore(hydraulics.n_settings, dimensions, hydraulics.seed, score, enough=ENOUGH)
    worth, log_weight = _chosen(explored)
    closer = search.under(explored.points[worth], log_weight)

    def tell(done: int, of: int) -> None:
        if progress:
            progress(most_tries + done * in_full // of, most_tries + in_full)

    return (
        closer.weigh_all(n_candidates, tell),
        closer,
        effective_number(log_weight + explored.scores[worth, 0]),
    )


def _chosen(explored: Explored) -> tuple[Ints, Floats]:
    """Settings drawn evenly along what they promise, and log weights with which they stand for all that were tried."""
    promise = explored.log_weight + explored.scores[:, 0]
    share = np.exp(promise - np.logaddexp.reduce(promise))
    count = round(ENOUGH)
    drawn = np.searchsorted(np.cumsum(share), (np.arange(count) + 0.5) / count)
    worth, times = np.unique(np.minimum(drawn, len(share) - 1), return_counts=True)
    log_weight = explored.log_weight[worth] - math.log(len(share))
    return worth, log_weight + np.log(times / count) - np.log(share[worth])
