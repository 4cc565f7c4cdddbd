"""Where a crew could take water: along the reaches, just above confluences, and at stations that nothing is heard from."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from riverkit.network import Location, Network

from riverchief.registry.models import Reach, Station
from riverchief.registry.queries import location_of
from riverchief.trace.ground import Ground, computable
from riverchief.trace.inputs import SamplingPlaceInput, StationInput

LEAST_PART = 0.9
"""On a short reach the place is at this part of its length, if that is nearer to its end."""


def sampling_places(
    ground: Ground, heard: Iterable[StationInput], silent: Iterable[Station], rule: Mapping[str, Any]
) -> list[SamplingPlaceInput]:
    """The places on the ground of a trace: every so far along the reaches, the last just above the confluence.

    Just above and not at it, for there the water of the branch is not yet mixed. Stations without readings too. Close to a
    station whose readings come in anyway a bottle tells nothing new, so there is none.

    Args:
        heard: stations of the basin that have readings, also such as the trace does without.
        silent: those that have none.
        rule: the body of `trace.sampling`.
    """
    network = ground.network
    usable = {reach.id: reach for reach in network.reaches if computable(reach)}
    stations = [station for station in heard if station.reach_id in usable]
    along = []
    for reach in usable.values():
        if reach.line is not None:
            last_m = max(reach.length_m - rule["above_junction_m"], LEAST_PART * reach.length_m)
            parts = math.ceil(reach.length_m / rule["spacing_m"])
            along += [Location(reach.id, last_m * (n + 1) / parts) for n in range(parts)]
    rows = Reach.objects.select_related("river").in_bulk([int(reach_id) for reach_id in usable])

    def place(
        at: Location, lon: float, lat: float, station: StationInput | Station | None
    ) -> SamplingPlaceInput:
        row = rows[int(at.reach_id)]
        near, above_m = nearest_station(network, at, stations) if station is None else (station, 0.0)
        return SamplingPlaceInput(
            reach_id=at.reach_id,
            chainage_m=at.chainage_m,
            lon=lon,
            lat=lat,
            reach_code=row.code,
            river_zh=row.river.name_zh if row.river else "",
            river_en=row.river.name_en if row.river else "",
            station_zh=near.name_zh if near else "",
            station_en=near.name_en if near else "",
            above_m=above_m,
        )

    def tells(at: Location) -> bool:
        return all(
            (apart := network.distance_m(a, b)) is None or apart > rule["clear_of_stations_m"]
            for station in stations
            for a, b in ((at, station.location), (station.location, at))
        )

    return [
        *(place(at, *network.point(at), None) for at in along if tells(at)),
        *(
            place(location_of(row), row.lon, row.lat, row)
            for row in silent
            if str(row.reach_id) in usable and tells(location_of(row))
        ),
    ]


class Standing(Protocol):
    """What has a place on the network."""

    @property
    def location(self) -> Location:
        """Where it stands."""


S = TypeVar("S", bound=Standing)


def nearest_station(network: Network, at: Location, stations: Sequence[S]) -> tuple[S | None, float | None]:
    """The next station below a place, else the last above it, and how far above that the place is."""
    below = [
        (distance, number)
        for number, station in enumerate(stations)
        if (distance := network.distance_m(at, station.location)) is not None
    ]
    if below:
        distance, number = min(below)
        return stations[number], distance
    above = [
        (distance, number)
        for number, station in enumerate(stations)
        if (distance := network.distance_m(station.location, at)) is not None
    ]
    if above:
        distance, number = min(above)
        return stations[number], -distance
    return None, None
