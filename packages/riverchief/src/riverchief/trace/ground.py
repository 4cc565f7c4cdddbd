"""The part of a river network that a trace is about: which stations say something, which reaches come into question.

A steady-flow method holds where water runs freely and its speed is known. What lies behind a backwater, a gate or the
tide is left out and said so, never computed as if.
"""

import heapq
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from riverkit.network import Location, Network, Reach, Regime, estimate_hydraulics


@dataclass(frozen=True)
class Watched:
    """A station that may take part: `key` names it, `affected` tells that the event was seen there."""

    key: int
    location: Location
    affected: bool


@dataclass
class Ground:
    """What was found.

    Attributes:
        network: the reaches that matter, hydraulics filled; the whole network where no station could be kept.
        stations: those kept, the affected ones first.
        bottles: the samples taken by hand to which water comes freely from a reach in question.
        in_question: ids of the reaches from which the water may have come.
        inflows: ids of those into whose upper end water comes from beyond them.
        behind_barrier: stations left out because a reach on the way is not computable.
        beyond: stations left out because enough others are nearer.
    """

    network: Network
    stations: list[Watched] = field(default_factory=list)
    bottles: list[Watched] = field(default_factory=list)
    in_question: set[str] = field(default_factory=set)
    inflows: list[str] = field(default_factory=list)
    behind_barrier: list[Watched] = field(default_factory=list)
    beyond: list[Watched] = field(default_factory=list)


