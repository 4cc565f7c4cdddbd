"""The look, now and then, at the power meters of every outfall that has some."""

from datetime import timedelta

from django.db import connection, transaction

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.rules import rule_version
from riverchief.monitor.power.actions import DropIdleTreatment, ReviseIdleTreatment, TellIdleTreatment
from riverchief.monitor.power.judging import Span, overlap
from riverchief.monitor.power.lines import Found, judged
from riverchief.monitor.power.models import IdleTreatment, PowerMeter
from riverchief.registry.models import Outfall


def look_at_meters() -> int:
    """Tell of every span worth a look that has not been told of; returns how many. Done twice it changes nothing more."""
    metered = PowerMeter.objects.filter(retired_at__isnull=True).values("outfall")
    told = 0
    for outfall in Outfall.objects.filter(pk__in=metered).select_related("area").order_by("pk"):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('monitor.power', 0))")
            told += _look_at(outfall)
    return told


def _look_at(outfall: Outfall) -> int:
    rule, now = rule_version("monitor.power"), clock.now()
    start = now - timedelta(hours=rule.body["look_back_hours"])
    known = list(IdleTreatment.objects.filter(outfall=outfall, dropped_at__isnull=True, known_to__gt=start))
    told = 0
    for found in judged(outfall, start, now, rule.body):
        same = [row for row in known if row.kind == found.kind and overlap(_span(row), found.span)]
        if not same:
            TellIdleTreatment(actor=SYSTEM, outfall=outfall, found=found, rules_version=rule.version).run()
            told += 1
            continue
        known = [row for row in known if row not in same]
        first, *others = sorted(same, key=lambda row: row.started_at)
        if _says_something_new(first, found):
            ReviseIdleTreatment(actor=SYSTEM, row=first, found=found).run()
        for row in others:  # two have grown together
            DropIdleTreatment(actor=SYSTEM, row=row).run()
    for row in known:
        DropIdleTreatment(actor=SYSTEM, row=row).run()
    return told


def _span(row: IdleTreatment) -> Span:
    return row.started_at.timestamp(), row.known_to.timestamp()


def _says_something_new(row: IdleTreatment, found: Found) -> bool:
    return (*_span(row), row.ended) != (*found.span, not found.goes_on)
