"""A search averaged over hydraulic settings, which are drawn where the readings lead, by each candidate that may matter."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from riverkit.tracing.adaptive import FEWEST, effective_number, explore
from riverkit.tracing.hydraulics import n_uncertain
from riverkit.tracing.model import Candidate, Floats, Ints
from riverkit.tracing.search import Progress, Search
from riverkit.tracing.tally import Tally

ENOUGH = 32.0
"""For each candidate that matters so many settings that were tried are to count."""

MATTERS = 3.0
"""A candidate so many nats behind the best matters …"""

HOPES, PATIENCE = 40.0, 8.0
"""… and one as far behind may yet: what is asked for it falls to 1/e with every so many nats."""

FEW, EACH, MANY = 32, 4, 48
"""So many settings are weighed in full: some for each candidate that matters, within these bounds."""

LEVELLED, WANTED = 0.5, 0.1
"""Settings are drawn for candidates by their probabilities to that power: those behind have a part. A need below this is none."""


def weigh_over_settings(
    search: Search, coarse: Search, candidates: Sequence[Candidate], progress: Progress | None
) -> tuple[list[Tally], Search, float | None]:
    """The candidates' sums, the search whose numbers their draws bear, and for how many settings those tried count, where
    that is known: for the candidate that matters for which the fewest do."""
    hydraulics, n_candidates = search.hydraulics, len(candidates)
    dimensions = n_uncertain(hydraulics) + search.n_gains
    led = dimensions and any(candidates[place.candidate].prior > 0 for place in search.places)
    if not (hydraulics.adaptive and hydraulics.n_settings >= FEWEST and led):
        counted = None if dimensions else float(hydraulics.n_settings)
        return search.weigh_all(n_candidates, progress), search, counted
    # Measured by places only: "nothing" knows no hydraulics.
    owners = np.unique([place.candidate for place in search.places])
    with np.errstate(divide="ignore"):
        log_prior = np.log([candidates[owner].prior for owner in owners])
    tried = 0

    def score(point: Floats) -> Floats:
        nonlocal tried
        tallies = coarse.under(point[None]).weigh_all(n_candidates, None)
        tried += 1
        if progress:
            # How much follows is known only afterwards; half and half keeps the share from going back.
            progress(tried * len(search.places), 2 * search.size)
        return np.array([tallies[owner].log_evidence_at_most for owner in owners]) + log_prior

    explored = explore(hydraulics.n_settings, dimensions, hydraulics.seed, score, aim=_neediest)
    logs = explored.log_weight[:, None] + explored.scores
    worth, log_weight = _chosen(logs, explored.log_weight)
    closer = search.under(explored.points[worth], log_weight)

    def tell(done: int, of: int) -> None:
        if progress:
            progress(search.size + done * search.size // of, 2 * search.size)

    tallies = closer.weigh_all(n_candidates, tell)
    # The settings weighed in full stand for all that were tried, for each candidate by what these promised it.
    promised = special.logsumexp(logs, axis=0) - math.log(len(logs))
    stood_for = special.logsumexp(log_weight[:, None] + explored.scores[worth], axis=0)
    for number, owner in enumerate(owners.tolist()):
        if math.isfinite(stood_for[number]):
            tallies[owner].scale(float(promised[number] - stood_for[number]))
    reached = _reached(logs)
    mattering = np.flatnonzero(reached >= -MATTERS).tolist()
    return tallies, closer, min(effective_number(logs[:, each]) for each in mattering)


def _reached(logs: Floats) -> Floats:
    """How far the evidence of each candidate lies behind that of the best, at most 0; `logs` of shape [settings, candidates]."""
    reached = np.asarray(special.logsumexp(logs, axis=0))
    found: Floats = reached - reached.max()
    return found


def _neediest(log_weight: Floats, scores: Floats) -> Floats | None:
    """The scores of the candidate for which settings are wanted most; None where all have enough.

    One that is behind may be so for want of settings that fit it: it is looked after too, the less the farther it is behind.
    """
    logs = log_weight[:, None] + scores
    reached = _reached(logs)
    hopeful = np.flatnonzero(reached > -HOPES)
    lacking = np.array([1.0 - effective_number(logs[:, each]) / ENOUGH for each in hopeful])
    need = lacking * np.exp(reached[hopeful] / PATIENCE)
    return scores[:, hopeful[need.argmax()]] if need.max() > WANTED else None


def _chosen(logs: Floats, log_weight: Floats) -> tuple[Ints, Floats]:
    """Settings drawn evenly along what they promise the candidates, and log weights with which they stand for all that were tried."""
    reached = _reached(logs)
    count = int(np.clip(EACH * (reached >= -MATTERS).sum(), FEW, MANY))
    with np.errstate(invalid="ignore"):
        shares = np.nan_to_num(np.exp(logs - special.logsumexp(logs, axis=0)))
    share = shares @ np.exp(LEVELLED * reached)
    share /= share.sum()
    drawn = np.searchsorted(np.cumsum(share), (np.arange(count) + 0.5) / count)
    worth, times = np.unique(np.minimum(drawn, len(share) - 1), return_counts=True)
    stands_for: Floats = log_weight[worth] - math.log(len(logs)) + np.log(times / count / share[worth])
    return worth, stands_for
