"""Where each candidate is tried."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from riverkit.network import Location, Network
from riverkit.tracing.model import Candidate, Floats

UNLISTED_POINTS, STEPS_APART = 3, 12
"""An unlisted outfall is tried at up to three points along its reach, fewer where water takes less than twelve
start steps from one to the next: the start is free, so that such neighbours hardly differ. Evidences are averaged."""


@dataclass(frozen=True)
class Place:
    """Where a candidate releases: at one point, or at several at once in fixed shares.

    Attributes:
        candidate: whose place it is, a number.
        share: of that candidate's prior.
        parts: points and the share of the mass released at each; the shares sum to 1.
        log_start: log prior of every start time against a uniform one; None for that.
    """

    candidate: int
    share: float
    parts: tuple[tuple[Location, float], ...]
    log_start: Floats | None = None


def places_of(
    network: Network, candidates: Sequence[Candidate], apart_s: float, starts_s: Floats
) -> list[Place]:
    """Where each candidate is tried: an unlisted one at points at least so far apart by the water's velocity."""
    places = []
    for number, candidate in enumerate(candidates):
        log_start = (
            None if candidate.starts is None else candidate.starts.log_weights(starts_s, candidate.key)
        )
        if candidate.kind == "nothing":
            continue
        if candidate.parts:
            total = math.fsum(weight for _, weight in candidate.parts)
            parts = tuple((place, weight / total) for place, weight in candidate.parts)
            places.append(Place(number, 1.0, parts, log_start))
            continue
        assert candidate.location is not None
        where = [candidate.location]
        if candidate.kind == "boundary":
            where = [Location(candidate.location.reach_id, 0.0)]
        elif candidate.kind == "unlisted":
            where = _along(network, candidate.location.reach_id, apart_s)
        share = 1.0 / len(where)
        places += [Place(number, share, ((place, 1.0),), log_start) for place in where]
    return places


def _along(network: Network, reach_id: str, apart_s: float) -> list[Location]:
    """Points along a reach for an outfall that may lie anywhere on it."""
    reach = network.reach(reach_id)
    passing_s = reach.length_m / reach.velocity_m_s if reach.velocity_m_s else math.inf
    points = min(max(1, math.ceil(passing_s / apart_s)), UNLISTED_POINTS) if apart_s < math.inf else 1
    return [Location(reach.id, (n + 0.5) / points * reach.length_m) for n in range(points)]
