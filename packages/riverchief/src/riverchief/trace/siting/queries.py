"""Studies of where to put stations, for those who keep stations."""

from typing import Any

from django.db.models import QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import filter_rows
from riverchief.accounts.roles import Capability
from riverchief.base.errors import NotFound, in_language
from riverchief.base.spreadsheets import csv_text
from riverchief.trace.models import SitingStudy

Shown = dict[str, Any]


def studies(user: User, basin_id: int | None) -> "QuerySet[SitingStudy]":
    """Those of the reader's areas, the newest first."""
    rows = SitingStudy.objects.select_related("basin", "area", "requested_by")
    if basin_id is not None:
        rows = rows.filter(basin=basin_id)
    return filter_rows(rows, user, Capability.MANAGE_STATIONS)


def study(user: User, study_id: int) -> SitingStudy:
    """One of them."""
    found = studies(user, None).filter(pk=study_id).first()
    if found is None:
        raise NotFound(f"没有编号为 {study_id} 的选址。|There is no study {study_id}.")
    return found


def shown(row: SitingStudy, language: str) -> Shown:
    """A study as the API shows it."""
    result = row.result or {}
    return {
        "id": row.pk,
        "basin_id": row.basin_id,
        "area_name_zh": row.area.name_zh,
        "area_name_en": row.area.name_en,
        "count": row.count,
        "goal": row.goal,
        "state": row.state,
        "progress": row.progress,
        "error": in_language(row.error, language) or None,
        "requested_by": row.requested_by.label,
        "requested_at": row.requested_at,
        "finished_at": row.finished_at,
        "assumed": {name: row.settings[name] for name in _ASSUMED},
        "result": {**result, "places": _with_gains(result)} if result else None,
    }


_ASSUMED = ("mass_kg", "duration_h", "threshold_mg_l", "horizon_h")


def _with_gains(result: Shown) -> list[Shown]:
    """What each place adds to those before it."""
    before, rows = result["before"], []
    for place in result["places"]:
        rows.append({**place, "gain": before - place["after"]})
        before = place["after"]
    return rows


PLACES = (
    "rank", "lon", "lat", "river_zh", "river_en", "reach_code", "chainage_m", "station_zh", "station_en", "above_m", "goal",
    "gain", "after", "before_all", "bound",
)  # fmt: skip


def places_csv(row: SitingStudy) -> str:
    """A line for each place, the best first."""
    result = row.result or {"places": []}
    rows = [
        {**place, "rank": rank, "goal": row.goal, "before_all": result["before"], "bound": result["bound"]}
        for rank, place in enumerate(_with_gains(result) if row.result else [], start=1)
    ]
    return csv_text(PLACES, rows)
