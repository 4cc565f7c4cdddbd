"""How a list of problems is narrowed; the same words in the API, in addresses of pages, and behind every figure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet

from riverchief.accounts.models import Area
from riverchief.base import clock
from riverchief.rectify.actions.inputs import one_of
from riverchief.rectify.figures import TAKEN_OVER, counted_in, overdue

PARTS = {"stock": False, "new": True}
"""The two parts of a campaign: whether a problem counts as a new find."""

NO_DEPARTMENT = "-"
"""How a filter names what is with no department."""

AGES: dict[str, tuple[int, int | None]] = {
    "30": (0, 30),
    "90": (30, 90),
    "180": (90, 180),
    "365": (180, 365),
    "more": (365, None),
}
"""Ages in days since a problem was found: more than the first, up to the second."""


def opened_between(age: str) -> Q:
    """A condition on problems: their age is one of `AGES`."""
    more_than, up_to = AGES[age]
    condition = Q(opened_at__lt=clock.now() - timedelta(days=more_than)) if more_than else Q()
    return condition & (Q() if up_to is None else Q(opened_at__gte=clock.now() - timedelta(days=up_to)))


@dataclass(frozen=True, kw_only=True)
class ProblemFilter:
    """What is asked for; empty: everything. `figure` is one of `FIGURE_STATES`, `part` one of `PARTS`."""

    state: str = ""
    area: str = ""
    overdue: bool | None = None
    figure: str = ""
    campaign: int | None = None
    part: str = ""
    kind: str = ""
    unit: int | None = None
    department: str = ""
    age: str = ""
    reopened: bool | None = None
    taken_over: bool | None = None

    def of(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Those of `rows` that are asked for.

        Raises:
            InvalidInput: a figure or part that there is not.
        """
        late = True if self.figure == "overdue" else self.overdue
        if self.state:
            rows = rows.filter(state=self.state)
        if self.figure:
            rows = rows.filter(counted_in(self.figure))
        if late is not None:
            condition = overdue(clock.now())
            rows = rows.filter(condition if late else ~condition)
        if self.campaign is not None:
            rows = rows.filter(campaign_id=self.campaign)
        if self.part:
            rows = rows.filter(new_find=PARTS[one_of(self.part, PARTS, "part")])
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.unit is not None:
            rows = rows.filter(unit_id=self.unit) if self.unit else rows.filter(unit=None)
        if self.department == NO_DEPARTMENT:
            rows = rows.filter(Q(unit=None) | Q(unit__department=""))
        elif self.department:
            rows = rows.filter(unit__department=self.department)
        if self.age:
            rows = rows.filter(opened_between(one_of(self.age, AGES, "age")))
        if self.reopened is not None:
            rows = rows.filter(reopenings__gt=0) if self.reopened else rows.filter(reopenings=0)
        if self.taken_over is not None:
            rows = rows.filter(TAKEN_OVER) if self.taken_over else rows.exclude(TAKEN_OVER)
        return in_area(rows, self.area) if self.area else rows


def in_area(rows: "QuerySet[Any]", area_code: str) -> "QuerySet[Any]":
    """The rows in an area and below it; an unknown area has none."""
    area = Area.objects.filter(pk=area_code).first()
    if area is None:
        return rows.none()
    below = Area.objects.filter(path__startswith=area.path).values_list("pk", flat=True)
    return rows.filter(area_id__in=list(below))
