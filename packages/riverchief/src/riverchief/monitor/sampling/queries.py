"""What pages, API and command line read of sampling: who sees what of a round, and in which words."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncHour

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, filter_rows, require, require_any
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import NotFound
from riverchief.base.rules import get_rule
from riverchief.monitor.sampling.custody import warned_until
from riverchief.monitor.sampling.models import (
    WAITING,
    Bottle,
    MissedReason,
    SamplingPlan,
    SamplingRound,
    Step,
    Visit,
)
from riverchief.monitor.sampling.preservation import groups_by_key
from riverchief.monitor.sampling.result_models import ResultSheet
from riverchief.monitor.sampling.results import results_of

Reader = User | AnonymousUser
Shown = dict[str, Any]
SEES_RESULTS = (Capability.PLAN_SAMPLING, Capability.ANALYSE_SAMPLES, Capability.REVIEW_LAB_RESULTS)
SEES_POINTS = (Capability.PLAN_SAMPLING, Capability.TAKE_SAMPLES)
"""The laboratory is told neither the point nor the role of a bottle."""


def may(user: Reader, made: SamplingRound, *any_of: Capability) -> bool:
    """Whether the reader has one of these in the area of the round."""
    return any(allows(user, item, made.plan.area.path) for item in any_of)


def plans(user: Reader, *, area: str = "") -> "QuerySet[SamplingPlan]":
    """The plans of the reader's areas."""
    require(user, Capability.PLAN_SAMPLING)
    rows = filter_rows(SamplingPlan.objects.all(), user, Capability.PLAN_SAMPLING)
    if area:
        rows = rows.filter(area__path__contains=f"/{area}/")
    last = SamplingRound.objects.filter(plan=OuterRef("pk")).order_by("-month").values("month")[:1]
    counted = rows.annotate(points=Count("stations"), last_month=Subquery(last))
    return counted.select_related("area", "team").order_by("area__code", "name_zh")


def shown_plan(row: SamplingPlan) -> Shown:
    """A plan as the API shows it; `points` and `last_month` are told by `plans`."""
    last = row.last_month  # type: ignore[attr-defined]
    return {
        **{
            name: getattr(row, name)
            for name in ("id", "name_zh", "name_en", "parameters", "every_months", "active")
        },
        "area_code": row.area_id,
        "area_zh": row.area.name_zh,
        "area_en": row.area.name_en,
        "team_zh": row.team.name_zh if row.team else "",
        "team_en": row.team.name_en if row.team else "",
        "points": row.points,  # type: ignore[attr-defined]
        "last_month": f"{last:%Y-%m}" if last else None,
    }


def rounds(
    user: Reader, *, area: str = "", month: str = "", plan: int | None = None
) -> "QuerySet[SamplingRound]":
    """The rounds of the reader's areas, the latest month first."""
    require(user, Capability.VIEW_SAMPLING)
    rows = filter_rows(SamplingRound.objects.all(), user, Capability.VIEW_SAMPLING, "plan__area__path")
    if area:
        rows = rows.filter(plan__area__path__contains=f"/{area}/")
    if month:
        rows = rows.filter(month=f"{month}-01")
    if plan is not None:
        rows = rows.filter(plan_id=plan)
    return rows.select_related("plan__area", "plan__team").order_by("-month", "plan__name_zh", "id")


def round_of(user: Reader, round_id: int) -> SamplingRound:
    """One round."""
    row = rounds(user).filter(pk=round_id).first()
    if row is None:
        raise NotFound("没有这个采样轮次。|There is no such round.")
    return row


def shown_rounds(user: Reader, rows: Sequence[SamplingRound]) -> list[Shown]:
    """Rounds as a list shows them: how far each is, in counts."""
    keys = [row.pk for row in rows]
    points, sheets = Visit.objects.filter(round__in=keys), ResultSheet.objects.filter(round__in=keys)
    bottles = Bottle.objects.filter(visit__round__in=keys)
    waits = bottles.filter(step__in=WAITING)
    visits, missed = _counts(points, "round", "state"), _counts(points, "round", "missed_reason")
    steps, states = _counts(bottles, "visit__round", "step"), _counts(sheets, "round", "state")
    overdue = _counts(waits.filter(due_at__lte=clock.now()), "visit__round")
    due = _counts(waits.filter(due_at__gt=clock.now(), due_at__lte=warned_until()), "visit__round")
    synthetic = _counts(points.filter(station__reach__basin__synthetic=True), "round")
    return [
        {
            "id": row.pk,
            "plan_id": row.plan_id,
            "name_zh": row.plan.name_zh,
            "name_en": row.plan.name_en,
            "area_zh": row.plan.area.name_zh,
            "area_en": row.plan.area.name_en,
            "team_zh": row.plan.team.name_zh if row.plan.team else "",
            "team_en": row.plan.team.name_en if row.plan.team else "",
            "month": f"{row.month:%Y-%m}",
            "parameters": row.parameters,
            "visits": {state: visits.get((row.pk, state), 0) for state in Visit.State.values},
            "bottles": {step or "empty": steps.get((row.pk, step), 0) for step in ("", *Step.values)},
            "missed": {
                reason: count for reason in MissedReason.values if (count := missed.get((row.pk, reason), 0))
            },
            "due_soon": due.get((row.pk,), 0),
            "overdue": overdue.get((row.pk,), 0),
            "sheets": {state: states.get((row.pk, state), 0) for state in ResultSheet.State.values},
            "synthetic": (row.pk,) in synthetic,
        }
        for row in rows
    ]


