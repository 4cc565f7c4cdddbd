"""Where somebody who is sent to check a clue looks: the candidates of its trace by rank, and the outfalls around.

An inspector sees no traces. What they see of one here is what they must go and look at: places in the areas where
they may confirm clues, by rank and without probabilities, reasons or readings. Of whoever is suspected elsewhere they
learn that there is somebody, and nothing more.
"""

from typing import Any

from django.db.models import F, FloatField, Q
from django.db.models.functions import Sqrt
from riverkit.network.geometry import metres_per_degree

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, filter_rows
from riverchief.accounts.roles import Capability
from riverchief.base.errors import NotFound
from riverchief.rectify import access
from riverchief.rectify.models import Clue
from riverchief.rectify.queries import outfall_brief
from riverchief.registry.models import Outfall
from riverchief.trace.codes import PLACES
from riverchief.trace.models import TraceCandidate
from riverchief.trace.suspicion import label_of
from riverchief.trace.visibility import PLACED, View

Shown = dict[str, Any]

MOST_CANDIDATES = 10
"""So many places, of those the trace thinks most of, are a day's work on foot."""

LEAST_PROBABILITY = 0.005
"""Below it a place stands on the list because everything upstream does; it is found by the search."""

MOST_OUTFALLS = 20


def places_to_check(user: User, clue_id: int, search: str = "") -> Shown:
    """The places that `user` may confirm the clue for; `NotFound` for a clue they may not see."""
    clue = access.whole_clues(user).select_related("event__area", "area").filter(pk=clue_id).first()
    if clue is None or not allows(user, Capability.CONFIRM_CLUE, clue.area.path):
        raise NotFound(f"没有编号为 {clue_id} 的线索。|There is no clue {clue_id}.")
    suspected = _suspected(clue)
    view = View.of(user, clue.event, Capability.CONFIRM_CLUE) if clue.event else None
    seen = [row for row in suspected if view and view.sees(row)]
    return {
        "candidates": [_candidate(row) for row in seen],
        "whole": len(seen) == len(suspected),
        "outfalls": _outfalls(user, clue, [row.outfall_id for row in seen], search.strip()),
    }


def _suspected(clue: Clue) -> list[TraceCandidate]:
    """The leading candidates that are somewhere; a clue that people registered has none."""
    if clue.trace_id is None:
        return []
    rows = TraceCandidate.objects.filter(
        trace_id=clue.trace_id,
        kind__in=PLACES,
        probability__gte=LEAST_PROBABILITY,
        lon__isnull=False,
        lat__isnull=False,
    )
    return list(rows.select_related("adjustment", "reach__river", *PLACED).order_by("rank")[:MOST_CANDIDATES])


def _candidate(row: TraceCandidate) -> Shown:
    river = row.reach.river if row.reach else None
    return {
        "rank": row.rank,
        "kind": row.kind,
        "outfall": outfall_brief(row.outfall),
        "label": label_of(row),
        "river_zh": river.name_zh if river else "",
        "river_en": river.name_en if river else "",
        "lon": row.lon,
        "lat": row.lat,
    }


def _outfalls(user: User, clue: Clue, listed: list[int | None], search: str) -> list[Shown]:
    """The outfalls nearest to the clue that are not listed already; of the whole area where something is searched for."""
    # Over a few kilometres the earth is flat.
    m_per_lon, m_per_lat = metres_per_degree(clue.lat)
    east, north = (F("lon") - clue.lon) * m_per_lon, (F("lat") - clue.lat) * m_per_lat
    distance_m = Sqrt(east * east + north * north, output_field=FloatField())
    rows = filter_rows(Outfall.objects.all(), user, Capability.CONFIRM_CLUE).exclude(
        pk__in=[pk for pk in listed if pk is not None]
    )
    if search:
        rows = rows.filter(
            Q(code__icontains=search) | Q(name_zh__icontains=search) | Q(name_en__icontains=search)
        )
    return [
        {
            **(outfall_brief(row) or {}),
            "lon": row.lon,
            "lat": row.lat,
            "distance_m": row.distance_m,
        }
        for row in rows.annotate(distance_m=distance_m).order_by("distance_m", "pk")[:MOST_OUTFALLS]
    ]
