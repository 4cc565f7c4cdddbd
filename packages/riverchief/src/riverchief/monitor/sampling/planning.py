"""Plans, and the rounds that are made from them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar

from riverchief.accounts.models import Area, Organisation, User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import SYSTEM, Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.rules import rule_version
from riverchief.monitor.actions.requests import check_text
from riverchief.monitor.importing.measured import others
from riverchief.monitor.sampling.models import EVERY_MONTHS, Bottle, SamplingPlan, SamplingRound, Visit
from riverchief.monitor.sampling.quality import choose, groups_of
from riverchief.registry.importing.parameters import parameter_of
from riverchief.registry.models import MEASURES_WATER, Station

MOST_STATIONS, MOST_PARAMETERS = 2_000, 60
MOST_MONTHS_AHEAD = 12
AHEAD = timedelta(days=7)
"""A round is made so long before its month begins: labels are printed, bottles prepared."""


@dataclass(kw_only=True)
class MakePlan(Action[SamplingPlan]):
    """A new plan, or with `plan_id` the whole of one written anew; rounds that were made stay as they are."""

    name: ClassVar[str] = "sampling.make_plan"
    name_zh: str
    name_en: str
    area_code: str
    parameters: Sequence[str]
    station_codes: Sequence[str]
    every_months: int = 1
    team_id: int | None = None
    active: bool = True
    plan_id: int | None = None
    plan: SamplingPlan = field(init=False, repr=False)
    stations: list[Station] = field(init=False, repr=False)

    def load(self) -> None:
        """The plan, locked, or a new one; its area."""
        self.plan = SamplingPlan(created_at=clock.now())
        if self.plan_id is not None:
            found = SamplingPlan.objects.select_for_update(of=("self",)).select_related("area")
            plan = found.filter(pk=self.plan_id).first()
            if plan is None:
                raise NotFound("没有这个监测计划。|There is no such plan.")
            self.plan = plan
            return
        area = Area.objects.filter(pk=self.area_code).first()
        if area is None:
            raise NotFound(f"没有行政区“{self.area_code}”。|There is no area “{self.area_code}”.")
        self.plan.area = area

    def check_permission(self) -> None:
        """In its area."""
        require(self.actor, Capability.PLAN_SAMPLING, self.plan.area.path)

    def check_state(self) -> None:
        """A name, known parameters, points of the area that measure water, a rhythm."""
        self.name_zh = check_text(self.name_zh, "name_zh", 80, needed=True)
        self.name_en = check_text(self.name_en, "name_en", 120, needed=False) or self.name_zh
        if self.plan.area_id != self.area_code:
            raise InvalidInput(
                "计划的行政区不能更改。|The area of a plan does not change.",
                cure="请新建计划。|Make a new plan.",
                field="area_code",
            )
        if self.every_months not in EVERY_MONTHS:
            raise InvalidInput(
                f"频次须为每 {'、'.join(map(str, EVERY_MONTHS))} 个月。"
                f"|It repeats every {', '.join(map(str, EVERY_MONTHS))} months.",
                field="every_months",
            )
        self._check_parameters()
        self._check_stations()
        if self.team_id is not None and not Organisation.objects.filter(pk=self.team_id).exists():
            raise NotFound(f"没有编号为 {self.team_id} 的单位。|There is no organisation {self.team_id}.")
        same = SamplingPlan.objects.filter(area=self.plan.area, name_zh=self.name_zh).first()
        if same is not None and same.pk != self.plan_id:
            raise StateRefused(
                f"该区已有计划“{self.name_zh}”。|The area has a plan “{self.name_zh}” already.",
                cure="请换一个名称，或修改已有计划。|Choose another name, or revise that plan.",
            )

    def _check_parameters(self) -> None:
        keys: list[str] = []
        for text in self.parameters[: MOST_PARAMETERS + 1]:
            found = parameter_of(text, others())
            if found is None:
                raise InvalidInput(
                    f"不认识指标“{text}”。|The parameter “{text}” is not known.",
                    cure="请写标准中的名称或代号，如 氨氮、nh3n。|Write a name or key of the standard, such as nh3n.",
                    field="parameters",
                )
            keys.append(found.key)
        self.parameters = list(dict.fromkeys(keys))
        if not 1 <= len(self.parameters) <= MOST_PARAMETERS:
            raise InvalidInput(
                f"指标须为 1 至 {MOST_PARAMETERS} 项。|A plan has 1 to {MOST_PARAMETERS} parameters.",
                field="parameters",
            )

    def _check_stations(self) -> None:
        codes = list(dict.fromkeys(self.station_codes))
        if not 1 <= len(codes) <= MOST_STATIONS:
            raise InvalidInput(
                f"点位须为 1 至 {MOST_STATIONS} 个。|A plan has 1 to {MOST_STATIONS} points.",
                field="station_codes",
            )
        rows = Station.objects.filter(
            MEASURES_WATER, code__in=codes, active=True, area__path__startswith=self.plan.area.path
        )
        self.stations = list(rows)
        missing = sorted(set(codes) - {row.code for row in self.stations})
        if missing:
            told = "、".join(missing[:5])
            raise InvalidInput(
                f"该区没有在用的监测点位：{told}。|The area has no point in use with the code {', '.join(missing[:5])}.",
                cure="请核对编码和行政区。|Check the codes and the area.",
                field="station_codes",
            )

    def execute(self) -> SamplingPlan:
        """Write it."""
        plan = self.plan
        plan.name_zh, plan.name_en, plan.active = self.name_zh, self.name_en, self.active
        plan.parameters, plan.every_months, plan.team_id = (
            list(self.parameters),
            self.every_months,
            self.team_id,
        )
        if plan.pk is None and isinstance(self.actor, User):
            plan.created_by = self.actor
        plan.save()
        plan.stations.set(self.stations)
        self.log(
            plan.chain,
            name=plan.name_zh,
            area=plan.area_id,
            parameters=plan.parameters,
            every_months=plan.every_months,
            team_id=plan.team_id,
            active=plan.active,
            stations=sorted(row.code for row in self.stations),
        )
        return plan


@dataclass(kw_only=True)
class GenerateRound(Action[SamplingRound]):
    """Make the round of a month: its points, its bottles with their labels, its blanks and duplicates.

    A round that is there is the answer, unchanged.
    """

    name: ClassVar[str] = "sampling.generate_round"
    plan_id: int
    month: date
    plan: SamplingPlan = field(init=False, repr=False)
    there: SamplingRound | None = field(init=False, repr=False)

    def load(self) -> None:
        """The plan, locked: two who ask take turns; the round if it is there."""
        rows = SamplingPlan.objects.select_for_update(of=("self",)).select_related("area")
        plan = rows.filter(pk=self.plan_id).first()
        if plan is None:
            raise NotFound("没有这个监测计划。|There is no such plan.")
        self.plan, self.month = plan, self.month.replace(day=1)
        self.there = SamplingRound.objects.filter(plan=plan, month=self.month).first()

    def check_permission(self) -> None:
        """In the area of the plan."""
        require(self.actor, Capability.PLAN_SAMPLING, self.plan.area.path)

    def check_state(self) -> None:
        """A plan in use, and a month of its rhythm, not long ago, when nobody can take water any more, nor years
        ahead: points and rules of then are not known."""
        if self.there is not None:
            return
        today = clock.today()
        ahead = 12 * (self.month.year - today.year) + self.month.month - today.month
        if ahead < -1:
            raise InvalidInput(
                f"{self.month:%Y-%m} 已过，只能为上月及以后生成轮次。"
                f"|{self.month:%Y-%m} is over: rounds are made of last month and later ones.",
                cure="请核对月份；过去的结果请作为实验室结果导入。"
                "|Check the month; import what was found then as results of a laboratory.",
                field="month",
            )
        if ahead > MOST_MONTHS_AHEAD:
            raise InvalidInput(
                f"{self.month:%Y-%m} 过远，轮次最多提前 {MOST_MONTHS_AHEAD} 个月生成。"
                f"|{self.month:%Y-%m} is too far off: a round is made at most {MOST_MONTHS_AHEAD} months ahead.",
                cure="请核对月份；到期轮次会自动生成。|Check the month; rounds that are due are made by themselves.",
                field="month",
            )
        if not self.plan.active:
            raise StateRefused(
                "该计划已停用。|This plan is no longer in use.", cure="请先启用。|Take it into use first."
            )
        if not is_due(self.plan, self.month):
            raise StateRefused(
                f"该计划每 {self.plan.every_months} 个月一轮，{self.month:%Y-%m} 没有轮次。"
                f"|The plan has a round every {self.plan.every_months} months, and none in {self.month:%Y-%m}.",
                cure="请选择 1 月起按频次推算的月份。|Choose a month of its rhythm, counted from January.",
            )

    def execute(self) -> SamplingRound:
        """Draw, deal the labels, write."""
        if self.there is not None:
            self.log(self.there.chain, asked_again=True)
            return self.there
        preservation, quality = rule_version("monitor.preservation"), rule_version("monitor.sampling")
        made = SamplingRound.objects.create(
            plan=self.plan,
            month=self.month,
            parameters=self.plan.parameters,
            seed=secrets.randbits(62),
            preservation_version=preservation.version,
            quality_version=quality.version,
            created_by=self.actor if isinstance(self.actor, User) else None,
            created_at=clock.now(),
        )
        stations = list(self.plan.stations.order_by("code"))
        visits = Visit.objects.bulk_create([Visit(round=made, station=station) for station in stations])
        drawn = choose(len(visits), made.seed, quality.body["duplicate_share"], quality.body["blank_share"])
        bottles = []
        for number, visit in enumerate(visits):
            for group, parameters, hours, on_site in groups_of(made.parameters, preservation.body):
                roles = [Bottle.Role.SAMPLE]
                if not on_site:
                    roles += [Bottle.Role.DUPLICATE] * (number in drawn.duplicates)
                    roles += [Bottle.Role.BLANK] * (number in drawn.blanks)
                bottles += [
                    Bottle(visit=visit, group=group, role=role, parameters=parameters, holding_h=hours)
                    for role in roles
                ]
        for bottle, number in zip(bottles, drawn.deal(len(bottles)), strict=True):
            bottle.label = f"{self.month:%y%m}{self.plan.pk:03d}-{number:04d}"
        # In the order of the labels: the order of the rows is not to tell what a label hides.
        bottles.sort(key=lambda bottle: bottle.label)
        Bottle.objects.bulk_create(bottles, batch_size=2_000)
        self.log(
            made.chain,
            plan_id=self.plan.pk,
            month=f"{self.month:%Y-%m}",
            seed=made.seed,
            points=len(visits),
            bottles=len(bottles),
            rules={"preservation": preservation.version, "sampling": quality.version},
        )
        self.announce("monitor.sampling_changed", area=self.plan.area.path, restricted=True, round_id=made.pk)
        return made


def is_due(plan: SamplingPlan, month: date) -> bool:
    """Whether a plan has a round in a month: its rhythm counts from January."""
    return (month.month - 1) % plan.every_months == 0


def make_due_rounds() -> int:
    """The rounds of this month and of the one that begins within a week, of every plan in use; returns how many are new."""
    today = clock.today()
    months = {today.replace(day=1), (today + AHEAD).replace(day=1)}
    there = set(SamplingRound.objects.filter(month__in=months).values_list("plan_id", "month"))
    made = 0
    for plan in SamplingPlan.objects.filter(active=True):
        for month in months:
            # A plan that is made within a month begins with a round that somebody asks for, or with the next.
            begun = clock.day_of(plan.created_at).replace(day=1) < month
            if begun and is_due(plan, month) and (plan.pk, month) not in there:
                GenerateRound(actor=SYSTEM, plan_id=plan.pk, month=month).run()
                made += 1
    return made
