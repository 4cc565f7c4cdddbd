"""The river network of a basin as riverkit sees it, kept in memory.

In a network a reach is named by its key, written as text: codes are the owners' and may change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import shapely
from django.db.models import QuerySet
from riverkit.errors import NetworkError
from riverkit.network import Location, Network, Regime
from riverkit.network import Reach as NetworkReach

from riverchief.base.errors import NotFound, StateRefused
from riverchief.registry.models import MEASURES_WATER, Basin, Outfall, Placed, Reach, Station

KEPT_NETWORKS = 8
"""Networks held in memory at once; one of 5,000 reaches takes about 10 MB."""


@dataclass(frozen=True)
class Upstream:
    """An outfall whose water reaches a place, and how far above it lies along the flow."""

    outfall: Outfall
    location: Location
    distance_m: float


@dataclass(frozen=True)
class Downstream:
    """A station that the water of a place reaches, and how far below it lies along the flow."""

    station: Station
    location: Location
    distance_m: float


def network_of(basin_id: int) -> Network:
    """The network of a basin; built once per version of it.

    Raises:
        NotFound: there is no such basin.
        StateRefused: the basin has no reach, or its reaches form no valid network.
    """
    version = Basin.objects.filter(pk=basin_id).values_list("version", flat=True).first()
    if version is None:
        raise NotFound(
            f"没有编号为 {basin_id} 的流域。|There is no basin {basin_id}.",
            cure="请核对流域。|Check which basin is meant.",
        )
    return _build(basin_id, version)


@lru_cache(maxsize=KEPT_NETWORKS)
def _build(basin_id: int, version: int) -> Network:
    rows = Reach.objects.filter(basin_id=basin_id).select_related("river")
    try:
        return Network.build(network_reaches(rows))
    except NetworkError as error:
        raise StateRefused(
            f"流域 {basin_id}（版本 {version}）的河网不可用：{error}"
            f"|The network of basin {basin_id} (version {version}) cannot be used: {error}",
            cure="请修正河段后重新导入。|Correct the reaches and import them again.",
        ) from error


def network_reaches(rows: "QuerySet[Reach] | Iterable[Reach]") -> list[NetworkReach]:
    """Rows as riverkit's reaches."""
    return [network_reach(row) for row in rows]


def network_reach(row: Reach) -> NetworkReach:
    """A row as riverkit's reach."""
    return NetworkReach(
        id=str(row.pk),
        up=row.up_node,
        down=row.down_node,
        length_m=row.length_m,
        line=None if row.geometry is None else shapely.LineString(row.geometry["coordinates"]),
        discharge_m3s=row.discharge_m3s,
        velocity_m_s=row.velocity_m_s,
        width_m=row.width_m,
        depth_m=row.depth_m,
        dispersion_m2s=row.dispersion_m2s,
        drainage_km2=row.drainage_km2,
        flow_share=row.flow_share,
        regime=Regime(row.regime),
        name=row.river.name_zh if row.river else "",
        estimated=frozenset(row.estimated),
    )


def location_of(placed: Placed) -> Location:
    """Where a station, outfall or section stands on the network of its basin."""
    return Location(str(placed.reach_id), placed.chainage_m)


def outfalls_upstream(basin_id: int, place: Location, max_distance_m: float | None = None) -> list[Upstream]:
    """The outfalls whose water reaches `place`, nearest first; closed ones too, for a closed one may leak."""
    network = network_of(basin_id)
    reaches = [int(reach_id) for reach_id in network.upstream(place.reach_id, max_distance_m)]
    rows = Outfall.objects.filter(reach_id__in=reaches).select_related("area", "organisation", "reach")
    found = [
        Upstream(row, location_of(row), distance)
        for row in rows
        if (distance := network.distance_m(location_of(row), place)) is not None
        and (max_distance_m is None or distance <= max_distance_m)
    ]
    return sorted(found, key=lambda item: (item.distance_m, item.outfall.code))


def stations_downstream(
    basin_id: int, place: Location, max_distance_m: float | None = None
) -> list[Downstream]:
    """The active stations that the water of `place` reaches, nearest first."""
    network = network_of(basin_id)
    reaches = [int(reach_id) for reach_id in network.downstream(place.reach_id, max_distance_m)]
    rows = Station.objects.filter(MEASURES_WATER, reach_id__in=reaches, active=True).select_related(
        "area", "reach"
    )
    found = [
        Downstream(row, location_of(row), distance)
        for row in rows
        if (distance := network.distance_m(place, location_of(row))) is not None
        and (max_distance_m is None or distance <= max_distance_m)
    ]
    return sorted(found, key=lambda item: (item.distance_m, item.station.code))


def station_upstream(basin_id: int, place: Location, max_distance_m: float | None = None) -> Station | None:
    """The nearest active station whose water reaches `place`; what it reads is the inflow there."""
    network = network_of(basin_id)
    reaches = [int(reach_id) for reach_id in network.upstream(place.reach_id, max_distance_m)]
    rows = Station.objects.filter(MEASURES_WATER, reach_id__in=reaches, active=True).select_related("reach")
    found = [
        (distance, row.code, row)
        for row in rows
        if (distance := network.distance_m(location_of(row), place)) is not None
        and (max_distance_m is None or distance <= max_distance_m)
    ]
    return min(found)[2] if found else None
