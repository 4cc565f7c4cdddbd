"""The figures of the ledger by area, department, kind, unit or age, and how long it took: each row opens its problems."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from riverchief.accounts.models import Area, Organisation
from riverchief.base.errors import InvalidInput
from riverchief.rectify.access import Reader
from riverchief.rectify.figures import counts_of, is_mixed, shares_of
from riverchief.rectify.filters import AGES, NO_DEPARTMENT, ProblemFilter
from riverchief.rectify.kinds import kinds
from riverchief.rectify.tally.queries import (
    Group,
    county_of,
    groups,
    remaining,
    spans_counties,
    times_taken,
)

Shown = dict[str, Any]

BY = ("area", "department", "kind", "unit", "age")

AGE_LABELS: dict[str, tuple[str, str]] = {
    "30": ("30 天以内", "up to 30 days"),
    "90": ("31–90 天", "31 to 90 days"),
    "180": ("91–180 天", "91 to 180 days"),
    "365": ("181–365 天", "181 to 365 days"),
    "more": ("365 天以上", "more than 365 days"),
}


def breakdown(user: Reader, which: ProblemFilter, by: str) -> list[Shown]:
    """Counts over the problems that `user` sees, one row for each area, department and so on, those with most outstanding first.

    By area: by county where several are asked for, by the areas within one otherwise. Shares only where the problems of a
    row are of one denominator (see `figures`).

    Raises:
        InvalidInput: there is no such way of dividing them.
    """
    if by not in BY:
        raise InvalidInput(
            f"不能按“{by}”分列。|The figures cannot be divided by “{by}”.",
            cure=f"请选择：{'、'.join(BY)}。|Choose one of: {', '.join(BY)}.",
            field="by",
        )
    found = _by_age(user, which) if by == "age" else _by_key(user, which, by)
    names = _names(by, set(found))
    rows = []
    for name, parts in found.items():
        counts, mixed = counts_of(parts), is_mixed(parts)
        shares = [] if mixed else shares_of(counts)
        rows.append({"key": name, **_label(by, name, names), **counts, "mixed": mixed, "shares": shares})
    rows = [row for row in rows if row["found"]]
    return sorted(rows, key=lambda row: (-row["outstanding"], -row["found"], row["key"]))


def _by_key(user: Reader, which: ProblemFilter, by: str) -> dict[str, list[Group]]:
    counties = county_of() if by == "area" and spans_counties(user, which) else {}
    found: dict[str, list[Group]] = defaultdict(list)
    for group in groups(user, which, key=_key(by)):
        found[counties.get(group["key"], str(group["key"]))].append(group)
    return found


def _by_age(user: Reader, which: ProblemFilter) -> dict[str, list[Group]]:
    """Ages pass with time and are not in the kept counts: the younger are counted, the oldest are all others."""
    if which.age:
        return {which.age: groups(user, which)}
    *younger, oldest = AGES
    found = {age: groups(user, replace(which, age=age)) for age in younger}
    others = remaining(groups(user, which), chain.from_iterable(found.values()))
    return {**found, oldest: others}


def _key(by: str) -> Any:
    """What problems are divided by."""
    if by == "unit":
        return Coalesce(F("unit_id"), Value(0))
    if by == "department":
        return Coalesce(F("unit__department"), Value(""))
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


def durations(user: Reader, which: ProblemFilter) -> Shown:
    """How long it took from finding to report and to write-off, on average in days, and how much relapsed."""
    taken = times_taken(user, which)
    return {
        "reported": taken["reported"],
        "days_to_report": _days(taken["reported_s"], taken["reported"]),
        "written_off": taken["written_off"],
        "days_to_write_off": _days(taken["written_off_s"], taken["written_off"]),
        "reopened": taken["reopened"],
    }


def _days(seconds: float, of: float) -> float | None:
    return round(seconds / of / 86400, 1) if of else None
