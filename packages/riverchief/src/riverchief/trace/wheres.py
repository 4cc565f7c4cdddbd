"""Where candidates are that no name tells: by river and station, as a page and a report say it."""

from collections.abc import Iterable
from typing import Any

from riverchief.registry.models import Section
from riverchief.trace.codes import CandidateKind
from riverchief.trace.inputs import StationInput, TraceInputs
from riverchief.trace.models import TraceCandidate

Shown = dict[str, Any]


def wheres_of(inputs: TraceInputs, candidates: Iterable[TraceCandidate]) -> dict[str, Shown]:
    """Where each is, by key: the river, and how far above the next station below it.

    Of a catchment the station that it lies above; where water comes in, the section that stands on that reach.
    """
    network = inputs.network()
    locations = {row.key: row.location for row in inputs.candidates}
    found: dict[str, Shown] = {}
    for row in candidates:
        location = locations.get(row.key)
        if row.kind == CandidateKind.DIFFUSE:
            found[row.key] = _where(next(station for station in inputs.stations if station.affected))
        elif row.reach is not None and location is not None:
            below = [
                (distance, number)
                for number, station in enumerate(inputs.stations)
                if (distance := network.distance_m(location, station.location)) is not None
            ]
            distance, number = min(below, default=(None, None))
            found[row.key] = _where(
                inputs.stations[number] if number is not None else None,
                row,
                distance,
                _first_section(row.reach.pk) if row.kind == CandidateKind.BOUNDARY else None,
            )
    return found


def _first_section(reach_id: int) -> Section | None:
    """The section that water coming in with a reach passes first on it, where there is one."""
    return Section.objects.filter(reach_id=reach_id).order_by("chainage_m").first()


def _where(
    station: StationInput | None,
    row: TraceCandidate | None = None,
    above_m: float | None = None,
    section: Section | None = None,
) -> Shown:
    reach = row.reach if row else None
    river = reach.river if reach else None
    return {
        "river_zh": river.name_zh if river else "",
        "river_en": river.name_en if river else "",
        "reach_code": reach.code if reach else "",
        "station_zh": station.name_zh if station else "",
        "station_en": station.name_en if station else "",
        "above_m": above_m,
        "section_zh": section.name_zh if section else "",
        "section_en": section.name_en if section else "",
    }
