"""What may explain readings besides the outfalls on a list, so that nobody is accused for lack of alternatives."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from riverkit.errors import TracingError
from riverkit.network import Location, Network, Reach
from riverkit.tracing.model import Candidate
from riverkit.transport import has_kernel

LISTED, UNLISTED, INFLOW, NOTHING = 0.75, 0.15, 0.05, 0.1
"""Weights of the kinds of explanation beforehand. A judgement: most polluters stand on an office's list, and one alarm in ten
has no source in the network at all."""

MOST_INFLOWS = 20
"""Of the reaches that nothing flows into, those with the most water: the others begin where rain collects."""


def with_alternatives(
    network: Network, seen_from: Iterable[str], listed: Sequence[Candidate]
) -> list[Candidate]:
    """The candidates of a list, and after them what else may have released.

    Added are an unlisted outfall on every reach whose water passes a station (as likely as the reach is long), water that
    comes in with the upper ends of the rivers (as likely as it is much) and "nothing in this network". A kind that the list
    has itself stays as the list gives it; where no kernel holds on the way to a station, nothing can be said and nothing is
    added. All that is listed, of whatever kind, shares the weight `LISTED` in the proportions
    given.

    Args:
        seen_from: ids of the reaches with stations.
        listed: the candidates.

    Raises:
        TracingError: none of them has a weight above 0.
    """
    total = math.fsum(candidate.prior for candidate in listed)
    if total == 0:
        raise TracingError(
            "None of the candidates has a prior above 0. Give one of them a weight, or no list: places are then laid out "
            "along the rivers."
        )
    kinds = {candidate.kind for candidate in listed}
    found = [replace(candidate, prior=LISTED * candidate.prior / total) for candidate in listed]
    reaches = _computable(network, seen_from)
    if "unlisted" not in kinds:
        length_m = math.fsum(reach.length_m for reach in reaches)
        found += [
            Candidate(
                f"unlisted on {reach.id}",
                Location(reach.id, 0.5 * reach.length_m),
                "unlisted",
                UNLISTED * reach.length_m / length_m,
            )
            for reach in reaches
        ]
    if "boundary" not in kinds:
        found += _inflows(network, reaches)
    if "nothing" not in kinds:
        found.append(Candidate("nothing in this network", None, "nothing", NOTHING))
    return found


def _inflows(network: Network, reaches: Sequence[Reach]) -> list[Candidate]:
    heads = [reach for reach in reaches if reach.discharge_m3s and network.upstream(reach.id) == [reach.id]]
    heads = sorted(heads, key=lambda reach: (-(reach.discharge_m3s or 0.0), reach.id))[:MOST_INFLOWS]
    water = math.fsum(reach.discharge_m3s or 0.0 for reach in heads)
    return [
        Candidate(
            f"inflow at the head of {reach.id}",
            Location(reach.id, 0.0),
            "boundary",
            INFLOW * (reach.discharge_m3s or 0.0) / water,
        )
        for reach in heads
    ]


def _computable(network: Network, seen_from: Iterable[str]) -> list[Reach]:
    """The reaches above stations from which every way down has kernels."""
    above = reaches_above(network, seen_from)
    without = {up for reach in above if not has_kernel(reach) for up in network.upstream(reach.id)}
    return [reach for reach in above if reach.id not in without]


def reaches_above(network: Network, seen_from: Iterable[str]) -> list[Reach]:
    """Those whose water passes a station, and the stations' own, in order of their ids."""
    return [
        network.reach(reach_id)
        for reach_id in sorted({above for own in set(seen_from) for above in network.upstream(own)})
    ]
