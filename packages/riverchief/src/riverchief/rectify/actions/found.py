"""What was found discharging, as whoever confirms a clue says it: an outfall, or a place on no list."""

from dataclasses import dataclass
from typing import Any

from riverchief.accounts.models import Area
from riverchief.base.errors import InvalidInput
from riverchief.rectify.actions.inputs import on_earth
from riverchief.rectify.actions.registration import nearest_reach
from riverchief.rectify.models import Clue
from riverchief.registry.models import Outfall, Reach


@dataclass(frozen=True)
class Found:
    """Where water was found to be discharged; `outfall` is None for a place on no list."""

    outfall: Outfall | None
    area: Area
    reach: Reach
    lon: float
    lat: float

    def as_data(self) -> dict[str, Any]:
        """What the log keeps: the outfall by number and code, or the position in degrees."""
        if self.outfall is None:
            return {"lon": self.lon, "lat": self.lat}
        return {"outfall_id": self.outfall.pk, "outfall": self.outfall.code}


def find(clue: Clue, outfall_id: int | None, lon: float | None, lat: float | None) -> Found | None:
    """What a person names, by the number of an outfall or by a position in degrees; None where they name nothing.

    `InvalidInput` for both at once, half a position, an outfall that is not there, a place far from every reach.
    """
    if outfall_id is None and lon is None and lat is None:
        return None
    if outfall_id is None and lon is not None and lat is not None:
        on_earth(lon, lat)
        reach = nearest_reach(lon, lat)
        return Found(None, reach.area or clue.area, reach, lon, lat)
    if outfall_id is None or lon is not None or lat is not None:
        raise InvalidInput(
            "请给出排口，或名录外位置的经度和纬度，二者择一。"
            "|Give an outfall, or longitude and latitude of a place on no list: one of the two.",
            cure="请重新选择。|Choose again.",
            field="outfall_id",
        )
    outfall = Outfall.objects.select_related("area", "reach__river").filter(pk=outfall_id).first()
    if outfall is None:
        raise InvalidInput(
            f"没有编号为 {outfall_id} 的排污口。|There is no outfall {outfall_id}.",
            cure="请从名单中选择排口。|Choose the outfall from the list.",
            field="outfall_id",
        )
    return Found(outfall, outfall.area, outfall.reach, outfall.lon, outfall.lat)
