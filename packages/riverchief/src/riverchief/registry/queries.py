"""Reads of the registry shared by pages, API and the slices above."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, FloatField, Func, Max, Min, Q, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, filter_rows, scope, within
from riverchief.accounts.roles import Capability
from riverchief.registry.fields import Bounds
from riverchief.registry.models import Basin, Outfall, Reach, River, Station
from riverchief.registry.networks import (
    Downstream,
    Upstream,
    location_of,
    network_of,
    outfalls_upstream,
    station_upstream,
    stations_downstream,
)

__all__ = [
    "Downstream",
    "Upstream",
    "basins",
    "location_of",
    "may_know_owner",
    "network_of",
    "outfall",
    "outfalls",
    "outfalls_upstream",
    "reach",
    "reaches",
    "rivers",
    "station_upstream",
    "stations_downstream",
    "visible_reaches",
]

Reader = User | AnonymousUser


class _Corner(Func):
    """A coordinate of a box: corner 0 is the upper right, 1 the lower left; axis 0 is longitude."""

    template = "(%(expressions)s[%(corner)s])[%(axis)s]"
    output_field = FloatField()


def visible_reaches(paths: list[str]) -> Q:
    """A condition on reaches: those of the areas below `paths`.

    A reach that nobody has assigned to an area yet (a fresh import) belongs to the top: it shows to those whose
    area has none above it.
    """
    condition = within(paths)
    if any(path.count("/") == 2 for path in paths):
        condition |= Q(area__isnull=True)
    return condition


def reaches(user: Reader) -> "QuerySet[Reach]":
    """The reaches on the user's map."""
    return Reach.objects.filter(visible_reaches(scope(user, Capability.VIEW_MAP)))


def basins(user: Reader) -> list[dict[str, Any]]:
    """The basins on the user's map, with the counts and the bounds of what they may see of each."""
    seen = (
        reaches(user)
        .order_by()
        .values("basin_id")
        .annotate(
            n=Count("pk"),
            west=Min(_Corner(F("bounds"), corner=1, axis=0)),
            south=Min(_Corner(F("bounds"), corner=1, axis=1)),
            east=Max(_Corner(F("bounds"), corner=0, axis=0)),
            north=Max(_Corner(F("bounds"), corner=0, axis=1)),
        )
    )
    of = {row["basin_id"]: row for row in seen}
    stations = _count_by_basin(filter_rows(Station.objects.filter(active=True), user, Capability.VIEW_MAP))
    mouths = _count_by_basin(outfalls(user))
    return [
        {
            "id": row.pk,
            "code": row.code,
            "name_zh": row.name_zh,
            "name_en": row.name_en,
            "synthetic": row.synthetic,
            "source": row.source,
            "bounds": _bounds(of[row.pk]),
            "reaches": of[row.pk]["n"],
            "stations": stations.get(row.pk, 0),
            "outfalls": mouths.get(row.pk, 0),
        }
        for row in Basin.objects.filter(pk__in=of)
    ]


def _bounds(row: Mapping[str, Any]) -> Bounds | None:
    """None for a basin of which nothing is drawn."""
    west, south, east, north = (row[side] for side in ("west", "south", "east", "north"))
    return None if west is None else (west, south, east, north)


def _count_by_basin(rows: "QuerySet[Any]") -> dict[int, int]:
    counts = rows.order_by().values("reach__basin_id").annotate(n=Count("pk"))
    return {row["reach__basin_id"]: row["n"] for row in counts}


def reach(row: Reach) -> dict[str, Any]:
    """A reach as the API shows it."""
    return {
        "id": row.pk,
        "code": row.code,
        "basin_id": row.basin_id,
        "river_zh": row.river.name_zh if row.river else "",
        "river_en": row.river.name_en if row.river else "",
        "area_code": row.area_id,
        "length_m": row.length_m,
        "discharge_m3s": row.discharge_m3s,
        "velocity_m_s": row.velocity_m_s,
        "width_m": row.width_m,
        "depth_m": row.depth_m,
        "dispersion_m2s": row.dispersion_m2s,
        "drainage_km2": row.drainage_km2,
        "flow_share": row.flow_share,
        "regime": row.regime,
        "estimated": row.estimated,
        "geometry": row.geometry,
        "synthetic": row.basin.synthetic,
    }


def rivers(user: Reader) -> "QuerySet[River]":
    """The rivers of which the user sees a reach."""
    return River.objects.filter(pk__in=reaches(user).order_by().values("river_id")).select_related("basin")


def outfalls(user: Reader) -> "QuerySet[Outfall]":
    """The outfalls on the user's map."""
    return filter_rows(
        Outfall.objects.select_related("area", "organisation", "reach__basin"), user, Capability.VIEW_MAP
    )


def may_know_owner(user: Reader, row: Outfall) -> bool:
    """Whether a reader may know whose an outfall is: whoever may see traces there, or keeps the registry."""
    return any(
        allows(user, capability, row.area.path)
        for capability in (Capability.VIEW_TRACE, Capability.MANAGE_REGISTRY)
    )


def outfall(row: Outfall, user: Reader) -> dict[str, Any]:
    """An outfall as the API shows it.

    Whose it is, is told only to those who may see traces there or keep the registry: beside a trace the name of the
    organisation is the name of a suspect.
    """
    named = may_know_owner(user, row)
    return {
        "id": row.pk,
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "kind": row.kind,
        "status": row.status,
        "lon": row.lon,
        "lat": row.lat,
        "area_code": row.area_id,
        "basin_id": row.reach.basin_id,
        "reach_id": row.reach_id,
        "chainage_m": row.chainage_m,
        "permitted": row.permitted,
        "organisation": (
            {
                "id": row.organisation.pk,
                "name_zh": row.organisation.name_zh,
                "name_en": row.organisation.name_en,
            }
            if named and row.organisation
            else None
        ),
        "synthetic": row.reach.basin.synthetic,
    }
