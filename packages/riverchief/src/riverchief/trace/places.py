"""Which stations speak in a trace, and which places come into question: no database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from riverkit.network import Location, Network

from riverchief.trace.codes import CandidateKind
from riverchief.trace.ground import Ground, Watched, survey
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
    return survey(network, seen, others, taken, longest_s=longest_s, most=rule["max_stations"])


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
    middle_of: Callable[[Sequence[str]], Mapping[str, Point | None]],
    rule: Mapping[str, Any],
) -> tuple[list[CandidateInput], list[Excluded]]:
    """Every outfall whose water passes the event, an unlisted place on each reach in question, and "nothing".

    Where a list would be longer than the rule allows, unlisted places are kept on the longest reaches: to be said so.

    Args:
        outfalls: those on the reaches in question.
        middle_of: where to show an unlisted place, from the ids of reaches.
    """
    listed = [row for row in outfalls if row.location and reaches_event(ground, row.location)]
    by_length = sorted(
        (ground.network.reach(reach_id) for reach_id in ground.in_question),
        key=lambda reach: (-reach.length_m, reach.id),
    )
    room = max(rule["most_candidates"] - len(listed), 1)
    kept, beyond = by_length[:room], by_length[room:]
    middles = middle_of([reach.id for reach in kept])
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
    nothing = CandidateInput(key="nothing", kind=CandidateKind.NOTHING, prior=1.0)
    return with_priors([*listed, *unlisted, nothing], rule["priors"]), excluded


def reaches_event(ground: Ground, place: Location) -> bool:
    """Whether water from a place on a reach in question passes an affected station; not so just below the last."""
    affected = [station.location for station in ground.stations if station.affected]
    if place.reach_id not in {station.reach_id for station in affected}:
        return True
    return any(ground.network.distance_m(place, station) is not None for station in affected)