def _counts(rows: "QuerySet[Any]", *by: str) -> dict[tuple[Any, ...], int]:
    """How many rows there are by these fields."""
    counted = rows.order_by().values_list(*by).annotate(n=Count("pk"))
    return {tuple(key): count for *key, count in counted}


def shown_round(user: Reader, made: SamplingRound) -> Shown:
    """A round with what the reader may do in it, and how its bottles are preserved."""
    groups = [
        {
            "key": group["key"],
            "zh": group["zh"],
            "en": group["en"],
            "container_zh": group["container"][0],
            "container_en": group["container"][1],
            "preservative_zh": group["preservative"][0],
            "preservative_en": group["preservative"][1],
        }
        for group in groups_by_key(made).values()
    ]
    return {
        **shown_rounds(user, [made])[0],
        "groups": groups,
        "seed": str(made.seed) if may(user, made, Capability.PLAN_SAMPLING) else None,
        "far_m": get_rule("monitor.sampling")["far_m"],
        "waiting_results": results_of(made).filter(sheet=None).count()
        if may(user, made, *SEES_RESULTS)
        else 0,
        "may_take": may(user, made, Capability.TAKE_SAMPLES),
        "may_receive": may(user, made, Capability.ANALYSE_SAMPLES),
        "sees_points": may(user, made, *SEES_POINTS),
        "sees_results": may(user, made, *SEES_RESULTS),
    }


def visits(user: Reader, made: SamplingRound, *, state: str = "", q: str = "") -> "QuerySet[Visit]":
    """The points of a round, for who plans or takes."""
    require_any(user, SEES_POINTS, made.plan.area.path)
    rows = Visit.objects.filter(round=made)
    if state:
        rows = rows.filter(state=state)
    if q:
        rows = rows.filter(
            Q(station__code__icontains=q)
            | Q(station__name_zh__icontains=q)
            | Q(station__name_en__icontains=q)
        )
    return rows.select_related("station", "told_by").prefetch_related("bottles").order_by("station__code")


def visit_of(user: Reader, visit_id: int) -> Visit:
    """One point of a round."""
    made = Visit.objects.filter(pk=visit_id).values_list("round_id", flat=True).first()
    row = visits(user, round_of(user, made)).filter(pk=visit_id).first() if made is not None else None
    if row is None:
        raise NotFound("没有这个采样点位。|There is no such point of a round.")
    return row


def shown_visit(row: Visit) -> Shown:
    """A point of a round with its bottles, as the sampler needs it."""
    names = ("id", "state", "taken_at", "lon", "lat", "away_m", "missed_reason", "note", "told_at")
    return {
        **{name: getattr(row, name) for name in names},
        "station": _station(row),
        "told_by": named(row.told_by),
        "has_photo": row.photo_id is not None,
        "bottles": [
            {"label": bottle.label, "group": bottle.group, "role": bottle.role, "step": bottle.step}
            for bottle in sorted(
                row.bottles.all(), key=lambda bottle: (bottle.role != "sample", bottle.label)
            )
        ],
    }


def named(person: User | None) -> Shown | None:
    """A person by name."""
    return {"name_zh": person.name_zh, "name_en": person.name_en} if person else None


def _station(row: Visit) -> Shown:
    station = row.station
    return {name: getattr(station, name) for name in ("id", "code", "name_zh", "name_en", "lon", "lat")}


def bottles(
    user: Reader, made: SamplingRound, *, step: str = "", q: str = "", due: bool = False
) -> "QuerySet[Bottle]":
    """The bottles of a round; `due`: those whose holding time runs out soon or has, the first to run out first.

    Within an hour by label, for minutes would tell which bottles stood side by side.
    """
    rows = Bottle.objects.filter(visit__round=made)
    if step:
        rows = rows.filter(step="" if step == "empty" else step)
    if q:
        rows = rows.filter(label__icontains=q)
    rows = rows.select_related("visit__station").prefetch_related("links__by", "results")
    if due:
        return rows.filter(step__in=WAITING, due_at__lte=warned_until()).order_by(
            TruncHour("due_at"), "label"
        )
    return rows.order_by("label")


def shown_bottle(row: Bottle, *, points: bool) -> Shown:
    """A bottle with its custody; without `points` nothing that tells a blank or a duplicate, nor the water it holds.

    The laboratory learns by when to analyse, in whole hours: equal minutes would tell which bottles stood side by side.
    """
    due_at = row.due_at
    if due_at is not None and not points:
        due_at = due_at.replace(minute=0, second=0, microsecond=0)
    links = [
        {
            "step": link.step,
            "at": link.at,
            "by": named(link.by),
            "place": link.place,
            "note": link.note,
            "lon": link.lon,
            "lat": link.lat,
        }
        for link in row.links.all()
        if points or link.step != Step.TAKEN
    ]
    return {
        **{name: getattr(row, name) for name in ("label", "group", "parameters", "step")},
        "analysed": sorted({result.parameter for result in row.results.all()}),
        "due_at": due_at,
        "role": row.role if points else None,
        "station": _station(row.visit) if points else None,
        "links": links,
    }
