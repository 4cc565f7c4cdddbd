"""A sampling round in progress, so that who opens the page finds one: some points taken, one dry, one sheet under review."""

import random
from datetime import date, datetime, timedelta

from django.db import transaction

from riverchief.accounts.models import User
from riverchief.base import clock
from riverchief.demo.ground import CITY_CODE
from riverchief.monitor.models import Bottle, SamplingPlan, Visit
from riverchief.monitor.sampling.custody import MoveBottles
from riverchief.monitor.sampling.fieldwork import MissPoint, TakeSamples
from riverchief.monitor.sampling.planning import GenerateRound, MakePlan
from riverchief.monitor.sampling.results import EnterResult
from riverchief.monitor.sampling.sheets import AdvanceSheet, SubmitResults
from riverchief.registry.models import MEASURES_WATER, Station

NAME = ("加密监测点位月度采样", "Monthly sampling of the added points")
PARAMETERS = ("wt", "ph", "do", "codmn", "nh3n", "tp")
POINTS, TAKEN = 12, 6
LABORATORY = ("lab1", "lab2")
USUAL = {"wt": 13.0, "ph": 7.6, "do": 8.1, "codmn": 2.8, "nh3n": 0.32, "tp": 0.07}


@transaction.atomic
def play_round(basin_code: str) -> None:
    """Make the plan and its round of this month in a loaded basin, and bring it half way; once."""
    if SamplingPlan.objects.filter(area_id=CITY_CODE, name_zh=NAME[0]).exists():
        return
    people = {
        row.username: row for row in User.objects.filter(username__in=("office", "sampler1", *LABORATORY))
    }
    stations = Station.objects.filter(
        MEASURES_WATER, reach__basin__code=basin_code, active=True, outfall__isnull=True
    ).order_by("code")
    plan = MakePlan(
        actor=people["office"],
        name_zh=NAME[0],
        name_en=NAME[1],
        area_code=CITY_CODE,
        parameters=PARAMETERS,
        station_codes=list(stations.values_list("code", flat=True)[:POINTS]),
    ).run()
    made = GenerateRound(actor=people["office"], plan_id=plan.pk, month=clock.today()).run()
    visits = list(Visit.objects.filter(round=made).select_related("station").order_by("station__code"))
    begun = _begun(made.month)
    for number, visit in enumerate(visits[:TAKEN]):
        TakeSamples(
            actor=people["sampler1"],
            visit_id=visit.pk,
            taken_at=begun + (clock.now() - begun) * number / POINTS,
            lon=visit.station.lon,
            lat=visit.station.lat,
        ).run()
    MissPoint(actor=people["sampler1"], visit_id=visits[TAKEN].pk, reason="dry", note="河床干涸").run()
    delivered = [visit.pk for visit in visits[: TAKEN - 2]]
    labels = list(Bottle.objects.filter(visit__in=delivered, step="taken").values_list("label", flat=True))
    MoveBottles(
        actor=people["sampler1"], round_id=made.pk, step="handed_over", labels=labels, place="监测站收样室"
    ).run()
    MoveBottles(
        actor=people["lab1"], round_id=made.pk, step="received", labels=labels, place="监测站收样室"
    ).run()
    _analyse(made.pk, labels, people)


def _begun(month: date) -> datetime:
    """When the sampler set out: three hours ago, or in the first hours of a month at its beginning."""
    return max(clock.now() - timedelta(hours=3), clock.start_of(month))


def _analyse(round_id: int, labels: list[str], people: dict[str, User]) -> None:
    draw = random.Random(round_id)  # noqa: S311 - an invented laboratory
    now = clock.now()
    for bottle in Bottle.objects.filter(label__in=labels).order_by("label"):
        for parameter in bottle.parameters:
            value = USUAL[parameter] * draw.uniform(0.9, 1.1)
            written = "<0.01" if bottle.role == Bottle.Role.BLANK else f"{value:.3g}"
            EnterResult(
                actor=people["lab1"],
                round_id=round_id,
                label=bottle.label,
                parameter=parameter,
                written=written,
                analysed_at=now,
            ).run()
    sheet = SubmitResults(actor=people["lab1"], round_id=round_id).run()
    AdvanceSheet(actor=people["lab2"], sheet_id=sheet.pk, to="checked").run()
