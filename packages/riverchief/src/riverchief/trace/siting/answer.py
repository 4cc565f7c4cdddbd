"""A study computed: what is stored with it, places in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from riverkit.network import Location

from riverchief.registry.models import Reach, Station
from riverchief.registry.queries import location_of, network_of
from riverchief.trace.codes import SitingGoal
from riverchief.trace.models import SitingStudy
from riverchief.trace.sampling_places import nearest_station
from riverchief.trace.siting.compute import choose
from riverchief.trace.siting.gather import Gathered, gather


@dataclass(frozen=True)
class _Existing:
    row: Station

    @property
    def location(self) -> Location:
        return location_of(self.row)


def answer(study: SitingStudy, progress: Callable[[float], None]) -> dict[str, Any]:
    """The result of a study; errors as `gather` and `choose`."""
    gathered = gather(study)
    found = choose(gathered.question, SitingGoal(study.goal), study.count, study.settings, progress)
    shown = _Words(study, gathered)
    return {
        **found,
        "places": [
            shown.place(gathered.question.places[row["place"]]) | {"after": row["after"]}
            for row in found["places"]
        ],
        "compared": len(gathered.question.places),
        "sources": len(gathered.question.sources),
        "stations": len(gathered.stations),
        "reaches_left_out": gathered.left_out,
    }


class _Words:
    """Places by river and nearest station, and where on the map."""

    def __init__(self, study: SitingStudy, gathered: Gathered) -> None:
        # The lines are those of the whole network; the question's knows the same reaches.
        self._network = network_of(study.basin_id)
        self._existing = [_Existing(row) for row in gathered.stations]

    def place(self, at: Location) -> dict[str, Any]:
        reach = Reach.objects.select_related("river").get(pk=int(at.reach_id))
        near, above_m = nearest_station(self._network, at, self._existing)
        lon, lat = self._network.point(at) if reach.geometry else (None, None)
        return {
            "reach_id": reach.pk,
            "chainage_m": at.chainage_m,
            "lon": lon,
            "lat": lat,
            "reach_code": reach.code,
            "river_zh": reach.river.name_zh if reach.river else "",
            "river_en": reach.river.name_en if reach.river else "",
            "station_zh": near.row.name_zh if near else "",
            "station_en": near.row.name_en if near else "",
            "above_m": above_m,
        }
