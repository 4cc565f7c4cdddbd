"""The figures of the ledger by area, department, kind, unit or age, and how long it took: each row opens its problems."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db.models import Avg, Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from riverchief.accounts.models import Area, Organisation
from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.rectify.figures import FIGURE_STATES, counts_of, overdue, shares_of
from riverchief.rectify.filters import AGES, NO_DEPARTMENT, opened_between
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Problem

Shown = dict[str, Any]

BY = ("area", "department", "kind", "unit", "age")

AGE_LABELS: dict[str, tuple[str, str]] = {
    "30": ("30 天以内", "up to 30 days"),
    "90": ("31–90 天", "31 to 90 days"),
    "180": ("91–180 天", "91 to 180 days"),
    "365": ("181–365 天", "181 to 365 days"),
    "more": ("365 天以上", "more than 365 days"),
}


def breakdown(rows: "QuerySet[Problem]", by: str) -> list[Shown]:
    """Counts over problems, one row for each area, department and so on, those with most outstanding first.

    Shares only where the problems of a row are of one denominator (see `figures`).

    Raises:
        InvalidInput: there is no such way of dividing them.
    """
    if by not in BY:
        raise InvalidInput(
            f"不能按“{by}”分列。|The figures cannot be divided by “{by}”.",
            cure=f"请选择：{'、'.join(BY)}。|Choose one of: {', '.join(BY)}.",
            field="by",
        )
    groups = list(
        rows.filter(state__in=FIGURE_STATES["found"])
        .order_by()
        .annotate(key=_key(by))
        .values("key", "campaign_id", "new_find", "state")
        .annotate(n=Count("pk"), late=Count("pk", filter=overdue(clock.now())))
        .order_by("key")
    )
    names = _names(by, {group["key"] for group in groups})
    shown = []
    for name, found in groupby(groups, key=lambda group: group["key"]):
        parts = list(found)
        counts = counts_of(parts)
        mixed = len({(part["campaign_id"], part["new_find"]) for part in parts}) > 1
        shown.append(
            {
                "key": str(name),
                **_label(by, str(name), names),
                **counts,
                "mixed": mixed,
                "shares": [] if mixed else shares_of(counts),
            }
        )
    return sorted(shown, key=lambda row: (-row["outstanding"], -row["found"], row["key"]))


def _key(by: str) -> Any:
    """What problems are divided by."""
    if by == "unit":
        return Coalesce(F("unit_id"), Value(0))
    if by == "department":
        return Coalesce(F("unit__department"), Value(""))
    if by == "age":
        ages = [When(opened_between(age), then=Value(age)) for age in AGES]
        return Case(*ages, output_field=CharField())
    return F("area_id" if by == "area" else "kind")


def _names(by: str, keys: set[Any]) -> Mapping[str, tuple[str, str]]:
    """The names of groups, by their key as text."""
    if by == "kind":
        return kinds().labels
    if by == "age":
        return AGE_LABELS
    if by == "department":
        return {key: (key, key) for key in keys if key}
    rows = Area.objects.filter(pk__in=keys) if by == "area" else Organisation.objects.filter(pk__in=keys)
    return {str(pk): (zh, en or zh) for pk, zh, en in rows.values_list("pk", "name_zh", "name_en")}


def _label(by: str, key: str, names: Mapping[str, tuple[str, str]]) -> Shown:
    nobody = ("未交办", "not assigned")
    if by == "department":
        nobody = ("未交办或单位未注明部门", "not assigned, or no department said")
    zh, en = names.get(key, nobody)
    filtered_by = NO_DEPARTMENT if by == "department" and not key else key
    return {"name_zh": zh, "name_en": en, "filter": filtered_by}


def durations(rows: "QuerySet[Problem]") -> Shown:
    """How long it took from finding to report and to write-off, on average in days, and how much relapsed."""
    found = rows.filter(state__in=FIGURE_STATES["found"]).aggregate(
        reported=Count("pk", filter=Q(rectified_at__isnull=False)),
        to_report=Avg(F("rectified_at") - F("opened_at")),
        written_off=Count("pk", filter=Q(written_off_at__isnull=False)),
        to_write_off=Avg(F("written_off_at") - F("opened_at")),
        reopened=Count("pk", filter=Q(reopenings__gt=0)),
    )
    return {
        "reported": found["reported"],
        "days_to_report": _days(found["to_report"]),
        "written_off": found["written_off"],
        "days_to_write_off": _days(found["to_write_off"]),
        "reopened": found["reopened"],
    }


def _days(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds() / 86400, 1)
