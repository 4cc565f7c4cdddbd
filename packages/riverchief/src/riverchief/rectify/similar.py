"""Which clues may be about the same matter: those near by, of the same kind first. Suggestions; a person merges.

Places are those of the clue and, where it was confirmed, of the problem: what was found may lie elsewhere than what was reported.
"""

from math import hypot
from typing import Any

from django.db.models import Q
from riverkit.network.geometry import metres_per_degree

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows
from riverchief.accounts.roles import Capability
from riverchief.base.errors import NotFound
from riverchief.base.rules import get_rule
from riverchief.rectify import access
from riverchief.rectify.codes import ClueState
from riverchief.rectify.models import Clue
from riverchief.rectify.queries import clue_row
from riverchief.rectify.shown import problem_brief

Shown = dict[str, Any]


def similar_clues(user: User, clue_id: int) -> list[Shown]:
    """The clues near one that `user` may confirm, which it could be merged into.

    Raises:
        NotFound: there is no such clue for `user`.
    """
    clue = access.whole_clues(user).select_related("area").filter(pk=clue_id).first()
    if clue is None or not allows(user, Capability.CONFIRM_CLUE, clue.area.path):
        raise NotFound(f"没有编号为 {clue_id} 的线索。|There is no clue {clue_id}.")
    rule = get_rule("rectify.merging")
    within_m: float = rule["within_m"]
    m_per_lon, m_per_lat = metres_per_degree(clue.lat)
    east, north = within_m / m_per_lon, within_m / m_per_lat
    box = {
        "lat__range": (clue.lat - north, clue.lat + north),
        "lon__range": (clue.lon - east, clue.lon + east),
    }
    rows = (
        access.whole_clues(user)
        .filter(
            Q(**box) | Q(**{f"problem__{key}": value for key, value in box.items()}),
            state__in=[ClueState.OPEN, ClueState.CONFIRMED],
        )
        .exclude(pk=clue.pk)
        .select_related(
            "area",
            "reach__river",
            "reach__basin",
            "event__station",
            "overflow__receiving_reach__river",
            "problem",
        )
    )

    def distance_m(row: Clue) -> float:
        problem = getattr(row, "problem", None)
        places = [(row.lon, row.lat), *([(problem.lon, problem.lat)] if problem else [])]
        return min(hypot((lon - clue.lon) * m_per_lon, (lat - clue.lat) * m_per_lat) for lon, lat in places)

    near = [
        (row.kind != clue.kind, distance, row) for row in rows if (distance := distance_m(row)) <= within_m
    ]
    near.sort(key=lambda item: (item[0], item[1], item[2].pk))
    return [
        {
            **clue_row(row),
            "same_kind": not other_kind,
            "distance_m": distance,
            "problem": problem_brief(getattr(row, "problem", None)),
        }
        for other_kind, distance, row in near[: rule["most"]]
    ]
