"""Where a row of an old ledger lies: its area, reach and position, by what the row tells of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from riverkit.errors import NetworkError

from riverchief.accounts.models import Area
from riverchief.rectify.actions.registration import NEAR_M
from riverchief.rectify.importing.models import TakenOver
from riverchief.registry.importing.chiefs.places import Places, Water
from riverchief.registry.importing.values import BadValue, degrees
from riverchief.registry.models import Basin, Outfall, Reach
from riverchief.registry.networks import network_of

PlacedBy = TakenOver.Placed


@dataclass(frozen=True)
class Spot:
    """A place: `reach` is None far from every reach; `placed_by` says what the position is worth."""

    area: Area
    reach: Reach | None
    lon: float
    lat: float
    placed_by: str
    outfall: Outfall | None = None


class LedgerPlaces:
    """The areas, rivers, reaches and outfalls of a deployment, read once for a whole file."""

    def __init__(self) -> None:
        self._places = Places()
        self._reaches = {
            row.pk: row
            for row in Reach.objects.select_related("river", "area").defer("geometry").order_by("pk")
        }
        self._networks = [
            network_of(pk)
            for pk in Basin.objects.filter(reaches__geometry__isnull=False)
            .distinct()
            .values_list("pk", flat=True)
        ]
        self._outfalls = {row.code: row for row in Outfall.objects.select_related("area")}
        self._middles: dict[int, tuple[float, float] | None] = {}

    def of(self, row: Mapping[str, str]) -> Spot:
        """The place of a row: by its own position, else its outfall's, else somewhere on the reach or river it names.

        Raises:
            BadValue: area, outfall or river are not known, or nothing says where it is.
        """
        outfall = self._outfall(row.get("outfall", ""))
        named = any(row.get(field, "").strip() for field in ("area", "county", "town", "village"))
        if outfall is not None and not named:
            area = outfall.area
        else:
            area = self._places.area(row.get("area", "").strip(), dict(row), "")
        if row.get("lon", "").strip() or row.get("lat", "").strip():
            lon, lat = degrees(row, "lon", 180), degrees(row, "lat", 90)
            if lon == 0 and lat == 0:
                raise BadValue(
                    "lon",
                    "坐标为 0, 0。|The position is 0, 0.",
                    "请改正或删去坐标。|Correct it or take it out.",
                )
            return Spot(area, self._nearest(lon, lat), lon, lat, PlacedBy.FILE, outfall)
        if outfall is not None:
            return Spot(
                area, self._reaches[outfall.reach_id], outfall.lon, outfall.lat, PlacedBy.OUTFALL, outfall
            )
        name = row.get("rivers", "").strip()
        if not name:
            raise BadValue(
                "lon",
                "此行没有坐标、排口或河流，不知在何处。|Neither a position, an outfall nor a river says where it is.",
                "请填写经纬度、排口编码或河流名称。|Give longitude and latitude, the code of the outfall, or the river.",
            )
        return self._on(self._water(name, area), area, name)

    def _water(self, name: str, area: Area) -> Water:
        try:
            return self._places.water(name, area)
        except BadValue as error:
            raise BadValue(
                error.field,
                error.message,
                "请改正名称，或填写经纬度。|Correct the name, or give longitude and latitude.",
            ) from error

    def _outfall(self, code: str) -> Outfall | None:
        code = code.strip()
        if not code:
            return None
        if code not in self._outfalls:
            raise BadValue(
                "outfall",
                f"没有编码为“{code}”的排污口。|There is no outfall with the code “{code}”.",
                "请改正，或清空此格。|Correct it, or empty the cell.",
            )
        return self._outfalls[code]

    def _nearest(self, lon: float, lat: float) -> Reach | None:
        found = []
        for network in self._networks:
            try:
                found.append(network.snap(lon, lat, NEAR_M))
            except NetworkError:
                continue  # not of this basin
        best = min(found, key=lambda place: place.offset_m, default=None)
        return self._reaches[int(best.reach_id)] if best else None

    def _on(self, water: Water, area: Area, name: str) -> Spot:
        """The middle of the reach, or of the first reach of the river that lies in the area."""
        for reach in self._reaches.values():
            wanted = reach.pk == water.reach_id or (
                water.river_id is not None and reach.river_id == water.river_id
            )
            if not wanted or (water.river_id is not None and not self._meets(reach, area)):
                continue
            if (middle := self._middle(reach)) is not None:
                return Spot(area, reach, *middle, PlacedBy.REACH)
        raise BadValue(
            "rivers",
            f"“{name}”没有画出的河段，不知在何处。|No reach of “{name}” is drawn: it is not known where this is.",
            "请填写经纬度。|Give longitude and latitude.",
        )

    def _meets(self, reach: Reach, area: Area) -> bool:
        other = reach.area.path if reach.area else ""
        return other.startswith(area.path) or (other != "" and area.path.startswith(other))

    def _middle(self, reach: Reach) -> tuple[float, float] | None:
        if reach.pk not in self._middles:
            line = (Reach.objects.values_list("geometry", flat=True).get(pk=reach.pk) or {}).get(
                "coordinates"
            ) or []
            self._middles[reach.pk] = (line[len(line) // 2][0], line[len(line) // 2][1]) if line else None
        return self._middles[reach.pk]
