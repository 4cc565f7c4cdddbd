"""Where each candidate is tried."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from riverkit.network import Location, Network
from riverkit.tracing.model import Candidate, Floats
from riverkit.transport import Moments

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


def standing_for_all(
    places: Sequence[Place], weight: Floats, stations: Sequence[Location], travel: Moments, count: int
) -> list[Place]:
    """At most so many of the places, with shares by which sums over them stand for those over all.

    In the order of the water's way to the stations (which of them it passes, and how long it takes to the first) they are drawn
    evenly along their weights for one half, so that none of a large weight is missed, and along their number for the other, so that
    none stands for many others far from it.

    Args:
        weight: of each place beforehand, at least 0, some above.
        travel: from the first point of every place (last axis) to all `stations`.
    """
    if len(places) <= count:
        return list(places)
    passes = travel.share > 0
    first_s = np.where(passes, travel.mean_s, np.inf).min(axis=0)
    by_place = sorted(range(len(stations)), key=lambda row: _where(stations[row]))
    # By place, too, where all else is alike, so that the order in which stations and candidates come does not matter.
    keys = [
        (passes[by_place, row].tolist(), float(first_s[row]), _where(place.parts[0][0]))
        for row, place in enumerate(places)
    ]
    order = np.array(sorted(range(len(places)), key=keys.__getitem__))
    drawn_by = 0.5 * weight[order] / weight.sum() + 0.5 / len(places)
    cumulated = np.cumsum(drawn_by)
    chosen, times = np.unique(
        np.searchsorted(cumulated, (np.arange(count) + 0.5) * (cumulated[-1] / count)), return_counts=True
    )
    factor = times / (count * drawn_by[chosen])
    return [
        replace(places[row], share=places[row].share * each)
        for row, each in zip(order[chosen].tolist(), factor.tolist(), strict=True)
    ]


def _where(place: Location) -> tuple[str, float]:
    return place.reach_id, place.chainage_m
