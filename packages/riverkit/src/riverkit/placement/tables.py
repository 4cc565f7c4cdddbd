"""CSV tables of the command `riverkit place`: places, sources, impact matrices; and what it writes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from riverkit.errors import NetworkError, PlacementError
from riverkit.network import Location, Network
from riverkit.output import write_csv, write_json
from riverkit.placement.greedy import Floats
from riverkit.tracing.tables import Row, place_of, read_rows

NOT_PLACES = ("scenario", "weight", "undetected")
COLUMNS = ("station", "reach", "chainage_m", "lon", "lat")


@dataclass(frozen=True)
class NamedPlace:
    """A place with the name that people know it by."""

    name: str
    location: Location


@dataclass(frozen=True, eq=False)
class ImpactTable:
    """A matrix of impacts as `place_for_impact` takes it.

    Attributes:
        places: names of the columns.
        impact: shape [scenarios, places], NaN where the place would not notice.
        undetected, weight: of each scenario.
    """

    places: tuple[str, ...]
    impact: Floats
    undetected: Floats
    weight: Floats


def read_places(network: Network, path: Path) -> list[NamedPlace]:
    """Places from columns `station`, and `lon`, `lat` (degrees) or `reach`, `chainage_m`."""
    places: dict[str, NamedPlace] = {}
    for row in read_rows(path):
        name = row.text("station")
        if name in places:
            raise row.error("station", f"{name!r} stands further up already. Give each a name of its own.")
        places[name] = NamedPlace(name, place_of(network, row))
    return list(places.values())


def read_names(path: Path) -> list[str]:
    """The column `station` alone."""
    return [row.text("station") for row in read_rows(path)]


def read_impact(path: Path, undetected: float | None) -> ImpactTable:
    """A matrix of impacts: a row for each scenario.

    Columns `scenario` and, if wanted, `weight` and `undetected` (impact where nobody notices; else the one given);
    every other column is a place, named by its header, with the impact of the scenario if this place alone watched.
    An empty value means that it would not notice.
    """
    rows = read_rows(path)
    places = tuple(column for column in rows[0].values if column not in NOT_PLACES)
    rows[0].text("scenario")
    if not places:
        raise PlacementError(
            f"{path.name}: no column beside {', '.join(NOT_PLACES)}. Give one for each place."
        )
    return ImpactTable(
        places=places,
        impact=np.array([[_impact(row, place) for place in places] for row in rows]),
        undetected=np.array([_undetected(row, undetected) for row in rows]),
        weight=np.array([1.0 if (w := row.optional_number("weight")) is None else w for row in rows]),
    )


def _impact(row: Row, place: str) -> float:
    value = row.optional_number(place)
    return math.nan if value is None else value


def _undetected(row: Row, otherwise: float | None) -> float:
    value = row.optional_number("undetected")
    if value is None:
        value = otherwise
    if value is None:
        raise row.error(
            "undetected", "neither given here nor by --undetected. Give what it costs not to notice."
        )
    return value


def point_of(network: Network, location: Location) -> tuple[float, float] | None:
    """Longitude and latitude, None where the reach has no line."""
    try:
        return network.point(location)
    except NetworkError:
        return None


def write_places(path: Path, network: Network, places: Sequence[NamedPlace]) -> None:
    """The places as CSV, or as GeoJSON where the file's name ends so.

    Raises:
        PlacementError: GeoJSON, and a reach without a line.
        OutputError: the file cannot be written.
    """
    rows = []
    for place in places:
        lon, lat = point_of(network, place.location) or (None, None)
        rows.append((place.name, place.location.reach_id, round(place.location.chainage_m, 1), lon, lat))
    if path.suffix.lower() != ".geojson":
        write_csv(path, [COLUMNS, *rows])
        return
    features = []
    for name, reach, chainage_m, lon, lat in rows:
        if lon is None:
            raise PlacementError(
                f"Reach {reach!r} has no line, so {path.name} cannot draw a station there. Write a .csv, or give the "
                "reaches geometry."
            )
        features.append(
            {
                "type": "Feature",
                "properties": {"station": name, "reach": reach, "chainage_m": chainage_m},
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
            }
        )
    collection = {"type": "FeatureCollection", "features": features}
    write_json(path, collection)
