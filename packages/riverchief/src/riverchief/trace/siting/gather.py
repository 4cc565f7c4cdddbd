"""What a study of stations is computed from, out of the registry: places, sources, and the stations that are there."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riverkit.network import Location, Network
from riverkit.network import Reach as NetworkReach

from riverchief.base.errors import StateRefused
from riverchief.registry.models import MEASURES_WATER, Outfall, Reach, Station
from riverchief.registry.queries import location_of, network_of, visible_reaches
from riverchief.trace.ground import computable, with_hydraulics
from riverchief.trace.models import SitingStudy
from riverchief.trace.siting.compute import Question


@dataclass(frozen=True)
class Gathered:
    """The question, the stations that are there, and how many reaches had to be left out."""

    question: Question
    stations: Sequence[Station]
    left_out: int


def gather(study: SitingStudy) -> Gathered:
    """The question of a study.

    Reaches in backwater, behind gates or in the tide, and such of unknown hydraulics, are left out: what runs through them is
    not known by a steady-flow method.

    Raises:
        StateRefused: no reach is left on which a station could be put.
    """
    rule = study.settings
    whole = with_hydraulics(network_of(study.basin_id))
    usable = [reach for reach in whole.reaches if computable(reach)]
    own = set(
        Reach.objects.filter(visible_reaches([study.area.path]), basin=study.basin).values_list(
            "pk", flat=True
        )
    )
    here = [reach for reach in usable if int(reach.id) in own]
    if not here:
        raise StateRefused(
            "所选流域在您的辖区内没有可用的河段。|No reach of this basin in your area can be used.",
            cure="请核对河段的水流状态与所属区域。|Check the regime of its reaches, and their area.",
        )
    network = Network.build(usable)
    stations = [
        row
        for row in Station.objects.filter(
            MEASURES_WATER, reach__basin=study.basin, active=True, outfall__isnull=True
        )
        if str(row.reach_id) in network
    ]
    existing = [location_of(row) for row in stations]
    spacing_m = _spacing_m(usable, rule)
    places = [
        place
        for place in _along(here, spacing_m)
        if all(_apart_m(network, place, other) > rule["clear_of_stations_m"] for other in existing)
    ]
    sources, weights = _sources(study, network, usable, spacing_m)
    return Gathered(Question(network, places, existing, sources, weights), stations, len(whole) - len(usable))


def _spacing_m(reaches: Sequence[NetworkReach], rule: Mapping[str, Any]) -> float:
    """That of the rule, or wider where the network is so long that the work would have no bound."""
    total_m = math.fsum(reach.length_m for reach in reaches)
    return max(float(rule["spacing_m"]), total_m / float(rule["most_points"]))


def _along(reaches: Iterable[NetworkReach], spacing_m: float) -> list[Location]:
    """The middles of equal parts of each reach, about so long; at least one."""
    found = []
    for reach in reaches:
        parts = max(1, round(reach.length_m / spacing_m))
        found += [Location(reach.id, reach.length_m * (n + 0.5) / parts) for n in range(parts)]
    return found


def _apart_m(network: Network, one: Location, other: Location) -> float:
    ways = (network.distance_m(one, other), network.distance_m(other, one))
    return min((way for way in ways if way is not None), default=math.inf)


def _sources(
    study: SitingStudy, network: Network, reaches: Sequence[NetworkReach], spacing_m: float
) -> tuple[list[Location], list[float]]:
    """Every outfall, all alike, and an unlisted place anywhere, by length; each kind with its weight by the rule."""
    kinds = study.settings["weights"]
    outfalls = [
        location_of(row)
        for row in Outfall.objects.filter(reach__basin=study.basin).order_by("code")
        if str(row.reach_id) in network
    ]
    total_m = math.fsum(reach.length_m for reach in reaches)
    sources, weights = list(outfalls), [kinds["outfall"] / len(outfalls)] * len(outfalls) if outfalls else []
    for reach in reaches:
        along = _along([reach], spacing_m)
        sources += along
        weights += [kinds["unlisted"] * reach.length_m / total_m / len(along)] * len(along)
    return sources, weights
