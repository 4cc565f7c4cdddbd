"""Which stations speak in a trace, and which places come into question: no database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from riverkit.network import Location, Network

from riverchief.trace.codes import CandidateKind
from riverchief.trace.ground import Ground, Watched, inflows, survey
from riverchief.trace.inputs import CandidateInput, Excluded, StationInput, with_priors

Point = tuple[float, float]
"""Longitude and latitude, degrees."""


def ground_of(
    network: Network,
    inputs: Mapping[int, StationInput],
    affected: Sequence[int],
    rule: Mapping[str, Any],
    bottles: Mapping[int, Location] | None = None,
) -> Ground:
    """The ground of a trace whose event was seen at the stations `affected`, in order of time.

    `bottles`: where samples were taken, by number.
    """

    def watched(key: int) -> Watched:
        return Watched(key, inputs[key].location, key in affected)

    seen = [watched(key) for key in affected if key in inputs]
    if not seen:
        return Ground(network)
    others = [watched(key) for key in inputs if key not in affected]
    taken = [Watched(key, place, affected=False) for key, place in (bottles or {}).items()]
    longest_s = 3600.0 * rule["lookback_hours"]
    ground = survey(network, seen, others, taken, longest_s=longest_s, most=rule["max_stations"])
    ground.inflows = inflows(network, ground.in_question, rule["headwater_km2"])
    return ground


def stations_on(ground: Ground, inputs: Mapping[int, StationInput]) -> list[StationInput]:
    """The stations that the survey kept, with the discharge there."""
    found = []
    for station in (inputs[kept.key] for kept in ground.stations):
        discharge = ground.network.reach(station.reach_id).discharge_m3s
        assert discharge is not None  # the survey keeps no station without
        found.append(replace(station, discharge_m3s=discharge))
    return found


def candidates_on(
    ground: Ground,
    outfalls: Sequence[CandidateInput],
    point_of: Callable[[Sequence[str], float], Mapping[str, Point | None]],
    rule: Mapping[str, Any],
    *,
    rain: bool = False,
) -> tuple[list[CandidateInput], list[Excluded]]:
    """All that may explain an event: no innocent is accused for lack of alternatives.

    Every outfall whose water passes the event, an unlisted place on each reach in question, the water that comes in from
    further up, where it rained the catchment above the station that saw it first, and "nothing". Where a list would be
    longer than the rule allows, unlisted places are kept on the longest reaches and inflows with the most water: to be said so.

    Args:
        outfalls: those on the reaches in question.
        point_of: where to show a place at a share of the length of reaches, from their ids.
        rain: whether it is known that it rained.
    """
    listed = [row for row in outfalls if row.location and reaches_event(ground, row.location)]
    by_length = sorted(
        (ground.network.reach(reach_id) for reach_id in ground.in_question),
        key=lambda reach: (-reach.length_m, reach.id),
    )
    room = max(rule["most_candidates"] - len(listed), 1)
    kept, beyond = by_length[:room], by_length[room:]
    middles = point_of([reach.id for reach in kept], 0.5)
    unlisted = []
    for reach in kept:
        lon, lat = middles[reach.id] or (None, None)
        unlisted.append(
            CandidateInput(
                key=f"unlisted:{reach.id}",
                kind=CandidateKind.UNLISTED,
                prior=reach.length_m,
                reach_id=reach.id,
                chainage_m=reach.length_m / 2,
                lon=lon,
                lat=lat,
            )
        )
    excluded = []
    if beyond:
        excluded.append(
            Excluded(
                str(len(beyond)),
                "个较短河段的名录外排放位置未计入：候选过多",
                "shorter reaches: unlisted places on them were not weighed, there are too many candidates",
            )
        )
    coming = _inflows(ground, point_of, rule)
    if len(ground.inflows) > len(coming):
        excluded.append(
            Excluded(
                str(len(ground.inflows) - len(coming)),
                "处较小的上游来水未计入：候选过多",
                "smaller inflows from further up were not weighed, there are too many candidates",
            )
        )
    nothing = CandidateInput(key=CandidateKind.NOTHING, kind=CandidateKind.NOTHING, prior=1.0)
    everything = [*listed, *unlisted, *coming, *(_catchment(ground) if rain else []), nothing]
    return with_priors(everything, rule["priors"]), excluded


def _inflows(
    ground: Ground,
    point_of: Callable[[Sequence[str], float], Mapping[str, Point | None]],
    rule: Mapping[str, Any],
) -> list[CandidateInput]:
    """Water that comes in with the upper ends of reaches, as likely as it is much."""
    kept = ground.inflows[: rule["most_inflows"]]
    points = point_of(kept, 0.0)
    found = []
    for reach_id in kept:
        lon, lat = points[reach_id] or (None, None)
        found.append(
            CandidateInput(
                key=f"{CandidateKind.BOUNDARY}:{reach_id}",
                kind=CandidateKind.BOUNDARY,
                prior=ground.network.reach(reach_id).discharge_m3s or 0.0,
                reach_id=reach_id,
                chainage_m=0.0,
                lon=lon,
                lat=lat,
            )
        )
    return found


def _catchment(ground: Ground) -> list[CandidateInput]:
    """Rain off the land above the station that saw the event first, over all reaches in question there."""
    first = next(station for station in ground.stations if station.affected).location.reach_id
    above = set(ground.network.upstream(first)) & ground.in_question
    return [
        CandidateInput(
            key=CandidateKind.DIFFUSE,
            kind=CandidateKind.DIFFUSE,
            prior=1.0,
            reach_ids=sorted(above),
            rain_driven=True,
        )
    ]


def reaches_event(ground: Ground, place: Location) -> bool:
    """Whether water from a place on a reach in question passes an affected station; not so just below the last."""
    affected = [station.location for station in ground.stations if station.affected]
    if place.reach_id not in {station.reach_id for station in affected}:
        return True
    return any(ground.network.distance_m(place, station) is not None for station in affected)
