"""A round of sampling in the world of permissions."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import Role
from riverchief.monitor.models import Bottle, Visit
from riverchief.monitor.sampling.custody import MoveBottles
from riverchief.monitor.sampling.fieldwork import AddPhoto, TakeSamples
from riverchief.monitor.sampling.planning import GenerateRound, MakePlan
from riverchief.monitor.sampling.results import EnterResult
from riverchief.monitor.sampling.sheets import SubmitResults

from tests.riverchief.rectify.office import NOON, PNG, Office


@dataclass
class Sampling:
    """A round of two points: at one the bottles are in the laboratory and one sheet waits to be checked."""

    plan: int
    round: int
    visited: int
    """Of the point that was sampled, with a photo."""
    open: int
    label: str
    sheet: int


def sampling_round(office: Office) -> Sampling:
    people = {
        name: User.objects.create_user(name, None, name_zh=name, name_en=name)
        for name in ("sampler0", "receiver0", "analyst0")
    }
    for name, user in people.items():
        role = Role.SAMPLER if name == "sampler0" else Role.LABORATORY
        Membership.objects.create(user=user, role=role, area=office.county, valid_from=date(2020, 1, 1))
    monthly = MakePlan(actor=office["county_office_2"], **plan(office, "月"), every_months=1).run()
    made = GenerateRound(actor=office["county_office_2"], plan_id=monthly.pk, month=NOON.date()).run()
    visited, other = Visit.objects.filter(round=made).order_by("station__code")
    sampler = people["sampler0"]
    TakeSamples(actor=sampler, visit_id=visited.pk, taken_at=NOON, note="无定位").run()
    AddPhoto(actor=sampler, visit_id=visited.pk, content=PNG + b"bank", file_name="b.png").run()
    labels = list(Bottle.objects.filter(visit=visited, step="taken").values_list("label", flat=True))
    MoveBottles(actor=sampler, round_id=made.pk, step="handed_over", labels=labels).run()
    MoveBottles(actor=people["receiver0"], round_id=made.pk, step="received", labels=labels).run()
    label = Bottle.objects.get(visit=visited, group="sulphuric", role="sample").label
    given = {"actor": people["analyst0"], "round_id": made.pk, "label": label, "analysed_at": NOON}
    EnterResult(**given, parameter="nh3n", written="0.2").run()
    sheet = SubmitResults(actor=people["analyst0"], round_id=made.pk).run()
    EnterResult(**given, parameter="tp", written="0.02").run()
    return Sampling(monthly.pk, made.pk, visited.pk, other.pk, label, sheet.pk)


def plan(office: Office, name: str) -> dict[str, Any]:
    return {
        "name_zh": name,
        "name_en": "",
        "area_code": office.county.pk,
        "parameters": ["nh3n", "tp", "cod"],
        "station_codes": ["S1", "asked"],
    }