def survey(
    network: Network,
    affected: list[Watched],
    others: Iterable[Watched],
    bottles: Iterable[Watched] = (),
    *,
    longest_s: float,
    most: int,
) -> Ground:
    """Find the ground of a trace.

    Args:
        network: the whole basin.
        affected: stations at which the event was seen, in order of time; at least one.
        others: further stations that have readings. One that saw nothing speaks too.
        bottles: samples taken by hand; however many, all that can be are kept.
        longest_s: reaches from which water takes longer than this to the affected stations are left out.
        most: number of stations kept; those nearest to where the event was first seen come first. At most half of
            them are affected ones, or a long cloud would leave no room for those that clear what lies above them.
    """
    ground = Ground(with_hydraulics(network))
    speaking = max(1, most // 2)
    for station in affected[:speaking]:
        _admit(ground, station, longest_s)
    ground.beyond = affected[speaking:]
    if not ground.stations:
        return ground
    # A station above all that is in question has nothing to say.
    passed = {reach.id for reach in _below(ground.network, ground.in_question)}
    first = affected[0].location
    distance = {
        other: _apart(network, first, other.location) for other in others if other.location.reach_id in passed
    }
    for other in sorted(distance, key=lambda other: (distance[other], other.key)):
        if distance[other] == math.inf:
            continue
        if len(ground.stations) < most:
            _admit(ground, other, longest_s)
        else:
            ground.beyond.append(other)
    for bottle in bottles:
        way = _way(ground, ground.in_question, bottle)
        if bottle.location.reach_id in passed and all(map(computable, way)):
            ground.bottles.append(bottle)
    ground.network = _part(ground.network, ground.in_question, [*ground.stations, *ground.bottles])
    return ground


def inflows(network: Network, in_question: Collection[str], headwater_km2: float) -> list[str]:
    """The reaches in question into whose upper end water comes from beyond them, the largest discharge first.

    That is where the river goes on above, farther than the trace looks or behind a gate; and where the network itself
    begins with more than a headwater; a reach that is known to drain at most `headwater_km2` springs there.
    """
    arriving: dict[str, list[Reach]] = {}
    for reach in network.reaches:
        arriving.setdefault(reach.down, []).append(reach)
    found = []
    for reach in (network.reach(reach_id) for reach_id in sorted(in_question)):
        above = arriving.get(reach.up, [])
        springs = reach.drainage_km2 is not None and reach.drainage_km2 <= headwater_km2
        if any(each.id not in in_question for each in above) or not (above or springs):
            found.append(reach)
    return [reach.id for reach in sorted(found, key=lambda reach: -(reach.discharge_m3s or 0.0))]


def with_hydraulics(network: Network) -> Network:
    """The network with what is unknown about its hydraulics estimated, and marked so."""
    known = all(
        reach.velocity_m_s and reach.dispersion_m2s and reach.discharge_m3s for reach in network.reaches
    )
    return network if known else Network.build(estimate_hydraulics(network.reaches))


def computable(reach: Reach) -> bool:
    """Whether the steady-flow method holds on a reach, and what it needs is known."""
    return (
        reach.regime is Regime.FREE
        and reach.velocity_m_s is not None
        and reach.dispersion_m2s is not None
        and reach.discharge_m3s is not None
    )


def _admit(ground: Ground, station: Watched, longest_s: float) -> None:
    """Take a station in, unless something not computable lies between it and a reach in question."""
    if not computable(ground.network.reach(station.location.reach_id)):
        ground.behind_barrier.append(station)
        return
    in_question = set(ground.in_question)
    if station.affected:
        in_question |= _upstream_within(ground.network, station.location, longest_s)
    if all(map(computable, _way(ground, in_question, station))):
        ground.stations.append(station)
        ground.in_question = in_question
    else:
        ground.behind_barrier.append(station)


def _way(ground: Ground, in_question: set[str], further: Watched) -> list[Reach]:
    """The reaches that water takes to all that is kept, and to one more."""
    return _between(ground.network, in_question, [*ground.stations, *ground.bottles, further])


def _upstream_within(network: Network, station: Location, longest_s: float) -> set[str]:
    """The reaches from whose lower end water runs freely to the station within the time, at mean velocity."""
    arriving: dict[str, list[Reach]] = {}
    for reach in network.reaches:
        arriving.setdefault(reach.down, []).append(reach)
    here = network.reach(station.reach_id)
    found = {here.id}
    queue = [(station.chainage_m / (here.velocity_m_s or math.inf), here.up)]
    nearest: dict[str, float] = {}
    while queue:
        elapsed, node = heapq.heappop(queue)
        if node in nearest or elapsed > longest_s:
            continue
        nearest[node] = elapsed
        for reach in arriving.get(node, ()):
            if computable(reach) and reach.velocity_m_s:
                found.add(reach.id)
                heapq.heappush(queue, (elapsed + reach.length_m / reach.velocity_m_s, reach.up))
    return found


def _below(network: Network, sources: set[str]) -> list[Reach]:
    """The reaches that water from the source reaches passes, these included, downstream last."""
    passed: set[str] = set()
    found = []
    for reach in network.reaches:
        if reach.id in sources or reach.up in passed:
            found.append(reach)
            passed.add(reach.down)
    return found


def _between(network: Network, sources: set[str], stations: Iterable[Watched]) -> list[Reach]:
    """The reaches that water takes from the source reaches to the stations, both ends included."""
    seen: set[str] = set()
    at_station = {station.location.reach_id for station in stations}
    found = []
    for reach in reversed(_below(network, sources)):
        if reach.id in at_station or reach.down in seen:
            seen.add(reach.up)
            found.append(reach)
    return found


def _part(network: Network, in_question: set[str], stations: list[Watched]) -> Network:
    """The reaches that matter, and the sisters where water divides: shares are shares of the whole."""
    kept = {reach.id for reach in _between(network, in_question, stations)} | in_question
    nodes = {network.reach(reach_id).up for reach_id in kept}
    return Network.build(reach for reach in network.reaches if reach.id in kept or reach.up in nodes)


def _apart(network: Network, first: Location, other: Location) -> float:
    """Metres between two stations along the flow, whichever is upstream; infinite where neither is."""
    ways = (network.distance_m(first, other), network.distance_m(other, first))
    return min((way for way in ways if way is not None), default=math.inf)
