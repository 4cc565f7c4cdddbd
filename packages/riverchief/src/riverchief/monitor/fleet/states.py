"""How a station is, in one word: as annotations, so that a list can be filtered and ordered by it in the database.

Silent is not shut: a station is stopped where somebody has announced it or where it says so itself (flag F), and silent where
the review queue says so or nothing has come for longer than the rule of freshness allows.
"""

from datetime import datetime, timedelta

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from riverchief.base.rules import get_rule
from riverchief.monitor.fleet.models import Stoppage
from riverchief.monitor.models import Doubt, Latest
from riverchief.monitor.review.models import Rule
from riverchief.registry.models import Station

STATES = ("silent", "late", "never", "ok", "stopped")
"""Those that somebody must look after first."""

STOPPED_FLAG = "F"


def in_force(now: datetime) -> Q:
    """That a stoppage holds now."""
    return Q(since__lte=now, ended_at__isnull=True) & (Q(until__isnull=True) | Q(until__gt=now))


def with_states(rows: "QuerySet[Station]", now: datetime) -> "QuerySet[Station]":
    """The stations with `last_at`, the time of their newest readings, and `state`, one of `STATES`; ordered by it."""
    latest = Latest.objects.filter(station=OuterRef("pk"))
    newest = latest.filter(period_start=OuterRef("last_at"))
    lasting = Doubt.objects.filter(station=OuterRef("pk"), state=Doubt.State.OPEN, last_at__isnull=True)
    freshness = get_rule("monitor.freshness")
    given_up = Q(pk__in=[])
    for kind in (Station.Kind.AUTOMATIC, Station.Kind.RAIN_GAUGE):
        given_up |= Q(kind=kind, last_at__lt=now - timedelta(hours=freshness[kind]["offline_hours"]))
    rows = rows.annotate(
        last_at=Subquery(
            latest.order_by("-period_start").values("period_start")[:1], output_field=DateTimeField()
        )
    )
    says_stopped = Exists(newest.filter(flag=STOPPED_FLAG)) & ~Exists(newest.exclude(flag=STOPPED_FLAG))
    state = Case(
        When(Exists(Stoppage.objects.filter(in_force(now), station=OuterRef("pk"))), then=Value("stopped")),
        When(last_at__isnull=True, then=Value("never")),
        When(says_stopped, then=Value("stopped")),
        When(Exists(lasting.filter(rule=Rule.SILENT)) | given_up, then=Value("silent")),
        When(Exists(lasting.filter(rule=Rule.STALE)), then=Value("late")),
        default=Value("ok"),
        output_field=CharField(),
    )
    order = Case(*(When(state=name, then=Value(place)) for place, name in enumerate(STATES)))
    return rows.annotate(state=state).annotate(order=order).order_by("order", "code")
