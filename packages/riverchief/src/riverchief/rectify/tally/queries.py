"""Problems counted in groups, for figures: from the kept counts where these can say it, else from the rows."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from riverchief.accounts.models import Area, User
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.rectify import access
from riverchief.rectify.figures import FIGURE_STATES, TAKEN_OVER, overdue
from riverchief.rectify.filters import ProblemFilter
from riverchief.rectify.models import Problem, ProblemTally

Group = dict[str, Any]

_ABOVE_COUNTIES = {"province", "city"}
_PARTS = ("campaign_id", "new_find", "state")


def groups(user: access.Reader, which: ProblemFilter, **keys: Any) -> list[Group]:
    """The problems that `user` may see of `which`, counted by campaign, part and state and by `keys` (expressions).

    A group says how many there are (`n`), how many of them are late (`late`) and how many an old ledger says to be reported (`taken`); there may be several of the same keys, to be
    added. What lies in whole counties comes from the kept counts, what the reader sees beside these from the rows.
    """
    if not is_kept(user, which):
        return counted(_visible(user, which), **keys)
    found = _by(kept(user, which), keys).annotate(n=Sum("problems"), taken=Sum("taken_over")).filter(n__gt=0)
    watched = which.of(Problem.objects.filter(access.watched(user)))
    # Of the rows, not of a column: it is counted from an index alone.
    late = _by(watched.filter(overdue(clock.now())), keys).annotate(late=Count("*"))
    beside = counted(_elsewhere(user, which), **keys)
    return [
        *({"late": 0, **group} for group in found),
        *({"n": 0, "taken": 0, **group} for group in late),
        *beside,
    ]


def counted(rows: "QuerySet[Any]", **keys: Any) -> list[Group]:
    """Problems counted row by row, as `groups` says."""
    late = Count("pk", filter=overdue(clock.now()))
    return list(
        _by(rows.filter(state__in=FIGURE_STATES["found"]), keys).annotate(
            n=Count("pk"), late=late, taken=Count("pk", filter=TAKEN_OVER)
        )
    )


def remaining(whole: Iterable[Group], without: Iterable[Group]) -> list[Group]:
    """The groups of `whole` less those of `without`, by campaign, part and state."""
    left: dict[tuple[Any, ...], Group] = {}
    for sign, part in ((1, whole), (-1, without)):
        for group in part:
            names = {name: group[name] for name in _PARTS}
            sums = left.setdefault(tuple(names.values()), {**names, "n": 0, "late": 0})
            sums["n"] += sign * group["n"]
            sums["late"] += sign * group["late"]
    return [group for group in left.values() if group["n"]]


def times_taken(user: access.Reader, which: ProblemFilter) -> dict[str, float]:
    """How many were reported and written off, how many seconds from finding that took together, and how many were reopened."""
    if not is_kept(user, which):
        return _times(_visible(user, which))
    sums = {name: Sum(name, default=0) for name in ("reported", "reported_s", "written_off", "written_off_s")}
    taken = kept(user, which).aggregate(
        **sums, reopened=Sum("problems", filter=Q(reopenings__gt=0), default=0)
    )
    return {name: float(taken[name]) + value for name, value in _times(_elsewhere(user, which)).items()}


def _times(rows: "QuerySet[Any]") -> dict[str, float]:
    none = timedelta()
    taken = rows.filter(state__in=FIGURE_STATES["found"]).aggregate(
        reported=Count("pk", filter=Q(rectified_at__isnull=False)),
        reported_s=Sum(F("rectified_at") - F("opened_at"), default=none),
        written_off=Count("pk", filter=Q(written_off_at__isnull=False)),
        written_off_s=Sum(F("written_off_at") - F("opened_at"), default=none),
        reopened=Count("pk", filter=Q(reopenings__gt=0)),
    )
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else value
        for name, value in taken.items()
    }


def is_kept(user: access.Reader, which: ProblemFilter) -> bool:
    """Whether the kept counts can say it: of areas larger than a county, and of nothing that passes with time."""
    if which.age or which.overdue is not None or which.figure == "overdue" or which.taken_over is not None:
        return False
    asked = spans(user, which)
    return bool(asked) and all(area.level in _ABOVE_COUNTIES for area in asked)


def spans(user: access.Reader, which: ProblemFilter) -> list[Area]:
    """The largest areas in which `user` watches over all problems, as far as they are asked for."""
    if not isinstance(user, User) or not user.is_active:
        return []
    paths = access.watched_paths(user, Capability.VIEW_PROBLEM)
    watched = Area.objects.filter(path__in=paths)
    if not which.area:
        return list(watched)
    asked = Area.objects.filter(pk=which.area).first()
    if asked is None:
        return []
    if any(asked.path.startswith(path) for path in paths):
        return [asked]
    return list(watched.filter(path__startswith=asked.path))


def spans_counties(user: access.Reader, which: ProblemFilter) -> bool:
    """Whether several counties are asked for."""
    levels = [area.level for area in spans(user, which)]
    return bool(levels) and levels != ["county"] and set(levels) <= {*_ABOVE_COUNTIES, "county"}


def kept(user: access.Reader, which: ProblemFilter) -> "QuerySet[ProblemTally]":
    """The rows of the kept counts in the areas that `user` watches over."""
    rows = ProblemTally.objects.filter(access.watched(user), state__in=FIGURE_STATES["found"])
    narrowed: QuerySet[ProblemTally] = which.of(rows)
    return narrowed


def county_of() -> Mapping[str, str]:
    """Of every area the county it lies in, or itself where it lies in none: what `area` of the kept counts is."""
    levels = dict(Area.objects.values_list("pk", "level"))
    counties = {}
    for code, path in Area.objects.values_list("pk", "path"):
        above = (part for part in path.strip("/").split("/") if levels.get(part) == "county")
        counties[code] = next(above, code)
    return counties


def _by(rows: "QuerySet[Any]", keys: Mapping[str, Any]) -> "QuerySet[Any, Any]":
    grouped: QuerySet[Any, Any] = rows.order_by().annotate(**keys).values(*keys, *_PARTS)
    return grouped


def _visible(user: access.Reader, which: ProblemFilter) -> "QuerySet[Any]":
    return which.of(access.visible_problems(user))


def _elsewhere(user: access.Reader, which: ProblemFilter) -> "QuerySet[Any]":
    """What `user` sees as a member of a unit or as a chief, outside the areas that they watch over."""
    rows = Problem.objects.filter(access.taking_part(user)).exclude(access.watched(user))
    return which.of(rows)
