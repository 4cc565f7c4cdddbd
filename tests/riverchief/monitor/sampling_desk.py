"""A round of sampling by hand, the people it takes, and what they do in it."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import Role
from riverchief.monitor.models import Bottle, BottleResult, ResultSheet, Visit
from riverchief.monitor.sampling.custody import MoveBottles
from riverchief.monitor.sampling.fieldwork import TakeSamples
from riverchief.monitor.sampling.planning import GenerateRound, MakePlan
from riverchief.monitor.sampling.results import EnterResult
from riverchief.monitor.sampling.sheets import AdvanceSheet, SubmitResults

from .conftest import NOW

PARAMETERS = ["ph", "codmn", "nh3n", "tp", "cr6"]
HOUR = timedelta(hours=1)
MONTH = date(2026, 11, 1)


def make_desk(stream) -> SimpleNamespace:
    """A round at stations A and B, and the people it takes."""

    def person(name: str, role: Role) -> User:
        user = User.objects.create_user(name, None, name_zh=name, name_en=name)
        Membership.objects.create(user=user, role=role, area=stream.area, valid_from=date(2020, 1, 1))
        return user

    people = {
        name: person(name, Role.LABORATORY)
        for name in ("receiver", "analyst", "checker", "reviewer", "issuer")
    }
    sampler, planner = person("sampler1", Role.SAMPLER), person("planner", Role.COUNTY_OFFICE)
    plan = MakePlan(
        actor=planner,
        name_zh="加密点位",
        name_en="Added points",
        area_code=stream.area.pk,
        parameters=PARAMETERS,
        station_codes=["A", "B"],
    ).run()
    made = GenerateRound(actor=planner, plan_id=plan.pk, month=MONTH).run()
    return SimpleNamespace(stream=stream, plan=plan, round=made, sampler=sampler, planner=planner, **people)


def visit(desk, station) -> Visit:
    return Visit.objects.get(round=desk.round, station=station)


def bottles(desk, **which: Any) -> list[Bottle]:
    return list(Bottle.objects.filter(visit__round=desk.round, **which).order_by("label"))


def take(desk, station, at=NOW - 2 * HOUR, lon=106.5, lat=29.51, note="桥上采样") -> None:
    TakeSamples(
        actor=desk.sampler, visit_id=visit(desk, station).pk, taken_at=at, lon=lon, lat=lat, note=note
    ).run()


def deliver(desk, **which: Any) -> None:
    """What was taken is handed over and received."""
    labels = [row.label for row in bottles(desk, step="taken", **which)]
    MoveBottles(actor=desk.sampler, round_id=desk.round.pk, step="handed_over", labels=labels).run()
    MoveBottles(actor=desk.receiver, round_id=desk.round.pk, step="received", labels=labels).run()


def enter(
    desk, bottle: Bottle, parameter: str, written: str, at=NOW, reason: str = "", who=None
) -> BottleResult:
    return EnterResult(
        actor=who or desk.analyst,
        round_id=desk.round.pk,
        label=bottle.label,
        parameter=parameter,
        written=written,
        analysed_at=at,
        reason=reason,
    ).run()


def enter_all(desk, written: str = "0.2", **of_role: str) -> None:
    for bottle in bottles(desk, step="received"):
        for parameter in bottle.parameters:
            enter(desk, bottle, parameter, "7" if parameter == "ph" else of_role.get(bottle.role, written))


def review(desk, sheet: ResultSheet, *levels: str) -> None:
    people = {"checked": desk.checker, "reviewed": desk.reviewer, "issued": desk.issuer}
    for level in levels:
        AdvanceSheet(actor=people[level], sheet_id=sheet.pk, to=level).run()


def sheet_of(desk, **of_role: str) -> ResultSheet:
    """Both points sampled, analysed and submitted."""
    for one in (desk.stream.a, desk.stream.b):
        take(desk, one)
    deliver(desk)
    enter_all(desk, **of_role)
    return SubmitResults(actor=desk.analyst, round_id=desk.round.pk).run()
