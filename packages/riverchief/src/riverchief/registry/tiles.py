"""Vector tiles of the reaches (Mapbox Vector Tile 2.1), encoded in Python and cached.

A tile is cached under the versions of the basins **and** the areas of the reader: two people with different areas
never share a tile.
"""

import math
from functools import lru_cache
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from django.db.models import Q
from numpy.typing import NDArray

from riverchief.accounts.areas.queries import tree_version
from riverchief.base.errors import InvalidInput
from riverchief.registry.fields import Bounds
from riverchief.registry.models import Basin, Reach
from riverchief.registry.queries import visible_reaches

LAYER = "reaches"
EXTENT = 4096
BUFFER = 64
"""Units drawn beyond the edge of a tile, so that wide lines do not end there."""

HALF_A_PIXEL = EXTENT / 512 / 2
LARGEST_ZOOM = 16
TOP = math.degrees(math.atan(math.sinh(math.pi)))
"""The latitude at which the square Mercator map ends."""

CACHED_TILES = 4_096

Versions = tuple[int, tuple[tuple[int, int], ...]]


def versions() -> Versions:
    """That of the administrative tree, and the basins and theirs: what a tile depends on beside its reader."""
    return tree_version(), tuple(Basin.objects.order_by("pk").values_list("pk", "version"))


def reach_tile(z: int, x: int, y: int, paths: list[str]) -> bytes:
    """The tile of the reaches that a reader with the areas `paths` may see; empty bytes where there are none.

    Raises:
        InvalidInput: there is no such tile.
    """
    if not (0 <= z <= LARGEST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise InvalidInput(
            f"没有瓦片 {z}/{x}/{y}。|There is no tile {z}/{x}/{y}.",
            cure=f"缩放级别 0–{LARGEST_ZOOM}，x、y 小于 2 的 z 次方。|Zoom 0 to {LARGEST_ZOOM}, x and y below 2^z.",
        )
    return _tile(z, x, y, tuple(paths), versions())


@lru_cache(maxsize=CACHED_TILES)
def _tile(z: int, x: int, y: int, paths: tuple[str, ...], of: Versions) -> bytes:
    rows = (
        Reach.objects.filter(
            visible_reaches(list(paths)),
            _large_enough(z),
            bounds__overlaps=tile_bounds(z, x, y, BUFFER / EXTENT),
        )
        .select_related("basin", "river")
        .order_by("pk")
    )
    features = [feature for row in rows if (feature := _feature(row, z, x, y)) is not None]
    if not features:
        return b""
    encoded: bytes = mapbox_vector_tile.encode(
        {"name": LAYER, "features": features}, default_options={"extents": EXTENT, "y_coord_down": True}
    )
    return encoded


def _large_enough(z: int) -> Q:
    """Far out, brooks are left out: a catchment must be about ten pixels across. Unknown ones stay."""
    if z >= 9:
        return Q()
    return Q(drainage_km2__isnull=True) | Q(drainage_km2__gte=2.5 * 4.0 ** (9 - z))


def _feature(row: Reach, z: int, x: int, y: int) -> dict[str, Any] | None:
    if row.geometry is None:
        return None
    points = to_tile(np.array(row.geometry["coordinates"], dtype=np.float64), z, x, y)
    line = shapely.LineString(points).simplify(HALF_A_PIXEL)
    line = shapely.clip_by_rect(line, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    if line.is_empty or line.length == 0:
        return None
    properties = {
        "id": row.pk,
        "code": row.code,
        "name": row.river.name_zh if row.river else "",
        "name_en": row.river.name_en if row.river else "",
        "river_zh": row.river.name_zh if row.river else "",
        "river_en": row.river.name_en if row.river else "",
        "discharge_m3s": row.discharge_m3s,
        "velocity_m_s": row.velocity_m_s,
        "estimated": bool(row.estimated),
        "regime": row.regime,
        "basin": row.basin.code,
        "synthetic": row.basin.synthetic,
    }
    # The format knows no null: what is unknown is left out.
    return {
        "id": row.pk,
        "geometry": line,
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def to_tile(lonlat: NDArray[np.float64], z: int, x: int, y: int) -> NDArray[np.float64]:
    """Degrees to units of a tile (0 … EXTENT, y downwards), by spherical Mercator as every web map draws it."""
    longitude, latitude = np.radians(lonlat[:, 0]), np.radians(np.clip(lonlat[:, 1], -TOP, TOP))
    east = (longitude / math.pi + 1) / 2
    south = (1 - np.arcsinh(np.tan(latitude)) / math.pi) / 2
    return np.column_stack([east * 2**z - x, south * 2**z - y]) * EXTENT


def tile_bounds(z: int, x: int, y: int, margin: float = 0.0) -> Bounds:
    """West, south, east, north of a tile in degrees, widened by `margin` tiles on each side."""

    def longitude(column: float) -> float:
        return float(column / 2**z * 360 - 180)

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z))))

    return longitude(x - margin), latitude(y + 1 + margin), longitude(x + 1 + margin), latitude(y - margin)
