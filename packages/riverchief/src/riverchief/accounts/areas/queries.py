"""The administrative tree of any day, and the file of an area."""

from datetime import date
from typing import Any

from django.db.models import Max, Q, QuerySet

from riverchief.accounts.areas.models import AreaPast
from riverchief.accounts.models import Area


def present() -> "QuerySet[Area]":
    """The areas that there are today."""
    return Area.objects.filter(valid_to=None)


def tree_version() -> int:
    """Grows with every change of the tree: what is cached by path hangs on it."""
    return AreaPast.objects.aggregate(last=Max("pk"))["last"] or 0


def as_of(areas: "QuerySet[Area]", day: date) -> list[dict[str, Any]]:
    """Those of `areas` that there were on a day, as they were then, by code; `path` is where their records stand today."""
    pasts = AreaPast.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=day), valid_to__gte=day, area__in=areas
    ).select_related("area")
    found = {past.area_id: {**shown(past.area), **_then(past)} for past in pasts}
    for row in areas.filter(Q(valid_from=None) | Q(valid_from__lte=day), valid_to=None):
        found.setdefault(row.pk, shown(row))
    return [found[code] for code in sorted(found)]


def file_of(row: Area) -> dict[str, Any]:
    """What an area is, what it was, what came before it and what after it."""
    return {
        **shown(row),
        "pasts": [_then(past) for past in row.pasts.all()],
        "predecessors": [
            {**_named(each.predecessor), "since": each.since}
            for each in row.precessions.select_related("predecessor")
        ],
        "successors": [
            {**_named(each.successor), "since": each.since}
            for each in row.successions.select_related("successor")
        ],
    }


def shown(row: Area) -> dict[str, Any]:
    """An area as the API shows it."""
    return {
        **_named(row),
        "level": row.level,
        "parent_code": row.parent_id,
        "path": row.path,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
    }


def _then(past: AreaPast) -> dict[str, Any]:
    return {
        "name_zh": past.name_zh,
        "name_en": past.name_en,
        "level": past.level,
        "parent_code": past.parent_id,
        "valid_from": past.valid_from,
        "valid_to": past.valid_to,
    }


def _named(row: Area) -> dict[str, Any]:
    return {"code": row.code, "name_zh": row.name_zh, "name_en": row.name_en}
